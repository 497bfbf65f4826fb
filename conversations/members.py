"""Members of the cooperative as staff see them: looked up, and what has happened at the shop noted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.author import Chat, Day, Joined, Option, Part, Text, Tx, conversation, marts, places
from bot.records import memberships

FURTHEST = 20 * 366
"""Days back: the book may be older than the chat."""


@conversation("members", words="anggota, calon anggota, member, members", role=memberships.COMMAND)
async def members(chat: Chat) -> Any:
    """Look up by card, number or name, open one masked record, and note what is to be noted."""
    account = chat.speaker.account
    who = await chat.ask("who", Text(max=80), given=chat.given)
    found = await chat.once("looked_up", lambda tx: memberships.search(tx, account, who))
    hits: list[str] = found["hits"]
    if not hits:
        return await chat.say("no_card" if memberships.read_card(who) else "nobody")
    person = hits[0]
    if len(hits) > 1:
        seen = [one for hit in hits if (one := await chat.look(_finds(account, hit))) is not None]
        if not seen:
            return await chat.say("nobody")
        if found["more"]:
            await chat.say("narrow")
        person = await chat.choose("pick", [_option(one) for one in seen])
    await chat.once("opened", lambda tx: memberships.opened(tx, account, person))
    known = await chat.look(_finds(account, person))
    if known is None:
        return await chat.say("nobody")
    return await _record(chat, known)


async def _record(chat: Chat, known: memberships.Membership) -> Any:
    account, person, language = chat.speaker.account, known.person_id, chat.speaker.language
    shown: dict[str, object] = {"who": known.masked, "place": _place(known), "mart": known.shop}
    key = known.status if known.appointment or known.status != "candidate" else "candidate_somewhen"
    await chat.say(f"record.{key}", **shown, number=known.number or "–", day=_day(known, language))
    if await chat.once("own", lambda tx: memberships.is_own(tx, account, person)):
        return await chat.say("own", who=known.masked)
    what = await chat.choose("what", [*memberships.MOVES[known.status], "enough"], exact=True)
    if what == "enough":
        return await chat.say("enough")
    if what == "signed":
        return await _signed(chat, known)
    if what in ("leave", "dropped"):
        noted = Joined((Part((f"what.{what}",)),))
        if await chat.choose("sure", ["yes", "no"], exact=True, who=known.masked, noted=noted) == "no":
            return await chat.say("enough")
    outcome = await chat.once("noted", lambda tx: memberships.note(tx, account, person, what))
    if outcome == "done" and what in ("new_card", "back"):
        return await chat.say("card_sent", who=known.masked)
    return await chat.say(outcome, who=known.masked)


async def _signed(chat: Chat, known: memberships.Membership) -> None:
    """Under which number, since when; looked at once more before the card goes out."""
    account, person, zone = chat.speaker.account, known.person_id, _zone(known)
    number = await chat.ask("number", Text(1, 20), who=known.masked)
    today = Day(chat.now, zone).today
    offered = (today, today - timedelta(days=1))
    joined = await chat.ask("joined", Day(chat.now, zone, ahead=0, back=FURTHEST, offered=offered))
    day = Day(chat.now, zone).show(joined, chat.speaker.language)
    number = memberships.plain(number)
    if await chat.choose("right", ["yes", "no"], exact=True, who=known.masked, number=number, day=day) == "no":
        await chat.offer("again", "members", known.card or person)
        return await chat.say("not_noted")
    outcome = await chat.once("signed", lambda tx: memberships.signed(tx, account, person, number, joined))
    if outcome == "taken":
        await chat.offer("again", "members", known.card or person)
        return await chat.say("taken", number=number)
    return await chat.say("member" if outcome == "done" else outcome, who=known.masked)


def _finds(account: str, person: str) -> Callable[[Tx], Awaitable[memberships.Membership | None]]:
    return lambda tx: memberships.find(tx, account, person)


def _option(one: memberships.Membership) -> Option:
    label = f"{one.masked}, {one.number or places.name(one.kecamatan)}"[: places.LONGEST_LABEL].rstrip(", ")
    return Option(one.person_id, dict.fromkeys(places.LANGUAGES, label))


def _place(known: memberships.Membership) -> str:
    """Village and kecamatan: of two with the same masked name it is one."""
    names = [places.name(code) for code in (known.village, known.kecamatan) if code]
    return ", ".join(dict.fromkeys(names)) or places.name(known.district) or "–"


def _day(known: memberships.Membership, language: str) -> str:
    day = known.appointment if known.status == "candidate" else known.joined_on
    return Day(0, _zone(known)).show(day, language) or "–" if day else "–"


def _zone(known: memberships.Membership) -> str:
    mart = marts.mart(known.mart)
    return mart.zone if mart else places.zone(known.district)
