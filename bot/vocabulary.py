"""Folding, and the words of data/words.toml folded; what words.py compares with.

Imports nothing of ours. Folded text is for comparing only and is never shown to anybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from bot import tables
from bot.tables import BadData

_ASCII: Final = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalnum()} | {"'": "", "`": ""}
)  # fmt: skip
_REPEATED: Final = re.compile(r"\b(i{2,3})\b|([^\W\d_])\2+")
"""Numerals stay: Balaweling I and Balaweling II are two villages."""
_SIGNS: Final = (("👍👌✅✔☑💯🆗", "👍"), ("👎❌✖🚫", "👎"), ("🙏", "🙏"), ("#＃", "#"), ("-–—−_", "-"), ("🔟", "🔟"))
_SPOKEN_FORMS: Final = {"’": "", "‘": "", "ʼ": "", "´": "", "′": ""}


def fold(text: str) -> str:
    """Fold for comparing: lower case, letters and digits only, single spaces, each repeated letter once.

    A message of signs alone becomes the one that means something: 👍 👎 🙏 # - 🔟, else the empty string.
    """
    return _short(text) if len(text) <= 60 else _fold(text)


def _fold(text: str) -> str:
    plain = text.lower().translate(_ASCII) if text.isascii() else _letters(text)
    return " ".join(_REPEATED.sub(r"\1\2", plain).split()) or _sign(text)


_short = lru_cache(maxsize=256)(_fold)
"""One turn asks for the same message several times."""


def _letters(text: str) -> str:
    """Letters and digits of any script, without accents; everything else a space."""
    made = []
    for char in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).lower():
        if char.isdecimal():
            made.append(str(unicodedata.decimal(char)))
        elif char.isalpha():
            made.append(char)
        elif char.isnumeric():
            made.append(" ")
        elif (kind := unicodedata.category(char)) in ("Mn", "Mc"):
            if not ("\u0300" <= char <= "\u036f" or "\ufe00" <= char <= "\ufe0f"):
                made.append(char)
        elif kind not in ("Me", "Cf") and char not in _SPOKEN_FORMS and char not in "'`":
            made.append(" ")
    return unicodedata.normalize("NFC", "".join(made))


def _sign(text: str) -> str:
    for signs, meaning in _SIGNS:
        if any(char in signs for char in text):
            return meaning
    return ""


class Vocabulary(NamedTuple):
    """The words of each kind, folded."""

    polite: frozenset[str]
    negations: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    after_no: frozenset[str]
    before_number: frozenset[str]
    after_number: frozenset[str]
    between: frozenset[str]
    all: frozenset[str]
    look: frozenset[str]
    nothing: frozenset[str]
    alone: frozenset[str]
    still: frozenset[str]
    this: frozenset[str]
    same: frozenset[str]
    unknown: frozenset[str]
    no_name: frozenset[str]
    surely: frozenset[str]
    distress: frozenset[str]
    calling: frozenset[str]
    intents: dict[str, str]
    salam: frozenset[str]
    restart: frozenset[str]
    why: frozenset[str]
    what: frozenset[str]
    change_before: frozenset[str]
    change_after: frozenset[str]
    change_to: frozenset[str]
    change_mine: frozenset[str]
    lines: dict[str, frozenset[str]]
    levels: dict[str, str]
    numbers: dict[str, int]
    announcement: dict[str, str]


def read(path: Path) -> Vocabulary:
    """Read a file of words; a word that would have two meanings is refused."""
    data = tables.read(path)

    def some(table: dict[str, Any], key: str) -> frozenset[str]:
        return frozenset(fold(word) for word in table[key])

    intents: dict[str, str] = {}
    for meaning, forms in [*data["intents"].items(), ("menu", data["greetings"]["salam"])]:
        for form in forms:
            if intents.setdefault(fold(form), meaning) != meaning:
                other = intents[fold(form)]
                raise BadData(f"{path}: {form!r} stands under intents.{other} and {meaning}; leave it under one")
    plain = {key: some(data, key) for key in Vocabulary._fields if isinstance(data.get(key), list)}
    return Vocabulary(
        **plain, intents=intents, salam=some(data["greetings"], "salam"), restart=some(data["phrases"], "restart"),
        why=some(data["phrases"], "why"), what=some(data["phrases"], "what"),
        change_before=some(data["change"], "before"), change_after=some(data["change"], "after"),
        change_to=some(data["change"], "to"), change_mine=some(data["change"], "mine"),
        lines={fold(label): some(data["lines"], label) for label in data["lines"]},
        levels={word: level for level in data["levels"] for word in some(data["levels"], level)},
        numbers={fold(word): int(number) for number, forms in data["numbers"].items() for word in forms},
        announcement={fold(form): meaning for meaning, forms in data["announcement"].items() for form in forms},
    )  # fmt: skip


VOCABULARY: Final = read(Path(__file__).resolve().parent.parent / "data" / "words.toml")


def cores(words: Sequence[str]) -> Iterable[str]:
    """What is left of folded words when polite ones are taken off either end, longest first; all of it is the first."""
    return _few(tuple(words)) if len(words) <= 12 else _cores(words)


@lru_cache(maxsize=256)
def _few(words: tuple[str, ...]) -> tuple[str, ...]:
    """One turn asks for those of the same message several times."""
    return tuple(_cores(words))


def _cores(words: Sequence[str]) -> Iterator[str]:
    count, polite = len(words), VOCABULARY.polite
    before = next((at for at, word in enumerate(words) if word not in polite), count - 1)
    after = next((at for at, word in enumerate(reversed(words)) if word not in polite), count - 1)
    for length in range(count, 0, -1):
        for start in range(max(0, count - length - after), min(before, count - length) + 1):
            yield " ".join(words[start : start + length])
