"""What is decided about an offer: a sample, accepted, not yet; and by its maker: cancelled, the day of delivery.

Rights and status are looked at again in the transaction itself. Each decision is moved, recorded and told, or nothing
of it happens. What comes back is `done` or why not, by template key.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import update

from bot.records import offer_desk, offer_prices, offers, roles
from bot.records.offer_steps import REASONS
from bot.schema import offers as table
from bot.store import Tx

Outcome = Literal["done", "done_not_told", "unknown", "already", "not_from_here", "own"]
"""`done_not_told`: done, but the maker has no chat here. `own`: nobody decides about their own goods."""

TARGET = {"sample": "sample", "accept": "accepted", "not_yet": "not_yet"}
"""What can be decided, and the status that it leads to."""

ACTION = {"sample": "offer_sample", "accept": "offer_accept", "not_yet": "offer_not_yet"}
"""The same, and what the audit calls it."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def decide(tx: Tx, account: str, reference: str, deed: str, reason: str = "", suggestion: str = "") -> Outcome:
    """Ask for a sample, accept, or not yet (with one of REASONS); the maker is told."""
    staff, one = await roles.of(tx, account), await offer_desk.find(tx, account, reference)
    if staff is None or one is None:
        return "unknown"
    if await offers.writes(tx, account, one):
        return "own"
    assert reason in ("", *REASONS), reason
    after = TARGET[deed]
    if not await offers.move(tx, reference, after, "staff", staff.code, reason, suggestion):
        return "already" if one.status == after else "not_from_here"
    await offer_prices.lapse(tx, reference)
    await offer_desk.note(tx, staff, one, ACTION[deed], reason)
    return "done" if await offers.tell_maker(tx, one, after) else "done_not_told"


async def cancel(tx: Tx, account: str, reference: str) -> Outcome:
    """The maker takes an offer back before anything was delivered; the mart is told."""
    one = await offers.own(tx, account, reference)
    if one is None:
        return "unknown"
    if not await offers.move(tx, reference, "cancelled", "person", "person"):
        return "already" if one.status == "cancelled" else "not_from_here"
    await offer_prices.lapse(tx, reference)
    await offer_desk.tell_staff(tx, one, "cancelled")
    return "done"


async def deliver_on(tx: Tx, account: str, reference: str, weekday: str) -> Outcome:
    """The maker says on which weekday the goods come; the mart is told."""
    one = await offers.own(tx, account, reference)
    if one is None or one.status not in ("accepted", "stocked", "selling"):
        return "unknown"
    if one.delivery_day == weekday:
        return "already"
    await tx.execute(update(table).where(table.c.reference == reference).values(delivery_day=weekday))
    await offer_desk.tell_staff(tx, one, f"day.{weekday}")
    return "done"
