"""Enrolments as staff see them: looked up, waiting, opened; only inside their area, and every look is recorded.

What is recorded in a talk is references; names are read fresh to be shown. Decisions are decisions.py's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from bot import phones, references, words
from bot.questions import places
from bot.records import audit, people, roles
from bot.schema import enrolments, persons
from bot.store import Tx

HITS = 5
"""At most so many people are shown at once."""

DAY = 24 * 60 * 60 * 1000
CANDIDATES = 20_000
"""Names of an area that a slip of the pen is looked for in."""

ALIKE = 80
"""How alike (of 100) the best part of a name must be."""


@dataclass(frozen=True, slots=True)
class Card:
    """One enrolment with its person. The phone is sealed: number() opens it."""

    reference: str
    status: str
    reason: str
    district: str
    kecamatan: str
    village: str
    account_id: str | None
    enrolled_by: str
    identity_check: str
    submitted_at: int
    queued_at: int
    person_id: str
    full_name: str
    nickname: str
    birth_year: int | None
    village_text: str
    phone: bytes | None

    @property
    def area(self) -> str:
        """The most precise Kemendagri code known; empty for elsewhere."""
        return self.village or self.kecamatan or self.district

    @property
    def masked(self) -> str:
        """The name as it is shown to staff who only look somebody up."""
        return masked(self.full_name)

    def number(self) -> str:
        """The contact number as people write it; a dash where none was given."""
        return phones.pretty(people.sealing().open(self.phone)) if self.phone else "–"

    def waited(self, now: int) -> int:
        """Whole days since it came into the queue."""
        return max(0, now - self.queued_at) // DAY

    def shown(self, now: int) -> dict[str, Any]:
        """What the masked card names: reference, who, place, n (days)."""
        place = places.name(self.kecamatan or self.district) or "–"
        return {"reference": self.reference, "who": self.masked, "place": place, "n": self.waited(now)}

    def whole(self, now: int) -> dict[str, Any]:
        """What the unmasked card names: for staff with the right and a purpose."""
        return {
            **self.shown(now), "who": self.full_name, "called": self.nickname or "–", "born": self.birth_year or "–",
            "phone": self.number(), "village": self.village_name() or "–",
            "district": places.name(self.district) or "–",
        }  # fmt: skip

    def village_name(self) -> str:
        """The village, with what the person typed where that is not its name."""
        name = places.name(self.village) if self.village else ""
        typed = self.village_text.strip()
        return f"{name} ({typed})" if name and typed and words.fold(typed) != words.fold(name) else name or typed


_COLUMNS = tuple(
    enrolments.c[field.name] if field.name in enrolments.c else persons.c[field.name] for field in fields(Card)
)


def masked(name: str) -> str:
    """The first name and the first letter of the next: `Sri W***`; of a name of one word its beginning."""
    first, _, rest = name.strip().partition(" ")
    return f"{first} {rest.strip()[0]}***" if rest.strip() else f"{first[:3]}***"


def split(given: str) -> tuple[str, str]:
    """What stood behind a command, as a reference and the rest: `wsb 7k4m9 c ktp` is (WSB-7K4M9-C, ktp)."""
    parts = given.split()
    for count in range(1, len(parts) + 1):
        if found := references.read(" ".join(parts[:count])):
            return found, " ".join(parts[count:])
    return "", given.strip()


async def find(tx: Tx, account: str, command: str, reference: str) -> Card | None:
    """The enrolment with this reference, if this account may use the command on it now. Not recorded."""
    staff = await roles.of(tx, account)
    row = await tx.row(_query(_areas(staff, command)).where(enrolments.c.reference == reference))
    return Card(**row) if row else None


async def cards(tx: Tx, account: str, command: str, wanted: Sequence[str]) -> list[Card]:
    """These enrolments as they stand now, in this order, those that the account may still see. Not recorded."""
    staff = await roles.of(tx, account)
    rows = await tx.rows(_query(_areas(staff, command)).where(enrolments.c.reference.in_(list(wanted))))
    found = {row["reference"]: Card(**row) for row in rows}
    return [found[one] for one in wanted if one in found]


async def search(tx: Tx, account: str, text: str) -> dict[str, Any]:
    """Look up by reference, by the last four digits of the phone or by name: `{"hits": references, "more": bool}`.

    Recorded: one row for each hit, without what was typed.
    """
    staff = await roles.of(tx, account)
    where = _areas(staff, "cek")
    found = await _matching(tx, where, text)
    hits = found[:HITS]
    if staff is not None:
        role = roles.by_right(staff.roles, "cek")
        await audit.record(tx, staff.code, "look_up", hits, role=role, channel=staff.channel)
    return {"hits": hits, "more": len(found) > HITS}


async def waiting(tx: Tx, account: str) -> dict[str, Any]:
    """What waits for a decision, the oldest first: `{"hits": references, "total": int}`. Recorded."""
    staff = await roles.of(tx, account)
    where = _areas(staff, "antrean") & (enrolments.c.status == "submitted")
    oldest = select(enrolments.c.reference).where(where).order_by(enrolments.c.queued_at, enrolments.c.reference)
    hits = [row["reference"] for row in await tx.rows(oldest.limit(HITS))]
    total = await tx.value(select(func.count()).select_from(enrolments).where(where))
    if staff is not None:
        role = roles.by_right(staff.roles, "antrean")
        await audit.record(tx, staff.code, "queue", hits, role=role, channel=staff.channel)
    return {"hits": hits, "total": total}


async def open(tx: Tx, account: str, command: str, reference: str, purpose: str = "") -> bool:
    """Note that this account opens the card, and what for; False where it may not or there is none."""
    staff = await roles.of(tx, account)
    card = await find(tx, account, command, reference)
    if staff is None or card is None:
        return False
    role = roles.acting(staff.roles, command, card.area)
    action = "view" if purpose else "open"
    await audit.record(tx, staff.code, action, reference, role=role, purpose=purpose, channel=staff.channel)
    return True


async def _matching(tx: Tx, where: ColumnElement[bool], text: str) -> list[str]:
    """References, one more than are shown where there are more."""
    if reference := references.read(text):
        return await _references(tx, where & (enrolments.c.reference == reference))
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) >= 4:
        return await _references(tx, where & people.ends_in(digits))
    name = words.fold(text)
    if len(name) < 2:
        return []
    folded = persons.c.folded_name
    begins = or_(folded.startswith(name, autoescape=True), folded.contains(f" {name}", autoescape=True))
    return await _references(tx, where & begins) or await _alike(tx, where, name)


async def _references(tx: Tx, where: ColumnElement[bool]) -> list[str]:
    newest = enrolments.c.submitted_at.desc()
    query = _joined(select(enrolments.c.reference)).where(where).order_by(newest, enrolments.c.reference)
    return [row["reference"] for row in await tx.rows(query.limit(HITS + 1))]


async def _alike(tx: Tx, where: ColumnElement[bool], name: str) -> list[str]:
    """Names with a slip in them that begin, or one of whose words begins, with the same letter."""
    if len(name) < 4:
        return []
    folded = persons.c.folded_name
    near = where & or_(folded.startswith(name[0]), folded.contains(f" {name[0]}"))
    query = _joined(select(enrolments.c.reference, folded)).where(near).limit(CANDIDATES)
    names = {row["reference"]: row["folded_name"] for row in await tx.rows(query)}
    found = process.extract(name, names, scorer=fuzz.partial_ratio, score_cutoff=ALIKE, limit=HITS + 1)
    return [reference for _, _, reference in found]


def _query(where: ColumnElement[bool]) -> Select[Any]:
    return _joined(select(*_COLUMNS)).where(where)


def _joined(query: Select[Any]) -> Select[Any]:
    return query.select_from(enrolments.join(persons, enrolments.c.person_id == persons.c.id))


def _areas(staff: roles.Staff | None, command: str) -> ColumnElement[bool]:
    return within(roles.areas(staff.roles, command)) if staff else false()


def within(areas: Iterable[str]) -> ColumnElement[bool]:
    """The enrolments that lie in one of these areas; none where there is no area at all."""
    return or_(false(), *(_inside(area) for area in areas))


def _inside(area: str) -> ColumnElement[bool]:
    if len(area) < 5:
        return enrolments.c.district.startswith(area) if area else true()
    here = enrolments.c.district == area[:5]
    if len(area) == 8:
        here &= enrolments.c.kecamatan == area
    if len(area) == 13:
        here &= enrolments.c.village == area
    return here
