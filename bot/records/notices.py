"""What somebody is told about their own case, and questions asked on staff's behalf.

Rows for the outbox, put into words only when they are sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import insert

from bot.schema import outbox
from bot.store import Tx


async def tell(tx: Tx, account: str, domain: str, key: str, values: Mapping[str, object] | None = None) -> None:
    """Send the template `key` of the catalogue `domain` as a notice, in the language the person has when it goes."""
    await _put(tx, account, f"{domain}.{key}", {"say": [domain, key, dict(values or {})]})


async def open(tx: Tx, account: str, conversation: str, given: str = "") -> None:
    """Begin a conversation with somebody who did not ask for it: a coordinator's question, a reminder."""
    await _put(tx, account, conversation, {"open": [conversation, given]})


async def _put(tx: Tx, account: str, template: str, body: Mapping[str, object]) -> None:
    row = {
        "id": tx.new_id(),
        "account_id": account,
        "lane": "notice",
        "state": "waiting",
        "body": json.dumps(body, ensure_ascii=False),
        "template": template,
        "due_at": tx.now,
        "created_at": tx.now,
    }
    await tx.execute(insert(outbox), row)
    tx.wake()
