"""Deciding about an enrolment: verified, to be completed, not yet; and putting its village right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.author import Chat, Option, Reference, Village, conversation, places
from bot.records import decisions, enrolments, queue


@conversation("staff_verify", words="verifikasi, verify", role="verifikasi")
async def verify(chat: Chat) -> None:
    """Note which paper was seen, and let the person know that they are verified."""
    card = await _card(chat, "verifikasi")
    if card is None:
        return
    account, reference, given = chat.speaker.account, card.reference, queue.split(chat.given)[1]
    method = await chat.choose("method", decisions.METHODS, exact=True, given=given, **card.shown(chat.now))
    outcome = await chat.once("decided", lambda tx: decisions.verify(tx, account, reference, method))
    await chat.say(outcome, reference=reference)


@conversation("staff_request", words="lengkapi, complete", role="lengkapi")
async def request(chat: Chat) -> None:
    """Have the person asked one question of the enrolment again."""
    card = await _card(chat, "lengkapi")
    if card is None:
        return
    account, reference, given = chat.speaker.account, card.reference, queue.split(chat.given)[1]
    question = await chat.choose("question", _called(decisions.QUESTIONS), given=given, **card.shown(chat.now))
    outcome = await chat.once("decided", lambda tx: decisions.request(tx, account, reference, question))
    await chat.say(outcome, reference=reference)


@conversation("staff_not_yet", words="belum, not yet, notyet", role="belum")
async def not_yet(chat: Chat) -> None:
    """Decide that somebody cannot take part for now; they are told kindly why, and how to ask again."""
    card = await _card(chat, "belum")
    if card is None:
        return
    account, reference, given = chat.speaker.account, card.reference, queue.split(chat.given)[1]
    reason = await chat.choose("reason", enrolments.REASONS, exact=True, given=given, **card.shown(chat.now))
    outcome = await chat.once("decided", lambda tx: decisions.decline(tx, account, reference, reason))
    await chat.say(outcome, reference=reference)


@conversation("staff_village", words="desa, village", role="desa")
async def village(chat: Chat) -> None:
    """Put the village of an enrolment right, inside its kecamatan."""
    card = await _card(chat, "desa")
    if card is None:
        return
    account, reference, given = chat.speaker.account, card.reference, queue.split(chat.given)[1]
    now: dict[str, Any] = {"typed": card.village_name() or "–", "kecamatan": places.name(card.kecamatan)}
    value = await chat.ask("village", Village(card.kecamatan), given=given, reference=reference, **now)
    outcome = await chat.once("decided", lambda tx: decisions.put_right(tx, account, reference, value))
    await chat.say(outcome, reference=reference, village=places.name(value.get("code", "")) or value.get("text", ""))


CALLED = {
    "full_name": ("nama", "name"),
    "birth_year": ("umur", "usia", "lahir", "age", "born"),
    "user_type": ("jenis", "status", "type"),
    "kecamatan": ("kec", "sub district"),
    "village": ("desanya", "kelurahan", "dusun", "alamat", "address"),
    "last_country": ("negara", "country"),
    "livelihood_now": ("pekerjaan", "kerja", "usaha", "work", "job"),
    "phone": ("hp", "no hp", "telepon", "telpon", "nomor", "wa", "phone"),
}
"""What staff type for a question, besides its label."""


def _called(questions: Iterable[str]) -> list[Option]:
    return [Option(name, aliases=CALLED.get(name, ())) for name in questions]


async def _card(chat: Chat, command: str) -> queue.Card | None:
    """The card that is meant, opened and recorded; None where it cannot be decided, which has then been said."""
    account, given = chat.speaker.account, queue.split(chat.given)[0]
    if chat.given and not given:
        await chat.say("rejected.reference")
    reference = await chat.ask("reference", Reference(), given=given)
    state = await chat.once("opened", lambda tx: decisions.open(tx, account, command, reference))
    card: queue.Card | None = await chat.look(lambda tx: queue.find(tx, account, command, reference))
    if state == "ready" and card is not None:
        return card
    await chat.say("unknown" if state == "ready" else state, reference=reference)
    return None
