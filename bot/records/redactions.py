"""Whose messages a provider's own log is still to forget: kept by address until it has, for the person is gone here.

Speaks to no provider: redacting.py does.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import delete, select, update

from bot.schema import accounts, redactions
from bot.store import Tx

log = structlog.get_logger(__name__)

FIRST_MS = 10 * 60_000
"""Before the first try: what is on its way cannot be blanked, and what was lost is fetched first (reconciling.py)."""
LONGEST_MS = 6 * 3_600_000
GIVE_UP_MS = 30 * 24 * 3_600_000
"""So long an address is kept for it at most."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """An address whose messages up to `asked_at` (UTC milliseconds) are to be blanked."""

    id: int
    address: str
    attempts: int
    asked_at: int


async def ask(tx: Tx, account: str) -> None:
    """Have the messages of this chat blanked, under each address it is known by, where its provider keeps a log."""
    kept = select(accounts.c.external_id, accounts.c.phone).where(accounts.c.id == account)
    row = await tx.row(kept.where(accounts.c.channel == "whatsapp"))
    addresses = sorted({row["external_id"], row["phone"]} - {""}) if row else []
    # Once more means once, with all that was written since.
    await tx.execute(delete(redactions).where(redactions.c.address.in_(addresses)))
    for address in addresses:
        new = {"address": address, "due_at": tx.now + FIRST_MS, "created_at": tx.now}
        await tx.add(redactions, new)


async def due(tx: Tx) -> list[Redaction]:
    """What is to be done now, the oldest first."""
    found = select(redactions.c.id, redactions.c.address, redactions.c.attempts, redactions.c.created_at)
    rows = await tx.execute(found.where(redactions.c.due_at <= tx.now).order_by(redactions.c.id))
    return [Redaction(row.id, row.address, row.attempts, row.created_at) for row in rows]


async def done(tx: Tx, one: Redaction) -> None:
    """Forget the address: nothing is left of it."""
    await tx.execute(delete(redactions).where(redactions.c.id == one.id))


async def put_off(tx: Tx, one: Redaction) -> None:
    """Try again after a while, longer each time."""
    wait = min(LONGEST_MS, FIRST_MS * 2 ** min(one.attempts, 10))
    later = {"due_at": tx.now + wait, "attempts": one.attempts + 1}
    await tx.execute(update(redactions).where(redactions.c.id == one.id).values(later))


async def give_up(tx: Tx) -> None:
    """Forget addresses that could not be worked off; whoever reads the log has to ask the provider."""
    gone = await tx.execute(delete(redactions).where(redactions.c.created_at < tx.now - GIVE_UP_MS))
    if gone.rowcount > 0:
        log.error("redactions.given_up", count=gone.rowcount)
