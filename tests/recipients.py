"""People who are to get an announcement, and the announcement: rows as planning leaves them behind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

NUMBER = "PGM-TEST2"
TEXT = "Mart buka hari Minggu."


def announce(
    db: sqlite3.Connection,
    recipients: Iterable[tuple[str, str]],
    now: int,
    *,
    number: str = NUMBER,
    category: str = "mart_info",
    texts: dict[str, str] | None = None,
    state: str = "sending",
    accounts: dict[str, Any] | None = None,
    district: str = "33.07",
    **columns: Any,
) -> None:
    """An announcement that goes out, with a delivery that waits for each of these (channel, external id).

    Who is not known yet becomes an account (with these columns) and a person who wants everything.
    """
    row = {
        "number": number, "category": category, "state": state, "texts": json.dumps(texts or {"id": TEXT}),
        "audience": "{}", "author": "PTG-TEST", "planned": 1, "created_at": now, "started_at": now, "send_at": now,
        **columns,
    }  # fmt: skip
    _insert(db, "announcements", [row])
    made = []
    for channel, external_id in recipients:
        id = f"{channel}-{external_id}"
        person = f"person of {id}"
        account = {
            "id": id, "channel": channel, "external_id": external_id, "created_at": now, "person_id": person,
            **(accounts or {}),
        }  # fmt: skip
        _insert(db, "persons", [{"id": person, "district": district, "created_at": now}])
        _insert(db, "accounts", [account])
        # Who wrote before has an account with another id.
        known = db.execute(
            "SELECT id FROM accounts WHERE channel = ? AND external_id = ?", (channel, external_id)
        ).fetchone()[0]
        _insert(
            db,
            "subscriptions",
            [{"account_id": known, "topic": topic, "wanted": 1, "at": now} for topic in ("mart", "programme")],
        )
        made.append(
            {
                "announcement": number, "account_id": known, "person_id": person, "channel": channel,
                "state": "waiting", "due_at": now,
            }
        )  # fmt: skip
    _insert(db, "deliveries", made)


def _insert(db: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        names = ", ".join(rows[0])
        marks = ", ".join("?" for _ in rows[0])
        db.executemany(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", [tuple(row.values()) for row in rows]
        )


def states(database: str, number: str = NUMBER) -> dict[str, int]:
    """How many deliveries of an announcement are in each state, with the reason where there is one."""
    with closing(sqlite3.connect(database)) as db:
        found = db.execute(
            "SELECT trim(state || ' ' || reason), count(*) FROM deliveries WHERE announcement = ? GROUP BY 1", (number,)
        )
        return dict(found.fetchall())
