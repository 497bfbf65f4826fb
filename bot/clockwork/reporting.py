"""How far announcements are, told to their authors while they go out: on Telegram one message that changes, on WhatsApp
a short line at each quarter; and at the end what became of them.

Counts on a connection of its own, the more seldom the longer it takes. A message is a row of the outbox, in the
transaction that keeps what was shown: a restart goes on with the same message. The whole report is
records/announcement_reports.py's and conversations/announcements.py's.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from sqlalchemy import delete, insert, update

from bot import waking
from bot.clockwork.progress_messages import Said, final, running
from bot.log import place
from bot.messages import Outgoing
from bot.queued import body
from bot.records import announcement_reports, announcements, notices, second_tries
from bot.records.announcement_reports import ASKED, BIG, RECOUNTED_MS, Figures
from bot.records.announcements import Announcement, of_row
from bot.records.deliveries import IN_PART
from bot.schema import accounts, outbox
from bot.store import Store, Tx, Unavailable
from bot.turns.composing import Composer

log = structlog.get_logger(__name__)

APART_MS: Final = 5_000
"""Between two messages about one announcement; one that takes less is told about once, when it is over."""
SHARE: Final = 20
"""Of the time a count takes so many times as much goes by before the next."""
MISSED_MS: Final = 86_400_000
"""What ended while nobody was here to tell is told for so long."""
RECOUNT_MS: Final = 60_000
"""What is told of a big one after its end is counted in: soon, then ever more seldom, and when somebody asks."""
REPORT: Final = "announcements"
"""The conversation that shows a report."""
FAULT_SECONDS: Final = 5.0
QUARTER: Final = 25
WHOLE: Final = 100
"""Percent: then there is the last message, which says more."""
ONE_BY_ONE: Final = "whatsapp"
"""Where a message cannot be changed any more."""

_COLUMNS = """
SELECT a.*, c.channel, c.external_id, c.language, o.state AS message_state, o.provider_id AS message_ids
FROM announcements a LEFT JOIN accounts c ON c.id = a.account_id
LEFT JOIN outbox o ON o.id = json_extract(a.progress, '$.row')
"""
_LIVE = f"""{_COLUMNS}
WHERE a.state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused') AND a.state IN ('sending', 'paused')
  AND a.started_at IS NOT NULL
"""
_UNTOLD = f"""{_COLUMNS}
WHERE a.started_at IS NOT NULL AND NOT coalesce(json_extract(a.progress, '$.final'), 0) AND a.ended_at > ?
"""
_ASKED = f"""
SELECT number FROM announcements
WHERE number IN (SELECT value FROM json_each(?)) AND json_extract(progress, '$.{ASKED}') IS NOT NULL
"""
_COUNTED = """
SELECT number, ended_at, json_extract(progress, '$.figures.at') AS counted_at
FROM announcements WHERE state IN ('done', 'cancelled') AND started_at IS NOT NULL AND ended_at > ?
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """One announcement, with its author's chat and what was last shown there."""

    announcement: Announcement
    channel: str
    address: str
    language: str
    message_state: str
    message_ids: tuple[str, ...]

    @property
    def over(self) -> bool:
        return self.announcement.state in ("done", "cancelled")

    @property
    def shown_at(self) -> int:
        return int(self.announcement.progress.get("at", 0))


class Reporting:
    """Tells authors how far their announcements are, as long as it runs."""

    def __init__(self, store: Store, composer: Composer) -> None:
        self.store = store
        self.composer = composer
        self._followed: dict[str, int] = {}
        """Number → when it is looked at next, UTC milliseconds."""
        self._recounts: dict[str, int] = {}
        self._took_up = False
        self._wake = asyncio.Event()
        self._working = False
        store.listeners.append(self._wake.set)

    @property
    def busy(self) -> bool:
        """Whether something is being counted, or is about to be looked for."""
        return self._working or self._wake.is_set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._working = True
            self._wake.clear()
            try:
                if not self._took_up:
                    await self._take_up()
                due = await self._look()
                wait = max(0.05, (due - self.store.clock()) / 1000)
            except Unavailable:
                wait = 1.0
            except Exception as fault:
                log.error("reporting.fault", fault=place(fault))
                wait = FAULT_SECONDS
            self._working = False
            await waking.sleep(self._wake, wait)

    async def _take_up(self) -> None:
        """What is still to be counted again."""
        since = self.store.clock() - RECOUNTED_MS
        rows = await self.store.read(lambda c: c.execute(_COUNTED, (since,)).fetchall())
        for row in rows:
            if row["counted_at"]:
                self._recounts[row["number"]] = _again(row["counted_at"], row["ended_at"])
        self._took_up = True

    async def _look(self) -> int:
        """Tell what is to be told now; when to look again."""
        now = self.store.clock()
        for case in await self.store.read(self._cases):
            number = case.announcement.number
            first = (case.announcement.started_at or now) + APART_MS
            due = max(self._followed.get(number, first), case.shown_at + APART_MS if case.shown_at else 0)
            wanted = bool(case.announcement.progress.get(ASKED))
            self._followed[number] = now if wanted or (case.over and not case.shown_at) else due
            if self._followed[number] <= now:
                await self._try_to_tell(case)
        asked = await self.store.read(self._asked) if self._recounts else set()
        for number in [one for one, due in self._recounts.items() if due <= now or one in asked]:
            await self._recount(number)
        return min((*self._followed.values(), *self._recounts.values()), default=now + 3_600_000)

    def _asked(self, connection: sqlite3.Connection) -> set[str]:
        """Those that are over and of which somebody waits for a report."""
        numbers = json.dumps(list(self._recounts))
        return {row["number"] for row in connection.execute(_ASKED, (numbers,))}

    def _cases(self, connection: sqlite3.Connection) -> list[_Case]:
        """Those that are going out, and those that have ended: some begin and end between two looks."""
        untold = connection.execute(_UNTOLD, (self.store.clock() - MISSED_MS,)).fetchall()
        found = [_case(row) for row in (*connection.execute(_LIVE), *untold)]
        numbers = {case.announcement.number for case in found}
        self._followed = {number: due for number, due in self._followed.items() if number in numbers}
        return found

    async def _try_to_tell(self, case: _Case) -> None:
        """What is wrong with one announcement keeps the author of no other from hearing."""
        try:
            await self._tell(case)
        except Unavailable:
            raise
        except Exception as fault:
            log.error("reporting.announcement", number=case.announcement.number, fault=place(fault))
            self._followed[case.announcement.number] = self.store.clock() + round(FAULT_SECONDS * 1000)

    async def _tell(self, case: _Case) -> None:
        """Count one announcement, and show its author what has changed."""
        found = case.announcement
        figures, took = await self._count(found)
        now = self.store.clock()
        self._followed[found.number] = now + max(APART_MS, round(took * 1000) * SHARE)
        whole = case.over and not figures.count("waiting", "sending")
        said = self._said(case, figures, whole)
        # What has not gone out yet is followed by nothing: the chat may be slow, or the provider away.
        pending = case.message_state in ("waiting", "sending")
        if pending or (case.over and not whole):
            said = None
        done = whole and not pending
        await self.store.run(lambda tx: self._keep(tx, case, figures, said, done))
        if done:
            self._followed.pop(found.number, None)
            if figures.rows > BIG:
                self._recounts[found.number] = _again(now, found.ended_at or now)

    def _said(self, case: _Case, figures: Figures, whole: bool) -> Said | None:
        """What to show now; None where that is shown already, or there is nobody to show it to."""
        found, texts = case.announcement, self.composer.texts
        if not case.channel or found.progress.get("final"):
            return None
        facts = self.composer.facts(case.language)
        if whole:
            return final(texts, case.language, facts, found, figures)
        said = running(texts, case.language, facts, found, figures, in_short=case.channel == ONE_BY_ONE)
        if case.channel == ONE_BY_ONE:
            quarter = said.percent // QUARTER * QUARTER
            fresh = found.progress.get("quarter", 0) < quarter < WHOLE
            return said if fresh and found.state == "sending" else None
        return said if said.text != found.progress.get("said") else None

    async def _keep(self, tx: Tx, case: _Case, figures: Figures, said: Said | None, done: bool) -> None:
        found = await announcements.get(tx, case.announcement.number)
        if found is None:
            return
        known = list(found.progress.get("messages", ()))
        known += [one for one in case.message_ids if one not in known]
        kept: dict[str, Any] = {**found.progress, "figures": figures.json(), "messages": known, "final": done}
        await _open(tx, found.number, kept.pop(ASKED, ()))
        if said is not None:
            await _unsay(tx, found)
            edits = known[-1] if known and case.channel != ONE_BY_ONE else ""
            quarter = said.percent // QUARTER * QUARTER
            kept |= {"row": tx.new_id(), "at": tx.now, "said": said.text, "quarter": quarter}
            kept |= {"pace": [tx.now, figures.settled]}
            if edits:
                # The row before this one was of the same message.
                gone = (outbox.c.id == found.progress.get("row")) & (outbox.c.state == "sent")
                await tx.execute(delete(outbox).where(gone))
            message = Outgoing(case.channel, case.address, said.text, actions=said.actions, edits=edits)
            await tx.execute(insert(outbox), _row(tx, kept["row"], found.account, body(message)))
            tx.wake()
        await announcements.note(tx, found.number, kept)

    async def _count(self, found: Announcement) -> tuple[Figures, float]:
        started, now = time.perf_counter(), self.store.clock()
        figures = await self.store.read(lambda connection: _counted(connection, found, now))
        return figures, time.perf_counter() - started

    async def _recount(self, number: str) -> None:
        """Statuses come for days after the end: a big one is counted again, for the report reads what is kept."""
        del self._recounts[number]
        found = await self.store.run(lambda tx: announcements.get(tx, number))
        if found is None or found.ended_at is None:
            return
        figures, _ = await self._count(found)
        now = self.store.clock()

        async def keep(tx: Tx) -> None:
            fresh = await announcements.get(tx, number)
            if fresh is not None:
                kept = {**fresh.progress, "figures": figures.json()}
                await _open(tx, number, kept.pop(ASKED, ()))
                await announcements.note(tx, number, kept)

        await self.store.run(keep)
        if figures.rows > BIG and now - found.ended_at < RECOUNTED_MS:
            self._recounts[number] = _again(now, found.ended_at)


def _counted(connection: sqlite3.Connection, found: Announcement, now: int) -> Figures:
    """The count of an announcement; of a big one also how many of who was left out may be reached now."""
    figures = announcement_reports.count(connection, found, now)
    if figures.rows <= BIG or not figures.count("skipped", IN_PART):
        return figures
    return replace(figures, again=second_tries.left_out(connection, found.number, now))


async def _open(tx: Tx, number: str, accounts: Collection[str]) -> None:
    """Show the report to those who have asked for it."""
    for account in accounts:
        await notices.open(tx, account, REPORT, number, "reply")


async def _unsay(tx: Tx, found: Announcement) -> None:
    """What is still held for its author is out of date: they read the last one when they write."""
    last = (outbox.c.id == found.progress.get("row")) & (outbox.c.state == "held")
    if (await tx.execute(delete(outbox).where(last))).rowcount:
        mine = accounts.c.id == found.account
        await tx.execute(update(accounts).where(mine, accounts.c.held > 0).values(held=accounts.c.held - 1))


def _again(counted_at: int, ended_at: int) -> int:
    return counted_at + max(RECOUNT_MS, (counted_at - ended_at) // 4)


def _case(row: sqlite3.Row) -> _Case:
    ids = tuple((row["message_ids"] or "").split())
    who = row["channel"] or "", row["external_id"] or "", row["language"] or "id"
    return _Case(of_row(dict(row)), *who, row["message_state"] or "", ids)


def _row(tx: Tx, id: int, account: str, packed: str) -> dict[str, Any]:
    return {
        "id": id, "account_id": account, "lane": "reply", "state": "waiting", "body": packed,
        "template": "announcement_progress", "due_at": tx.now, "created_at": tx.now,
    }  # fmt: skip
