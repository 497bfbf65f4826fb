"""Rows of the outbox: how a message is kept in one, and how rows are held back and let go.

Sends nothing: outbox.py does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select, func, select, text, update

from bot import knocking
from bot.messages import Button, Outgoing, Pin
from bot.schema import accounts, outbox, persons
from bot.store import Tx

OPEN = text("outbox.state IN ('waiting', 'sending')")
"""Written out, so that the partial index is used."""

WINDOW_MS = (23 * 60 + 55) * 60_000
"""WhatsApp takes free text within 24 hours of the person's last message; five minutes are left for the way."""
TOLD_LATER = frozenset({"whatsapp"})
"""Channels that take a message and tell afterwards whether it went: its text is kept until they do …"""
KEPT_MS = 24 * 3_600_000
"""… or this long."""
AGAIN_MS = 10_000
"""A start of ours is over then."""


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


async def hold(tx: Tx, id: int, account: str, **values: Any) -> None:
    """Keep a message until the person writes; where it is news of their own case, a knock tells them that it waits."""
    await tx.execute(update(outbox).where(outbox.c.id == id).values(state="held", **values))
    await tx.execute(update(accounts).where(accounts.c.id == account).values(held=accounts.c.held + 1))
    knocking.arise(tx, account)


def lapsed(now: int) -> dict[str, Any]:
    """What a row becomes whose time is over before it went."""
    return {"state": "failed", "reason": "past", "body": None, "settled_at": now}


async def take_back(tx: Tx, id: int) -> bool:
    """A message that was sent and did not go, as if it had not been; False where its text is gone.

    It waits until the person writes, or goes again where they have written since.
    """
    columns = select(outbox.c.account_id, outbox.c.settled_at, accounts.c.last_inbound_at)
    kept = columns.where(outbox.c.id == id, outbox.c.state == "sent", outbox.c.body.is_not(None))
    row = await tx.row(kept.join(accounts, accounts.c.id == outbox.c.account_id))
    if row is None:
        return False
    anew = {"provider_id": "", "delivery": "", "settled_at": None}
    if row["last_inbound_at"] > row["settled_at"]:
        values = {**anew, "state": "waiting", "due_at": tx.now}
        await tx.execute(update(outbox).where(outbox.c.id == id).values(values))
        tx.wake()
    else:
        await hold(tx, id, row["account_id"], **anew)
    return True


async def as_lines(tx: Tx, id: int) -> bool:
    """Let a message go again as numbered lines that did not arrive with its buttons; False where it has none (left)."""
    with_buttons = (
        (outbox.c.id == id) & (outbox.c.state == "sent") & func.json_extract(outbox.c.body, "$.language").is_not(None)
    )
    anew = {"state": "waiting", "due_at": tx.now, "provider_id": "", "delivery": "", "settled_at": None}
    lines = func.json_remove(outbox.c.body, "$.language")
    found = await tx.execute(update(outbox).where(with_buttons).values(**anew, body=lines))
    if found.rowcount:
        tx.wake()
    return bool(found.rowcount)


async def once_again(tx: Tx, id: int) -> bool:
    """Let a message go once more whose picture could not be fetched from us; False where it did or its text is gone."""
    first = (outbox.c.id == id) & (outbox.c.state == "sent") & (outbox.c.attempts <= 1) & outbox.c.body.is_not(None)
    anew = {"state": "waiting", "due_at": tx.now + AGAIN_MS, "provider_id": "", "delivery": "", "settled_at": None}
    found = await tx.execute(update(outbox).where(first).values(**anew))
    if found.rowcount:
        tx.wake()
    return bool(found.rowcount)


async def blank(tx: Tx) -> None:
    """Delete the texts of messages of which nothing was told for a day."""
    untold = _UNTOLD & (outbox.c.settled_at < tx.now - KEPT_MS)
    await tx.execute(update(outbox).where(untold).values(body=None))


async def unsay(tx: Tx, account: str, since: int) -> None:
    """Delete the texts of what has been sent to this chat since then."""
    mine = (outbox.c.account_id == account) & (outbox.c.created_at >= since)
    await tx.execute(update(outbox).where(_UNTOLD, mine).values(body=None))


_UNTOLD = text("outbox.state = 'sent' AND outbox.body IS NOT NULL")
"""Written out, so that the partial index is used."""


async def release(tx: Tx, account: str) -> tuple[int, int]:
    """The person has written: what was held for them may go; how many messages, and how many announcements.

    What was good for a time that is over does not go any more.
    """
    held = (outbox.c.account_id == account) & (outbox.c.state == "held")
    await tx.execute(update(outbox).where(held, outbox.c.good_until <= tx.now).values(lapsed(tx.now)))
    let_go = await tx.execute(update(outbox).where(held).values(state="waiting", due_at=tx.now))
    await tx.execute(update(accounts).where(accounts.c.id == account).values(held=0))
    tx.wake()
    return let_go.rowcount, await tx.driver(lambda driver: _release_announcements(driver, account, tx.now))


_TO_GO = """
SELECT count(*) FROM deliveries d JOIN announcements a ON a.number = d.announcement
WHERE d.account_id = ? AND d.state = 'held' AND a.state IN ('sending', 'done') AND (a.ends_at IS NULL OR a.ends_at > ?)
"""
_LET_GO = """
UPDATE deliveries SET state = 'waiting', reason = 'asked', due_at = ?, delivery = '',
  provider_id = CASE reason WHEN 'window' THEN provider_id ELSE '' END
WHERE account_id = ? AND state = 'held'
"""


def _release_announcements(driver: sqlite3.Connection, account: str, now: int) -> int:
    count = int(driver.execute(_TO_GO, (account, now)).fetchone()[0])
    driver.execute(_LET_GO, (now, account))
    return count


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
    if message.options and message.language:
        packed["language"] = message.language
    if message.media:
        packed["media"] = message.media
    if message.pin:
        packed["pin"] = [message.pin.latitude, message.pin.longitude, message.pin.label]
    return msgspec.json.encode(packed).decode()


def message_of(packed: Mapping[str, Any], channel: str, to: str, arrived: str = "") -> Outgoing:
    """The message that `body` packed; `arrived`: the ids of its parts that are there already, as the row has them."""
    return Outgoing(
        channel,
        to,
        packed["text"],
        tuple(Button(*one) for one in packed.get("options", ())),
        tuple(Button(*one) for one in packed.get("actions", ())),
        packed.get("contact", ""),
        packed.get("edits", ""),
        tuple(arrived.split()),
        language=packed.get("language", ""),
        media=packed.get("media", ""),
        pin=Pin(*packed["pin"]) if "pin" in packed else None,
    )


def with_account() -> Select[Any]:
    """Rows of the outbox, with whom each goes to."""
    return (
        select(
            outbox.c.id,
            outbox.c.account_id,
            outbox.c.lane,
            outbox.c.template,
            outbox.c.body,
            # What was held is as good as new when the person writes: a provider that is away then has a day for it.
            func.max(outbox.c.created_at, accounts.c.last_inbound_at).label("created_at"),
            outbox.c.attempts,
            outbox.c.provider_id,
            outbox.c.good_until,
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
