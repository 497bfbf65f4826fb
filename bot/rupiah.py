"""Amounts of rupiah as people write them: 12rb, 12.500, Rp 12 ribu, 1,5jt, sejuta, setengah juta."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from bot import words
from bot.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.choices import picked
from bot.vocabulary import VOCABULARY

_UNITS: Final = {
    **dict.fromkeys(("rb", "rbu", "ribu", "rebu", "k", "ewu", "thousand"), 1_000),
    **dict.fromkeys(("jt", "jta", "juta", "jutaan", "million"), 1_000_000),
    **dict.fromkeys(("miliar", "milyar", "milliar", "billion"), 1_000_000_000),
}
_WHOLE: Final = {"sejuta": "1 juta", "seribu": "1 ribu", "sewu": "1 ribu", "seratus": "1 ratus", "semiliar": "1 miliar"}
_NOISE: Final = (
    frozenset({"rp", "idr", "rupiah", "perak", "sekitar", "kira", "kurang", "lebih", "harga", "harganya", "about"})
    | VOCABULARY.polite
) - _UNITS.keys()
_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a text may mean in rupiah, likeliest first; `sure` where there is no other sensible reading."""

    values: tuple[int, ...]
    sure: bool


def read(text: str) -> Amounts | None:
    """The amount that the text names, or all that it may name; None where it names none."""
    plain = unicodedata.normalize("NFKC", text).lower().strip()
    plain = re.sub(r",-|\.-|[.,](?=\s|$)", " ", plain.replace("rp.", "rp "))
    tokens: list[str] = []
    for token in _TOKEN.findall(plain):
        tokens += _WHOLE.get(token, token).split()
    tokens = [token for token in tokens if token not in _NOISE]
    if not tokens or len(tokens) > 12 or re.search(r"-\s*\d", plain):
        return None
    readings, part, sure, named = [Fraction(0)], list[str](), True, False
    for token in [*tokens, ""]:
        unit = 1 if not token else _UNITS.get(token, 0)
        if unit == 0:
            part.append(token)
            continue
        if not token and not part:
            break
        found = _part(part, unit)
        if not found:
            return None
        sure &= len(found) == 1
        named |= unit > 1
        readings = [total + one for total in readings for one in found]
        part = []
    values = [int(value) for value in readings if value.denominator == 1]
    if not values:
        return None
    if not named and sure and 0 < values[0] < 1000:
        thousand = values[0] * 1000
        return Amounts((thousand, values[0]) if values[0] >= 100 else (thousand,), False)
    return Amounts(tuple(dict.fromkeys(values)), sure)


def _part(tokens: list[str], unit: int) -> list[Fraction]:
    """The readings of what stands before a unit: "1,5", "dua ratus lima puluh", "satu setengah"; nothing is one."""
    if not tokens:
        return [Fraction(unit)]
    half = Fraction(1, 2) if "setengah" in tokens or "half" in tokens else Fraction(0)
    tokens = [token for token in tokens if token not in ("setengah", "half", "a")]
    if half and not tokens:
        return [half * unit]
    if len(tokens) == 1 and tokens[0][0].isdigit():
        return [one * unit + half * unit for one in _figure(tokens[0], unit)]
    hundreds, rest = 0, tokens
    for name in ("ratus", "atus", "hundred"):
        if name in tokens:
            at = tokens.index(name)
            count = words.number(" ".join(tokens[:at])) if at else 1
            if count is None or not 0 < count < 10:
                return []
            hundreds, rest = count * 100, tokens[at + 1 :]
            break
    small = words.number(" ".join(rest)) if rest else 0
    return [] if small is None else [(hundreds + small + half) * unit]


def _figure(text: str, unit: int) -> list[Fraction]:
    """The readings of figures with dots and commas, which group before three digits and divide before fewer."""
    if text.isdigit():
        return [Fraction(int(text))]
    digits = re.sub(r"\D", "", text)
    head, tail = re.split(r"[.,](?=\d+$)", text)
    if _GROUPED.fullmatch(text):
        grouped = Fraction(int(digits))
        divided = Fraction(f"{head}.{tail}") if head.isdigit() else grouped
        return list(dict.fromkeys([grouped, divided] if unit > 1 else [grouped]))
    if len(tail) <= 2 and unit == 1 and (_GROUPED.fullmatch(head) or (head.isdigit() and len(head) >= 4)):
        return [Fraction(int(re.sub(r"\D", "", head)))]
    if not head.isdigit() or len(tail) > 2:
        return []
    value = Fraction(f"{head}.{tail}")
    return [value] if unit > 1 else [value * 1000, value * 1_000_000]


def pretty(value: int, language: str) -> str:
    """Rp12.000 in Indonesian and what falls back to it, Rp12,000 in English."""
    return f"Rp{value:,}" if language == "en" else f"Rp{value:,}".replace(",", ".")


@dataclass(frozen=True, slots=True)
class Rupiah(Typed):
    """An amount in whole rupiah from `low` to `high`; what may mean two amounts is asked back.

    Rejected: rupiah, rupiah_range.
    """

    low: int
    high: int

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return int(one.value)
        amounts = read(said.text) if len(said.text) <= words.LONGEST else None
        if amounts is None:
            return Rejected("rupiah")
        fits = [value for value in amounts.values if self.low <= value <= self.high]
        if not fits:
            return Rejected("rupiah_range", {"low": self.low, "high": self.high})
        if len(fits) == 1 and amounts.sure:
            return fits[0]
        return Candidates(
            tuple(Option(str(one), {language: pretty(one, language) for language in ("id", "en")}) for one in fits)
        )

    def show(self, value: Value, language: str) -> str | None:
        return pretty(int(value), language)
