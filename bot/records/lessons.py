"""How far a chat is in the courses: which lessons it was shown, what it has passed, and how useful it found them.

Kept by the chat, not by the person: lessons need no enrolment. What the lessons are is courses.py's.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update

from bot import courses
from bot.schema import lesson_progress
from bot.store import Tx

_c = lesson_progress.c


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is."""

    shown: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    last: str = ""
    """The lesson that was shown last."""

    def left(self, course: courses.Course) -> list[str]:
        """The lessons of a course that are not passed, in order."""
        return [one.id for one in course.lessons if one.id not in self.passed]

    def next(self) -> str:
        """What comes next: from the last one on in its course, else the first that is left; empty after the last."""
        left = [lesson for course in courses.all_of_them() for lesson in self.left(course)]
        begun, last = courses.course(self.last), courses.lesson(self.last)
        if begun is not None and last is not None:
            here = [one.id for one in (*begun.lessons[last.number - 1 :], *begun.lessons) if one.id in left]
            left = [*here, *left]
        return left[0] if left else ""

    def unseen(self) -> str:
        """As `next`, without what was shown already: for who gets lessons without asking; empty after the last."""
        seen = Progress(passed=self.passed | self.shown, last=self.last)
        return seen.next()


async def shown(tx: Tx, account: str, lesson: str) -> None:
    """A lesson was sent to this chat."""
    again = update(lesson_progress).where(_of(account, lesson)).values(shown_at=tx.now)
    if not (await tx.execute(again)).rowcount:
        await tx.add(lesson_progress, {"account_id": account, "lesson": lesson, "shown_at": tx.now})


async def tried(tx: Tx, account: str, lesson: str) -> None:
    """Another answer than the right one was given."""
    await tx.execute(update(lesson_progress).where(_of(account, lesson)).values(tries=_c.tries + 1))


async def passed(tx: Tx, account: str, lesson: str) -> bool:
    """The right answer was given. True: how useful the lesson was has not been said yet."""
    first = update(lesson_progress).where(_of(account, lesson), _c.passed_at.is_(None)).values(passed_at=tx.now)
    await tx.execute(first)
    return not await tx.value(select(_c.useful).where(_of(account, lesson)))


async def useful(tx: Tx, account: str, lesson: str, said: str) -> None:
    """How useful somebody found a lesson: yes, somewhat, no."""
    await tx.execute(update(lesson_progress).where(_of(account, lesson)).values(useful=said))


async def progress(tx: Tx, account: str) -> Progress:
    """How far this chat is. Lessons that are not taught any more do not count."""
    rows = await tx.rows(
        select(_c.lesson, _c.passed_at).where(_c.account_id == account).order_by(_c.shown_at.desc(), _c.lesson.desc())
    )
    known = [row for row in rows if courses.lesson(row["lesson"]) is not None]
    return Progress(
        frozenset(row["lesson"] for row in known),
        frozenset(row["lesson"] for row in known if row["passed_at"] is not None),
        known[0]["lesson"] if known else "",
    )


async def next_lesson(tx: Tx, account: str, *, unseen: bool = False) -> str:
    """The lesson that comes next for this chat; empty after the last. `unseen`: none that was shown already."""
    found = await progress(tx, account)
    return found.unseen() if unseen else found.next()


async def forget(tx: Tx, account: str) -> None:
    """Nobody writes from this chat any more whose progress it could be."""
    await tx.execute(delete(lesson_progress).where(_c.account_id == account))


def _of(account: str, lesson: str) -> ColumnElement[bool]:
    return (_c.account_id == account) & (_c.lesson == lesson)
