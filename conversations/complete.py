"""The one question that staff ask again (`/lengkapi`): the answer brings the enrolment back to their queue."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Tx, conversation
from bot.records import enrolments, people, tidings
from conversations.about import ELSEWHERE, ask, ask_phone, is_child

WITH = {"kecamatan": ("kecamatan", "village"), "district": ("district", "kecamatan", "village")}
"""What else has to be asked with a question."""


@conversation("complete", words="jawab, jawab petugas, answer", keeps=True)
async def complete(chat: Chat) -> Any:
    """Ask it as at enrolment, with what was answered then as the rest."""
    account, given = chat.speaker.account, chat.given
    reference = await chat.once("reference", lambda tx: _reference(tx, account, given))
    request = await chat.look(lambda tx: enrolments.asked_again(tx, account, reference)) if reference else None
    if request is None:
        return await chat.say("nothing")
    await chat.say("asked", reference=reference)
    answers = await _answers(chat, request)
    if "birth_year" in answers and is_child(chat, answers):
        return await chat.say("under_18_unsaved")
    await chat.once("completed", lambda tx: _complete(tx, request, answers))
    return await chat.say("done", reference=reference)


async def _reference(tx: Tx, account: str, given: str) -> str:
    found = await enrolments.asked_again(tx, account, given)
    return found.reference if found else ""


async def _answers(chat: Chat, request: enrolments.Request) -> dict[str, Any]:
    if request.question == "phone":
        return {"phone": await ask_phone(chat)}
    elsewhere = request.answers.get("district") == ELSEWHERE
    names = WITH.get(request.question, (request.question,))
    said = dict(request.answers)
    names = ("where",) if elsewhere and "village" in names else names
    await ask(chat, said, *names)
    return {name: said[name] for name in names}


async def _complete(tx: Tx, request: enrolments.Request, answers: dict[str, Any]) -> str:
    """Keep the answer in the enrolment and with the person, and let staff know."""
    said = {**request.answers, **answers}
    await people.corrected(tx, request.person, answers, said)
    kept = {name: value for name, value in answers.items() if name != "phone" and value is not None}
    refused = await enrolments.complete(tx, request.reference, kept)
    await tidings.announce(tx, "completed", request.reference, enrolments.area(said))
    return refused or ""
