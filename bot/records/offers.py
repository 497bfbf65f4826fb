"""Offers of members to a mart, as rows with their history: where they stand, and what their makers are told.

A new one is offering.py's part, who sees and hears of it offer_desk.py's, what is decided offer_decisions.py's, goods
are consignments.py's, money settlements.py's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, update

from bot import phones, references
from bot.questions import marts, places
from bot.questions.marts import Mart
from bot.records import notices, people
from bot.records.offer_steps import Who, before
from bot.schema import account_persons, offer_changes, offers, persons
from bot.store import Tx

PREFIX = "TJ"
"""How every reference begins: titip jual."""

NEWS = "offer_news"
"""The conversation that tells the maker."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer with its maker. The phone is sealed: number() opens it."""

    reference: str
    person_id: str
    account_id: str | None
    mart: str
    product: str
    category: str
    unit: str
    price: int
    shop_price: int | None
    quantity: int
    shelf_days: int | None
    permits: dict[str, str]
    photo: str
    delivery_day: str
    status: str
    reason: str
    suggestion: str
    decided_by: str
    created_at: int
    changed_at: int
    full_name: str
    kecamatan: str
    village: str
    village_text: str
    phone: bytes | None

    @property
    def at(self) -> Mart | None:
        """The mart; None where it has been taken out of the file since."""
        return marts.mart(self.mart)

    @property
    def mart_name(self) -> str:
        """What the mart is called."""
        return self.at.name if self.at else self.mart

    @property
    def place(self) -> str:
        """The village of the maker, else the kecamatan."""
        return places.name(self.village) if self.village else self.village_text or places.name(self.kecamatan) or "–"

    def number(self) -> str:
        """The maker's number as people write it; empty where none was given."""
        return phones.pretty(people.sealing().open(self.phone)) if self.phone else ""


_O = offers.c
_COLUMNS = tuple(
    _O[name] if name in _O else persons.c[name] for name in Offer.__dataclass_fields__ if name not in ("at", "place")
)


def split(given: str) -> tuple[str, str]:
    """What stood behind a command, as a reference and the rest: `tj 7k4m9 c terjual 5` is (TJ-7K4M9-C, terjual 5)."""
    parts = given.split()
    for count in range(1, min(len(parts), 4) + 1):
        found = references.read(" ".join(parts[:count]))
        if found and found.startswith(f"{PREFIX}-"):
            return found, " ".join(parts[count:])
    return "", given.strip()


async def of_account(tx: Tx, account: str) -> list[Offer]:
    """The offers of everybody who writes from this chat, the newest first."""
    mine = _O.person_id.in_(select(account_persons.c.person_id).where(account_persons.c.account_id == account))
    found = query().where(mine).order_by(_O.created_at.desc(), _O.reference)
    return [made(row) for row in await tx.rows(found)]


async def own(tx: Tx, account: str, reference: str) -> Offer | None:
    """The offer with this reference, if somebody in this chat made it."""
    return next((one for one in await of_account(tx, account) if one.reference == reference), None)


async def get(tx: Tx, reference: str) -> Offer | None:
    """The offer with this reference, whoever asks."""
    row = await tx.row(query().where(_O.reference == reference))
    return made(row) if row else None


# Moving


async def move(
    tx: Tx, reference: str, after: str, who: Who, actor: str, reason: str = "", suggestion: str = ""
) -> bool:
    """Move an offer along the table, with its history; False where it stands somewhere else by now."""
    kept = {"status": after, "reason": reason, "suggestion": suggestion, "changed_at": tx.now}
    if who == "staff":
        kept["decided_by"] = actor
    found = (_O.reference == reference) & _O.status.in_(before(after, who))
    if not (await tx.execute(update(offers).where(found).values(kept))).rowcount:
        return False
    await remember(tx, reference, after, actor, reason)
    return True


async def stand(tx: Tx, one: Offer, status: str, actor: str) -> bool:
    """Note the status that follows from the goods; False where it is that already."""
    changed = {"status": status, "changed_at": tx.now}
    other = (_O.reference == one.reference) & (_O.status != status)
    moved = bool((await tx.execute(update(offers).where(other).values(changed))).rowcount)
    if moved:
        await remember(tx, one.reference, status, actor)
    return moved


async def remember(tx: Tx, reference: str, status: str, actor: str, reason: str = "") -> None:
    """One line of the history of an offer."""
    row = {"offer": reference, "status": status, "actor": actor, "reason": reason, "at": tx.now}
    await tx.add(offer_changes, row)


async def chat_of(tx: Tx, one: Offer) -> str | None:
    """Where the maker is told: the chat that the offer came from, else the one last linked."""
    linked = await people.accounts_of(tx, one.person_id)
    return one.account_id if one.account_id in linked else next(iter(linked), None)


async def tell_maker(tx: Tx, one: Offer, event: str) -> bool:
    """Tell the maker of something (`sample`, `stocked 20`), in their language when it goes; False where none can be."""
    chat = await chat_of(tx, one)
    if chat is not None:
        await notices.open(tx, chat, NEWS, given=f"{one.reference} {event}")
    return chat is not None


async def writes(tx: Tx, account: str, one: Offer) -> bool:
    """Whether the maker writes from this chat."""
    pair = (account_persons.c.account_id == account) & (account_persons.c.person_id == one.person_id)
    return account == one.account_id or await tx.value(select(account_persons.c.since).where(pair)) is not None


def query() -> Select[Any]:
    """Offers with their makers, for made()."""
    return select(*_COLUMNS).select_from(offers.join(persons, persons.c.id == _O.person_id))


def made(row: Mapping[str, Any]) -> Offer:
    """The offer in a row of query()."""
    return Offer(**{**row, "permits": json.loads(row["permits"])})
