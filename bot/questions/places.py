"""Districts, kecamatan and villages, and the lists of codes: data/districts.toml and data/codes.toml.

Read once, when first asked for. Knows no question and no template; what people type is matched by words.py. The list of
villages is not complete: a village may be a text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot import tables
from bot.questions.asking import Option
from bot.tables import BadData
from bot.words import Match, match

DATA: Final = Path(__file__).resolve().parent.parent.parent / "data"
LANGUAGES: Final = ("id", "en")
DISTRICT, KECAMATAN = "Kab.", "Kec."
"""What stands before the name of a regency and of a kecamatan, on signs and papers, in any language."""
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_LABEL: Final = 24
"""Characters of a row in a WhatsApp list."""


@dataclass(frozen=True, slots=True)
class Place:
    """A kecamatan or a village (desa or kelurahan) by its Kemendagri code."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    desa: int = 0
    bps: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """Hours of one day (no day: of every day) in which nothing that goes to many is sent there: prayers, church."""

    day: str
    """mon … sun; empty: every day."""
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class District:
    """A regency where the programme works."""

    code: str
    short: str
    """Begins the reference numbers of its people."""
    name: str
    province: str
    zone: str
    aliases: tuple[str, ...]
    typical: tuple[str, ...]
    """Countries of work seen most, by code."""
    villages_total: int
    bps: str
    kecamatan: tuple[Place, ...]
    villages: tuple[Place, ...]
    rests: tuple[Rest, ...] = ()


@dataclass(frozen=True, slots=True)
class Atlas:
    """Everything in districts.toml."""

    districts: Mapping[str, District]
    places: Mapping[str, Place]
    """Kecamatan and villages by code."""
    zones: Mapping[str, str]
    default_zone: str


def read_districts(path: Path) -> Atlas:
    """Read and check a file of districts; raises BadData."""
    data = tables.read(path)
    zones = _of(path, data, "zones", dict, 'the labels of the time zones, such as "Asia/Jakarta" = "WIB"')
    default = _of(path, data, "default_zone", str, 'a time zone such as "Asia/Jakarta"')
    _zone(path, "default_zone", default, zones)
    districts: dict[str, District] = {}
    places: dict[str, Place] = {}
    for at, table in enumerate(_of(path, data, "districts", list, "at least one [[districts]] table")):
        one = _district(path, f"districts[{at}]", table, zones)
        if one.code in districts or any(one.short == other.short for other in districts.values()):
            raise BadData(f"{path}: districts[{at}]: {one.code!r} or {one.short!r} stands there twice; keep one")
        districts[one.code] = one
        for place in (*one.kecamatan, *one.villages):
            if place.code in places:
                raise BadData(f"{path}: districts[{at}]: the code {place.code!r} stands there twice; keep one")
            places[place.code] = place
    return Atlas(districts, places, zones, default)


def _district(path: Path, key: str, table: dict[str, Any], zones: Mapping[str, str]) -> District:
    def text(name: str, pattern: str, remedy: str) -> str:
        value: str = _of(path, table, name, str, remedy, key)
        if not re.fullmatch(pattern, value):
            raise BadData(f"{path}: {key}.{name}: {value!r} does not fit; write {remedy}")
        return value

    code = text("code", r"\d\d\.\d\d", 'a Kemendagri code such as "33.07"')
    kecamatan = _places(path, f"{key}.kecamatan", table.get("kecamatan", []), re.escape(code) + r"\.\d\d", f"{code}.01")
    known = "|".join(re.escape(one.code) for one in kecamatan) or "none"
    return District(
        code, text("short", "[A-Z]{2,4}", 'two to four capitals such as "WSB"'), text("name", ".*\\S.*", "its name"),
        text("province", ".*\\S.*", "its province"),
        _zone(path, f"{key}.zone", text("zone", ".+", 'a time zone such as "Asia/Jakarta"'), zones),
        tuple(table.get("aliases", ())), tuple(table.get("typical", ())), int(table.get("villages_total", 0)),
        str(table.get("bps", "")), kecamatan,
        _places(path, f"{key}.villages", table.get("villages", []), rf"(?:{known})\.\d{{4}}", f"{code}.01.2001"),
        tuple(_rest(path, f"{key}.rests", one) for one in table.get("rests", ())),
    )  # fmt: skip


def _rest(path: Path, key: str, written: Any) -> Rest:
    found = re.fullmatch(
        rf"(?:({'|'.join(DAYS)}) )?(\d\d:\d\d)-(\d\d:\d\d)", written if isinstance(written, str) else ""
    )
    with suppress(ValueError):
        if found is not None and (start := time.fromisoformat(found[2])) < (end := time.fromisoformat(found[3])):
            return Rest(found[1] or "", start, end)
    raise BadData(f'{path}: {key}: {written!r} does not fit; write hours such as "17:30-19:00" or "fri 11:30-13:00"')


def _places(path: Path, key: str, tables: list[dict[str, Any]], pattern: str, example: str) -> tuple[Place, ...]:
    made = []
    for at, table in enumerate(tables):
        code, name = table.get("code"), table.get("name")
        if not isinstance(code, str) or not re.fullmatch(pattern, code):
            raise BadData(f"{path}: {key}[{at}].code: {code!r} does not fit; write a code such as {example!r}")
        if not isinstance(name, str) or not name.strip():
            raise BadData(f"{path}: {key}[{at}].name: {name!r} does not fit; write the name of {code}")
        aliases = tuple(table.get("aliases", ()))
        made.append(Place(code, name, aliases, int(table.get("desa", 0)), str(table.get("bps", ""))))
    return tuple(made)


def _zone(path: Path, key: str, zone: str, zones: Mapping[str, str]) -> str:
    if zone not in zones:
        raise BadData(f"{path}: {key}: {zone!r} has no label; write one of {', '.join(zones)}, or add it under [zones]")
    return zone


def read_codes(path: Path) -> Mapping[str, tuple[Option, ...]]:
    """Read and check a file of codes; raises BadData."""
    made: dict[str, tuple[Option, ...]] = {}
    for name, table in tables.read(path).items():
        options = []
        for code, entry in table.items():
            label = {language: entry.get(language, "") for language in LANGUAGES}
            for language, text in label.items():
                if not 0 < len(text) <= LONGEST_LABEL:
                    remedy = f"write a label of 1 to {LONGEST_LABEL} characters"
                    raise BadData(f"{path}: {name}.{code}.{language}: {text!r} does not fit; {remedy}")
            options.append(Option(code, label, tuple(entry.get("aliases", ()))))
        made[name] = tuple(options)
    return made


def _of(path: Path, table: Mapping[str, Any], name: str, kind: type, remedy: str, key: str = "") -> Any:
    value = table.get(name)
    if not isinstance(value, kind) or not value:
        raise BadData(f"{path}: {f'{key}.' if key else ''}{name}: {value!r} does not fit; write {remedy}")
    return value


@cache
def _atlas() -> Atlas:
    return read_districts(DATA / "districts.toml")


@cache
def _codes() -> Mapping[str, tuple[Option, ...]]:
    return read_codes(DATA / "codes.toml")


def _option(place: Place | District) -> Option:
    return Option(place.code, dict.fromkeys(LANGUAGES, place.name), place.aliases)


@cache
def districts() -> tuple[Option, ...]:
    """The districts of the programme, to choose from."""
    return tuple(_option(one) for one in _atlas().districts.values())


def district(code: str) -> District:
    """The district that a code (of a district, a kecamatan or a village) lies in. KeyError where there is none."""
    return _atlas().districts[code[:5]]


@cache
def kecamatan(district_code: str) -> tuple[Option, ...]:
    """The kecamatan of a district; none of an unknown one."""
    found = _atlas().districts.get(district_code)
    return tuple(_option(one) for one in found.kecamatan) if found else ()


@cache
def villages(code: str) -> tuple[Option, ...]:
    """The known villages of a kecamatan, or of a whole district. Not complete."""
    found = _atlas().districts.get(code[:5])
    return tuple(_option(one) for one in found.villages if one.code.startswith(code)) if found else ()


def within(areas: Iterable[str]) -> tuple[Option, ...]:
    """Every district and kecamatan inside these areas, labelled so that no two of them look alike."""
    atlas, wanted = _atlas(), tuple(areas)
    found: list[tuple[str, Place | District]] = []
    for whole in atlas.districts.values():
        found.append((f"{DISTRICT} {whole.name}", whole))
        found += [(f"{KECAMATAN} {part.name}", part) for part in whole.kecamatan]
    inside = [(title, one) for title, one in found if any(one.code.startswith(area) for area in wanted)]
    often = Counter(title for title, _ in inside)
    made = []
    for title, one in inside:
        label = title if often[title] == 1 else f"{title}, {atlas.districts[one.code[:5]].name}"
        made.append(Option(one.code, dict.fromkeys(LANGUAGES, label), (one.name, *one.aliases)))
    return tuple(made)


def name(code: str) -> str:
    """The name of a district, kecamatan or village; the code itself where it is unknown (a place removed since)."""
    atlas = _atlas()
    found = atlas.places.get(code) or atlas.districts.get(code)
    return found.name if found else code


def zone(code: str) -> str:
    """The time zone ("Asia/Makassar") of the district that a code lies in; the programme's where it lies in none."""
    found = _atlas().districts.get(code[:5])
    return found.zone if found else _atlas().default_zone


def rest(code: str, local: datetime) -> Rest | None:
    """The hours of rest into which a local time falls in the district that a code lies in; None outside them."""
    found = _atlas().districts.get(code[:5])
    day, clock = DAYS[local.weekday()], local.time()
    rests = found.rests if found else ()
    return next((one for one in rests if one.day in ("", day) and one.start <= clock < one.end), None)


def zone_label(code: str) -> str:
    """WIB, WITA or WIT for the district that a code lies in."""
    return _atlas().zones[zone(code)]


def search(text: str, options: tuple[Option, ...]) -> Match:
    """Which of the places the text may mean, by name, alias, old spelling, beginning, word or typo; and how."""
    return match(text, [names(one) for one in options], tolerant=True)


def names(option: Option) -> tuple[str, ...]:
    """All that an option may be called."""
    return (*dict.fromkeys((option.label or {}).values()), *option.aliases, option.value)


@cache
def countries(district_code: str = "") -> tuple[Option, ...]:
    """Countries of work, those typical of a district first, "other" last."""
    options = _codes()["countries"]
    found = _atlas().districts.get(district_code[:5])
    first = found.typical if found else ()
    return tuple(sorted(options, key=lambda one: first.index(one.value) if one.value in first else len(first)))


def sectors() -> tuple[Option, ...]:
    """Kinds of work abroad."""
    return _codes()["sectors"]


def livelihoods() -> tuple[Option, ...]:
    """What people live from now."""
    return _codes()["livelihood_now"]


def interests() -> tuple[Option, ...]:
    """What people want of the programme."""
    return _codes()["interests"]


def product_categories() -> tuple[Option, ...]:
    """Kinds of goods that members offer."""
    return _codes()["product_categories"]


def household_relations() -> tuple[Option, ...]:
    """What somebody is to the head of the household."""
    return _codes()["household_relations"]


def label(codes: str, code: str, language: str) -> str:
    """The label of a code of the list `codes` ("countries", "sectors" …); the code itself where it is unknown."""
    for option in _codes()[codes]:
        if option.value == code and option.label:
            return option.label.get(language) or option.label[LANGUAGES[0]]
    return code
