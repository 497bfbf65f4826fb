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

from bot import formats
from bot.questions.asking import Candidates, Rejected, Said, Typed, Value

Span = tuple[int, ...] | None
"""Opening and closing as minutes of the day, and where there is a break both once more; None: closed."""

FULL: Final = 24 * 60
NOON: Final = 12 * 60
EARLY: Final = 5 * 60
"""No shop opens before: "1-5 pm" begins in the afternoon."""
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
    rf"|(?P<rests>\b(?:istirahat|rehat|break|lunch)\b)"
    rf"|(?P<span>{_SPAN.pattern})"
)
_CLOSED: Final = re.compile(
    r"(?<!tidak )(?<!gak )(?<!bukan )(?<!not )\b(?:tutup|libur|closed|off|tidak buka|gak buka|not open)\b"
)
_RESTS: Final = re.compile(r"\b(?:istirahat|rehat|break|lunch)\b")
_UNREAD: Final = Rejected("day_hours")
_MIDNIGHT: Final = re.compile(r"\b(?:tengah malam|midnight)\b")
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
    again: Span = None
    """Opening and closing after a break that is still to come today."""
    rests: bool = False
    """Whether it is closed for a break."""


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
        for opens, closes in pairs(span):
            if ahead == 0 and opens <= minute < closes:
                following = keeps(day + timedelta(days=1)) if closes == FULL else None
                past_midnight = following is not None and following[0] == 0
                again = span[2:] if closes < span[-1] else None
                return Now(True, until=None if past_midnight else moment(day, closes, zone), again=again)
            if ahead > 0 or minute < opens:
                return Now(False, next=moment(day, opens, zone), rests=ahead == 0 and opens > span[0])
    return Now(False)


def pairs(span: Span) -> list[tuple[int, int]]:
    """Each opening with its closing; none where it is closed."""
    return list(zip(span[::2], span[1::2], strict=True)) if span else []


def joined(first: Span, second: Span) -> Span:
    """Two openings of a day with the break between them; "8-12, 1-5" is meant as of a shop. None: they do not fit."""
    if first is None or second is None or len(first) != 2 or len(second) != 2:
        return None
    if second[0] < first[1] and second[1] <= FULL // 2:
        second = (second[0] + FULL // 2, second[1] + FULL // 2)
    return (*first, *second) if first[1] < second[0] else None


def resting(whole: Span, rest: Span) -> Span:
    """A day with a break inside of it; None where it is not inside."""
    if whole is None or rest is None or len(whole) != 2 or len(rest) != 2:
        return None
    opens, closes = whole
    if rest[0] <= opens and rest[1] <= FULL // 2:
        rest = (rest[0] + FULL // 2, rest[1] + FULL // 2)
    return (opens, *rest, closes) if opens < rest[0] and rest[1] < closes else None


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


def written(span: Span, language: str) -> tuple[str, ...]:
    """Opening and closing as on a shop's door, both once more behind a break: "08.00" and "17.00"; none where closed.

    In English "8:00" and "11:30 am" where half a day is the same for both, and that is clear from the closing.
    """
    shown: list[str] = []
    for opens, closes in pairs(span):
        first, last = _clock(opens, language), _clock(closes, language)
        if first[-3:] == last[-3:] in (" am", " pm") and 60 <= opens < NOON + EARLY:
            first = first[:-3]
        shown += (first, last)
    return tuple(shown)


def _clock(minute: int, language: str) -> str:
    return "midnight" if minute == FULL and language.startswith("en") else formats.minute_of_day(minute, language)


def read_week(text: str) -> dict[int, Span]:
    """The hours by weekday that a text names; none where it names none, or something beside them is not understood."""
    plain = _plain(text)
    found: dict[int, Span] = {}
    waiting: list[int] = []
    closed_first = rests = False
    last: list[int] = []
    rest = _TOKEN.sub(" ", plain)
    if re.search(r"\d", rest):
        return {}
    for token in _TOKEN.finditer(plain):
        if token["every"]:
            waiting += range(7)
        elif token["first"]:
            waiting += _run(token["first"], token["last"] or token["first"])
        elif token["rests"]:
            rests = True
        else:
            span = None if token["closed"] else (0, FULL) if token["round"] else _span(token)
            if span is None and not token["closed"]:
                return {}
            if token["closed"] and not waiting:
                # "Sabtu 8-12, tutup Minggu": its days are named behind it.
                closed_first = True
                continue
            if last and not waiting:
                # "Senin 08.00-12.00, 13.00-17.00": hours behind hours are of the same days.
                span = (resting if rests else joined)(found[last[0]], span)
                if span is None:
                    return {}
                found |= dict.fromkeys(last, span)
                last, rests = [], False
                continue
            named = waiting or list(range(7))
            if rests or closed_first or found.keys() & set(named):
                return {}
            found |= dict.fromkeys(named, span)
            last, waiting = [] if token["closed"] else named, []
    if rests:
        return {}
    if closed_first and waiting and not found.keys() & set(waiting):
        return dict(sorted((found | dict.fromkeys(waiting, None)).items()))
    return {} if waiting or closed_first else dict(sorted(found.items()))


def _run(first: str, last: str) -> Iterable[int]:
    begin, end = _DAYS[first], _DAYS[last]
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def _span(found: re.Match[str]) -> Span:
    opens = _minute(int(found["ah"]), found["am"], found["ap"] or "")
    closes = _minute(int(found["bh"]), found["bm"], found["bp"] or "") or FULL
    if found["bp"] in ("pm", "sore", "siang", "malam") and not found["ap"] and opens < EARLY and opens + NOON < closes:
        opens += NOON
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
    plain = " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).lower().replace("’", "'").split())
    return _MIDNIGHT.sub("24:00", plain)


@dataclass(frozen=True, slots=True)
class Week(Typed):
    """Opening hours by weekday: [[day, opens, closes], …], both once more behind a break, and [day] where it is closed.

    Rejected: week.
    """

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
    """The hours of one day: [opens, closes], both once more behind a break, "closed", or "usual" as on that weekday.

    Rejected: day_hours.
    """

    def outranks(self, text: str) -> bool:
        """Hours are an answer here, whatever else they may mean."""
        return not isinstance(self.read(Said(text)), Rejected)

    def read(self, said: Said) -> Value | Rejected | Candidates:
        plain = _plain(said.text)
        if spans := [_span(found) for found in _SPAN.finditer(plain)][:3]:
            rest = _SPAN.sub(" ", plain)
            both = resting if _RESTS.search(rest) else joined
            span = spans[0] if len(spans) == 1 else both(*spans) if len(spans) == 2 else None
            read = span and not re.search(r"\d", rest) and not _CLOSED.search(rest)
            return list(span) if span and read else _UNREAD
        if re.search(r"\d", plain):
            return _UNREAD
        return "closed" if _CLOSED.search(plain) else "usual" if _USUAL.search(plain) else _UNREAD

    def show(self, value: Value, language: str) -> str | None:
        if isinstance(value, str):
            return value
        shown = written(tuple(value), language)
        return ", ".join(map("–".join, zip(shown[::2], shown[1::2], strict=True)))
