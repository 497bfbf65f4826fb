"""The card of a member of a cooperative, with a QR code that staff scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.pictures.canvas import GLOW, GREEN, INK, LINE, MARGIN, PAPER, SOFT, WHITE, WIDTH, Canvas

HEIGHT: Final = 1350
_QUIET: Final = 4
"""Modules of white around a QR code, without which phones do not find it."""
_SIDE: Final = 570


def draw(words: Mapping[str, str], link: str) -> bytes:
    """The picture as a PNG. words: title, mart, name_label, name, number_label, number, since_label, since, scan."""
    canvas = Canvas(HEIGHT, GREEN)
    room = WIDTH - 2 * MARGIN
    canvas.fitted(MARGIN, 118, words["title"], (54, 36), room, 1, WHITE, anchor="ls", bold=True)
    canvas.fitted(MARGIN, 178, words["mart"], (38, 28), room, 1, PAPER, anchor="ls")
    canvas.rule(MARGIN, MARGIN + 180, 212, GLOW, 8)
    canvas.box(36, 250, WIDTH - 36, HEIGHT - 36, PAPER, round=36)
    canvas.text(MARGIN, 326, words["name_label"], 34, SOFT)
    last = canvas.fitted(MARGIN, 392, words["name"], (64, 38), room, 2, INK, anchor="ls", bold=True)
    top = max(last + 76, 476)
    for x, name in ((MARGIN, "number"), (WIDTH / 2 + 40, "since")):
        canvas.text(x, top, words[f"{name}_label"], 34, SOFT)
        canvas.fitted(x, top + 54, words[name], (46, 30), room / 2 - 50, 1, INK, anchor="ls", bold=True)
    left, above = (WIDTH - _SIDE) / 2, 640
    canvas.box(left - 10, above - 10, left + _SIDE + 10, above + _SIDE + 10, WHITE, round=24, line=LINE)
    _code(canvas, link, left, above)
    canvas.fitted(WIDTH / 2, 1282, words["scan"], (36, 26), room, 1, SOFT)
    return canvas.png()


def _code(canvas: Canvas, link: str, left: float, top: float) -> None:
    """The QR code, in whole pixels to each of its modules: what is scaled is not read."""
    import segno

    rows = list(segno.make(link, error="m", micro=False).matrix_iter(border=_QUIET))
    unit = _SIDE // len(rows)
    left, top = left + (_SIDE - unit * len(rows)) // 2, top + (_SIDE - unit * len(rows)) // 2
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                place = (left + x * unit, top + y * unit, left + (x + 1) * unit - 1, top + (y + 1) * unit - 1)
                canvas.pen.rectangle(place, INK)
