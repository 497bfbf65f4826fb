"""The referral directory, data/referrals.toml: whom people turn to for what we are not there for.

A number is shown only while somebody of ours has rung it within the last six months (domain.md 6). Read once, when
first asked for; how an entry is put is the conversation's part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot import tables
from bot.questions import places
from bot.tables import Table

FILE: Final = places.DATA / "referrals.toml"
NEEDS: Final = ("violence", "scam", "abroad", "papers", "office")
"""What people need when they look for a number; each has its label in contacts.po."""
GOOD_FOR: Final = timedelta(days=183)
"""How long a check holds."""
WAYS: Final = ("phone", "whatsapp", "web", "address")


@dataclass(frozen=True, slots=True)
class Entry:
    """One service. What is empty is not known."""

    id: str
    needs: tuple[str, ...]
    name: Mapping[str, str]
    """By language."""
    about: Mapping[str, str]
    """What it is for, in a few words, by language; may be empty."""
    district: str = ""
    """Kemendagri code; empty: for everybody."""
    phone: str = ""
    """Exactly as dialled."""
    whatsapp: str = ""
    web: str = ""
    address: str = ""
    verified_on: date | None = None
    verified_by: str = ""
    expires_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether its contacts may be shown on this day."""
        if self.verified_on is None or not self.verified_on <= day <= self.verified_on + GOOD_FOR:
            return False
        return self.expires_on is None or day <= self.expires_on

    def ways(self) -> tuple[tuple[str, str], ...]:
        """(`phone`, `whatsapp`, `web` or `address`; what it is) for each that is known."""
        return tuple((way, value) for way in WAYS if (value := getattr(self, way)))


def read_referrals(path: Path) -> Mapping[str, Entry]:
    """Read and check a file of referrals; raises BadData, which names file, entry and remedy."""
    found = map(_entry, tables.each(path, "entries", "id", KEYS))
    return {one.id: one for one in found}


KEYS: Final = (
    "id", "needs", "name", "about", "district", *WAYS, "source", "verified_on", "verified_by", "expires_on",
)  # fmt: skip


def _entry(table: Table) -> Entry:
    text, day = table.text, table.day

    def worded(key: str, most: int, needed: bool) -> dict[str, str]:
        value = table.values.get(key) or {}
        fits = isinstance(value, dict) and all(isinstance(one, str) and len(one) <= most for one in value.values())
        if not fits or set(value) - set(places.LANGUAGES) or (needed and not value.get(places.LANGUAGES[0])):
            raise table.wrong(key, f'at most {most} characters in each language, such as {{ id = "…", en = "…" }}')
        return value

    needs = table.values.get("needs")
    if not isinstance(needs, list) or not needs or set(needs) - set(NEEDS):
        raise table.wrong("needs", f"a list of some of {', '.join(NEEDS)}")
    district = text("district", r"\d\d\.\d\d", "the code of a district in districts.toml, or nothing")
    if district and district not in {one.value for one in places.districts()}:
        raise table.wrong("district", "the code of a district in districts.toml, or nothing")
    text("source", r"(?=.*\S).{1,300}", "where the contact was found", needed=True)
    made = Entry(
        text("id", "[a-z0-9-]{2,40}", 'small letters, digits and "-" such as "sapa-129"', needed=True),
        tuple(needs),
        worded("name", places.LONGEST_LABEL, needed=True),
        worded("about", 60, needed=False),
        district,
        text(
            "phone", r"[+0-9][0-9 ()-]{1,24}", 'a number exactly as dialled such as "157" or "0-800-1000", or nothing'
        ),
        text("whatsapp", r"[+0-9][0-9 ()-]{1,24}", 'a number such as "08111-129-129", or nothing'),
        text(
            "web", r"[a-z0-9.-]+\.[a-z]{2,}(/\S*)?", 'an address without https:// such as "iasc.ojk.go.id", or nothing'
        ),
        text("address", r".{1,120}", "an address of at most 120 characters, or nothing"),
        day("verified_on"),
        text("verified_by", r"(?=.*\S).{1,60}", "the code or the office of who rang, or nothing"),
        day("expires_on"),
    )
    if made.verified_on is not None and not made.verified_by:
        raise table.wrong("verified_by", "who has checked it, or leave verified_on empty")
    if made.verified_on is not None and not made.ways():
        raise table.bad(f": is verified without a contact; write {' or '.join(WAYS)}, or no verified_on")
    return made


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry by its id, in the order of the file."""
    return read_referrals(FILE)


def phone(id: str, now: int) -> str:
    """The number of a service, exactly as dialled; empty while it is being checked, and where there is none.

    now: UTC milliseconds.
    """
    entry = entries().get(id)
    return (entry.phone or entry.whatsapp) if entry is not None and entry.holds(day_of(now)) else ""


def day_of(now: int) -> date:
    """The day it is for the programme."""
    return datetime.fromtimestamp(now / 1000, ZoneInfo(places.zone(""))).date()


def checked(need: str, now: int) -> list[Entry]:
    """The entries for a need that may be shown, of every district."""
    day = day_of(now)
    return [one for one in entries().values() if need in one.needs and one.holds(day)]


def said(words: Mapping[str, str], language: str) -> str:
    """Words in a language, else in Indonesian."""
    return words.get(language[:2]) or words.get(places.LANGUAGES[0], "")


def of_need(need: str, now: int, district: str = "") -> tuple[list[Entry], list[Entry]]:
    """The entries for a need, those of the district first: which may be shown, and which are being checked."""
    found = [one for one in entries().values() if need in one.needs and one.district in ("", district)]
    found.sort(key=lambda one: not one.district)
    day = day_of(now)
    return [one for one in found if one.holds(day)], [one for one in found if not one.holds(day)]
