"""Which rows of the outbox may go now: due, outside quiet hours, inside WhatsApp's window, to who can be reached.

What is not a reply is claimed a little at a time, for it goes slowly. Sends nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import func, select, update

from bot import knocking
from bot.contents import KNOCK_OWN_CASE
from bot.log import place
from bot.queued import OPEN, WINDOW_MS, Row, hold, lapsed, with_account
from bot.quota import Quota
from bot.schema import outbox
from bot.store import Tx, is_unavailable

log = structlog.get_logger(__name__)

RESEND_MS = 10 * 60_000
"""What a crash left unsettled goes again while it is younger than this."""
HELD_MS = 10 * 60_000
"""How often the table is told again that a row which waits for its provider is in good hands."""
CHUNK = 200

Word = Callable[[Tx, Sequence[Mapping[str, Any]]], Awaitable[list[Row]]]
"""Turns claimed rows into messages: puts notices into words, opens conversations."""


@dataclass(frozen=True, slots=True)
class Due:
    """What was claimed, when the next row falls due, and whether more could be claimed at once."""

    rows: list[Row]
    next_at: int | None
    more: bool


class Claims:
    """Claims rows for the channels that there are."""

    def __init__(
        self,
        channels: Collection[str],
        word: Word,
        quiet_until: Callable[[int, str], int],
        quota: Quota | None = None,
    ) -> None:
        """`quiet_until`: when somebody in a district may next be written to unasked, UTC milliseconds.

        `quota`: how many WhatsApp lets us write to first; none: as many as there are.
        """
        self.channels = channels
        self.word = word
        self.quiet_until = quiet_until
        self.quota = quota or Quota(0)

    async def left(self, tx: Tx) -> list[Row]:
        """What the last run had claimed or could not deliver, in order; what is too old to be sure of is given up."""
        sending = (outbox.c.state == "sending") & (outbox.c.due_at > 0)
        young = (outbox.c.due_at > tx.now - RESEND_MS) & (outbox.c.lane != "announcement")
        given_up = {"state": "uncertain", "settled_at": tx.now, "body": None}
        await tx.execute(update(outbox).where(OPEN, sending, ~young).values(given_up))
        replies = (outbox.c.state == "waiting") & (outbox.c.lane == "reply") & (outbox.c.due_at > 0)
        found = await tx.rows(_oldest_first(with_account().where(OPEN, sending | replies)))
        return await self._claim(tx, found)

    async def due(self, tx: Tx, held: Collection[int], room: int) -> Due:
        """Claim replies that are due, and as many others as there is room for; `held` rows are in good hands."""
        waiting = with_account().where(OPEN, outbox.c.state == "waiting", outbox.c.due_at <= tx.now)
        query = waiting if room > 0 else waiting.where(outbox.c.lane == "reply")
        limit = min(CHUNK, room) if room > 0 else CHUNK
        found = await tx.rows(_oldest_first(query).limit(limit))
        mine = [row["id"] for row in found if row["id"] in held]
        if mine:
            await tx.execute(update(outbox).where(outbox.c.id.in_(mine)).values(due_at=tx.now + HELD_MS))
        others = [row for row in found if row["id"] not in held]
        rows = await self._claim(tx, others) if others else []
        later = select(func.min(outbox.c.due_at)).where(OPEN, outbox.c.state == "waiting", outbox.c.due_at > tx.now)
        return Due(rows, await tx.value(later), len(found) == limit)

    async def _claim(self, tx: Tx, found: Sequence[Mapping[str, Any]]) -> list[Row]:
        go = [row for row in sorted(found, key=lambda row: int(row["id"])) if await self._may_go(tx, row)]
        if not go:
            return []
        claimed = {"state": "sending", "due_at": tx.now}
        await tx.execute(update(outbox).where(outbox.c.id.in_([row["id"] for row in go])).values(claimed))
        return await self._worded(tx, go)

    async def _may_go(self, tx: Tx, row: Mapping[str, Any]) -> bool:
        if row["channel"] not in self.channels:
            await _change(tx, row, state="waiting", due_at=tx.now + HELD_MS)
            return False
        if row["reachable"] != "ok":
            await _change(tx, row, state="failed", body=None, settled_at=tx.now, reason=row["reachable"])
            return False
        if row["good_until"] is not None and row["good_until"] <= tx.now:
            await _change(tx, row, **lapsed(tx.now))
            return False
        if row["lane"] == "reply":
            return True
        until = self.quiet_until(tx.now, row["district"] or "")
        if until > tx.now:
            await _change(tx, row, state="waiting", due_at=until)
            return False
        if row["template"] == KNOCK_OWN_CASE:
            return await knocking.is_wanted(tx, row) and await self._has_room(tx, row)
        if row["channel"] == "whatsapp" and tx.now - row["last_inbound_at"] > WINDOW_MS:
            await hold(tx, row["id"], row["account_id"])
            return False
        return True

    async def _has_room(self, tx: Tx, row: Mapping[str, Any]) -> bool:
        """Whether the tier has a place for who is knocked for; else it waits until there is one."""
        trial = self.quota.trial(tx.now)
        goes = trial.room(row["account_id"])
        if not goes:
            await _change(tx, row, state="waiting", due_at=trial.promise())
        # Counted although this may come to nothing yet: one too few is better than one too many.
        trial.keep()
        return goes

    async def _worded(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Rows as messages; what cannot be put into words fails alone and holds up no other."""
        try:
            async with tx.savepoint():
                return await self.word(tx, rows)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            if len(rows) > 1:
                return [made for row in rows for made in await self._worded(tx, [row])]
            log.error("outbox.wording", row=rows[0]["id"], fault=place(fault))
            await _change(tx, rows[0], state="failed", body=None, settled_at=tx.now, reason="internal")
            return []


async def _change(tx: Tx, row: Mapping[str, Any], **values: Any) -> None:
    await tx.execute(update(outbox).where(outbox.c.id == row["id"]).values(values))


def _oldest_first(query: Any) -> Any:
    """In the order of the partial index: by id alone, SQLite would walk through everything that was ever sent."""
    return query.order_by(outbox.c.due_at, outbox.c.id)
