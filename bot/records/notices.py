"""What somebody is told about their own case, and questions asked on staff's behalf.

Rows for the outbox, put into words only when they are sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import insert

from bot.messages import Lane
from bot.schema import outbox
from bot.store import Tx


async def tell(
    tx: Tx,
    account: str,
    domain: str,
    key: str,
    values: Mapping[str, object] | None = None,
    *,
    opens: Sequence[tuple[str, str, str]] = (),
    media: str = "",
    lane: Lane = "notice",
    at: int | None = None,
    until: int | None = None,
) -> None:
    """Send the template `key` of the catalogue `domain` as a notice, in the language the person has when it goes.

    values: `{"rupiah": 12500}` is an amount and `{"day": "2026-12-25"}` a date, as that language writes it; with an
    hour (`2026-12-25T09:00`) it needs its "zone".
    at: not before then, UTC milliseconds. until: nor after this, wherever it is held: yesterday's reminder is none.
    opens: buttons, each with the template of its label, the conversation that it opens, and what is given to that.
    media: a kept file that goes along. lane: `reply` where they wait for it.
    """
    body: dict[str, object] = {"say": [domain, key, dict(values or {})]}
    if opens:
        body["opens"] = [list(one) for one in opens]
    if media:
        body["media"] = media
    await _put(tx, account, f"{domain}.{key}", body, lane, at, until)


async def tell_all(
    tx: Tx,
    chats: Sequence[str],
    domain: str,
    key: str,
    values: Mapping[str, object] | None = None,
    *,
    opens: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Send the same notice to many chats, in one statement."""
    body: dict[str, object] = {"say": [domain, key, dict(values or {})], "opens": [list(one) for one in opens]}
    if chats:
        await tx.add(outbox, *(_row(tx, one, f"{domain}.{key}", body) for one in chats))
        tx.wake()


async def open(tx: Tx, account: str, conversation: str, given: str = "", lane: Lane = "notice") -> None:
    """Begin a conversation with somebody who did not ask for it: a coordinator's question, a reminder.

    lane: `reply` where they wait for it: that is never deferred.
    """
    await _put(tx, account, conversation, {"open": [conversation, given]}, lane)


async def sample(tx: Tx, account: str, number: str, language: str) -> None:
    """Send an announcement to its author, exactly as somebody who reads `language` will get it."""
    await _put(tx, account, "announcement", {"announce": [number, language]}, "reply")


async def _put(
    tx: Tx,
    account: str,
    template: str,
    body: Mapping[str, object],
    lane: Lane = "notice",
    at: int | None = None,
    until: int | None = None,
) -> None:
    row = {**_row(tx, account, template, body, lane), "good_until": until}
    await tx.execute(insert(outbox), row if at is None else {**row, "due_at": at})
    tx.wake()


def _row(tx: Tx, account: str, template: str, body: Mapping[str, object], lane: Lane = "notice") -> dict[str, object]:
    return {
        "id": tx.new_id(),
        "account_id": account,
        "lane": lane,
        "state": "waiting",
        "body": json.dumps(body, ensure_ascii=False),
        "template": template,
        "due_at": tx.now,
        "created_at": tx.now,
    }
