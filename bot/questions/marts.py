"""The marts of the programme: data/marts.toml.

Read once, when first asked for. What managers change since (status, hours, days) is in records/marts.py; nothing here
knows what is open now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from bot import tables, words
from bot.questions import places
from bot.questions.asking import Option
from bot.tables import Table

FILE: Final = places.DATA / "marts.toml"
STATUSES: Final = ("planned", "opening_soon", "open", "temporarily_closed", "closed")
TO_COME: Final = ("planned", "opening_soon")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY: Final = 24 * 60
_COMMON: Final = re.compile(r"\b(?:sbmi|mart)\b")
"""What every mart is called."""

Hours = Mapping[int, tuple[int, ...] | None]
"""By weekday (Monday is 0): opening and closing as minutes of the day, both once more behind a break; None: closed; a
missing day: not known."""


@dataclass(frozen=True, slots=True)
class Mart:
    """A mart as the file has it. What is empty is not known, and never guessed."""

    code: str
    name: str
    district: str
    status: str
    kecamatan: str = ""
    village: str = ""
    address: str = ""
    landmark: str = ""
    latitude: float | None = None
    longitude: float | None = None
    contact: str = ""
    link: str = ""
    trading_since: date | None = None
    official_opening: date | None = None
    hours: tuple[tuple[int, tuple[int, ...] | None], ...] = ()

    @property
    def area(self) -> str:
        """The most precise Kemendagri code known."""
        return self.village or self.kecamatan or self.district

    @property
    def zone(self) -> str:
        """Its time zone, such as Asia/Makassar."""
        return places.zone(self.district)

    @property
    def pin(self) -> tuple[float, float] | None:
        """Latitude and longitude where both are known."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


def read_marts(path: Path) -> Mapping[str, Mart]:
    """Read and check a file of marts; raises BadData, which names file, mart and remedy."""
    found = map(_mart, tables.each(path, "marts", "code", tuple(Mart.__dataclass_fields__)))
    return {one.code: one for one in found}


def _mart(table: Table) -> Mart:
    text, day = table.text, table.day

    def degrees(key: str, most: int) -> float | None:
        value = table.values.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            raise table.wrong(key, f"degrees between -{most} and {most}, such as {-7.45 if most == 90 else 109.85}")
        return float(value)

    district = text("district", r"\d\d\.\d\d", "the code of a district in districts.toml", needed=True)
    if district not in {one.value for one in places.districts()}:
        raise table.wrong("district", "the code of a district in districts.toml, or add the district there")
    within = re.escape(district)
    status = text("status", "|".join(STATUSES), f"one of {', '.join(STATUSES)}", needed=True)
    made = Mart(
        text("code", "[a-z0-9-]{2,20}", 'small letters, digits and "-" such as "kaliwiro"', needed=True),
        text("name", r"(?=.*\S).{1,60}", "its name, at most 60 characters", needed=True),
        district,
        status,
        text("kecamatan", rf"{within}\.\d\d", f'a kecamatan of its district such as "{district}.01", or nothing'),
        text("village", rf"{within}\.\d\d\.\d{{4}}", f'a village of its district such as "{district}.01.2001"'),
        text("address", r".{1,200}", "an address of at most 200 characters, or nothing"),
        text("landmark", r".{1,60}", "what is near it, at most 60 characters, or nothing"),
        degrees("latitude", 90),
        degrees("longitude", 180),
        text("contact", r".{1,100}", "whom to ask and how, at most 100 characters, or nothing"),
        text("link", r"https://\S{3,200}", "a link that begins with https://, or nothing"),
        day("trading_since"),
        day("official_opening"),
        _hours(table),
    )
    if (made.latitude is None) != (made.longitude is None):
        raise table.bad(": latitude and longitude belong together; write both or none")
    return made


def _hours(table: Table) -> tuple[tuple[int, tuple[int, ...] | None], ...]:
    remedy = 'days such as monday = "07.00-17.00", friday = "08.00-11.30, 13.00-17.00" or sunday = "closed"'
    days = table.values.get("hours") or {}
    if not isinstance(days, dict):
        raise table.wrong("hours", remedy)
    made: list[tuple[int, tuple[int, ...] | None]] = []
    for name, value in days.items():
        span = None if value == "closed" else _spans(value)
        if name not in WEEKDAYS or (span is None and value != "closed"):
            raise table.bad(f".hours.{name}: {value!r} does not fit; write {remedy}")
        made.append((WEEKDAYS.index(name), span))
    return tuple(sorted(made))


def _spans(value: object) -> tuple[int, ...] | None:
    """ "08.00-12.00, 13.00-17.00" as minutes of the day; None where it is not one such span, or two with a break."""
    spans = [_span(one) for one in value.split(",")] if isinstance(value, str) else []
    if len(spans) > 2 or not all(spans):
        return None
    minutes = tuple(minute for one in spans for minute in one or ())
    return minutes if list(minutes) == sorted(set(minutes)) and minutes else None


def _span(value: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"\s?(\d\d)[.:](\d\d)\s?-\s?(\d\d)[.:](\d\d)", value)
    if found is None:
        return None
    hour, minute, until, past = map(int, found.groups())
    opens, closes = hour * 60 + minute, until * 60 + past
    return (opens, closes) if minute < 60 and past < 60 and opens < closes <= DAY else None


@cache
def everywhere() -> Mapping[str, Mart]:
    """Every mart by its code, in the order of the file."""
    return read_marts(FILE)


def mart(code: str) -> Mart | None:
    """The mart with this code; None where there is none (one removed from the file since)."""
    return everywhere().get(code)


def options() -> tuple[Option, ...]:
    """Every mart to choose from: by its district, or by its own name where that has another mart, too."""
    return tuple(
        Option(
            one.code,
            dict.fromkeys(
                places.LANGUAGES, (one.name if _shares(one) else places.name(one.district))[: places.LONGEST_LABEL]
            ),
            (one.name, *(() if _shares(one) else places.district(one.district).aliases)),
        )
        for one in everywhere().values()
    )


def named(text: str) -> str:
    """The code of the one mart that a text names, by its name or its district; empty where it names none."""
    known = options()
    found = words.find(text, [places.names(one) for one in known], tolerant=True) if text.strip() else []
    return known[found[0]].value if len(found) == 1 else ""


def mentioned(text: str) -> str:
    """The code of the one mart that stands somewhere in a question, by its name or its district; else empty."""
    said = f" {words.fold(text)} "
    found = {
        one.value
        for one in options()
        for name in places.names(one)
        if (called := _COMMON.sub("", words.fold(name)).strip()) and f" {called} " in said
    }
    return found.pop() if len(found) == 1 else named(text) if not found else ""


def _shares(mart: Mart) -> bool:
    """Whether its district has another mart, too."""
    return sum(one.district == mart.district for one in everywhere().values()) > 1


def of_district(code: str) -> Mart | None:
    """The mart of the district that a code (of a district, a kecamatan or a village) lies in; None where there is none.

    Of several the one that is open, then the one in the same kecamatan, then the first.
    """
    found = [one for one in everywhere().values() if code and one.district == code[:5]]
    return min(found, key=lambda one: (one.status != "open", one.kecamatan != code[:8]), default=None)
