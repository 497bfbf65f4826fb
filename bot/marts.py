"""The marts of the programme: data/marts.toml.

Read once, when first asked for. What managers change since (status, hours, days) is in records/marts.py; nothing here
knows what is open now.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot import places, words
from bot.asking import Option
from bot.places import BadData

FILE: Final = places.DATA / "marts.toml"
STATUSES: Final = ("planned", "opening_soon", "open", "temporarily_closed", "closed")
TO_COME: Final = ("planned", "opening_soon")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY: Final = 24 * 60

Hours = Mapping[int, tuple[int, int] | None]
"""By weekday (Monday is 0): opening and closing as minutes of the day; None: closed; a missing day: not known."""


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
    latitude: float | None = None
    longitude: float | None = None
    contact: str = ""
    link: str = ""
    trading_since: date | None = None
    official_opening: date | None = None
    hours: tuple[tuple[int, tuple[int, int] | None], ...] = ()

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
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("marts")
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: cannot be read ({error}); put the file that came with the programme there") from error
    if not isinstance(tables, list) or not tables:
        raise BadData(f"{path}: marts: {tables!r} does not fit; write at least one [[marts]] table")
    found: dict[str, Mart] = {}
    for at, table in enumerate(tables):
        if not isinstance(table, dict):
            raise BadData(f"{path}: marts[{at}]: {table!r} does not fit; write it as a [[marts]] table")
        one = _mart(path, str(table.get("code") or f"marts[{at}]"), dict(table))
        if one.code in found:
            raise BadData(f"{path}: {one.code}: stands there twice; keep one")
        found[one.code] = one
    return found


def _mart(path: Path, named: str, table: dict[str, Any]) -> Mart:
    def wrong(key: str, remedy: str) -> BadData:
        return BadData(f"{path}: {named}.{key}: {table.get(key)!r} does not fit; write {remedy}")

    def text(key: str, pattern: str, remedy: str, needed: bool = False) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or not ((value == "" and not needed) or re.fullmatch(pattern, value)):
            raise wrong(key, remedy)
        return value

    def degrees(key: str, most: int) -> float | None:
        value = table.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            raise wrong(key, f"degrees between -{most} and {most}, such as {-7.45 if most == 90 else 109.85}")
        return float(value)

    def day(key: str) -> date | None:
        value = table.get(key) or None
        if value is not None and type(value) is not date:
            raise wrong(key, "a date such as 2022-10-12, without quotes")
        return value

    if strange := sorted(set(table) - set(Mart.__dataclass_fields__)):
        raise BadData(
            f"{path}: {named}.{strange[0]}: is not known; write one of {', '.join(Mart.__dataclass_fields__)}"
        )
    district = text("district", r"\d\d\.\d\d", "the code of a district in districts.toml", needed=True)
    if district not in {one.value for one in places.districts()}:
        raise wrong("district", "the code of a district in districts.toml, or add the district there")
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
        degrees("latitude", 90),
        degrees("longitude", 180),
        text("contact", r".{1,100}", "whom to ask and how, at most 100 characters, or nothing"),
        text("link", r"https://\S{3,200}", "a link that begins with https://, or nothing"),
        day("trading_since"),
        day("official_opening"),
        _hours(path, named, table.get("hours") or {}),
    )
    if (made.latitude is None) != (made.longitude is None):
        raise BadData(f"{path}: {named}: latitude and longitude belong together; write both or none")
    return made


def _hours(path: Path, named: str, table: object) -> tuple[tuple[int, tuple[int, int] | None], ...]:
    remedy = 'write days such as monday = "07.00-17.00" or sunday = "closed"'
    if not isinstance(table, dict):
        raise BadData(f"{path}: {named}.hours: {table!r} does not fit; {remedy}")
    made: list[tuple[int, tuple[int, int] | None]] = []
    for name, value in table.items():
        span = None if value == "closed" else _span(value)
        if name not in WEEKDAYS or (span is None and value != "closed"):
            raise BadData(f"{path}: {named}.hours.{name}: {value!r} does not fit; {remedy}")
        made.append((WEEKDAYS.index(name), span))
    return tuple(sorted(made))


def _span(value: object) -> tuple[int, int] | None:
    """ "07.00-17.00" as minutes of the day; None where it is no such span."""
    found = re.fullmatch(r"(\d\d)[.:](\d\d)\s?-\s?(\d\d)[.:](\d\d)", value) if isinstance(value, str) else None
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


def _shares(mart: Mart) -> bool:
    """Whether its district has another mart, too."""
    return sum(one.district == mart.district for one in everywhere().values()) > 1


def of_district(code: str) -> Mart | None:
    """The mart of the district that a code (of a district, a kecamatan or a village) lies in; None where there is none.

    Of several the one that is open, then the one in the same kecamatan, then the first.
    """
    found = [one for one in everywhere().values() if code and one.district == code[:5]]
    return min(found, key=lambda one: (one.status != "open", one.kecamatan != code[:8]), default=None)
