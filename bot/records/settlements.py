"""Settlements: what was sold and paid at the shop, and whether the maker says so, too.

No money moves here and none is promised: the shop pays, notes it, and the maker answers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, delete, func, select, update

from bot import references
from bot.records import consignments, notices, offer_desk, offers, roles
from bot.records.offers import Offer
from bot.schema import account_persons, settlements
from bot.schema import consignments as lines
from bot.schema import offers as table
from bot.store import Tx

PREFIX = "BT"
"""How every number begins: bayar titipan."""

ASKS = "settlement"
"""The conversation that asks the maker."""

REASONS = ("not_received", "amount", "count")
"""What a maker may pick as the reason of a dispute; else it is in their own words."""
LONGEST = 200

Answer = Literal["confirmed", "disputed", "already", "unknown"]

_c = settlements.c


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement; `by` is the code of who paid."""

    number: str
    offer: str
    sold: int
    due: int
    state: str
    reason: str
    by: str
    created_at: int


_COLUMNS = tuple(_c[name] for name in Settlement.__dataclass_fields__)


async def due(tx: Tx, reference: str) -> tuple[int, int]:
    """How many are sold and not settled, and what the maker gets for them, in whole rupiah."""
    open_ones = lines.c.sold - lines.c.settled
    sold, owed = func.coalesce(func.sum(open_ones), 0), func.coalesce(func.sum(open_ones * lines.c.price), 0)
    row = await tx.row(select(sold.label("sold"), owed.label("owed")).where(lines.c.offer == reference))
    return (int(row["sold"]), int(row["owed"])) if row else (0, 0)


async def settle(tx: Tx, account: str, reference: str, amount: int) -> tuple[str, str]:
    """Note that `amount` was paid for all that is sold; (`done`, its number), or why not and nothing.

    `changed`: more or less is due by now than whoever paid has seen.
    """
    staff, one, refused = await consignments.allowed(tx, account, reference)
    if staff is None or one is None:
        return refused, ""
    sold, owed = await due(tx, reference)
    if not sold or owed != amount:
        return ("changed" if sold else "nothing_due"), ""
    number = await _unused(tx)
    unpaid = select(lines.c.id, (lines.c.sold - lines.c.settled).label("count")).where(lines.c.offer == reference)
    paid = {str(row["id"]): row["count"] for row in await tx.rows(unpaid) if row["count"]}
    await tx.execute(update(lines).where(lines.c.offer == reference).values(settled=lines.c.sold))
    row = {
        "number": number, "offer": reference, "sold": sold, "due": owed, "goods": json.dumps(paid), "state": "told",
        "by": staff.code, "created_at": tx.now,
    }  # fmt: skip
    await tx.add(settlements, row)
    await consignments.follow(tx, one, staff.code)
    await offer_desk.note(tx, staff, one, "settle", number)
    chat = await offers.chat_of(tx, one)
    if chat is None:
        return "done_not_told", number
    await notices.open(tx, chat, ASKS, given=number)
    return "done", number


async def last(tx: Tx, reference: str) -> Settlement | None:
    """The last settlement of an offer."""
    found = select(*_COLUMNS).where(_c.offer == reference).order_by(_c.created_at.desc(), _c.number).limit(1)
    row = await tx.row(found)
    return Settlement(**row) if row else None


async def get(tx: Tx, number: str) -> Settlement | None:
    """The settlement with this number, whoever asks."""
    row = await tx.row(select(*_COLUMNS).where(_c.number == number))
    return Settlement(**row) if row else None


async def unanswered(tx: Tx, reference: str) -> str:
    """The number of the newest settlement of an offer that its maker has not agreed to; empty where there is none."""
    found = select(_c.number).where(_c.offer == reference, _c.state != "confirmed")
    return await tx.value(found.order_by(_c.created_at.desc(), _c.number).limit(1)) or ""


async def withdraw(tx: Tx, account: str, reference: str, number: str) -> str:
    """Take a settlement back that the maker has not agreed to; `done`, or why not."""
    staff, one, refused = await consignments.allowed(tx, account, reference)
    if staff is None or one is None:
        return refused
    found = select(_c.goods).where(_c.number == number, _c.offer == reference, _c.state != "confirmed")
    goods = await tx.value(found)
    if goods is None:
        return "nothing_due"
    # Each of the goods at the price that was paid for it: those of another delivery may have another one.
    await tx.execute(delete(settlements).where(_c.number == number))
    for id, count in json.loads(goods).items():
        back = update(lines).where(lines.c.offer == reference, lines.c.id == int(id))
        await tx.execute(back.values(settled=lines.c.settled - count))
    await consignments.follow(tx, one, staff.code)
    await offer_desk.note(tx, staff, one, "settlement_withdrawn", number)
    await offers.tell_maker(tx, one, "withdrawn")
    return "done"


# The maker


async def asked(tx: Tx, account: str, number: str = "") -> tuple[Settlement, Offer] | None:
    """The settlement with this number if the maker writes from this chat; without one, the oldest that waits."""
    found = _theirs(account).where((_c.number == number) if number else (_c.state == "told"))
    row: Mapping[str, Any] | None = await tx.row(found.limit(1))
    one = await offers.get(tx, row["offer"]) if row else None
    return (Settlement(**row), one) if row and one else None


async def open_ones(tx: Tx, account: str) -> list[tuple[Settlement, Offer]]:
    """All that somebody in this chat has not agreed to: what waits for an answer first, then what they dispute."""
    rows = await tx.rows(_theirs(account).where(_c.state != "confirmed"))
    found = [(Settlement(**row), await offers.get(tx, row["offer"])) for row in rows]
    return sorted(((paid, one) for paid, one in found if one), key=lambda pair: pair[0].state != "told")


def read_number(text: str) -> str:
    """The number of a settlement as we write it (`bt 7k4m9 c`); empty where the text is none."""
    found = references.read(text)
    return found if found is not None and found.startswith(f"{PREFIX}-") else ""


def _theirs(account: str) -> Select[Any]:
    """Settlements of everybody who writes from a chat, the oldest first."""
    return (
        select(*_COLUMNS)
        .join(table, table.c.reference == _c.offer)
        .join(account_persons, account_persons.c.person_id == table.c.person_id)
        .where(account_persons.c.account_id == account)
        .order_by(_c.created_at, _c.number)
    )


async def answer(tx: Tx, account: str, number: str, agrees: bool) -> Answer:
    """The maker says whether it is so; who paid is told. What was agreed to stays agreed."""
    found = await asked(tx, account, number)
    if found is None:
        return "unknown"
    settlement, one = found
    state: Answer = "confirmed" if agrees else "disputed"
    open_ones = ("told", "disputed") if agrees else ("told",)
    changed = update(settlements).where(_c.number == number, _c.state.in_(open_ones))
    if not (await tx.execute(changed.values(state=state, answered_at=tx.now))).rowcount:
        return "already"
    await consignments.follow(tx, one, "person")
    await _tell_payer(tx, settlement, one, state)
    return state


async def explain(tx: Tx, account: str, number: str, reason: str) -> bool:
    """Keep why a maker disputes a settlement, one of REASONS or their own words; who paid is told, once for each."""
    found = await asked(tx, account, number)
    if found is None or found[0].state != "disputed" or found[0].reason == reason or not reason:
        return False
    settlement, one = found
    await tx.execute(update(settlements).where(_c.number == number).values(reason=reason[:LONGEST]))
    key = f"disputed_{reason}" if reason in REASONS else "disputed_words"
    await _tell_payer(tx, settlement, one, key, {} if reason in REASONS else {"reason": reason[:LONGEST]})
    return True


async def _tell_payer(
    tx: Tx, settlement: Settlement, one: Offer, key: str, values: Mapping[str, object] | None = None
) -> None:
    """Whoever noted the payment hears of it, or else those who decide about the offer."""
    facts = {
        "number": settlement.number, "reference": one.reference, "product": one.product, "name": one.full_name,
        **(values or {}),
    }  # fmt: skip
    payer = await roles.by_code(tx, settlement.by)
    if payer is not None and payer.ended is None and payer.account:
        await notices.tell(tx, payer.account, offer_desk.DOMAIN, key, facts)
    else:
        await offer_desk.tell_staff(tx, one, key, facts)


async def _unused(tx: Tx) -> str:
    while True:
        number = references.new(PREFIX, secrets.randbelow)
        if await tx.value(select(_c.number).where(_c.number == number)) is None:
            return number
