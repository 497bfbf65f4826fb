"""A day as people type it, without an hour: "Senin", "besok", "25/11", "25 Nov", "kemarin"; days may be offered, too.

Pure: now and the time zone are given. An appointment is a day to come, what has been noted on paper one that is over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot import formats
from bot.questions import moments
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked

_OVER: Final = {
    "hari ini": 0, "today": 0, "kemarin dulu": 2, "kemarin lusa": 2, "kemarin": 1, "kmrn": 1, "kemaren": 1,
    "yesterday": 1,
}  # fmt: skip
_SURE: Final = re.compile(
    r"\b(?:besok|esok|bsk|lusa|depan|tomorrow|tmr|next)\b|\b20\d\d\b|\d\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d"
)
"""A day to come whatever is asked, or one with its year."""
_WEEK: Final = re.compile(r"\b(?:minggu depan|next week)\b")
"""Seven days, or a Sunday: nobody can tell."""
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Day(Typed):
    """A day from `back` days ago to `ahead` days from today, as 2026-12-25.

    offered: days to choose from, in the order in which they are shown; others may be typed. closed: they will not do.
    timed: an hour may stand beside it, as 2026-12-25T09:00; opens: minutes from when until when it will do, by day.
    Rejected: day, day_past, day_far, day_future, day_closed, day_shut.
    """

    now: int
    zone: str
    ahead: int = 60
    back: int = 0
    offered: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    timed: bool = False
    opens: Mapping[date, tuple[int, ...]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day it is there."""
        return datetime.fromtimestamp(self.now / 1000, ZoneInfo(self.zone)).date()

    def options(self) -> tuple[Option, ...]:
        return tuple(
            Option(one.isoformat(), {language: formats.day_and_month(one, language) for language in ("id", "en")})
            for one in self.offered
        )

    def outranks(self, text: str) -> bool:
        """A day is an answer here, also where "besok" would mean: not now."""
        return self._named(text) is not None

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return one.value
        day = self._named(said.text)
        if day is None:
            return Rejected("day")
        if day < self.today - timedelta(days=self.back):
            return Rejected("day_past")
        if day > self.today + timedelta(days=self.ahead):
            return Rejected("day_far", {"days_ahead": self.ahead}) if self.ahead else Rejected("day_future")
        if day in self.closed:
            return Rejected("day_closed")
        return self._with_hour(day, said.text) if self.timed else day.isoformat()

    def show(self, value: Value, language: str) -> str | None:
        return formats.day_and_hour(value, self.zone, language)

    def _with_hour(self, day: date, text: str) -> str | Rejected:
        """The day, with the hour if one is named beside it."""
        try:
            hour = moments.time_in(_plain(text), self.today)
        except ValueError:
            return Rejected("day")
        if hour is None:
            return day.isoformat()
        if datetime.combine(day, hour, ZoneInfo(self.zone)).timestamp() * 1000 <= self.now:
            return Rejected("day_past")
        minute, spans = hour.hour * 60 + hour.minute, self.opens.get(day, ())
        if spans and not any(start <= minute < end for start, end in zip(spans[::2], spans[1::2], strict=True)):
            return Rejected("day_shut")
        return f"{day.isoformat()}T{hour:%H:%M}"

    def _named(self, text: str) -> date | None:
        plain = _plain(text)
        for words, days in _OVER.items():
            if re.search(rf"\b{words}\b", plain):
                return self.today - timedelta(days=days)
        if _WEEK.search(plain):
            return None
        try:
            day = moments.day_in(plain, self.today)
        except ValueError:
            return None
        if day is not None and day > self.today and not self.ahead and not _SURE.search(plain):
            # Of what is over a weekday was the last one, and a date without a year this year's or the last.
            return _before(day, weekday=not re.search(r"\d", plain))
        return day


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).lower().split())


def _before(day: date, weekday: bool) -> date:
    if weekday:
        return day - timedelta(days=7)
    return date(day.year - 1, day.month, day.day) if (day.month, day.day) != (2, 29) else day
