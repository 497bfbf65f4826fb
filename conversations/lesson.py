"""One lesson: what it teaches, something small to do today, one question on it, and where to go from there.

Each attempt at the question is a talk of its own (`C2L3 1` is the second), so what was answered before stays as it was.
The words stand in lessons.po, which lessons there are in data/courses.toml.
"""

from __future__ import annotations

import re
from typing import Any

from bot.author import (
    Chat,
    Course,
    Joined,
    Lesson,
    Option,
    Part,
    PersonName,
    Tx,
    YesNo,
    conversation,
    courses,
    directory,
    formats,
)
from bot.records import certificates, lessons, people, series
from bot.records.lessons import Progress

PRAISES = ("praise.right", "praise.exactly", "praise.well")
READ = ("ya", "iya", "y", "ok", "oke", "siap", "sudah", "udah", "lanjut", "next", "yes", "ready")
"""What people say when they have read the lesson."""
ONWARD = ("next", "repeat", "other", "enough")


@conversation("lesson", words="pelajaran, lesson", texts="lessons")
async def lesson(chat: Chat) -> Any:
    """Teach the lesson that was given, ask about it until the answer is right, and offer what comes next."""
    id, attempt, unasked = _meant(chat.given)
    one = courses.lesson(id)
    if one is None:
        return chat.then("tips", chat.given)
    account = chat.speaker.account
    await chat.once("shown", lambda tx: lessons.shown(tx, account, id))
    if unasked:
        await chat.once("came", lambda tx: series.came(tx, account, chat.speaker.zone))
    if not attempt:
        await _teach(chat, one, unasked)
        if await chat.choose("ready", [Option("quiz", aliases=READ), "other"]) == "other":
            return chat.then("tips", f"{one.course} list")
    else:
        await chat.say("not_yet" if attempt == 1 else "not_yet_again")
        # In other words, and then once more as it was first put: there are two ways of saying it.
        await (_gist(chat, one) if attempt % 2 == 0 else chat.say(f"{id}.again"))
    if await chat.choose(f"{id}.quiz", one.options(attempt), tests=True) != one.answer:
        await chat.once("tried", lambda tx: lessons.tried(tx, account, id))
        return chat.then("lesson", f"{id} {attempt + 1}")
    to_rate = await chat.once("passed", lambda tx: lessons.passed(tx, account, id))
    await chat.say(PRAISES[one.number % len(PRAISES)])
    if to_rate and (said := await chat.choose("useful", ["yes", "somewhat", "no"], optional=True)):
        await chat.once("rated", lambda tx: lessons.useful(tx, account, id, said))
        await chat.say("noted")
    if await chat.once("finished", lambda tx: _finished(tx, account, one.course)):
        return chat.then("course_done", one.course)
    return await _onward(chat, [*ONWARD], id)


def _meant(given: str) -> tuple[str, int, bool]:
    """The lesson, how often its question was answered already, and whether it comes without being asked for."""
    id, rest = (*given.split(), "", "")[:2]
    return id.upper(), int(rest) if re.fullmatch("[0-9]{1,3}", rest) else 0, rest == series.UNASKED


async def _teach(chat: Chat, one: Lesson, unasked: bool) -> None:
    """Say the lesson, with what is to be known of facts that change each year."""
    language = chat.speaker.language
    course = courses.course(one.course)
    assert course is not None, one.course
    title, number, total = courses.worded(one.title, language), one.number, len(course.lessons)
    if unasked:
        await chat.say("head_unasked", title=title)
    else:
        await chat.say("head", course=courses.worded(course.title, language), number=number, total=total, title=title)
    await _gist(chat, one)
    await chat.say(f"{one.id}.today")
    if standing := one.standing(chat.now):
        checked = formats.short_date(one.checked_on, chat.speaker.zone, language) if one.checked_on else ""
        await chat.say(f"note.{standing}", office=Joined((Part((f"office.{one.office}",)),)), date=checked)
    if one.points:
        await chat.say(f"point.{one.points}")


async def _gist(chat: Chat, one: Lesson) -> None:
    """What it teaches; a number that is being checked is not told."""
    phone = directory.phone(one.phone, chat.now) if one.phone else ""
    if one.phone and not phone:
        return await chat.say(f"{one.id}.gist_checking")
    await chat.say(f"{one.id}.gist", **({f"{one.phone}_phone": phone} if phone else {}))


async def _finished(tx: Tx, account: str, id: str, person: str = "") -> bool:
    """Whether the course is passed and its certificate for this person is not made yet."""
    course = courses.course(id)
    left = (await lessons.progress(tx, account)).left(course) if course is not None else [id]
    return not left and all(one.course != id for one in await certificates.of_account(tx, account, person))


async def _onward(chat: Chat, options: list[str], here: str = "") -> Any:
    """Go on to what comes next, if that is what somebody wants."""
    progress: Progress = await chat.look(lambda tx: lessons.progress(tx, chat.speaker.account))
    following = courses.lesson(progress.next())
    if following is None:
        return await chat.say("all_done")
    course = courses.course(following.id)
    total = len(course.lessons) if course is not None else 0
    title = courses.worded(following.title, chat.speaker.language)
    chosen = await chat.choose("onward", options, title=title, number=following.number, total=total)
    if chosen == "next":
        return chat.then("lesson", following.id)
    if chosen == "repeat":
        return chat.then("lesson", here)
    if chosen == "other":
        return chat.then("tips")
    return await chat.say("enough")


@conversation("course_done", texts="lessons")
async def course_done(chat: Chat) -> Any:
    """Congratulate on a course, and make its certificate in the name that is to stand on it."""
    course: Course | None = courses.course(chat.given)
    account, person = chat.speaker.account, chat.speaker.person
    if course is None or not await chat.once("begun", lambda tx: _finished(tx, account, chat.given, person)):
        return chat.then("tips", f"{chat.given} list")
    title = courses.worded(course.title, chat.speaker.language)
    await chat.say("done", course=title, total=len(course.lessons))
    name = await chat.once("name", lambda tx: _known_name(tx, person))
    if not name or await chat.ask("name_fits", YesNo(), called=name) == "no":
        # In another name it is somebody else's, whom we do not know.
        name, person = await chat.ask("certificate_name", PersonName()), ""
    code = await chat.once("certificate", lambda tx: certificates.issue(tx, account, course.id, name, person))
    await chat.say("certificate", code=code)
    return await _onward(chat, [one for one in ONWARD if one != "repeat"])


async def _known_name(tx: Tx, person: str) -> str:
    found = await people.get(tx, person) if person else None
    return found.full_name if found is not None else ""
