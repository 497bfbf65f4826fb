"""Pictures that are still to be drawn: a row each, from when something happens until its picture is on its way.

Drawing and sending are drawing.py's; what a picture looks like is in pictures/. A picture that was sent is a kept file
(media.py), so it goes with the chat that it was made for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, delete, select, update

from bot.schema import accounts, media, pictures, spared_pictures
from bot.store import Tx

Kind = Literal["certificate", "card", "chart"]

MOST_ATTEMPTS = 3
"""Starts of the bot that may try one picture; after that its words go without it."""
MOST_LISTED = 9
OFFERED_MS = 30 * 86_400_000
ENDING = "png"
"""Of the files that we draw; what people send us is kept as something else."""

_c = pictures.c


@dataclass(frozen=True, slots=True)
class Ordered:
    """One picture to draw, and whom it is for."""

    id: int
    account: str
    kind: Kind
    facts: Mapping[str, Any]
    domain: str
    key: str
    values: Mapping[str, object]
    """What the words below it are given."""
    attempts: int
    language: str
    channel: str
    external_id: str
    salutation: str
    nickname: str


async def order(
    tx: Tx,
    account: str,
    kind: Kind,
    facts: Mapping[str, Any],
    domain: str,
    key: str,
    values: Mapping[str, object] | None = None,
) -> None:
    """Have a picture drawn and sent to this chat as a reply, once, with the template `key` of `domain` below it.

    facts: what is on it, by kind, as JSON: pictures/ says which.
    """
    row = {
        "account_id": account,
        "kind": kind,
        "facts": json.dumps(dict(facts), ensure_ascii=False),
        "caption": json.dumps([domain, key, dict(values or {})], ensure_ascii=False),
        "created_at": tx.now,
    }
    await tx.add(pictures, row)
    tx.wake()


_WAITING = """
SELECT p.id, p.account_id, p.kind, p.facts, p.caption, p.attempts, a.language, a.channel, a.external_id,
       coalesce(o.salutation, ''), coalesce(o.nickname, '')
FROM pictures p JOIN accounts a ON a.id = p.account_id LEFT JOIN persons o ON o.id = a.person_id ORDER BY p.id
"""


def waiting(driver: sqlite3.Connection) -> list[Ordered]:
    """What is still to be drawn, the oldest first."""
    return [
        Ordered(id, account, kind, json.loads(facts), *json.loads(caption), *rest)
        for id, account, kind, facts, caption, *rest in driver.execute(_WAITING)
    ]


async def try_it(tx: Tx, id: int) -> None:
    """Note that it is being drawn: a picture that ends the process is not drawn for ever."""
    await tx.execute(update(pictures).where(_c.id == id).values(attempts=_c.attempts + 1))


async def done(tx: Tx, id: int) -> bool:
    """It is drawn, or given up: it waits no longer. False where it was not waiting any more."""
    return (await tx.execute(delete(pictures).where(_c.id == id))).rowcount > 0


async def forget(tx: Tx, account: str) -> None:
    """Draw nothing more of what was ordered for this chat, and show nothing of what was held back."""
    await tx.execute(delete(pictures).where(_c.account_id == account))
    await tx.execute(delete(spared_pictures).where(spared_pictures.c.account_id == account))


async def spare(tx: Tx, account: str, sparing: bool) -> None:
    """From now on this chat has pictures only when it asks for them, or has them again."""
    await tx.execute(update(accounts).where(accounts.c.id == account).values(sparing=sparing))


async def is_sparing(tx: Tx, account: str) -> bool:
    """Whether this chat has pictures only when it asks for them."""
    return bool(await tx.value(select(accounts.c.sparing).where(accounts.c.id == account)))


async def is_theirs(tx: Tx, account: str, id: str) -> bool:
    """Whether a file is a picture that was drawn for this chat or held back from it, and is still there."""
    if not id:
        return False
    found = _drawn(account).where(media.c.id == id).union(_held_back(account, media.c.id).where(media.c.id == id))
    return await tx.value(found) is not None


async def hold_back(tx: Tx, account: str, id: str, what: str) -> None:
    """This file was not sent, but how large it is; `what` is its kind, or the number of an announcement."""
    await seen(tx, account, id)
    row = {"account_id": account, "media": id, "what": what, "at": tx.now}
    await tx.add(spared_pictures, row)


async def held_back(tx: Tx, account: str) -> list[tuple[str, str, int]]:
    """Pictures that were not sent and not asked for yet, the newest first: file, what it is, when."""
    s = spared_pictures.c
    newest = _held_back(account, s.media, s.what, s.at).order_by(s.at.desc(), s.media).limit(MOST_LISTED)
    return [(row["media"], row["what"], row["at"]) for row in await tx.rows(newest)]


async def seen(tx: Tx, account: str, id: str) -> None:
    """They have it now."""
    s = spared_pictures.c
    await tx.execute(delete(spared_pictures).where(s.account_id == account, s.media == id))


async def tidy(tx: Tx) -> None:
    """What nobody has asked for in a month is not offered any more."""
    await tx.execute(delete(spared_pictures).where(spared_pictures.c.at < tx.now - OFFERED_MS))


def _held_back(account: str, *columns: Any) -> Select[Any]:
    joined = spared_pictures.join(media, media.c.id == spared_pictures.c.media)
    return select(*columns).select_from(joined).where(spared_pictures.c.account_id == account, ~media.c.dropped)


async def latest(tx: Tx, account: str) -> str:
    """The last picture that was drawn for this chat; empty where there is none."""
    newest = _drawn(account).order_by(media.c.created_at.desc(), media.c.id).limit(1)
    return str(await tx.value(newest) or "")


def _drawn(account: str) -> Select[tuple[str]]:
    ours = media.c.id.endswith(f".{ENDING}", autoescape=True)
    return select(media.c.id).where(media.c.account_id == account, ours, ~media.c.dropped)
