"""Numbers, years and amounts as people answer them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.asking import CHANGE, Option
from bot.questions.questions import BirthYear, Keeps, Number, Rupiah, Year
from tests.answers import outcome, shown


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("46", 1980), ("umur 46", 1980), ("46 th", 1980), ("46 tahun", 1980), ("empat puluh enam", 1980),
        ("46 tahun 3 bulan", 1980), ("thn 80", 1980), ("80", ("1980", "1946")), ("'79", 1979), ("lahir 79", 1979),
        ("lahir 1979", 1979), ("1979", 1979), ("12-3-1979", 1979), ("12 Maret 1979", 1979), ("12/03/79", 1979),
        ("12031979", 1979), ("saya lahir tgl 5 mei 1979", 1979), ("tahun 46", ("1946", "1980")), ("1930", 1930),
        ("1929", "!birth_year"), ("2010", 2010), ("2026", 2026), ("2027", "!birth_year_future"), ("5", "!birth_year"),
        ("umur 15", 2011), ("15", 2011), ("119", "!birth_year"), ("3307044505909999", "!id_number"),
        ("belum tahu", "!birth_year"), ("1979 atau 1980", "!birth_year"), ("12-13-79", "!birth_year"),
        ("thn 05", 2005), ("", "!birth_year"), ("🙏", "!birth_year"),
    ],
)  # fmt: skip
def test_birth_year(typed: str, value: Any) -> None:
    assert outcome(BirthYear(), typed) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2008", 2008), ("18", 2008), ("2009", ("2009", CHANGE)), ("umur 17", ("2009", CHANGE)), ("1990", 1990),
        ("thn 15", ("2015", "2011")),
    ],
)  # fmt: skip
def test_a_year_that_makes_a_child_of_somebody_is_asked_back(typed: str, value: Any) -> None:
    assert outcome(BirthYear(18), typed) == value


def test_only_a_confirmed_year_makes_a_child_of_somebody() -> None:
    asked = shown((Option("2011", {"id": "2011"}), Option(CHANGE)))
    several = shown((Option("2015", {"id": "2015"}), Option("2011", {"id": "2011"})))
    assert outcome(BirthYear(18), "2011", shown=asked) == 2011
    assert outcome(BirthYear(18), "2011", shown=several) == ("2011", CHANGE)
    assert outcome(BirthYear(18), "2009", shown=asked) == ("2009", CHANGE)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2019", 2019), ("thn 2019", 2019), ("'19", 2019), ("19", 2019), ("98", 1998), ("desember 2019", 2019),
        ("12/2019", 2019), ("tahun lalu", 2025), ("2 tahun yang lalu", 2024), ("tahun ini", 2026),
        ("masih di sana", "still"), ("masih", "still"), ("belum pulang kak", "still"), ("still there", "still"),
        ("1", "still"), ("2027", "!year_future"), ("1960", "!year_range"), ("lupa", "!year"), ("2018 2019", "!year"),
    ],
)  # fmt: skip
def test_year(typed: str, value: Any) -> None:
    assert outcome(Year(), typed, shown=shown(Year().options())) == value


def test_year_without_still() -> None:
    assert outcome(Year(allow_still=False), "masih di sana") == "!year"
    assert Year(allow_still=False).options() == ()
    assert Year().show("still", "id") is None
    assert Year().show(2019, "id") == "2019"


@pytest.mark.parametrize(
    ("low", "typed", "value"),
    [
        (1, "4", 4), (1, "empat", 4), (1, "4 orang", 4), (1, "berempat", 4), (1, "kami berempat kak", 4),
        (1, "sendiri", 1), (1, "20", 20), (1, "21", "!number_range"), (1, "0", "!number_range"), (0, "0", 0),
        (0, "tidak ada", 0), (0, "gak ada kak", 0), (0, "none", 0), (1, "4-5 orang", "!number_between"),
        (1, "5 - 10", "!number_between"), (1, "2 atau 3", "!number_between"), (1, "30 sampai 40", "!number_range"),
        (1, "sekitar 12", 12), (1, "10an", 10), (1, "10-an", 10), (1, "sepuluhan", 10), (1, "selusin", 12),
        (1, "1 lusin", 12), (1, "dua lusin", "!number_range"), (1, "belum tahu", "!number"), (1, "puluhan", "!number"),
        (1, "2 dewasa 3 anak", "!number"), (1, "banyak", "!number"), (1, "2,5", "!number"), (1, "-3", "!number_range"),
        (1, "dua belas", 12), (1, "１２", 12), (1, "1.200", "!number_range"), (0, "", "!number"),
        (1, "four people", 4),
    ],
)  # fmt: skip
def test_number(low: int, typed: str, value: Any) -> None:
    assert outcome(Number(low, 20), typed) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12000", 12000), ("12.000", 12000), ("12,000", 12000), ("12rb", 12000), ("12 ribu", 12000), ("12k", 12000),
        ("1,5jt", 1_500_000), ("1.5 juta", 1_500_000), ("sejuta", 1_000_000), ("setengah juta", 500_000),
        ("12,5rb", 12_500), ("12.500", 12_500), ("Rp 12 ribu", 12_000), ("Rp12.000,-", 12_000), ("Rp. 15.000", 15_000),
        ("12.500,00", 12_500), ("dua ratus lima puluh ribu", 250_000), ("seratus ribu", 100_000),
        ("satu setengah juta", 1_500_000), ("1 juta 500 ribu", 1_500_000), ("1jt500rb", 1_500_000),
        ("1.500.000", 1_500_000), ("12", ("12000",)), ("500", ("500000", "500")), ("1.500rb", ("1500000", "1500")),
        ("1.5", ("1500", "1500000")), ("murah", "!rupiah"), ("0", "!rupiah_range"), ("2 miliar", "!rupiah_range"),
        ("-5000", "!rupiah"), ("", "!rupiah"),
    ],
)  # fmt: skip
def test_rupiah(typed: str, value: Any) -> None:
    assert outcome(Rupiah(100, 100_000_000), typed) == value


def test_rupiah_is_shown_as_people_write_it() -> None:
    assert Rupiah(1, 10).show(12000, "id") == "Rp12.000"
    assert Rupiah(1, 10).show(12000, "en") == "Rp12,000"


@given(st.integers(1000, 99_999_999))
def test_rupiah_shown_is_rupiah_read(amount: int) -> None:
    for language in ("id", "en"):
        assert outcome(Rupiah(1, 10**9), str(Rupiah(1, 1).show(amount, language))) == amount


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("7", 7), ("7 hari", 7), ("tahan 3 hari", 3), ("seminggu", 7), ("2 minggu", 14), ("sekitar 2 minggu", 14),
        ("dua minggu", 14), ("sebulan", 30), ("1 bulan", 30), ("6 bln", 180), ("setahun", 365), ("2 weeks", 14),
        ("a month", 30), ("3-4 hari", "!number_between"), ("2-3 minggu", "!number_between"), ("tidak basi", None),
        ("awet", None),
        ("gak bisa basi kak", None), ("it does not spoil", None), ("3 tahun", "!number_range"),
        ("0", "!number_range"), ("lama", "!number"), ("hari", "!number"), ("", "!number"), ("🙏", "!number"),
    ],
)  # fmt: skip
def test_for_how_many_days_something_keeps(typed: str, value: Any) -> None:
    assert outcome(Keeps(1, 730), typed) == value


@given(st.text(max_size=40))
def test_whatever_is_typed_for_days_is_read(typed: str) -> None:
    value = outcome(Keeps(1, 730), typed)
    assert value is None or isinstance(value, tuple | str) or 1 <= value <= 730
