"""Changing a line of the review card, by number or by name: "ubah 3", "ganti desa", "nama saya salah", "3"."""

from __future__ import annotations

from collections.abc import Sequence

from bot import words
from bot.engine.chat import Ask
from bot.engine.progress import Progress

MOST = 5
"""Lines that are named where it is not clear which one is meant: the last ones."""


def change(progress: Progress, ask: Ask, text: str) -> None:
    """Have the line changed that the text means; returns where it means none. At the card `3` or `desa` is enough.

    Where prose is asked for, "ubah jadwal …" may be its beginning: there only a number counts.
    """
    bare = ask.kind == "review"
    number = words.change(text)
    if number is None and bare:
        number = words.number(text)
    called = words.changes(text)
    named = bool(getattr(ask.question, "named", False))
    if number is None and not (called and (named or not ask.question.free)) and not bare:
        return
    card = progress.lines()
    found = _named(progress, card, called, text if bare else "") if number is None else [number - 1]
    if len(found) == 1 and 0 <= found[0] < len(card):
        progress.change(ask, card[found[0]])
    if not found and words.orders_change(text) and (named or (number is None and not _is_option(progress, ask, text))):
        found = list(range(len(card)))[-MOST:]
    if number is not None:
        few = ("no_line", "only_line")
        progress.turn.say(few[len(card)] if len(card) < len(few) else "no_such_number", last=len(card))
    elif found:
        lines = ", ".join(f"{at + 1}. {progress.display.line(card[at])}" for at in found)
        progress.turn.say("which_line", lines=lines, number=found[0] + 1)
    else:
        return
    progress.wait(ask)


def _is_option(progress: Progress, ask: Ask, text: str) -> bool:
    """Whether it names an option all the same ("Ubah teks"); one that is only spelt alike ("buah") is not meant."""
    shown = progress.display.named(ask)
    return words.match(text, [one.names for one in shown], tolerant=True).how not in ("typo", "none")


def _named(progress: Progress, card: Sequence[Ask], called: str, alone: str) -> list[int]:
    """The lines that may be meant, by their labels in any language; of a name that stands alone only what is close."""
    names = [words.line_names(progress.display.line_labels(ask)) for ask in card]
    how, found = words.match(called or alone, names, tolerant=True)
    return found if called or how in ("exact", "prefix", "typo") else []
