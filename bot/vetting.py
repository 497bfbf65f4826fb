"""What a file is, by what is in it, and a photo made safe to keep: without place and camera, upright and small.

A photo is drawn anew, so that nothing of the old file is left; a document is taken as it is, if it is a PDF. Stores
nothing. Slow, and Pillow is 10 MB: for a thread, and loaded with the first photo.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from io import BytesIO
from typing import TYPE_CHECKING, Final

from bot.files import MOST_BYTES, content_type, new_id
from bot.messages import Kept

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE: Final = 1600
"""Pixels of the longer side: sharp on any phone."""
SMALL: Final = 1_000_000
"""Bytes of a photo as it is kept, at most."""
MOST_PIXELS: Final = 40_000_000
"""More than this is not even unpacked: 12 is what phones take, and a few kilobytes can claim to be a billion."""
LONGEST: Final = 20
"""Telegram takes no photo that is so many times longer than wide (platform.md 1.1)."""

_MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_STEPS: Final = ((SIDE, 85), (SIDE, 72), (1200, 72), (800, 60))
"""Side and quality, until it is small enough."""


class NotKept(Exception):
    """This file is not kept; `reason` names the template `rejected.<reason>`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def vet(data: bytes, wanted: Collection[str], name: str = "") -> tuple[bytes, Kept]:
    """What is to be kept of a file, and what it is. `wanted`: photo, document. Raises NotKept."""
    if len(data) > MOST_BYTES:
        raise NotKept("file_large")
    if data.startswith(b"%PDF-") and "document" in wanted:
        if b"%%EOF" not in data[-2048:]:
            raise NotKept("file_broken")
        id = new_id("pdf")
        return data, Kept(id, "document", content_type(id), len(data), name=_named(name))
    if not (data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")):
        raise NotKept("file_type")
    return _photo(data)


def _photo(data: bytes) -> tuple[bytes, Kept]:
    from PIL import Image, ImageOps

    # Ours is the stricter limit, and its warning would go to standard error.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise NotKept("file_large")
            if max(width, height) > LONGEST * min(width, height):
                raise NotKept("file_broken")
            # Unpacks a large JPEG at a half, a quarter or an eighth of its size.
            opened.draft("RGB", (SIDE, SIDE))
            seen = opened if opened.mode in ("RGB", "L", "RGBA") else opened.convert(_seen(opened))
            seen.thumbnail((SIDE, SIDE), reducing_gap=3.0)
            clean = _bare(ImageOps.exif_transpose(seen))
    except NotKept:
        raise
    except Exception as fault:
        # Whatever a decoder makes of bytes that somebody has put together.
        raise NotKept("file_broken") from fault
    made, size = _small(clean)
    id = new_id("jpg")
    return made, Kept(id, "photo", content_type(id), len(made), *size)


def _seen(picture: Image) -> str:
    return "RGBA" if picture.mode in ("LA", "PA") or "transparency" in picture.info else "RGB"


def _bare(picture: Image) -> Image:
    """Nothing but the pixels, on white where they are see-through."""
    from PIL import Image

    clean = Image.new("RGB", picture.size, "white")
    clean.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return clean


def _small(clean: Image) -> tuple[bytes, tuple[int, int]]:
    for side, quality in _STEPS:
        clean.thumbnail((side, side))
        file = BytesIO()
        clean.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() <= SMALL:
            break
    return file.getvalue(), clean.size


def _named(name: str) -> str:
    """A name that is only a name: without a folder, an ending, or signs that are none, and no long number in it."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = plain[:-4] if plain.lower().endswith(".pdf") else plain
    plain = "".join(char if char.isalnum() or char in " -_.,()&" else " " for char in plain)
    plain = " ".join(plain.split()).strip(" .")[:60].strip()
    # Someone's number may be in it (invariant 4).
    return "" if re.search(r"(?:\d[ _.,()&-]*){12}", plain) else plain
