"""People, and the chats they write from: many to many over time, because phones are shared and numbers change.

A contact number is kept encrypted, with a keyed mark of its last four digits to find it by. No identity number is kept
here. Does not decide who may see a person: that is roles.py's part, and each look by staff is audit.py's.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, false, or_, select, text, update

from bot import words
from bot.keys import Keys
from bot.records import belongings, media, redactions
from bot.records.transitions import LIVE
from bot.schema import account_persons, accounts, enrolments, offers, outbox, persons, settlements, staff, talks
from bot.store import Tx


class Unsealed(RuntimeError):
    """people.seal_with(secrets) has not been called: numbers can be neither kept nor read. Set SECRET_KEY."""


class Seal:
    """Contact numbers as they are kept: encrypted, and marked by their last four digits."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = Keys(secrets)

    def close(self, number: str) -> bytes:
        """What is stored of a number."""
        return self._keys.encrypt(number, PHONE).encode()

    def open(self, sealed: bytes) -> str:
        """The number. Raises Undecipherable where its secret is gone."""
        return self._keys.decrypt(sealed.decode(), PHONE)

    def mark(self, digits: str) -> str:
        """The mark that is kept of these digits."""
        return self._keys.index(PHONE, digits)

    def marks(self, digits: str) -> tuple[str, ...]:
        """The marks that may be kept of these digits: one for each secret."""
        return self._keys.indexes(PHONE, digits)


PHONE = "persons.phone"
"""What a sealed number belongs to: it opens as nothing else."""

_seal: Seal | None = None


def seal_with(secrets: Sequence[str]) -> None:
    """Use these secrets from now on, the first one to write; once, at the start."""
    global _seal
    _seal = Seal(secrets)


def sealing() -> Seal:
    """The seal of this process. Raises Unsealed before seal_with."""
    if _seal is None:
        raise Unsealed(Unsealed.__doc__)
    return _seal


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the programme knows. The phone is sealed: number() opens it."""

    id: str
    full_name: str
    nickname: str
    salutation: str
    sex: str
    birth_year: int | None
    district: str
    kecamatan: str
    village: str
    village_text: str
    phone: bytes | None
    phone_shared: bool
    created_at: int

    @property
    def area(self) -> str:
        """The most precise Kemendagri code known; empty for elsewhere."""
        return self.village or self.kecamatan or self.district

    def number(self) -> str:
        """The contact number in E.164; empty where none was given."""
        return sealing().open(self.phone) if self.phone else ""


FIELDS = tuple(Person.__dataclass_fields__)
_KEPT = tuple(persons.c[field] for field in FIELDS)


def new_id() -> str:
    """An id for somebody new."""
    return secrets.token_hex(8)


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept for `fields`: names also folded for search, a phone sealed and marked."""
    made = dict(fields)
    if "full_name" in made:
        made["folded_name"] = words.fold(made["full_name"])
    if "phone" in made:
        number = made["phone"] or ""
        made["phone"] = sealing().close(number) if number else None
        made["phone_last4"] = last4(number)
    return made


def last4(number: str) -> str:
    """The mark that is kept of a number's last four digits; empty for no number."""
    return sealing().mark(number[-4:]) if number else ""


def ends_in(digits: str) -> ColumnElement[bool]:
    """The condition that somebody's number ends in the last four of these digits, under whichever secret."""
    return persons.c.phone_last4.in_(sealing().marks(digits[-4:]))


async def create(tx: Tx, person: str, **fields: Any) -> None:
    """Keep somebody new under the id `person`. `phone` is E.164 in clear and is sealed here."""
    row = {"id": person, "created_at": tx.now, **_columns(fields)}
    await tx.add(persons, row)


async def change(tx: Tx, person: str, **fields: Any) -> None:
    """Put other values in the place of those kept."""
    await tx.execute(update(persons).where(persons.c.id == person).values(_columns(fields)))


async def get(tx: Tx, person: str) -> Person | None:
    """The person with this id, or None."""
    row = await tx.row(select(*_KEPT).where(persons.c.id == person))
    return Person(**row) if row else None


async def district_of(tx: Tx, person: str) -> str:
    """The code of the district somebody lives in; empty for elsewhere, and for nobody."""
    return await tx.value(select(persons.c.district).where(persons.c.id == person)) or "" if person else ""


async def of_account(tx: Tx, account: str) -> list[Person]:
    """Everybody enrolled from this chat, the first one first."""
    found = select(*_KEPT).join(account_persons, account_persons.c.person_id == persons.c.id)
    found = found.where(account_persons.c.account_id == account).order_by(account_persons.c.since, persons.c.id)
    return [Person(**row) for row in await tx.rows(found)]


async def accounts_of(tx: Tx, person: str) -> list[str]:
    """The chats in which this person may be reached."""
    found = select(account_persons.c.account_id).where(account_persons.c.person_id == person)
    return [row["account_id"] for row in await tx.rows(found.order_by(account_persons.c.since.desc()))]


async def link(tx: Tx, account: str, person: str) -> None:
    """This person writes from this chat, and is the one chosen in it from now on."""
    pair = {"account_id": account, "person_id": person}
    known = select(account_persons.c.since).filter_by(**pair)
    if await tx.value(known) is None:
        await tx.add(account_persons, {**pair, "since": tx.now})
    await choose(tx, account, person)


def _of(account: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.in_(select(account_persons.c.person_id).where(account_persons.c.account_id == account))


async def choose(tx: Tx, account: str, person: str | None) -> None:
    """Make this person the one whom the chat is about."""
    await tx.execute(update(accounts).where(accounts.c.id == account).values(person_id=person))


async def source(tx: Tx, account: str) -> str:
    """How this chat came to us: the code of a deep link; `chat` where there was none."""
    return await tx.value(select(accounts.c.source).where(accounts.c.id == account)) or "chat"


async def speaks(tx: Tx, account: str, language: str) -> None:
    """Keep the language of this chat."""
    await tx.execute(update(accounts).where(accounts.c.id == account).values(language=language))


# Enrolling


def called(said: Mapping[str, Any]) -> str:
    """What to call somebody by: the nickname, else the first word of the name that is no title ("H.", "Hj", "Drs.")."""
    name = str(said.get("full_name") or "").split()
    spoken = [word for word in name if not word.endswith(".") and re.search("[aeiou]", words.fold(word))]
    return str(said.get("nickname") or next(iter(spoken or name), ""))


async def known(tx: Tx, account: str) -> list[dict[str, Any]]:
    """Who has been enrolled from this chat: `id`, `name`, and `live` where an enrolment still runs."""
    alive = select(enrolments.c.person_id).where(enrolments.c.status.in_(LIVE))
    running = {row["person_id"] for row in await tx.rows(alive.where(_of(account, enrolments.c.person_id)))}
    people = await of_account(tx, account)
    return [
        {"id": one.id, "name": (one.nickname or one.full_name)[:LABEL], "live": one.id in running} for one in people
    ]


LABEL = 20
"""Longest label of a button, in characters."""


async def enrolled(tx: Tx, person: str, account: str, said: Mapping[str, Any], phone: str | None) -> None:
    """Keep what somebody said of themselves in an enrolment, and that they write from this chat."""
    fields = {key: said[key] for key in ("full_name", "salutation", "sex", "birth_year")}
    fields |= {"nickname": called(said), **located(said), "phone_shared": said.get("phone_use") == "shared"}
    if phone:
        fields["phone"] = phone
    if await get(tx, person) is None:
        await create(tx, person, **fields)
    else:
        await change(tx, person, **fields)
    await link(tx, account, person)


def located(said: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of where somebody lives, from the answers district (`other` is elsewhere), kecamatan and village."""
    district, village = said["district"], said.get("village") or {}
    if not district[:1].isdigit():
        return {"district": "", "kecamatan": "", "village": "", "village_text": said.get("where", "")}
    code, text = village.get("code", ""), village.get("text", "")
    return {"district": district, "kecamatan": said.get("kecamatan", ""), "village": code, "village_text": text}


# Seeing and putting right

_OF_PERSON = ("full_name", "nickname", "salutation", "sex", "birth_year")


async def answers(tx: Tx, account: str, person: str) -> dict[str, Any] | None:
    """`person` and `answers`: all that is kept of them, by question; None where they do not write from this chat."""
    one = next((one for one in await of_account(tx, account) if one.id == person), None)
    if one is None:
        return None
    sent = select(enrolments.c.answers).where(enrolments.c.person_id == person)
    text = await tx.value(sent.order_by(enrolments.c.submitted_at.desc()).limit(1))
    kept: dict[str, Any] = json.loads(text) if text else {}
    kept |= {name: getattr(one, name) for name in _OF_PERSON}
    if one.district:
        village = {"code": one.village} if one.village else {"text": one.village_text} if one.village_text else None
        kept |= {"district": one.district, "kecamatan": one.kecamatan, "village": village}
    kept["phone"] = one.number()
    kept = {name: value for name, value in kept.items() if value not in (None, "", [])}
    return {"person": person, "answers": kept}


async def corrected(tx: Tx, person: str, changed: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Keep what somebody put right. `said` has the rest: a village lies in a kecamatan."""
    fields = {name: changed[name] for name in (*_OF_PERSON, "phone") if name in changed}
    if {"district", "kecamatan", "village", "where"} & set(changed):
        fields |= located(said)
    if "phone_use" in changed:
        fields["phone_shared"] = changed["phone_use"] == "shared"
    if "nickname" in fields:
        fields["nickname"] = called(said)
    if fields:
        await change(tx, person, **fields)


# Deleting


async def has_draft(tx: Tx, account: str) -> bool:
    """Whether this chat has begun something that it has not sent."""
    return await tx.value(select(talks.c.id).where(_unsent(account)).limit(1)) is not None


async def drop_drafts(tx: Tx, account: str, except_talk: str) -> None:
    """Delete what this chat has begun and not sent. `except_talk` is the talk that is running."""
    await tx.execute(delete(talks).where(_unsent(account), talks.c.id != except_talk))
    await media.forget(tx, account, except_talk)
    await redactions.ask(tx, account)


async def empty(tx: Tx, account: str, except_talk: str) -> None:
    """Delete all that there is of a chat from which nobody has enrolled."""
    if not await of_account(tx, account):
        await _erase_talks(tx, account, set(), except_talk, everything=True)
        await _erase_messages(tx, account, set(), everything=True)
        await belongings.forget(tx, account, except_talk)
        await redactions.ask(tx, account)


def _unsent(account: str) -> ColumnElement[bool]:
    return (talks.c.account_id == account) & (talks.c.conversation == "enrol") & (talks.c.state != "ended")


async def erase(tx: Tx, person: str, except_talk: str = "") -> list[str]:
    """Delete a person with their enrolments, their answers in every talk, and what waits to be told about them.

    Answers with the chats that nobody else writes from. What the provider's own log has of them goes later.

    Consents stay (consents.py): without names they are the proof of what was allowed and withdrawn. A chat stays too,
    as long as somebody writes from it. `except_talk` is the talk that is running; it forgets itself.
    """
    chats = await accounts_of(tx, person)
    name = str(await tx.value(select(persons.c.full_name).where(persons.c.id == person)) or "")
    found = select(enrolments.c.reference).where(enrolments.c.person_id == person)
    traces = {person, *(row["reference"] for row in await tx.rows(found)), *await _erase_offers(tx, person)}
    alone = []
    for account in chats:
        others = [other.id for other in await of_account(tx, account) if other.id != person]
        await _erase_talks(tx, account, traces, except_talk, everything=not others)
        await _erase_messages(tx, account, traces, everything=not others)
        await belongings.forget(tx, account, except_talk, name if others else None)
        await redactions.ask(tx, account)
        await choose(tx, account, others[0] if others else None)
        if not others:
            alone.append(account)
    for statement in _UNANNOUNCED:
        await tx.execute(text(statement), {"person": person, "now": tx.now})
    await tx.execute(delete(persons).where(persons.c.id == person))
    return alone


async def _erase_offers(tx: Tx, person: str) -> list[str]:
    """Delete what somebody has offered to a mart, and what staff were told of it; its references and payments.

    Before the files: the photo of an offer is then nobody's.
    """
    mine = select(offers.c.reference).where(offers.c.person_id == person)
    paid = select(settlements.c.number.label("reference")).where(settlements.c.offer.in_(mine))
    gone = [row["reference"] for row in (*await tx.rows(mine), *await tx.rows(paid))]
    await tx.execute(delete(offers).where(offers.c.person_id == person))
    if gone:
        told = outbox.c.account_id.in_(select(staff.c.account_id)) & outbox.c.body.is_not(None)
        named = told & or_(*(outbox.c.body.contains(one, autoescape=True) for one in gone))
        waiting = (outbox.c.state == "waiting") & (outbox.c.lane != "reply")
        await tx.execute(delete(outbox).where(named, waiting | (outbox.c.state == "held")))
        settled = outbox.c.state.not_in(("waiting", "sending", "held"))
        await tx.execute(update(outbox).where(named, settled).values(body=None))
    return gone


_THEIRS = """
person_id = :person AND person_id <> '' AND announcement IN (SELECT number FROM announcements)"""
"""Deliveries of a person, by the index that begins with the announcement."""
_UNANNOUNCED = (
    f"""
UPDATE accounts SET held = max(0, held - 1) WHERE id IN (
  SELECT account_id FROM deliveries WHERE {_THEIRS} AND state = 'held')""",
    f"""
UPDATE deliveries SET state = 'skipped', reason = 'deleted', settled_at = :now
WHERE {_THEIRS} AND state IN ('waiting', 'held')""",
    f"UPDATE deliveries SET person_id = '' WHERE {_THEIRS}",
)
"""What is still to be sent to them is not, and what was sent was sent to nobody; reports add up all the same."""


async def _erase_talks(tx: Tx, account: str, traces: set[str], except_talk: str, everything: bool) -> None:
    """Where others write from the same chat, only the talks that name this person go."""
    kept = select(talks.c.id, talks.c.answers, talks.c.given).where(talks.c.account_id == account)
    gone = []
    for row in await tx.rows(kept.where(talks.c.id != except_talk)):
        named = {*_texts(json.loads(row["answers"])), row["given"]}
        if everything or named & traces:
            gone.append(row["id"])
    await tx.execute(delete(talks).where(talks.c.id.in_(gone)))


async def _erase_messages(tx: Tx, account: str, traces: set[str], everything: bool) -> None:
    """What has not been sent is not sent; what was sent keeps no text."""
    mine = outbox.c.account_id == account
    if not everything:
        mine &= or_(false(), *(outbox.c.body.contains(trace, autoescape=True) for trace in traces))
    unasked = (outbox.c.state == "waiting") & (outbox.c.lane != "reply")
    await tx.execute(delete(outbox).where(mine, unasked | (outbox.c.state == "held")))
    settled = outbox.c.state.not_in(("waiting", "sending", "held"))
    await tx.execute(update(outbox).where(mine, settled).values(body=None))


def _texts(value: Any) -> set[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list):
        return set()
    return {text for one in value for text in _texts(one)}
