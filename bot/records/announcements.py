"""Announcements as rows: what is told, to whom, by whom, and how far it is.

Every change of state says in one statement which states it may begin from, and wakes whoever counts, plans, sends and
reports. Rights are looked at again in the transaction itself. Letting one go is letting_go.py's, moving and repeating
schedules.py's, who belongs to an audience audience.py's, what became of each person deliveries.py's.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func, select, text, update

from bot import references
from bot.questions import places
from bot.records import audit, roles
from bot.schema import announcements
from bot.store import Tx

TOPIC: Final[Mapping[str, tuple[str, ...]]] = {
    "mart_promo": ("mart",),
    "mart_info": ("mart",),
    "mart_opening": ("mart",),
    "event": ("programme",),
    "assistance": ("programme",),
    "rat": ("programme",),
    "job": ("programme",),
    "tips": ("tips",),
    "general": ("programme",),
    "safety": ("programme", "mart"),
}
"""Category → the opt-ins of which a person needs one (design.md 8). Tips have a subscription of their own."""

CATEGORIES: Final = tuple(TOPIC)
"""Every category, in the order in which they are offered (domain.md 8.1)."""

PREFIX: Final = "PGM"
"""How every number begins."""

UNDO_MS: Final = 60_000
"""Between the go and the first message."""

Outcome = Literal["done", "unknown", "already", "changed", "not_allowed", "own", "over"]
"""`already`: it is in no state for this. `changed`: it is not what was seen any more. `own`: nobody approves their own.
`over`: its promo ends before it could go."""

LIVE: Final = text("announcements.state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused')")
"""Written out, so that the partial index is used."""

KEEP: Any = object()
"""What `revise` leaves as it is."""

_WRITTEN: Final = re.compile(rf"(?<![A-Z0-9]){PREFIX}[\s.\-–—_/#:]*([{references.ALPHABET}]{{5}})(?![A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement. Times are UTC milliseconds; `texts` by language, `audience` as audience.py reads it."""

    number: str
    category: str
    state: str
    texts: dict[str, str]
    media: str
    audience: dict[str, Any]
    author: str
    account: str
    """The chat that it was made in; empty once that is gone."""
    counted: dict[str, Any] | None
    """What the preview says: people, free, template, knock, held, skipped by reason, deferred, over, seconds …"""
    counted_at: int | None
    send_at: int | None
    ends_at: int | None
    repeats: str
    plan_after: str
    planned: bool
    approver: str
    decided_at: int | None
    reason: str
    corrects: str
    progress: dict[str, Any]
    created_at: int
    started_at: int | None
    ended_at: int | None

    @property
    def areas(self) -> tuple[str, ...]:
        """Where its people live, by Kemendagri code; one that is empty is everywhere."""
        return tuple(self.audience.get("areas", ())) or ("",)

    @property
    def zone(self) -> str:
        """The time zone that its times are told in: that of the first of its areas."""
        return places.zone(self.areas[0])

    @property
    def reached(self) -> int:
        """How many people are to get it, sooner or later, as far as counted."""
        counts = self.counted or {}
        skipped: Mapping[str, int] = counts.get("skipped", {})
        return int(counts.get("people", 0)) - sum(skipped.values())

    def spoken(self, language: str) -> str:
        """What somebody who reads `language` gets it in: Indonesian where nothing was written in theirs."""
        return next((one for one in (language, language[:2]) if self.texts.get(one)), "id")


@dataclass(frozen=True, slots=True)
class Reading:
    """An announcement as whoever reads `language` gets it; the composer puts it into words."""

    announcement: Announcement
    language: str


def of_row(row: Mapping[str, Any]) -> Announcement:
    """An announcement of a row of its table, also of one that `Store.read` gave."""
    values = {
        field.name: row["account_id" if field.name == "account" else field.name] for field in fields(Announcement)
    }
    for name in ("texts", "audience", "progress"):
        values[name] = json.loads(values[name] or "{}")
    values["counted"] = json.loads(values["counted"]) if values["counted"] else None
    return Announcement(**{**values, "account": values["account"] or "", "planned": bool(values["planned"])})


def number_in(said: str) -> str:
    """The number that words hold, as we write it: `pgm 7k4ma` is PGM-7K4MA; empty where they hold none."""
    found = _WRITTEN.search(unicodedata.normalize("NFKC", said).upper())
    return f"{PREFIX}-{found[1]}" if found else ""


def split(said: str) -> tuple[str, str]:
    """The number that words hold, and what stands around it."""
    plain = unicodedata.normalize("NFKC", said)
    found = _WRITTEN.search(plain.upper()) if len(plain) == len(plain.upper()) else None
    return (f"PGM-{found[1]}", f"{plain[: found.start()]} {plain[found.end() :]}".strip()) if found else ("", said)


# Rights


def areas(held: roles.Held, category: str, command: str = "umumkan") -> tuple[str, ...]:
    """Where these roles may announce (or approve) something of this category; none where nowhere."""
    able = [(role, area) for role, area in held if roles.announces(role, category)]
    return roles.areas(able, command)


def categories(held: roles.Held) -> tuple[str, ...]:
    """What these roles may announce, wherever."""
    pairs = tuple(held)
    return tuple(one for one in CATEGORIES if areas(pairs, one))


def may(held: roles.Held, command: str, announcement: Announcement) -> bool:
    """Whether these roles have the right to a command over the whole audience."""
    inside = areas(held, announcement.category, command)
    return all(any(roles.covers(area, place) for area in inside) for place in announcement.areas)


# Finding


async def get(tx: Tx, number: str) -> Announcement | None:
    """The announcement with this number."""
    row = await tx.row(select(announcements).where(announcements.c.number == number))
    return of_row(row) if row else None


async def live(tx: Tx, states: Collection[str] = ("scheduled", "sending", "paused")) -> list[Announcement]:
    """Those in one of these states (that are not over), the one that goes out first before the others."""
    mine = announcements.c.state.in_(list(states))
    rows = await tx.rows(select(announcements).where(LIVE, mine).order_by(announcements.c.send_at, _c.created_at))
    return [of_row(row) for row in rows]


async def uncounted(tx: Tx) -> list[Announcement]:
    """Drafts whose people are still to be counted, the oldest first."""
    new = (_c.state == "draft") & _c.counted.is_(None)
    return [of_row(row) for row in await tx.rows(select(announcements).where(LIVE, new).order_by(_c.created_at))]


async def of_author(tx: Tx, staff_code: str, limit: int = 10) -> list[Announcement]:
    """The last ones of a staff member, newest first."""
    query = select(announcements).where(_c.author == staff_code).order_by(_c.created_at.desc(), _c.number)
    return [of_row(row) for row in await tx.rows(query.limit(limit))]


async def own(tx: Tx, account: str, number: str) -> Announcement | None:
    """The announcement with this number, if this chat is its author's."""
    staff = await roles.of(tx, account)
    found = await get(tx, number)
    return found if found is not None and staff is not None and staff.code == found.author else None


async def running(tx: Tx, staff_code: str) -> list[Announcement]:
    """Those of a staff member that wait, are scheduled, go out or are paused; the last one that was let go first."""
    mine = (_c.author == staff_code) & _c.state.in_(["waiting", "scheduled", "sending", "paused"])
    latest = func.coalesce(_c.started_at, _c.decided_at, _c.counted_at, _c.created_at)
    query = select(announcements).where(LIVE, mine).order_by(latest.desc(), _c.created_at.desc())
    return [of_row(row) for row in await tx.rows(query)]


async def going(tx: Tx, account: str, *, soon: bool = False) -> str:
    """The last one of this account's staff member that may still be cancelled; empty where there is none.

    soon: only of those that go out now or within a minute.
    """
    staff = await roles.of(tx, account)
    mine = await running(tx, staff.code) if staff is not None else []
    near = [one for one in mine if one.state in ("scheduled", "sending") and (one.send_at or 0) <= tx.now + UNDO_MS]
    return next((one.number for one in (near if soon else mine)), "")


# Making


async def create(
    tx: Tx,
    *,
    category: str,
    texts: Mapping[str, str],
    audience: Mapping[str, Any],
    author: str,
    account: str,
    ends_at: int | None = None,
    corrects: str = "",
    media: str = "",
) -> str:
    """Keep a draft and have its people counted; its number."""
    number = await new_number(tx)
    row = {
        "number": number, "category": category, "state": "draft", "texts": packed(texts), "media": media,
        "audience": packed(audience), "author": author, "account_id": account, "ends_at": ends_at,
        "corrects": corrects, "progress": "{}", "created_at": tx.now,
    }  # fmt: skip
    await tx.add(announcements, row)
    await audit.record(tx, author, "announce", number, purpose=category)
    tx.wake()
    return number


async def counted(tx: Tx, number: str, counts: Mapping[str, Any]) -> bool:
    """Note how many people a draft reaches; False where it is none any more."""
    return await shift(tx, number, ("draft",), counted=packed(counts), counted_at=tx.now)


async def revise(
    tx: Tx,
    number: str,
    *,
    by: str = "",
    category: str = KEEP,
    texts: Mapping[str, str] = KEEP,
    audience: Mapping[str, Any] = KEEP,
    ends_at: int | None = KEEP,
    media: str = KEEP,
) -> bool:
    """Change what has not been let go; it is a draft again, counted again and approved again.

    by: who, if not the author. False where it has been let go or is over.
    """
    given: dict[str, Any] = {
        "category": category,
        "texts": texts,
        "audience": audience,
        "ends_at": ends_at,
        "media": media,
    }
    values = {name: value for name, value in given.items() if value is not KEEP}
    for name in ("texts", "audience"):
        if name in values:
            values[name] = packed(values[name])
    anew = {
        "state": "draft",
        "counted": None,
        "counted_at": None,
        "send_at": None,
        "approver": "",
        "decided_at": None,
        "reason": "",
    }
    if not await shift(tx, number, ("draft", "waiting", "rejected"), **values, **anew):
        return False
    found = await get(tx, number)
    assert found is not None
    await audit.record(tx, by or found.author, "revise_announcement", number)
    return True


# On its way


async def start(tx: Tx, number: str) -> bool:
    """Its time has come: from now on it goes out. Who waits for the one that it corrects gets the right words, too."""
    if not await shift(tx, number, ("scheduled",), state="sending", started_at=tx.now):
        return False
    found = await get(tx, number)
    wrong = await get(tx, found.corrects) if found is not None and found.corrects else None
    if found is not None and wrong is not None:
        kept = {**(wrong.counted or {}), "was": (wrong.counted or {}).get("was", wrong.texts)}
        right = {"texts": packed(found.texts), "counted": packed(kept)}
        await tx.execute(update(announcements).where(_c.number == wrong.number).values(right))
    return True


async def finish(tx: Tx, number: str) -> bool:
    """Nothing of it is left to be sent."""
    return await shift(tx, number, ("sending",), state="done", ended_at=tx.now)


async def pause(tx: Tx, number: str, staff_code: str) -> Outcome:
    """Nothing more goes out until it is resumed."""
    return await steer(tx, number, staff_code, "pause_announcement", ("scheduled", "sending"), state="paused")


async def resume(tx: Tx, number: str, staff_code: str) -> Outcome:
    """It goes on where it was: out, or waiting for its time."""
    found = await get(tx, number)
    before = "sending" if found is not None and found.started_at is not None else "scheduled"
    return await steer(tx, number, staff_code, "resume_announcement", ("paused",), state=before)


async def cancel(tx: Tx, number: str, staff_code: str) -> Outcome:
    """Nothing more of it goes out, for good; what waits is dropped by whoever sends. Who has it already keeps it."""
    states = ("draft", "waiting", "rejected", "scheduled", "sending", "paused")
    over = {"state": "cancelled", "ended_at": tx.now, "repeats": ""}
    return await steer(tx, number, staff_code, "cancel_announcement", states, **over)


async def note(tx: Tx, number: str, progress: Mapping[str, Any]) -> None:
    """Keep what the author was last shown of its progress."""
    await tx.execute(update(announcements).where(_c.number == number).values(progress=packed(progress)))


# Below


_c = announcements.c


async def shift(tx: Tx, number: str, states: Collection[str], **values: Any) -> bool:
    """Change a row that is in one of these states; False where it is in none of them."""
    mine: ColumnElement[bool] = (_c.number == number) & _c.state.in_(list(states))
    done = (await tx.execute(update(announcements).where(mine).values(values))).rowcount > 0
    if done:
        tx.wake()
    return done


async def steer(tx: Tx, number: str, staff_code: str, action: str, states: Collection[str], **values: Any) -> Outcome:
    """What its author, or whoever may approve it, does to one that is on its way."""
    found = await get(tx, number)
    staff = await roles.by_code(tx, staff_code)
    if found is None or staff is None:
        return "unknown"
    own = found.author == staff.code and staff.ended is None
    if not own and not may(staff.roles, "setujui", found):
        return "not_allowed"
    if not await shift(tx, number, states, **values):
        return "already"
    return await done(tx, staff.code, action, number)


async def done(tx: Tx, staff_code: str, action: str, number: str) -> Outcome:
    """Note who did it."""
    await audit.record(tx, staff_code, action, number)
    return "done"


async def new_number(tx: Tx) -> str:
    """A number that nothing has."""
    while True:
        number = f"{PREFIX}-" + "".join(secrets.choice(references.ALPHABET) for _ in range(5))
        if await tx.value(select(_c.number).where(_c.number == number)) is None:
            return number


def packed(value: Mapping[str, Any]) -> str:
    """As it is kept in a column."""
    return json.dumps(dict(value), ensure_ascii=False)
