"""Which of several names a text may mean: the name itself, its beginning, the name in a sentence, its words, a typo.

What may stand around a name and what turns it round are data (data/words.toml). Knows no question and no catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from bot.vocabulary import VOCABULARY as _W
from bot.vocabulary import cores, fold

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

    Without `tolerant` only the exact name counts (case, spaces, and politeness wherever it stands, aside). A negation
    in the text is never lost: "tidak setuju" does not match "Setuju", nor the other way round. Typos: none under four
    letters, one edit up to seven, two above.
    """
    words = fold(text).split()
    if not 0 < len(words) <= 30:
        return Match("none", [])
    made = [[_name(one) for one in called] for called in names]
    bare = "".join(word for word in words if word not in _W.polite)
    for joined in chain((core.replace(" ", "") for core in cores(words)), [bare] if bare else []):
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
