"""What somebody leaves here besides an enrolment: counted, so that they can see it, and deleted with them.

Offers and membership are a person's. Notes of money, lessons and the like are a chat's; of a chat that several people
write from nobody knows whose they are: they are shown as nobody's, and stay with whoever stays.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select

from bot.records import cash, certificates, lessons, media, pictures, series
from bot.schema import account_persons, lesson_progress, mart_waiting, memberships, offers, persons, tip_series
from bot.schema import certificates as certificates_table
from bot.schema import consignments as goods
from bot.store import Tx

KINDS = ("offers", "membership", "wish", "cash", "lessons", "certificates", "series", "waiting")
"""What there may be, in the order in which it is told."""


async def of(tx: Tx, account: str, person: str = "") -> dict[str, int]:
    """How much there is of each of KINDS, none left out; `shared` where others write from this chat, too.

    `goods` are those of the person that stand in a mart or are sold and not paid for.
    """
    found = dict.fromkeys(KINDS, 0)
    shared = bool(person) and await _shared(tx, account, person)
    found["offers"] = await _many(tx, offers.c.person_id == person)
    theirs, wishes = memberships.c.person_id == person, memberships.c.status == "candidate"
    found["membership"], found["wish"] = await _many(tx, theirs & ~wishes), await _many(tx, theirs & wishes)
    found["certificates"] = len(await _certificates(tx, account, person if shared else ""))
    if not shared:
        found["cash"] = await cash.count(tx, account)
        found["lessons"] = await _many(tx, lesson_progress.c.account_id == account)
        found["series"] = await _many(tx, (tip_series.c.account_id == account) & tip_series.c.next_at.is_not(None))
        found["waiting"] = await _many(tx, mart_waiting.c.account_id == account)
    left = func.coalesce(func.sum(goods.c.delivered - goods.c.returned - goods.c.settled), 0)
    in_marts = select(left).join(offers, offers.c.reference == goods.c.offer).where(offers.c.person_id == person)
    return {**found, "shared": int(shared), "goods": int(await tx.value(in_marts))}


async def forget(tx: Tx, account: str, except_talk: str, name: str | None = None) -> None:
    """Delete what belongs to a chat; with a name others stay, and only what is of whoever is called so goes."""
    await media.forget(tx, account, except_talk)
    await pictures.forget(tx, account)
    await certificates.forget(tx, account, name)
    if name is None:
        await cash.forget(tx, account)
        await lessons.forget(tx, account)
        await series.forget(tx, account)
        await tx.execute(delete(mart_waiting).where(mart_waiting.c.account_id == account))


async def _shared(tx: Tx, account: str, person: str) -> bool:
    others = (account_persons.c.account_id == account) & (account_persons.c.person_id != person)
    return bool(await _many(tx, others))


async def _many(tx: Tx, which: ColumnElement[bool]) -> int:
    return int(await tx.value(select(func.count()).where(which)))


async def _certificates(tx: Tx, account: str, person: str) -> list[str]:
    """The codes of a chat's certificates; with a person only of those with their name."""
    theirs = select(certificates_table.c.code).where(certificates_table.c.account_id == account)
    if person:
        called = select(persons.c.full_name).where(persons.c.id == person).scalar_subquery()
        nobodys = certificates_table.c.person_id.is_(None) & (certificates_table.c.name == called)
        theirs = theirs.where(nobodys | (certificates_table.c.person_id == person))
    return [row["code"] for row in await tx.rows(theirs)]
