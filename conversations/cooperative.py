"""The cooperative: what it is, what members may and must, the day on which the book is signed; and the member card.

No payment, no balance and no loan here (domain.md 3.1): who asks for those is told where.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.author import Chat, Day, Hour, Option, Tx, conversation, marts, places
from bot.records import marts as shops
from bot.records import memberships, people, roles

WORDS = """
koperasi, anggota, anggota koperasi, gabung koperasi, jadi anggota, daftar anggota, masuk koperasi, keanggotaan,
cooperative, membership, join the cooperative, join cooperative
"""
CARD = "kartu, kartu anggota, kartu saya, kartu koperasi, member card, my card, membership card, card"

AHEAD = 60
"""Days ahead for which an appointment is made."""
OFFERED = 6
HOURS = 4
"""To choose from on one day; others may be typed."""
ASK = ("tanya", "tanya dulu", "mau tanya", "bertanya", "ask", "question")
OPEN = ("open", "temporarily_closed")
"""Statuses of a mart that has a shop to come to."""


@conversation("cooperative", words=WORDS)
async def cooperative(chat: Chat) -> Any:
    """Say what it is, and go on by where somebody stands: joining, another day, the card."""
    person = await _whose(chat)
    if person is None:
        await chat.say("about")
        return await chat.say("enrol_first")
    known = await chat.look(lambda tx: memberships.of_person(tx, person))
    standing = await chat.once("standing", lambda tx: _standing(tx, person))
    if known is not None and standing == "candidate":
        return await _candidate(chat, known)
    if known is not None and standing in ("member", "inactive"):
        return await _member(chat, known)
    await chat.say("about")
    if await chat.choose("start", ["join", "money"]) == "money":
        return await chat.say("money")
    return await _join(chat, person)


async def _whose(chat: Chat) -> str | None:
    """The person it is about; of several on one phone the one that is picked."""
    account = chat.speaker.account
    known = await chat.look(lambda tx: people.known(tx, account))
    if len(known) < 2:
        return known[0]["id"] if known else None
    options = [Option(one["id"], dict.fromkeys(places.LANGUAGES, one["name"])) for one in known]
    person: str = await chat.choose("whose", options)
    return person


async def _standing(tx: Tx, person: str) -> str:
    known = await memberships.of_person(tx, person)
    return known.status if known else ""


async def _join(chat: Chat, person: str) -> Any:
    """Rights and duties first, then the day."""
    account = chat.speaker.account
    shop = await chat.look(lambda tx: _shop(tx, person))
    if shop is None:
        return await chat.say("no_mart")
    await chat.say("rights")
    answer = await chat.choose("agree", ["join", "later", Option("ask", aliases=ASK)])
    if answer != "join":
        return await chat.say("later" if answer == "later" else "ask")
    if shop.status not in OPEN:
        await chat.once("wished", lambda tx: _wait(tx, account, person, shop.mart.code))
        return await chat.say("wished_somewhen", mart=shop.mart.name)
    return await _day(chat, person, shop, "wished")


async def _wait(tx: Tx, account: str, person: str, mart: str) -> str:
    """The wish is kept, and they hear when the shop opens."""
    await shops.wait(tx, account, mart)
    return await memberships.wish(tx, account, person, mart)


async def _candidate(chat: Chat, known: memberships.Membership) -> Any:
    """Somebody who wants to join already: the day, another one, or not after all."""
    account, person, mart = chat.speaker.account, known.person_id, known.shop
    shop = await chat.look(lambda tx: shops.standing(tx, known.mart))
    comes = shop is not None and shop.status in OPEN
    zone = shop.mart.zone if shop is not None else chat.speaker.zone
    day = Day(chat.now, zone).show(known.appointment, chat.speaker.language) if known.appointment else ""
    past = shop is not None and bool(day) and known.appointment < shop.today(chat.now).isoformat()
    standing = (
        "candidate_past" if past else "candidate" if day else "candidate_no_day" if comes else "candidate_somewhen"
    )
    await chat.say(standing, mart=mart, day=day)
    what = await chat.choose(
        "candidate_next", ["day", "rights", "drop"] if comes else ["rights", "drop"], given=chat.given
    )
    if what == "day" and shop is not None:
        return await _day(chat, person, shop, "moved")
    if what == "rights":
        return await _rights(chat)
    if await chat.choose("sure", ["yes", "no"], exact=True) == "no":
        return await chat.say("kept")
    await chat.once("dropped", lambda tx: memberships.withdraw(tx, account, person))
    return await chat.say("dropped")


async def _day(chat: Chat, person: str, shop: shops.Standing, once: str) -> Any:
    """The day on which somebody comes; nothing is closed then, as far as we know."""
    account, mart, language = chat.speaker.account, shop.mart, chat.speaker.language
    question = Day(
        chat.now,
        mart.zone,
        ahead=AHEAD,
        offered=_offered(chat, shop),
        closed=_closed(chat, shop),
        timed=True,
        opens=_opens(chat, shop),
    )
    day = await chat.ask("day", question, mart=mart.name)
    if "T" not in day:
        at = await chat.ask(
            "hour",
            _hour(chat, shop, day),
            about=day,
            optional=True,
            default=None,
            day=question.show(day, language) or day,
        )
        day = f"{day}T{at}" if at else day
    done = await chat.once(once, lambda tx: memberships.wish(tx, account, person, mart.code, day))
    if done == "changed":
        return await chat.say("member_already")
    return await chat.say(
        "wished" if done == "reminded" else "wished_soon",
        mart=mart.name,
        day=question.show(day, language) or day,
    )


def _hour(chat: Chat, shop: shops.Standing, day: str) -> Hour:
    """When on that day: any time at which the mart is open, as far as we know, and that is still to come."""
    on = date.fromisoformat(day)
    spans = _opens(chat, shop).get(on, ())
    here = datetime.fromtimestamp(chat.now / 1000, UTC).astimezone(ZoneInfo(shop.mart.zone))
    over = (time(), here.time() if on == here.date() else time())
    first = over[1].hour * 60 + over[1].minute
    hours = [
        hour
        for start, end in zip(spans[::2], spans[1::2], strict=True)
        for hour in range(-(-start // 60), -(-end // 60))
        if hour * 60 > first or not first
    ]
    offered = hours[:: max(1, -(-len(hours) // HOURS))] if spans else ()
    return Hour(tuple(_at(hour) for hour in offered), over, spans)


def _at(hour: int) -> Option:
    return Option(f"{hour:02}:00", {"id": f"{hour:02}.00", "en": f"{hour:02}:00"})


def _closed(chat: Chat, shop: shops.Standing) -> tuple[date, ...]:
    """Days on which the mart is known to be closed."""
    special = {one.on: one.span for one in shop.days}
    days = [shop.today(chat.now) + timedelta(days=ahead) for ahead in range(AHEAD + 1)]
    return tuple(day for day in days if special.get(day, shop.hours.get(day.weekday(), ())) is None)


def _opens(chat: Chat, shop: shops.Standing) -> dict[date, tuple[int, ...]]:
    """From when until when the mart is open, on the days on which that is known."""
    special = {one.on: one.span for one in shop.days}
    days = [shop.today(chat.now) + timedelta(days=ahead) for ahead in range(AHEAD + 1)]
    found = {day: special[day] if day in special else shop.hours.get(day.weekday()) for day in days}
    return {day: span for day, span in found.items() if span}


def _offered(chat: Chat, shop: shops.Standing) -> tuple[date, ...]:
    """The next days that may do."""
    closed = _closed(chat, shop)
    days = (shop.today(chat.now) + timedelta(days=ahead) for ahead in range(1, AHEAD))
    return tuple(day for day in days if day not in closed)[:OFFERED]


async def _shop(tx: Tx, person: str) -> shops.Standing | None:
    """The mart of the district that somebody lives in."""
    known = await people.get(tx, person)
    mart = marts.of_district(known.area) if known else None
    return await shops.standing(tx, mart.code) if mart else None


async def _member(chat: Chat, known: memberships.Membership) -> Any:
    """A member: since when, and what else they may want."""
    since = Day(chat.now, chat.speaker.zone).show(known.joined_on, chat.speaker.language) if known.joined_on else "–"
    await chat.say(known.status, mart=known.shop, number=known.number or "–", since=since)
    if known.status == "inactive":
        return None
    what = await chat.choose("member_next", ["card", "rights", "money"])
    if what == "card":
        return chat.then("member_card")
    return await chat.say("money_member") if what == "money" else await _rights(chat)


async def _rights(chat: Chat) -> None:
    await chat.say("rights")
    await chat.say("rights_more")


@conversation("member_card", words=CARD, texts="cooperative")
async def member_card(chat: Chat) -> Any:
    """Send members their card; a code that was scanned opens the record for staff, and tells nobody else anything."""
    account = chat.speaker.account
    if memberships.read_card(chat.given):
        if roles.allowed(chat.speaker.roles, memberships.COMMAND):
            return chat.then("members", chat.given)
        return await chat.say("scanned")
    found = await chat.once("members", lambda tx: _members(tx, account))
    if not found["members"]:
        return await chat.say("card_not_yet" if found["candidates"] else "card_none")
    for person in found["members"]:
        await chat.once(f"sent {person}", _sends(account, person))
    return await chat.say("card_coming", n=len(found["members"]))


def _sends(account: str, person: str) -> Callable[[Tx], Awaitable[bool]]:
    return lambda tx: memberships.send_card(tx, account, person)


async def _members(tx: Tx, account: str) -> dict[str, Any]:
    """Members of this chat by id, and whether somebody wants to be one."""
    known = await memberships.of_account(tx, account)
    members = [one.person_id for one in known if one.status == "member"]
    return {"members": members, "candidates": any(one.status == "candidate" for one in known)}
