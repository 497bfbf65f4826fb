"""What is kept of somebody: to see it, to put it right, to have it deleted."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Option, Part, Text, Tx, conversation, places
from bot.records import belongings, consents, enrolments, leaving, people
from conversations.about import ELSEWHERE, QUESTIONS, ask, is_child

NOT_NOW = ("gak jadi", "ga jadi", "nggak jadi", "gajadi", "tidak", "batal", "never mind", "cancel")
SEE = (
    "lihat", "ubah", "ganti", "edit", "perbaiki", "cek", "salah", "keliru", "ubah no", "ganti no", "ubah no hp",
    "ganti no hp", "see", "show", "view", "change", "correct", "wrong",
)  # fmt: skip
SURE = ("hapus", "delete")
"""The word that deletes, typed exactly; nothing else does."""


@conversation("my_data", words="data saya, my data, hapus data, delete data, delete my data, ubah data, profil")
async def my_data(chat: Chat) -> Any:
    """Ask whose, and what to do with it."""
    account = chat.speaker.account
    known = await chat.look(lambda tx: people.known(tx, account))
    if not known:
        return await _unknown(chat)
    person = known[0]["id"]
    if len(known) > 1:
        options = [Option(one["id"], dict.fromkeys(places.LANGUAGES, one["name"])) for one in known]
        person = await chat.choose("whose", options)
    there = await chat.look(lambda tx: belongings.of(tx, account, person))
    if lines := _lines(there):
        await chat.say("also", lines=lines)
    see = Option("see", aliases=SEE)
    what = await chat.choose("what", [see, "delete", Option("enough", aliases=NOT_NOW)], given=chat.given)
    if what == "see":
        return chat.then("my_data_card", given=person)
    if what == "delete":
        return await _delete(chat, person, there)
    return await chat.say("enough")


def _lines(there: dict[str, int]) -> Joined | None:
    """A line for each thing that there is; None where there is nothing."""
    parts = tuple(Part((f"thing.{kind}",), {"n": there[kind]}) for kind in belongings.KINDS if there[kind])
    return Joined(parts, "\n") if parts else None


async def _unknown(chat: Chat) -> None:
    """Who has not enrolled may have all deleted that there is of the chat: what they began, notes, lessons."""
    account = chat.speaker.account
    there = await chat.once("there", lambda tx: belongings.of(tx, account))
    draft = await chat.once("draft_there", lambda tx: people.has_draft(tx, account))
    lines = _lines(there)
    if lines is None:
        return await (_draft(chat) if draft else chat.say("nothing"))
    if draft:
        await chat.say("draft_too")
    if await chat.choose("chat", ["keep", "delete"], exact=True, lines=lines) == "keep":
        return await chat.say("kept")
    await chat.once("emptied", lambda tx: people.empty(tx, account, chat.talk))
    await chat.forget()
    return await chat.say("emptied")


async def _draft(chat: Chat) -> None:
    """Who has sent nothing yet may have what they said deleted, too."""
    account = chat.speaker.account
    if await chat.choose("draft", ["keep", "delete"], exact=True) == "keep":
        return await chat.say("kept")
    await chat.once("draft_deleted", lambda tx: people.drop_drafts(tx, account, chat.talk))
    return await chat.say("draft_gone")


async def _delete(chat: Chat, person: str, there: dict[str, int]) -> None:
    """In two steps; what stays is the proof, without names."""
    if _lines(there):
        await chat.say("goes_too")
    if there["shared"]:
        await chat.say("stays_shared")
    if await chat.choose("sure", ["no", "yes"], exact=True) == "no":
        return await chat.say("kept")
    if there["goods"]:
        await chat.say("goods_left")
    if there["membership"]:
        await chat.say("book_stays")
    word = await chat.ask("word", Text(1, 60))
    if word.strip().lower() not in SURE:
        return await chat.say("kept")
    account, proof = chat.speaker.account, chat.proof("word")

    async def leave(tx: Tx) -> bool:
        chats = await leaving.leave(tx, person, except_talk=chat.talk)
        await consents.withdraw(tx, person, account, chats, proof)
        return account in chats

    alone = await chat.once("deleted", leave)
    await chat.forget()
    return await chat.say("deleted" if alone else "deleted.shared")


@conversation("my_data_card")
async def my_data_card(chat: Chat) -> Any:
    """Show all that somebody answered as a card on which any line can be changed; `chat.given` is the person."""
    account, given = chat.speaker.account, chat.given
    kept = await chat.once("kept", lambda tx: people.answers(tx, account, given))
    if not kept:
        return chat.then("menu")
    before: dict[str, Any] = kept["answers"]
    said: dict[str, Any] = {"district": before.get("district", ELSEWHERE)}
    names = [name for name in QUESTIONS if name in before and name != "district"]
    # A change clears chat.given: the line that was forgotten is then asked, and not taken from what was kept.
    await ask(chat, said, *names, known=before if given else None)
    if "birth_year" in said and is_child(chat, said):
        return await chat.say("under_18_unsaved")
    await chat.review("review")
    changed = {name: said[name] for name in names if said[name] != before[name]}
    if not changed:
        return await chat.say("unchanged")
    await chat.once("saved", lambda tx: _save(tx, kept["person"], changed, said))
    return await chat.say("saved")


async def _save(tx: Tx, person: str, changed: dict[str, Any], said: dict[str, Any]) -> None:
    await people.corrected(tx, person, changed, said)
    running = await enrolments.live_of_person(tx, person)
    if running:
        answers = {name: value for name, value in changed.items() if name != "phone"}
        await enrolments.amend(tx, running.reference, answers, note=" ".join(changed))
