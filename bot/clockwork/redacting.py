"""Somebody deleted here is deleted from the provider's own log, too: outside any transaction, until it has happened.

What is left to do are rows (records/redactions.py), so a restart loses none. Logs no address.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol

import structlog

from bot.channels import Throttled, Unauthorized, Uncertain, Unreachable
from bot.log import place
from bot.records import redactions
from bot.records.redactions import Redaction
from bot.store import Store, Unavailable

log = structlog.get_logger(__name__)

EVERY_SECONDS = 180.0


class Forgets(Protocol):
    """A channel whose provider keeps a log that can be blanked."""

    async def redact(self, address: str, until: int) -> int:
        """Blank what is kept of an address; how much was not ready for it."""


class Redacting:
    """Works off what is to be blanked."""

    def __init__(self, channel: Forgets, store: Store) -> None:
        self.channel = channel
        self.store = store

    async def run(self) -> None:
        """Look now and every few minutes, until cancelled."""
        while True:
            try:
                await self.once()
            except Unavailable:
                log.warning("redacting.later", fault="Unavailable")
            except Exception as fault:
                log.error("redacting.fault", fault=place(fault))
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Try what is due, each once. Raises Unavailable."""
        for one in await self.store.run(redactions.due):
            settle = redactions.done if await self._try(one) else redactions.put_off
            await self.store.run(partial(settle, one=one))

    async def _try(self, one: Redaction) -> bool:
        """Whether nothing is left."""
        try:
            left = await self.channel.redact(one.address, one.asked_at)
        except (Throttled, Unreachable, Uncertain, Unauthorized) as fault:
            log.warning("redacting.later", id=one.id, attempt=one.attempts + 1, fault=type(fault).__name__)
            return False
        except Exception as fault:
            log.error("redacting.fault", id=one.id, attempt=one.attempts + 1, fault=place(fault))
            return False
        log.info("redacting.looked", id=one.id, attempt=one.attempts + 1, left=left)
        return left == 0
