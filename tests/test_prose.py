"""Sentences in somebody's own words. That none of them is a command, the transcripts of announcements show."""

from __future__ import annotations

import pytest

from bot.questions.asking import Rejected, Said
from bot.questions.prose import Prose


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Rapat Sabtu jam 9", "Rapat Sabtu jam 9"),
        ("  Halo semua,\n\n\nbesok   ada acara \n di balai  ", "Halo semua,\n\nbesok ada acara\ndi balai"),
        ("Rapat\u200b Sabtu\tjam 9", "Rapat Sabtu jam 9"),
    ],
)
def test_lines_and_one_empty_line_are_kept(typed: str, kept: str) -> None:
    assert Prose().read(Said(typed)) == kept


def test_what_is_too_short_too_long_or_an_identity_number_is_not_taken() -> None:
    assert Prose().read(Said("Rapat")) == Rejected("too_short", {"min": 10})
    assert Prose(max=20).read(Said("kata " * 10)) == Rejected("too_long", {"max": 20, "over": 29})
    assert Prose().read(Said("NIK saya 3307 0412 3456 7890 ya")) == Rejected("id_number")
