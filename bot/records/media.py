"""Kept photos and documents as rows: which there are, whose they are, and which of them nobody needs any more.

The files themselves are files.py's; a row that is dropped stays until its file is deleted (fetching.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, text, true, update

from bot.messages import Kept
from bot.schema import announcements, incoming_media, media, offers, talks
from bot.store import Tx

UNUSED_MS = 30 * 86_400_000
"""What belongs to nothing is deleted after this."""

_c = media.c

DROPPED = text("media.dropped")
"""Written out, so that the partial index is used."""


async def keep(tx: Tx, file: Kept, account: str) -> None:
    """A file is somebody's answer: keep it."""
    row = {
        "id": file.id, "kind": file.kind, "type": file.type, "bytes": file.size, "width": file.width,
        "height": file.height, "name": file.name, "account_id": account, "created_at": tx.now,
    }  # fmt: skip
    await tx.add(media, row)


async def learn(tx: Tx, id: str, telegram: str) -> None:
    """Telegram has this file now, and calls it so."""
    await tx.execute(update(media).where(_c.id == id).values(telegram_file_id=telegram))


async def forget(tx: Tx, account: str, except_talk: str = "") -> None:
    """Delete what came from this chat and belongs to nothing that stays. `except_talk` runs: it does not count."""
    await tx.execute(delete(incoming_media).where(incoming_media.c.account_id == account))
    await _drop(tx, _c.account_id == account, except_talk)


async def tidy(tx: Tx) -> None:
    """Delete what has belonged to nothing for a long time."""
    await _drop(tx, _c.created_at < tx.now - UNUSED_MS)


async def _drop(tx: Tx, which: ColumnElement[bool], except_talk: str = "") -> None:
    used = select(announcements.c.media).where(announcements.c.media != "")
    answered = select(true()).where(talks.c.id != except_talk, func.instr(talks.c.answers, _c.id) > 0).exists()
    offered = select(offers.c.photo).where(offers.c.photo != "")
    gone = which & ~_c.dropped & _c.id.not_in(used) & _c.id.not_in(offered) & ~answered
    if (await tx.execute(update(media).where(gone).values(dropped=True))).rowcount:
        tx.wake()


async def all_of(tx: Tx) -> list[dict[str, Any]]:
    """`id`, `name` and `telegram_file_id` of every file."""
    return await tx.rows(select(_c.id, _c.name, _c.telegram_file_id))


async def size(tx: Tx, id: str) -> int:
    """Bytes of a file; 0 where there is none."""
    return int(await tx.value(select(_c.bytes).where(_c.id == id)) or 0) if id else 0


async def known(tx: Tx, id: str) -> bool:
    """Whether a file is kept."""
    return await tx.value(select(_c.id).where(_c.id == id)) is not None


def dropped(driver: sqlite3.Connection) -> list[str]:
    """What is to be deleted."""
    return [id for (id,) in driver.execute("SELECT id FROM media WHERE dropped")]


async def gone(tx: Tx, ids: Collection[str]) -> None:
    """These files are deleted."""
    await tx.execute(delete(media).where(DROPPED, _c.id.in_(list(ids))))
