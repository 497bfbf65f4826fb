"""Cash notes as people write them: "jual 25rb", "beli tepung 12.500 kemarin", "sold 25k, bought flour 12k".

The words are data (data/cash.toml); how an amount is read is rupiah.py's part. Keeps nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from bot import tables, words
from bot.questions import rupiah
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.rupiah import Found, Rupiah
from bot.tables import BadData
from bot.vocabulary import cores, fold

Kind = Literal["in", "out", ""]

MOST: Final = 1_000_000_000
"""Rupiah in one note; more is a slip of the keys."""
LONGEST: Final = 300
MOST_NOTES: Final = 6
"""In one message."""
LONGEST_WHAT: Final = 40
FEW: Final = 4
"""Choices of an amount."""
SHORT: Final = 3
"""Words that are a note even without an amount: "beli tepung"."""

_APART: Final = re.compile(r"\n|;|,(?!\d)|&|\+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TIMES: Final = re.compile(r"(?<![\d.,])(\d{1,3})\s?x\s?(?=\d|rp)")
""" "10x2500": how many, before the price of one."""
_TODAY: Final = re.compile(r"\b(?:hari ini|hr ini|today)\b")
_RANGE: Final = re.compile(r"\d\s?[-–—]\s?(?:rp\s?)?\d")


class Words(NamedTuple):
    """The words of data/cash.toml, folded."""

    kinds: dict[str, Kind]
    kept: frozenset[str]
    filler: frozenset[str]
    phrases: frozenset[str]
    closing: frozenset[str]
    yesterday: frozenset[str]
    counted: frozenset[str]
    each: frozenset[str]
    trade: frozenset[str]
    between: frozenset[str]
    never: frozenset[str]
    periods: dict[str, str]


@cache
def vocabulary() -> Words:
    """Read once; a word that would be money in and out is refused."""
    path = Path(__file__).resolve().parent.parent.parent / "data" / "cash.toml"
    data = tables.read(path)
    some = {key: frozenset(map(fold, forms)) for key, forms in data.items() if key != "periods"}
    if both := some["in"] & some["out"]:
        raise BadData(f"{path}: {sorted(both)} stand under in and out; leave each under one")
    kinds: dict[str, Kind] = {**dict.fromkeys(some.pop("in"), "in"), **dict.fromkeys(some.pop("out"), "out")}
    periods = {fold(form): period for period, forms in data["periods"].items() for form in forms}
    return Words(kinds=kinds, periods=periods, **some)


class Note(NamedTuple):
    """One note as it was written: what came in or went out, what for, and what the amount may be."""

    kind: Kind
    what: str
    amounts: tuple[int, ...]
    """Likeliest first; none where none is named."""
    sure: bool


def period(text: str) -> str:
    """Which days somebody wants to see: today, yesterday, week, last_week, month, last_month; else empty."""
    spoken = fold(text).split() if len(text) <= words.LONGEST else []
    return next((found for core in cores(spoken) if (found := vocabulary().periods.get(core, ""))), "")


def days(period: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period; a week begins on Monday."""
    monday, first = today - timedelta(today.weekday()), today.replace(day=1)
    before = first - timedelta(1)
    return {
        "yesterday": (today - timedelta(1), today - timedelta(1)),
        "week": (monday, today),
        "last_week": (monday - timedelta(7), monday - timedelta(1)),
        "month": (first, today),
        "last_month": (before.replace(day=1), before),
    }.get(period, (today, today))


def notes(text: str) -> list[Note]:
    """The notes in a message, in order; none where it holds none."""
    if len(text) > LONGEST or words.id_number(text):
        return []
    found: list[Note] = []
    for piece in _pieces(re.sub(r"[,.]-", " ", rupiah.plain(text))):
        note = _note(piece.strip())
        if note is None:
            return []
        if not note.kind and found:
            note = note._replace(kind=found[-1].kind)
        found.append(note)
    whole = len(found) == 1 or all(note.amounts for note in found)
    return found if whole else []


def _pieces(text: str) -> list[str]:
    """Where one note ends and the next begins: each has an amount, and what has none belongs to its neighbour."""
    known = vocabulary()
    ends = {match.start(): match.end() for match in _APART.finditer(text)}
    for match in _WORD.finditer(text):
        if fold(match[0]) in known.between:
            ends[match.start()] = match.end()
        elif fold(match[0]) in known.kinds:
            ends[match.start()] = match.start()
    amounts = _amounts(text)
    made: list[str] = []
    begin = 0
    for start in sorted(ends):
        before = any(begin <= one.start and one.end <= start for one in amounts)
        # "25rb jual, 12rb beli": there a kind ends its note, and does not begin one.
        before &= ends[start] > start or not known.kinds.keys().isdisjoint(fold(text[begin:start]).split())
        if before and any(one.start >= ends[start] for one in amounts):
            made.append(text[begin:start])
            begin = ends[start]
    return [piece for piece in (*made, text[begin:]) if piece.strip()]


def _note(piece: str) -> Note | None:
    known = vocabulary()
    kinds = [known.kinds[word] for word in fold(piece).split() if word in known.kinds]
    amounts = _amounts(piece)
    sure = [one for one in amounts if one.amounts.sure]
    meant = sure or amounts
    values, certain = _values(piece, meant, kinds)
    spans = meant[:1] if len(meant) == 1 else []
    what = _what(piece, spans)
    if not kinds and not values:
        return None
    return Note(kinds[0] if kinds else "", what, values, certain)


def _amounts(text: str) -> list[Found]:
    """The amounts in it; a number of things is none."""
    return [one for one in rupiah.within(text) if one.amounts.sure or not _is_count(text, one)]


def _is_count(piece: str, one: Found) -> bool:
    """Whether a figure is a number of things: "2 kg"."""
    after = _WORD.match(piece, one.end + (len(piece[one.end :]) - len(piece[one.end :].lstrip())))
    return after is not None and fold(after[0]) in vocabulary().counted


def _values(piece: str, meant: list[Found], kinds: list[Kind]) -> tuple[tuple[int, ...], bool]:
    """The amounts that may be meant, and whether it is clear which."""
    values = [value for one in meant for value in one.amounts.values if 0 < value <= MOST]
    certain = len(meant) == 1 and meant[0].amounts.sure and len(values) == 1 and len(set(kinds)) < 2
    certain = certain and _RANGE.search(piece) is None
    if (count := _each(piece, meant)) and len(values) == 1 and values[0] * count <= MOST:
        return (values[0] * count, values[0]), False
    return tuple(dict.fromkeys(values))[:FEW], certain


def _each(piece: str, meant: list[Found]) -> int:
    """How many there are of something whose price is named: "10 bungkus @ 5rb"; 0 where it is not so."""
    if (times := _TIMES.search(piece)) is not None:
        return int(times[1])
    spoken = f" {fold(piece)} "
    if "@" not in piece and not any(f" {word} " in spoken for word in vocabulary().each):
        return 0
    counts = [int(found) for found in re.findall(r"(?<![\d.,])\d{1,3}(?![\d.,])", _without(piece, meant))]
    return counts[0] if counts else 0


def _what(piece: str, spans: list[Found]) -> str:
    """What it was for: the words without the amount and without those that say nothing."""
    known = vocabulary()
    left = _without(piece, spans)
    for phrase in known.phrases:
        left = left.replace(phrase, " ")
    kept = [word.strip(".,;:!?()\"'*_-=@") for word in left.split()]
    silent = known.filler | known.yesterday | (known.kinds.keys() - known.kept)
    kept = [word for word in kept if word and fold(word) not in silent]
    while kept and fold(kept[-1]) in known.closing:
        kept.pop()
    return words.mask(" ".join(kept))[:LONGEST_WHAT].strip()


def _without(piece: str, spans: list[Found]) -> str:
    """A piece with these amounts taken out of it."""
    for one in reversed(spans):
        piece = f"{piece[: one.start]} {piece[one.end :]}"
    return piece


def is_yesterdays(text: str) -> bool:
    """Whether the notes are of yesterday."""
    return not vocabulary().yesterday.isdisjoint(fold(text).split())


@dataclass(frozen=True, slots=True)
class CashNotes(Typed):
    """Notes, or the days that somebody wants to see. Rejected: cash, cash_days, cash_many (most), id_number.

    The value has `show`, a period, or else `notes`, each with kind, what, amounts and sure, and `ago`, 1 for yesterday.
    """

    def outranks(self, text: str) -> bool:
        """ "jual 25rb" is a note here, also where "jual" would open something else."""
        return bool(period(text) or (notes(text) and words.intent(text) is None))

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if words.id_number(said.text):
            return Rejected("id_number")
        if shown := period(said.text):
            return {"show": shown}
        found = notes(said.text)
        if not found or len(found) > MOST_NOTES:
            return Rejected("cash_many" if found else "cash", {"most": MOST_NOTES})
        if is_yesterdays(said.text) and _TODAY.search(rupiah.plain(said.text)):
            return Rejected("cash_days")
        return {"notes": [note._asdict() for note in found], "ago": int(is_yesterdays(said.text))}

    def show(self, value: Value, language: str) -> str | None:
        return ""


@dataclass(frozen=True, slots=True)
class Meant(Rupiah):
    """Which of several amounts was meant, or another one. Rejected: as Rupiah."""

    of: tuple[int, ...] = ()

    def options(self) -> tuple[Option, ...]:
        return tuple(map(rupiah.option, self.of))

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if len(self.of) == 1 and words.yes(said.text):
            return self.of[0]
        return Rupiah.read(self, said)


def today(now: int, zone: str) -> date:
    """The day it is where somebody is; `now` in UTC milliseconds."""
    return datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date()


def is_for_them(text: str) -> bool:
    """Whether a sentence behind "catat" is a note, or asks for notes: an amount, or a word of buying or selling."""
    if period(text) or words.id_number(text):
        return True
    spoken = set(fold(text).split())
    if spoken & vocabulary().never or "?" in text:
        return False
    found = notes(text)
    told = [note for note in found if note.amounts]
    if not told and len(text.split()) > SHORT:
        return False
    return bool(found) and all(note.sure or note.kind for note in found)


def is_told(text: str) -> bool:
    """Whether a message out of the blue tells what was sold or bought, and for how much: "jual 3 bungkus 45rb".

    An amount that may be another one counts only where nothing else is said: "jual keripik 5" is no note.
    """
    spoken = fold(text).split() if len(text) <= words.LONGEST else []
    if not spoken or spoken[0] not in vocabulary().trade or "?" in text:
        return False
    found = notes(text)
    return bool(found) and all(note.kind and note.amounts and (note.sure or not note.what) for note in found)
