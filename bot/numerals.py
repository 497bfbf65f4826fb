"""Numbers in figures and words, in Indonesian, Javanese, Sundanese, Sasak and English."""

from __future__ import annotations

import re
from typing import Final

from bot.vocabulary import VOCABULARY as _W
from bot.vocabulary import fold

LONGEST: Final = 60
"""Characters; a longer message is not a number."""

_UNITS: Final = {word: value for word, value in _W.numbers.items() if 1 <= value <= 9}
_TENS: Final = tuple(word for word, value in _W.numbers.items() if 20 <= value <= 90)
_RANGE: Final = re.compile(r"\s*(\d{1,2})\s*(?:-|–|—|sampai|sampe|s/d|sd|s\.d\.|to)\s*(\d{1,2})\s*", re.I)


def number(text: str) -> int | None:
    """The one number that the message is: "3", "no 3", "yang tiga", "1️⃣", "dua belas". At most nine digits."""
    return of_words(fold(text).split()) if len(text) <= LONGEST else None


def of_words(words: list[str]) -> int | None:
    """The same of words that are folded already."""
    start, end = 0, len(words)
    while start < end - 1 and (words[start] in _W.before_number or words[start] in _W.polite):
        start += 1
    while end - 1 > start and (words[end - 1] in _W.after_number or words[end - 1] in _W.polite):
        end -= 1
    return _value(" ".join(words[start:end]))


def _value(word: str) -> int | None:
    if word.isdigit():
        return int(word) if len(word) <= 9 else None
    return known if (known := _W.numbers.get(word)) is not None else _made(word)


def _made(word: str) -> int | None:
    """What is put together of others, up to 99: "dua belas", "tigapuluh lima", "twenty five"."""
    if word.endswith("belas"):
        unit = _UNITS.get(word.removesuffix("belas").rstrip())
        return 10 + unit if unit else None
    before, tens, behind = word.partition("puluh")
    if tens and (ten := _UNITS.get(before.rstrip())):
        unit = _UNITS.get(behind[1:], 0) if behind[:1] == " " else 0
        if unit or not behind:
            return 10 * ten + unit
    if word.startswith(_TENS):
        made = (
            _W.numbers[ten] + _UNITS.get(word.removeprefix(ten).lstrip(), 0) for ten in _TENS if word.startswith(ten)
        )
        return next((value for value in made if value % 10), None)
    return None


def numbers(text: str) -> list[int] | None:
    """The numbers that the message lists, each once: "1,3 dan 5", "1 3 5", "satu sama tiga", "1-3". Else None."""
    if (span := _RANGE.fullmatch(text)) and int(span[1]) < int(span[2]):
        return list(range(int(span[1]), int(span[2]) + 1))
    words = [word for word in fold(text).split() if word not in _W.between and word not in _W.before_number]
    while words and words[-1] in _W.polite:
        del words[-1]
    found, others = _pick(words)
    return list(dict.fromkeys(found)) if found and not others else None


def mentioned(text: str) -> list[int]:
    """Every number in the text, in order, among any other words: "4 orang", "dua dewasa, tiga anak"."""
    return _pick(fold(text[: LONGEST * 3]).split())[0]


def _pick(words: list[str]) -> tuple[list[int], bool]:
    """The numbers among the words, the longest words first ("dua puluh lima"), and whether there were others."""
    found: list[int] = []
    others, at = False, 0
    while at < len(words):
        for length in (3, 2, 1):
            if at + length <= len(words) and (value := _value(" ".join(words[at : at + length]))) is not None:
                found.append(value)
                at += length
                break
        else:
            others = True
            at += 1
    return found, others
