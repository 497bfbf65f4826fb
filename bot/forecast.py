"""How long so many messages take at the pace of each channel, and which would come too late. Pure; an estimate.

Takes it that nothing else goes out meanwhile and that nobody writes. Times are UTC milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
STEP_MS: Final = 5 * 60_000
"""How often it is looked whether it has become quiet somewhere."""
LONGEST_MS: Final = 60 * DAY_MS
"""Nobody plans beyond this."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many messages of a kind, to people of one district. costly: a template, of which there are so many a day."""

    channel: str
    district: str
    count: int
    costly: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of a sending."""

    seconds: int
    """From the first to the last."""
    over: int = 0
    """So many would come after the end, and will not be sent."""
    days: int = 0
    """On so many further days it goes on, because a day's templates are used up."""


def forecast(
    groups: Iterable[Group],
    *,
    start: int,
    ends_at: int | None,
    until: Callable[[int, str], int],
    rates: Mapping[str, float],
    tier: int = 0,
    used: int = 0,
) -> Forecast:
    """When the last of these has gone.

    until: when somebody in a district may next be written to (Quiet.until, or the moment itself for what may not wait).
    rates: messages a second of each channel. tier: templates a day, 0 for any number; `used`: of today's.
    """
    ends = start + LONGEST_MS if ends_at is None else ends_at
    waiting: dict[str, Counter[str]] = {}
    costly: Counter[str] = Counter()
    for one in groups:
        if one.costly and tier:
            costly[one.district] += one.count
        else:
            waiting.setdefault(one.channel, Counter())[one.district] += one.count
    now, days, over = costly, 0, 0
    if tier and costly:
        now, days, over = _first_day(costly, start, ends, tier, min(used, tier))
        waiting.setdefault("whatsapp", Counter()).update(now)
    seconds = 0.0
    for channel, people in waiting.items():
        took, late = _simulate(people, start, ends, until, rates.get(channel, 1.0))
        seconds, over = max(seconds, took), over + late
    return Forecast(max(round(seconds), days * DAY_MS // 1000), over if ends_at is not None else 0, days)


def _first_day(costly: Counter[str], start: int, ends: int, tier: int, used: int) -> tuple[Counter[str], int, int]:
    """Of those that cost a template: who goes today, how many more days the rest takes, and how many are too late."""
    total = costly.total()
    today = min(total, tier - used)
    days = -(-(total - today) // tier)
    possible = max(0, (ends - 1 - start) // DAY_MS)
    late = max(0, total - today - possible * tier)
    now: Counter[str] = Counter()
    for district, count in costly.items():
        now[district] = min(count, today - now.total())
    return now, min(days, possible), late


def _simulate(
    people: Counter[str], start: int, ends: int, until: Callable[[int, str], int], rate: float
) -> tuple[float, int]:
    """Seconds until the last of these has gone, and how many are left at the end."""
    at, last, left = start, start, Counter({district: count for district, count in people.items() if count})
    while left and at < ends:
        free = {district: until(at, district) for district in left}
        room = rate * STEP_MS / 1000
        sent = 0.0
        for district in [one for one, moment in free.items() if moment <= at]:
            going = min(left[district], int(room - sent))
            sent += going
            left[district] -= going
            if not left[district]:
                del left[district]
        if sent:
            last = at + round(sent / rate * 1000)
            at += STEP_MS
        else:
            at = max(at + 1, min(free.values()))
    return (last - start) / 1000, left.total()
