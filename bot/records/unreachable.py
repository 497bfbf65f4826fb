"""People whose every chat has stopped taking messages: for staff who look after them, to be called or visited.

A message from the person in any of their chats takes them off the list (intake.py). Names are masked and numbers left
out until they are opened; what is kept in a talk is ids, and every look is recorded, a row for each person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, text, true, tuple_

from bot import phones
from bot.questions import places
from bot.records import audit, people, roles, tidings
from bot.records.audience import GONE
from bot.records.call_lists import RIGHT
from bot.records.queue import HITS, masked
from bot.schema import account_persons, accounts, enrolments, persons
from bot.store import Tx

COMMAND: Final = "takterhubung"
WHY: Final = ("unreachable", "invalid", "blocked")
"""Why a chat takes no messages: failures on five days, no such number, the person has blocked it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who cannot be reached. `why` is one of WHY, `since` a day (UTC, ISO 8601), empty where not known."""

    name: str
    called: str
    village: str
    kecamatan: str
    phone: str
    why: str
    since: str

    @property
    def masked(self) -> str:
        """The name as it is shown until the numbers are opened."""
        return masked(self.name)


async def listed(tx: Tx, account: str, after: str = "") -> dict[str, Any]:
    """`{"ids": persons, "total": int, "more": bool}` of one's own area, by village, behind a person; recorded."""
    staff = await roles.of(tx, account)
    where = _gone() & _within(roles.areas(staff.roles, COMMAND) if staff else ())
    total = await tx.value(_joined(select(func.count(_p.id.distinct()))).where(where))
    if after:
        where &= tuple_(*_ORDER) > select(*_ORDER).where(_p.id == after).scalar_subquery()
    query = _joined(select(_p.id)).where(where).group_by(_p.id).order_by(*_ORDER).limit(HITS + 1)
    rows = [row["id"] for row in await tx.rows(query)]
    if staff is not None:
        role = roles.by_right(staff.roles, COMMAND)
        await audit.record(tx, staff.code, "unreachable", rows[:HITS], role=role, channel=staff.channel)
    return {"ids": rows[:HITS], "total": total, "more": len(rows) > HITS}


async def opened(tx: Tx, account: str, ids: Sequence[str]) -> None:
    """Note that this account opens the names and numbers of these."""
    staff = await roles.of(tx, account)
    if staff is not None:
        role = roles.by_right(staff.roles, RIGHT)
        await audit.record(
            tx, staff.code, "call_list", ids, role=role, purpose="unreachable", channel=staff.channel
        )  # fmt: skip


async def entries(tx: Tx, account: str, ids: Iterable[str], right: str = COMMAND) -> list[Entry]:
    """Those of these people who still cannot be reached and whom the account may see by this right, by village."""
    staff = await roles.of(tx, account)
    where = _gone() & _within(roles.areas(staff.roles, right) if staff else ()) & _p.id.in_(list(ids))
    rows = await tx.rows(_joined(select(*_COLUMNS)).where(where).order_by(*_ORDER, _a.failed_on))
    # Of several chats the one that was the last to go.
    return [_made(row) for row in {row["id"]: row for row in rows}.values()]


async def announce(tx: Tx, turning: Sequence[str]) -> None:
    """These accounts become unreachable in this transaction: staff hear of those whom nothing else reaches either."""
    columns = (_p.id, _p.district, _p.kecamatan, _p.village)
    query = _joined(select(*columns)).where(_a.id.in_(turning), ~_has_other(turning), _counts()).distinct()
    for row in await tx.rows(query):
        area = row["village"] or row["kecamatan"] or row["district"]
        staff, able = await roles.responsible(tx, area, COMMAND)
        if able:
            reference = str(await tx.value(_latest(enrolments.c.reference, row["id"])) or "")
            await tidings.tell(tx, [one.code for one in staff], tidings.UNREACHABLE, reference)


_ARE_GONE: Final = text("SELECT id FROM accounts INDEXED BY ix_accounts_gone WHERE reachable <> 'ok'")
"""Written out, so that the partial index is used: they are few."""
_a, _l, _p = accounts.c, account_persons.c, persons.c
_ORDER: Final = (_p.district, _p.kecamatan, _p.village, _p.folded_name, _p.id)
_COLUMNS: Final = (
    _p.id, _p.full_name, _p.nickname, _p.district, _p.kecamatan, _p.village, _p.village_text, _p.phone, _a.reachable,
    _a.failed_on,
)  # fmt: skip


def _made(row: dict[str, Any]) -> Entry:
    number = people.sealing().open(row["phone"]) if row["phone"] else ""
    return Entry(
        row["full_name"], row["nickname"] or row["full_name"], places.name(row["village"]) or row["village_text"],
        places.name(row["kecamatan"]) or places.name(row["district"]), phones.pretty(number) if number else "",
        row["reachable"] if row["reachable"] in WHY else WHY[0], row["failed_on"],
    )  # fmt: skip


def _joined(query: Any) -> Any:
    """From the chats that take nothing, which are few, to the people."""
    chats = accounts.join(account_persons, _l.account_id == _a.id)
    return query.select_from(chats.join(persons, _p.id == _l.person_id))


def _gone() -> ColumnElement[bool]:
    return and_(_l.account_id.in_(_ARE_GONE), ~_has_other(()), _counts())


def _within(areas: Iterable[str]) -> ColumnElement[bool]:
    """The people of these areas. No index fits it: everybody who lives there would be gone through for a few."""
    return or_(false(), *(_inside(area) for area in areas))


def _inside(area: str) -> ColumnElement[bool]:
    codes = (_p.district, _p.kecamatan, _p.village)
    return or_(*((code == area) | code.startswith(f"{area}.") for code in codes)) if area else true()


def _has_other(turning: Sequence[str]) -> ColumnElement[bool]:
    """Whether the person has a chat that takes messages, besides those that are about to stop."""
    other, link = accounts.alias(), account_persons.alias()
    chats = other.join(link, link.c.account_id == other.c.id)
    mine = (link.c.person_id == _p.id) & (other.c.reachable == "ok") & other.c.id.not_in(turning)
    return exists(select(other.c.id).select_from(chats).where(mine))


def _counts() -> ColumnElement[bool]:
    """Whoever has left the programme, or has died, is in no list."""
    return func.coalesce(_latest(enrolments.c.status, _p.id).scalar_subquery(), "").not_in(GONE)


def _latest(column: Any, person: Any) -> Select[Any]:
    newest = (enrolments.c.submitted_at.desc(), enrolments.c.reference.desc())
    return select(column).where(enrolments.c.person_id == person).order_by(*newest).limit(1)
