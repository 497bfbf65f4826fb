"""Whom an announcement would reach, and how, before it is let go: the figures of the preview, which add up.

The people are audience.py's. Reads only, and long: for `Store.read`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bot.forecast import DAY_MS, Forecast, Group, forecast
from bot.records.announcements import UNDO_MS, Announcement
from bot.records.audience import Part, Query

Way = Literal["template", "knock", ""]
"""How an announcement reaches somebody outside WhatsApp's window; empty: not at all, until they write."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast each channel takes messages: a second, and of WhatsApp's templates a day (0: any number)."""

    rates: Mapping[str, float]
    tier: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """What an announcement looks like outside WhatsApp's window, in neutral markup, and how many get it so."""

    way: Way
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people an announcement is for, and what becomes of them.

    people = free + template + knock + held + shared + all of `skipped`.
    """

    people: int = 0
    free: int = 0
    """Get it on Telegram, or on WhatsApp where they have written in the last 24 hours."""
    template: int = 0
    """Get it on WhatsApp as an approved template."""
    knock: int = 0
    """Are told on WhatsApp that there is something, and get it when they answer."""
    held: int = 0
    """Get it on WhatsApp when they write the next time."""
    shared: int = 0
    """Have it from a phone on which somebody else gets it."""
    skipped: dict[str, int] = field(default_factory=dict)
    """By reason: no_opt_in, stopped, blocked, invalid, unreachable, no_chat."""
    deferred: int = 0
    """Of those who get it without writing: so many only when quiet hours are over."""
    over: int = 0
    """Of the same: so many do not get it, because the promo ends before their turn."""
    seconds: int = 0
    """From the first to the last."""
    days: int = 0
    """It goes on for so many further days, because a day's templates are used up."""
    languages: dict[str, int] = field(default_factory=dict)
    """Of those who get it: who reads it in Indonesian although this is their language."""
    chats: dict[str, dict[str, int]] = field(default_factory=dict)
    """Those who get it, by channel and language."""
    districts: dict[str, int] = field(default_factory=dict)
    """The same by district."""
    forms: list[Form] = field(default_factory=list)
    """How it looks to those who get a template or a knock."""

    def json(self) -> dict[str, Any]:
        """What is kept of it."""
        return asdict(self)


def forms(announcement: Announcement) -> list[Form]:
    """How it looks outside WhatsApp's window, as far as somebody is to get it so."""
    return [Form(**one) for one in (announcement.counted or {}).get("forms", ())]


_COUNT = """
SELECT first_one.district, first_one.due, first_one.channel, first_one.language, first_one.reason, first_one.free,
  count(*) AS chats, sum(first_one.people) - count(*) AS others
FROM (SELECT min(district || '/' || person), district, due, channel, language, reason, free, count(*) AS people
      FROM ({people}) GROUP BY coalesce(account, '/' || person)) AS first_one
GROUP BY 1, 2, 3, 4, 5, 6"""
"""As many chats as there will be deliveries: of several people with one phone the first has it, as in plans.py."""

_USED = """
SELECT count(DISTINCT account_id) FROM deliveries WHERE way IN ('template', 'knock') AND settled_at > ?"""


def count(
    connection: sqlite3.Connection,
    announcement: Announcement,
    now: int,
    quiet_until: Callable[[int, str], int],
    ways: Mapping[str, Way],
    *,
    channels: Collection[str],
    pace: Pace,
    shown: Mapping[str, str] | None = None,
) -> Counts:
    """The figures, if it is let go now or at the time that it is scheduled for.

    quiet_until: as Quiet.until. ways: by language, how this announcement reaches somebody outside WhatsApp's window;
    shown: what they read there.
    """
    until = _at_once if announcement.category == "safety" else quiet_until
    start = max(announcement.send_at or 0, now + UNDO_MS)
    query = Query(connection, announcement, channels, lambda district: until(start, district))
    if not query.districts:
        return Counts()
    people, values = query.select([Part(district) for district in query.districts])
    rows = connection.execute(_COUNT.format(people=people), values).fetchall()
    used = connection.execute(_USED, (now - DAY_MS,)).fetchone()[0]
    return _counts([tuple(row) for row in rows], announcement, start, until, ways, pace, used, shown or {})


def _counts(
    rows: Iterable[tuple[Any, ...]],
    announcement: Announcement,
    start: int,
    until: Callable[[int, str], int],
    ways: Mapping[str, Way],
    pace: Pace,
    used: int,
    shown: Mapping[str, str],
) -> Counts:
    by_way: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    deferred = shared = 0
    languages: Counter[str] = Counter()
    districts: Counter[str] = Counter()
    chats: dict[str, Counter[str]] = {}
    groups: list[Group] = []
    # In the order of the languages; those that speak with one text are one.
    forms: Counter[tuple[Way, str]] = Counter({(ways[one], text): 0 for one, text in shown.items()})
    for district, due, channel, language, reason, free, number, others in rows:
        if reason:
            skipped[reason] += number + others
            continue
        shared += others
        outside = "" if free else ways.get(language, "")
        way = outside or ("free" if free else "held")
        by_way[way] += number
        if outside and language in shown:
            forms[outside, shown[language]] += number
        districts[district] += number
        chats.setdefault(channel, Counter())[language] += number
        if way != "held":
            deferred += number if due > start else 0
            groups.append(Group(channel, district, number, costly=way != "free"))
        if language[:2] != announcement.spoken(language)[:2]:
            languages[language] += number
    expected: Forecast = forecast(
        groups, start=start, ends_at=announcement.ends_at, until=until, rates=pace.rates, tier=pace.tier, used=used
    )
    return Counts(
        people=by_way.total() + shared + skipped.total(),
        free=by_way["free"], template=by_way["template"], knock=by_way["knock"], held=by_way["held"], shared=shared,
        skipped=dict(skipped), deferred=deferred, over=expected.over, seconds=expected.seconds, days=expected.days,
        languages=dict(languages), chats={channel: dict(one) for channel, one in chats.items()},
        districts=dict(districts), forms=[Form(*form, number) for form, number in forms.items() if number],
    )  # fmt: skip


def _at_once(now: int, district: str) -> int:
    return now
