"""The question that is answered with a photo or a document: its answer is the id of the kept file (files.py).

Fetching and looking into it is over when this reads it: fetching.py, vetting.py. Reasons: attachment, file_large (mb),
file_type, file_broken, file_lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import files
from bot.messages import Kind
from bot.questions.asking import Candidates, Rejected, Said, Typed, Value


@dataclass(frozen=True, slots=True)
class Attachment(Typed):
    """A photo or a PDF, of up to 5 MB. Rejected: attachment, file_large, file_type, file_broken, file_lost."""

    wants: tuple[str, ...] = ("photo", "document")
    """What it may turn out to be: a photo is also sent as a document."""

    @property
    def accepts(self) -> frozenset[Kind]:
        return frozenset({"text", "photo", "document"})

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if said.kind == "text" or not said.file:
            return Rejected("attachment" if said.kind == "text" else "file_lost")
        return said.file

    def show(self, value: Value, language: str) -> str | None:
        return "📄 PDF" if files.kind(str(value)) == "document" else "📷"


def Photo() -> Attachment:
    """A photo alone."""
    return Attachment(("photo",))
