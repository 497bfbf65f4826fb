"""What a question is: how it reads what a person said, and what it makes of it.

The questions themselves are in questions.py; the engine that asks them is replay.py. Knows no channel, no template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.messages import Contact, Kind

Value = Any
"""A canonical answer: anything JSON can hold (str, int, bool, None, or lists and dicts of them)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. Its label is `label` by language, or else the template `<question>.<value>`."""

    value: str
    label: Mapping[str, str] | None = None
    aliases: tuple[str, ...] = ()
    """Other names that people type for it, in any language, besides the labels."""
    doubtful: tuple[str, ...] = ()
    """Names that are also a word that always works: which of the two is meant is asked."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An option as a person saw it: position in the list is its number, `label` in their language."""

    value: str
    label: str
    names: tuple[str, ...] = ()
    """All it may be called: its labels in every language, its aliases."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person answered to a question, with what is needed to understand it."""

    text: str
    kind: Kind = "text"
    contact: Contact | None = None
    own_phone: str = ""
    """The sender's number in E.164 where the channel shows it."""
    shown: tuple[Shown, ...] = ()
    """The options that were shown, in order; for `Candidates`, those."""
    today: str = ""
    """The date where the person is, ISO 8601."""
    file: str = ""
    """Id of the photo or document that came, fetched and kept."""
    place: tuple[float, float] | None = None
    """Latitude and longitude, in degrees."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer does not fit. `reason` names the template `<question>.<reason>`, or `rejected.<reason>` for all."""

    reason: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reason, before it the one for where only one thing fits: "from 1 to 1" is nothing to say."""
        told = self.values
        one = told.get("count") == 1 or ("low" in told and told["low"] == told.get("high"))
        return (".".join((self.reason, "one")), self.reason) if one else (self.reason,)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The answer may mean one of these: show them, and take the number, the label, or a yes where there is one."""

    options: tuple[Option, ...]
    key: str = "did_you_mean"
    """The template that asks which."""


CHANGE = "<change"
"""The candidate of a doubt that says: no, and here is another answer."""


@dataclass(frozen=True, slots=True)
class Doubt(Candidates):
    """The answer fits and may be a slip: `key` asks it back in place of the question, with `values`.

    Of its options the first is what was said, the second CHANGE; `<key>.right` and `<key>.change` are their labels. It
    is no answer, and kept nowhere, before it is confirmed.
    """

    values: Mapping[str, object] = field(default_factory=dict)


class Question(Protocol):
    """Reads what was said into a canonical value."""

    @property
    def free(self) -> bool:
        """True where any words may be an answer (a name): the words that always work are then looked at first."""

    @property
    def accepts(self) -> frozenset[Kind]:
        """The kinds of message that can be an answer."""

    def options(self) -> tuple[Option, ...]:
        """What there is to choose, if this is a choice."""

    def read(self, said: Said) -> Value | Rejected | Candidates:
        """The canonical value, or why it does not fit, or what it may mean. Never raises for what people type."""

    def show(self, value: Value, language: str) -> str | None:
        """The value as people read it; None where it is the label of an option."""


TEXT: frozenset[Kind] = frozenset({"text"})


class Typed:
    """What most questions have in common: they are answered in writing, by some words only, and show no options."""

    __slots__ = ()

    @property
    def free(self) -> bool:
        return False

    @property
    def accepts(self) -> frozenset[Kind]:
        return TEXT

    def options(self) -> tuple[Option, ...]:
        return ()
