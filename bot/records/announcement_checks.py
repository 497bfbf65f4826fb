"""Whether an announcement is real, for anybody who has its number: what was sent out is, a draft is not.

Tells what everybody who got it has read, and nothing of whom it went to.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select

from bot import references
from bot.records import announcements
from bot.records.announcements import PREFIX, Announcement
from bot.schema import announcements as rows
from bot.store import Tx

BEGINNING: Final = 160
"""Characters of the text that are shown."""

SENT: Final = ("sending", "paused", "done")

_BARE: Final = re.compile(rf"(?:{PREFIX})?([{references.ALPHABET}]{{5}})")


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is with a number. `stopped`: people have got it, and it was called off."""

    state: Literal["real", "stopped"]
    announcement: Announcement
    corrected_by: str = ""
    """The number of the one that puts it right."""

    def beginning(self, language: str) -> str:
        """The first words of the text, as it was sent to readers of this language."""
        whole = self.announcement.texts[self.announcement.spoken(language)]
        text = " ".join(whole.split())
        if len(text) <= BEGINNING:
            return text
        return f"{text[:BEGINNING].rpartition(' ')[0] or text[:BEGINNING]} …"


def number_of(said: str) -> str:
    """The number that is meant, however it is written: `7k4 ma`, `no. PGM 7K4MA`; empty where there is none."""
    if found := announcements.number_in(said):
        return found
    squeezed = re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", said).upper())
    bare = _BARE.fullmatch(re.sub(r"^(?:NOMOR|NOMER|NUMBER|NO)", "", squeezed))
    return f"{PREFIX}-{bare[1]}" if bare else ""


async def find(tx: Tx, number: str) -> Checked | None:
    """What was sent out under this number; None where nothing was."""
    found = await announcements.get(tx, number)
    if found is None or found.started_at is None:
        return None
    if found.state == "cancelled":
        return Checked("stopped", found, await _corrected_by(tx, number))
    return Checked("real", found, await _corrected_by(tx, number)) if found.state in SENT else None


async def _corrected_by(tx: Tx, number: str) -> str:
    sent = (rows.c.corrects == number) & rows.c.started_at.is_not(None)
    found = await tx.value(select(rows.c.number).where(sent).order_by(rows.c.started_at.desc()).limit(1))
    return found or ""
