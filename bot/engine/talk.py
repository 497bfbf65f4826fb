"""What a turn starts from and what it leads to: a talk as it is stored, and the turn that replay.py makes of a message.

Data alone; no behaviour but a hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.engine.chat import Offer, Place, Then
from bot.messages import Kept
from bot.questions.asking import Shown, Value

BACK, SKIP, DONE = "<back", "<skip", "<done"
"""What the buttons around a question carry instead of a value."""


@dataclass(slots=True)
class Talk:
    """Where somebody is in a conversation: the recorded answers, and the question that waits.

    An answer is `v` value, `a` hash of what it is about, `m` message id, `g` where it came with the command, `once` for
    the result of an effect, and where the question takes exact words only, `h` hash and `l` language of the text that
    was asked. `pending` has `q` the question, `at` when it was first asked since it last came back, and as needed `c`
    candidates, `doubt` what asks the answer back that they hold, `ticked`, `was` the answer before a change, `offer` a
    change to confirm, `last` the words of the answer before, `m` the message that did not fit.
    """

    id: str
    account: str
    conversation: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: dict[str, Any] | None = None
    failed: int = 0
    given: str = ""
    started: int = 0
    updated: int = 0
    in_batch: bool = False
    """Not stored: an answer was taken in this very batch, so the person cannot have seen the next question yet."""
    told_late: bool = False
    """Not stored: it was said in this very batch that something came late."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to say: the first of `keys` that has a template, the conversation's own before the common ones."""

    keys: tuple[str, ...]
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several templates in the place of one value, with `between` them."""

    parts: tuple[Part, ...]
    between: str = ", "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a review card: its number, the answer's name, and the value as people read it; None if skipped."""

    number: int
    name: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that now waits for an answer."""

    name: str
    values: Mapping[str, object]
    options: tuple[Shown, ...] = ()
    ticked: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False
    can_go_back: bool = False
    step: int = 0
    steps: int = 0
    card: tuple[Line, ...] | None = None
    takes_contact: bool = False
    again: bool = False
    """It was asked just now: `<question>.again` will do, where there is one."""
    instead: Part | None = None
    """What is asked in place of the question: whether an answer in doubt is right."""


@dataclass(slots=True)
class Turn:
    """What one message led to."""

    parts: list[Part] = field(default_factory=list)
    asked: Asked | None = None
    """None: the conversation is over, or `silent`."""
    command: str = ""
    """A word that always works, for the caller to carry out; `asked` waits on."""
    note: str = ""
    """What to show at the pressed button, by template key."""
    silent: bool = False
    """True: only the note; nothing is sent."""
    edits: bool = False
    """True: the message that carries the pressed button is to be redrawn."""
    then: Then | None = None
    """The conversation to go on with."""
    offers: list[Offer] = field(default_factory=list)
    """Buttons that open other conversations."""
    place: Place | None = None
    """What is shown on a map."""
    forget: bool = False
    """True: leave no trace of this talk."""
    diverged: str = ""
    """The question that was waiting and does not come next any more."""
    wants: str = ""
    """The message brings a file that has to be fetched before it is an answer: the kinds that will do."""
    took: Kept | None = None
    """A file that was taken as an answer."""

    def say(self, *keys: str, **values: object) -> None:
        """Say one thing."""
        self.parts.append(Part(keys, values))


def digest(value: Value) -> str:
    """A short, stable hash of what an answer is about."""
    return _digest(value) if isinstance(value, str) else _hashed(value)


@lru_cache(1024)
def _digest(text: str) -> str:
    return _hashed(text)


def _hashed(value: Value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
