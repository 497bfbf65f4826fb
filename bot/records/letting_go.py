"""Announcements let go: by their author, and where it takes one by a second coordinator who agrees.

Who may, and what was seen, is looked at again in the transaction itself; nobody agrees to their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, union

from bot.questions import places
from bot.records import audit, notices, roles
from bot.records.announcements import (
    LIVE,
    UNDO_MS,
    Announcement,
    Outcome,
    done,
    get,
    may,
    of_row,
    packed,
    revise,
    shift,
)
from bot.schema import account_persons, announcements, staff
from bot.schema import audit as records
from bot.store import Tx

TOLD: Final = "announce_told"
"""The catalogue of what an author is told about their announcement."""


FRESH_MS: Final = 3_600_000
"""For so long the figures that its author has seen are believed: people come."""


HANDFUL: Final = 5
"""So many more people, or a tenth, make no other audience of one that somebody has agreed to."""

AGREED: Final = "agreed"
"""Beside the figures of one that was counted again: `reached` of those that were agreed to."""

TWICE: Final = "twice"
"""The same: it has grown after it was agreed to, and who has to agree is asked once more, and not a third time.

They agree to the words, the place and what kind of people, all of which stand; each newcomer has opted in and lives
there. An approver who answers after hours would be asked again for ever while people enrol.
"""

QUIET: Final = "announce_in_quiet_hours"
"""In the records: one about safety has gone out in quiet hours."""

MEANT_AT: Final = "meant_at"
"""In what is kept of the progress of one that repeats and was agreed to late: when it should have gone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings say about announcing."""

    above: int = 100
    """To more people than these a second coordinator has to agree."""
    quiet: tuple[time, time] = (time(20), time(7))
    """From when until when nobody is written to unasked, local time."""
    channels: frozenset[str] = frozenset({"telegram", "whatsapp"})
    """On others nothing can be sent."""

    def is_quiet(self, at: int, zone: str) -> bool:
        """Whether a moment (UTC milliseconds) falls into quiet hours there."""
        clock = datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).time()
        start, end = self.quiet
        return start <= clock < end if start <= end else clock >= start or clock < end

    def waits(self, at: int, area: str) -> tuple[time, time] | None:
        """The hours, local time, for which an announcement to an area waits where a moment falls into them."""
        zone = places.zone(area)
        if self.is_quiet(at, zone):
            return self.quiet
        if self.quiet[0] == self.quiet[1]:
            return None
        rest = places.rest(area, datetime.fromtimestamp(at / 1000, ZoneInfo(zone)))
        return (rest.start, rest.end) if rest is not None else None


_limits = Limits()


def limit(limits: Limits) -> None:
    """Announce within these limits; called once, at the start."""
    global _limits
    _limits = limits


def limits() -> Limits:
    """What announcements are held to."""
    return _limits


def needs_approval(announcement: Announcement, above: int | None = None) -> bool:
    """Whether a second coordinator has to agree: always for assistance, never for safety, else above so many people."""
    if announcement.category in ("assistance", "safety"):
        return announcement.category == "assistance"
    return announcement.reached > (_limits.above if above is None else above)


async def approvers(tx: Tx, announcement: Announcement) -> list[roles.Staff]:
    """Who else may approve it and can be asked."""
    able = await roles.everyone(tx)
    theirs = await _chats(tx, announcement.author)
    others = (one for one in able if one.account and one.account not in theirs and one.ended is None)
    return [one for one in others if may(one.roles, "setujui", announcement)]


async def _chats(tx: Tx, code: str) -> set[str]:
    """The chat of a staff member, and all others of the same person, where they may have another code."""
    theirs = account_persons.alias()
    both = account_persons.join(theirs, theirs.c.person_id == account_persons.c.person_id)
    found = select(theirs.c.account_id).select_from(
        staff.join(both, staff.c.account_id == account_persons.c.account_id)
    )
    own = select(staff.c.account_id).where(staff.c.code == code)
    return {row["account_id"] for row in await tx.rows(union(own, found.where(staff.c.code == code)))}


async def decidable(tx: Tx, account: str) -> list[Announcement]:
    """Those that wait for this account to agree, the oldest first."""
    mine = await roles.of(tx, account)
    query = select(announcements).where(LIVE, announcements.c.state == "waiting")
    found = [of_row(row) for row in await tx.rows(query.order_by(announcements.c.created_at))]
    able = [one for one in found if mine and may(mine.roles, "setujui", one)]
    return [one for one in able if account not in await _chats(tx, one.author)]


async def go(tx: Tx, number: str, *, at: int | None, skip_undo: bool = False, seen: int | None = None) -> str:
    """Its author lets it go, at a time or now: the state that it is in then, or why not (an Outcome).

    `scheduled`: no message before a minute is over, unless `skip_undo`. `waiting`: where a second coordinator has to
    agree; they are asked. seen: `counted_at` of what the author was shown.
    """
    found = await get(tx, number)
    if found is None or found.state != "draft" or found.counted is None:
        return "already" if found else "unknown"
    if seen is not None and seen != found.counted_at:
        return "changed"
    author = await roles.by_code(tx, found.author)
    if author is None or not may(author.roles, "umumkan", found):
        return "not_allowed"
    first = tx.now if skip_undo else tx.now + UNDO_MS
    if found.ends_at is not None and max(at or 0, first) >= found.ends_at:
        return "over"
    if needs_approval(found):
        await shift(tx, number, ("draft",), state="waiting", send_at=at)
        await _ask(tx, found)
    else:
        await shift(tx, number, ("draft",), state="scheduled", send_at=max(at or 0, first), decided_at=tx.now)
    await audit.record(tx, found.author, "send_announcement", number, channel=author.channel)
    return "waiting" if needs_approval(found) else "scheduled"


def is_stale(announcement: Announcement, now: int) -> bool:
    """Whether who has agreed to it did so to figures of long ago. Once its people have rows, these are who gets it."""
    if announcement.category == "safety" or announcement.planned or announcement.plan_after:
        return False
    return announcement.counted_at is not None and announcement.counted_at < now - FRESH_MS


async def recounted(tx: Tx, announcement: Announcement, counts: Mapping[str, Any]) -> None:
    """The figures of one that is about to go; where it has come to be for too many, a second coordinator has to agree.

    So it has where one has agreed, but to fewer: once, then author and approver are only told what has grown. Of those
    that repeat each one is looked at.
    """
    number, before, twice = announcement.number, agreed(announcement), bool((announcement.counted or {}).get(TWICE))
    found = replace(announcement, counted={**counts, AGREED: before})
    grown = bool(announcement.approver) and _has_grown(before, found.reached)
    again = grown and not twice if announcement.approver else needs_approval(found)
    if twice or (again and grown):
        found = replace(found, counted={**counts, AGREED: before, TWICE: True})
    new: dict[str, Any] = {"state": "scheduled"}
    if again:
        new = {"state": "waiting", "approver": "", "decided_at": None}
    if not await shift(tx, number, ("scheduled",), counted=packed(found.counted or {}), counted_at=tx.now, **new):
        return
    values = {"number": number, "before": before, "now": found.reached}
    if again:
        await _ask(tx, found)
        if found.account:
            await notices.tell(tx, found.account, TOLD, "grown_again" if announcement.approver else "grown", values)
    elif grown:
        approver = await roles.by_code(tx, announcement.approver)
        chats = dict.fromkeys(one for one in (found.account, approver.account if approver else "") if one)
        await notices.tell_all(tx, list(chats), TOLD, "grown_since", values)


def agreed(announcement: Announcement) -> int:
    """How many people it was for as far as who let it go last has seen."""
    return int((announcement.counted or {}).get(AGREED, announcement.reached))


def _has_grown(before: int, now: int) -> bool:
    """Whether an audience has become another one than who agreed to it has seen."""
    return now - before > max(HANDFUL, before // 10) or before <= _limits.above < now


async def _ask(tx: Tx, found: Announcement) -> None:
    for one in await approvers(tx, found):
        await notices.open(tx, one.account, "announce_approve", found.number)


async def approve(tx: Tx, number: str, staff_code: str, seen: int | None = None) -> Outcome:
    """A second coordinator agrees: it goes out when it was meant to, and not within a minute."""
    found, why = await _to_decide(tx, number, staff_code, seen)
    if found is None or why is not None:
        return why or "unknown"
    at = max(found.send_at or 0, tx.now + UNDO_MS)
    if found.ends_at is not None and at >= found.ends_at:
        return "over"
    seen_now = {name: value for name, value in (found.counted or {}).items() if name != AGREED}
    decided = {"approver": staff_code, "decided_at": tx.now, "counted": packed(seen_now)}
    if found.repeats and found.send_at is not None and at > found.send_at:
        decided["progress"] = packed({MEANT_AT: found.send_at, **found.progress})
    await shift(tx, number, ("waiting",), state="scheduled", send_at=at, **decided)
    if found.account:
        key = "approved" if at == tx.now + UNDO_MS else "approved_later"
        undo = ("undo", "announce_control", f"cancel {number}")
        await notices.tell(tx, found.account, TOLD, key, {"number": number}, opens=(undo,))
    return await done(tx, staff_code, "approve_announcement", number)


async def lapsed(tx: Tx, announcement: Announcement) -> bool:
    """Call off one whose time has come where its author is staff no more, and nobody who still is agreed to it.

    Whether it was called off.
    """
    for code in (announcement.author, announcement.approver):
        one = await roles.by_code(tx, code) if code else None
        if code and (one is None or one.ended is None):
            return False
    if not await shift(tx, announcement.number, ("scheduled",), state="cancelled", ended_at=tx.now, repeats=""):
        return False
    await audit.record(tx, audit.PIJAR, "cancel_announcement", announcement.number, purpose="author_ended")
    return True


async def note_exemption(tx: Tx, announcement: Announcement) -> None:
    """Record that one about safety begins in quiet hours, on whose word: no other does."""
    if announcement.category == "safety" and any(_limits.waits(tx.now, area) for area in announcement.areas):
        await exempt(tx, announcement)


async def exempt(tx: Tx, announcement: Announcement) -> None:
    """Record, once, that one about safety goes to somebody for whom it is quiet: those also run into quiet hours."""
    mine = (records.c.action == QUIET) & (records.c.object == announcement.number)
    if await tx.value(select(records.c.id).where(mine).limit(1)) is None:
        await audit.record(tx, announcement.author, QUIET, announcement.number, purpose="safety")


async def reject(tx: Tx, number: str, staff_code: str, reason: str, seen: int | None = None) -> Outcome:
    """A second coordinator does not agree, and says why; the author may change it and ask again."""
    found, why = await _to_decide(tx, number, staff_code, seen)
    if found is None or why is not None:
        return why or "unknown"
    decided = {"approver": staff_code, "decided_at": tx.now, "reason": reason}
    await shift(tx, number, ("waiting",), state="rejected", **decided)
    if found.account:
        anew = ("change", "announce_change", number)
        await notices.tell(tx, found.account, TOLD, "not_approved", {"number": number, "reason": reason}, opens=(anew,))
    return await done(tx, staff_code, "reject_announcement", number)


async def suggest(tx: Tx, number: str, staff_code: str, texts: Mapping[str, str], seen: int | None = None) -> Outcome:
    """A second coordinator words it otherwise: the author is shown it anew, and asks for approval again."""
    found, why = await _to_decide(tx, number, staff_code, seen)
    if found is None or why is not None:
        return why or "unknown"
    await revise(tx, number, by=staff_code, texts=texts)
    await shift(tx, number, ("draft",), approver=staff_code)
    return "done"


async def _to_decide(
    tx: Tx, number: str, staff_code: str, seen: int | None
) -> tuple[Announcement | None, Outcome | None]:
    """What waits for a second coordinator, or why this one cannot decide about it now."""
    found = await get(tx, number)
    one = await roles.by_code(tx, staff_code)
    if found is None or one is None:
        return None, "unknown"
    if one.code == found.author or one.account in await _chats(tx, found.author):
        return None, "own"
    if not may(one.roles, "setujui", found):
        return None, "not_allowed"
    if found.state != "waiting":
        return None, "already"
    if seen is not None and seen != found.counted_at:
        return None, "changed"
    return found, None
