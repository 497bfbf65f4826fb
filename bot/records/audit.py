"""What staff looked up and changed: written in the transaction of the deed itself, never altered.

Holds references and codes, no name and no word of an answer. What a participant does to their own data is in
enrolment_events and consents, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from bot.schema import audit
from bot.store import Tx

OPERATOR = "operator"
"""Who did what was done at the command line."""
PIJAR = "pijar"
"""Who did what nobody did: what the bot ends or changes by itself."""


async def record(
    tx: Tx, actor: str, action: str, about: str | Sequence[str] = "", *,
    role: str = "", purpose: str = "", channel: str = "",
) -> None:  # fmt: skip
    """Note that `actor` (a staff code) did `action`; one row for each of `about`, one row also where that is empty."""
    objects = [about] if isinstance(about, str) else list(about) or [""]
    deed = {"at": tx.now, "actor": actor, "action": action, "role": role, "purpose": purpose, "channel": channel}
    await tx.add(audit, *({**deed, "object": one} for one in objects))


async def of(tx: Tx, about: str, limit: int = 100) -> list[dict[str, Any]]:
    """Who looked up or changed `about` (a reference or a code), newest first."""
    return await tx.rows(select(audit).where(audit.c.object == about).order_by(audit.c.id.desc()).limit(limit))
