"""Invitations: one-time links that make somebody staff. Only the hash of a token is kept.

An account that is staff already gets the new role beside its others, under the same code.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import delete, select, update

from bot.records import audit, roles, tidings
from bot.schema import invitations
from bot.store import Tx

PREFIX = "ptg_"
"""How every token begins, so that `/start <token>` is known for what it is."""

DAYS = 7
DAY = 24 * 60 * 60 * 1000

ID = 12
"""Characters of the id by which an invitation is spoken of; too few of the hash to be a secret."""


def is_token(text: str) -> bool:
    """Whether this is meant as an invitation."""
    return text.strip().startswith(PREFIX)


async def create(tx: Tx, role: str, area: str = "", invited_by: str = "") -> str:
    """Invite somebody to a role in an area, for seven days and once; the token (36 characters, url-safe).

    invited_by: staff code; empty from the command line. Raises roles.UnknownRole or roles.WrongArea.
    """
    roles.check(role, area)
    token = PREFIX + secrets.token_urlsafe(24)
    hashed = _hash(token)
    row = {
        "token_hash": hashed, "role": role, "area": area, "invited_by": invited_by,
        "created_at": tx.now, "expires_at": tx.now + DAYS * DAY,
    }  # fmt: skip
    await tx.add(invitations, row)
    await audit.record(tx, invited_by or audit.OPERATOR, "invite", _id(hashed), role=role)
    return token


async def take(tx: Tx, token: str, account: str) -> roles.Staff | None:
    """Make an account staff by an invitation and let the inviter know; None where it is used, over or unknown."""
    mine = invitations.c.token_hash == _hash(token.strip())
    good = mine & invitations.c.used_at.is_(None) & (invitations.c.expires_at > tx.now)
    if (await tx.execute(update(invitations).where(good).values(used_at=tx.now))).rowcount == 0:
        return None
    found = await tx.row(select(invitations).where(mine))
    assert found is not None
    code = await roles.add(tx, account, found["role"], found["area"], found["invited_by"])
    await tx.execute(update(invitations).where(mine).values(used_by=code))
    taken = await roles.of(tx, account)
    assert taken is not None
    await audit.record(tx, code, "join", _id(found["token_hash"]), role=found["role"], channel=taken.channel)
    await tidings.tell(tx, await _inviters(tx, found["invited_by"], code), "invitation_taken", code)
    return taken


async def waiting(tx: Tx) -> list[dict[str, Any]]:
    """Invitations that can still be taken: id, role, area, invited_by, created_at, expires_at; oldest first."""
    good = invitations.c.used_at.is_(None) & (invitations.c.expires_at > tx.now)
    rows = await tx.rows(select(invitations).where(good).order_by(invitations.c.created_at))
    shown = ("role", "area", "invited_by", "created_at", "expires_at")
    return [{"id": _id(row["token_hash"]), **{name: row[name] for name in shown}} for row in rows]


async def withdraw(tx: Tx, id: str, by: str = audit.OPERATOR) -> bool:
    """Take back an invitation by its id (as `waiting` gives it); False where it is gone."""
    if len(id) != ID:
        return False
    unused = invitations.c.used_at.is_(None) & invitations.c.token_hash.startswith(id, autoescape=True)
    if (await tx.execute(delete(invitations).where(unused))).rowcount == 0:
        return False
    await audit.record(tx, by, "withdraw", id)
    return True


async def _inviters(tx: Tx, invited_by: str, new: str) -> list[str]:
    """Who is told: the inviter; for an invitation from the command line, the admins there are."""
    everyone = [one for one in await roles.everyone(tx) if one.ended is None and one.code != new]
    if invited_by:
        return [one.code for one in everyone if one.code == invited_by]
    return [one.code for one in everyone if any(role == "admin" for role, _ in one.roles)]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _id(token_hash: str) -> str:
    return token_hash[:ID]
