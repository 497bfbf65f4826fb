"""Words as people type them: the words that always work, yes and no, numbers, tolerant matching.

The words themselves are data (data/words.toml). Knows no question, no channel and no catalogue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from rapidfuzz.distance import OSA

from bot.numerals import LONGEST, number, numbers, of_words
from bot.vocabulary import VOCABULARY as _W
from bot.vocabulary import fold

__all__ = [
    "LONGEST", "How", "Match", "change", "find", "fold", "id_number", "intent", "is_all", "is_nothing", "is_salam",
    "is_still", "is_this", "mask", "match", "number", "numbers", "restart", "yes",
]  # fmt: skip

_SALAM: Final = ("asalam", "aslamu")
"""How an Islamic greeting begins, folded, in all its spellings."""
_HELLOS: Final = frozenset(key.split(" ", 1)[0] for key, meaning in _W.intents.items() if meaning in ("menu", "thanks"))
_OPENING: Final = frozenset(key.split(" ", 1)[0] for key in _W.intents) | _W.polite


def cores(words: Sequence[str]) -> Iterator[str]:
    """What is left of folded words when polite ones are taken off either end, longest first; all of it is the first."""
    count, polite = len(words), _W.polite
    before = next((at for at, word in enumerate(words) if word not in polite), count - 1)
    after = next((at for at, word in enumerate(reversed(words)) if word not in polite), count - 1)
    for length in range(count, 0, -1):
        for start in range(max(0, count - length - after), min(before, count - length) + 1):
            yield " ".join(words[start : start + length])


def intent(text: str) -> str | None:
    """Which word that always works the whole message is, if any: back, skip, cancel, help, menu, stop, leave, resume,
    next, thanks, language, language:id, language:en. With or without a slash; "kak", "ya", "tolong" around it are fine.
    """
    if len(text) > LONGEST:
        return None
    if text.startswith("/") and "@" in text:
        text = text.partition("@")[0]
    key = fold(text)
    meaning = _W.intents.get(key)
    if meaning is not None or " " not in key:
        return meaning or ("menu" if key.startswith(_SALAM) else None)
    if key.partition(" ")[0] in _OPENING or key.startswith(_SALAM):
        return _around(key)
    return None


@lru_cache(maxsize=1024)
def _around(key: str) -> str | None:
    """The meaning of several words, polite ones among them."""
    words = key.split()
    if len(words) > 6:
        return None
    if words[0] in _W.polite or words[-1] in _W.polite:
        for core in cores(words):
            if (meaning := _W.intents.get(core)) is not None:
                return meaning
    return _twice(words) if words[0] in _HELLOS or words[0].startswith(_SALAM) else None


def _twice(words: list[str]) -> str | None:
    """ "Halo, selamat pagi kak": two hellos are one."""
    for at in range(1, min(len(words), 4)):
        first = _W.intents.get(" ".join(words[:at])) or ("menu" if at == 1 and words[0].startswith(_SALAM) else None)
        if first in ("menu", "thanks"):
            rest = words[at:]
            if all(word in _W.polite for word in rest) or any(_W.intents.get(core) == first for core in cores(rest)):
                return first
    return None


def is_salam(text: str) -> bool:
    """Whether the message opens with an Islamic greeting, to be answered with one."""
    words = fold(text[:LONGEST]).split()
    if not words or words[0].startswith(_SALAM):
        return bool(words)
    return words[0] in _W.salam and (len(words[0]) > 2 or all(word in _W.polite for word in words[1:]))


def restart(text: str) -> bool:
    """Whether the message asks to begin anew: "mulai baru", "dari awal", "start over"."""
    return len(text) <= LONGEST and any(core in _W.restart for core in cores(fold(text).split()))


def is_all(text: str) -> bool:
    """Whether the message means every one of a list: "semua", "all"."""
    return len(text) <= LONGEST and any(core in _W.all for core in cores(fold(text).split()))


def is_nothing(text: str) -> bool:
    """Whether the message means none at all: "tidak ada", "none"."""
    return len(text) <= LONGEST and any(core in _W.nothing for core in cores(fold(text).split()))


def is_still(text: str) -> bool:
    """Whether a short text says that something goes on: "masih di sana", "belum pulang", "still there"."""
    padded = f" {fold(text)} " if len(text) <= LONGEST else ""
    return any(f" {form} " in padded for form in _W.still)


def is_this(text: str) -> bool:
    """Whether the message points to what it is written with: "nomor ini", "this number"."""
    return len(text) <= LONGEST and any(core in _W.this for core in cores(fold(text).split()))


def yes(text: str) -> bool | None:
    """True for a yes, False for a no, None for neither; only to be asked where a yes/no question is open."""
    if len(text) > LONGEST:
        return None
    words = fold(text).split()
    if not 0 < len(words) <= 6:
        return None
    if words[0] in _W.no:
        return False if all(_may_follow_no(word) for word in words[1:]) else None
    if any(word in _W.yes for word in words) and all(word in _W.yes or word in _W.polite for word in words):
        return True
    while words and words[0] in _W.polite and words[0] not in _W.yes:
        del words[0]
    return False if words and words[0] in _W.no and all(_may_follow_no(word) for word in words[1:]) else None


def _may_follow_no(word: str) -> bool:
    return word in _W.after_no or word in _W.yes or word in _W.no or word in _W.polite


def change(text: str) -> int | None:
    """The line that somebody wants to change: "ubah 3", "ganti no 3", "nomor 3 salah"."""
    if len(text) > LONGEST:
        return None
    words = fold(text).split()
    while words and words[0] in ("saya", "sy", "aku", "mau", "ingin", "pengen", *_W.polite):
        del words[0]
    while words and words[-1] in _W.polite:
        del words[-1]
    if len(words) < 2:
        return None
    if words[0] in _W.change_before:
        return of_words(words[1:])
    return of_words(words[:-1]) if words[-1] in _W.change_after else None


# Names


How = Literal["exact", "prefix", "within", "words", "typo", "none"]


class Match(NamedTuple):
    """Which of the names a text may mean, best first, and how it was found."""

    how: How
    indexes: list[int]


class _Name(NamedTuple):
    joined: str
    """Without spaces: "kota baru" and "Kotabaru" are one."""
    words: tuple[str, ...]
    negated: bool
    typed: bool
    """False for a code, which nobody types by halves."""


@lru_cache(maxsize=8192)
def _name(text: str) -> _Name:
    words = tuple(fold(text).split())
    joined = "".join(words)
    return _Name(joined, words, any(map(_is_negation, words)), bool(joined) and not joined.isdigit())


def _is_negation(word: str) -> bool:
    """Also one with a slip in it: a "tidka setuju" must not become "setuju"."""
    if word in _W.negations:
        return True
    if len(word) < 4 or word[0] not in "tejbn":
        return False
    return any(OSA.distance(word, one, score_cutoff=1) <= 1 for one in ("tidak", "engak", "jangan", "bukan", "belum"))


def find(text: str, names: Sequence[Sequence[str]], *, tolerant: bool) -> list[int]:
    """Indexes of the candidates whose names the text may mean; one where it is clear, several where it is not."""
    return match(text, names, tolerant=tolerant).indexes


def match(text: str, names: Sequence[Sequence[str]], *, tolerant: bool) -> Match:
    """As `find`, telling how: the exact name; its beginning; the name within a sentence; some of its words; a typo.

    Without `tolerant` only the exact name counts (case, spaces and politeness aside). A negation in the text is never
    lost: "tidak setuju" does not match "Setuju", nor the other way round. Typos: none under four letters, one edit up
    to seven, two above.
    """
    words = fold(text).split()
    if not 0 < len(words) <= 30:
        return Match("none", [])
    made = [[_name(one) for one in called] for called in names]
    for core in cores(words):
        joined = core.replace(" ", "")
        if found := [at for at, called in enumerate(made) if any(name.joined == joined for name in called)]:
            return Match("exact", found)
    if not tolerant:
        return Match("none", [])
    negated = any(map(_is_negation, words))
    return _tolerantly(words, [[name for name in called if name.negated == negated and name.typed] for called in made])


def _tolerantly(words: list[str], names: list[list[_Name]]) -> Match:
    """The first way of reading that finds something; within it those that fit equally well."""
    joined = "".join(words)
    core = min(cores(words), key=len).split()
    ways: tuple[tuple[How, Callable[[_Name], float]], ...] = (
        ("prefix", lambda name: len(joined) >= 2 and name.joined.startswith(joined)),
        ("within", lambda name: _within(name.words, words)),
        ("words", lambda name: _some_words(core, name.words)),
        ("typo", lambda name: _typo(words, name)),
    )
    if any(map(str.isdigit, joined)):
        ways = ways[:-1]
    for how, fits in ways:
        scores = [max((fits(name) for name in called), default=0) for called in names]
        best = max(scores, default=0)
        if best > 0:
            return Match(how, [at for at, score in enumerate(scores) if score == best])
    return Match("none", [])


def _within(name: tuple[str, ...], words: list[str]) -> int:
    """Length of a name that stands whole in the text; the longest wins: Sakra Timur before Sakra."""
    count = len(name)
    if count >= len(words) or sum(map(len, name)) < 2 or all(word in _W.polite or word.isdigit() for word in name):
        return 0
    stands = any(tuple(words[at : at + count]) == name for at in range(len(words) - count + 1))
    return sum(map(len, name)) if stands else 0


def _some_words(core: list[str], name: tuple[str, ...]) -> bool:
    return all(len(word) >= 3 and any(one.startswith(word) for one in name) for word in core)


def _allowed(length: int) -> int:
    return 0 if length < 4 else 1 if length < 8 else 2


def _typo(words: list[str], name: _Name) -> float:
    """1 / (1 + edits) of the name against the text or a run of its words; against the name's beginning less.

    Two edits need the same first letter, a run of words allows one: "selandia baru" is not Polandia.
    """
    joined, count = "".join(words), len(name.words)
    best = _closeness(joined, name.joined, 2)
    for at in range(len(words) - count + 1) if count < len(words) else ():
        best = max(best, _closeness("".join(words[at : at + count]), name.joined, 1))
    if not best and 5 <= len(joined) < len(name.joined):
        best = _closeness(joined, name.joined[: len(joined)], 1) / 2
    return best


def _closeness(typed: str, name: str, most: int) -> float:
    most = min(most, _allowed(min(len(typed), len(name))), 2 if typed[:1] == name[:1] else 1)
    if not most or abs(len(typed) - len(name)) > most:
        return 0.0
    edits = OSA.distance(typed, name, score_cutoff=most)
    return 1 / (1 + edits) if edits <= most else 0.0


# Numbers that nobody should send

_RUN: Final = re.compile(r"(?<![\d+])\d(?:[\s.\-–—/_]{0,3}[\dOoIl](?![a-z]{2}))*")
_LONG: Final = re.compile(r"\+?\d(?:[\s.\-–—/_()]{0,3}\d){6,}")


def id_number(text: str) -> bool:
    """Whether the text holds what looks like a 16-digit NIK or KK number. No phone number has 16 digits after a 1–9.

    Source: NIK and KK both begin with a province code, 11 to 97 (Kemendagri); E.164 ends at 15 digits.
    """
    if len(text) < 16:
        return False
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for run in _RUN.findall(text):
        digits = re.sub(r"[\s.\-–—/_]", "", run)
        if len(digits) == 16 and digits[0] != "0":
            return True
        if any(len(part) == 16 and part[0] != "0" for part in re.split(r"[\s.\-–—/_]+", run)):
            return True
    return False


def mask(text: str) -> str:
    """The text with every run of seven or more digits (spaced, dotted or dashed) replaced by a dot leader."""
    return _LONG.sub("…", text if text.isascii() else unicodedata.normalize("NFKC", text))
