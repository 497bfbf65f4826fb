"""Announcements that were sent or are scheduled: the list, the report, who did not get one, and what can be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import groupby
from typing import Any

from bot.author import Chat, Joined, Moment, Option, Part, Tx, conversation, formats, places
from bot.records import (
    announcement_checks,
    announcement_reports,
    call_lists,
    letting_go,
    roles,
    schedules,
    second_tries,
)
from bot.records.announcement_reports import Figures
from bot.records.announcements import Announcement, Outcome
from bot.records.call_lists import Missed
from bot.records.deliveries import IN_PART, LIMIT
from bot.records.remains import NO_CHANNEL

CONTROLLED = ("pause", "resume", "cancel")
"""What announce_control.py does."""

WHY = (
    "blocked", "invalid", "unreachable", "content", "provider", "limit", "over", "no_opt_in", "stopped", "deleted",
    "no_channel", "cancelled",
)  # fmt: skip
"""Reasons that have words of their own."""

MINUTE = 60_000


@conversation("announcements", words="pengumuman, announcements", role="pengumuman")
async def overview(chat: Chat) -> Any:
    """List the last announcements and the schedules; show the report of one, and do what is to be done with it."""
    account = chat.speaker.account
    number = announcement_checks.number_of(chat.given) or await _pick(chat)
    if not number:
        return await chat.say("none")
    found: Announcement | None = await chat.look(lambda tx: announcement_reports.seen(tx, account, number))
    if found is None:
        return chat.then("check_announcement", given=number)
    small = await chat.look(lambda tx: announcement_reports.is_small(tx, found))
    if not small and await chat.once("counting", lambda tx: announcement_reports.ask(tx, found, account)):
        return await chat.say("counting", number=number)
    figures: Figures | None = await chat.look(lambda tx: announcement_reports.figures(tx, found))
    await _report(chat, found, figures)
    able = await chat.look(lambda tx: _able(tx, account, found, figures))
    if not able:
        return
    what = await chat.choose("what", [*able, "enough"], number=number)
    if what in CONTROLLED:
        return chat.then("announce_control", given=f"{what} {number}")
    if what == "correct":
        return chat.then("announce_correct", given=number)
    if what == "edit":
        return chat.then("announce_send", given=number)
    deeds = {"move": _move, "repeat": _repeat, "skip": _skip, "remove": _remove, "retry": _retry, "missed": _missed}
    if what in deeds:
        return await deeds[what](chat, found)
    await chat.say("fine")


async def _pick(chat: Chat) -> str:
    """The number of one of the list; empty where there is none."""
    listed = await chat.look(lambda tx: announcement_reports.listed(tx, chat.speaker.account))
    if not listed:
        return ""
    await chat.say("list", lines=Joined(tuple(_line(chat, one) for one in listed), "\n"))
    picked: str = await chat.choose(
        "pick", [Option(one.number, {"id": one.number, "en": one.number}) for one in listed]
    )
    return picked


def _line(chat: Chat, one: Announcement) -> Part:
    return Part(("line",), {"number": one.number, **_told(chat, one)})


def _told(chat: Chat, one: Announcement) -> dict[str, object]:
    """Kind, state and time, as people read them."""
    language, at = chat.speaker.language, one.started_at or one.send_at or one.created_at
    when = f"{formats.short_date(at, one.zone, language)}, {formats.clock(at, one.zone, language)}"
    state = [Part((f"state.{one.state}",))]
    if one.repeats:
        state.append(Part((f"every.{schedules.period_of(one)}",)))
    return {"kind": Joined((Part((f"kind.{one.category}",)),)), "state": Joined(tuple(state)), "when": when}


# The report


async def _report(chat: Chat, found: Announcement, figures: Figures | None) -> None:
    await chat.say("head", number=found.number, **_told(chat, found))
    if found.corrects:
        await chat.say("corrects", corrects=found.corrects)
    if figures is None or not figures.rows:
        count = formats.number(found.reached, chat.speaker.language)
        await chat.say("expected" if found.counted else "uncounted", count=count)
        return
    await chat.say("figures", lines=Joined(tuple(_lines(chat, found, figures)), "\n"))
    if figures.sent("telegram")[0]:
        await chat.say("telegram_does_not_tell")
    if any(
        reason == NO_CHANNEL and channel not in letting_go.limits().channels for channel, _, reason, *_ in figures.cells
    ):
        await chat.say("when_there_is_a_channel")
    if chat.now - figures.at > MINUTE:
        await chat.say("as_of", clock=formats.clock(figures.at, found.zone, chat.speaker.language))


def _lines(chat: Chat, found: Announcement, figures: Figures) -> Iterator[Part]:
    """The people it was planned for, then what became of them: the lines add up to them."""

    def one(key: str, count: int, **values: object) -> Part:
        return Part((key,), {"n": count, "count": formats.number(count, chat.speaker.language), **values})

    yield one("planned", figures.people)
    if sent := figures.count("sent"):
        yield one("sent", sent)
        for channel in ("telegram", "whatsapp"):
            count, arrived, read = figures.sent(channel)
            if count:
                told = {"arrived": formats.number(arrived, chat.speaker.language)}
                told["read"] = formats.number(read, chat.speaker.language)
                yield one(f"on.{channel}", count, **told)
    yield from _with_reasons(one, figures, IN_PART)
    if queued := figures.count("sending") + figures.count("waiting", later=False):
        yield one("queued", queued)
    limited = figures.count("waiting", later=True, reason=LIMIT)
    if deferred := figures.count("waiting", later=True) - limited:
        yield one("deferred", deferred, when=_first(chat, found, figures))
    if limited:
        yield one("limited", limited)
    for state in ("held", "uncertain"):
        if count := figures.count(state):
            yield one(state, count)
    for state in ("failed", "skipped", "dropped"):
        yield from _with_reasons(one, figures, state)
    for key, count in (("shared", figures.shared), ("without", figures.without)):
        if count:
            yield one(key, count)


def _with_reasons(one: Callable[..., Part], figures: Figures, state: str) -> Iterator[Part]:
    """How many there are of a state, and why."""
    if count := figures.count(state):
        yield one(state, count)
    for reason, some in figures.reasons(state).items():
        why = Joined((Part((f"reason.{reason if reason in WHY else 'other'}",)),))
        yield one("reason_line", some, why=why)


def _first(chat: Chat, found: Announcement, figures: Figures) -> str:
    at, language = figures.next_at or chat.now, chat.speaker.language
    return f"{formats.short_date(at, found.zone, language)}, {formats.clock(at, found.zone, language)}"


def _why(state: str, reason: str) -> str:
    if state in ("uncertain", "held", IN_PART):
        return state
    return reason if reason in WHY else "other"


# What can be done


async def _able(tx: Tx, account: str, found: Announcement, figures: Figures | None) -> list[str]:
    """What this account may do with it now."""
    staff = await roles.of(tx, account)
    steers = announcement_reports.may_steer(staff, found)
    able: list[str] = []
    if steers:
        able += _steering(found)
    if staff is None or figures is None or not found.started_at:
        return able
    missed = any(call_lists.is_missed(state, reason) for _, state, reason, *_ in figures.cells)
    if missed and roles.allowed(staff.roles, call_lists.RIGHT):
        able.append("missed")
    if steers and await second_tries.curable(tx, found):
        able.append("retry")
    if figures.count("sent", "uncertain", IN_PART) and roles.allowed(staff.roles, "koreksi"):
        able.append("correct")
    return able


def _steering(found: Announcement) -> list[str]:
    if found.state == "draft":
        return ["edit"] if found.counted else []
    if found.state == "scheduled" and not found.planned and not found.plan_after:
        return ["move", "repeat", *(["skip"] if found.repeats else []), "remove"]
    by_state = {"scheduled": ["pause", "cancel"], "sending": ["pause", "cancel"], "paused": ["resume", "cancel"]}
    return by_state.get(found.state, ["cancel"] if found.state == "waiting" else [])


async def _move(chat: Chat, found: Announcement) -> None:
    zone = found.zone
    at = await chat.ask("at", Moment(chat.now, zone), zone=places.zone_label(found.areas[0]))
    outcome = await _carried_out(chat, found, lambda tx, code: schedules.move(tx, found.number, at, code))
    if outcome == "done":
        language = chat.speaker.language
        when = f"{formats.date(at, zone, language)}, {formats.clock(at, zone, language)}"
        await chat.say("moved", number=found.number, when=when)


async def _repeat(chat: Chat, found: Announcement) -> None:
    period = await chat.choose("period", [*schedules.PERIODS, "never"], number=found.number)
    wanted = "" if period == "never" else period
    outcome = await _carried_out(chat, found, lambda tx, code: schedules.repeat(tx, found.number, wanted, code))
    if outcome == "done":
        await chat.say(f"repeats.{period}", number=found.number)


async def _skip(chat: Chat, found: Announcement) -> None:
    at, language = schedules.following(found), chat.speaker.language
    outcome = await _carried_out(chat, found, lambda tx, code: schedules.skip_once(tx, found.number, code))
    if outcome == "done":
        when = f"{formats.date(at, found.zone, language)}, {formats.clock(at, found.zone, language)}"
        await chat.say("left_out", number=found.number, when=when)


async def _remove(chat: Chat, found: Announcement) -> None:
    if await chat.choose("sure", ["yes", "no"], exact=True, number=found.number) == "no":
        return await chat.say("fine")
    outcome = await _carried_out(chat, found, lambda tx, code: schedules.remove(tx, found.number, code))
    if outcome == "done":
        await chat.say("removed", number=found.number)


async def _retry(chat: Chat, found: Announcement) -> None:
    account = chat.speaker.account
    count = await chat.once("retried", lambda tx: second_tries.let_go(tx, account, found.number))
    if not count:
        return await chat.say("outcome.already", number=found.number)
    shown = formats.number(count, chat.speaker.language)
    if count == second_tries.MOST:
        return await chat.say("retried_many", count=shown, number=found.number)
    await chat.say("retried", n=count, count=shown, number=found.number)


async def _carried_out(chat: Chat, found: Announcement, deed: Callable[[Tx, str], Awaitable[Outcome]]) -> Outcome:
    """Do something to a schedule; where it cannot be done, that is said."""
    account = chat.speaker.account

    async def work(tx: Tx) -> Outcome:
        staff = await roles.of(tx, account)
        return await deed(tx, staff.code) if staff is not None else "unknown"

    outcome: Outcome = await chat.once("carried_out", work)
    if outcome != "done":
        why = outcome if outcome in ("over", "own") else "already"
        await chat.say(f"outcome.{why}", number=found.number)
    return outcome


# Who did not get it


async def _missed(chat: Chat, found: Announcement) -> None:
    """The people to be called, village by village; each look is recorded."""
    account, number = chat.speaker.account, found.number
    looked = await chat.once("looked_up", lambda tx: call_lists.look_up(tx, account, number))
    if not looked["allowed"]:
        return await chat.say("missed.not_yours")
    if looked["big"]:
        return await chat.say("missed.export", number=number)
    people = await chat.look(lambda tx: call_lists.entries(tx, account, looked["ids"]))
    if not people:
        return await chat.say("missed.nobody")
    await chat.say("call_list", number=number)
    for (village, kecamatan), entries in groupby(people, lambda one: (one.village, one.kecamatan)):
        lines = Joined(tuple(_entry(one) for one in entries), "\n")
        await chat.say("village", village=village or "–", kecamatan=kecamatan or "–", lines=lines)
    await chat.say("missed.more" if looked["more"] else "missed.care", number=number)


def _entry(one: Missed) -> Part:
    why = Joined((Part((f"reason.{_why(one.state, one.reason)}",)),))
    return Part(("entry",), {"name": one.name, "phone": one.phone or "–", "why": why})
