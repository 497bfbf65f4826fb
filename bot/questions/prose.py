"""Several sentences in somebody's own words: the text of an announcement, a reason."""

from __future__ import annotations

from dataclasses import dataclass

from bot import words
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked

FEW = 3
"""Words: what is longer is a sentence."""


@dataclass(frozen=True, slots=True)
class Prose(Typed):
    """Lines and single empty lines as written, `min` to `max` characters. Rejected: too_short, too_long, id_number."""

    min: int = 10
    max: int = 1000

    @property
    def free(self) -> bool:
        return True

    def outranks(self, text: str) -> bool:
        """Sentences are an answer, also where they begin like a command: "Cek kesehatan gratis di balai desa"."""
        return len(text.split()) > FEW

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if words.id_number(said.text):
            return Rejected("id_number")
        lines = [" ".join(line.split()) for line in _printed(said.text).splitlines()]
        kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
        text = "\n".join(kept).strip()
        if len(text) < self.min:
            return Rejected("too_short", {"min": self.min})
        over = len(text) - self.max
        return text if over <= 0 else Rejected("too_long", {"max": self.max, "over": over})

    def show(self, value: Value, language: str) -> str | None:
        return str(value)


@dataclass(frozen=True, slots=True)
class Note(Prose):
    """A few words for others to read, `min` to `max` characters; only a word that always works is none of them.

    offered: what others have said before, to pick instead of writing.
    """

    min: int = 2
    max: int = 60
    offered: tuple[Option, ...] = ()

    def options(self) -> tuple[Option, ...]:
        return self.offered

    def read(self, said: Said) -> Value | Rejected | Candidates:
        one = picked(said)
        return one.value if one is not None else Prose.read(self, said)

    def show(self, value: Value, language: str) -> str | None:
        return None if any(one.value == value for one in self.offered) else str(value)

    def outranks(self, text: str) -> bool:
        """Also where it begins like a command: "Members' meeting"."""
        return words.intent(text) is None and not words.declines(text)


def _printed(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)
