"""What became of an announcement: figures that add up to the people it was planned for.

A count reads every delivery. Of a small announcement it is made when somebody asks; of a big one it would hold up
whoever wants to write, so there it is the last one that reporting.py made on a connection of its own: while the
announcement goes out that is seconds old, and an older one is made anew for whoever asks. Who may see a report is
decided here; people's names are call_lists.py's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.records import announcements, roles
from bot.records.announcements import Announcement
from bot.records.deliveries import fate
from bot.store import Tx

BIG: Final = 10_000
"""Deliveries; counting so many takes two hundredths of a second."""

FRESH_MS: Final = 30_000
"""So old a count may be when somebody asks."""

RECOUNTED_MS: Final = 30 * 86_400_000
"""So long after the end of a big one it is counted again; what is told of it later changes nothing any more."""

LAST: Final = 5
"""One's own announcements that are listed, besides those that are still on their way."""

ON_THEIR_WAY: Final = ("waiting", "scheduled", "sending", "paused")

LISTED: Final = 10
"""Choices of a list on WhatsApp."""

ASKED: Final = "asked"
"""In what is kept of its progress: the accounts that wait for a report."""

Cell = tuple[str, str, str, str, bool, int]
"""Channel, fate (deliveries.py), reason (of what was not sent), what was told (of what was), due later, how many."""

_CELLS = f"""
WITH span AS (SELECT min(id) AS first, max(id) AS last FROM deliveries WHERE announcement = :number)
SELECT channel, {fate()}, CASE state WHEN 'sent' THEN '' ELSE reason END,
  CASE state WHEN 'sent' THEN delivery ELSE '' END, state = 'waiting' AND due_at > :now, count(*),
  min(CASE state WHEN 'waiting' THEN due_at END)
FROM deliveries WHERE id BETWEEN (SELECT first FROM span) AND (SELECT last FROM span) AND +announcement = :number
GROUP BY 1, 2, 3, 4, 5
"""
"""In the order in which the rows lie: by the index each would be looked up by itself, which takes ten times as long."""
AT_LEAST = "SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE announcement = ? LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the people of one announcement, as counted at `at` (UTC milliseconds)."""

    cells: tuple[Cell, ...]
    at: int
    next_at: int | None = None
    """When the first of what waits is due."""
    shared: int = 0
    """People who share a phone with somebody who has a delivery."""
    without: int = 0
    """People who have no chat here."""
    again: int = 0
    """Of a big one: who was left out and could be reached when it was counted (second_tries.py)."""

    def count(self, *states: str, reason: str | None = None, later: bool | None = None, told: str | None = None) -> int:
        """How many are in one of these states, and as far as given have this reason, wait for later, were told so."""
        return sum(
            number
            for _, state, why, delivery, waits, number in self.cells
            if state in states
            and (reason is None or why == reason)
            and (later is None or waits == later)
            and (told is None or delivery == told)
        )

    @property
    def rows(self) -> int:
        """Deliveries there are."""
        return sum(cell[-1] for cell in self.cells)

    @property
    def people(self) -> int:
        """Everybody it was planned for."""
        return self.rows + self.shared + self.without

    @property
    def wanted(self) -> int:
        """Who is to get it: everybody but those who are not written to at all."""
        return self.rows - self.count("skipped", "dropped")

    @property
    def settled(self) -> int:
        """Those of them of whom nothing more is to be done now."""
        return self.wanted - self.count("waiting", "sending")

    def reasons(self, state: str) -> dict[str, int]:
        """How many there are of a state by reason, the most first."""
        found: dict[str, int] = {}
        for _, one, why, _, _, number in self.cells:
            if one == state:
                found[why] = found.get(why, 0) + number
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def sent(self, channel: str) -> tuple[int, int, int]:
        """Of what was sent on a channel: how much, how much of it arrived as far as told, and was read."""
        told = {"": 0, "sent": 0, "delivered": 0, "read": 0}
        for where, state, _, delivery, _, number in self.cells:
            if where == channel and state == "sent":
                told[delivery] = told.get(delivery, 0) + number
        return sum(told.values()), told["delivered"] + told["read"], told["read"]

    def json(self) -> dict[str, Any]:
        """What is kept of a count."""
        cells = [list(cell) for cell in self.cells]
        return {"at": self.at, "next_at": self.next_at, "cells": cells, "again": self.again}


def count(connection: sqlite3.Connection, announcement: Announcement, now: int) -> Figures:
    """Count the deliveries of an announcement; the longer, the more there are."""
    rows = [tuple(row) for row in connection.execute(_CELLS, {"number": announcement.number, "now": now})]
    cells = ((row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows)
    return _made(announcement, cells, now, min((row[6] for row in rows if row[6] is not None), default=None))


def kept(announcement: Announcement) -> Figures | None:
    """The last count that was kept; None before the first."""
    found: Mapping[str, Any] | None = announcement.progress.get("figures")
    if found is None:
        return None
    cells = (tuple(cell) for cell in found["cells"])
    return _made(announcement, cells, found["at"], found["next_at"], found.get("again", 0))


async def figures(tx: Tx, announcement: Announcement) -> Figures | None:
    """What became of it; None for a big one that has not been counted yet."""

    if not await is_small(tx, announcement):
        return kept(announcement)
    return await tx.driver(lambda driver: count(driver, announcement, tx.now))


async def ask(tx: Tx, announcement: Announcement | None, account: str) -> bool:
    """Have a big one counted anew for who asks: its report is opened with them once that is done.

    False where what there is will do.
    """
    before = kept(announcement) if announcement is not None else None
    if announcement is None or before is None or tx.now - before.at <= FRESH_MS:
        return False
    over = announcement.ended_at is not None and announcement.ended_at < tx.now - RECOUNTED_MS
    if over or announcement.started_at is None or await is_small(tx, announcement):
        return False
    waiting = {*announcement.progress.get(ASKED, ()), account}
    await announcements.note(tx, announcement.number, {**announcement.progress, ASKED: sorted(waiting)})
    tx.wake()
    return True


async def is_small(tx: Tx, announcement: Announcement) -> bool:
    """Whether all its deliveries can be looked at while everybody else waits."""
    few = (announcement.number, BIG + 1)
    return await tx.driver(lambda driver: bool(driver.execute(AT_LEAST, few).fetchone()[0] <= BIG))


def _made(announcement: Announcement, cells: Iterable[Cell], at: int, next_at: int | None, again: int = 0) -> Figures:
    planned: Mapping[str, Any] = (announcement.counted or {}).get("planned", {})
    without = sum(planned.get("skipped", {}).values())
    return Figures(tuple(cells), at, next_at, planned.get("shared", 0), without, again)


# Who may see which


def may_see(staff: roles.Staff | None, announcement: Announcement) -> bool:
    """Whether somebody may see its report: its author, and whoever announces over the whole of its area."""
    if staff is None:
        return False
    return announcement.author == staff.code or announcements.may(staff.roles, "pengumuman", announcement)


async def seen(tx: Tx, account: str, number: str) -> Announcement | None:
    """The announcement with this number, if this account may see what became of it; a draft is nobody else's."""
    found = await announcements.get(tx, number)
    staff = await roles.of(tx, account)
    if found is None or staff is None or not may_see(staff, found):
        return None
    return found if found.state not in ("draft", "rejected") or found.author == staff.code else None


async def listed(tx: Tx, account: str) -> list[Announcement]:
    """What is on its way and one may see, the first to go before the others; then one's own last ones, newest first."""
    staff = await roles.of(tx, account)
    if staff is None:
        return []
    live = [one for one in await announcements.live(tx, ON_THEIR_WAY) if may_see(staff, one)]
    mine = [one for one in await announcements.of_author(tx, staff.code, LAST) if one.state not in ON_THEIR_WAY]
    return [*live[: LISTED - len(mine)], *mine]


def may_steer(staff: roles.Staff | None, announcement: Announcement) -> bool:
    """Whether somebody may stop or move it: its author, and whoever may approve it."""
    if staff is None:
        return False
    return announcement.author == staff.code or announcements.may(staff.roles, "setujui", announcement)


_SHOWN_IN = """
SELECT a.number FROM announcements a LEFT JOIN outbox o ON o.id = json_extract(a.progress, '$.row')
WHERE a.account_id = :account AND a.started_at IS NOT NULL AND (
  EXISTS (SELECT 1 FROM json_each(a.progress, '$.messages') m WHERE m.value = :message)
  OR ' ' || o.provider_id || ' ' LIKE '% ' || :message || ' %')
ORDER BY a.started_at DESC LIMIT 1
"""


async def shown_in(tx: Tx, account: str, message: str) -> str:
    """The number of the announcement whose progress a message of ours in this chat shows; empty for any other."""
    values = {"account": account, "message": message}
    found = await tx.driver(lambda driver: driver.execute(_SHOWN_IN, values).fetchone())
    return str(found[0]) if found else ""
