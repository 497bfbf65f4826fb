"""What people write out of the blue, and what the menu makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.questions import asides
from bot.repertoire import load
from bot.tables import BadData
from conversations.menu import CHOICES, MENU
from tests.answers import outcome
from tests.dialogue import texts

FILE = Path(asides.__file__).parent.parent.parent / "data" / "answers.toml"


def test_each_is_answered_by_a_conversation() -> None:
    names = {one.name for one in load()}
    assert asides.asides().keys() - {asides.NOTHING} <= names
    assert {"enrol", "status", "my_data", "help"} <= asides.asides().keys() & set(CHOICES)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("bayar gak?", "asked_cost"), ("belum bayar kak", "asked_cost"), ("ini gratis?", "asked_cost"),
        ("brp lama ya", "asked_time"), ("syaratnya apa aja", "asked_who"), ("ada acara apa", "asked_benefit"),
        ("ini penipuan bukan", "asked_trust"), ("robot ya?", "asked_us"), ("sudah daftar blm", "status"),
        ("ubah desa", "my_data"), ("ubah no hp", "my_data"), ("namanya salah", "my_data"), ("mau lapor nih", "help"),
        ("oke siap", asides.NOTHING), ("udah", asides.NOTHING), ("gpp kak", asides.NOTHING), ("xyz", "!choice"),
        ("belum", "!choice"),
        ("kemarin tetangga cerita soal bantuan modal usaha", "!choice"),
        ("martnya dimana ya kak", "mart"), ("alamat", "mart"), ("alamat kantor", "help"),
        ("alamat saya salah", "my_data"), ("kaliwiro buka jam brp", "mart kaliwiro"),
        ("promo karawang", "promos karawang"), ("is lotim open", "mart lombok-timur"),
        ("lebaran buka gak", "mart_days"), ("jam operasional", "mart"), ("hari minggu buka?", "mart"),
        ("kapan buka?", "mart"), ("promo apa hari ini", "promos"), ("ada diskon gak", "promos"),
        ("ada apa", "asked_us"),
        ("mau belajar bisnis", "tips"), ("cara hitung modal", "calculate"), ("ada orang?", "help"),
        ("syrat", "asked_who"),
        ("senin", "!choice"), ("sabtu", "!choice"), ("monday", "!choice"), ("berkas", "asked_who"),
    ],
)  # fmt: skip
def test_the_menu_makes_something_of_a_few_words(typed: str, value: str) -> None:
    assert outcome(MENU, typed) == value


def test_no_form_has_two_meanings(tmp_path: Path) -> None:
    broken = tmp_path / "answers.toml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace('"dokumen"', '"biaya"'), encoding="utf-8")
    with pytest.raises(BadData, match="'biaya' stands under asked_cost and asked_who"):
        asides.read(broken)


def test_a_slip_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "answers.toml"
    broken.write_text('no = ["tidak"]\n[asked_cost\nmeant = ["biaya"]\n', encoding="utf-8")
    with pytest.raises(BadData, match=r"answers\.toml: cannot be read \(.*line \d"):
        asides.read(broken)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("ada gula?", "mart_item gula"), ("masih ada beras?", "mart_item beras"), ("harga gula", "mart_item gula"),
        ("Beras masih ada gak kak", "mart_item Beras"), ("gula berapa sekarang", "mart_item gula"),
        ("ada gula di mart gak", "mart_item gula"), ("mau tanya harga minyak goreng dong", "mart_item minyak goreng"),
        ("beras merah", "mart_item beras merah"), ("ada teh?", "mart_item teh"),
        ("do you have sugar?", "mart_item sugar"),
        ("how much is rice", "mart_item rice"), ("jual Keripik Singkong", "sell Keripik Singkong"),
        ("saya mau jual keripik", "sell keripik"), ("bisa titip madu gak kak", "sell madu"),
        ("sell chips", "sell chips"),
        ("harga jual", "calculate"), ("ada pelatihan?", "asked_benefit"), ("ada 3", "!choice"), ("itu ada", "!choice"),
        ("jual 25rb", "cash jual 25rb"), ("jual 3 bungkus keripik 45rb", "cash jual 3 bungkus keripik 45rb"),
        ("laku seratus ribu kak", "cash laku seratus ribu kak"), ("beli tepung 12.500", "cash beli tepung 12.500"),
        ("sold 25k", "cash sold 25k"), ("jual 25", "cash jual 25"), ("jual keripik 5", "sell keripik 5"),
        ("mau jual keripik 25rb", "sell keripik 25rb"), ("harga beras 15rb?", "mart_item beras 15rb"),
        ("disuruh bayar 500rb", "asked_cost"), ("jual beras 5kg", "sell beras 5kg"),
        ("beli gula 15rb?", "mart_item gula 15rb"),
        ("sudah ada?", "!choice"), ("ada bantuan apa", "!choice"), ("titip jual", "sell"),
        ("gmn cara jualan online kak", "tips_search jualan online"), ("cara ngatur uang", "tips_search ngatur uang"),
        ("how to sell online?", "tips_search sell online"), ("teach me to weld", "tips_search weld"),
        ("gimana cara titip jual", "sell"), ("cara jadi anggota", "cooperative"),
    ],
)  # fmt: skip
def test_a_thing_that_is_asked_for_or_offered_is_handed_on(typed: str, value: str) -> None:
    assert outcome(MENU, typed) == value


def test_no_choice_of_the_menu_is_taken_for_a_thing() -> None:
    for language in ("id", "en"):
        labels = [texts().say(language, "menu", f"menu.{one}", {}) for one in CHOICES]
        assert not [one for one in labels if asides.asked_for(one).name]
