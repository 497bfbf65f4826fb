"""Opening hours: how people write them ("Senin-Sabtu 8-17, Minggu tutup"), and what they say of a moment.

Minutes of the day where the shop is; nothing reaches over midnight. Pure: now and the zone are given. What is
understood is always said back before it holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.asking import Candidates, Rejected, Said, Typed, Value

Span = tuple[int, int] | None
"""Opening and closing as minutes of the day; None: closed."""

FULL: Final = 24 * 60
LONGEST: Final = 200
AHEAD: Final = 14
"""Days in which the next opening is looked for."""

_DAYS: Final = {
    word: number
    for number, words in enumerate(
        ("senin sen monday mon", "selasa sel tuesday tue", "rabu rab wednesday wed", "kamis kam thursday thu",
         "jumat jum'at jumaat jum friday fri", "sabtu sab saturday sat", "minggu ahad min sunday sun")
    )
    for word in words.split()
}  # fmt: skip
_DAY: Final = "|".join(sorted(_DAYS, key=len, reverse=True))
_TO: Final = r"(?:-|–|—|s/d|s\.d\.|sd|sampai|sampe|hingga|to|until|till)"
_UNTIL: Final = rf"(?:{_TO}|,?\s*(?:tutup|closes?(?: at)?))"
_PART: Final = r"(?P<{0}>pagi|siang|sore|malam|am|pm)?"
_CLOCK: Final = r"(?:jam|pukul|pkl)?\.?\s*(?P<{0}h>\d{{1,2}})(?:[.:](?P<{0}m>\d\d))?\s*" + _PART.format("{0}p")
_SPAN: Final = re.compile(rf"(?<!\d){_CLOCK.format('a')}\s*{_UNTIL}\s*{_CLOCK.format('b')}(?![\d])")
_TOKEN: Final = re.compile(
    rf"(?P<every>(?:setiap|tiap|semua) hari|every ?day|daily|all days)"
    rf"|(?<![a-z'])(?P<first>{_DAY})(?![a-z'])(?:\s*{_TO}\s*(?P<last>{_DAY})(?![a-z']))?"
    rf"|(?P<closed>\b(?:tutup|libur|closed|off)\b)"
    rf"|(?P<round>\b24 (?:jam|hours)\b)"
    rf"|(?P<span>{_SPAN.pattern})"
)
_CLOSED: Final = re.compile(
    r"(?<!tidak )(?<!gak )(?<!bukan )(?<!not )\b(?:tutup|libur|closed|off|tidak buka|gak buka|not open)\b"
)
_UNREAD: Final = Rejected("day_hours")
_USUAL: Final = re.compile(r"\b(?:biasa|biasanya|normal|usual|as usual)\b")


@dataclass(frozen=True, slots=True)
class Now:
    """What opening hours say of a moment. Times are UTC milliseconds."""

    open: bool | None
    """None: not known."""
    until: int | None = None
    """When it closes, where it is open; None where that is not today."""
    next: int | None = None
    """When it opens, where it is closed and that is known."""


def at(now: int, zone: str, hours: Mapping[int, Span], days: Mapping[date, Span]) -> Now:
    """Whether it is open now, and when that changes; `days` go before the weekdays of `hours`."""
    here = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    minute = here.hour * 60 + here.minute

    def keeps(day: date) -> Span:
        return days[day] if day in days else hours.get(day.weekday())

    for ahead in range(AHEAD + 1):
        day = here.date() + timedelta(days=ahead)
        if day not in days and day.weekday() not in hours:
            return Now(None if ahead == 0 else False)
        span = keeps(day)
        if span is None:
            continue
        if ahead == 0 and span[0] <= minute < span[1]:
            following = keeps(day + timedelta(days=1)) if span[1] == FULL else None
            past_midnight = following is not None and following[0] == 0
            return Now(True, until=None if past_midnight else moment(day, span[1], zone))
        if ahead > 0 or minute < span[0]:
            return Now(False, next=moment(day, span[0], zone))
    return Now(False)


def moment(day: date, minute: int, zone: str) -> int:
    """A minute of a day there, as UTC milliseconds."""
    there = datetime.combine(day, time(), ZoneInfo(zone)).replace(tzinfo=None) + timedelta(minutes=minute)
    return int(there.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp() * 1000)


def grouped(hours: Mapping[int, Span]) -> list[tuple[int, int, Span]]:
    """First and last weekday of each run of days that have the same hours, from Monday on."""
    runs: list[tuple[int, int, Span]] = []
    for day in sorted(hours):
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == hours[day]:
            runs[-1] = (runs[-1][0], day, hours[day])
        else:
            runs.append((day, day, hours[day]))
    return runs


def days_shown(first: int, last: int, language: str) -> str:
    """ "Senin–Sabtu", "Sunday"."""
    from babel.dates import get_day_names

    names = get_day_names("wide", locale="en" if language.startswith("en") else "id")
    return names[first] if first == last else f"{names[first]}–{names[last]}"


def minute_shown(minute: int, language: str) -> str:
    """ "08.00", "08:00": as on a shop's door."""
    return f"{minute // 60:02}{':' if language.startswith('en') else '.'}{minute % 60:02}"


def read_week(text: str) -> dict[int, Span]:
    """The hours by weekday that a text names; none where it names none, or something beside them is not understood."""
    plain = _plain(text)
    found: dict[int, Span] = {}
    waiting: list[int] = []
    closed_first = False
    rest = _TOKEN.sub(" ", plain)
    if re.search(r"\d", rest):
        return {}
    for token in _TOKEN.finditer(plain):
        if token["every"]:
            waiting += range(7)
        elif token["first"]:
            waiting += _run(token["first"], token["last"] or token["first"])
        else:
            span = None if token["closed"] else (0, FULL) if token["round"] else _span(token)
            if span is None and not token["closed"]:
                return {}
            if token["closed"] and not waiting:
                # "Sabtu 8-12, tutup Minggu": its days are named behind it.
                closed_first = True
                continue
            named = waiting or list(range(7))
            if closed_first or found.keys() & set(named):
                return {}
            found |= dict.fromkeys(named, span)
            waiting = []
    if closed_first and waiting and not found.keys() & set(waiting):
        return dict(sorted((found | dict.fromkeys(waiting, None)).items()))
    return {} if waiting or closed_first else dict(sorted(found.items()))


def _run(first: str, last: str) -> Iterable[int]:
    begin, end = _DAYS[first], _DAYS[last]
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def _span(found: re.Match[str]) -> Span:
    opens = _minute(int(found["ah"]), found["am"], found["ap"] or "")
    closes = _minute(int(found["bh"]), found["bm"], found["bp"] or "")
    if closes <= opens and not found["bp"] and closes <= FULL // 2:
        # "8-5": a shop closes in the afternoon.
        closes += FULL // 2
    return (opens, closes) if 0 <= opens < closes <= FULL else None


def _minute(hour: int, minutes: str | None, part: str) -> int:
    if part in ("siang", "sore", "malam", "pm") and 1 <= hour < (7 if part == "siang" else 12):
        hour += 12
    if part in ("pagi", "am") and hour == 12:
        hour = 0
    minute = int(minutes or 0)
    return hour * 60 + minute if minute < 60 else -1


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).lower().replace("’", "'").split())


@dataclass(frozen=True, slots=True)
class Week(Typed):
    """Opening hours by weekday: [[day, opens, closes], …], and [day] where it is closed. Rejected: week."""

    def outranks(self, text: str) -> bool:
        """A day and an hour are an answer here, whatever else they may mean."""
        return bool(read_week(text))

    def read(self, said: Said) -> Value | Rejected | Candidates:
        week = read_week(said.text)
        return [[day, *(span or ())] for day, span in week.items()] if week else Rejected("week")

    def show(self, value: Value, language: str) -> str | None:
        return ", ".join(days_shown(one[0], one[0], language) for one in value)


@dataclass(frozen=True, slots=True)
class DayHours(Typed):
    """The hours of one day: [opens, closes], "closed", or "usual" as on every such weekday. Rejected: day_hours."""

    def outranks(self, text: str) -> bool:
        """Hours are an answer here, whatever else they may mean."""
        return not isinstance(self.read(Said(text)), Rejected)

    def read(self, said: Said) -> Value | Rejected | Candidates:
        plain = _plain(said.text)
        if found := _SPAN.search(plain):
            span, rest = _span(found), plain[: found.start()] + plain[found.end() :]
            return list(span) if span and not re.search(r"\d", rest) and not _CLOSED.search(rest) else _UNREAD
        if re.search(r"\d", plain):
            return _UNREAD
        return "closed" if _CLOSED.search(plain) else "usual" if _USUAL.search(plain) else _UNREAD

    def show(self, value: Value, language: str) -> str | None:
        if isinstance(value, str):
            return value
        return f"{minute_shown(value[0], language)}–{minute_shown(value[1], language)}"
