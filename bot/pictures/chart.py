"""Money in and out, day by day, and what is left: bars that are read without knowing charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.pictures.canvas import GREEN, INK, LINE, MARGIN, RUST, SOFT, WHITE, WIDTH, Canvas, length

HEIGHT: Final = 1080
_TOP, _BOTTOM = 490, 940
_LEFT, _RIGHT = MARGIN - 10, WIDTH - MARGIN + 10
_WORDS: Final = (38, 29)
"""The largest and the smallest that the name of a day is written in: on a phone a third of that is seen."""
_APART: Final = 14
_FEW: Final = 8
"""Days that are all named, and whose amounts stand above the bars."""


@dataclass(frozen=True, slots=True)
class Day:
    """One pair of bars."""

    label: str
    money_in: int
    money_out: int
    shown_in: str = ""
    """The amounts as they are written, short."""
    shown_out: str = ""


def draw(words: Mapping[str, str], days: Sequence[Day]) -> bytes:
    """The picture as a PNG. words: title, period, in_label, in, out_label, out, left_label, left."""
    canvas = Canvas(HEIGHT)
    room = WIDTH - 2 * MARGIN
    canvas.fitted(MARGIN, 120, words["title"], (56, 40), room, 1, INK, anchor="ls", bold=True)
    canvas.fitted(MARGIN, 176, words["period"], (38, 28), room, 1, SOFT, anchor="ls")
    third = (WIDTH - 2 * MARGIN + 60) / 3
    for number, (name, colour) in enumerate((("in", GREEN), ("out", RUST), ("left", INK))):
        x = MARGIN - 30 + number * third
        canvas.box(x, 216, x + third - 18, 376, WHITE, round=22, line=LINE)
        canvas.box(x + 24, 248, x + 50, 274, colour, round=7)
        canvas.fitted(x + 62, 273, words[f"{name}_label"], (34, 22), third - 100, 1, SOFT, anchor="ls")
        canvas.fitted(x + 24, 344, words[name], (42, 20), third - 62, 1, colour, anchor="ls", bold=True)
    _bars(canvas, days)
    return canvas.png()


def _bars(canvas: Canvas, days: Sequence[Day]) -> None:
    highest = max([1, *(max(day.money_in, day.money_out) for day in days)])
    for part in range(5):
        y = _BOTTOM - (_BOTTOM - _TOP) * part / 4
        canvas.rule(_LEFT, _RIGHT, y, LINE if part else SOFT, 2 if part else 3)
    if not days:
        return
    step = (_RIGHT - _LEFT) / len(days)
    bar = min(64.0, step * 0.36)
    size = _words(days, step)
    # Of many days every second, third … is named: their names would run into each other.
    every = math.ceil((_widest(days, size) + _APART) / step)
    for number, day in enumerate(days):
        middle = _LEFT + step * (number + 0.5)
        sides = ((middle - bar - 2, day.money_in, GREEN), (middle + 2, day.money_out, RUST))
        for x, amount, colour in sides:
            if amount:
                top = _BOTTOM - max(6.0, (_BOTTOM - _TOP) * amount / highest)
                canvas.box(x, top, x + bar, _BOTTOM, colour, round=int(min(8, bar / 4)))
        if len(days) <= _FEW:
            _amounts(canvas, day, middle, bar, step, highest)
        if number % every == 0:
            canvas.text(middle, _BOTTOM + 50, day.label, size, SOFT, anchor="ms")


def _words(days: Sequence[Day], step: float) -> int:
    """The size in which the names of few days all fit; of many not all are named."""
    largest, smallest = _WORDS
    if len(days) > _FEW:
        return largest - 2
    return next((one for one in range(largest, smallest, -1) if _widest(days, one) + _APART <= step), smallest)


def _widest(days: Sequence[Day], size: int) -> float:
    return max(length(day.label, size) for day in days)


def _amounts(canvas: Canvas, day: Day, middle: float, bar: float, step: float, highest: int) -> None:
    """Above each bar how much it is; the lower one's above the higher one's where they would touch."""
    height = {colour: (_BOTTOM - _TOP) * amount / highest for colour, amount in
              ((GREEN, day.money_in), (RUST, day.money_out))}  # fmt: skip
    shown = [(GREEN, day.shown_in, -1), (RUST, day.shown_out, 1)]
    there = [(colour, words, side) for colour, words, side in shown if words]
    size = 34
    while size > 16 and any(length(words, size) > step - 8 for _, words, _ in there):
        size -= 1
    halves = [length(words, size) / 2 + bar / 2 + 2 for _, words, _ in there]
    if any(half > step / 2 - 4 for half in halves) or (len(there) == 2 and max(halves) > bar + 2):
        # Side by side they would run into each other, or into those of the next day.
        y = _BOTTOM - max(height.values()) - 12
        for colour, words, _ in reversed(there):
            canvas.text(middle, y, words, size, colour, anchor="ms")
            y -= size + 6
        return
    for colour, words, side in there:
        x = middle + side * (bar / 2 + 2)
        canvas.text(x, _BOTTOM - height[colour] - 12, words, size, colour, anchor="ms")
