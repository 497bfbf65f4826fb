"""What staff decide about an enrolment: verified, to be completed, not yet, its village put right.

Rights, area and status are looked at again in the transaction of the decision itself. Each decision is moved, recorded
and told to the person, or nothing of it happens. What comes back is `done` or why not, by template key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import select

from bot.records import audit, enrolments, notices, people, queue, roles
from bot.schema import account_persons
from bot.store import Tx

Outcome = Literal["done", "done_not_told", "unknown", "already", "not_from_here", "own_entry", "no_chat"]
"""`done_not_told`: done, but the person has no chat here: somebody has to tell them. `no_chat`: nobody to be asked."""

METHODS = ("ktp", "kk", "surat")
"""What staff saw: the ID card, the family card, a letter of the village."""

QUESTIONS = (
    "full_name", "birth_year", "user_type", "kecamatan", "village", "last_country", "livelihood_now", "phone",
)  # fmt: skip
"""Questions of the enrolment that staff may have asked again."""

TARGET = {"verifikasi": "verified", "lengkapi": "needs_info", "belum": "not_eligible", "desa": ""}
"""Command → the status that it leads to; empty where it leads to none."""

ACTION = {"verifikasi": "verify", "lengkapi": "request", "belum": "not_yet", "desa": "village"}
"""Command → what the audit calls it."""

DOMAIN = "decision"
"""The catalogue of what the person is told."""


async def open(tx: Tx, account: str, command: str, reference: str) -> str:
    """Note that this account opens the card in order to decide; `ready`, or why it cannot be decided."""
    if not await queue.open(tx, account, command, reference):
        return "unknown"
    card = await queue.find(tx, account, command, reference)
    assert card is not None
    return await _why_not(tx, account, command, card) or "ready"


async def verify(tx: Tx, account: str, reference: str, method: str) -> Outcome:
    """The person's identity was checked by `method`; never by whoever enrolled them, nor by themselves."""
    return await _decide(tx, account, "verifikasi", reference, key="verified", identity=method)


async def decline(tx: Tx, account: str, reference: str, reason: str) -> Outcome:
    """The person cannot take part for now, for one of enrolments.REASONS; they are told how to ask again."""
    return await _decide(tx, account, "belum", reference, key=f"not_yet.{reason}", reason=reason)


async def request(tx: Tx, account: str, reference: str, question: str) -> Outcome:
    """Ask the person one question of the enrolment again, in their chat; the answer brings them back to the queue."""
    staff, card, refused = await _looked(tx, account, "lengkapi", reference)
    if staff is None or card is None or refused:
        return refused or "unknown"
    chat = await _chat_of(tx, card)
    if chat is None:
        return "no_chat"
    if await enrolments.ask_again(tx, reference, question, staff.code) is not None:
        return "not_from_here"
    await _note(tx, staff, card, "lengkapi", question)
    await notices.open(tx, chat, "complete", given=reference)
    return "done"


async def put_right(tx: Tx, account: str, reference: str, village: Mapping[str, str]) -> Outcome:
    """Give the enrolment and its person this village: a `code` (what the person typed stays beside it) or a `text`."""
    staff, card, refused = await _looked(tx, account, "desa", reference)
    if staff is None or card is None or refused:
        return refused or "unknown"
    code = village.get("code", "")
    if code and not code.startswith(f"{card.kecamatan}."):
        return "not_from_here"
    await enrolments.amend(tx, reference, {"village": dict(village)})
    typed = {"village_text": village["text"]} if "text" in village else {}
    await people.change(tx, card.person_id, village=code, **typed)
    await _note(tx, staff, card, "desa")
    return "done"


async def _decide(
    tx: Tx, account: str, command: str, reference: str, *, key: str, reason: str = "", identity: str = ""
) -> Outcome:
    staff, card, refused = await _looked(tx, account, command, reference)
    if staff is None or card is None or refused:
        return refused or "unknown"
    moved = await enrolments.move(tx, reference, TARGET[command], staff.code, reason, identity=identity)
    if moved is not None:
        return "own_entry" if moved == "own_entry" else "already" if moved == "already" else "not_from_here"
    await _note(tx, staff, card, command, reason or identity)
    chat = await _chat_of(tx, card)
    if chat is None:
        return "done_not_told"
    await notices.tell(tx, chat, DOMAIN, key, {"reference": reference})
    return "done"


async def _looked(
    tx: Tx, account: str, command: str, reference: str
) -> tuple[roles.Staff | None, queue.Card | None, Outcome | None]:
    staff = await roles.of(tx, account)
    card = await queue.find(tx, account, command, reference)
    return staff, card, await _why_not(tx, account, command, card) if card else "unknown"


async def _why_not(tx: Tx, account: str, command: str, card: queue.Card) -> Outcome | None:
    """Why this cannot be decided now; None where it can."""
    if command == "verifikasi" and await _own(tx, account, card):
        return "own_entry"
    target = TARGET[command]
    if not target:
        return None if card.kecamatan and card.status not in enrolments.OVER else "not_from_here"
    again = command == "lengkapi" and card.status == target
    if again or enrolments.rule(card.status, target):
        return None
    return "already" if card.status == target else "not_from_here"


async def _own(tx: Tx, account: str, card: queue.Card) -> bool:
    """Whether the account is one of the chats that this person writes from."""
    if account == card.account_id:
        return True
    pair = (account_persons.c.account_id == account) & (account_persons.c.person_id == card.person_id)
    return await tx.value(select(account_persons.c.person_id).where(pair)) is not None


async def _chat_of(tx: Tx, card: queue.Card) -> str | None:
    """Where the person is told: the chat it was sent from, else the one last linked."""
    if card.account_id:
        return card.account_id
    linked = await people.accounts_of(tx, card.person_id)
    return linked[0] if linked else None


async def _note(tx: Tx, staff: roles.Staff, card: queue.Card, command: str, detail: str = "") -> None:
    role, action = roles.acting(staff.roles, command, card.area), ACTION[command]
    await audit.record(tx, staff.code, action, card.reference, role=role, purpose=detail, channel=staff.channel)
