"""The enrolment: who somebody is, where they live, what they want (domain.md 2.2); five minutes, nothing sensitive."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, Tx, conversation, places
from bot.records import consents, enrolments, people, tidings
from conversations.about import ASK, ELSEWHERE, NO, YES, ask, ask_announcements, ask_phone, is_child

WORDS = """
daftar, pendaftaran, mendaftar, mau daftar, saya mau daftar, mau mendaftar, ingin daftar, ingin mendaftar,
daftar program, ikut program, enrol, enroll, register, i want to enrol, i want to register, sign up
"""
OTHERS = (
    "suami", "istri", "suami saya", "istri saya", "anak", "anak saya", "ibu saya", "bapak saya", "orang tua", "saudara",
    "adik saya", "kakak saya", "tetangga", "teman", "keluarga", "bukan saya", "my husband", "my wife", "my family",
)  # fmt: skip
"""Who else may be enrolled from this phone."""
STEPS = """
consent birth_year salutation full_name nickname sex user_type district kecamatan village last_country household_size
livelihood_now announcements review
"""


@conversation("enrol", words=WORDS, steps=STEPS, keeps=True)
async def enrol(chat: Chat) -> Any:
    """Enrol a returnee, a family member or an aspiring migrant; send a child to an adult and keep nothing of it."""
    known = await chat.once("known", lambda tx: people.known(tx, chat.speaker.account))
    again = await _for_whom(chat, known) if known else ""
    if again is None:
        return chat.then("status")
    if known and not again:
        await chat.say("for_another")
    proof = await _consent(chat)
    if proof is None:
        return None
    person = await chat.once("consented", lambda tx: _consented(tx, chat, proof, again))
    await chat.say("hint")
    said: dict[str, Any] = {}
    await ask(chat, said, "birth_year")
    if is_child(chat, said):
        return await (chat.say("under_18_unsaved") if again else _stop_for_a_child(chat, person))
    await ask(chat, said, "salutation", "full_name", "nickname", "sex", "user_type", "district")
    await (_elsewhere(chat, said) if said["district"] == ELSEWHERE else _here(chat, said))
    await chat.review("review")
    phone = await ask_phone(chat)
    reference = await chat.once("submit", lambda tx: _submit(tx, chat, person, said, phone))
    return await _done(chat, said, reference)


async def _for_whom(chat: Chat, known: list[dict[str, Any]]) -> str | None:
    """The id of a person who enrols again, empty for somebody new, None for somebody who is enrolled already."""
    options = [Option(one["id"], dict.fromkeys(places.LANGUAGES, one["name"])) for one in known]
    chosen = await chat.choose("for_whom", [*options, Option("other", aliases=OTHERS)])
    one = next((one for one in known if one["id"] == chosen), None)
    if one is None or not one["live"]:
        return str(chosen) if one else ""
    await chat.once("chosen", lambda tx: people.choose(tx, chat.speaker.account, one["id"]))
    await chat.say("already_enrolled", name=one["name"])
    return None


async def _consent(chat: Chat) -> dict[str, Any] | None:
    """The proof that somebody agreed; None where they did not."""
    clear = [Option("agree", aliases=YES), Option("refuse", aliases=NO)]
    answer = await chat.choose("consent", [*clear, Option("ask_first", aliases=ASK)], exact=True)
    proof = chat.proof("consent")
    if answer == "ask_first":
        await chat.say("ask_first")
        answer = await chat.choose("consent_again", clear, exact=True)
        proof = {**proof, "message": chat.proof("consent_again").get("message", "")}
    if answer == "agree":
        return proof
    account = chat.speaker.account
    await chat.once("declined", lambda tx: consents.record(tx, account, "enrolment", "declined", proof))
    await chat.say("refused")
    return None


async def _consented(tx: Tx, chat: Chat, proof: dict[str, Any], again: str) -> str:
    """Keep the proof at once; the id under which the person will be kept."""
    person = again or people.new_id()
    await consents.record(tx, chat.speaker.account, "enrolment", "granted", proof, person)
    return person


async def _stop_for_a_child(chat: Chat, person: str) -> None:
    """Say kindly whom to ask instead, and keep nothing."""
    alone = await chat.once("purged", lambda tx: _purge(tx, chat, person))
    await chat.forget()
    await chat.say("under_18_chat" if alone else "under_18")


async def _purge(tx: Tx, chat: Chat, person: str) -> bool:
    """Whether all that there is of the chat has gone: not where somebody has enrolled from it, or it is staff's."""
    account = chat.speaker.account
    alone = not chat.speaker.roles and not await people.of_account(tx, account)
    await consents.unrecord(tx, person, account if alone else "")
    if alone:
        await people.empty(tx, account, chat.talk)
    return alone


async def _elsewhere(chat: Chat, said: dict[str, Any]) -> None:
    """The short way, onto the waiting list; never a refusal."""
    await chat.say("other_district", districts=", ".join(places.name(one.value) for one in places.districts()))
    await ask(chat, said, "where")


async def _here(chat: Chat, said: dict[str, Any]) -> None:
    await ask(chat, said, "kecamatan", "village")
    if {"returnee", "family"} & set(said["user_type"]):
        await ask(chat, said, "last_country", "sector", "return_year")
    await ask(chat, said, "household_size", "dependants", "livelihood_now", "interests", "phone_use")
    said["announcements"] = await ask_announcements(chat)


async def _submit(tx: Tx, chat: Chat, person: str, said: dict[str, Any], phone: str | None) -> str:
    """Keep the person, the enrolment and the opt-ins, and let staff know; the reference."""
    account, here = chat.speaker.account, said["district"] != ELSEWHERE
    running = await enrolments.live_of_person(tx, person)
    if running is not None:
        return running.reference
    await people.enrolled(tx, person, account, said, phone)
    status = "submitted" if here else "waitlisted"
    source = await people.source(tx, account)
    reference = await enrolments.submit(tx, person=person, account=account, answers=said, status=status, source=source)
    if here:
        await consents.subscribe(tx, account, said["announcements"], chat.proof("announcements"), person)
    await tidings.announce(tx, "new_enrolment", reference, enrolments.area(said))
    return reference


async def _done(chat: Chat, said: dict[str, Any], reference: str) -> None:
    name = people.called(said)
    if said["district"] == ELSEWHERE:
        await chat.say("done_waiting", name=name, reference=reference, place=said["where"])
    else:
        await chat.say("done", name=name, reference=reference, place=places.name(said["district"]))
