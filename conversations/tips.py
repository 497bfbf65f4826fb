"""Lessons on earning one's own money: the courses, how far somebody is in them, and which lesson they want."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.author import Chat, Course, Option, conversation, courses
from bot.records import certificates, lessons
from bot.records.certificates import Certificate
from bot.records.lessons import Progress
from conversations.tips_search import Listed

MOST_WORDS = 5
"""Behind "tips": what is longer is a sentence about something else."""


def about_something(said: str) -> bool:
    """Whether what stands behind "tips" is something to look for: "tips modal"."""
    return len(said.split()) <= MOST_WORDS


@conversation(
    "tips",
    words="tips, tip, tips usaha, tips bisnis, tips jualan, daftar tips, lessons, courses, business tips",
    takes=about_something,
)
async def tips(chat: Chat) -> Any:
    """Show the courses, go on in one of them, or open the lesson that was named."""
    named, rest = (*chat.given.upper().split(maxsplit=1), "", "")[:2]
    if courses.lesson(named) is not None:
        return chat.then("lesson", named)
    course = courses.course(named)
    if course is not None:
        return await _in_course(chat, course, listed=bool(rest))
    if named:
        return chat.then("tips_search", chat.given)
    return await _overview(chat)


@conversation(
    "learn",
    words="belajar, belajar usaha, belajar bisnis, kursus, kursus usaha, learn, mau belajar,"
    " mau belajar usaha, saya mau belajar usaha, mau belajar bisnis, i want to learn",
    texts="tips",
)
async def learn(chat: Chat) -> Any:
    """The same by words that begin sentences, too: nothing may stand behind these."""
    return chat.then("tips")


async def _overview(chat: Chat) -> Any:
    """All courses with how far somebody is, and above them what comes next."""
    account, language = chat.speaker.account, chat.speaker.language
    progress: Progress = await chat.look(lambda tx: lessons.progress(tx, account))
    following = courses.lesson(progress.next())
    options = [Option(one.id, one.label(progress.passed), _names(one)) for one in courses.all_of_them()]
    if following is None:
        await chat.say("finished")
    elif not progress.shown:
        await chat.say("intro")
    else:
        course = courses.course(following.id)
        total = len(course.lessons) if course is not None else 0
        title = courses.worded(following.title, language)
        await chat.say("following", title=title, number=following.number, total=total)
        options.insert(0, Option("continue", aliases=("lanjut", "next", "ya", "yes", "ok")))
    made = await chat.look(lambda tx: certificates.of_account(tx, account, chat.speaker.person))
    waits = [one for one in courses.all_of_them() if not progress.left(one) and not _certified(one, made)]
    if waits:
        await chat.say("certificate_waits", title=courses.worded(waits[0].title, language))
    chosen = await chat.ask("course", Listed((*options, Option("search"))))
    if chosen.startswith("*"):
        return chat.then("tips_search", chosen[1:])
    if chosen == "continue":
        return chat.then("lesson", following.id if following is not None else "")
    return chat.then("tips_search") if chosen == "search" else chat.then("tips", chosen)


def _names(course: Course) -> tuple[str, ...]:
    """What a course may be called besides its row in the list."""
    return (*course.title.values(), *course.row.values())


def _certified(course: Course, made: Iterable[Certificate]) -> bool:
    return any(one.course == course.id for one in made)


async def _in_course(chat: Chat, course: Course, listed: bool) -> Any:
    """The next lesson of a course by itself; its list where that was asked for, and where all are passed."""
    account, language = chat.speaker.account, chat.speaker.language
    progress: Progress = await chat.look(lambda tx: lessons.progress(tx, account))
    left = progress.left(course)
    if left and not listed:
        return chat.then("lesson", left[0])
    if not left:
        made = await chat.look(lambda tx: certificates.of_account(tx, account, chat.speaker.person))
        if not _certified(course, made):
            return chat.then("course_done", course.id)
    total = len(course.lessons)
    options = [Option(one.id, one.title) for one in course.lessons]
    title = courses.worded(course.title, language)
    listed_too = Listed((*options, Option("courses")))
    chosen = await chat.ask("pick", listed_too, title=title, done=total - len(left), total=total)
    if chosen.startswith("*"):
        return chat.then("tips_search", chosen[1:])
    return chat.then("tips") if chosen == "courses" else chat.then("lesson", chosen)
