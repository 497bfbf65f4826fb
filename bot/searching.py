"""Which lessons somebody is looking for: by words of their titles and texts, with typos, other forms and synonyms.

In the person's language first, and in the others where that finds less. What counts as the same is data/courses.toml.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz.distance import OSA

from bot import courses
from bot.questions import places
from bot.questions.questions import Text
from bot.words import fold, intent

MOST = 5
"""Lessons that are told at once."""
WEAK = 0.4
"""What fits less than this part of the best is left out."""
OTHER_LANGUAGE = 0.6
"""How much a word counts that stands there in another language than the person's."""
SHORTEST = 3
"""Letters of a word that may be the beginning of another."""

_WEIGHTS = (("title", 3.0), ("gist", 1.0), ("again", 1.0), ("today", 0.5), ("quiz", 0.5))
_KEYWORD = 3.0
_VALUE = re.compile(r"\{\w+\}")


class _Index:
    """The words of the lessons in one language. `found`: word → lesson → how much it counts there."""

    def __init__(self, found: Mapping[str, Mapping[str, float]], table: Mapping[str, Any]) -> None:
        self.found = found
        self.ignored = frozenset(map(fold, table.get("ignored", ())))
        self._same = _groups(table.get("same", ()))
        self._before = tuple(table.get("before", ()))
        self._after = tuple(table.get("after", ()))
        self._known = [*found, *(one for one in self._same if one not in found)]
        self._of_form: dict[str, list[str]] = {}
        for word in self._known:
            for form in self._forms(word):
                self._of_form.setdefault(form, []).append(word)

    def knows(self, word: str) -> bool:
        """Whether this very word, or one that means the same, stands in a lesson."""
        return word in self.found or word in self._same

    def scores(self, word: str) -> Mapping[str, float]:
        """How well each lesson fits one word that was asked for; where no word like it stands anywhere, as a typo."""
        return self._spelt(word) or self._mistyped(word)

    def _forms(self, word: str) -> set[str]:
        """The word, and what is left without what its language puts before and behind one."""
        bare = [word, *(word.removesuffix(end) for end in self._after if word.endswith(end))]
        stems = (one.removeprefix(start) for one in bare for start in self._before if one.startswith(start))
        return {one for one in (*bare, *stems) if len(one) >= SHORTEST}

    def _spelt(self, word: str) -> Mapping[str, float]:
        """The word itself, what means the same, other forms of it, and what begins with it."""
        means: dict[str, float] = {}
        if len(word) >= SHORTEST:
            means = dict.fromkeys((one for one in self._known if one.startswith(word)), 0.6)
        for one in {one for form in self._forms(word) for one in self._of_form.get(form, ())}:
            means = dict.fromkeys(self._same.get(one, ()), 0.3) | means | {one: 0.8}
        if self.knows(word):
            means |= dict.fromkeys(self._same.get(word, ()), 0.4) | {word: 1.0}
        return self._best(means)

    def _mistyped(self, word: str) -> Mapping[str, float]:
        """A word that is one or two edits away, with what means the same; another first letter is another word."""
        most = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        near = [one for one in self._known if len(one) >= 4 and (one[0] in word[:2] or word[0] in one[:2])]
        edits = {one: OSA.distance(word, one, score_cutoff=most) for one in near}
        least = min((count for count in edits.values() if count <= most), default=0)
        means: dict[str, float] = {}
        for one in (one for one, count in edits.items() if least and count == least):
            means = dict.fromkeys(self._same.get(one, ()), 0.3) | means | {one: 0.6}
        return self._best(means)

    def _best(self, means: Mapping[str, float]) -> dict[str, float]:
        best: dict[str, float] = {}
        for word, how in means.items():
            for lesson, weight in self.found.get(word, {}).items():
                best[lesson] = max(best.get(lesson, 0.0), how * weight)
        return best


@dataclass(frozen=True, slots=True)
class Sought(Text):
    """What somebody looks for: one word that lessons know is that here, also where it opens something else."""

    def outranks(self, text: str) -> bool:
        """Whether a word is an answer before it is anything else: "koperasi", but not "batal"."""
        said = fold(text)
        if " " in said or intent(text) is not None:
            return False
        return any(_index(language).knows(said) for language in courses.shelf().texts)


def search(text: str, language: str) -> list[str]:
    """The ids of the lessons that fit best, the best first; none where nothing fits."""
    known = [one for one in courses.shelf().texts if one == language]
    indexes = [(_index(one), 1.0) for one in known] + [
        (_index(one), OTHER_LANGUAGE if known else 1.0) for one in courses.shelf().texts if one != language
    ]
    words = fold(text).split()[:8]
    telling = [word for word in words if not any(word in index.ignored for index, _ in indexes)]
    if not telling:
        return _named(" ".join(words)) or _named(*words)
    total: dict[str, float] = {}
    for word in telling:
        best: dict[str, float] = {}
        for index, counts in indexes:
            for lesson, score in index.scores(word).items():
                best[lesson] = max(best.get(lesson, 0.0), score * counts)
        for lesson, score in best.items():
            total[lesson] = total.get(lesson, 0.0) + score
    order = list(courses.shelf().lessons)
    ranked = sorted(total, key=lambda one: (-total[one], order.index(one)))
    return [one for one in ranked if total[one] >= WEAK * total[ranked[0]]][:MOST]


def _named(*wanted: str) -> list[str]:
    """The lessons that have one of these as a whole keyword: of words that say nothing by themselves ("usaha apa")."""
    lessons = courses.shelf().lessons.values()
    named = {one.id: {fold(word) for words in one.keywords.values() for word in words} for one in lessons}
    return [id for id, words in named.items() if not words.isdisjoint(wanted)][:MOST]


@cache
def _index(language: str) -> _Index:
    shelf = courses.shelf()
    written = shelf.texts[language]
    table: Mapping[str, Any] = shelf.search.get(language) or shelf.search.get(places.LANGUAGES[0], {})
    ignored = frozenset(map(fold, table.get("ignored", ())))
    counted: dict[str, dict[str, float]] = {}
    for lesson in shelf.lessons.values():
        pieces = [(written.get(f"{lesson.id}.{key}", ""), much) for key, much in _WEIGHTS]
        pieces.append((" ".join(lesson.keywords.get(language, ())), _KEYWORD))
        for text, much in pieces:
            for word in {*fold(_VALUE.sub(" ", text)).split()} - ignored:
                weights = counted.setdefault(word, {})
                weights[lesson.id] = weights.get(lesson.id, 0.0) + much
    rare = {word: 1 + math.log(len(shelf.lessons) / len(weights)) for word, weights in counted.items()}
    found = {word: {one: weight * rare[word] for one, weight in weights.items()} for word, weights in counted.items()}
    return _Index(found, table)


def _groups(table: Sequence[Sequence[str]]) -> Mapping[str, frozenset[str]]:
    """Word → what means the same."""
    groups: dict[str, frozenset[str]] = {}
    for group in table:
        words = frozenset(word for one in group for word in [fold(one)] if " " not in word)
        for word in words:
            groups[word] = groups.get(word, frozenset()) | (words - {word})
    return groups
