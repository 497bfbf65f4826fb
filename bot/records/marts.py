"""Marts as they are now: what data/marts.toml says, and what their managers have changed since.

Status, hours and single days, where it is and whom to ask; who waits for an opening. Every change is checked against
the rights of who makes it and recorded. What is sold is stock.py's, lower prices promos.py's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from bot.questions import marts, opening_hours
from bot.questions.marts import Mart
from bot.questions.opening_hours import Now, Span
from bot.records import audit, notices, roles
from bot.schema import accounts, mart_days, mart_waiting, persons
from bot.schema import marts as table
from bot.store import Tx

DOMAIN: Final = "mart"
"""The catalogue of what people who waited are told."""
PLACE: Final = ("address", "landmark", "latitude", "longitude", "contact")
"""What managers may say of where a mart is, and whom to ask, in place of what the file has; empty: it is not told."""
NOWHERE: Final = (0.0, 0.0)
"""The pin that says that there is none: it is far from Indonesia, and no manager can mean it."""
NEWS: Final = ("opened", "opened_somewhere", "closed_for_good", "not_coming", "put_off")
"""Templates of what they are told."""
PUT_OFF: Final = frozenset(
    {("opening_soon", "planned"), ("opening_soon", "temporarily_closed"), ("temporarily_closed", "planned")}
)
"""Changes of status after which nobody knows any more when it opens."""
AHEAD: Final = 370
"""Days ahead of which special hours are told to who wants all of them."""
DAY: Final = timedelta(days=1)
LONGEST: Final = 31
"""Days that may be changed at once: a month of fasting."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which a mart keeps other hours than on such weekdays, or several that are alike."""

    on: date
    span: Span
    reason: str
    until: date | None = None
    """The last of several; None: it is one alone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A mart as it is now."""

    mart: Mart
    status: str
    hours: Mapping[int, Span]
    """By weekday; what is missing is not known."""
    days: Sequence[Day] = field(default=())
    """From today on, the next one first."""

    def now(self, now: int) -> Now:
        """Whether it is open, as far as its hours say: only its status tells whether they count at all."""
        return opening_hours.at(now, self.mart.zone, self.hours, {one.on: one.span for one in self.days})

    def today(self, now: int) -> date:
        """The date where it is."""
        return datetime.fromtimestamp(now / 1000, ZoneInfo(self.mart.zone)).date()


async def standing(tx: Tx, code: str) -> Standing | None:
    """The mart with this code as it is now; None where the file has none."""
    mart = marts.mart(code)
    if mart is None:
        return None
    row = await tx.row(select(table).where(table.c.code == code)) or {}
    today = datetime.fromtimestamp(tx.now / 1000, ZoneInfo(mart.zone)).date()
    ahead = select(mart_days).where(mart_days.c.mart == code, mart_days.c.day >= today.isoformat())
    days = [
        Day(
            date.fromisoformat(one["day"]),
            tuple(json.loads(one["hours"])) if one["hours"] else None,
            one["reason"],
        )
        for one in await tx.rows(ahead.order_by(mart_days.c.day))
    ]
    mart = replace(mart, **{name: row[name] for name in PLACE if row.get(name) is not None})
    mart = replace(mart, latitude=None, longitude=None) if mart.pin == NOWHERE else mart
    kept = row.get("hours")
    hours = _unpacked(kept) if kept else dict(mart.hours)
    return Standing(mart, row.get("status") or mart.status, hours, days)


async def near(tx: Tx, person: str, held: roles.Held = ()) -> str:
    """The mart of the district somebody lives in, or else looks after; empty where there is none."""
    lives = await tx.value(select(persons.c.district).where(persons.c.id == person)) if person else ""
    found = next((one for code in (lives or "", *(area for _, area in held)) if (one := marts.of_district(code))), None)
    return found.code if found else ""


# What managers do


def mine(held: roles.Held, command: str) -> list[Mart]:
    """The marts over which these roles have the right to a command."""
    pairs = tuple(held)
    return [one for one in marts.everywhere().values() if roles.acting(pairs, command, one.area)]


async def acting(tx: Tx, account: str, command: str, code: str) -> tuple[str, str] | None:
    """Staff code and role of who may do this to a mart; None where this chat may not."""
    staff, mart = await roles.of(tx, account), marts.mart(code)
    role = roles.acting(staff.roles, command, mart.area) if staff and mart else ""
    return (staff.code, role) if staff and role else None


async def set_hours(tx: Tx, account: str, code: str, week: Mapping[int, Span]) -> bool:
    """Keep these hours for these weekdays, the others as they are; False where this chat may not."""
    who, known = await acting(tx, account, "jam", code), await standing(tx, code)
    if who is None or known is None:
        return False
    await _keep(tx, code, who, hours=_packed({**known.hours, **week}))
    await audit.record(tx, who[0], "mart_hours", code, role=who[1])
    return True


async def set_days(tx: Tx, account: str, code: str, days: Sequence[str], span: Span, reason: str = "") -> bool:
    """Keep other hours on these days (2026-12-25); None is closed. False where this chat may not."""
    who = await acting(tx, account, "jam", code)
    if who is None:
        return False
    await tx.execute(delete(mart_days).where(mart_days.c.mart == code, mart_days.c.day.in_(days)))
    row = {"mart": code, "hours": json.dumps(span) if span else "", "reason": reason, "changed_by": who[0]}
    await tx.add(mart_days, *({**row, "day": day} for day in days))
    await audit.record(tx, who[0], "mart_day", code, role=who[1], purpose=_first_to_last(days))
    return True


async def clear_days(tx: Tx, account: str, code: str, days: Sequence[str]) -> bool:
    """These days are like every other such weekday again; False where this chat may not."""
    who = await acting(tx, account, "jam", code)
    if who is None:
        return False
    await tx.execute(delete(mart_days).where(mart_days.c.mart == code, mart_days.c.day.in_(days)))
    await audit.record(tx, who[0], "mart_day_as_usual", code, role=who[1], purpose=_first_to_last(days))
    return True


def _first_to_last(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]}/{days[-1]}"


async def set_status(tx: Tx, account: str, code: str, status: str) -> int | None:
    """Keep another status; how many who waited are told what became of it (`news`), None where this chat may not."""
    who, before = await acting(tx, account, "jam", code), await standing(tx, code)
    if who is None or before is None or status not in marts.STATUSES:
        return None
    await _keep(tx, code, who, status=status, status_at=tx.now)
    await audit.record(tx, who[0], "mart_status", code, role=who[1], purpose=status)
    return await _tell(tx, before, status)


def news(before: str, status: str) -> str:
    """What people who wait for a mart are told when its status changes: open, gone or put off; empty: nothing."""
    if status == "open":
        return "opened"
    if status == "closed" and before != "closed":
        return "not_coming" if before in marts.TO_COME else "closed_for_good"
    return "put_off" if (before, status) in PUT_OFF else ""


async def set_place(tx: Tx, account: str, code: str, what: str, value: Any) -> bool:
    """Keep an `address`, a `landmark`, a `contact` or a `pin` (latitude, longitude); an empty value: there is none.

    False where this chat may not.
    """
    who = await acting(tx, account, "jam", code)
    if who is None:
        return False
    kept = dict(zip(("latitude", "longitude"), value or NOWHERE, strict=True)) if what == "pin" else {what: value}
    if not kept.keys() <= set(PLACE):
        raise ValueError(what)
    await _keep(tx, code, who, **kept)
    await audit.record(tx, who[0], f"mart_{what}", code, role=who[1], purpose="" if value else "cleared")
    return True


async def _keep(tx: Tx, code: str, who: tuple[str, str], **values: Any) -> None:
    row = {**(await tx.row(select(table).where(table.c.code == code)) or {"code": code}), **values}
    await tx.execute(delete(table).where(table.c.code == code))
    await tx.add(table, {**row, "changed_by": who[0]})


# Who waits


async def wait(tx: Tx, account: str, code: str) -> bool:
    """Tell this chat when the mart opens; False where it is open, closed for good, or there is none."""
    known = await standing(tx, code)
    if known is None or known.status in ("open", "closed"):
        return False
    if not await waits(tx, account, code):
        await tx.add(mart_waiting, {"mart": code, "account_id": account, "at": tx.now})
    return True


async def waits(tx: Tx, account: str, code: str) -> bool:
    """Whether this chat is to be told when the mart opens."""
    mine = select(mart_waiting.c.at).where(mart_waiting.c.mart == code, mart_waiting.c.account_id == account)
    return await tx.value(mine) is not None


async def waiting(tx: Tx, code: str) -> int:
    """How many chats wait for the mart to open, or for news of it that has not gone yet."""
    mart = marts.mart(code)
    return len(await _expecting(tx, mart)) if mart else 0


async def forget(tx: Tx, account: str) -> list[str]:
    """This chat waits for no mart any more; the names of those it waited for."""
    codes = await awaited(tx, account)
    await tx.execute(delete(mart_waiting).where(mart_waiting.c.account_id == account))
    return [one.name for code in codes if (one := marts.mart(code))]


async def awaited(tx: Tx, account: str) -> list[str]:
    """The marts whose opening this chat is to be told of."""
    mine = select(mart_waiting.c.mart).where(mart_waiting.c.account_id == account)
    return [row["mart"] for row in await tx.rows(mine.order_by(mart_waiting.c.at))]


async def _tell(tx: Tx, before: Standing, status: str) -> int:
    """Tell who waited what became of the mart, in place of news that has not gone yet; how many they are."""
    mart, key = before.mart, news(before.status, status)
    if status == before.status and status != "open":
        return 0
    chats = await _expecting(tx, mart, unsent=status != before.status)
    untold = [id for ids in chats.values() for id in ids]
    await tx.driver(lambda driver: driver.executemany(_DROP, [(id,) for id in untold]).close())
    await tx.execute(delete(mart_waiting).where(mart_waiting.c.mart == mart.code))
    if not key:
        # Of what they were to be told nothing is true any more: they wait as before.
        if chats:
            await tx.add(mart_waiting, *({"mart": mart.code, "account_id": one, "at": tx.now} for one in chats))
        return 0
    values, opens = {"mart": mart.name}, (("other", "mart_other", ""),)
    if key == "opened":
        key = "opened" if mart.address else "opened_somewhere"
        values, opens = {**values, "address": mart.address}, (("see", "mart", mart.code),)
    elif key == "put_off":
        opens = (("wait.yes", "mart_wait", mart.code),)
    await notices.tell_all(tx, list(chats), DOMAIN, key, values, opens=opens)
    return len(chats)


async def _expecting(tx: Tx, mart: Mart, *, unsent: bool = True) -> dict[str, list[int]]:
    """The chats that wait for a mart, with the notices to them that tell of it and have not gone yet."""
    found = select(mart_waiting.c.account_id).join(accounts, accounts.c.id == mart_waiting.c.account_id)
    rows = await tx.rows(found.where(mart_waiting.c.mart == mart.code))
    chats: dict[str, list[int]] = {row["account_id"]: [] for row in rows}
    if unsent:
        told = {"news": json.dumps([f"{DOMAIN}.{one}" for one in NEWS]), "mart": mart.name}
        for id, account in await tx.driver(lambda driver: driver.execute(_UNSENT, told).fetchall()):
            chats.setdefault(account, []).append(id)
    return chats


_DROP: Final = "DELETE FROM outbox WHERE id = ?"
# Written out for each state, so that the partial indexes are used: of all that was ever sent, little waits.
_UNSENT: Final = " UNION ALL ".join(
    f"""
SELECT id, account_id FROM outbox INDEXED BY {index} WHERE {state} AND lane = 'notice'
  AND template IN (SELECT value FROM json_each(:news)) AND json_extract(body, '$.say[2].mart') = :mart"""
    for index, state in (
        ("ix_outbox_held", "state = 'held'"),
        ("ix_outbox_due", "state IN ('waiting', 'sending') AND state = 'waiting'"),
    )
)


# As columns


def _packed(hours: Mapping[int, Span]) -> str:
    return json.dumps({str(day): hours[day] for day in sorted(hours)})


def _unpacked(kept: str) -> dict[int, Span]:
    return {int(day): tuple(span) if span else None for day, span in json.loads(kept).items()}


def days_ahead(known: Standing, now: int, days: int = AHEAD) -> list[Day]:
    """Its special days from today until so many days ahead; those that follow each other and are alike are one."""
    until, found = known.today(now) + timedelta(days=days), list[Day]()
    for one in known.days:
        last = found[-1] if found else None
        if last and (last.span, last.reason) == (one.span, one.reason) and one.on - (last.until or last.on) == DAY:
            found[-1] = replace(last, until=one.on)
        elif one.on <= until:
            found.append(one)
    return found


# As people read them


def week(hours: Mapping[int, Span], language: str) -> list[tuple[str, Span]]:
    """Days that have the same hours, with those."""
    return [
        (opening_hours.days_shown(first, last, language), span) for first, last, span in opening_hours.grouped(hours)
    ]


def written(span: Span, language: str) -> tuple[str, ...]:
    """Opening and closing as on a shop's door, both once more behind a break; none where it is closed."""
    return opening_hours.written(span, language)


def day_of(at: int, zone: str) -> date:
    """The date there."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date()


def minute_of(at: int, zone: str) -> int:
    """The minute of the day there."""
    there = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return there.hour * 60 + there.minute
