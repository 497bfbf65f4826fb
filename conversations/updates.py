"""Announcements: ending them, having them again, and leaving. The enrolment is another matter and stays."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, conversation
from bot.records import consents, marts, series
from conversations.about import ask_announcements


@conversation("updates", words="pengumuman, announcements")
async def updates(chat: Chat) -> Any:
    """Opened by `stop`, `mulai` and `keluar`, which stand in `chat.given`."""
    what = await chat.choose("what", ["stop", "resume", "leave"], given=chat.given)
    if what == "stop":
        return await _stop(chat)
    if what == "resume":
        return await _resume(chat)
    return await _leave(chat)


async def _stop(chat: Chat) -> None:
    """At once, without another question."""
    account, person = chat.speaker.account, chat.speaker.person
    await chat.once("stopped", lambda tx: consents.pause(tx, account, chat.proof("what"), person))
    await chat.say("stopped" if person else "never")
    if await chat.look(lambda tx: series.get(tx, account)):
        await chat.say("tips_go_on")
    if await chat.look(lambda tx: marts.awaited(tx, account)):
        await chat.say("mart_goes_on")


async def _resume(chat: Chat) -> None:
    """What was wanted before; who never wanted any is asked, and what they answer is their consent."""
    account, person = chat.speaker.account, chat.speaker.person
    again = await chat.once("resumed", lambda tx: consents.resume(tx, account, chat.proof("what"), person))
    if not again:
        answer = await ask_announcements(chat)
        proof = chat.proof("announcements")
        await chat.once("subscribed", lambda tx: consents.subscribe(tx, account, answer, proof, person))
        again = list(consents.WANTED[answer])
    await chat.say("resumed" if len(again) > 1 else f"resumed.{again[0]}" if again else "resumed.none")


async def _leave(chat: Chat) -> Any:
    """`keluar` may mean three things; nothing happens until it is clear which."""
    account, person = chat.speaker.account, chat.speaker.person
    which = await chat.choose("which", ["promo", "announcements", "programme"], exact=True)
    if which == "programme":
        return chat.then("my_data", given="delete")
    if which == "announcements":
        return await _stop(chat)
    await chat.once("promo_ended", lambda tx: consents.unsubscribe(tx, account, "mart", chat.proof("which"), person))
    return await chat.say("promo_ended")
