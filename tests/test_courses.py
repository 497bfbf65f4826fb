"""The courses: what the file and the catalogues must have, how long a lesson is, and how far somebody is in them."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot import courses
from bot.courses import ANSWERS, Lesson
from bot.markup import numbered, plain
from bot.messages import Button
from bot.questions import directory
from bot.questions.asking import Said, Shown
from bot.questions.choices import Choice
from bot.records import lessons, people
from bot.records.lessons import Progress
from bot.schema import lesson_progress
from bot.store import Store, Tx
from bot.tables import BadData
from bot.texts import Texts
from bot.words import fold
from conversations.lesson import _meant
from tests.rows import NOW

TEXTS = Texts.load(courses.LOCALES)
LESSONS = tuple(courses.shelf().lessons.values())
LANGUAGES = ("id", "en")
LONGEST = 60
VALUES = {"sapaan": "Bapak", "ojk_phone": "081-157-157-157", "date": "3 Nov 2026"}
EACH = pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.id)


def said(language: str, key: str, **values: object) -> str:
    return TEXTS.say(language, courses.CATALOGUE, key, {**VALUES, **values})


def options(language: str, question: str, values: tuple[str, ...]) -> str:
    return numbered(Button("", said(language, f"{question}.{one}")) for one in values)


def count(*texts: str) -> int:
    return sum(len(plain(text).split()) for text in texts)


def gists(one: Lesson) -> list[str]:
    return [f"{one.id}.gist", *([f"{one.id}.gist_checking"] if one.phone else [])]


def test_there_are_six_courses_of_five_lessons() -> None:
    assert [(one.id, len(one.lessons)) for one in courses.all_of_them()] == [(f"C{at}", 5) for at in range(1, 7)]


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_is_one_message_of_sixty_words(one: Lesson, language: str) -> None:
    course = courses.course(one.course)
    assert course is not None
    titles = {"course": course.title[language], "title": one.title[language]}
    head = said(language, "head", number=one.number, total=5, **titles)
    below = [said(language, f"{one.id}.today")]
    if one.changes:
        office = said(language, f"office.{one.office}")
        below.append(
            max((said(language, f"note.{how}", office=office) for how in ("checked", "old", "unchecked")), key=count)
        )
    if one.points:
        below.append(said(language, f"point.{one.points}"))
    ready = said(language, "ready"), options(language, "ready", ("quiz", "other"))
    unasked = said(language, "head_unasked", **titles)
    for gist in gists(one):
        assert max(count(head), count(unasked)) + count(said(language, gist), *below, *ready) <= LONGEST, gist


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_so_is_the_lesson_in_other_words_with_its_question(one: Lesson, language: str) -> None:
    asked = said(language, f"{one.id}.quiz"), options(language, f"{one.id}.quiz", ANSWERS)
    for line, words in (("not_yet", [f"{one.id}.again"]), ("not_yet_again", [f"{one.id}.again", *gists(one)])):
        for key in words:
            assert count(said(language, line), said(language, key), *asked) <= LONGEST, (line, key)


@EACH
def test_other_words_are_other_words(one: Lesson) -> None:
    for language in LANGUAGES:
        again, gist = (set(fold(said(language, f"{one.id}.{key}")).split()) for key in ("again", "gist"))
        assert len(again - gist) >= len(again) * 0.4


def shown(one: Lesson, attempt: int, language: str) -> tuple[Shown, ...]:
    return tuple(
        Shown(
            option.value,
            said(language, f"{one.id}.quiz.{option.value}"),
            (*(said(other, f"{one.id}.quiz.{option.value}") for other in LANGUAGES), *option.aliases),
        )
        for option in one.options(attempt)
    )


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_takes_numbers_labels_and_what_else_people_type(one: Lesson, language: str) -> None:
    for attempt in range(3):
        asked = shown(one, attempt, language)
        choice = Choice(tuple(one.options(attempt)))
        for number, option in enumerate(asked, 1):
            for typed in (str(number), option.label, option.label.lower(), *one.also.get(option.value, ())):
                assert choice.read(Said(typed, shown=asked)) == option.value, typed


@EACH
def test_no_answer_begins_as_another(one: Lesson) -> None:
    for language in LANGUAGES:
        labels = [fold(said(language, f"{one.id}.quiz.{answer}")) for answer in ANSWERS]
        for label in labels:
            assert sum(other.startswith(label) for other in labels) == 1


@EACH
def test_the_right_answer_moves_with_each_attempt(one: Lesson) -> None:
    orders = [[option.value for option in one.options(attempt)] for attempt in range(4)]
    assert all(sorted(order) == list(ANSWERS) for order in orders)
    assert orders[0] == orders[3]
    assert len({order.index(one.answer) for order in orders}) == 3


def test_the_right_answer_is_not_always_the_first() -> None:
    first = sum(one.options(0)[0].value == one.answer for one in LESSONS)
    assert first <= len(LESSONS) / 2


# Facts that change


DAY = 86_400_000


@pytest.mark.parametrize(
    ("checked", "standing"),
    [(None, "unchecked"), (date(2023, 11, 1), "checked"), (date(2022, 11, 15), "checked"), (date(2022, 11, 14), "old")],
)
def test_what_changes_each_year_says_when_it_was_checked(checked: date | None, standing: str) -> None:
    one = Lesson("C9L9", "C9", 9, {"id": "x"}, "o1", {}, {}, True, "bank", checked)
    assert one.standing(NOW) == standing


def test_permits_and_loans_name_the_office_that_knows() -> None:
    named = {one.id: one.office for one in LESSONS if one.changes}
    assert named == {"C5L1": "dpmptsp", "C5L2": "dinkes", "C5L3": "halal", "C5L4": "bank"}
    assert all(one.standing(NOW) == "" for one in LESSONS if not one.changes)


def test_lessons_on_scams_point_to_the_directory() -> None:
    assert [one.id for one in LESSONS if one.points == "contacts"] == ["C6L1", "C6L2", "C6L3"]
    assert [one.id for one in LESSONS if one.phone] == ["C6L2"]


def test_a_lesson_names_no_value_but_the_number_of_its_service() -> None:
    for one in LESSONS:
        for key in ("gist", "today", "again", "quiz"):
            told = {f"{one.phone}_phone"} if one.phone and key == "gist" else set()
            assert TEXTS.placeholders("en", courses.CATALOGUE, f"{one.id}.{key}") == told
        if one.phone:
            assert one.phone in directory.entries()
            assert not TEXTS.placeholders("en", courses.CATALOGUE, f"{one.id}.gist_checking")


def test_no_lesson_tells_a_number_itself() -> None:
    for language in LANGUAGES:
        for key in TEXTS.keys(courses.CATALOGUE):
            assert not re.search(
                r"(?<!Rp)(?<![\d.,])\d[\d-]{2,}", TEXTS.template(language, courses.CATALOGUE, key).forms[0]
            )


# The file


def copied(folder: Path) -> tuple[Path, Path]:
    locales = folder / "locales"
    for language in LANGUAGES:
        place = f"{language}/LC_MESSAGES/{courses.CATALOGUE}.po"
        (locales / place).parent.mkdir(parents=True)
        shutil.copy(courses.LOCALES / place, locales / place)
    return Path(shutil.copy(courses.FILE, folder / "courses.toml")), locales


def test_a_lesson_is_added_without_code(tmp_path: Path) -> None:
    file, locales = copied(tmp_path)
    table = '[[courses.lessons]]\nid = "C1L6"\nanswer = "o2"\nkeywords.id = ["contoh"]\n\n[[courses]]\nid = "C2"\n'
    file.write_text(file.read_text(encoding="utf-8").replace('[[courses]]\nid = "C2"\n', table), encoding="utf-8")
    keys = ("title", "gist", "today", "again", "quiz", "quiz.o1", "quiz.o2", "quiz.o3")
    for path in locales.glob("*/LC_MESSAGES/*.po"):
        with path.open("a", encoding="utf-8") as po:
            po.writelines(f'\nmsgid "C1L6.{key}"\nmsgstr "Contoh {at}"\n' for at, key in enumerate(keys))
    found = courses.read(file, locales)
    assert found.lessons["C1L6"].number == 6
    assert found.courses["C1"].label(frozenset({"C1L6", "C1L1"}))["id"] == "Mulai Lagi 2/6"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('id = "C1L2"', 'id = "X1"', r"C1\.lessons\[1\]\.id: 'X1' does not fit; write an id such as 'C1L2'"),
        ('id = "C1L2"', 'id = "C1L1"', "C1L1: stands there twice; keep one"),
        ('id = "C1L2"', 'id = "C1L7"', r"C1L7\.gist has no text in 'id'; add msgid"),
        ('answer = "o2"', 'answer = "2"', "C1L1.answer: '2' does not fit; write which of o1, o2, o3 is right"),
        ('office = "bank"', 'office = "none"', r"office\.none has no text"),
        (
            "# checked_on: OPERATOR",
            'checked_on = "soon"',
            r"C5L1\.checked_on: 'soon' does not fit; write a date such as",
        ),
        ("[[courses", "[[other", "courses: there are none; write at least one"),
        ("[[courses]]", "[[courses", "cannot be read"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_remedy(
    tmp_path: Path, before: str, after: str, told: str
) -> None:  # fmt: skip
    file, locales = copied(tmp_path)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(before, after, -1 if before == "[[courses" else 1), encoding="utf-8")
    with pytest.raises(BadData, match=told) as error:
        courses.read(file, locales)
    assert str(error.value).startswith(str(file))


def test_a_title_that_no_list_takes_is_told(tmp_path: Path) -> None:
    file, locales = copied(tmp_path)
    po = locales / "en" / "LC_MESSAGES" / "lessons.po"
    po.write_text(
        po.read_text(encoding="utf-8").replace('"Two wallets"', '"Two wallets and two tins"'), encoding="utf-8"
    )
    courses.read(file, locales)
    po.write_text(po.read_text(encoding="utf-8").replace('"Two wallets and', '"Three wallets and'), encoding="utf-8")
    with pytest.raises(BadData, match=r"C2L1.title has 26 characters in 'en'; 24 fit"):
        courses.read(file, locales)


# How far somebody is


def all_but(*left: str) -> frozenset[str]:
    return frozenset(one.id for one in LESSONS if one.id not in left)


@pytest.mark.parametrize(
    ("passed", "last", "following"),
    [
        (frozenset(), "", "C1L1"),
        (frozenset(), "C1L1", "C1L1"),
        (frozenset({"C2L1"}), "C2L1", "C2L2"),
        (frozenset(), "C2L4", "C2L4"),
        (frozenset({"C2L4"}), "C2L4", "C2L5"),
        (frozenset({"C2L5"}), "C2L5", "C2L1"),
        (frozenset(f"C3L{at}" for at in range(1, 6)), "C3L5", "C1L1"),
        (all_but("C4L2"), "C6L5", "C4L2"),
        (all_but(), "C6L5", ""),
    ],
)
def test_what_comes_next_is_in_the_course_that_was_begun(passed: frozenset[str], last: str, following: str) -> None:
    assert Progress(passed | {last} - {""}, passed, last).next() == following


def test_who_gets_lessons_without_asking_gets_none_again() -> None:
    assert Progress(frozenset({"C2L1"}), frozenset(), "C2L1").unseen() == "C2L2"
    assert Progress(all_but("C5L3"), frozenset(), "C6L5").unseen() == "C5L3"
    assert Progress(all_but(), frozenset(), "C6L5").unseen() == ""


async def _kept(tx: Tx) -> list[dict[str, object]]:
    return await tx.rows(lesson_progress.select().order_by(lesson_progress.c.lesson))


@pytest.mark.asyncio
async def test_progress_is_kept_once_for_each_lesson(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await lessons.shown(tx, "telegram", "C2L1")
        await lessons.tried(tx, "telegram", "C2L1")
        await lessons.tried(tx, "telegram", "C2L1")
        assert await lessons.next_lesson(tx, "telegram") == "C2L1"
        assert await lessons.next_lesson(tx, "telegram", unseen=True) == "C2L2"
        assert await lessons.passed(tx, "telegram", "C2L1")
        await lessons.useful(tx, "telegram", "C2L1", "somewhat")
        tx.now += DAY
        await lessons.shown(tx, "telegram", "C2L1")
        assert not await lessons.passed(tx, "telegram", "C2L1")
        assert await lessons.next_lesson(tx, "telegram") == "C2L2"
        assert await lessons.next_lesson(tx, "whatsapp") == "C1L1"

    await store.run(work)
    assert await store.run(_kept) == [
        {
            "account_id": "telegram", "lesson": "C2L1", "shown_at": NOW + DAY, "passed_at": NOW, "tries": 2,
            "useful": "somewhat",
        }
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_a_lesson_that_is_taught_no_more_does_not_count(store: Store) -> None:
    async def work(tx: Tx) -> Progress:
        await lessons.shown(tx, "telegram", "C1L1")
        tx.now += 1
        await lessons.shown(tx, "telegram", "C0L0")
        return await lessons.progress(tx, "telegram")

    assert await store.run(work) == Progress(frozenset({"C1L1"}), frozenset(), "C1L1")


@pytest.mark.asyncio
async def test_progress_goes_with_who_deletes_themselves_unless_others_write_from_there(store: Store) -> None:
    async def work(tx: Tx) -> list[str]:
        for person, account in (("p1", "telegram"), ("p1", "whatsapp"), ("p2", "whatsapp")):
            if await people.get(tx, person) is None:
                await people.create(
                    tx, person, full_name="Peserta 01", nickname="Peserta", salutation="ibu", sex="female"
                )
            await people.link(tx, account, person)
            await lessons.shown(tx, account, "C1L1")
        await people.erase(tx, "p1")
        return [str(row["account_id"]) for row in await _kept(tx)]

    assert await store.run(work) == ["whatsapp"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("c2l3", ("C2L3", 0, False)), ("C2L3 2", ("C2L3", 2, False)), ("C2L3 series", ("C2L3", 0, True)),
        ("C2L3 ²", ("C2L3", 0, False)), (f"C2L3 {'9' * 5000}", ("C2L3", 0, False)), ("", ("", 0, False)),
    ],
)  # fmt: skip
def test_what_stands_behind_the_word_for_a_lesson(typed: str, meant: tuple[str, int, bool]) -> None:
    assert _meant(typed) == meant
