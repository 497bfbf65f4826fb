"""The certificate of a course: who has finished which, when, and the code by which anybody can check it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from bot.pictures.canvas import GLOW, GREEN, INK, LINE, MARGIN, PAPER, SOFT, WHITE, WIDTH, Canvas

HEIGHT: Final = 1350
_MIDDLE: Final = WIDTH / 2
_ROOM: Final = WIDTH - 2 * MARGIN - 60


def draw(words: Mapping[str, str]) -> bytes:
    """The picture as a PNG. words: title, given_to, name, finished, course, date, code, check, from."""
    canvas = Canvas(HEIGHT, GREEN)
    canvas.box(36, 36, WIDTH - 36, HEIGHT - 36, PAPER, round=36)
    canvas.box(58, 58, WIDTH - 58, HEIGHT - 58, PAPER, round=24, line=GLOW)
    _sun(canvas, _MIDDLE, 204)
    canvas.fitted(_MIDDLE, 404, words["title"], (76, 48), _ROOM, 1, GREEN, bold=True)
    canvas.fitted(_MIDDLE, 482, words["given_to"], (36, 28), _ROOM, 1, SOFT)
    last = canvas.fitted(_MIDDLE, 582, words["name"], (84, 46), _ROOM, 2, INK, bold=True)
    canvas.rule(_MIDDLE - 150, _MIDDLE + 150, last + 44, GLOW, 5)
    last = canvas.fitted(_MIDDLE, last + 116, words["finished"], (36, 28), _ROOM, 1, SOFT)
    last = canvas.fitted(_MIDDLE, last + 78, words["course"], (60, 34), _ROOM, 2, GREEN, bold=True)
    canvas.fitted(_MIDDLE, max(last + 62, 946), words["date"], (36, 30), _ROOM, 1, SOFT)
    canvas.box(MARGIN + 30, 990, WIDTH - MARGIN - 30, 1180, WHITE, round=24, line=LINE)
    canvas.fitted(_MIDDLE, 1052, words["code"], (50, 40), _ROOM - 60, 1, INK, bold=True)
    canvas.fitted(_MIDDLE, 1106, words["check"], (34, 26), _ROOM - 60, 2, SOFT)
    canvas.fitted(_MIDDLE, 1232, words["from"], (32, 26), _ROOM, 2, SOFT)
    return canvas.png()


def _sun(canvas: Canvas, x: float, y: float) -> None:
    """A light that goes on: what the name of the programme means."""
    for number in range(12):
        turn = math.pi * number / 6
        across, up = math.cos(turn), math.sin(turn)
        canvas.pen.line((x + across * 66, y + up * 66, x + across * 92, y + up * 92), GLOW, 10)
    canvas.pen.ellipse((x - 50, y - 50, x + 50, y + 50), GLOW)
    canvas.pen.line([(x - 22, y + 2), (x - 6, y + 20), (x + 24, y - 18)], PAPER, 11, joint="curve")
