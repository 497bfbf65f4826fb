"""The preview of an announcement, and what its author does with it: tried, sent, scheduled, changed, dropped."""

from __future__ import annotations

from datetime import time
from typing import Any

from bot.author import Chat, Moment, Option, Tx, conversation, formats, places
from bot.records import announcements, letting_go, notices
from bot.records.announcements import Announcement
from conversations import preview

TRIED, AGAIN = "tried", "again"
"""Behind the number: the preview was shown just now; and a test is on its way, or something else comes after all."""

TEST = Option("test", aliases=("tes", "test", "coba", "coba dulu", "tes dulu", "try"))
NOW = "now"
"""Sent on its own label alone."""
ASK = Option("ask", aliases=("persetujuan", "kirim", "kirim sekarang", "send", "send now", "ask", "approval"))
LATER = Option("later", aliases=("jadwal", "kirim nanti", "schedule", "send later"))
CHANGE = Option("change", aliases=("ganti", "edit", "ubah dulu", "perbaiki"))
DROP = Option("drop", aliases=("hapus", "delete"))


@conversation("announce_send", role="umumkan")
async def send(chat: Chat) -> Any:
    """Show the draft `chat.given` as it will go, with its counts; nothing is sent but on an exact word."""
    account, number, (seen, after) = chat.speaker.account, announcements.number_in(chat.given), _given(chat)
    found: Announcement | None = await chat.look(lambda tx: announcements.own(tx, account, number))
    if found is None:
        return await chat.say("unknown", number=number or "–")
    if found.state != "draft":
        return await chat.say(f"state.{found.state}", number=number)
    if found.counted is None:
        return await chat.say("counting", number=number)
    seen = await chat.once("seen", lambda tx: _now(seen or found.counted_at or 0))
    if seen != found.counted_at:
        await chat.say("changed", number=number)
        return chat.then("announce_send", given=number)
    if not after:
        await _show(chat, found)
    elif after == TRIED:
        await chat.say("tried")
    action = await chat.choose("action", _actions(found), exact=True, number=number)
    if action == "test":
        await chat.once("sampled", lambda tx: _sample(tx, account, found))
        return chat.then("announce_send", given=f"{number} {TRIED} {_letters(seen)}")
    if action == "change":
        return chat.then("announce_change", given=number)
    if action == "drop":
        await chat.once("dropped", lambda tx: announcements.cancel(tx, number, found.author))
        return await chat.say("dropped", number=number)
    at = await _when(chat, found) if action == "later" else None
    if action == "later" and at is None:
        return chat.then("announce_send", given=f"{number} {AGAIN} {_letters(seen)}")
    hurry = found.category == "safety" and at is None
    state = await chat.once("let_go", lambda tx: letting_go.go(tx, number, at=at, skip_undo=hurry, seen=seen))
    await _told(chat, found, state, at, hurry)


async def _now(value: int) -> int:
    return value


def _given(chat: Chat) -> tuple[int, str]:
    """When what was shown was counted, and what came after it was shown."""
    _, after, written, *_ = (*chat.given.split(), "", "", "")
    if after not in (TRIED, AGAIN):
        return 0, ""
    return int("".join(str(ord(one) - ord("a")) for one in written) or 0), after


def _letters(moment: int) -> str:
    """A moment without figures: beside a number they could be taken for somebody's NIK."""
    return "".join(chr(ord("a") + int(one)) for one in str(moment))


async def _sample(tx: Tx, account: str, found: Announcement) -> None:
    for language in ("id", "en"):
        if found.texts.get(language):
            await notices.sample(tx, account, found.number, language)


async def _show(chat: Chat, found: Announcement) -> None:
    """The message, the people, and whether somebody else has to agree."""
    language = chat.speaker.language
    if found.approver:
        await chat.say("reworded", code=found.approver)
    await chat.say("message", message=preview.message(found, language))
    await chat.say("counts", lines=preview.counts(found, language))
    if not found.reached:
        await chat.say("nobody")
    elif letting_go.needs_approval(found):
        above = formats.number(letting_go.limits().above, language)
        key = "needs.assistance" if found.category == "assistance" else "needs.many"
        await chat.say(key, above=above)
        await _able(chat, found)


async def _able(chat: Chat, found: Announcement) -> None:
    """How many can agree to it; where nobody can, whom to ask for somebody."""
    able = await chat.look(lambda tx: letting_go.approvers(tx, found))
    if able:
        await chat.say("approvers", n=len(able), count=formats.number(len(able), chat.speaker.language))
    else:
        await chat.say("approvers_nobody")


def _actions(found: Announcement) -> list[str | Option]:
    if not found.reached:
        return [TEST, CHANGE, DROP]
    return [TEST, ASK if letting_go.needs_approval(found) else NOW, LATER, CHANGE, DROP]


async def _when(chat: Chat, found: Announcement) -> int | None:
    """A time of the place that it is about, said back; None where it is not right yet."""
    zone, label = found.zone, places.zone_label(found.areas[0])
    at: int = await chat.ask("at", Moment(chat.now, zone), zone=label)
    if found.category != "safety" and (waits := letting_go.limits().waits(at, found.areas[0])):
        start, end = _hours(chat, waits)
        await chat.say("quiet", start=start, end=end, zone=label)
    date, clock = formats.date(at, zone, chat.speaker.language), formats.clock(at, zone, chat.speaker.language)
    sure = await chat.choose("sure", ["yes", "no"], exact=True, about=at, date=date, clock=clock)
    return at if sure == "yes" else None


def _hours(chat: Chat, hours: tuple[time, time]) -> tuple[str, str]:
    """From when until when it is quiet, as the speaker's language writes it."""
    start, end = (formats.minute_of_day(one.hour * 60 + one.minute, chat.speaker.language) for one in hours)
    return start, end


async def _told(chat: Chat, found: Announcement, state: str, at: int | None, hurry: bool) -> None:
    """What happens next, by when, and how to stop it."""
    number, language = found.number, chat.speaker.language
    if state in ("waiting", "scheduled"):
        await chat.offer("undo", "announce_control", f"cancel {number}", number=number)
    if state == "waiting":
        able = await chat.look(lambda tx: letting_go.approvers(tx, found))
        if not able:
            return await chat.say("asked_nobody", number=number)
        asked = {"n": len(able), "count": formats.number(len(able), language)}
        if letting_go.limits().is_quiet(chat.now, found.zone):
            return await chat.say(
                "asked_quiet",
                end=_hours(chat, letting_go.limits().quiet)[1],
                zone=places.zone_label(found.areas[0]),
                **asked,
            )
        return await chat.say("asked", number=number, **asked)
    if state != "scheduled":
        return await chat.say(f"not_sent.{state}", number=number)
    if at is not None:
        told = {"date": formats.date(at, found.zone, language), "clock": formats.clock(at, found.zone, language)}
        return await chat.say("scheduled", number=number, **told)
    await chat.say("hurried" if hurry else "started", number=number)
