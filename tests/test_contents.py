"""Content templates: which there are, what fits into one, and which way a message goes that cannot go as it is."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import submissions
from bot.commands import lint
from bot.contents import KNOCK, KNOCK_OWN_CASE, LONGEST, Approved, Key, ask, choose, fill, filled, knock
from bot.messages import Button
from bot.records import announcements
from bot.submissions import NOTICES, Submission
from bot.texts import Entry, Texts

LOCALES = Path(__file__).parent.parent / "locales"
TEXTS = Texts.load(LOCALES)
EVERY = submissions.submissions(TEXTS)
GIVEN = {"sender": "Mart Contoh", "text": "Beras 5 kg Rp68.000 sampai Minggu.", "number": "PGM-7K4MA"}


def _approved(one: Submission) -> Approved:
    return Approved(f"HX-{one.name}", one.key, one.language, one.body, one.category)


ALL: dict[Key, Approved] = {(one.key, one.language): _approved(one) for one in EVERY}
PROMO = ALL["mart_promo", "id"]


def test_every_category_and_both_knocks_are_there_in_each_language() -> None:
    for language in TEXTS.languages:
        found = {one.key for one in EVERY if one.language == language and one.shape == "text"}
        assert found == {*NOTICES, KNOCK, KNOCK_OWN_CASE}


def test_the_categories_are_those_of_announcements() -> None:
    assert tuple(NOTICES) == announcements.CATEGORIES


def test_every_shape_is_there() -> None:
    shapes = Counter((one.shape, one.language) for one in EVERY if one.shape != "text")
    assert shapes == {("buttons", "id"): 3, ("list", "id"): 10, ("list", "en"): 10}
    assert all(not one.category for one in EVERY if one.shape != "text")


def test_names_are_whatsapps_and_differ() -> None:
    names = [one.name for one in EVERY]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]{1,64}", name) for name in names)


def test_only_safety_and_the_own_case_are_submitted_as_utility() -> None:
    assert {one.key for one in EVERY if one.category == "UTILITY"} == {"safety", KNOCK_OWN_CASE}


def test_our_templates_are_as_meta_takes_them() -> None:
    assert list(submissions.problems(TEXTS)) == []


def test_a_notice_tells_how_to_stop_and_how_to_check() -> None:
    for one in EVERY:
        if one.key in NOTICES:
            assert "*berhenti*" in one.body
            assert "*cek pengumuman {{3}}*" in one.body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{sender} mengabari kita semua bahwa: {text} sampai {number} ya, begitu", "before, between and after"),
        ("Halo Kakak, ini kabar dari {sender}: {text} – balas cek {number}", "before, between and after"),
        ("Halo Kakak, ini kabar dari {sender}:\n\n{text}\n{number} begitu kabarnya", "before, between and after"),
        ("Halo Kakak, kata {text} dari {sender} dengan nomor {number} begitu", "in this order"),
        ("Halo, {sender} bilang {text} nomor {number} ya", "at least 7 words"),
        (f"Halo Kakak, ini kabar dari {{sender}} {'kata ' * 110} {{text}} nomor {{number}} ya", "too little room"),
    ],
)
def test_a_translation_that_meta_would_not_take_is_found(text: str, told: str) -> None:
    keys = ("sample.sender", "sample.text", "sample.number")
    entries = {key: Entry(key, ("contoh",), False) for key in keys}
    entries["notice.tips"] = Entry("notice.tips", (text,), False)
    found = list(submissions.problems(Texts({("id", "templates"): entries}, {}, "id")))
    assert [line for line in found if told in line and "tips" in line], found


def test_the_lint_looks_at_templates(tmp_path: Path) -> None:
    entries = {"notice.tips": Entry("notice.tips", ("{sender}",), False)}
    entries |= {key: Entry(key, ("x",), False) for key in ("sample.sender", "sample.text", "sample.number")}
    assert any("templates.po: tips" in one for one in lint.problems(Texts({("id", "templates"): entries}, {}, "id")))


def test_another_text_or_category_is_another_template() -> None:
    one = EVERY[0]
    types = {"twilio/text": {"body": one.body + "!"}}
    assert len({one.name, dataclasses.replace(one, types=types).name, dataclasses.replace(one, category="X").name}) == 3
    assert dataclasses.replace(one, samples={}).name == one.name


def test_a_language_that_meta_does_not_know_has_no_template_and_a_missing_text_none_of_another(tmp_path: Path) -> None:
    for language in ("id", "jv", "ms"):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        text = (LOCALES / "id" / "LC_MESSAGES" / "templates.po").read_text(encoding="utf-8")
        if language == "ms":
            text = text.replace('msgid "notice.tips"', 'msgid "notice.other"')
        (folder / "templates.po").write_text(text, encoding="utf-8")
    found = {(one.key, one.language) for one in submissions.submissions(Texts.load(tmp_path))}
    assert {language for _, language in found} == {"id", "ms"}
    assert ("tips", "ms") not in found
    assert ("job", "ms") in found


def test_a_text_of_one_line_is_filled_in() -> None:
    made = fill(PROMO, GIVEN)
    assert made is not None
    sid, variables = made
    assert (sid, variables) == (PROMO.sid, {"1": GIVEN["sender"], "2": GIVEN["text"], "3": GIVEN["number"]})
    text = filled(PROMO.body, variables)
    assert "promo dari *Mart Contoh*" in text
    assert "cek pengumuman PGM-7K4MA" in text


@pytest.mark.parametrize(
    "text",
    ["baris\ndua", "baris\r\ndua", "tab\tdi sini", "empat    spasi", "pemisah\u2028baris", "", "   ", "x" * LONGEST],
    ids=repr,
)
def test_what_whatsapp_takes_in_no_variable_does_not_fit(text: str) -> None:
    assert fill(PROMO, {**GIVEN, "text": text}) is None


def test_the_length_counts_everything_that_is_read() -> None:
    room = LONGEST - len(filled(PROMO.body, {"1": GIVEN["sender"], "2": "", "3": GIVEN["number"]}))
    assert fill(PROMO, {**GIVEN, "text": "x" * room}) is not None
    assert fill(PROMO, {**GIVEN, "text": "x" * (room + 1)}) is None
    assert fill(PROMO, {**GIVEN, "text": "😀" * (room // 2 + 1)}) is None


@given(st.text(max_size=1200))
def test_whatever_is_filled_in_is_one_line_that_fits(text: str) -> None:
    made = fill(PROMO, {**GIVEN, "text": text})
    if made is not None:
        assert all(made[1].values())
        assert not re.search(r"[\n\r\t]| {5,}", made[1]["2"])
        assert len(filled(PROMO.body, made[1])) <= LONGEST


def test_an_announcement_goes_as_its_category_else_as_the_knock_else_not_at_all() -> None:
    made = choose(ALL, "mart_promo", ["id"], GIVEN)
    assert made is not None
    assert (made.sid, made.category, made.knock) == (PROMO.sid, "MARKETING", False)
    long = choose(ALL, "mart_promo", ["id"], {**GIVEN, "text": "satu\ndua"})
    assert long is not None
    assert (long.sid, long.knock, long.variables) == (ALL[KNOCK, "id"].sid, True, {"1": "Mart Contoh"})
    assert long.text.startswith("Halo Kakak, ada pengumuman baru dari *Mart Contoh*. Balas *LIHAT*")
    knocks = {key: one for key, one in ALL.items() if key[0] == KNOCK}
    waiting = choose(knocks, "mart_promo", ["id"], GIVEN)
    assert waiting is not None
    assert waiting.knock
    assert choose({}, "mart_promo", ["id"], GIVEN) is None


def test_the_persons_language_comes_before_another() -> None:
    english = choose(ALL, "tips", TEXTS.chain("en"), GIVEN)
    assert english is not None
    assert english.sid == ALL["tips", "en"].sid
    sundanese = choose(ALL, "tips", TEXTS.chain("su"), GIVEN)
    assert sundanese is not None
    assert sundanese.sid == ALL["tips", "id"].sid


def test_news_of_the_own_case_has_a_knock_of_its_own() -> None:
    made = knock(ALL, ["id"], "Organisasi Contoh")
    assert made is not None
    assert (made.category, made.knock) == ("UTILITY", True)
    assert "Organisasi Contoh" in made.text
    assert knock({(KNOCK, "id"): ALL[KNOCK, "id"]}, ["id"], "Organisasi Contoh") is None


def _options(*labels: str) -> list[Button]:
    return [Button(f"t{number}", label) for number, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        (("Ya",), "buttons_1"),
        (("Ya", "Tidak", "Nanti"), "buttons_3"),
        (("Ya", "x" * 21), "list_2"),
        (("a", "b", "c", "d"), "list_4"),
        (tuple("abcdefghij"), "list_10"),
        (tuple("abcdefghijk"), ""),
        (("Ya", "x" * 25), ""),
        (("Ya", "Ya"), ""),
        (("Ya", ""), ""),
        ((), ""),
    ],
    ids=str,
)
def test_a_question_becomes_buttons_or_a_list_where_it_can(labels: tuple[str, ...], key: str) -> None:
    made = ask(ALL, TEXTS.chain("en"), "Mau\nyang mana?", _options(*labels))
    if not key:
        assert made is None
        return
    assert made is not None
    language = "id" if key.startswith("buttons") else "en"
    assert made[0] == ALL[key, language].sid
    assert list(made[1]) == [str(number) for number in range(1, 2 * len(labels) + 2)]
    assert made[1]["1"] == "Mau\nyang mana?"
    assert (made[1]["2"], made[1]["3"]) == (labels[0], "t0")


def test_a_question_that_is_too_long_or_has_no_shape_is_numbered_lines() -> None:
    assert ask(ALL, ["id"], "x" * (LONGEST + 1), _options("Ya")) is None
    assert ask({}, ["id"], "Mau?", _options("Ya")) is None
