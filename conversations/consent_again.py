"""Asking again who agreed to an earlier text: before the menu, the status or an enrolment, and once in 30 days.

The engine opens it when they write (bot/turns/scene.py), with what they wanted in `chat.given`. Until they answer, what
they agreed to before stands.
"""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, conversation
from bot.records import consents
from conversations.about import LATER, YES

ENOUGH = ("stop", "berhenti", "tidak", "tdk", "nggak", "gak", "ga", "no", "tidak mau", "no thanks")
"""Whole answers that are as clear as the labels: only announcements end at a word, for they can be had again."""


@conversation("consent_again")
async def consent_again(chat: Chat) -> Any:
    """Say what has changed, ask, and go on to what was wanted; withdrawing is deleting, in its two steps."""
    account, wanted = chat.speaker.account, chat.given
    whose = await chat.once("whose", lambda tx: consents.ask_again(tx, account))
    if whose["person"]:
        answer = await _enrolment(chat, whose["person"], whose["name"])
        if answer == "withdraw":
            return chat.then("my_data", given="delete")
        if answer == "later":
            return _on(chat, wanted)
        others = await chat.look(lambda tx: consents.older_people(tx, account))
        if others:
            return chat.then("consent_again", given=wanted)
    topics = await chat.look(lambda tx: consents.older_topics(tx, account))
    if topics:
        await _announcements(chat)
    return _on(chat, wanted)


async def _enrolment(chat: Chat, person: str, name: str) -> str:
    """The whole text, for it is what they agree to; where several write from this phone, for one of them."""
    account = chat.speaker.account
    await chat.say("changed")
    if name:
        await chat.say("for_one", name=name)
    clear = [Option("agree", aliases=YES), Option("later", aliases=LATER), Option("withdraw")]
    answer: str = await chat.choose("consent", clear, exact=True)
    if answer == "agree":
        proof = chat.proof("consent")
        await chat.once("agreed", lambda tx: consents.record(tx, account, "enrolment", "granted", proof, person))
        await chat.say("agreed")
    elif answer == "later":
        await chat.say("later")
    return answer


async def _announcements(chat: Chat) -> None:
    """Whether what they are sent may go on."""
    account, person = chat.speaker.account, chat.speaker.person
    await chat.say("announcements_changed")
    clear = [Option("agree", aliases=("setuju", *YES)), Option("later", aliases=LATER)]
    answer = await chat.choose("announcements", [*clear, Option("withdraw", aliases=ENOUGH)], exact=True)
    proof = chat.proof("announcements")
    if answer == "agree":
        await chat.once("renewed", lambda tx: consents.renew(tx, account, proof, person))
        await chat.say("renewed")
    elif answer == "withdraw":
        await chat.once("ended", lambda tx: consents.give_up(tx, account, proof, person))
        await chat.say("ended")
    else:
        await chat.say("later")


def _on(chat: Chat, wanted: str) -> Any:
    name, _, given = wanted.partition(" ")
    return chat.then(name or "menu", given)
