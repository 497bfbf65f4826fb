"""A picture to draw on: colours, words that fit their place, and a PNG that is small on any connection.

Pillow's own font has no marked letters: those that names have are put together from a letter and its mark. Slow, and
Pillow is 10 MB: for a thread, and loaded with the first picture. Knows no words and no person.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

WIDTH: Final = 1080
"""Pixels: a phone shows it sharp from edge to edge."""
MARGIN: Final = 90
MOST_BYTES: Final = 60_000
"""What somebody with little data can spare."""

PAPER: Final = "#fdf6e9"
INK: Final = "#23302e"
SOFT: Final = "#5d6b66"
LINE: Final = "#e3d6bd"
GREEN: Final = "#12604f"
GLOW: Final = "#e08a1e"
RUST: Final = "#b4492f"
WHITE: Final = "#ffffff"

_COLOURS: Final = (64, 32, 16, 8)
"""In a picture, until it is small enough."""
_DRAWN: Final = frozenset(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~©°·»«‘’“”…"
)
"""What the font has; a test compares."""
_ALIKE: Final = str.maketrans({
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "•": "·", "ʼ": "’", "′": "’", "ø": "o", "Ø": "O", "đ": "d",
    "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "\u00a0": " ",
})  # fmt: skip
_MARKS: Final = {
    "\u0301": "´", "\u0300": "`", "\u0302": "^", "\u0303": "~", "\u0308": "·", "\u0304": "-",
}  # fmt: skip
"""Marks as signs of the font."""
_MARK_SIZES: Final = {"^": 0.62, "~": 0.72, "-": 0.7}
_OFF: Final = 0.06
"""How far a mark is from its letter, in parts of the size."""
_BOLD: Final = 0.02
"""How much thicker bold letters are: the font has none of its own."""


@cache
def font(size: int) -> FreeTypeFont:
    """The font in a size."""
    from PIL import ImageFont

    found = ImageFont.load_default(size)
    # Without FreeType it is a bitmap of one size: Pillow's wheels have it.
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


class Canvas:
    """A picture that is being drawn. Places are pixels from the left upper corner."""

    def __init__(self, height: int, background: str = PAPER) -> None:
        from PIL import Image, ImageDraw

        self.height = height
        self.image = Image.new("RGB", (WIDTH, height), background)
        self.pen = ImageDraw.Draw(self.image)

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: str, *, round: int = 0, line: str = ""
    ) -> None:
        """A filled rectangle, with round corners and a line around it where they are wanted."""
        self.pen.rounded_rectangle((left, top, right, bottom), round, fill, line or None, 3)

    def rule(self, left: float, right: float, y: float, colour: str = LINE, width: int = 3) -> None:
        """A line across."""
        self.pen.line((left, y, right, y), colour, width)

    def text(
        self, x: float, y: float, words: str, size: int, colour: str = INK, *, anchor: str = "ls", bold: bool = False
    ) -> None:
        """One line of words; `y` is the line they stand on. anchor: ls, ms or rs (left, middle, right)."""
        plain, marks = _taken_apart(words)
        left = x - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * font(size).getlength(plain)
        self.pen.text((left, y), plain, colour, font(size), "ls", stroke_width=_BOLD * size * bold, stroke_fill=colour)
        for at, mark in marks:
            self._mark(left, y, plain, at, mark, size, colour, bold)

    def fitted(
        self, x: float, y: float, words: str, sizes: tuple[int, int], width: float, most: int, colour: str = INK, *,
        anchor: str = "ms", bold: bool = False,
    ) -> float:  # fmt: skip
        """Words in at most so many lines, as large as they fit between the two sizes; the line that the last stands on.

        What does not even fit in the small size is cut, with dots.
        """
        size, lines = fit(words, sizes, width, most)
        for number, line in enumerate(lines):
            y += number and round(size * 1.28)
            self.text(x, y, line, size, colour, anchor=anchor, bold=bold)
        return y

    def png(self) -> bytes:
        """The picture, in few colours: of flat surfaces and letters that is a third of a JPEG, and sharp."""
        made = b""
        for colours in _COLOURS:
            file = BytesIO()
            self.image.quantize(colours).save(file, "PNG", optimize=True)
            made = file.getvalue()
            if len(made) <= MOST_BYTES:
                break
        return made

    def _mark(self, left: float, y: float, plain: str, at: int, mark: str, size: int, colour: str, bold: bool) -> None:
        """The mark above one letter: a sign of the font."""
        before, after = font(size).getlength(plain[:at]), font(size).getlength(plain[: at + 1])
        small = max(8, round(size * _MARK_SIZES.get(mark, 0.9)))
        # An i keeps its dot: the mark stands above it, which is read as well.
        low = y + font(size).getbbox(plain[at], anchor="ls")[1] - size * _OFF
        for shift in (-0.11, 0.11) if mark == "·" else (0.0,):
            middle = left + (before + after) / 2 + shift * size
            drawn, (right, down) = font(small).getmask2(mark, "L", anchor="ls")
            ink = drawn.getbbox()
            place = (middle - right - (ink[0] + ink[2]) / 2, low - down - ink[3])
            self.pen.text(place, mark, colour, font(small), "ls", stroke_width=_BOLD * size * bold, stroke_fill=colour)


def fit(words: str, sizes: tuple[int, int], width: float, most: int) -> tuple[int, list[str]]:
    """The largest size in which words fit into so many lines of a width, and those lines; in the small one cut."""
    largest, smallest = sizes
    parts = words.split()
    for size in range(largest, smallest - 1, -2):
        lines = _filled(parts, size, width)
        if len(lines) <= most and all(length(line, size) <= width for line in lines):
            return size, _evened(parts, size, width, len(lines))
    lines = _filled(parts, smallest, width)
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] = f"{' '.join(lines[most - 1 :])}…"
    return smallest, [_cut(line, smallest, width) for line in kept]


def _evened(parts: list[str], size: int, width: float, count: int) -> list[str]:
    """So many lines, about equally long: "Maria Goreti" above "Lamawuran", not a word left alone."""
    narrow, wide = width / count if count > 1 else width, width
    while wide - narrow > size / 4:
        middle = (narrow + wide) / 2
        if len(_filled(parts, size, middle)) > count:
            narrow = middle
        else:
            wide = middle
    return _filled(parts, size, wide)


def length(words: str, size: int) -> float:
    """How wide a line of words is."""
    return font(size).getlength(_taken_apart(words)[0])


def _filled(parts: list[str], size: int, width: float) -> list[str]:
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]} {part}" if lines else part
        if lines and length(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _cut(line: str, size: int, width: float) -> str:
    while length(line, size) > width and len(line) > 2:
        line = f"{line.removesuffix('…')[:-1].rstrip()}…"
    return line


def _taken_apart(words: str) -> tuple[str, list[tuple[int, str]]]:
    """Words in letters that the font has, and the marks above them by place; what nothing draws is left out."""
    plain, marks = "", []
    for char in unicodedata.normalize("NFD", unicodedata.normalize("NFKC", words).translate(_ALIKE)):
        if char in _DRAWN:
            plain += char
        elif char in _MARKS and plain and plain[-1].isalpha():
            marks.append((len(plain) - 1, _MARKS[char]))
    return plain, marks
