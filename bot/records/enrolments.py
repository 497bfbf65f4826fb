"""Enrolments: sent once, moved only along the transitions of domain.md 2.9, with their history.

Who may do what is told as a rule (transitions.py); whether somebody is that (role and area) is roles.py's part, and
what the person is told is the caller's. Does not write the audit: the caller knows the purpose.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select, update

from bot import references
from bot.questions import places
from bot.records.transitions import ANYWHERE, LIVE, OVER, REASONS, TRANSITIONS, WAITING, Rule, Who, next_statuses, rule
from bot.schema import account_persons, enrolment_events, enrolments, persons, requests
from bot.store import Tx

__all__ = [
    "ANYWHERE", "ELSEWHERE", "FORM", "LIVE", "OVER", "REASONS", "TRANSITIONS", "WAITING", "Enrolment", "Event",
    "Refusal", "Request", "Rule", "Standing", "Who", "amend", "area", "ask_again", "asked_again", "complete", "get",
    "history", "live_of_person", "move", "next_statuses", "of_account", "of_person", "rule", "submit",
]  # fmt: skip

Refusal = Literal["unknown", "already", "not_from_here", "own_entry", "needs_reason", "needs_identity", "needs_cohort"]
"""Why a move did not happen, for the caller to put into words."""

FORM = "1"
"""Version of the questions; raise it when a question changes its meaning."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An enrolment as it stands."""

    reference: str
    person: str
    account: str | None
    status: str
    reason: str
    district: str
    kecamatan: str
    village: str
    answers: dict[str, Any]
    enrolled_by: str
    submitted_at: int
    queued_at: int
    decided_at: int | None
    decided_by: str

    @property
    def area(self) -> str:
        """The most precise Kemendagri code known; empty for elsewhere."""
        return self.village or self.kecamatan or self.district

    @property
    def live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an enrolment's history."""

    at: int
    status: str
    actor: str
    reason: str
    note: str


_C = enrolments.c
_KEPT = (
    _C.reference, _C.person_id.label("person"), _C.account_id.label("account"), _C.status, _C.reason, _C.district,
    _C.kecamatan, _C.village, _C.answers, _C.enrolled_by, _C.submitted_at, _C.queued_at, _C.decided_at, _C.decided_by,
)  # fmt: skip


def _made(row: Mapping[str, Any]) -> Enrolment:
    return Enrolment(**{**row, "answers": json.loads(row["answers"])})


async def submit(
    tx: Tx, *, person: str, account: str | None, answers: Mapping[str, Any], status: str = "submitted",
    source: str = "chat", enrolled_by: str = "",
) -> str:  # fmt: skip
    """Keep a new enrolment with its first line of history; its reference.

    answers: what the person sent, as a snapshot, without the contact number.
    """
    places_of = {key: _code(answers.get(key)) for key in ("district", "kecamatan", "village")}
    reference = await _unused(tx, places_of["district"])
    row = {
        "reference": reference, "person_id": person, "account_id": account, **places_of, "status": status, "form": FORM,
        "answers": json.dumps(dict(answers), ensure_ascii=False), "source": source, "enrolled_by": enrolled_by,
        "submitted_at": tx.now, "queued_at": tx.now,
    }  # fmt: skip
    await tx.add(enrolments, row)
    await _remember(tx, reference, status, enrolled_by or "person")
    return reference


ELSEWHERE = "PJR"
"""Begins the references of people whom no district of the programme has."""


async def _unused(tx: Tx, district: str) -> str:
    prefix = places.district(district).short if district else ELSEWHERE
    while True:
        reference = references.new(prefix, secrets.randbelow)
        if await tx.value(select(enrolments.c.reference).where(enrolments.c.reference == reference)) is None:
            return reference


def area(answers: Mapping[str, Any]) -> str:
    """The most precise Kemendagri code in the answers; empty for elsewhere."""
    return next((code for key in ("village", "kecamatan", "district") if (code := _code(answers.get(key)))), "")


async def get(tx: Tx, reference: str) -> Enrolment | None:
    """The enrolment with this reference (canonical form), or None."""
    row = await tx.row(select(*_KEPT).where(enrolments.c.reference == reference))
    return _made(row) if row else None


async def of_person(tx: Tx, person: str) -> list[Enrolment]:
    """All enrolments of a person, the newest first."""
    found = select(*_KEPT).where(_C.person_id == person).order_by(_C.submitted_at.desc(), _C.reference)
    return [_made(row) for row in await tx.rows(found)]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an enrolment stands, for the person: whose it is, and since when it has its status."""

    reference: str
    status: str
    name: str
    since: int

    @property
    def live(self) -> bool:
        return self.status in LIVE


async def of_account(tx: Tx, account: str) -> list[Standing]:
    """The enrolments of everybody who writes from this chat, the newest first."""
    e = enrolment_events.c
    latest = select(func.max(e.at)).where(e.reference == _C.reference, e.status == _C.status).scalar_subquery()
    name = func.coalesce(func.nullif(persons.c.nickname, ""), persons.c.full_name)
    found = (
        select(_C.reference, _C.status, name.label("name"), func.coalesce(latest, _C.submitted_at).label("since"))
        .join(account_persons, account_persons.c.person_id == _C.person_id)
        .join(persons, persons.c.id == _C.person_id)
        .where(account_persons.c.account_id == account)
        .order_by(_C.submitted_at.desc(), _C.reference)
    )
    return [Standing(**row) for row in await tx.rows(found)]


async def live_of_person(tx: Tx, person: str) -> Enrolment | None:
    """The one enrolment of a person that still runs, or None."""
    return next((one for one in await of_person(tx, person) if one.live), None)


async def history(tx: Tx, reference: str) -> list[Event]:
    """What has happened to an enrolment, oldest first."""
    c = enrolment_events.c
    found = select(c.at, c.status, c.actor, c.reason, c.note).where(c.reference == reference).order_by(c.id)
    return [Event(**row) for row in await tx.rows(found)]


async def move(
    tx: Tx, reference: str, status: str, actor: str, reason: str = "", note: str = "", *, identity: str = "",
    cohort: str = "",
) -> Refusal | None:  # fmt: skip
    """Move an enrolment, with its history; None when done, else why not.

    actor: a staff code, `person` or `system`; that they may (rule().who) has been looked at before.
    identity: what staff saw, `ktp`, `kk` or `surat`; needed to verify.
    """
    row = await tx.row(select(enrolments).where(enrolments.c.reference == reference).with_for_update())
    if row is None:
        return "unknown"
    found = rule(row["status"], status)
    if found is None:
        return "already" if row["status"] == status else "not_from_here"
    if found.by_another and actor == row["enrolled_by"]:
        return "own_entry"
    if found.needs == "reason" and not reason:
        return "needs_reason"
    if found.needs == "identity" and not identity:
        return "needs_identity"
    if found.needs == "cohort" and not (cohort or row["cohort"]):
        return "needs_cohort"
    changed: dict[str, Any] = {"status": status, "reason": reason}
    if identity:
        changed["identity_check"] = identity
    if cohort:
        changed["cohort"] = cohort
    if status in WAITING:
        changed["queued_at"] = tx.now
    elif actor not in ("person", "system"):
        changed |= {"decided_at": tx.now, "decided_by": actor}
    await tx.execute(update(enrolments).where(enrolments.c.reference == reference).values(changed))
    await _remember(tx, reference, status, actor, reason, note)
    return None


async def _remember(tx: Tx, reference: str, status: str, actor: str, reason: str = "", note: str = "") -> None:
    row = {"reference": reference, "at": tx.now, "status": status, "actor": actor, "reason": reason, "note": note}
    await tx.add(enrolment_events, row)


# What staff ask to be completed


async def ask_again(tx: Tx, reference: str, question: str, asked_by: str) -> Refusal | None:
    """Keep what staff ask a person to complete, and move to `needs_info`; an older open request is replaced."""
    refused = await move(tx, reference, "needs_info", asked_by, question)
    if refused not in (None, "already"):
        return refused
    open_ones = (requests.c.reference == reference) & requests.c.answered_at.is_(None)
    await tx.execute(update(requests).where(open_ones).values(answered_at=tx.now))
    row = {"reference": reference, "question": question, "asked_by": asked_by, "asked_at": tx.now}
    await tx.add(requests, row)
    return None


@dataclass(frozen=True, slots=True)
class Request:
    """What staff asked to be completed, with what is needed to ask it."""

    reference: str
    question: str
    asked_by: str
    person: str
    answers: dict[str, Any]


async def asked_again(tx: Tx, account: str, reference: str = "") -> Request | None:
    """The oldest open request that somebody in this chat may answer, or None; of one enrolment where that is named."""
    found = (
        select(
            requests.c.reference, requests.c.question, requests.c.asked_by, enrolments.c.person_id.label("person"),
            enrolments.c.answers,
        )
        .join(enrolments, enrolments.c.reference == requests.c.reference)
        .join(account_persons, account_persons.c.person_id == enrolments.c.person_id)
        .where(account_persons.c.account_id == account, enrolments.c.status == "needs_info")
        .where(requests.c.answered_at.is_(None))
        .order_by(requests.c.id)
    )  # fmt: skip
    if reference:
        found = found.where(requests.c.reference == reference)
    row = await tx.row(found)
    return Request(**{**row, "answers": json.loads(row["answers"])}) if row else None


async def complete(tx: Tx, reference: str, answers: Mapping[str, Any]) -> Refusal | None:
    """Keep what the person answered, and bring the enrolment back to the queue."""
    refused = await move(tx, reference, "submitted", "person")
    if refused is not None:
        return refused
    await amend(tx, reference, answers)
    open_ones = (requests.c.reference == reference) & requests.c.answered_at.is_(None)
    await tx.execute(update(requests).where(open_ones).values(answered_at=tx.now))
    return None


async def amend(tx: Tx, reference: str, answers: Mapping[str, Any], note: str = "") -> None:
    """Put other answers in the place of those that were sent; the area goes with them, `note` goes into the history."""
    row = await tx.row(select(_C.answers, _C.status).where(_C.reference == reference))
    if row is None:
        return
    changed: dict[str, Any] = {"answers": json.dumps({**json.loads(row["answers"]), **answers}, ensure_ascii=False)}
    changed |= {key: _code(answers[key]) for key in ("district", "kecamatan", "village") if key in answers}
    await tx.execute(update(enrolments).where(_C.reference == reference).values(changed))
    if note:
        await _remember(tx, reference, row["status"], "person", note=note)


def _code(answer: Any) -> str:
    """The Kemendagri code in an answer; empty for elsewhere and for what was typed freely."""
    if isinstance(answer, Mapping):
        answer = answer.get("code")
    return answer if isinstance(answer, str) and answer[:1].isdigit() else ""
