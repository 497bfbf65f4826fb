"""What an announcement will look like, and what will become of it: the lines of the preview.

No conversation stands here; the templates are those of `announce_send`, from which both that show it speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.author import Joined, Part, formats, places
from bot.records.announcements import Announcement, Reading
from bot.records.counting import forms

LONGEST = 5
"""Areas that are named one by one."""
HOUR = 3600


def message(found: Announcement, language: str) -> Joined:
    """The message as it goes: in Indonesian, then in English or a line that tells who gets it in Indonesian.

    Then what WhatsApp lets through to those who have not written for a day, where there are such people.
    """
    parts = [_part("shown.id", number=found.number, shown=Reading(found, "id"))]
    if found.texts.get("en"):
        parts.append(_part("shown.en", shown=Reading(found, "en")))
    elif count := _counts(found).get("languages", {}).get("en", 0):
        parts.append(_counted("shown.en_reads_id", count, language))
    if found.media:
        parts.append(_part("along.document" if found.media.endswith(".pdf") else "along.photo"))
    parts += [_counted(f"shown.{one.way}", one.count, language, shown=one) for one in forms(found)]
    return Joined(tuple(parts), "\n\n")


def counts(found: Announcement, language: str) -> Joined:
    """How many people, in lines that add up, and how long it takes."""
    return Joined(tuple(_lines(found, language)), "\n")


def _lines(found: Announcement, language: str) -> Iterator[Part]:
    given = _counts(found)
    people = given.get("people", 0)
    filters = _filters(found, language)
    if filters:
        yield _counted("people.filtered", people, language, area=_area(found), filters=Joined(filters))
    else:
        yield _counted("people.everybody", people, language, area=_area(found))
    for way in ("free", "template", "knock", "held", "shared"):
        if given.get(way, 0):
            yield _counted(f"way.{way}", given[way], language)
    skipped = {reason: count for reason, count in given.get("skipped", {}).items() if count}
    if skipped:
        reasons = Joined(tuple(_counted(f"why_not.{reason}", count, language) for reason, count in skipped.items()))
        yield _counted("skipped", sum(skipped.values()), language, reasons=reasons)
    if given.get("deferred", 0):
        yield _counted("deferred", given["deferred"], language)
    if given.get("over", 0):
        yield _counted("over", given["over"], language)
    if any(given.get(way, 0) for way in ("free", "template", "knock")):
        yield _time(given, language)


def _time(given: dict[str, Any], language: str) -> Part:
    days, seconds = given.get("days", 0), given.get("seconds", 0)
    if days:
        return _counted("takes.days", days + 1, language)
    if seconds <= 60:
        return _part("takes.minute")
    if seconds < 2 * HOUR:
        return _counted("takes.minutes", -(-seconds // 60), language)
    return _counted("takes.hours", -(-seconds // HOUR), language)


def _area(found: Announcement) -> Joined:
    named = [one for one in found.areas if one]
    if not named:
        return Joined((_part("area.everywhere"),))
    parts = [_part("area.district" if len(one) == 5 else "area.part", name=places.name(one)) for one in named[:LONGEST]]
    if len(named) > LONGEST:
        parts.append(_part("area.more", count=str(len(named) - LONGEST)))
    return Joined(tuple(parts))


def _filters(found: Announcement, language: str) -> tuple[Part, ...]:
    """What the audience is narrowed down to; none where it is everybody."""
    given = found.audience
    parts = [_part(f"who.{one}") for one in given.get("user_types", ())]
    parts += [_part(f"statuses.{one}") for one in given.get("statuses", ())]
    for one in given.get("interests", ()):
        parts.append(_part("interested", label=places.label("interests", one, language)))
    if given.get("channel"):
        parts.append(_part(f"on.{given['channel']}"))
    if given.get("language"):
        parts.append(_part(f"reads.{given['language']}"))
    if given.get("not_received"):
        parts.append(_part("without", number=given["not_received"]))
    return tuple(parts)


def _counts(found: Announcement) -> dict[str, Any]:
    return found.counted or {}


def _counted(key: str, n: int, language: str, **values: object) -> Part:
    return _part(key, n=n, count=formats.number(n, language), **values)


def _part(key: str, **values: object) -> Part:
    return Part((key,), values)
