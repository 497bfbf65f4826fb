"""News for staff: who is told of what, at once or gathered into one message.

The first goes at once; what comes within half an hour of it waits and goes together. Names nobody: a reference and a
place. Sending is the outbox's part, quiet hours too.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from bot.questions import places
from bot.records import notices, roles
from bot.schema import enrolments, staff, tidings
from bot.store import Tx

PAUSE = 30 * 60 * 1000
"""Milliseconds in which later news is gathered."""

DOMAIN = "tidings"
"""The catalogue of these messages: `<kind>` for one, `digest` for several."""

QUEUE = ("new_enrolment", "completed")
"""Kinds of what waits in the queue."""

UNREACHABLE = "unreachable"
"""The kind that says: messages to somebody have failed on five days (unreachable.py)."""

NOWHERE = "–"

TOLD = "told"
"""The kind of a row that says: was told something less than half an hour ago."""


async def announce(tx: Tx, kind: str, reference: str, area: str) -> None:
    """Let those who look after a place know: `new_enrolment` or `completed`, of an enrolment that lies in `area`.

    The coordinators of the most precise area, else of the next one up; with nobody there, the admins, who are told
    only that somebody is missing.
    """
    people, able = await roles.responsible(tx, area)
    await tell(tx, [one.code for one in people], kind if able else "nobody_responsible", reference)


async def tell(tx: Tx, codes: list[str], kind: str, reference: str = "") -> None:
    """Let these staff members know of one thing."""
    if not codes:
        return
    query = select(tidings.c.staff_code, func.min(tidings.c.due_at).label("due")).where(
        tidings.c.staff_code.in_(codes), tidings.c.due_at > tx.now
    )
    paused = {row["staff_code"]: row["due"] for row in await tx.rows(query.group_by(tidings.c.staff_code))}
    rows = [
        {"staff_code": code, "kind": kind, "reference": reference, "due_at": paused.get(code, tx.now)} for code in codes
    ]
    await tx.add(tidings, *rows)
    tx.wake()


async def due(tx: Tx, now: int) -> list[dict[str, Any]]:
    """The news that is due, with the account it goes to and the place it is about, oldest first."""
    about = tidings.join(staff, tidings.c.staff_code == staff.c.code).outerjoin(
        enrolments, tidings.c.reference == enrolments.c.reference
    )
    columns = (tidings, staff.c.account_id, enrolments.c.kecamatan, enrolments.c.district)
    query = select(*columns).select_from(about).where(tidings.c.due_at <= now).order_by(tidings.c.id)
    return await tx.rows(query.with_for_update(of=tidings, skip_locked=True))


async def digest(tx: Tx) -> int | None:
    """Turn what is due into one notice for each staff member; when the next will be due, None if nothing waits."""
    by_staff: dict[str, list[dict[str, Any]]] = {}
    rows = await due(tx, tx.now)
    for row in rows:
        by_staff.setdefault(row["staff_code"], []).append(row)
    if rows:
        await tx.execute(delete(tidings).where(tidings.c.id.in_([row["id"] for row in rows])))
    told = []
    for code, news in by_staff.items():
        fresh = [row for row in news if row["kind"] != TOLD]
        if fresh and fresh[0]["account_id"]:
            await _word(tx, fresh)
            told.append({"staff_code": code, "kind": TOLD, "reference": "", "due_at": tx.now + PAUSE})
    if told:
        await tx.add(tidings, *told)
    found: int | None = await tx.value(select(func.min(tidings.c.due_at)))
    return found


async def _word(tx: Tx, news: list[dict[str, Any]]) -> None:
    """One message of what waits in the queue, one of who is not reached any more; the rest is rare: one by one."""
    account = news[0]["account_id"]
    queue = [row for row in news if row["kind"] in QUEUE]
    if len(queue) > 1:
        counts = {kind: sum(1 for row in queue if row["kind"] == kind) for kind in QUEUE}
        await notices.tell(tx, account, DOMAIN, "digest", {"total": len(queue), **counts})
        news = [row for row in news if row["kind"] not in QUEUE]
    gone = {row["reference"] or row["id"] for row in news if row["kind"] == UNREACHABLE}
    if len(gone) > 1:
        await notices.tell(tx, account, DOMAIN, "unreachable_several", {"n": len(gone)})
        news = [row for row in news if row["kind"] != UNREACHABLE]
    for row in {(row["kind"], row["reference"]): row for row in news}.values():
        place = places.name(row["kecamatan"] or row["district"] or "") or NOWHERE
        values = {"reference": row["reference"], "place": place}
        await notices.tell(tx, account, DOMAIN, row["kind"], values)
