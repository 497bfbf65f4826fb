"""Announcements at the command line: the list, the figures of one, and a file of what became of each person.

Reads on a connection of its own, a stretch at a time: the bot may run meanwhile, however many people there are. The
file holds names and numbers: only its owner may read it, and the export is recorded.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from bot import knocking, migrate
from bot.config import Settings
from bot.records import announcement_checks, announcement_reports, audit, call_lists, people
from bot.records.announcements import Announcement, of_row
from bot.records.deliveries import IN_PART, fate
from bot.running import now_ms
from bot.store import Store

T = TypeVar("T")

LISTED: Final = 50
RECENT_MS: Final = 30 * 86_400_000
STRETCH: Final = 2_000
"""Rows that are read at once."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula."""
COLUMNS: Final = (
    "number", "district", "kecamatan", "village", "name", "phone", "channel", "state", "reason", "told", "at",
)  # fmt: skip

_GET = "SELECT * FROM announcements WHERE number = ?"
_LIST = "SELECT * FROM announcements WHERE state <> 'draft' ORDER BY created_at DESC LIMIT ?"
_ROWS = f"""
SELECT d.id, d.channel, {fate("d")} AS state, d.reason, d.delivery, d.settled_at,
  p.full_name, p.nickname, p.district, p.kecamatan, p.village, p.village_text, p.phone
FROM deliveries d LEFT JOIN persons p ON p.id = d.person_id
WHERE d.announcement = ? AND d.account_id > ? ORDER BY d.account_id LIMIT ?
"""
_LAST = "SELECT account_id FROM deliveries WHERE id = ?"


def show() -> None:
    """List the last announcements, newest first; under them how often people were told that news of theirs waits."""
    from rich.console import Console
    from rich.table import Table

    since = now_ms() - RECENT_MS
    found, knocks = _on_store(lambda store: store.read(lambda db: (_listed(db), knocking.count(db, since))))
    table = Table("number", "category", "state", "when", "repeats", "author", box=None, pad_edge=False)
    for one in found:
        when = _time(one.started_at or one.send_at or one.created_at)
        table.add_row(one.number, one.category, one.state, when, one.repeats.partition(":")[0] or "–", one.author)
    Console().print(table if found else "No announcements yet.", markup=False)
    if knocks.sent or knocks.failed or knocks.uncertain:
        print(
            f"Told by a template that news of their own waits, last 30 days: {knocks.sent} sent, {knocks.delivered} of"
            f" them delivered and charged as {knocks.category or 'UTILITY'}, {knocks.answered} have written since;"
            f" {knocks.failed} failed, {knocks.uncertain} uncertain."
        )


def report(said: str) -> int:
    """Print the figures of one announcement; 1 where there is none with this number."""

    def work(connection: sqlite3.Connection) -> tuple[Announcement, announcement_reports.Figures] | None:
        found = _found(connection, said)
        return (found, announcement_reports.count(connection, found, now_ms())) if found else None

    counted = _on_store(lambda store: store.read(work))
    if counted is None:
        return _nothing(said)
    one, figures = counted
    print(f"{one.number}  {one.category}, {one.state}, {_time(one.started_at or one.send_at or one.created_at)}")
    print(f"{figures.people:>9}  people")
    for state in ("sent", IN_PART, "waiting", "sending", "held", "uncertain", "failed", "skipped", "dropped"):
        if count := figures.count(state):
            print(f"{count:>9}  {state}")
            for reason, some in figures.reasons(state).items() if state != "sent" else ():
                print(f"{some:>9}    {reason or '–'}")
    for name, count in (("share a phone with one of them", figures.shared), ("have no chat here", figures.without)):
        if count:
            print(f"{count:>9}  {name}")
    arrived, read = figures.sent("whatsapp")[1:]
    print(f"On WhatsApp {arrived} were delivered, {read} of them read. Telegram does not tell.")
    return 0


def export(said: str, file: Path | None, missed: bool) -> int:
    """Write the file; 1 where there is no such announcement."""
    settings = Settings.load()
    people.seal_with(settings.secret_keys)

    async def work(store: Store) -> tuple[str, Path, int] | None:
        found = await store.read(lambda connection: _found(connection, said))
        if found is None:
            return None
        number, path = found.number, file or Path(f"{found.number}.csv")
        await store.run(lambda tx: audit.record(tx, audit.OPERATOR, "export_announcement", number))
        return number, path, await store.read(lambda connection: _write(connection, number, path, missed))

    done = _on_store(work)
    if done is None:
        return _nothing(said)
    number, path, count = done
    print(f"{path}: {count} of {number}. It holds names and numbers: delete it once it has been used.")
    return 0


def _write(connection: sqlite3.Connection, number: str, path: Path, missed: bool) -> int:
    # Of no use to others from the first byte on.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)
    with open(handle, "w", encoding="utf-8-sig", newline="") as written:
        out = csv.writer(written)
        out.writerow(COLUMNS)
        count = 0
        for row in _rows(connection, number):
            if not missed or call_lists.is_missed(row["state"], row["reason"]):
                out.writerow(_safe(one) for one in _line(number, row))
                count += 1
    return count


def _rows(connection: sqlite3.Connection, number: str) -> Iterator[dict[str, Any]]:
    after = ""
    while rows := connection.execute(_ROWS, (number, after, STRETCH)).fetchall():
        yield from map(dict, rows)
        after = connection.execute(_LAST, (rows[-1]["id"],)).fetchone()[0]


def _line(number: str, row: dict[str, Any]) -> tuple[str, ...]:
    """Of somebody who is deleted meanwhile only what became of the delivery."""
    known = {
        name: "" if value is None and name not in ("phone", "settled_at") else value for name, value in row.items()
    }
    one = call_lists.made(known)
    at = _time(row["settled_at"]) if row["settled_at"] else ""
    return (
        number, known["district"], one.kecamatan, one.village, known["full_name"], one.phone, row["channel"],
        row["state"], row["reason"], row["delivery"], at,
    )  # fmt: skip


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _listed(connection: sqlite3.Connection) -> list[Announcement]:
    return [of_row(dict(row)) for row in connection.execute(_LIST, (LISTED,))]


def _found(connection: sqlite3.Connection, said: str) -> Announcement | None:
    row = connection.execute(_GET, (announcement_checks.number_of(said),)).fetchone()
    return of_row(dict(row)) if row else None


def _nothing(said: str) -> int:
    print(f"There is no announcement {said!r}. See: pijar announcements list", file=sys.stderr)
    return 1


def _on_store(work: Callable[[Store], Awaitable[T]]) -> T:
    settings = Settings.load()
    migrate.ensure(settings.database_url)

    async def opened() -> T:
        store = Store(settings.database_url, now_ms)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(opened())


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
