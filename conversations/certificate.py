"""Certificates: one's own once more, and anybody's checked by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.author import Chat, Joined, Option, Part, PersonName, conversation, courses, formats, places
from bot.records import certificates, lessons


@conversation(
    "certificate",
    words="piagam, sertifikat, certificate, cek piagam, cek sertifikat, check certificate, piagam saya, my certificate",
    # A code with a slip, or somebody's invention, is answered too.
    takes=lambda said: said.casefold().startswith(certificates.PREFIX.casefold()),
)
async def certificate(chat: Chat) -> Any:
    """With a code: whether it is genuine, and whose. Without one: one's own, sent again, or the one that waits."""
    if chat.given:
        return await _check(chat, certificates.code_in(chat.given) or chat.given)
    account, person = chat.speaker.account, chat.speaker.person
    mine = await chat.look(lambda tx: certificates.of_account(tx, account, person))
    if not mine:
        progress = await chat.look(lambda tx: lessons.progress(tx, account))
        earned = next((one.id for one in courses.all_of_them() if not progress.left(one)), "")
        return chat.then("course_done", earned) if earned else await chat.say("none")
    code = mine[0].code
    if len({one.name for one in mine}) > 1:
        language = chat.speaker.language
        each = [{"code": one.code, "name": one.name, "course": _course(one.course, language)} for one in mine]
        await chat.say("several", lines=Joined(tuple(Part(("line",), one) for one in each), "\n"))
        code = await chat.choose("whose", [Option(one.code, dict.fromkeys(places.LANGUAGES, one.code)) for one in mine])
    elif len(mine) > 1:
        options = [Option(one.code, _row(one.course) or {"": one.code}, aliases=(one.code,)) for one in mine]
        code = await chat.choose("which", options)
    await chat.once("again", lambda tx: certificates.send_again(tx, account, code))
    await chat.say("coming")


@conversation(
    "certificate_other",
    words="piagam nama lain, piagam orang lain, piagam untuk orang lain, sertifikat nama lain, sertifikat orang lain,"
    " certificate another name, certificate in another name, certificate for somebody else",
    texts="certificate",
)
async def another(chat: Chat) -> Any:
    """A certificate in another name, for somebody else who has learnt on the same phone."""
    account = chat.speaker.account
    progress = await chat.look(lambda tx: lessons.progress(tx, account))
    done = [one for one in courses.all_of_them() if not progress.left(one)]
    if not done:
        return await chat.say("none")
    course = done[0].id
    if len(done) > 1:
        course = await chat.choose("course", [Option(one.id, one.row) for one in done])
    name = await chat.ask("other_name", PersonName())
    await chat.once("issued", lambda tx: certificates.issue(tx, account, course, name))
    await chat.say("coming")


async def _check(chat: Chat, code: str) -> None:
    found = await chat.look(lambda tx: certificates.get(tx, code))
    if found is None:
        return await chat.say("unknown", code=code)
    language = chat.speaker.language
    date = formats.date(found.issued_at, certificates.zone(), language)
    await chat.say("genuine", code=code, name=found.name, course=_course(found.course, language), date=date)


def _course(id: str, language: str) -> str:
    """The title of a course; of one that is taught no more, what it was called by in the data."""
    course = courses.course(id)
    return courses.worded(course.title, language) if course is not None else id


def _row(id: str) -> Mapping[str, str]:
    """The title of a course as it fits into a list, by language."""
    course = courses.course(id)
    return course.row if course is not None else {}
