"""A day and an hour as people type them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.asking import Rejected, Said
from bot.questions.moments import Moment

ZONE = "Asia/Makassar"
NOW = int(datetime(2040, 1, 11, 9, 0, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
"""A Wednesday."""


def read(text: str, *, end: bool = False) -> str:
    value = Moment(NOW, ZONE, end).read(Said(text))
    if isinstance(value, Rejected):
        return value.reason
    assert isinstance(value, int)
    return datetime.fromtimestamp(value / 1000, ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("besok jam 9", "2040-01-12 09:00"),
        ("Besok pukul 09.00 ya", "2040-01-12 09:00"),
        ("25/11 08.00", "2040-11-25 08:00"),
        ("25-11 jam 8", "2040-11-25 08:00"),
        ("25 Nov 14:00", "2040-11-25 14:00"),
        ("25 november jam 2 siang", "2040-11-25 14:00"),
        ("Nov 25 2 pm", "2040-11-25 14:00"),
        ("2040-01-12 08:30", "2040-01-12 08:30"),
        ("5/1/2041 08.00", "2041-01-05 08:00"),
        ("tgl 25 jam 9", "2040-01-25 09:00"),
        ("tanggal 5 jam 9", "2040-02-05 09:00"),
        ("jam 3 sore", "2040-01-11 15:00"),
        ("jam 3", "2040-01-11 15:00"),
        ("jam 8", "2040-01-12 08:00"),
        ("08.00", "2040-01-12 08:00"),
        ("03.00", "2040-01-12 03:00"),
        ("senin jam 8", "2040-01-16 08:00"),
        ("rabu jam 8", "2040-01-18 08:00"),
        ("rabu jam 10", "2040-01-11 10:00"),
        ("rabu depan jam 10", "2040-01-18 10:00"),
        ("jum'at jam 9", "2040-01-13 09:00"),
        ("lusa pagi", "2040-01-13 08:00"),
        ("besok 9", "2040-01-12 09:00"),
        ("nanti malam jam 7", "2040-01-11 19:00"),
        ("besok jam 12 siang", "2040-01-12 12:00"),
        ("besok jam 12 malam", "2040-01-13 00:00"),
        ("jam setengah sepuluh", "2040-01-11 09:30"),
        ("besok jam sembilan", "2040-01-12 09:00"),
        ("2 jam lagi", "2040-01-11 11:00"),
        ("in 30 minutes", "2040-01-11 09:30"),
        ("tomorrow 9 am", "2040-01-12 09:00"),
        ("Friday 3 pm", "2040-01-13 15:00"),
        ("tonight", "2040-01-11 19:00"),
    ],
)
def test_a_moment_is_the_next_one_that_is_meant(text: str, moment: str) -> None:
    assert read(text) == moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("halo", "moment"),
        ("besok atau lusa jam 9", "moment"),
        ("31/2 08.00", "moment"),
        ("1/13 09.00", "moment"),
        ("besok jam 25", "moment"),
        ("besok", "moment_time"),
        ("25 November", "moment_time"),
        ("kemarin jam 9", "moment_past"),
        ("10/1 08.00", "moment_past"),
        ("hari ini jam 8", "moment_past"),
        ("25 mei 2043 jam 9", "moment_far"),
    ],
)
def test_what_is_no_moment_to_come_is_asked_again(text: str, reason: str) -> None:
    assert read(text) == reason


@pytest.mark.parametrize(
    ("text", "moment"),
    [("Minggu", "2040-01-15 23:59"), ("30/11", "2040-11-30 23:59"), ("besok", "2040-01-12 23:59"),
     ("30/11 20.00", "2040-11-30 20:00")],
)  # fmt: skip
def test_a_day_alone_ends_with_its_last_minute(text: str, moment: str) -> None:
    assert read(text, end=True) == moment


def test_a_day_is_an_answer_where_it_could_mean_not_now() -> None:
    assert Moment(NOW, ZONE, end=True).outranks("besok")
    assert Moment(NOW, ZONE).outranks("besok")
    assert not Moment(NOW, ZONE).outranks("nanti aja")
    assert not Moment(NOW, ZONE, end=True).outranks("batal")


def test_a_moment_is_shown_with_its_day_and_zone() -> None:
    asked = Moment(NOW, ZONE)
    assert asked.show(asked.read(Said("besok jam 9")), "id") == "Kamis, 12 Januari 2040, pukul 09.00 WITA"


@given(st.text(max_size=60))
def test_nothing_that_people_type_raises(text: str) -> None:
    read(text)
    read(text, end=True)
