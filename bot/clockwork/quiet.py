"""Quiet hours: when nobody is written to unasked (domain.md 5.4). A reply to somebody writing is never deferred."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.questions import places

BEFORE = timedelta(minutes=30)
"""What would fall into quiet hours and cannot wait goes this long before they begin."""


ROUNDS = 20
"""Hours of rest that may follow each other."""


class Quiet:
    """Quiet hours from `start` to `end`, local time of the person's district; from one day into the next."""

    def __init__(self, hours: tuple[time, time]) -> None:
        self.start, self.end = hours

    def until(self, now: int, district: str) -> int:
        """When somebody there may next be written to: UTC milliseconds; `now` itself outside quiet hours."""
        local = _local(now, district)
        if not self._is_quiet(local.time()):
            return now
        ends = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        if ends <= local:
            ends += timedelta(days=1)
        return _ms(ends)

    def for_many(self, now: int, district: str) -> int:
        """As `until`, for what goes to many: not in the hours of prayer there either (data/districts.toml).

        Where the settings know no quiet hours there are none of these either.
        """
        at = self.until(now, district)
        if self.start == self.end:
            return at
        for _ in range(ROUNDS):
            local = _local(at, district)
            rest = places.rest(district, local)
            if rest is None:
                break
            ends = local.replace(hour=rest.end.hour, minute=rest.end.minute, second=0, microsecond=0)
            at = self.until(_ms(ends), district)
        return at

    def calm(self, at: int, district: str) -> int:
        """`at`, or where that is quiet, half an hour before quiet hours began."""
        local = _local(at, district)
        if not self._is_quiet(local.time()):
            return at
        began = local.replace(hour=self.start.hour, minute=self.start.minute, second=0, microsecond=0)
        if began > local:
            began -= timedelta(days=1)
        return _ms(began - BEFORE)

    def _is_quiet(self, clock: time) -> bool:
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def _local(at: int, district: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(places.zone(district)))


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
