"""Rows of the outbox: how a message is kept in one, and how rows are held back and let go.

Sends nothing: outbox.py does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select, select, text, update

from bot.messages import Button, Outgoing
from bot.schema import accounts, outbox, persons
from bot.store import Tx

OPEN = text("outbox.state IN ('waiting', 'sending')")
"""Written out, so that the partial index is used."""

WINDOW_MS = (23 * 60 + 55) * 60_000
"""WhatsApp takes free text within 24 hours of the person's last message; five minutes are left for the way."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to send."""

    id: int
    account: str
    lane: str
    message: Outgoing
    created_at: int
    attempts: int = 0
    doubted: bool = False
    """It may have been sent already."""


async def hold(tx: Tx, id: int, account: str) -> None:
    """Keep a message until the person writes."""
    await tx.execute(update(outbox).where(outbox.c.id == id).values(state="held"))
    await tx.execute(update(accounts).where(accounts.c.id == account).values(held=accounts.c.held + 1))


async def release(tx: Tx, account: str) -> None:
    """The person has written: what was held for them may go."""
    await tx.execute(
        update(outbox)
        .where(outbox.c.account_id == account, outbox.c.state == "held")
        .values(state="waiting", due_at=tx.now)
    )
    await tx.execute(update(accounts).where(accounts.c.id == account).values(held=0))
    tx.wake()


def body(message: Outgoing) -> str:
    """The JSON of a message, as a row keeps it until it is settled."""
    packed: dict[str, Any] = {"text": message.text}
    if message.options:
        packed["options"] = [[one.token, one.label, one.description] for one in message.options]
    if message.actions:
        packed["actions"] = [[one.token, one.label, one.description] for one in message.actions]
    if message.contact_button:
        packed["contact"] = message.contact_button
    if message.edits:
        packed["edits"] = message.edits
    return msgspec.json.encode(packed).decode()


def message_of(packed: Mapping[str, Any], channel: str, to: str) -> Outgoing:
    """The message that `body` packed."""
    return Outgoing(
        channel,
        to,
        packed["text"],
        tuple(Button(*one) for one in packed.get("options", ())),
        tuple(Button(*one) for one in packed.get("actions", ())),
        packed.get("contact", ""),
        packed.get("edits", ""),
    )


def with_account() -> Select[Any]:
    """Rows of the outbox, with whom each goes to."""
    return (
        select(
            outbox.c.id,
            outbox.c.account_id,
            outbox.c.lane,
            outbox.c.body,
            outbox.c.created_at,
            outbox.c.attempts,
            accounts.c.channel,
            accounts.c.external_id,
            accounts.c.language,
            accounts.c.last_inbound_at,
            accounts.c.reachable,
            persons.c.salutation,
            persons.c.nickname,
            persons.c.district,
        )
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .join(persons, persons.c.id == accounts.c.person_id, isouter=True)
    )
