"""Certificates, cards and charts: small, whole, and in the words of each language, with the longest names, too."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot import courses
from bot.clockwork import inscribing
from bot.pictures import canvas, card
from bot.pictures.canvas import Canvas, fit, length
from bot.records.pictures import Kind, Ordered
from bot.running import LOCALES
from bot.texts import Texts
from bot.turns.composing import Composer

TEXTS = Texts.load(LOCALES)
COMPOSER = Composer(
    TEXTS, {"programme": "Program Contoh yang Namanya Cukup Panjang", "organisation": "Koperasi Contoh Sejahtera"}
)
LONG = "Maria Goreti Bernadeta Theresia Ñandú Lamawuran Kopong Tupén"
DAYS = [["2026-11-17", 125_000, 80_000], ["2026-11-18", 0, 212_500], ["2026-11-19", 1_250_000, 0]]
WEEK = [[f"2026-11-{day}", day * 61_500, (day % 3) * 612_500 + 12_500] for day in range(16, 23)]
MONTH = [[f"2026-11-{day:02}", day * 37 % 11 * 50_000, day * 53 % 7 * 60_000] for day in range(1, 31)]
FACTS: dict[str, tuple[Kind, dict[str, Any]]] = {
    "certificate": ("certificate", {"name": LONG, "course": "C5", "date": 1_795_400_000_000, "code": "PIA-7K4M9-C"}),
    "certificate of a course that is no more": (
        "certificate", {"name": "Peserta 01", "course": "C99", "date": 1_795_400_000_000, "code": "PIA-7K4M9-C"}
    ),
    "card": (
        "card",
        {
            "name": LONG, "number": "KLW/2026/0000123456", "mart": "SBMI Mart Kaliwiro", "since": "2026-11-23",
            "link": "https://wa.me/62800000000?text=Halo%20(kartu-7k4m9abcde)",
        },
    ),
    "full week": (
        "chart",
        {"days": WEEK, "total_in": 1_234_567_890, "total_out": 2_987_654_321, "period": "16 Nov 2026 – 22 Nov 2026"},
    ),
    "week": ("chart", {"days": DAYS, "total_in": 1_375_000, "total_out": 292_500, "period": "17-23 November 2026"}),
    "month": (
        "chart", {"days": MONTH, "total_in": 1_234_567_890, "total_out": 2_987_654_321, "period": "November 2026"}
    ),
    "nothing": ("chart", {"days": [], "total_in": 0, "total_out": 0, "period": "November 2026"}),
}  # fmt: skip


def ordered(kind: Kind, facts: dict[str, Any], language: str = "id") -> Ordered:
    """Such a picture for somebody."""
    return Ordered(1, "account", kind, facts, "picture", "here", {}, 0, language, "telegram", "1", "ibu", "Peserta")


@pytest.mark.parametrize("language", TEXTS.languages)
@pytest.mark.parametrize("which", FACTS)
def test_a_picture_is_as_wide_as_a_phone_and_small(which: str, language: str) -> None:
    data = inscribing.draw(ordered(*FACTS[which], language), COMPOSER)
    picture = Image.open(BytesIO(data))
    assert picture.format == "PNG"
    assert picture.width == 1080
    assert picture.height in (1080, 1350)
    assert len(data) <= canvas.MOST_BYTES


@pytest.mark.parametrize("which", FACTS)
def test_nothing_stands_so_near_the_edge_that_it_is_cut(which: str) -> None:
    data = inscribing.draw(ordered(*FACTS[which]), COMPOSER)
    picture = Image.open(BytesIO(data)).convert("RGB")
    for edge in (
        (0, 0, 1080, 30),
        (0, picture.height - 30, 1080, picture.height),
        (0, 0, 30, 1080),
        (1050, 0, 1080, 1080),
    ):
        assert picture.crop(edge).getcolors(1) is not None, edge


def written(monkeypatch: pytest.MonkeyPatch, which: str, language: str) -> list[str]:
    """What is written on a picture, line by line."""
    found: list[str] = []
    text = Canvas.text

    def noted(self: Canvas, x: float, y: float, words: str, *rest: Any, **more: Any) -> None:
        found.append(words)
        text(self, x, y, words, *rest, **more)

    monkeypatch.setattr(Canvas, "text", noted)
    inscribing.draw(ordered(*FACTS[which], language), COMPOSER)
    return found


def test_a_certificate_says_who_what_and_when_and_how_it_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for language, title, day in (
        ("id", "PIAGAM", "Senin, 23 November 2026"),
        ("en", "CERTIFICATE", "Monday, 23 November 2026"),
    ):
        lines = written(monkeypatch, "certificate", language)
        course = courses.course("C5")
        assert course is not None
        whole = " ".join(lines)
        assert {title, day, "PIA-7K4M9-C"} <= set(lines)
        assert LONG in whole
        assert courses.worded(course.title, language) in whole
        assert f"{'piagam' if language == 'id' else 'certificate'} PIA-7K4M9-C" in whole


def test_amounts_on_a_chart_are_short_above_the_bars_and_whole_in_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(monkeypatch, "week", "id")
    assert {"125rb", "80rb", "212,5rb", "1,25jt", "Rp1.375.000", "Rp292.500", "Rp1.082.500", "Sel 17"} <= set(lines)
    assert {"125k", "1.25m", "Rp1,375,000", "Tue 17"} <= set(written(monkeypatch, "week", "en"))
    assert {"1", "3", "29"} <= set(written(monkeypatch, "month", "id"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, ""), (500, "500"), (1000, "1rb"), (1500, "1,5rb"), (9999, "10rb"), (12_500, "12,5rb"), (212_500, "212,5rb"),
     (99_950, "100rb"), (12_450, "12,5rb"), (999_600, "999,6rb"), (999_950, "1jt"), (1_250_000, "1,25jt"),
     (1_245_000, "1,25jt"), (25_000_000, "25jt"), (1_500_000_000, "1.500jt")],
)  # fmt: skip
def test_an_amount_above_a_bar(amount: int, shown: str) -> None:
    def say(key: str, values: Any) -> str:
        return TEXTS.say("id", "picture", f"chart.{key}", values)

    assert inscribing._short(amount, say, "id") == shown


def test_the_code_on_a_card_is_the_link_and_stays_sharp() -> None:
    link = str(FACTS["card"][1]["link"])
    picture = Image.open(BytesIO(inscribing.draw(ordered(*FACTS["card"]), COMPOSER))).convert("L")
    rows = [list(row) for row in segno.make(link, error="m", micro=False).matrix_iter(border=4)]
    unit = card._SIDE // len(rows)
    left = (1080 - unit * len(rows)) // 2
    top = 640 + (card._SIDE - unit * len(rows)) // 2
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            seen = {picture.getpixel((left + x * unit + at, top + y * unit + at)) for at in (1, unit // 2, unit - 2)}
            assert all((int(str(one)) < 90) == bool(dark) and not 90 <= int(str(one)) <= 200 for one in seen), (x, y)


def test_the_font_has_every_letter_that_we_think_it_has() -> None:
    font = canvas.font(40)
    missing = bytes(font.getmask("\ue123"))
    assert [sign for sign in sorted(canvas._DRAWN) if sign.strip() and bytes(font.getmask(sign)) == missing] == []


@pytest.mark.parametrize(
    ("name", "plain", "marks"),
    [
        ("José", "Jose", [(3, "´")]), ("Ñandú", "Nandu", [(0, "~"), (4, "´")]), ("Zoë", "Zoe", [(2, "·")]),
        ("D’Arc", "D’Arc", []), ("Øyvind Æsir", "Oyvind Aesir", []), ("a\u00a0b", "a b", []), ("Rp1–2", "Rp1-2", []),
        ("Siti 🌷", "Siti ", []), ("سيتي", "", []),
    ],
)  # fmt: skip
def test_marked_letters_are_put_together_and_what_nothing_draws_is_left_out(
    name: str, plain: str, marks: list[tuple[int, str]]
) -> None:
    assert canvas._taken_apart(name) == (plain, marks)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=90), st.integers(1, 3))
def test_whatever_a_name_is_it_stays_in_its_place(name: str, most: int) -> None:
    size, lines = fit(name, (84, 46), 800, most)
    assert 46 <= size <= 84
    assert len(lines) <= most
    assert all(length(line, size) <= 800 for line in lines)
    Canvas(300).fitted(540, 100, name, (84, 46), 800, most, bold=True)


def test_a_name_is_as_large_as_it_fits_in_lines_of_about_the_same_length() -> None:
    assert fit("Siti Aminah", (84, 46), 800, 2) == (84, ["Siti Aminah"])
    size, lines = fit(LONG, (84, 46), 840, 2)
    assert size > 46
    assert lines == ["Maria Goreti Bernadeta Theresia", "Ñandú Lamawuran Kopong Tupén"]
    assert fit("x" * 200, (40, 30), 300, 1)[1][0].endswith("…")
    assert fit("kata " * 60, (40, 30), 300, 2)[1][1].endswith("…")
