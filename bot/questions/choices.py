"""Questions with something to choose: options, yes or no, long lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot import words
from bot.questions import places
from bot.questions.asking import Candidates, Option, Rejected, Said, Shown, Typed, Value

_APART: Final = re.compile(r"\s*(?:[,;/+&\n]|\.\s|\b(?:dan|and|sama|serta|plus|lan|jeung)\b)\s*", re.I)


def picked(said: Said) -> Shown | None:
    """The one that is meant of those shown: by its value (a button), name or number."""
    for one in said.shown:
        if said.text == one.value:
            return one
    found = words.find(said.text, [_names(one) for one in said.shown], tolerant=False)
    if len(found) == 1:
        return said.shown[found[0]]
    number = words.number(said.text)
    if number is not None and 1 <= number <= len(said.shown):
        return said.shown[number - 1]
    return None


def _names(one: Shown) -> tuple[str, ...]:
    return (one.label, *one.names, one.value)


def label(options: Sequence[Option], value: Value, language: str) -> str | None:
    """The option's own label in a language, else its first; None where it has none."""
    for option in options:
        if option.value == value and option.label:
            return option.label.get(language) or next(iter(option.label.values()))
    return None


@dataclass(frozen=True, slots=True)
class Choice(Typed):
    """One of the options, or with `many` a list of them.

    A number, a label in any language, an alias; unless `exact` also a clear beginning and a small typo, and the name of
    one of `also`. Where the options are yes and no, every form of yes and no. Rejected: choice, choice_number,
    choice_exact, choice_many.
    """

    of: tuple[Option, ...]
    exact: bool = False
    many: bool = False
    also: tuple[Option, ...] = ()
    """What is not shown and may be named all the same; the answer is a list where several are."""
    tests: bool = False
    """It asks what somebody has learnt: nothing that is said is meant for something else."""

    def options(self) -> tuple[Option, ...]:
        return self.of

    def read(self, said: Said) -> Value | Rejected | Candidates:
        shown = said.shown or tuple(Shown(one.value, "", places.names(one)) for one in self.of)
        said = Said(said.text, shown=shown)
        if self.many:
            return self._several(said)
        return self._one(said)

    def _one(self, said: Said) -> str | list[str] | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return one.value
        if {"yes", "no"} <= {one.value for one in self.of} and (answer := words.yes(said.text)) is not None:
            return "yes" if answer else "no"
        if words.number(said.text) is not None:
            return Rejected("choice_number", {"count": len(said.shown)})
        if self.exact:
            return Rejected("choice_exact", {"count": len(said.shown)})
        if (named := self._named(said.text)) is not None:
            return named or Rejected("choice", {"count": len(said.shown)})
        others = tuple(Shown(one.value, "", places.names(one)) for one in self.also)
        found = words.find(said.text, [_names(one) for one in (*said.shown, *others)], tolerant=True)
        if not found:
            return Rejected("choice", {"count": len(said.shown)})
        meant = [(*said.shown, *others)[at] for at in found]
        if len(meant) == 1:
            return meant[0].value
        return Candidates(tuple(_as_option(one, (*self.of, *self.also)) for one in meant[:9]))

    def _named(self, text: str) -> list[str] | None:
        """Those of `also` that are named one after the other: "Kertek dan Leksono"; none where one is not clear."""
        parts = [part for part in _APART.split(text) if part.strip()] if self.also else []
        if len(parts) < 2:
            return None
        found = [words.find(part, [places.names(one) for one in self.also], tolerant=True) for part in parts]
        clear = all(len(one) == 1 for one in found)
        return list(dict.fromkeys(self.also[one[0]].value for one in found)) if clear else []

    def _several(self, said: Said) -> list[str] | Rejected | Candidates:
        count = len(said.shown)
        if words.is_all(said.text):
            return [one.value for one in said.shown]
        if (numbers := words.numbers(said.text)) is not None:
            if not all(1 <= number <= count for number in numbers):
                return Rejected("choice_number", {"count": count})
            return [said.shown[number - 1].value for number in sorted(numbers)]
        if (one := picked(said)) is not None:
            return [one.value]
        parts = [part for part in _APART.split(said.text) if part.strip()]
        if len(parts) > 1:
            chosen = [self._one(Said(part, shown=said.shown)) for part in parts]
            if not all(isinstance(one, str) for one in chosen):
                return Rejected("choice_many", {"count": count})
            return [one.value for one in said.shown if one.value in chosen]
        hits = [words.match(said.text, [_names(one)], tolerant=True).how for one in said.shown]
        if "within" in hits:
            return [one.value for one, how in zip(said.shown, hits, strict=True) if how == "within"]
        whole = self._one(said)
        if isinstance(whole, Rejected):
            return Rejected("choice_many", {"count": count})
        return whole if isinstance(whole, Candidates | list) else [whole]

    def show(self, value: Value, language: str) -> str | None:
        known = (*self.of, *self.also)
        if isinstance(value, list):
            shown = [label(known, one, language) for one in value]
            return None if None in shown else ", ".join(str(one) for one in shown)
        return label(known, value, language)


def _as_option(shown: Shown, options: Sequence[Option]) -> Option:
    """The option as it was shown: its label is then known where its template is not."""
    for option in options:
        if option.value == shown.value and option.label:
            return option
    return Option(shown.value, {"": shown.label})


def YesNo() -> Choice:
    """Yes or no in every form that people use; the values are "yes" and "no", the labels templates."""
    return Choice((Option("yes"), Option("no")))


@dataclass(frozen=True, slots=True)
class Listed(Typed):
    """One of a long list: the first `shown` and the last ("other") are shown, the rest is found by typing its name.

    Rejected: listed, choice_number.
    """

    items: tuple[Option, ...]
    shown: int = 8

    def options(self) -> tuple[Option, ...]:
        return self.items if len(self.items) <= self.shown + 1 else (*self.items[: self.shown], self.items[-1])

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if (one := picked(said)) is not None:
            return one.value
        if words.number(said.text) is not None:
            return Rejected("choice_number", {"count": len(said.shown)})
        found = words.find(said.text, [places.names(one) for one in self.items], tolerant=True)
        if len(found) == 1:
            return self.items[found[0]].value
        return Candidates(tuple(self.items[at] for at in found[:9])) if found else Rejected("listed")

    def show(self, value: Value, language: str) -> str | None:
        return label(self.items, value, language)
