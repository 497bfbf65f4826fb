"""The deliveries of an announcement, made as rows a stretch at a time; who they are for is audience.py's.

A stretch is read beside the writer and written by it. How far it is stands in the announcement's own row, in the same
transaction: whoever goes on makes what is missing and nothing else. One row for a chat: of several people who share a
phone the first has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from bot.records.announcements import Announcement, of_row, packed
from bot.records.audience import NO_CHAT, Part, Query

STATES: Final = ("scheduled", "sending", "paused")
"""Announcements of which rows may be made."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """People who come after one another in an audience, with what becomes of each; it holds only for a moment."""

    number: str
    after: str
    """How far the plan was when this was read."""
    upto: str
    """How far it is with this."""
    whole: bool
    """Nobody comes after these."""
    rows: str
    """JSON: person, account, channel, reason and due of each."""


_GET = "SELECT * FROM announcements WHERE number = ?"

_PERSON = "SELECT id FROM persons WHERE district = ? AND id > ? ORDER BY id LIMIT 1 OFFSET ?"
_CHAT = (
    "SELECT account_id FROM deliveries WHERE announcement = ? AND account_id > ? ORDER BY account_id LIMIT 1 OFFSET ?"
)

_READ = "SELECT json_group_array(json_array(person, account, channel, reason, due)) FROM ({people})"

_END: Final = "~"
"""Beyond every id: the district is done."""


def read(
    connection: sqlite3.Connection,
    number: str,
    now: int,
    sizes: Collection[int],
    *,
    channels: Collection[str],
    quiet_until: Callable[[int, str], int],
) -> list[Stretch]:
    """The next stretches, of at most so many people each; none where nothing is left to be planned."""
    found = _found(connection, number)
    if found is None:
        return []
    at = found.send_at if found.send_at is not None else now
    until = (lambda one: at) if found.category == "safety" else (lambda one: quiet_until(at, one))
    query = Query(connection, found, channels, until)
    made: list[Stretch] = []
    after = found.plan_after
    for size in sizes:
        part = _next(connection, query, after, size)
        if part is None:
            return [*made, Stretch(number, after, after, True, "[]")]
        people, values = query.select([part])
        rows: str = connection.execute(_READ.format(people=people), values).fetchone()[0]
        upto = f"{part.district}/{part.upto or _END}"
        made.append(Stretch(number, after, upto, not part.upto and part.district == query.districts[-1], rows))
        after = upto
        if made[-1].whole:
            break
    return made


def _next(connection: sqlite3.Connection, query: Query, after: str, size: int) -> Part | None:
    """The next part of at most so many people; None where there is nobody left."""
    last, _, beyond = after.partition("/")
    for district in query.districts:
        begins = ""
        if after and district <= last:
            if district < last or beyond == _END:
                continue
            begins = beyond
        look = (_CHAT, query.corrects) if query.corrects else (_PERSON, district)
        row = connection.execute(look[0], (look[1], begins, size - 1)).fetchone()
        return Part(district, begins, str(row[0]) if row else "")
    return None


_ROWS = """
SELECT json_extract(value, '$[0]') AS person, json_extract(value, '$[1]') AS account,
  json_extract(value, '$[2]') AS channel, json_extract(value, '$[3]') AS reason, json_extract(value, '$[4]') AS due
FROM json_each(:rows)"""

# Who was deleted since the rows were read has none.
_INSERT = f"""
INSERT INTO deliveries (announcement, account_id, person_id, channel, state, reason, due_at, settled_at)
SELECT :number, r.account, r.person, r.channel, CASE r.reason WHEN '' THEN 'waiting' ELSE 'skipped' END, r.reason,
  r.due, CASE r.reason WHEN '' THEN NULL ELSE :now END
FROM ({_ROWS}) r
WHERE EXISTS (SELECT 1 FROM accounts a WHERE a.id = r.account)
  AND (r.person = '' OR EXISTS (SELECT 1 FROM persons p WHERE p.id = r.person))
ON CONFLICT DO NOTHING"""

_OTHERS = f"""
SELECT r.reason, count(*) FROM ({_ROWS}) r
WHERE r.person <> '' AND EXISTS (SELECT 1 FROM persons p WHERE p.id = r.person) AND NOT EXISTS (
  SELECT 1 FROM deliveries d WHERE d.announcement = :number AND d.person_id = r.person AND d.person_id <> '')
GROUP BY r.reason"""

_KEEP = "UPDATE announcements SET plan_after = ?, planned = ?, counted = ? WHERE number = ?"


def write(db: sqlite3.Connection, stretch: Stretch, now: int) -> str | None:
    """Make the rows of a stretch; the state of its announcement, None where it is not the next one any more.

    Who has no row of their own is kept as `planned` in what was counted: `people` in all, `shared` who have a phone in
    common with somebody who has one, `skipped` who have no chat (by reason: NO_CHAT).
    """
    found = _found(db, stretch.number)
    if found is None or found.plan_after != stretch.after:
        return None
    values = {"rows": stretch.rows, "number": stretch.number, "now": now}
    made = db.execute(_INSERT, values).rowcount
    others = db.execute(_OTHERS, values).fetchall()
    db.execute(_KEEP, (stretch.upto, stretch.whole, packed(_added(found, made, others)), stretch.number))
    return found.state


def _found(db: sqlite3.Connection, number: str) -> Announcement | None:
    """An announcement of which rows are missing."""
    cursor = db.execute(_GET, (number,))
    row = cursor.fetchone()
    if row is None:
        return None
    found = of_row(dict(zip((one[0] for one in cursor.description), row, strict=True)))
    return found if found.state in STATES and not found.planned else None


def _added(found: Announcement, made: int, others: list[tuple[str, int]]) -> dict[str, Any]:
    """What was counted, with how many people are planned by now, and those of them who have no row of their own."""
    counted = dict(found.counted or {})
    before: dict[str, Any] = counted.get("planned", {}) if found.plan_after else {}
    shared = sum(count for reason, count in others if reason != NO_CHAT)
    without = sum(count for reason, count in others if reason == NO_CHAT)
    counted["planned"] = {
        "people": before.get("people", 0) + made + shared + without,
        "shared": before.get("shared", 0) + shared,
        "skipped": {NO_CHAT: before.get("skipped", {}).get(NO_CHAT, 0) + without},
    }
    return counted
