"""Dates, times, amounts and numbers as people in Indonesia read them (domain.md 7.3).

Times come in as UTC milliseconds, with the IANA zone of the place they are about. Any language code is taken; what
Babel does not know (Sasak, Lamaholot) is written as in Indonesian.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as Date
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

PartOfDay = Literal["pagi", "siang", "sore", "malam"]

_ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
FULL = 24 * 60
"""Minutes of a day."""
_SWAPPED = str.maketrans(",.", ".,")


def utc_day(when: int) -> str:
    """ "2022-11-03": as a day is kept."""
    return datetime.fromtimestamp(when / 1000, UTC).date().isoformat()


def date(when: int | Date, zone: str, language: str) -> str:
    """ "Kamis, 3 November 2022", "Thursday, 3 November 2022"."""
    return _dated(when, zone, language, "EEEE, d MMMM y")


def short_date(when: int | Date, zone: str, language: str) -> str:
    """ "3 Nov 2022": the day first in every language."""
    return _dated(when, zone, language, "d MMM y")


def day_of_month(when: int | Date, zone: str, language: str) -> str:
    """ "3 Nov": of what is soon."""
    return _dated(when, zone, language, "d MMM")


def weekday(when: int | Date, language: str, zone: str = "UTC") -> str:
    """ "Kam 3", "Thu 3"."""
    return _dated(when, zone, language, "EEE d")


def day_and_month(when: Date, language: str) -> str:
    """ "Kamis, 3 Nov", "Thursday, 3 Nov": short enough for a row of a list."""
    return _dated(when, "UTC", language, "EEEE, d MMM")


def day_and_hour(when: str, zone: str, language: str) -> str:
    """Of 2022-11-03T09:00, local: "Kamis, 3 November 2022, pukul 09.00 WIB"; of 2022-11-03 the day alone."""
    there = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone))
    said = date(there.date(), zone, language)
    return f"{said}, {clock(int(there.timestamp() * 1000), zone, language)}" if "T" in when else said


def clock(when: int, zone: str, language: str) -> str:
    """ "pukul 14.05 WITA", "2:05 pm WITA"."""
    there = _there(when, zone)
    label = _ZONES.get(zone) or _offset(there)
    minute = minute_of_day(there.hour * 60 + there.minute, language)
    return f"{minute} {label}" if _english(language) else f"pukul {minute} {label}"


def minute_of_day(minute: int, language: str) -> str:
    """ "08.00", "8:00 am": an hour alone, as in what is open from when until when."""
    if _english(language):
        return f"{minute // 60 % 12 or 12}:{minute % 60:02} {'am' if minute % FULL < FULL // 2 else 'pm'}"
    return f"{minute // 60:02}.{minute % 60:02}"


def rupiah(amount: int, language: str) -> str:
    """ "Rp12.000", "Rp12,000"; whole rupiah only."""
    return f"{'-' if amount < 0 else ''}Rp{number(abs(amount), language)}"


def number(value: float, language: str) -> str:
    """ "1.234,5", "1,234.5"; at most three decimals, none where it is whole."""
    if isinstance(value, int):
        written = f"{value:,}"
    else:
        whole = f"{value:,.3f}".rstrip("0").rstrip(".")
        written = "0" if whole == "-0" else whole
    return written if _english(language) else written.translate(_SWAPPED)


def part_of_day(when: int, zone: str) -> PartOfDay:
    """Which greeting fits there: pagi from 4, siang from 11, sore from 15, malam from 18 (domain.md 7.1)."""
    hour = _there(when, zone).hour
    if 4 <= hour < 11:
        return "pagi"
    if 11 <= hour < 15:
        return "siang"
    return "sore" if 15 <= hour < 18 else "malam"


def ago(then: int, now: int, language: str) -> str:
    """How long since, in one unit: "3 hari", "3 days"; never less than a minute."""
    from babel.dates import format_timedelta

    passed = timedelta(seconds=max(60, (now - then) // 1000))
    # Other languages of ours have no units in CLDR: Sundanese would read "3 d".
    tag = language[:2] if language[:2] in ("en", "jv") else "id"
    return format_timedelta(passed, granularity="minute", threshold=1, locale=tag)


def _there(when: int, zone: str) -> datetime:
    return datetime.fromtimestamp(when / 1000, ZoneInfo(zone))


def _offset(there: datetime) -> str:
    hours, minutes = divmod(int((there.utcoffset() or timedelta()).total_seconds()) // 60, 60)
    return f"UTC{hours:+d}:{minutes:02d}" if minutes else f"UTC{hours:+d}"


def _dated(when: int | Date, zone: str, language: str, pattern: str) -> str:
    # Babel costs 25 ms to import: paid by the first date that is written, not by the start.
    from babel.dates import format_date

    return format_date(when if isinstance(when, Date) else _there(when, zone).date(), pattern, locale=_locale(language))


def _english(language: str) -> bool:
    return language.startswith("en")


@cache
def _known(tag: str) -> bool:
    from babel import localedata

    return localedata.exists(tag)


def _locale(language: str) -> str:
    tag = language.replace("-", "_")
    while tag and not _known(tag):
        tag = tag.rpartition("_")[0]
    return tag or "id"
