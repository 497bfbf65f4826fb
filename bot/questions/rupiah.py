"""Amounts of rupiah as people write them: 12rb, 12.500, Rp 12 ribu, 1,5jt, sejuta, setengah juta, dua puluh ribu."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final

from bot import words
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked
from bot.vocabulary import VOCABULARY, cores, fold

_UNITS: Final = {
    **dict.fromkeys(("rb", "rbu", "rban", "ribu", "ribuan", "rebu", "k", "ewu", "thousand"), 1_000),
    **dict.fromkeys(("jt", "jta", "jtan", "juta", "jutaan", "million"), 1_000_000),
    **dict.fromkeys(("miliar", "milyar", "milliar", "billion"), 1_000_000_000),
}
_WHOLE: Final = {
    "sejuta": "1 juta", "seribu": "1 ribu", "sewu": "1 ribu", "seratus": "1 ratus", "satus": "1 ratus",
    "semiliar": "1 miliar", "seceng": "1 ribu", "goceng": "5 ribu", "ceban": "10 ribu", "noban": "20 ribu",
    "goban": "50 ribu", "cepek": "1 ratus", "gopek": "5 ratus",
}  # fmt: skip
_FREE: Final = frozenset(
    map(
        fold,
        ("gratis", "gratisan", "cuma cuma", "tanpa biaya", "tidak bayar", "gak bayar", "ga bayar", "free", "for free"),
    )
)
_HUNDREDS: Final = ("ratus", "atus", "hundred")
_HALVES: Final = ("setengah", "stengah", "half")
_RUPIAH: Final = frozenset({"rp", "idr", "rupiah", "rupiahs", "perak"})
_NOISE: Final = (
    _RUPIAH
    | {
        "sekitar",
        "sktr",
        "kira",
        "kurang",
        "lebih",
        "harga",
        "harganya",
        "about",
        "around",
        "and",
        "dan",
        "an",
        "total",
    }
    | VOCABULARY.polite
) - _UNITS.keys()
_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+")
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")
_SPACED: Final = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?: \d{3})+)(?![\d.,])")
_NO_AMOUNT: Final = re.compile(r"[-–—]\s*\d|%|\d\s*[/:]\s*\d")
"""A range, something less than nothing, a share, a date, an hour."""
LONGEST: Final = 20
"""Words of an amount: nine hundred and ninety-nine million …"""
LONGEST_TEXT: Final = 160
MOST_DIGITS: Final = 12
"""A longer figure is the number of something."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a text may mean in rupiah, likeliest first; `sure` where there is no other sensible reading."""

    values: tuple[int, ...]
    sure: bool


class Sum(int):
    """A value of a template that is written as an amount."""


@dataclass(frozen=True, slots=True)
class Found:
    """An amount among other words: where it stands, and what it may mean."""

    start: int
    end: int
    amounts: Amounts


def plain(text: str) -> str:
    """A text as amounts are looked for in it: small letters, ordinary figures."""
    return unicodedata.normalize("NFKC", text).lower().strip()


def read(text: str) -> Amounts | None:
    """The amount that the text names, or all that it may name; None where it names none."""
    bare = re.sub(r",-|\.-|[.,](?=\s|$)", " ", plain(text).replace("rp.", "rp "))
    if _NO_AMOUNT.search(bare):
        return None
    joined = _SPACED.sub(lambda found: found[0].replace(" ", ""), bare)
    spoken = [part for token in _TOKEN.findall(joined) for part in _WHOLE.get(token, token).split()]
    tokens = [token for token in spoken if token not in _NOISE]
    if not 0 < len(tokens) <= LONGEST:
        return None
    named = any(token in _UNITS for token in tokens)
    if joined != bare and named:
        return None
    values = [int(value) for value in dict.fromkeys(_sums(tokens)) if value.denominator == 1]
    if not values:
        return None
    if not named and len(values) == 1 and 0 < values[0] < 1000:
        return _short(values[0], not _RUPIAH.isdisjoint(spoken))
    return Amounts(tuple(values), len(values) == 1 and joined == bare)


def _short(value: int, rupiah: bool) -> Amounts:
    """ "25" is 25 thousand to whoever says it; "500" may be either, and with Rp before it as written first."""
    readings = (value, value * 1000) if rupiah and value >= 100 else (value * 1000, value)
    return Amounts(readings if rupiah or value >= 100 else readings[:1], False)


def _sums(tokens: list[str]) -> Iterator[Fraction]:
    """Every reading of the parts together: each unit is smaller than the one before it."""
    parts: list[list[Fraction]] = []
    before: list[str] = []
    last = 0
    for token in tokens:
        unit = _UNITS.get(token, 0)
        if not unit:
            before.append(token)
            continue
        found = [value for value in _part(before, unit) if not last or value < last]
        if not found:
            return
        parts.append(found)
        before, last = [], unit
    if before:
        parts.append(_rest(before, last) if last else _part(before, 1))
    yield from (sum(values, Fraction(0)) for values in product(*parts))


def _rest(tokens: list[str], unit: int) -> list[Fraction]:
    """What follows the last unit: "sejuta setengah", "12 ribu 500", and "1 juta 500", which is 500 thousand or not."""
    if len(tokens) == 1 and tokens[0] in _HALVES:
        return [Fraction(unit, 2)]
    found = [value for value in _part(tokens, 1) if 0 < value < unit and value.denominator == 1]
    if tokens[0].isdigit() and len(tokens) == 1:
        found = [value for value in found if value >= 100]
    return [found[0] * 1000, *found] if found and unit >= 1_000_000 and found[0] < 1000 else found


def _part(tokens: list[str], unit: int) -> list[Fraction]:
    """The readings of what stands before a unit: "1,5", "dua ratus lima puluh", "satu setengah"; nothing is none."""
    if not tokens:
        return []
    half = Fraction(1, 2) if any(token in _HALVES for token in tokens) else Fraction(0)
    article = "a" in tokens
    tokens = [token for token in tokens if token not in _HALVES and token != "a"]
    if not tokens:
        return [(half or Fraction(1)) * unit]
    if len(tokens) == 1 and tokens[0][0].isdigit():
        return [(one + half) * unit for one in _figure(tokens[0], unit)]
    hundreds, rest = 0, tokens
    at = next((at for at, token in enumerate(tokens) if token in _HUNDREDS), None)
    if at is not None:
        count = words.number(" ".join(tokens[:at])) if at else 1 if article else None
        if count is None or not 0 < count < 10:
            return []
        hundreds, rest = count * 100, tokens[at + 1 :]
    small = words.number(" ".join(rest)) if rest else 0
    if small is None or (hundreds and small >= 100):
        return []
    return [(hundreds + small + half) * unit]


def _figure(text: str, unit: int) -> list[Fraction]:
    """The readings of figures with dots and commas, which group before three digits and divide before fewer."""
    digits = re.sub(r"\D", "", text)
    if len(digits) > MOST_DIGITS or (text.isdigit() and len(text) > 1 and text[0] == "0"):
        return []
    if text.isdigit():
        return [Fraction(int(text))]
    head, tail = re.split(r"[.,](?=\d+$)", text)
    if _GROUPED.fullmatch(text):
        grouped = [Fraction(int(digits))]
        return [*grouped, Fraction(f"{head}.{tail}")] if unit > 1 and head.isdigit() else grouped
    if len(tail) <= 2 and unit == 1 and (_GROUPED.fullmatch(head) or (head.isdigit() and len(head) >= 4)):
        return [Fraction(int(re.sub(r"\D", "", head)))]
    if not head.isdigit() or len(tail) > 2 or (len(head) > 1 and head[0] == "0"):
        return []
    value = Fraction(f"{head}.{tail}")
    return [value] if unit > 1 else [value * 1000, value * 1_000_000]


# Among other words

_BETWEEN: Final = re.compile(r"[ \t.]*")
MOST_RUN: Final = 24
"""Words in a row that are looked through; nobody names more amounts in one breath."""
_PUNCTUATED: Final = re.compile(r"rp(?=[.\s]*\d)|\d+(?:[.,]\d+)*|[a-z]+")


def within(text: str) -> list[Found]:
    """The amounts in a sentence, in order; positions are those of `plain(text)`."""
    small = plain(text)
    found: list[Found] = []
    run: list[re.Match[str]] = []
    for token in _PUNCTUATED.finditer(small):
        if run and not (_counts(token[0]) and _BETWEEN.fullmatch(small, run[-1].end(), token.start())):
            found += _longest(small, run)
            run = []
        if _counts(token[0]):
            run.append(token)
    return [*found, *_longest(small, run)]


def _counts(token: str) -> bool:
    """Whether a word can be a piece of an amount."""
    if token[0].isdigit() or token in _UNITS or token in _WHOLE or token in _HALVES or token in _HUNDREDS:
        return True
    return token in _RUPIAH or token in ("puluh", "belas") or (len(token) > 2 and words.number(token) is not None)


def _longest(small: str, run: list[re.Match[str]]) -> Iterator[Found]:
    """From the left the longest pieces of a run that are amounts: "5 60rb" is five of something, for 60 thousand."""
    at = 0
    while at < len(run) <= MOST_RUN:
        for end in range(min(len(run), at + LONGEST), at, -1):
            start, stop = run[at].start(), run[end - 1].end()
            if (amounts := read(small[start:stop])) is not None:
                yield Found(start, stop, amounts)
                at = end
                break
        else:
            at += 1


def pretty(value: int, language: str) -> str:
    """Rp12.000 in Indonesian and what falls back to it, Rp12,000 in English."""
    return f"Rp{value:,}" if language == "en" else f"Rp{value:,}".replace(",", ".")


@dataclass(frozen=True, slots=True)
class Rupiah(Typed):
    """An amount in whole rupiah from `low` to `high`; what may mean two amounts is asked back.

    Where `low` is 0, "tidak ada" and "gratis" are nothing. Rejected: rupiah, rupiah_range.
    """

    low: int
    high: int

    def outranks(self, text: str) -> bool:
        """ "Gratis" is an amount here, and no question what it costs to enrol."""
        return _is_free(text)

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return int(one.value)
        if self.low == 0 and (words.is_nothing(said.text) or _is_free(said.text)):
            return 0
        if _is_free(said.text):
            return Rejected("rupiah_range", {"low": Sum(self.low), "high": Sum(self.high)})
        amounts = read(said.text) if len(said.text) <= LONGEST_TEXT else None
        if amounts is None:
            return Rejected("rupiah")
        fits = [value for value in amounts.values if self.low <= value <= self.high]
        if not fits:
            return Rejected("rupiah_range", {"low": Sum(self.low), "high": Sum(self.high)})
        if len(fits) == 1 and amounts.sure:
            return fits[0]
        return Candidates(tuple(map(option, fits)), "did_you_mean_amount")

    def show(self, value: Value, language: str) -> str | None:
        return pretty(int(value), language)


def _is_free(text: str) -> bool:
    if len(text) > words.LONGEST or "?" in text:
        return False
    return any(core in _FREE for core in cores(fold(text).split()))


def option(value: int) -> Option:
    """An amount to choose."""
    return Option(str(value), {language: pretty(value, language) for language in ("id", "en")})
