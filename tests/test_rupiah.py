"""Amounts of rupiah: every way of writing one reads back, and what may be another amount is never sure."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions import rupiah
from bot.questions.rupiah import Amounts
from tests.answers import outcome

THOUSANDS = st.integers(1, 999).map(lambda n: n * 1000)
ANY = st.integers(1000, 999_999_999)
LONGEST = 10**9


UNITS = (
    "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def indonesian(n: int) -> str:
    """A number in words: dua puluh lima ribu lima ratus."""
    names = ("", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
    if n < 12:
        return names[n]
    if n < 20:
        return f"{names[n - 10]} belas"
    for size, name, one in (
        (10**6, "juta", "sejuta"),
        (1000, "ribu", "seribu"),
        (100, "ratus", "seratus"),
        (10, "puluh", ""),
    ):
        if n >= size:
            count, rest = divmod(n, size)
            head = one if count == 1 and one else f"{indonesian(count)} {name}"
            return f"{head} {indonesian(rest)}".strip()
    return ""


def english(n: int) -> str:
    """A number in words: twenty-five thousand five hundred."""
    if n < 20:
        return UNITS[n]
    if n < 100:
        return f"{TENS[n // 10 - 2]}{'-' if n % 10 else ''}{UNITS[n % 10]}"
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            count, rest = divmod(n, size)
            between = " and " if size == 100 and rest else " "
            return f"{english(count)} {name}{between}{english(rest)}".strip()
    return ""


def grouped(sign: str) -> Callable[[int], str]:
    return lambda n: f"{n:,}".replace(",", sign)


def decimal(n: int, unit: int, sign: str) -> str:
    """12500 in thousands: 12,5."""
    whole, rest = divmod(Fraction(n, unit), 1)
    digits = f"{float(rest):.2f}"[2:].rstrip("0")
    return f"{whole}{sign}{digits}" if digits else f"{whole}"


FIGURES: tuple[Callable[[int], str], ...] = (
    str, grouped("."), grouped(","), lambda n: f"Rp{n:,}".replace(",", "."), lambda n: f"Rp {n:,}",
    lambda n: f"rp. {n:,},-".replace(",", ".").replace(".-", ",-"), lambda n: f"{n} rupiah", lambda n: f"IDR {n:,}",
    lambda n: f"  RP{n}  ", lambda n: f"sekitar {n:,} kak".replace(",", "."), lambda n: f"{n:,}.00",
    lambda n: f"{n:,}".replace(",", ".") + ",00", lambda n: rupiah.pretty(n, "id"), lambda n: rupiah.pretty(n, "en"),
    lambda n: "".join(chr(0xFEE0 + ord(digit)) for digit in str(n)),
)  # fmt: skip


@given(ANY, st.sampled_from(FIGURES))
def test_figures_read_back(amount: int, write: Callable[[int], str]) -> None:
    assert rupiah.read(write(amount)) == Amounts((amount,), True)


@given(
    THOUSANDS,
    st.sampled_from(["{}rb", "{} rb", "{}ribu", "{} ribu", "{}k", "{}K", "Rp{}rb", "{} ribu rupiah", "{}rbu"]),
)
def test_thousands_read_back(amount: int, form: str) -> None:
    assert rupiah.read(form.format(amount // 1000)) == Amounts((amount,), True)


@given(st.integers(1, 99_999), st.sampled_from(".,"), st.sampled_from(["rb", " ribu", "k"]))
def test_part_of_a_thousand_reads_back(tens: int, sign: str, unit: str) -> None:
    amount = tens * 10
    found = rupiah.read(decimal(amount, 1000, sign) + unit)
    assert found == Amounts((amount,), True)


@given(st.integers(1, 99_999), st.sampled_from(".,"), st.sampled_from(["jt", " juta", " million"]))
def test_part_of_a_million_reads_back(count: int, sign: str, unit: str) -> None:
    amount = count * 10_000
    assert rupiah.read(decimal(amount, 10**6, sign) + unit) == Amounts((amount,), True)


@given(
    st.integers(1, 999),
    st.integers(1, 999),
    st.sampled_from(["{} juta {} ribu", "{}jt{}rb", "{} jt dan {} rb", "{} juta {}.000"]),
)
def test_millions_and_thousands_read_back(millions: int, thousands: int, form: str) -> None:
    amount = millions * 10**6 + thousands * 1000
    assert rupiah.read(form.format(millions, thousands)) == Amounts((amount,), True)


@given(ANY, st.sampled_from([indonesian, english]))
def test_words_read_back(amount: int, write: Callable[[int], str]) -> None:
    found = rupiah.read(write(amount))
    assert found is not None, write(amount)
    assert amount in found.values
    # "satu juta lima ratus" is 1,500,000 to most people.
    odd = amount > 10**6 and 0 < amount % 10**6 < 1000
    assert found.sure is not odd


@given(st.integers(1, 999))
def test_a_small_figure_is_never_sure(number: int) -> None:
    for text in (str(number), f"Rp{number}", f"Rp {number},-", f"{number} rupiah", indonesian(number)):
        found = rupiah.read(text)
        assert found is not None
        assert not found.sure
        assert number * 1000 in found.values
    for language in ("id", "en"):
        shown = rupiah.read(rupiah.pretty(number, language))
        assert shown is not None
        assert number in shown.values


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"), st.sampled_from(["rb", " ribu", "jt", " juta"]))
def test_what_may_be_two_amounts_is_never_sure(head: int, tail: int, sign: str, unit: str) -> None:
    found = rupiah.read(f"{head}{sign}{tail:03d}{unit}")
    assert found is not None
    assert not found.sure


@given(
    ANY, ANY, st.sampled_from(["{}-{}", "{} - {}", "{}–{}", "{} {}", "{} atau {}", "{} sampai {}", "{} or {}", "{}/{}"])
)
def test_two_amounts_are_none(one: int, other: int, form: str) -> None:
    assert rupiah.read(form.format(one, other)) is None
    assert rupiah.read(form.format(f"{one // 1000}rb", f"{other // 1000}rb")) is None


@given(st.text(alphabet="0123456789rbjtk.,- setngahu@x%/:", max_size=60))
def test_whatever_is_typed_is_read_or_not(text: str) -> None:
    found = rupiah.read(text)
    assert found is None or (found.values and all(value >= 0 for value in found.values))
    assert found is None or len(found.values) == 1 or not found.sure
    for one in rupiah.within(text):
        assert rupiah.read(rupiah.plain(text)[one.start : one.end]) == one.amounts


@pytest.mark.parametrize(
    "text",
    [
        "081234567890", "0812", "3307010101900001", "25%", "25/11", "jam 9.30", "-5000", "ribu", "juta", "setengah",
        "12.5000", "60rb 5", "1 juta 5", "25rb 30rb", "10-15rb", "5 ribu 2 juta", "1.2.3", "murah", "12 bungkus",
    ],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    assert rupiah.read(text) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a thousand", (1000,)), ("half a million", (500_000,)), ("sejuta setengah", (1_500_000,)),
        ("goceng", (5000,)), ("ceban", (10_000,)), ("12 ribu 500", (12_500,)), ("dua ribu lima puluh", (2050,)),
        ("1 juta 500", (1_500_000, 1_000_500)), ("12 500", (12_500,)), ("Rp500", (500, 500_000)),
        ("500", (500_000, 500)), ("Rp25", (25_000, 25)), ("25", (25_000,)),
    ],
)  # fmt: skip
def test_amounts_as_people_say_them(text: str, values: tuple[int, ...]) -> None:
    found = rupiah.read(text)
    assert found is not None
    assert found.values == values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("beli telur 5 60rb", [("5", 5000), ("60rb", 60_000)]),
        ("bayar gas dua puluh lima ribu kemarin", [("dua puluh lima ribu", 25_000)]),
        ("jual satu ayam Rp. 50.000", [("satu", 1000), ("rp. 50.000", 50_000)]),
        ("25rb, 30rb", [("25rb", 25_000), ("30rb", 30_000)]),
        ("beli 081234567890", []),
    ],
)
def test_amounts_among_other_words(text: str, found: list[tuple[str, int]]) -> None:
    small = rupiah.plain(text)
    assert [(small[one.start : one.end], one.amounts.values[0]) for one in rupiah.within(text)] == found


def test_nothing_is_an_amount_only_where_it_may_be() -> None:
    assert outcome(rupiah.Rupiah(0, LONGEST), "tidak ada") == 0
    assert outcome(rupiah.Rupiah(0, LONGEST), "0") == 0
    assert outcome(rupiah.Rupiah(1, LONGEST), "tidak ada") == "!rupiah"
