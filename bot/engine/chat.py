"""What a conversation is written with: `@conversation` and the `Chat` it is handed.

A conversation is a straight-line async function; its answers are recorded by name, and each turn runs it again from
the top (replay.py). Here are only the words for it: every method hands one operation to the engine, which awaits.
Does no I/O, knows no channel, no database and no text.
"""

from __future__ import annotations

import random as _random
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from bot.questions.asking import Option, Question, Value
from bot.questions.questions import Choice

T = TypeVar("T")
Script = Callable[["Chat"], Awaitable[Any]]
Instead = Callable[[str, Mapping[str, Any] | None], tuple[str, str] | None]
Effect = Callable[[Any], Awaitable[Any]]
"""An async function of the transaction."""

REQUIRED: Any = object()
"""The default of a question that has none."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its name is the name of its catalogue, its words open it, its steps are counted."""

    name: str
    script: Script
    words: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    keeps: bool = False
    """True: set aside when something else comes between, resumed after it, and kept as a draft on `batal`."""
    role: str = ""
    """The right it needs (records/roles.py); who has it not gets the public menu."""
    texts: str = ""
    """The catalogue that it speaks from, where that is another conversation's."""
    takes: Callable[[str], bool] | None = None
    """Which sentences behind one of its words are for it; without it only a code is: `cek petugas PTG-7K4M`."""
    instead: Instead | None = None
    """What is opened in its place for words behind its own, and with what; None for itself. Handed those words, and the
    answers of the one that waits, or None where none does."""

    @property
    def domain(self) -> str:
        """The catalogue that it speaks from."""
        return self.texts or self.name


def conversation(
    name: str,
    *,
    words: str = "",
    steps: str = "",
    keeps: bool = False,
    role: str = "",
    texts: str = "",
    takes: Callable[[str], bool] | None = None,
    instead: Instead | None = None,
) -> Callable[[Script], Conversation]:
    """Make a conversation of an async function. Registers nothing: the value is found by whoever collects them."""

    def made(script: Script) -> Conversation:
        opens = tuple(word.strip() for word in words.split(",") if word.strip())
        return Conversation(name, script, opens, tuple(steps.split()), keeps, role, texts, takes, instead)

    return made


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is in the chat: the account, and what is known of the person chosen in it."""

    account: str
    channel: str
    external_id: str = ""
    language: str = "id"
    phone: str = ""
    """The sender's own number in E.164 where the channel shows it."""
    person: str = ""
    salutation: str = ""
    nickname: str = ""
    zone: str = "Asia/Jakarta"
    roles: tuple[tuple[str, str], ...] = ()
    """(role, area or scope) of a staff member; empty for everybody else."""


@dataclass(slots=True)
class Operation:
    """What a conversation hands to the engine; awaiting it gives the engine's answer."""

    def __await__(self) -> Generator[Operation, Any, Any]:
        return (yield self)


@dataclass(slots=True)
class Say(Operation):
    key: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Offer(Operation):
    """A button that opens another conversation; its label is a template."""

    key: str
    conversation: str
    given: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Place(Operation):
    """A pin on a map; its label is a template."""

    latitude: float
    longitude: float
    key: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Write(Operation):
    """A template as words that are kept."""

    key: str
    language: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Ask(Operation):
    name: str
    question: Question
    values: Mapping[str, object] = field(default_factory=dict)
    about: Value = None
    optional: bool = False
    default: Value = REQUIRED
    given: str = ""
    kind: str = "ask"
    """`ask`, `review` or `choose`; what a lint or a test wants to know."""


@dataclass(slots=True)
class Once(Operation):
    name: str
    effect: Effect


@dataclass(slots=True)
class Look(Operation):
    query: Effect


@dataclass(slots=True)
class Forget(Operation):
    """Leave no trace of this talk."""


@dataclass(frozen=True, slots=True)
class Then:
    """What a conversation returns to go on with another one, by its name."""

    name: str
    given: str = ""
    anew: bool = False
    """From the top: what waits of it is dropped."""


class Chat:
    """The chat as a conversation sees it."""

    def __init__(
        self,
        speaker: Speaker,
        answers: Mapping[str, Any],
        *,
        now: int,
        talk: str = "",
        given: str = "",
        proofs: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        self.speaker = speaker
        self.now = now
        """UTC milliseconds of this turn; the only clock a conversation may read."""
        self.given = given
        """What stood behind the command: `/cek WSB-7K4M9-C` gives the reference."""
        self.talk = talk
        self._answers = answers
        self._proofs = proofs
        self._random: _random.Random | None = None

    @property
    def random(self) -> _random.Random:
        """Chance that falls the same way each time this talk is replayed."""
        if self._random is None:
            self._random = _random.Random(self.talk)
        return self._random

    @property
    def answers(self) -> dict[str, Value]:
        """The answers recorded so far, by name."""
        return {name: answer["v"] for name, answer in self._answers.items() if not answer.get("once")}

    def proof(self, name: str) -> dict[str, Any]:
        """How the answer `name` was given: channel, message id, language, and the hash of the text that was asked."""
        return self._proofs(name) if self._proofs else {}

    async def say(self, key: str, **values: object) -> None:
        """Say the template `key`, together with the next question where both fit one message."""
        await Say(key, values)

    async def offer(self, key: str, conversation: str, given: str = "", **values: object) -> None:
        """Put a button labelled `key` below what is said now: for ever it opens that conversation, with `given`.

        A channel without buttons shows none: what is said names the words that do the same.
        """
        await Offer(key, conversation, given, values)

    async def pin(self, key: str, latitude: float, longitude: float, **values: object) -> None:
        """Show a place on a map behind what is said now, under the name `key`; of several the last one."""
        await Place(latitude, longitude, key, values)

    async def write(self, key: str, language: str, **values: object) -> str:
        """The template `key` in a language as text without markup, to be kept: the draft of an announcement."""
        text: str = await Write(key, language, values)
        return text

    async def ask(
        self,
        name: str,
        question: Question,
        *,
        about: Value = None,
        optional: bool = False,
        default: Value = REQUIRED,
        given: str = "",
        **values: object,
    ) -> Any:
        """Ask `name` once and return the answer; None where an optional one was skipped.

        about: what the answer depends on; another value asks again.
        default: what people get who were already past this point when a release added the question.
        given: words that came with the command; taken without asking where they fit.
        """
        return await Ask(name, question, values, about, optional, default, given)

    async def choose(
        self,
        name: str,
        options: Iterable[str | Option],
        *,
        exact: bool = False,
        about: Value = None,
        optional: bool = False,
        default: Value = REQUIRED,
        given: str = "",
        also: Iterable[Option] = (),
        tests: bool = False,
        **values: object,
    ) -> Any:
        """Ask for one of the options and return its value. `exact` takes whole words only (consent, delete, send).

        also: what is not shown and may be named; a list of values where several are.
        tests: it asks what somebody has learnt: words that mean something else elsewhere ("modal") are meant for it.
        """
        question = _choice(options, exact, False, also, tests)
        return await Ask(name, question, values, about, optional, default, given, "choose")

    async def choose_many(
        self,
        name: str,
        options: Iterable[str | Option],
        *,
        about: Value = None,
        optional: bool = False,
        default: Value = REQUIRED,
        **values: object,
    ) -> Any:
        """Ask for any number of the options and return the list of their values."""
        return await Ask(name, _choice(options, False, True), values, about, optional, default, "", "choose")

    async def review(self, name: str, *, aliases: tuple[str, ...] = (), **values: object) -> None:
        """Show all answers that have a template `<answer>.label`, let any be changed, and come back on "send".

        aliases: what else says that it is right, where nothing is sent or kept: "ya", "lanjut".
        """
        options = [Option("send", aliases=aliases) if aliases else "send"]
        await Ask(name, _choice(options, True, False), values, kind="review")

    async def once(self, name: str, effect: Callable[[Any], Awaitable[T]]) -> T:
        """Run an effect in this turn's transaction, once in the life of this talk; its JSON result is recorded."""
        result: T = await Once(name, effect)
        return result

    async def look(self, query: Callable[[Any], Awaitable[T]]) -> T:
        """Read what must be fresh; not recorded, so run at every turn."""
        result: T = await Look(query)
        return result

    async def forget(self) -> None:
        """Delete this talk with its answers and the texts of its messages when the turn is over."""
        await Forget()

    def then(self, name: str, given: str = "", *, anew: bool = False) -> Then:
        """`return chat.then("menu")` goes on with another conversation. `anew`: what waits of it is dropped."""
        return Then(name, given, anew)


def _choice(
    options: Iterable[str | Option], exact: bool, many: bool, also: Iterable[Option] = (), tests: bool = False
) -> Question:
    made = tuple(option if isinstance(option, Option) else _option(option) for option in options)
    return Choice(made, exact=exact, many=many, also=tuple(also), tests=tests)


@lru_cache(maxsize=1024)
def _option(value: str) -> Option:
    """Made once: each replay names all options again."""
    return Option(value)
