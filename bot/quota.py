"""How many people WhatsApp lets us write to first within 24 hours: the tier of the account (platform.md 2.4).

Counts accounts that were sent a template, each once, over the last 24 hours. What finds no room is given a time: a
place falls free a day after it was taken. Pure; the rows are records/remains.py's.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

DAY_MS = 24 * 3_600_000
MARGIN_MS = 60_000
"""Meta's clock is not ours."""
REFUSED_MS = 3_600_000
"""After it has told us that there is no room, however many we have counted."""


class Quota:
    """The places of one sender. `most`: 0 is without end."""

    def __init__(self, most: int, taken: Iterable[tuple[str, int]] = ()) -> None:
        """`taken`: accounts with the time of their last template (UTC milliseconds), the first ones first."""
        self.most = most
        self._taken = dict(taken)
        self._promised = 0
        self._refused_until = 0

    def take(self, account: str, at: int) -> None:
        """This account has been written to."""
        self._taken.pop(account, None)
        self._taken[account] = at

    def refused(self, now: int) -> None:
        """The provider says that the places are taken."""
        self._refused_until = now + REFUSED_MS

    def trial(self, now: int) -> Trial:
        """Places for one look, which may come to nothing."""
        before = now - DAY_MS - MARGIN_MS
        old = [account for account, _ in takewhile(lambda one: one[1] <= before, self._taken.items())]
        for account in old:
            del self._taken[account]
        self._promised = max(0, self._promised - len(old))
        return Trial(self, now)


class Trial:
    """What one look takes: nothing of it counts before `keep`."""

    def __init__(self, quota: Quota, now: int) -> None:
        self.quota = quota
        self.now = now
        self._new: dict[str, None] = {}
        self._promised = 0
        self._falls: list[int] = []

    def room(self, account: str) -> bool:
        """Whether this account may be written to now; it has its place then."""
        quota = self.quota
        if self.now < quota._refused_until:
            return False
        if quota.most == 0:
            return True
        if account in quota._taken or account in self._new:
            return True
        fits = len(quota._taken) + len(self._new) < quota.most
        if fits:
            self._new[account] = None
        return fits

    def promise(self) -> int:
        """When a place will be free for one that found none: each has its own."""
        quota = self.quota
        if self.now < quota._refused_until:
            return quota._refused_until
        if not self._falls:
            held = [*quota._taken.values(), *(self.now for _ in self._new)]
            self._falls = [at + DAY_MS + MARGIN_MS + 1 for at in held]
        days, place = divmod(quota._promised + self._promised, len(self._falls))
        self._promised += 1
        return self._falls[place] + days * DAY_MS

    def keep(self) -> None:
        """The look has been committed: it counts."""
        for account in self._new:
            self.quota.take(account, self.now)
        self.quota._promised += self._promised
