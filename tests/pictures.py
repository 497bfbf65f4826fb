"""Files that people send: honest ones, and ones that somebody has put together."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SECRET = "KAMERA-CONTOH"


def photo(width: int = 640, height: int = 480, form: str = "JPEG", orientation: int = 0, noise: bool = False) -> bytes:
    """A photo; a JPEG says where it was taken, with which camera, and something in a comment."""
    if noise:
        made = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
    else:
        made = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = BytesIO()
    if form != "JPEG":
        made.save(file, form)
        return file.getvalue()
    told = Image.Exif()
    told[0x010F] = SECRET
    if orientation:
        told[0x0112] = orientation
    place = told.get_ifd(0x8825)
    place.update({1: "S", 2: (7.0, 21.0, 31.0), 3: "E", 4: (109.0, 54.0, 10.0), 29: "2026:11:23"})
    made.save(file, form, exif=told, comment=SECRET.encode(), quality=90)
    return file.getvalue()


def see_through() -> bytes:
    """A PNG of which one can see the background."""
    file = BytesIO()
    Image.new("RGBA", (40, 30), (200, 0, 0, 0)).save(file, "PNG")
    return file.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that claims to be of billions of pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000))
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    made = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def packed() -> bytes:
    """An archive of a few kilobytes that is thirty megabytes when it is unpacked."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"foto-{number}.jpg", bytes(10 << 20))
    return file.getvalue()
