"""The courses and their lessons: data/courses.toml, with their titles from the catalogue `lessons`.

Read once, when first asked for. What is taught stands in the catalogue alone; who has learnt what is
records/lessons.py's, finding a lesson by words searching.py's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import tables, texts
from bot.questions import places
from bot.questions.asking import Option
from bot.tables import BadData

FILE: Final = places.DATA / "courses.toml"
LOCALES: Final = places.DATA.parent / "locales"
CATALOGUE: Final = "lessons"
ANSWERS: Final = ("o1", "o2", "o3")
"""What the answers to a question are called in its catalogue. Not 1, 2, 3: their numbers are those of the day."""
ROW: Final = 24
"""Characters of a row in a list."""
GOOD_FOR: Final = timedelta(days=365)
"""How long a fact that changes each year may be told as checked."""

Words = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson. `changes`: what it says is set anew each year; the office knows, last asked on `checked_on`."""

    id: str
    course: str
    number: int
    """Within its course, from 1."""
    title: Words
    answer: str
    """The right one of ANSWERS."""
    also: Mapping[str, tuple[str, ...]]
    """What else people type for an answer."""
    keywords: Mapping[str, tuple[str, ...]]
    """What it is found by besides its own words, by language."""
    changes: bool = False
    office: str = ""
    checked_on: date | None = None
    phone: str = ""
    """A service of the directory (directory.py) whose number it tells."""
    points: str = ""
    """Where it sends people besides: the end of a key `point.…`."""

    def standing(self, now: int) -> str:
        """Whether what changes each year was checked: `checked`, `old`, `unchecked`; empty where nothing changes.

        now: UTC milliseconds.
        """
        if not self.changes:
            return ""
        if self.checked_on is None:
            return "unchecked"
        today = datetime.fromtimestamp(now / 1000, ZoneInfo(places.zone(""))).date()
        return "checked" if today <= self.checked_on + GOOD_FOR else "old"

    def options(self, attempt: int) -> list[Option]:
        """The answers in the order of this attempt: the same for everybody, and the right one moves each time."""
        first = hashlib.sha256(self.id.encode()).digest()[0]
        turned = (ANSWERS, (ANSWERS[0], ANSWERS[2], ANSWERS[1]))[first // 3 % 2]
        at = (first + attempt) % len(turned)
        return [Option(one, aliases=self.also.get(one, ())) for one in (*turned[at:], *turned[:at])]


@dataclass(frozen=True, slots=True)
class Course:
    """One course with its lessons, in order."""

    id: str
    title: Words
    row: Words
    """The same, short enough for a row with how far somebody is."""
    lessons: tuple[Lesson, ...]

    def label(self, passed: frozenset[str]) -> Words:
        """Its row in a list: "Hitung Dulu 2/5"."""
        done = sum(one.id in passed for one in self.lessons)
        return {language: f"{text} {done}/{len(self.lessons)}" for language, text in self.row.items()}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything in the file, by id and in its order."""

    courses: Mapping[str, Course]
    lessons: Mapping[str, Lesson]
    texts: Mapping[str, Mapping[str, str]]
    """The catalogue by language and key."""
    search: Mapping[str, Any]
    """The table [search], for searching.py."""


def worded(text: Words, language: str) -> str:
    """A text in a language, or in the programme's where it is not written in that one."""
    return text.get(language) or text[places.LANGUAGES[0]]


def read(path: Path, locales: Path) -> Shelf:
    """Read and check a file of courses with its catalogues; raises BadData."""
    data = tables.read(path)
    known = _catalogues(locales)
    reading = _Reading(path, known)
    found = data.get("courses")
    if not isinstance(found, list) or not found:
        raise BadData(f"{path}: courses: there are none; write at least one [[courses]] table")
    courses: dict[str, Course] = {}
    lessons: dict[str, Lesson] = {}
    for at, table in enumerate(found):
        course = reading.course(at, table)
        if course.id in courses:
            raise BadData(f"{path}: {course.id}: stands there twice; keep one")
        courses[course.id] = course
        for one in course.lessons:
            if lessons.setdefault(one.id, one) is not one:
                raise BadData(f"{path}: {one.id}: stands there twice; keep one")
    return Shelf(courses, lessons, known, data.get("search", {}))


def _catalogues(locales: Path) -> Mapping[str, Mapping[str, str]]:
    found = sorted(locales.glob(f"*/LC_MESSAGES/{CATALOGUE}.po"))
    return {
        path.parent.parent.name: {
            entry.key: entry.forms[0] for entry in texts.read(path.read_text(encoding="utf-8"), str(path)) if entry.key
        }
        for path in found
    }


class _Reading:
    """One file on its way into courses and lessons; what does not fit is told with its place and the remedy."""

    def __init__(self, path: Path, known: Mapping[str, Mapping[str, str]]) -> None:
        self.path = path
        self.known = known

    def course(self, at: int, table: dict[str, Any]) -> Course:
        id = self._id(f"courses[{at}]", table, r"C\d+", "C7")
        tables = table.get("lessons") or []
        if not tables:
            raise self._wrong(id, "lessons", tables, "at least one [[courses.lessons]] table")
        made = tuple(self._lesson(id, number, one) for number, one in enumerate(tables, 1))
        longest = ROW - len(f" {len(made)}/{len(made)}")
        return Course(id, self._text(f"{id}.title"), self._text(f"{id}.row", longest), made)

    def _lesson(self, course: str, number: int, table: dict[str, Any]) -> Lesson:
        id = self._id(f"{course}.lessons[{number - 1}]", table, rf"{course}L\d+", f"{course}L{number}")
        answer = table.get("answer")
        if answer not in ANSWERS:
            raise self._wrong(id, "answer", answer, f"which of {', '.join(ANSWERS)} is right")
        checked = table.get("checked_on") or None
        if checked is not None and type(checked) is not date:
            raise self._wrong(id, "checked_on", checked, "a date such as 2026-11-23, without quotes, or leave it out")
        office = str(table.get("office", ""))
        for key in ("gist", "today", "again", "quiz", *(f"quiz.{one}" for one in ANSWERS)):
            self._text(f"{id}.{key}")
        if office:
            self._text(f"office.{office}")
        return Lesson(
            id, course, number, self._text(f"{id}.title", ROW), answer,
            {one: tuple(map(str, names)) for one, names in table.get("also", {}).items()},
            {language: tuple(names) for language, names in table.get("keywords", {}).items()},
            bool(office), office, checked, str(table.get("phone", "")), str(table.get("points", "")),
        )  # fmt: skip

    def _id(self, place: str, table: dict[str, Any], pattern: str, example: str) -> str:
        id = table.get("id")
        if not isinstance(id, str) or not re.fullmatch(pattern, id):
            raise self._wrong(place, "id", id, f"an id such as {example!r}")
        return id

    def _text(self, key: str, longest: int = 0) -> Words:
        """A text of the catalogue in every language that has one; the programme's must."""
        found = {language: words[key] for language, words in self.known.items() if words.get(key)}
        main = places.LANGUAGES[0]
        if main not in found:
            remedy = f"add msgid {key!r} to locales/*/LC_MESSAGES/{CATALOGUE}.po"
            raise BadData(f"{self.path}: {key} has no text in {main!r}; {remedy}")
        for language, text in found.items():
            if longest and len(text) > longest:
                raise BadData(
                    f"{self.path}: {key} has {len(text)} characters in {language!r}; {longest} fit into a list: "
                    f"shorten it in locales/{language}/LC_MESSAGES/{CATALOGUE}.po"
                )
        return found

    def _wrong(self, place: str, key: str, value: object, remedy: str) -> BadData:
        return BadData(f"{self.path}: {place}.{key}: {value!r} does not fit; write {remedy}")


@cache
def shelf() -> Shelf:
    """The courses of the programme."""
    return read(FILE, LOCALES)


def all_of_them() -> tuple[Course, ...]:
    """The courses, in order."""
    return tuple(shelf().courses.values())


def course(id: str) -> Course | None:
    """A course by its id, also that of one of its lessons."""
    one = shelf().lessons.get(id)
    return shelf().courses.get(one.course if one is not None else id)


def lesson(id: str) -> Lesson | None:
    """A lesson by its id."""
    return shelf().lessons.get(id)


def names() -> frozenset[str]:
    """What the file calls things that have texts in the catalogue: courses, lessons, offices, where they point to."""
    made = [(one.id, one.course, one.office, one.points) for one in shelf().lessons.values()]
    return frozenset(name for each in made for name in each if name)
