"""How much a provider takes in a second. The real figures are not published exactly; these are the documented ones."""

from __future__ import annotations

import math
from collections import deque

import msgspec

from bot.sandbox.clock import Clock

_DAY = 86_400.0


class Limits(msgspec.Struct):
    """The figures; any of them may be changed while the sandbox runs."""

    on: bool = True
    telegram_per_second: int = 30
    telegram_chat_per_second: float = 1.0
    telegram_chat_burst: int = 20
    telegram_group_per_minute: int = 20
    twilio_per_second: int = 100
    whatsapp_people_per_day: int = 250
    """Unique people whom a business may begin to write to in a moving 24 hours: its tier; 0: no limit."""


class Pace:
    """Counts what was taken and says how long to wait; taking nothing when it refuses."""

    __slots__ = ("_begun", "_chats", "_clock", "_groups", "_telegram", "_twilio", "limits")

    def __init__(self, clock: Clock) -> None:
        self.limits = Limits()
        self._clock = clock
        self._telegram: deque[float] = deque()
        self._twilio: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self._chats: dict[int, tuple[float, float]] = {}
        self._begun: dict[str, float] = {}  # when each was last written to outside the window

    def telegram(self, chat_id: int) -> int:
        """Seconds to wait before a message to this chat, 0 when it may go now."""
        limits, now = self.limits, self._clock.monotonic()
        if not limits.on:
            return 0
        wait = _window(self._telegram, now, limits.telegram_per_second, 1.0)
        if wait:
            return wait
        if chat_id < 0:
            group = self._groups.setdefault(chat_id, deque())
            wait = _window(group, now, limits.telegram_group_per_minute, 60.0)
            if not wait:
                group.append(now)
        else:
            wait = self._bucket(chat_id, now)
        if not wait:
            self._telegram.append(now)
        return wait

    def twilio(self) -> int:
        """Seconds to wait before a request of the account, 0 when it may go now."""
        if not self.limits.on:
            return 0
        now = self._clock.monotonic()
        wait = _window(self._twilio, now, self.limits.twilio_per_second, 1.0)
        if not wait:
            self._twilio.append(now)
        return wait

    def whatsapp_begin(self, person: str) -> bool:
        """Whether the tier leaves room to write to somebody whose window is closed; who was written to has a place."""
        if not self.limits.on or not self.limits.whatsapp_people_per_day:
            return True
        now = self._clock.now()
        begun = self._begun
        while begun and begun[oldest := next(iter(begun))] <= now - _DAY:
            del begun[oldest]
        if person not in begun and len(begun) >= self.limits.whatsapp_people_per_day:
            return False
        begun.pop(person, None)  # the latest stand last
        begun[person] = now
        return True

    def _bucket(self, chat_id: int, now: float) -> int:
        burst, rate = self.limits.telegram_chat_burst, self.limits.telegram_chat_per_second
        level, then = self._chats.get(chat_id, (float(burst), now))
        level = min(float(burst), level + (now - then) * rate)
        if level < 1:
            return max(1, math.ceil((1 - level) / rate))
        self._chats[chat_id] = (level - 1, now)
        return 0


def _window(taken: deque[float], now: float, most: int, seconds: float) -> int:
    while taken and taken[0] <= now - seconds:
        taken.popleft()
    if len(taken) < most:
        return 0
    return max(1, math.ceil(taken[0] + seconds - now))
