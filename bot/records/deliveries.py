"""Deliveries as rows: an announcement on its way to one person, each of them at most once.

`waiting` → `sending`, committed before the provider is asked → `sent`, `failed`, `uncertain`; or `held` until the
person writes, `skipped`, `dropped`. Statements run for every message of an announcement, so they go to the driver as
they stand and work on sets (design.md, Store). Who gets one is plans.py's, when one goes picking.py's, sending
delivering.py's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ASKED: Final = "asked"
"""Reason of one that was held: the person has written since, so it goes at once, whatever the hour."""
KNOCKED: Final = "knocked"
WINDOW: Final = "window"
LIMIT: Final = "limit"
"""Reason of one that waits: today's templates are used up."""


IN_PART: Final = "in_part"
"""What somebody is counted as who has some parts of a message and gets no more of it; no state of a row."""


def in_part(table: str = "deliveries") -> str:
    """The condition on a row that is at its end while some parts of its message have arrived.

    An id that was told to have failed stands alone; beside parts that have arrived there is a gap in its place. Of a
    knock that was dropped the id is the knock's.
    """
    of = f"{table}.{{}}".format
    return (
        f"({of('state')} IN ('failed', 'skipped', 'dropped') AND {of('provider_id')} <> ''"
        f" AND ({of('delivery')} = '' OR instr({of('provider_id')}, '-') > 0)"
        f" AND NOT ({of('state')} = 'dropped' AND {of('way')} = 'knock'))"
    )


def fate(table: str = "deliveries") -> str:
    """A row's state, or IN_PART: what is told of it."""
    return f"CASE WHEN {in_part(table)} THEN '{IN_PART}' ELSE {table}.state END"


@dataclass(frozen=True, slots=True)
class Live:
    """An announcement of which something may be waiting."""

    number: str
    state: str
    ends_at: int | None
    planned: bool


_LIVE = """
SELECT number, state, ends_at, planned FROM announcements
WHERE state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused') AND state = 'sending'
UNION ALL
SELECT a.number, a.state, a.ends_at, a.planned FROM (
  WITH RECURSIVE one(number) AS (
    SELECT min(announcement) FROM deliveries WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(d.announcement) FROM deliveries d WHERE d.state = 'waiting' AND d.announcement > one.number)
    FROM one WHERE one.number IS NOT NULL)
  SELECT number FROM one WHERE number IS NOT NULL) w
JOIN announcements a ON a.number = w.number WHERE a.state = 'done'
"""
"""From step to step over the index, however many rows there are. What is waiting of one that is done was held until
now, or is tried once more."""


def live(driver: sqlite3.Connection) -> list[Live]:
    """Announcements that go out, and those that are done and have something waiting."""
    return [Live(row[0], row[1], row[2], bool(row[3])) for row in driver.execute(_LIVE)]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery that is due, and what tells whether it may go now."""

    id: int
    account: str
    person: str
    attempts: int
    provider_id: str
    reason: str
    way: str
    due_at: int
    external_id: str
    language: str
    reachable: str
    failures: int
    wrote_at: int
    district: str | None
    """None: the person is not known any more."""
    opted: int | None
    """2: wanted, 1: stopped, else never wanted."""
    sparing: int = 0
    """Whether a photo is only told of; for the rest of what has arrived in part, whether it was."""


_DUE = """
SELECT d.id, d.account_id, d.person_id, d.attempts, d.provider_id, d.reason, d.way, d.due_at,
  a.external_id, a.language, a.reachable, a.failures, a.last_inbound_at, p.district,
  (SELECT max(CASE WHEN s.paused THEN 1 WHEN s.wanted THEN 2 ELSE 0 END) FROM subscriptions s
   WHERE s.account_id = d.account_id AND s.topic IN (?, ?)),
  CASE d.provider_id WHEN '' THEN a.sparing
   ELSE EXISTS (SELECT 1 FROM spared_pictures h WHERE h.account_id = a.id AND h.what = d.announcement) END
FROM deliveries d JOIN accounts a ON a.id = d.account_id LEFT JOIN persons p ON p.id = d.person_id
WHERE d.announcement = ? AND d.channel = ? AND d.state = 'waiting' AND d.due_at <= ? AND (d.due_at, d.id) > (?, ?)
ORDER BY d.due_at, d.id LIMIT ?
"""


def due(
    driver: sqlite3.Connection,
    number: str,
    channel: str,
    topics: Sequence[str],
    now: int,
    after: tuple[int, int],
    limit: int,
) -> list[Candidate]:
    """Deliveries of an announcement on a channel that are due, behind `after` (due_at, id), the first ones first."""
    values = (topics[0], topics[-1], number, channel, now, *after, limit)
    return [Candidate(*row) for row in driver.execute(_DUE, values)]


_EARLIER = f"""
SELECT d.account_id, d.provider_id FROM json_each(?) j
CROSS JOIN deliveries d ON d.announcement = ? AND d.account_id = j.value
WHERE d.provider_id <> '' AND (d.state IN ('sent', 'uncertain') OR {in_part("d")})
"""


def earlier(driver: sqlite3.Connection, number: str, accounts: Sequence[str]) -> dict[str, str]:
    """The ids of the messages in which an earlier announcement has reached these, whole or in part, by account."""
    return dict(driver.execute(_EARLIER, (json.dumps(list(accounts)), number)).fetchall())


_NEXT = "SELECT min(due_at) FROM deliveries WHERE announcement = ? AND channel = ? AND state = 'waiting' AND due_at > ?"


def next_due(driver: sqlite3.Connection, numbers: Iterable[str], channel: str, now: int) -> int | None:
    """When the next delivery of these announcements falls due."""
    found = (driver.execute(_NEXT, (number, channel, now)).fetchone()[0] for number in numbers)
    return min((at for at in found if at is not None), default=None)


@dataclass(slots=True)
class Decided:
    """What was decided about deliveries that are due."""

    go: list[tuple[str, int, int]] = field(default_factory=list)
    """way, since when, id: they are `sending` from now on."""
    skip: list[tuple[str, int, int]] = field(default_factory=list)
    """reason, when, id."""
    put_off: list[tuple[int, str, int]] = field(default_factory=list)
    """until when, LIMIT or empty for quiet hours, id."""
    hold: list[tuple[str, int, int, str]] = field(default_factory=list)
    """reason, when, id, account."""
    spared: list[tuple[str, str, str, int]] = field(default_factory=list)
    """account, photo, number, when: they are told how large it is, and get it when they ask."""
    corrected: list[tuple[str, str]] = field(default_factory=list)
    """account, number of an earlier announcement whose photo is shown no more."""


_GO = "UPDATE deliveries SET state = 'sending', way = ?, due_at = ? WHERE id = ?"
_SKIP = "UPDATE deliveries SET state = 'skipped', reason = ?, settled_at = ? WHERE id = ?"
_PUT_OFF = f"""
UPDATE deliveries SET due_at = ?1,
  reason = CASE WHEN ?2 = '' AND reason IN ('{ASKED}', '{WINDOW}') THEN reason ELSE ?2 END
WHERE id = ?3"""
"""For a place in the tier it waits as any other does; that WhatsApp has found its window closed it finds again."""
HOLD: Final = "UPDATE deliveries SET state = 'held', reason = ?, due_at = ? WHERE id = ?"
"""reason, when, id; to go with HELD."""
HELD: Final = "UPDATE accounts SET held = held + 1 WHERE id = ?"


_SPARED = "INSERT OR REPLACE INTO spared_pictures (account_id, media, what, at) VALUES (?, ?, ?, ?)"
_NO_MORE = "DELETE FROM spared_pictures WHERE account_id = ? AND what = ?"


def decide(driver: sqlite3.Connection, decided: Decided) -> None:
    """Write down what was decided."""
    holds = [one[:3] for one in decided.hold], [one[3:] for one in decided.hold]
    many(driver, (_GO, decided.go), (_SKIP, decided.skip), (_PUT_OFF, decided.put_off))
    many(driver, (HOLD, holds[0]), (HELD, holds[1]), (_NO_MORE, decided.corrected), (_SPARED, decided.spared))


# Settling. Only from `sending`: a status that has come meanwhile knows more.

SENT: Final = """
UPDATE deliveries SET state = 'sent', reason = '', provider_id = ?, settled_at = ? WHERE id = ? AND state = 'sending'
"""
"""provider's ids, when, id."""
ENDED: Final = """
UPDATE deliveries SET state = ?, reason = ?, provider_id = ?, settled_at = ?, attempts = attempts + 1
WHERE id = ? AND state = 'sending'
"""
"""failed or uncertain, reason, provider's ids, when, id."""
AGAIN: Final = """
UPDATE deliveries SET state = 'waiting', way = CASE WHEN reason = 'asked' THEN way ELSE '' END, reason = ?,
  provider_id = ?, due_at = ?, attempts = attempts + ?
WHERE id = ? AND state = 'sending'
"""
"""reason, ids of the parts that have arrived, when it is due, 1 if this was a try, id."""
DAY_MS: Final = 86_400_000

# Whoever has written since it was about to be sent has an open window: it goes at once, and free.
WROTE: Final = (
    "(SELECT a.last_inbound_at FROM accounts a WHERE a.id = deliveries.account_id)"
    f" > max(deliveries.due_at, :now - {DAY_MS})"
)
# What was cancelled, or its promo is over, while this was on its way: nobody is to get it any more.
PAST: Final = """
(SELECT CASE WHEN n.state = 'cancelled' THEN 'cancelled' ELSE 'over' END FROM announcements n
 WHERE n.number = deliveries.announcement AND (n.state = 'cancelled' OR n.ends_at <= :now))"""
KNOCK: Final = f"""
UPDATE deliveries SET
  state = CASE WHEN {PAST} IS NOT NULL THEN 'dropped' WHEN {WROTE} THEN 'waiting' ELSE 'held' END,
  reason = coalesce({PAST}, CASE WHEN {WROTE} THEN '{ASKED}' ELSE '{KNOCKED}' END),
  provider_id = CASE WHEN {WROTE} THEN '' ELSE :known END, due_at = :now, settled_at = :now
WHERE id = :id AND state = 'sending'
"""
"""A knock has gone. known: its id; now; id. To go with KEPT."""
KEEP: Final = f"""
UPDATE deliveries SET
  state = CASE WHEN {PAST} IS NOT NULL THEN 'dropped' WHEN {WROTE} THEN 'waiting' ELSE 'held' END,
  reason = coalesce({PAST}, CASE WHEN {WROTE} THEN '{ASKED}' ELSE '{WINDOW}' END),
  way = CASE WHEN {WROTE} THEN '' ELSE way END, due_at = :now,
  settled_at = CASE WHEN {PAST} IS NOT NULL THEN :now ELSE settled_at END
WHERE id = :id AND state = 'sending'
"""
"""It goes in no template. now, id; to go with KEPT."""
KEPT: Final = """
UPDATE accounts SET held = held + 1
WHERE id = (SELECT account_id FROM deliveries WHERE id = :id AND state = 'held')
"""
"""id of the delivery that is held now, and was not before."""


def asked(driver: sqlite3.Connection, ids: Iterable[int]) -> bool:
    """Whether one of these goes at once, for the person has written."""
    query = f"SELECT 1 FROM json_each(?) j JOIN deliveries d ON d.id = j.value WHERE d.reason = '{ASKED}' LIMIT 1"
    return driver.execute(query, (json.dumps(list(ids)),)).fetchone() is not None


def many(driver: sqlite3.Connection, *work: tuple[str, Sequence[tuple[Any, ...] | Mapping[str, Any]]]) -> None:
    """Run each statement for each of its rows."""
    for statement, rows in work:
        if rows:
            driver.executemany(statement, rows).close()
