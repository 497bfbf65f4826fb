"""Answers and options as people read them, for one speaker in one conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from bot.engine.chat import Ask
from bot.engine.talk import Line
from bot.questions.asking import Option, Shown, Value


class Wording(Protocol):
    """What the engine needs to know of the catalogues."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages there are."""

    def say(self, language: str, domain: str, key: str, values: Mapping[str, object]) -> str:
        """A template with its values put in."""

    def has(self, domain: str, key: str) -> bool:
        """Whether the conversation has this template."""

    def digest(self, language: str, domain: str, key: str) -> str:
        """A hash of the template's text: proof of what somebody agreed to."""


class Display:
    """Labels and values in the speaker's language."""

    def __init__(self, wording: Wording, domain: str, language: str) -> None:
        self.wording = wording
        self.domain = domain
        self.language = language

    def options(self, ask: Ask) -> tuple[Shown, ...]:
        """What there is to choose, as it is shown."""
        return tuple(Shown(option.value, self._label(ask, option)) for option in ask.question.options())

    def named(self, ask: Ask) -> tuple[Shown, ...]:
        """What there is to choose, with all that each option may be called."""
        return tuple(
            Shown(option.value, self._label(ask, option), (*self._names(ask, option), *option.aliases))
            for option in ask.question.options()
        )

    def candidates(self, candidates: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Shown, ...]:
        """What an answer may mean, as it is shown."""
        return tuple(Shown(value, _in(label, self.language), tuple(label.values())) for value, label in candidates)

    def value(self, ask: Ask, value: Value) -> str:
        """An answer as it is read."""
        if isinstance(value, list):
            return ", ".join(self.value(ask, one) for one in value)
        shown = ask.question.show(value, self.language)
        if shown is not None:
            return shown
        for option in ask.question.options():
            if option.value == value:
                return self._label(ask, option)
        return self.wording.say(self.language, self.domain, f"{ask.name}.{value}", {})

    def has_line(self, ask: Ask) -> bool:
        """Whether an answer stands on the review card."""
        return self.wording.has(self.domain, f"{ask.name}.label")

    def line(self, ask: Ask) -> str:
        """The label of an answer's line on the card."""
        return self.wording.say(self.language, self.domain, f"{ask.name}.label", {})

    def line_labels(self, ask: Ask) -> tuple[str, ...]:
        """The same in every language."""
        say, key = self.wording.say, f"{ask.name}.label"
        return tuple(say(language, self.domain, key, {}) for language in self.wording.languages)

    def card(self, asks: Iterable[Ask], answers: Mapping[str, Mapping[str, Any]]) -> tuple[Line, ...]:
        """The lines of a review card."""
        lines = []
        for number, ask in enumerate(asks, 1):
            value = answers[ask.name]["v"]
            lines.append(Line(number, ask.name, None if value is None else self.value(ask, value)))
        return tuple(lines)

    def _label(self, ask: Ask, option: Option) -> str:
        if option.label:
            return _in(option.label, self.language)
        return self.wording.say(self.language, self.domain, f"{ask.name}.{option.value}", {})

    def _names(self, ask: Ask, option: Option) -> tuple[str, ...]:
        if option.label:
            return tuple(option.label.values())
        key = f"{ask.name}.{option.value}"
        return tuple(self.wording.say(language, self.domain, key, {}) for language in self.wording.languages)


def _in(label: Mapping[str, str], language: str) -> str:
    return label.get(language) or next(iter(label.values()))
