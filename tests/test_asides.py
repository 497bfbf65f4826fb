"""What people write out of the blue, and what the menu makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import asides
from bot.repertoire import load
from conversations.menu import CHOICES, MENU, NOTHING
from tests.answers import outcome

FILE = Path(asides.__file__).parent.parent / "data" / "answers.toml"


def test_each_is_answered_by_a_conversation() -> None:
    names = {one.name for one in load()}
    assert asides.asides().keys() - {NOTHING} <= names
    assert {"enrol", "status", "my_data", "help"} <= asides.asides().keys() & set(CHOICES)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("bayar gak?", "asked_cost"), ("belum bayar kak", "asked_cost"), ("ini gratis?", "asked_cost"),
        ("brp lama ya", "asked_time"), ("syaratnya apa aja", "asked_who"), ("ada acara apa", "asked_benefit"),
        ("ini penipuan bukan", "asked_trust"), ("robot ya?", "asked_us"), ("sudah daftar blm", "status"),
        ("ubah desa", "my_data"), ("ubah no hp", "my_data"), ("namanya salah", "my_data"), ("mau lapor nih", "help"),
        ("oke siap", NOTHING), ("udah", NOTHING), ("gpp kak", NOTHING), ("xyz", "!choice"), ("belum", "!choice"),
        ("kemarin tetangga cerita soal bantuan modal usaha", "!choice"),
    ],
)  # fmt: skip
def test_the_menu_makes_something_of_a_few_words(typed: str, value: str) -> None:
    assert outcome(MENU, typed) == value


def test_no_form_has_two_meanings(tmp_path: Path) -> None:
    broken = tmp_path / "answers.toml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace('"dokumen"', '"biaya"'), encoding="utf-8")
    with pytest.raises(ValueError, match="'biaya' stands under asked_cost and asked_who"):
        asides.read(broken)
