"""Looking for a lesson by words: as they are written, other forms, synonyms, typos, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import courses
from bot.repertoire import load
from bot.searching import MOST, Sought, search
from bot.turns.hearing import Ears

EARS = Ears(load())


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("modal", "C1L1"), ("foto", "C4L2"), ("pirt", "C5L2"), ("rencana", "C1L4"), ("pacar", "C6L1"),
        ("kemasan", "C4L4"), ("titip jual", "C4L5"), ("harga jual", "C3L4"), ("jualan online", "C4L3"),
        # Other forms.
        ("penjualan di wa", "C4L3"), ("mencatat", "C2L2"), ("nabung", "C2L5"), ("keuntungan", "C3L5"),
        # What means the same.
        ("ngutang", "C2L4"), ("ditipu", "C6L1"), ("upah", "C2L3"), ("laba", "C3L5"), ("ijin usaha", "C5L1"),
        ("loker", "C6L5"), ("cara hitung harga jual", "C3L4"),
        # Words that say nothing by themselves, nor are they typos of others.
        ("usaha apa", "C1L2"), ("mau usaha", "C1L1"),
        # Typos.
        ("kemasn", "C4L4"), ("modla", "C1L1"), ("pembukaun", "C2L2"), ("sertfikat halal", "C5L3"), ("koprasi", "C6L4"),
        # In English, by somebody whose language is Indonesian.
        ("licence", "C5L1"), ("photo", "C4L2"),
    ],
)  # fmt: skip
def test_in_indonesian(typed: str, first: str) -> None:
    assert search(typed, "id")[0] == first


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("capital", "C1L1"), ("photos", "C4L2"), ("how do I price my product", "C3L4"), ("loan", "C5L4"),
        ("salary", "C2L3"), ("scammed", "C6L1"), ("pakaging", "C4L4"), ("bookkeeping", "C2L2"),
        ("going abroad", "C6L5"), ("customers", "C4L1"), ("modal", "C1L1"), ("koperasi", "C6L4"),
    ],
)  # fmt: skip
def test_in_english(typed: str, first: str) -> None:
    assert search(typed, "en")[0] == first


@pytest.mark.parametrize(
    "typed", ["asuransi motor", "kucing", "tips", "ini", "???", "", "👍", "xyz", "3307010101800001"]
)
def test_what_no_lesson_knows_finds_none(typed: str) -> None:
    assert search(typed, "id") == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_lesson_is_found_by_its_title(language: str) -> None:
    for one in courses.shelf().lessons.values():
        assert one.id in search(one.title[language], language), one.id


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_lesson_is_found_by_each_of_its_keywords(language: str) -> None:
    for one in courses.shelf().lessons.values():
        found = [one.id in search(word, language) for word in one.keywords[language]]
        assert sum(found) >= len(found) * 0.6, (one.id, list(zip(one.keywords[language], found, strict=True)))


@given(st.text(max_size=60), st.sampled_from(["id", "en", "jv"]))
def test_whatever_is_typed_finds_a_few_at_most(typed: str, language: str) -> None:
    found = search(typed, language)
    assert len(found) <= MOST
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("cari modal", "open:tips_search modal"),
        ("search selling online", "open:tips_search selling online"),
        ("cari tips foto", "open:tips_search foto"),
        ("Tips modal", "open:tips modal"),
        ("tips C5L4", "open:tips C5L4"),
        ("tips", "open:tips"),
        ("belajar", "open:learn"),
        ("belajar usaha", "open:learn"),
        ("belajar naik motor di kampung", None),
        ("cari-cari alasan saja", None),
        ("cari kerja yang gajinya besar sekali di dekat rumah", None),
        ("saya mau cari modal", None),
    ],
)
def test_words_that_look_for_a_lesson(typed: str, heard: str | None) -> None:
    assert EARS.hear(typed) == heard


@pytest.mark.parametrize(
    ("typed", "answers"),
    [("koperasi", True), ("Foto", True), ("jual", True), ("batal", False), ("menu", False), ("stop tips", False),
     ("data saya", False), ("kartu", False)],
)  # fmt: skip
def test_a_word_that_lessons_know_is_an_answer_where_one_looks_for_a_lesson(typed: str, answers: bool) -> None:
    assert Sought(2, 60).outranks(typed) == answers
