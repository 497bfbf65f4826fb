"""The sample files that phones send, and where files are kept so that the bot can fetch them."""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict
from functools import cache

import msgspec

MIME = {
    "sticker": "image/webp",
    "photo": "image/png",
    "voice": "audio/ogg",
    "video": "video/mp4",
    "document": "application/pdf",
    "contact": "text/vcard",
}
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_WEBP = bytes.fromhex("52494646240000005745425056503820180000003001009d012a0100010002003425a400037000fefb940000")
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


class File(msgspec.Struct):
    """A file of the sandbox."""

    id: str
    name: str
    mime: str
    data: bytes


class Files:
    """Keeps the last files by id."""

    __slots__ = ("_files", "_most")

    def __init__(self, most: int = 500) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()
        self._most = most

    def put(self, file_id: str, kind: str, data: bytes | None, name: str = "", mime: str = "") -> File:
        """Keep a file; without data it is the sample of its kind."""
        mime = mime or MIME.get(kind, "application/octet-stream")
        name = name or f"{kind}.{mime.split('/')[1].split(';')[0]}"
        file = File(file_id, name, mime, sample(kind) if data is None else data)
        self._files[file_id] = file
        if len(self._files) > self._most:
            self._files.popitem(last=False)
        return file

    def remove(self, file_id: str) -> None:
        """Forget a file."""
        self._files.pop(file_id, None)

    def get(self, file_id: str) -> File | None:
        """The file, if it is still kept."""
        return self._files.get(file_id)


def type_of(data: bytes) -> str:
    """What is in a file, by how it begins; empty for what is none of these."""
    if data[:4] == b"RIFF":
        return "image/webp" if data[8:12] == b"WEBP" else ""
    return next((mime for magic, mime in _BEGINNINGS if data.startswith(magic)), "")


def is_picture(data: bytes) -> bool:
    """Whether Telegram would take this as a photo."""
    return type_of(data).startswith("image/")


def sample(kind: str) -> bytes:
    """A small valid file of this kind, or as near as a few bytes come."""
    if kind == "photo":
        return _picture(320, 200)
    if kind == "sticker":
        return _WEBP
    if kind == "document":
        return _PDF
    if kind == "contact":
        return b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Contoh\r\nTEL:+6281200000000\r\nEND:VCARD\r\n"
    return (b"OggS" if kind == "voice" else b"\x00\x00\x00\x18ftypmp42") + bytes(64)


@cache
def _picture(width: int, height: int) -> bytes:
    """A calm PNG: hills under an evening sky."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            hill = height * 0.62 + 26 * ((x / width - 0.35) ** 2) * 4 - 18 * ((x * 7 % width) / width - 0.5) ** 2
            if y > hill:
                shade = int(60 * (y - hill) / height)
                rows += bytes((46 + shade, 110 - shade // 2, 92 - shade // 2))
            else:
                glow = y / height
                rows += bytes((int(120 + 130 * glow), int(165 + 50 * glow), int(205 - 40 * glow)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
