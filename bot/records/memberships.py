"""Membership of a cooperative: who wants to join, when they come to sign the book, and who has a card.

A wish is made in chat; membership begins at the shop, when the book is signed there and staff note it (domain.md 3.1).
Keeps no savings, no balance and no amount. Looks and changes by staff are checked against their rights and recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update

from bot import words
from bot.questions import marts
from bot.records import audit, links, notices, people, pictures, queue, roles
from bot.schema import accounts, memberships, outbox, persons
from bot.store import Tx

COMMAND: Final = "anggota"
"""The right that staff need."""
DOMAIN: Final = "cooperative"
"""The catalogue of what members are told."""
STAFF: Final = "members"
"""The catalogue, and the conversation, of staff."""

HITS: Final = 5
"""At most so many people are shown at once."""
PREFIX: Final = "kartu-"
"""Begins the code of a card: what its QR code brings."""
_LETTERS: Final = "23456789acefhjkmpqrtwxy"
_REMINDED_AT: Final = time(9)
"""Local, on the day before."""
REMINDER: Final = f"{DOMAIN}.reminder"

Outcome = Literal["done", "done_not_told", "taken", "not_now", "unknown", "own"]
"""`taken`: somebody else has this number. `not_now`: the status has changed since. `unknown`: none, or not theirs.

`own`: nobody signs for themselves, nor for others who write from their phone: somebody else of the staff does.
"""

Wish = Literal["noted", "reminded", "changed"]

MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    "candidate": {"signed": "member", "dropped": ""},
    "member": {"new_card": "member", "rest": "inactive", "leave": "left"},
    "inactive": {"back": "member", "leave": "left"},
    "left": {"signed": "member"},
}
"""What staff may note, by status, and the status that it leads to; empty: nothing is kept."""

_c = memberships.c


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership as it stands, with what may be shown of the person."""

    person_id: str
    account_id: str | None
    mart: str
    status: str
    appointment: str
    number: str | None
    joined_on: str
    card: str | None
    full_name: str
    village: str
    kecamatan: str
    district: str

    @property
    def shop(self) -> str:
        """The name of the mart whose cooperative it is."""
        known = marts.mart(self.mart)
        return known.name if known else self.mart

    @property
    def masked(self) -> str:
        """The name as staff see it."""
        return queue.masked(self.full_name)


_COLUMNS = tuple(_c[name] if name in _c else persons.c[name] for name in Membership.__dataclass_fields__)
_JOINED = memberships.join(persons, persons.c.id == _c.person_id)


async def of_person(tx: Tx, person: str) -> Membership | None:
    """The membership, or the wish for one, of a person."""
    row = await tx.row(select(*_COLUMNS).select_from(_JOINED).where(_c.person_id == person))
    return Membership(**row) if row else None


async def of_account(tx: Tx, account: str) -> list[Membership]:
    """Those of everybody who has enrolled from this chat."""
    found = [await of_person(tx, one.id) for one in await people.of_account(tx, account)]
    return [one for one in found if one is not None]


# What people wish


async def wish(tx: Tx, account: str, person: str, mart: str, day: str = "") -> Wish:
    """Somebody wants to join, and comes on this day (2026-12-25, 2026-12-25T09:00; empty where none can be said yet).

    `reminded`: noted, and they are reminded the day before. `changed`: they are in a cooperative already, or this chat
    may not speak for them. Again with another day moves the appointment. Staff of the mart are told, once for each day.
    """
    known = await of_person(tx, person)
    mine = any(one.id == person for one in await people.of_account(tx, account))
    if not mine or marts.mart(mart) is None or (known is not None and known.status not in ("candidate", "left")):
        return "changed"
    if known is not None and known.status == "candidate" and (known.mart, known.appointment) == (mart, day):
        return "reminded" if await _remind(tx, account, person, mart, day) else "noted"
    values = {
        "account_id": account, "mart": mart, "status": "candidate", "appointment": day, "changed_at": tx.now,
        "changed_by": "",
    }  # fmt: skip
    if known is None:
        row = {**values, "person_id": person, "card": new_card(), "created_at": tx.now}
        await tx.add(memberships, row)
    else:
        # Who left and comes again has another number then, and the old card opens nothing.
        again = {} if known.status == "candidate" else {"number": None, "joined_on": "", "card": new_card()}
        await tx.execute(update(memberships).where(_c.person_id == person).values(**values, **again))
    await _tell_staff(tx, person, moved=known is not None and known.status == "candidate")
    return "reminded" if await _remind(tx, account, person, mart, day) else "noted"


async def withdraw(tx: Tx, account: str, person: str) -> bool:
    """Somebody does not want to join any more; False where they are no candidate, or not of this chat."""
    known = await of_person(tx, person)
    mine = any(one.id == person for one in await people.of_account(tx, account))
    if not mine or known is None or known.status != "candidate":
        return False
    await tx.execute(delete(memberships).where(_c.person_id == person))
    await _unremind(tx, person)
    return True


async def _tell_staff(tx: Tx, person: str, moved: bool) -> None:
    """Who looks after the mart hears that somebody wants to join: where and when, and nothing of who."""
    known = await of_person(tx, person)
    mart = marts.mart(known.mart) if known else None
    if known is None or mart is None:
        return
    staff, able = await roles.responsible(tx, mart.area, COMMAND)
    key = "moved" if moved else "wants" if known.appointment else "wants_somewhen"
    values: dict[str, object] = {"mart": mart.name}
    if known.appointment:
        values["day"] = {"day": known.appointment, "zone": mart.zone}
    for one in staff if able else ():
        await notices.tell(tx, one.account, STAFF, key, values, opens=(("open", STAFF, known.card or ""),))


async def _remind(tx: Tx, account: str, person: str, mart: str, day: str) -> bool:
    """Remind them in the morning of the day before; False where there is none to remind of, or that is over."""
    await _unremind(tx, person)
    known = marts.mart(mart)
    if not day or known is None:
        return False
    before = datetime.combine(date.fromisoformat(day[:10]) - timedelta(days=1), _REMINDED_AT, ZoneInfo(known.zone))
    at = int(before.timestamp() * 1000)
    if at <= tx.now:
        return False
    # The person stands there so that the reminder goes with them (people.erase).
    values = {"day": {"day": day, "zone": known.zone}, "mart": known.name, "person": person}
    opens = (("another_day", DOMAIN, "day"),)
    over = datetime.combine(date.fromisoformat(day[:10]) + timedelta(days=1), time(), ZoneInfo(known.zone))
    until = int(over.timestamp() * 1000)
    await notices.tell(tx, account, DOMAIN, "reminder", values, opens=opens, at=at, until=until)
    return True


async def _unremind(tx: Tx, person: str) -> None:
    mine = (outbox.c.template == REMINDER) & outbox.c.body.contains(person, autoescape=True)
    await tx.execute(delete(outbox).where(mine, outbox.c.state.in_(("waiting", "held"))))


# What staff see and note


async def search(tx: Tx, account: str, text: str) -> dict[str, Any]:
    """Look up by card, by member number or by name, or all candidates: `{"hits": person ids, "more": bool}`. Recorded.

    Only in cooperatives of the marts that this account looks after.
    """
    staff = await roles.of(tx, account)
    found = await _matching(tx, _shops(staff), text) if staff else []
    hits = found[:HITS]
    if staff is not None:
        role = roles.by_right(staff.roles, COMMAND)
        await audit.record(tx, staff.code, "look_up_member", hits, role=role, channel=staff.channel)
    return {"hits": hits, "more": len(found) > HITS}


async def find(tx: Tx, account: str, person: str) -> Membership | None:
    """One record, where this account may see it now. Not recorded."""
    staff, known = await roles.of(tx, account), await of_person(tx, person)
    return known if staff and known and known.mart in _shops(staff) else None


async def opened(tx: Tx, account: str, person: str) -> bool:
    """Note that this account opens a record; False where it may not, or there is none."""
    staff, known = await roles.of(tx, account), await find(tx, account, person)
    if staff is None or known is None:
        return False
    await _note(tx, staff, known, "view_member")
    return True


async def signed(tx: Tx, account: str, person: str, number: str, day: str) -> Outcome:
    """The book was signed on this day under this number: they are a member, and get their card."""
    number = plain(number)
    known = await find(tx, account, person)
    if known is None:
        return "unknown"
    if await is_own(tx, account, person):
        return "own"
    if "signed" not in MOVES[known.status]:
        return "not_now"
    other = select(_c.person_id).where(_c.mart == known.mart, _c.number == number, _c.person_id != person)
    if await tx.value(other) is not None:
        return "taken"
    values = {"number": number, "joined_on": day, "appointment": "", "card": new_card()}
    return await _move(tx, account, known, "signed", **values)


async def note(tx: Tx, account: str, person: str, what: str) -> Outcome:
    """Staff note one of MOVES besides `signed`: a new card for a lost one, resting, leaving, coming back."""
    known = await find(tx, account, person)
    if known is None:
        return "unknown"
    if await is_own(tx, account, person):
        return "own"
    if what not in MOVES[known.status]:
        return "not_now"
    return await _move(tx, account, known, what, **({"card": new_card()} if what in ("new_card", "back") else {}))


async def is_own(tx: Tx, account: str, person: str) -> bool:
    """Whether somebody of the staff would note their own membership, or that of who shares their phone. Recorded."""
    staff, known = await roles.of(tx, account), await find(tx, account, person)
    if staff is None or known is None or not any(one.id == person for one in await people.of_account(tx, account)):
        return False
    await _note(tx, staff, known, "member_own")
    return True


async def _move(tx: Tx, account: str, known: Membership, what: str, **values: Any) -> Outcome:
    staff, person = await roles.of(tx, account), known.person_id
    assert staff is not None
    status = MOVES[known.status][what]
    await _note(tx, staff, known, f"member_{what}")
    await _unremind(tx, person)
    if not status:
        await tx.execute(delete(memberships).where(_c.person_id == person))
    else:
        kept = {**values, "status": status, "changed_at": tx.now, "changed_by": staff.code}
        await tx.execute(update(memberships).where(_c.person_id == person).values(kept))
    linked = await people.accounts_of(tx, person)
    chat = known.account_id if known.account_id in linked else next(iter(linked), None)
    if chat is None:
        return "done_not_told"
    if status == "member":
        await send_card(tx, chat, person, "card" if what == "signed" else "card_again")
    else:
        await notices.tell(tx, chat, DOMAIN, f"told.{what}", {"mart": known.shop})
    return "done"


async def _note(tx: Tx, staff: roles.Staff, known: Membership, action: str) -> None:
    mart = marts.mart(known.mart)
    role = roles.acting(staff.roles, COMMAND, mart.area) if mart else ""
    await audit.record(tx, staff.code, action, known.person_id, role=role, channel=staff.channel)


def _shops(staff: roles.Staff | None) -> list[str]:
    """The marts over which somebody has the right."""
    held = staff.roles if staff else ()
    return [one.code for one in marts.everywhere().values() if roles.acting(held, COMMAND, one.area)]


ALL: Final = ("calon", "calon anggota", "candidate", "candidates")
"""Words for everybody who waits to sign."""


async def _matching(tx: Tx, shops: list[str], text: str) -> list[str]:
    """Ids of persons, one more than are shown where there are more."""
    here, query = _c.mart.in_(shops), select(_c.person_id).select_from(_JOINED).limit(HITS + 1)
    if words.fold(text) in ALL:
        # Who has no day yet comes last.
        waiting = query.where(here, _c.status == "candidate").order_by(_c.appointment == "", _c.appointment)
        return [row["person_id"] for row in await tx.rows(waiting.order_by(_c.created_at))]
    exact = or_(_c.person_id == text.strip(), _c.card == read_card(text), _c.number == plain(text))
    if found := await tx.rows(query.where(here, exact)):
        return [row["person_id"] for row in found]
    name, folded = words.fold(text), persons.c.folded_name
    if len(name) < 2 or name.isdigit():
        return []
    begins = or_(folded.startswith(name, autoescape=True), folded.contains(f" {name}", autoescape=True))
    return [row["person_id"] for row in await tx.rows(query.where(here, begins).order_by(folded, _c.person_id))]


# The card


def new_card() -> str:
    """A code that nobody guesses, in letters that a link to WhatsApp can carry."""
    return PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(10))


def read_card(text: str) -> str:
    """The code of a card as we write it; empty where the text is none."""
    plain = text.strip().lower()
    body = plain.removeprefix(PREFIX)
    return plain if plain != body and len(body) == 10 and set(body) <= set(_LETTERS) else ""


def plain(number: str) -> str:
    """A member number as it is kept: ` 017 / a` is 017/A."""
    return "".join(number.split()).upper()


async def send_card(tx: Tx, account: str, person: str, key: str = "card_again") -> bool:
    """Send a member their card as a picture, with the template `key` below it; False where they are no member."""
    known = await of_person(tx, person)
    if known is None or known.status != "member" or not known.card:
        return False
    channel = await tx.value(select(accounts.c.channel).where(accounts.c.id == account)) or ""
    facts = {
        "name": known.full_name, "number": known.number or "", "mart": known.shop, "since": known.joined_on,
        "link": links.to(known.card, channel),
    }  # fmt: skip
    await pictures.order(tx, account, "card", facts, DOMAIN, key, {"mart": known.shop, "number": known.number or ""})
    return True
