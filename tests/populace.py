"""People with chats, opt-ins and enrolments, straight into the tables; and announcements for them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.records.announcements import Announcement, of_row
from bot.records.audience import Audience
from tests.rows import NOW

NUMBER = "PGM-22222"
CHANNELS = ("telegram", "whatsapp")
HOUR = 3_600_000


@dataclass(frozen=True)
class Chat:
    """A chat of somebody; those with one id are one chat. Opt-ins are wanted, stopped or never."""

    id: str
    channel: str = "telegram"
    language: str = "id"
    programme: str = "wanted"
    mart: str = "wanted"
    reachable: str = "ok"
    wrote: int = NOW


@dataclass(frozen=True)
class Somebody:
    """A person, with their enrolments as (status, sent at) or none."""

    id: str
    chats: tuple[Chat, ...] = ()
    district: str = "33.07"
    kecamatan: str = ""
    village: str = ""
    enrolments: tuple[tuple[str, int], ...] = (("verified", NOW),)
    user_type: tuple[str, ...] = ("returnee",)
    interests: tuple[str, ...] = field(default=())


def settle(db: sqlite3.Connection, people: Iterable[Somebody]) -> None:
    """Let them live here."""
    for one in people:
        place = (one.id, one.district, one.kecamatan, one.village, NOW)
        db.execute("INSERT INTO persons (id, district, kecamatan, village, created_at) VALUES (?, ?, ?, ?, ?)", place)
        answers = json.dumps({"user_type": one.user_type, "interests": one.interests or None})
        for number, (status, at) in enumerate(one.enrolments):
            row = (f"WSB-{one.id}-{number}", one.id, status, answers, at, at)
            db.execute(
                "INSERT INTO enrolments (reference, person_id, status, answers, form, submitted_at, queued_at)"
                " VALUES (?, ?, ?, ?, '1', ?, ?)",
                row,
            )
        for chat in one.chats:
            _open(db, chat)
            db.execute(
                "INSERT INTO account_persons (account_id, person_id, since) VALUES (?, ?, ?)", (chat.id, one.id, NOW)
            )


def _open(db: sqlite3.Connection, chat: Chat) -> None:
    row = (chat.id, chat.channel, f"x{chat.id}", chat.language, chat.reachable, chat.wrote, NOW)
    db.execute(
        "INSERT INTO accounts (id, channel, external_id, language, reachable, last_inbound_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        row,
    )
    for topic, said in (("programme", chat.programme), ("mart", chat.mart)):
        if said != "never":
            db.execute(
                "INSERT INTO subscriptions (account_id, topic, wanted, paused, at) VALUES (?, ?, true, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (chat.id, topic, said == "stopped", NOW),
            )


def announce(db: sqlite3.Connection, audience: Audience | None = None, **given: Any) -> Announcement:
    """An announcement that goes out now, or with other values in its columns."""
    row = {
        "number": NUMBER, "category": "event", "state": "scheduled", "texts": '{"id": "Halo", "en": "Hello"}',
        "audience": json.dumps((audience or Audience(("33.07",))).json()), "author": "S1", "created_at": NOW,
        "send_at": NOW, "counted": "{}", **given,
    }  # fmt: skip
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO announcements ({names}) VALUES ({places})", row)
    return announced(db, row["number"])


def announced(db: sqlite3.Connection, number: str = NUMBER) -> Announcement:
    """It as it stands."""
    cursor = db.execute("SELECT * FROM announcements WHERE number = ?", (number,))
    return of_row(dict(zip((one[0] for one in cursor.description), cursor.fetchone(), strict=True)))
