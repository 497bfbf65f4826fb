"""Photos and documents that are kept: files with random names beside the database, and links that open one for a while.

Looks into none (vetting.py does) and knows no table: which files there should be is records/media.py's.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from bot.keys import Keys

MOST_BYTES: Final = 5 * 1024 * 1024
"""What anybody may send us: as much as WhatsApp takes of a picture (platform.md 2.4)."""

LINK_MS: Final = 24 * 3_600_000
"""How long a link opens at least: longer than a message may wait at Twilio."""

TYPES: Final[Mapping[str, tuple[Literal["photo", "document"], str]]] = {
    "jpg": ("photo", "image/jpeg"),
    "png": ("photo", "image/png"),
    "pdf": ("document", "application/pdf"),
}
"""What is kept, by the ending of its id: nothing that a browser would run."""

_ID: Final = re.compile(r"[a-z2-7]{26}\.(jpg|png|pdf)")


class Files:
    """The kept files of one database."""

    def __init__(self, folder: Path, keys: Sequence[str], public_url: str, clock: Callable[[], int]) -> None:
        """`keys` sign links, the first one writes; `clock` gives UTC milliseconds."""
        self.folder = folder
        self.telegram: dict[str, str] = {}
        """What Telegram calls a file that it has: it need not be uploaded again."""
        self.names: dict[str, str] = {}
        """What people call a document."""
        self.learned: Callable[[str, str], None] = lambda id, telegram: None
        """Told of a file that Telegram has now."""
        self._keys = Keys(keys)
        self._public_url = public_url
        self._clock = clock

    def __contains__(self, id: str) -> bool:
        return id in self.telegram or (_ID.fullmatch(id) is not None and self.path(id).is_file())

    def path(self, id: str) -> Path:
        """Where a file lies; only for the id of one."""
        return self.folder / id

    async def read(self, id: str) -> bytes:
        """What is in a file. Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(id).read_bytes)

    def write(self, id: str, data: bytes) -> None:
        """Write a file down, wholly or not at all. Blocks."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self.folder / f"{id}.part"
        # Nobody but us: a photo shows people.
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path(id))

    def remove(self, ids: Iterable[str]) -> None:
        """Delete files; one that is gone is no matter. Blocks."""
        for id in ids:
            self.path(id).unlink(missing_ok=True)
            self.telegram.pop(id, None)
            self.names.pop(id, None)

    def strays(self, known: Collection[str]) -> list[str]:
        """Files of ours that are none of these: left by a crash. What else lies there is not ours. Blocks."""
        there = sorted(file.name for file in self.folder.iterdir()) if self.folder.is_dir() else []
        return [name for name in there if name not in known and _ID.fullmatch(name.removesuffix(".part"))]

    def has_told(self, id: str, telegram: str) -> None:
        """Telegram has taken a file, and calls it so."""
        if telegram and self.telegram.get(id) != telegram:
            self.telegram[id] = telegram
            self.learned(id, telegram)

    def link(self, id: str) -> str:
        """A link that opens a file for a day or two; the same all day."""
        until = (self._clock() // LINK_MS + 2) * LINK_MS // 1000
        return f"{self._public_url}/media/{id}?until={until}&key={self._keys.sign('media', f'{id} {until}', 20)}"

    def opens(self, id: str, until: str, key: str) -> bool:
        """Whether a link is one of ours, and not over."""
        if not (_ID.fullmatch(id) and re.fullmatch(r"\d{1,12}", until) and len(key) == 32):
            return False
        return self._keys.verify("media", f"{id} {until}", key) and self._clock() < int(until) * 1000


def new_id(ending: str) -> str:
    """A name that nobody guesses."""
    return f"{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}.{ending}"


def kind(id: str) -> Literal["photo", "document"]:
    """What a kept file is, by its id."""
    return TYPES[id.rpartition(".")[2]][0]


def content_type(id: str) -> str:
    """Its type for whoever fetches it."""
    return TYPES[id.rpartition(".")[2]][1]


def beside(database: str) -> Path:
    """The folder for the files of a database, apart from those of another one in the same place."""
    file = Path(database)
    return file.parent / "media" / file.stem
