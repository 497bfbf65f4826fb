"""The Content templates that Twilio has for us, and what Meta makes of each.

A changed text is a new resource; the earlier one stays until the new one is approved. Asks Twilio nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, select, update

from bot.contents import Approved, Key, Review, Standing
from bot.schema import contents
from bot.store import Tx

REFUSED = ("rejected", "paused", "disabled")
GONE = "it is not at Twilio any more"


@dataclass(frozen=True, slots=True)
class Content:
    """One resource, with its review."""

    sid: str
    key: str
    language: str
    shape: str
    name: str
    body: str
    text_hash: str
    category_asked: str
    category: str
    status: Standing
    reason: str = ""
    latest: bool = True
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Worse:
    """What has changed for the worse: `what` is category, rejected, paused or disabled."""

    content: Content
    what: str
    before: str
    after: str
    reason: str = ""


async def every(tx: Tx) -> list[Content]:
    """Every resource that we know of, earlier texts last."""
    columns = [contents.c[field.name] for field in fields(Content)]
    query = select(*columns).order_by(contents.c.latest.desc(), contents.c.created_at.desc(), contents.c.name)
    return [Content(**row) for row in await tx.rows(query)]


async def approved(tx: Tx) -> dict[Key, Approved]:
    """What may be sent outside the window now: of several texts the latest that is approved."""
    return _by_key(one for one in await every(tx) if one.shape == "text" and one.status == "approved")


async def shapes(tx: Tx) -> dict[Key, Approved]:
    """Buttons and lists for inside the window; they need no approval."""
    return _by_key(one for one in await every(tx) if one.shape != "text" and one.status not in REFUSED)


async def keep(tx: Tx, content: Content) -> None:
    """Remember a resource as the latest of its key and language."""
    await tx.execute(delete(contents).where((contents.c.name == content.name) | (contents.c.sid == content.sid)))
    mine = (contents.c.key == content.key) & (contents.c.language == content.language)
    await tx.execute(update(contents).where(mine).values(latest=False))
    row = {field.name: getattr(content, field.name) for field in fields(Content)}
    await tx.add(contents, {**row, "latest": True, "created_at": tx.now, "checked_at": tx.now})


async def submitted(tx: Tx, sid: str) -> None:
    """It is with Meta now."""
    await tx.execute(update(contents).where(contents.c.sid == sid).values(status="pending", checked_at=tx.now))


async def forget(tx: Tx, sids: Collection[str]) -> None:
    """Drop what is not at Twilio any more."""
    await tx.execute(delete(contents).where(contents.c.sid.in_(sids)))


async def take_over(tx: Tx, reviews: Iterable[Review]) -> list[Worse]:
    """Write down what Twilio tells of our resources; what has become worse since it last did."""
    by_sid = {review.sid: review for review in reviews}
    worse: list[Worse] = []
    for one in await every(tx):
        review = by_sid.get(one.sid) or Review(one.sid, one.name, "disabled", one.category, GONE)
        worse += _compared(one, review)
        new: dict[str, Any] = {"status": review.status, "reason": review.reason, "checked_at": tx.now}
        if review.category:
            new["category"] = review.category
        await tx.execute(update(contents).where(contents.c.sid == one.sid).values(new))
    return worse


def _compared(one: Content, review: Review) -> Iterable[Worse]:
    if one.shape != "text":
        return
    if review.status in REFUSED and review.status != one.status:
        yield Worse(one, review.status, one.status, review.status, review.reason)
    category = one.category or one.category_asked
    if review.category == "MARKETING" and category not in ("", "MARKETING"):
        yield Worse(one, "category", category, review.category, review.reason)


def _by_key(found: Iterable[Content]) -> dict[Key, Approved]:
    made: dict[Key, Approved] = {}
    for one in found:
        kept = Approved(one.sid, one.key, one.language, one.body, one.category or one.category_asked)
        made.setdefault((one.key, one.language), kept)
    return made
