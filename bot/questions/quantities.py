"""Questions with a number as the answer: counts, years and amounts of rupiah, in figures or words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot import words
from bot.numerals import mentioned
from bot.questions.asking import CHANGE, Candidates, Doubt, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked
from bot.vocabulary import VOCABULARY as _W

FIRST_BIRTH_YEAR: Final = 1930
OLDEST: Final = 120
"""A smaller number is an age (years), not a year."""
STILL: Final = "still"
FEW, MANY, MORE = 4, 20, 10
"""Examples: four of at most twenty, else ten."""

_THOUSANDS: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATE: Final = re.compile(r"\D*(\d{1,2})[\s./\-]+(\d{1,2}|[A-Za-z]{3,9})[\s./\-]+'?(\d\d|\d{4})\D*")
_DIGITS_DATE: Final = re.compile(r"\D*(\d\d)(\d\d)((?:19|20)\d\d)\D*")
_SHORT: Final = re.compile(r"(?<!\d)['’`´](\d\d)(?!\d)")
_BORN: Final = re.compile(r"\b(?:lahir|lhr|kelahiran|born|birth)\b", re.I)
_YEAR_WORD: Final = re.compile(r"\b(?:tahun|thn|taun|th|year)\.?\s*(\d\d)\b", re.I)
_MONTHS: Final = re.compile(r"\s*\d+\s*(?:bulan|bln|months?)\b", re.I)
_ABOUT: Final = re.compile(r"(?<=\d)\s*-?\s*an\b|(?<=puluh)an\b", re.I)
"""What makes a number a rough one: "20an", "dua puluhan"."""
_RANGE: Final = re.compile(r"\D*\d+\s*(?:-|–|—|/|atau|sampai|sampe|hingga|s/?d|or|to)\s*\d+\D*", re.I)
_BY: Final = {"lusin": 12, "dozen": 12, "kodi": 20}
_AGO: Final = re.compile(r"(.+?) (?:tahun|thn|th|years?) (?:yang )?(?:lalu|kemarin|ago)")


def _number(year: int) -> Option:
    return Option(str(year), {"id": str(year), "en": str(year)})


def _plain(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


@dataclass(frozen=True, slots=True)
class Number(Typed):
    """A whole number from `low` to `high`: "4", "empat", "4 orang", "berempat", "20an", "selusin"; "tidak ada" is 0.

    Of a range one number is asked for: in a list of two, "2" could be either. Rejected: number, number_range,
    number_between.
    """

    low: int
    high: int

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return int(one.value)
        text = _ABOUT.sub("", _plain(said.text))
        found = self._numbers(text)
        if len(found) == 2 and _RANGE.fullmatch(text):
            fits = [value for value in found if self.low <= value <= self.high]
            between = {"first": found[0], "last": found[1], "example": (found[0] + found[1] + 1) // 2}
            return Rejected("number_between", between) if len(fits) == 2 else self._out()
        if len(found) != 1 or len(text.split()) > 8:
            return Rejected("number", {"low": self.low, "high": self.high, "example": self._example()})
        return found[0] if self.low <= found[0] <= self.high and not text.startswith("-") else self._out()

    def _example(self) -> int:
        return max(self.low, min(self.high, FEW if self.high <= MANY else MORE))

    def _numbers(self, text: str) -> list[int]:
        counted = re.sub(r"\bse(?=lusin|kodi)", "1 ", words.fold(text)).split()
        if by := next((by for word, by in _BY.items() if word in counted), 0):
            return [one * by for one in mentioned(text)] or [by]
        if _THOUSANDS.fullmatch(text):
            return [int(re.sub(r"\D", "", text))]
        if re.search(r"\d[.,]\d", text):
            return []
        if (whole := words.number(text)) is not None:
            return [whole]
        if words.is_nothing(text):
            return [0]
        if self.low == 1 and words.fold(text).partition(" ")[0] in _W.alone:
            return [1]
        return mentioned(text)

    def _out(self) -> Rejected:
        return Rejected("number_range", {"low": self.low, "high": self.high})

    def show(self, value: Value, language: str) -> str | None:
        return str(value)


@dataclass(frozen=True, slots=True)
class BirthYear(Typed):
    """The year of birth, from a year, an age or a date; 1930 to this year. Refuses nobody for being young.

    "46", "umur 46", "46 th" are ages; "'79", "thn 79", "lahir 79", "12-3-1979" years. A bare 70 to 99 may be either and
    is asked back. An age makes the year that is likeliest, this year minus the age. A year that makes somebody younger
    than `adult` may be a slip and is asked back. Rejected: birth_year, birth_year_future, id_number.
    """

    adult: int = 0

    def read(self, said: Said) -> Value | Rejected | Candidates:
        today = date.fromisoformat(said.today)
        if (one := picked(said)) is not None:
            confirmed = any(other.value == CHANGE for other in said.shown)
            return int(one.value) if confirmed else self._sure(int(one.value), today)
        text = _plain(said.text)
        if len(text) > words.LONGEST or words.id_number(text):
            return Rejected("id_number" if words.id_number(text) else "birth_year")
        years = self._years(text, today)
        if not years:
            return Rejected("birth_year")
        if all(year > today.year for year in years):
            return Rejected("birth_year_future")
        fits = [year for year in years if FIRST_BIRTH_YEAR <= year <= today.year]
        if not fits:
            return Rejected("birth_year")
        if len(fits) == 1:
            return self._sure(fits[0], today)
        return Candidates(tuple(map(_number, fits)), "did_you_mean_number")

    def _sure(self, year: int, today: date) -> int | Doubt:
        age = today.year - year
        if age >= self.adult:
            return year
        return Doubt((_number(year), Option(CHANGE)), "young", {"year": year, "age": age})

    def _years(self, text: str, today: date) -> list[int]:
        """What the text may mean, likeliest first."""
        if (found := _date_year(text, today)) is not None:
            return [found]
        text = _MONTHS.sub("", text)
        figures = re.findall(r"\d+", text)
        if len(figures) == 1 and (short := _SHORT.search(text)):
            return [_whole_year(int(short[1]), today)]
        if len(figures) == 1 and len(figures[0]) == 2 and _BORN.search(text):
            return [_whole_year(int(figures[0]), today)]
        if len(figures) == 1 and (after := _YEAR_WORD.search(text)):
            year, age = _whole_year(int(after[1]), today), today.year - int(after[1])
            return [year] if int(after[1]) >= 70 or int(after[1]) < 10 else [year, age]
        if len(figures) > 1:
            return []
        spoken = mentioned(text)
        if len(spoken) != 1:
            return []
        number = spoken[0]
        if number > OLDEST:
            return [number] if number >= 1000 else []
        bare = words.number(text) is not None
        if bare and number < 10:
            return []
        if bare and 70 <= number < 100:
            return [1900 + number, today.year - number]
        return [today.year - number]

    def show(self, value: Value, language: str) -> str | None:
        return str(value)


def _date_year(text: str, today: date) -> int | None:
    """The year of a whole date, or the one year with four digits in the text."""
    if match := _DIGITS_DATE.fullmatch(text):
        return int(match[3]) if 1 <= int(match[1]) <= 31 and 1 <= int(match[2]) <= 12 else None
    years = set(_YEAR.findall(text))
    if len(years) == 1:
        return int(years.pop())
    if not years and (match := _DATE.fullmatch(text)) and len(match[3]) == 2 and 1 <= int(match[1]) <= 31:
        return _whole_year(int(match[3]), today) if not match[2].isdigit() or 1 <= int(match[2]) <= 12 else None
    return None


def _whole_year(short: int, today: date) -> int:
    """Two digits as a year that is not in the future."""
    return today.year // 100 * 100 + short if short <= today.year % 100 else today.year // 100 * 100 - 100 + short


@dataclass(frozen=True, slots=True)
class Year(Typed):
    """A year from `low` to this one, or "still" ("masih di sana") where that is allowed.

    Rejected: year, year_range, year_future.
    """

    low: int = 1970
    allow_still: bool = True

    def options(self) -> tuple[Option, ...]:
        return (Option(STILL),) if self.allow_still else ()

    def read(self, said: Said) -> Value | Rejected | Candidates:
        today = date.fromisoformat(said.today)
        text = _plain(said.text)
        if (one := picked(said)) is not None and not re.fullmatch(r"0\d", text):
            return one.value if one.value == STILL else int(one.value)
        year = self._year(text, today)
        if year is None:
            return STILL if self.allow_still and words.is_still(text) else Rejected("year")
        if year > today.year:
            return Rejected("year_future", {"low": self.low, "high": today.year})
        return year if year >= self.low else Rejected("year_range", {"low": self.low, "high": today.year})

    def _year(self, text: str, today: date) -> int | None:
        if (found := _date_year(text, today)) is not None:
            return found
        key = words.fold(text)
        if key in ("tahun ini", "thn ini", "this year", "tahun sekarang"):
            return today.year
        if key in ("tahun lalu", "thn lalu", "tahun kemarin", "thn kemarin", "last year"):
            return today.year - 1
        if (ago := _AGO.fullmatch(key)) and (count := words.number(ago[1])) is not None:
            return today.year - count
        figures = re.findall(r"\d+", text)
        if len(figures) != 1 or len(text) > words.LONGEST:
            return None
        if len(figures[0]) == 4:
            return int(figures[0])
        return _whole_year(int(figures[0]), today) if len(figures[0]) == 2 else None

    def show(self, value: Value, language: str) -> str | None:
        return None if value == STILL else str(value)


_SPAN: Final = re.compile(
    r"(?:(?P<count>.*?)\s*(?<![a-z])(?P<one>se)?)"
    r"(?P<unit>hari|hr|minggu|mggu?|bulan|bln|tahun|thn|day|week|month|year)s?\W*",
    re.I,
)
_DAYS: Final = {"h": 1, "d": 1, "m": 7, "w": 7, "b": 30, "t": 365, "y": 365, "month": 30}
_LASTING: Final = re.compile(
    r"\b(?:(?:tidak|tdk|gak|ga|nggak|ngga|enggak|tak)\s+(?:bisa\s+)?(?:basi|busuk|rusak|kedaluwarsa)|awet|no expiry"
    r"|(?:never|does not|doesn't|will not|won't) (?:spoils?|go off|expires?))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Keeps(Typed):
    """For how many days something keeps: "7", "7 hari", "2 minggu", "sebulan"; None for what does not spoil.

    Rejected: number, number_range, number_between.
    """

    low: int
    high: int

    def read(self, said: Said) -> Value | Rejected | Candidates:
        text = _plain(said.text)
        if _LASTING.search(text):
            return None
        found = _SPAN.fullmatch(text) if len(text) <= words.LONGEST else None
        if found is None or said.shown:
            return Number(self.low, self.high).read(said)
        unit = found["unit"].lower()
        days = _DAYS.get(unit) or _DAYS[unit[0]]
        counted = "1" if found["one"] or found["count"].lower() in ("a", "one") else found["count"]
        count = Number(1, self.high).read(Said(counted))
        if not isinstance(count, int):
            return self._rejected(count, days)
        fits = self.low <= count * days <= self.high
        return count * days if fits else Rejected("number_range", {"low": self.low, "high": self.high})

    def _rejected(self, count: Value, days: int) -> Rejected:
        """Why the count of weeks or months does not fit, in days."""
        if isinstance(count, Rejected) and count.reason == "number_between":
            return Rejected(
                count.reason, {name: min(int(str(one)) * days, self.high) for name, one in count.values.items()}
            )
        return Rejected("number", {"low": self.low, "high": self.high, "example": MORE})

    def show(self, value: Value, language: str) -> str | None:
        return str(value)
