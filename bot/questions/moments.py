"""A day and an hour as people type them: "besok jam 9", "25/11 08.00", "jam 3 sore", "25 Nov 14:00", "tomorrow 9 am".

Pure: now and the time zone are given. What is understood is always said back before anything follows from it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot import formats, numerals
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked

FARTHEST: Final = 366
"""Days ahead."""
LONGEST: Final = 80

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("januari january jan", "februari february feb peb", "maret march mar", "april apr", "mei may", "juni june jun",
         "juli july jul", "agustus august agu agt aug ags", "september sept sep", "oktober october okt oct",
         "november nov nop nopember", "desember december des dec"), 1
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        ("senin sen monday mon", "selasa sel tuesday tue", "rabu rab wednesday wed", "kamis kam thursday thu",
         "jumat jum'at jumaat jum friday fri", "sabtu sab saturday sat", "minggu ahad min sunday sun")
    )
    for name in names.split()
}  # fmt: skip
_AHEAD: Final = {
    "hari ini": 0, "today": 0, "malam ini": 0, "sore ini": 0, "siang ini": 0, "tonight": 0, "this evening": 0,
    "nanti": 0, "besok lusa": 2, "lusa": 2, "day after tomorrow": 2, "besok": 1, "esok": 1, "bsk": 1, "besuk": 1,
    "tomorrow": 1, "tmr": 1,
}  # fmt: skip
_PARTS: Final = {
    "pagi": ("pagi", 8), "morning": ("pagi", 8), "am": ("am", 8), "siang": ("siang", 12), "noon": ("siang", 12),
    "afternoon": ("sore", 15), "sore": ("sore", 16), "petang": ("sore", 17), "pm": ("pm", 15),
    "malam": ("malam", 19), "evening": ("malam", 19), "tonight": ("malam", 19), "night": ("malam", 19),
}  # fmt: skip
"""Which half of the day a word means, and the hour that is meant where none is named."""

_ISO: Final = re.compile(r"\b(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b")
_SLASHED: Final = re.compile(r"\b(?P<d>\d{1,2})\s?[/-]\s?(?P<m>\d{1,2})(?:\s?[/-]\s?(?P<y>(?:20)?\d\d))?\b")
_DOTTED: Final = re.compile(r"\b(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>(?:20)?\d\d)\b")
_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})"
_YEAR: Final = r"(?:,?\s?(?P<y>20\d\d))?"
_NAMED: Final = re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s?{_MONTH}\b\.?{_YEAR}")
_NAMED_FIRST: Final = re.compile(rf"\b{_MONTH}\s(?P<d>\d{{1,2}})\b(?![.:]\d){_YEAR}")
_DAY: Final = re.compile(r"\b(?:tgl|tanggal)\.?\s?(?P<d>\d{1,2})\b")
_WEEKDAY: Final = re.compile(rf"(?<![\w'])(?P<day>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})(?![\w'])")
_RELATIVE: Final = re.compile(rf"\b(?P<ahead>{'|'.join(sorted(_AHEAD, key=len, reverse=True))})\b")
_IN: Final = re.compile(r"\b(?P<n>\d{1,3})\s?(?P<unit>jam|menit|hours?|minutes?|mins?)\s(?:lagi|from now)\b"
                        r"|\bin\s(?P<m>\d{1,3})\s?(?P<other>hours?|minutes?|mins?)\b")  # fmt: skip
_HALF: Final = re.compile(r"\b(?:jam |pukul |pkl )?setengah (?P<h>\w+)\b")
_CLOCK: Final = re.compile(r"\b(?P<h>\d{1,2})[.:](?P<min>\d\d)\b")
_HOUR: Final = re.compile(r"\b(?:jam|pukul|pkl|jm|at)\.?\s?(?P<h>\d{1,2}|[a-z]+(?:\sbelas)?)\b")
_BARE: Final = re.compile(rf"\b(?P<h>\d{{1,2}})\s?(?={'|'.join(_PARTS)})")
_ALONE: Final = re.compile(r"\D*(?P<h>\d{1,2})\D*")
_EITHER: Final = re.compile(r"\b(?:atau|or)\b")
_LATER: Final = re.compile(r"nanti\b(?!.*\bmalam\b).*")
_OVER: Final = re.compile(r"\b(?:kemarin|kmrn|yesterday)\b")
_PART: Final = re.compile(rf"(?<![a-z])(?P<part>{'|'.join(_PARTS)})\b")


@dataclass(frozen=True, slots=True)
class Moment(Typed):
    """A moment to come, as UTC milliseconds. Rejected: moment, moment_time, moment_past, moment_far.

    A date without a year is the next one, an hour without a date the next time the clock shows it, and one to six
    without a word beside it in the afternoon. `end`: a day alone means its last minute.
    """

    now: int
    zone: str
    end: bool = False

    def outranks(self, text: str) -> bool:
        """A day is an answer here, also where "besok" would mean: not now."""
        return self._read(text) != Rejected("moment")

    def read(self, said: Said) -> Value | Rejected | Candidates:
        return self._read(said.text)

    def show(self, value: Value, language: str) -> str | None:
        return shown(int(value), self.zone, language)

    def _read(self, text: str) -> int | Rejected:
        words = " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).lower().replace("’", "'").split())
        here = datetime.fromtimestamp(self.now / 1000, ZoneInfo(self.zone)).replace(tzinfo=None)
        if _EITHER.search(words):
            return Rejected("moment")
        if _OVER.search(words):
            return Rejected("moment_past")
        if (ahead := _IN.search(words)) is not None:
            minutes = int(ahead["n"] or ahead["m"]) * (1 if (ahead["unit"] or ahead["other"])[0] == "m" else 60)
            return self._checked(here.replace(second=0, microsecond=0) + timedelta(minutes=minutes), here)
        try:
            day, rest, again = _day(words, here.date())
            at, over = _time(rest, alone=day is not None)
            if day is None and at is None:
                return Rejected("moment")
            if at is None:
                if _LATER.fullmatch(words):
                    return Rejected("moment")
                if not self.end:
                    return Rejected("moment_time")
                at = time(23, 59)
            moment = datetime.combine(day or here.date(), at) + timedelta(days=over)
            if moment <= here and again:
                moment += timedelta(days=again)
            return self._checked(moment, here)
        except ValueError:
            return Rejected("moment")

    def _checked(self, moment: datetime, here: datetime) -> int | Rejected:
        if moment <= here:
            return Rejected("moment_past")
        if moment > here + timedelta(days=FARTHEST):
            return Rejected("moment_far")
        return int(moment.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Hour(Typed):
    """A time of day such as 08:00, one of those that are offered or as it is typed. Rejected: hour, hour_quiet."""

    offered: tuple[Option, ...]
    quiet: tuple[time, time]
    """From when until when it may not be."""
    spans: tuple[int, ...] = ()
    """Minutes from when until when it has to be, where it has to be within some."""

    def options(self) -> tuple[Option, ...]:
        return self.offered

    def outranks(self, text: str) -> bool:
        """An hour is an answer here, also where "jam 10" would open something."""
        return _hour(text) is not None

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return one.value
        at = _hour(said.text)
        if at is None:
            return Rejected("hour")
        minute, pairs = at.hour * 60 + at.minute, zip(self.spans[::2], self.spans[1::2], strict=True)
        if self.spans and not any(first <= minute < last for first, last in pairs):
            return Rejected("hour_quiet")
        start, end = self.quiet
        if start <= at < end if start <= end else at >= start or at < end:
            return Rejected("hour_quiet")
        return f"{at:%H:%M}"

    def show(self, value: Value, language: str) -> str | None:
        return str(value) if language.startswith("en") else str(value).replace(":", ".")


def _hour(text: str) -> time | None:
    """The time of day that a text names."""
    try:
        return _time(" ".join(unicodedata.normalize("NFKC", text[:LONGEST]).lower().split()), alone=True)[0]
    except ValueError:
        return None


def shown(at: int, zone: str, language: str) -> str:
    """ "Jumat, 25 November 2022, pukul 09.00 WIB"."""
    return f"{formats.date(at, zone, language)}, {formats.clock(at, zone, language)}"


def day_in(words: str, today: date) -> date | None:
    """The day that a text in lower case names; None where it names none. ValueError: there is no such day."""
    return _day(words, today)[0]


def time_in(words: str, today: date) -> time | None:
    """The hour beside a day in a text in lower case ("sabtu jam 9"); None where none is named as one.

    ValueError: there is no such hour.
    """
    _, rest, _ = _day(words, today)
    if not any(pattern.search(rest) for pattern in (_HALF, _CLOCK, _HOUR, _BARE)):
        return None
    return _time(rest, alone=False)[0]


def _day(words: str, today: date) -> tuple[date | None, str, int]:
    """The day that is named, the words without it, and after how many days it comes again if it is over."""
    for pattern in (_ISO, _DOTTED, _SLASHED, _NAMED, _NAMED_FIRST):
        if (found := pattern.search(words)) is not None:
            parts = found.groupdict()
            month = _MONTHS[parts["month"]] if "month" in parts else int(parts["m"])
            year = int(parts["y"]) if parts["y"] else 0
            rest = f"{words[: found.start()]} {words[found.end() :]}"
            return _dated(2000 + year if 0 < year < 100 else year, month, int(parts["d"]), today), rest, 0
    if (found := _DAY.search(words)) is not None:
        day = today.replace(day=1)
        while day.month == today.month and int(found["d"]) < today.day:
            day += timedelta(days=1)
        return day.replace(day=int(found["d"])), words[: found.start()] + words[found.end() :], 0
    if (found := _RELATIVE.search(words)) is not None:
        rest = words[: found.start()] + words[found.end() :]
        # "malam ini" and "tonight" also say which half of the day.
        return today + timedelta(days=_AHEAD[found["ahead"]]), f"{rest} {found['ahead']}", 0
    if (found := _WEEKDAY.search(words)) is not None:
        ahead = (_WEEKDAYS[found["day"]] - today.weekday()) % 7
        if not ahead and re.search(r"\b(?:depan|next)\b", words):
            ahead = 7
        return today + timedelta(days=ahead), words[: found.start()] + words[found.end() :], 7
    return None, words, 1


def _dated(year: int, month: int, day: int, today: date) -> date:
    if year:
        return date(year, month, day)
    this = date(today.year, month, day)
    # "5/1" in December is next year's; what was last week is a slip.
    return this if this >= today - timedelta(days=180) else date(today.year + 1, month, day)


def _time(words: str, alone: bool) -> tuple[time | None, int]:
    """The hour that is named, and 1 where it is midnight at the end of the day. `alone`: a number is an hour."""
    part = _PART.search(words)
    half = _PARTS[part["part"]][0] if part is not None else ""
    if (found := _HALF.search(words)) is not None and (hour := numerals.number(found["h"])) is not None:
        return _turned(hour - 1, 30, half, False)
    if (found := _CLOCK.search(words)) is not None:
        return _turned(int(found["h"]), int(found["min"]), half, found["h"].startswith("0"))
    for pattern in (_HOUR, _BARE):
        if (found := pattern.search(words)) is not None and (hour := numerals.number(found["h"])) is not None:
            return _turned(hour, 0, half, False)
    if alone and (found := _ALONE.fullmatch(words)) is not None:
        return _turned(int(found["h"]), 0, half, False)
    return (time(_PARTS[part["part"]][1]), 0) if part is not None else (None, 0)


def _turned(hour: int, minute: int, half: str, whole: bool) -> tuple[time, int]:
    """Twelve hours as twenty-four. `whole`: written as on a clock of twenty-four."""
    if half in ("pagi", "am"):
        hour %= 12 if hour == 12 else 24
    elif half == "pm" or half == "sore":
        hour += 12 if hour < 12 else 0
    elif half == "siang":
        hour += 12 if hour < 7 else 0
    elif half == "malam":
        if hour == 12:
            return time(0, minute), 1
        hour += 12 if 5 <= hour < 12 else 0
    elif not whole and 1 <= hour <= 6:
        hour += 12
    if hour == 24 and minute == 0:
        return time(0), 1
    return time(hour, minute), 0
