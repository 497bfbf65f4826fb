"""People in a closed loop: each reads the bot's answer, checks it, and writes the next message.

Counts what they are told wrongly and what they are told twice. Knows no provider.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from tests.benchmarks.conversation import CHOICES, STEPS

Write = Callable[[int, str], None]


@dataclass(slots=True)
class Person:
    """One person: at step n they have been answered n times in this round."""

    chat: int
    round: int = 1
    step: int = 0
    wrote_at: float = 0.0
    waits: bool = False
    wrote: str = "–"
    told: set[str] = field(default_factory=set)
    """What they have heard in this round and the one before: each of it only once."""
    earlier: set[str] = field(default_factory=set)


class Script(Protocol):
    """A conversation as one person holds it, again and again."""

    length: int
    """Messages of one round."""
    unique: bool
    """Whether no answer but the first question comes again in a later round."""

    def says(self, person: Person) -> str:
        """What they write now."""

    def fits(self, person: Person, text: str) -> bool:
        """Whether this is the answer to it."""

    def begins(self, text: str) -> bool:
        """Whether this is the first question."""


class Bench:
    """The conversation of conversation.py: every answer is unlike all others, and the next question names it."""

    length = len(STEPS) + 1
    unique = True
    mark = re.compile(r"\[(\d+)\](?: \(([^)]*)\))?")

    def says(self, person: Person) -> str:
        """The word that opens it, the number of a choice, or words."""
        if person.step == 0:
            return "bench"
        if person.step in CHOICES:
            return str(self._choice(person, person.step))
        return self._words(person, person.step)

    def fits(self, person: Person, text: str) -> bool:
        """The number of the next question, and the last answer; at the end all of them."""
        found = self.mark.search(text)
        if found is None or int(found[1]) != person.step + 1:
            return False
        if person.step + 1 == self.length:
            return all(self._words(person, step) in text for step in range(1, self.length) if step not in CHOICES)
        return found[2] in (self._before(person), person.wrote)

    def begins(self, text: str) -> bool:
        """Question 1."""
        return "[1]" in text

    def _before(self, person: Person) -> str:
        if person.step == 0:
            return "–"
        return f"o{self._choice(person, person.step)}" if person.step in CHOICES else person.wrote

    def _choice(self, person: Person, step: int) -> int:
        return 1 + (person.chat + person.round) % CHOICES[step]

    def _words(self, person: Person, step: int) -> str:
        return f"Kata {person.chat} {person.round} {step}x"


class Enrol:
    """The real enrolment up to its review card, then from the beginning; each answer leads to a step of 15."""

    lines = (
        ("daftar", 1), ("setuju", 2), ("1980", 3), ("Ibu", 4), ("Siti Peserta", 5), ("Siti", 6), ("perempuan", 7),
        ("1", 8), ("wonosobo", 9), ("kaliwiro", 10), ("Kaliwiro", 11), ("hk", 11), ("art", 11), ("2019", 12),
        ("berempat", 12), ("2", 13), ("warung", 13), ("1 dan 4", 13), ("sendiri", 14), ("semua", 15),
    )  # fmt: skip
    length = len(lines)
    unique = False
    mark = re.compile(r"Langkah (\d+) dari 15")

    def says(self, person: Person) -> str:
        """The next line."""
        return "mulai baru" if person.step == 0 and person.round > 1 else self.lines[person.step][0]

    def fits(self, person: Person, text: str) -> bool:
        """The step to which it leads."""
        found = self.mark.search(text)
        return found is not None and int(found[1]) == self.lines[person.step][1]

    def begins(self, text: str) -> bool:
        """The first step."""
        return "Langkah 1 " in text


@dataclass
class Crowd:
    """All people of a run; `write` hands a message of theirs to the provider."""

    write: Write
    chats: Iterable[int]
    script: Script = field(default_factory=Bench)
    latencies: list[float] = field(default_factory=list)
    turns: int = 0
    rounds: int = 0
    wrong: list[str] = field(default_factory=list)
    twice: int = 0
    started_over: int = 0
    paused: bool = False
    thinks: Callable[[], float] | None = None
    """Seconds before somebody writes the next message; None: they write at once."""

    def __post_init__(self) -> None:
        self.people = {chat: Person(chat) for chat in self.chats}

    def begin(self) -> None:
        """Everybody who waits for nothing writes."""
        self.paused = False
        for person in self.people.values():
            if not person.waits:
                self._write(person)

    @property
    def waiting(self) -> int:
        """How many have not been answered."""
        return sum(person.waits for person in self.people.values())

    def heard(self, chat: int, text: str) -> None:
        """The bot has told somebody something."""
        person = self.people.get(chat)
        if person is None:
            return
        if text in person.told or (text in person.earlier and not self.script.begins(text)):
            self.twice += 1
            return
        person.told.add(text)
        if not person.waits or not self.script.fits(person, text):
            self.started_over += self.script.begins(text)
            self.wrong.append(f"{chat} at {person.step}: {text[:200]!r}")
            return
        self.latencies.append(time.perf_counter() - person.wrote_at)
        self.turns += 1
        person.waits = False
        person.step += 1
        if person.step == self.script.length:
            self._again(person)
        if not self.paused:
            self._write(person)

    def _again(self, person: Person) -> None:
        person.step = 0
        person.round += 1
        person.earlier, person.told = person.told if self.script.unique else set(), set()
        self.rounds += 1

    def _write(self, person: Person) -> None:
        if self.thinks is not None:
            asyncio.get_running_loop().call_later(self.thinks(), self._now, person)
        else:
            self._now(person)

    def _now(self, person: Person) -> None:
        if self.paused:
            return
        person.wrote = self.script.says(person)
        person.waits = True
        person.wrote_at = time.perf_counter()
        self.write(person.chat, person.wrote)
