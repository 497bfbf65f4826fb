"""What an announcement's author reads while it goes out, and at its end: a bar, figures, the time that is left.

Pure: figures in, words and buttons out. When it is sent is reporting.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot import formats
from bot.markup import Neutral
from bot.messages import Button
from bot.records.announcement_reports import Figures
from bot.records.announcements import Announcement
from bot.records.deliveries import IN_PART
from bot.texts import Texts

PROGRESS: Final = "announcement_progress"
"""The catalogue of these messages."""
WIDTH: Final = 10
"""Signs of the bar."""
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000

DEEDS: Final = {
    "sending": (("pause", "announce_control", "pause "), ("cancel", "announce_control", "cancel ")),
    "paused": (("resume", "announce_control", "resume "), ("cancel", "announce_control", "cancel ")),
    "done": (("report", "announcements", ""),),
    "cancelled": (("report", "announcements", ""),),
}
"""Buttons by state: label, the conversation that they open, and what stands before the number there."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and how far it says the announcement is."""

    text: str
    actions: tuple[Button, ...]
    percent: int


def running(
    texts: Texts, language: str, facts: Mapping[str, object], found: Announcement, figures: Figures, *, in_short: bool
) -> Said:
    """How far it is, while it goes out or is paused; `in_short` for who gets one line after the other."""
    total = _total(found, figures)
    done = min(figures.settled, total)
    percent = done * 100 // total if total else 100
    values = {
        **facts, "number": found.number, "bar": bar(done, total), "percent": percent,
        "done": formats.number(done, language), "total": formats.number(total, language), "n": total,
        "left": Neutral(_left(texts, language, found, figures, total - done)),
    }  # fmt: skip
    key = "paused" if found.state == "paused" else "short" if in_short else "running"
    return Said(texts.say(language, PROGRESS, key, values), _buttons(texts, language, found), percent)


def final(texts: Texts, language: str, facts: Mapping[str, object], found: Announcement, figures: Figures) -> Said:
    """What became of it, and where to read more."""
    counts = {
        "sent": figures.count("sent"), "in_part": figures.count(IN_PART), "held": figures.count("held"),
        "uncertain": figures.count("uncertain"), "failed": figures.count("failed"),
        "skipped": figures.count("skipped"), "dropped": figures.count("dropped"),
    }  # fmt: skip
    shown = {name: number for name, number in counts.items() if number or name == "sent"}
    lines = [
        texts.say(language, PROGRESS, f"line.{name}", {"count": formats.number(number, language)})
        for name, number in shown.items()
    ]
    key = "cancelled" if found.state == "cancelled" else "done"
    values = {**facts, "number": found.number, "lines": Neutral("\n".join(lines))}
    return Said(texts.say(language, PROGRESS, key, values), _buttons(texts, language, found), 100)


def bar(done: int, total: int) -> str:
    """ "▓▓▓░░░░░░░"; full only when nothing is left."""
    full = WIDTH if done >= total else done * WIDTH // total
    return "▓" * full + "░" * (WIDTH - full)


def _total(found: Announcement, figures: Figures) -> int:
    """Who is to get it: as far as planned, and until then as counted for the preview."""
    return figures.wanted if found.planned else max(figures.wanted, found.reached)


def _left(texts: Texts, language: str, found: Announcement, figures: Figures, left: int) -> str:
    """How long it will still take, at the pace since it was last told."""
    later = figures.count("waiting", later=True)
    if later and later >= left and figures.next_at is not None:
        when = figures.next_at
        values = {
            "date": formats.date(when, found.zone, language),
            "clock": formats.clock(when, found.zone, language),
        }
        return texts.say(language, PROGRESS, "left.later", values)
    since, settled = found.progress.get("pace", (found.started_at or figures.at, 0))
    done, passed = figures.settled - settled, figures.at - since
    if done <= 0 or passed <= 0:
        return texts.say(language, PROGRESS, "left.unknown", {})
    takes = (left - later) * passed // done
    if takes <= MINUTE_MS:
        return texts.say(language, PROGRESS, "left.minute", {})
    if takes <= 2 * HOUR_MS:
        return texts.say(language, PROGRESS, "left.minutes", {"n": -(-takes // MINUTE_MS)})
    return texts.say(language, PROGRESS, "left.hours", {"n": -(-takes // HOUR_MS)})


def _buttons(texts: Texts, language: str, found: Announcement) -> tuple[Button, ...]:
    return tuple(
        Button(f"open|{conversation}|{before}{found.number}", texts.say(language, PROGRESS, f"button.{label}", {}))
        for label, conversation, before in DEEDS[found.state]
    )
