"""What is due without anybody writing: reminders, news for staff, tidying up.

Timers are rows that are not yet due, so a restart loses none. Sleeps until the next one; sends nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import delete, func, select, text, update

from bot import waking
from bot.clockwork import unconfirmed
from bot.log import place
from bot.queued import WINDOW_MS, blank
from bot.records import cash, consents, media, pictures, redactions, series
from bot.schema import accounts, handled, outbox, persons, talks
from bot.store import Store, Tx, Unavailable, is_unavailable
from bot.turns import intake
from bot.turns.turns import Turns

Timer = Callable[[Tx], Awaitable[int | None]]
"""Does what is due, and answers with when the next is: UTC milliseconds, None for not before something is written."""

DAY_MS = 86_400_000
LATE_MS = DAY_MS
"""A reminder that comes later than this is none."""
DRAFTS_MS = 30 * DAY_MS
KEYS_MS = 3 * DAY_MS
SETTLED_MS = 180 * DAY_MS
"""Retention of what was sent to whom (domain.md 5.1); the texts themselves are blanked once sent."""
CHUNK = 100
FAULT_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Timers:
    """Runs timers as they fall due."""

    def __init__(self, store: Store, timers: Sequence[Timer]) -> None:
        self.store = store
        self.timers = timers
        self._wake = asyncio.Event()
        self._working = False
        store.listeners.append(self._wake.set)

    @property
    def busy(self) -> bool:
        """Whether something is being done, or is about to be looked for."""
        return self._working or self._wake.is_set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._working = True
            self._wake.clear()
            try:
                due = [await self._one(timer) for timer in self.timers]
            except Unavailable:
                await asyncio.sleep(FAULT_SECONDS)
                continue
            soonest = min((one for one in due if one is not None), default=self.store.clock() + DAY_MS)
            wait = max(0.05, (soonest - self.store.clock()) / 1000)
            self._working = False
            await waking.sleep(self._wake, wait)

    async def _one(self, timer: Timer) -> int | None:
        """Run one timer; where it fails the others run all the same, and it is tried again."""
        try:
            return await self.store.run(timer)
        except Unavailable:
            raise
        except Exception as fault:
            log.error("timers.fault", fault=place(fault))
            return self.store.clock() + int(FAULT_SECONDS * 1000)


def nudges(turns: Turns, until: Callable[[int, str], int]) -> Timer:
    """The timer that reminds people once of a question that waits, unless the moment has passed.

    until: when somebody in a district may next be written to, as Quiet.until.
    """

    async def due(tx: Tx) -> int | None:
        for row in await tx.rows(_WAITING.where(talks.c.nudge_at <= tx.now).limit(CHUNK)):
            later = until(tx.now, row["district"] or "")
            late = tx.now > row["nudge_at"] + LATE_MS
            closed = row["channel"] == "whatsapp" and tx.now - row["last_inbound_at"] > WINDOW_MS
            in_doubt = unconfirmed.waits(row["conversation"], row["pending"])
            when = later if later > tx.now and not late and not in_doubt else None
            await tx.execute(update(talks).where(talks.c.id == row["id"]).values(nudge_at=when))
            if in_doubt:
                await unconfirmed.drop(tx, (row["channel"], row["external_id"]))
            elif when is None and not late and not closed:
                await _try_to_nudge(tx, turns, row)
        soonest: int | None = await tx.value(
            select(func.min(talks.c.nudge_at)).where(_IS_WAITING, talks.c.state == "current")
        )
        return soonest

    return due


async def _try_to_nudge(tx: Tx, turns: Turns, row: Mapping[str, Any]) -> None:
    """A talk that cannot be replayed keeps nobody else from being reminded."""
    try:
        async with tx.savepoint():
            await _nudge(tx, turns, (row["channel"], row["external_id"]))
    except Exception as fault:
        if is_unavailable(fault):
            raise
        log.error("timers.nudge", talk=row["id"], fault=place(fault))


async def _nudge(tx: Tx, turns: Turns, who: tuple[str, str]) -> None:
    rows = intake.Rows()
    for account in (await intake.load(tx, [who])).values():
        await turns.nudge(tx, account, rows)
        turns.store(account, rows, tx.now)
    intake.save(tx, rows)


def tidying() -> Timer:
    """The timer that, once a day, deletes what nobody needs any more and finds whose consent is to be asked again."""
    next_at = 0

    async def due(tx: Tx) -> int | None:
        if tx.now < next_at:
            return next_at
        await tidy(tx)
        await consents.fall_due(tx)
        tx.after.append(lambda: put_off(tx.now + DAY_MS))
        return tx.now + DAY_MS

    def put_off(until: int) -> None:
        nonlocal next_at
        next_at = until

    return due


async def tidy(tx: Tx) -> None:
    """Delete old drafts, ended talks, keys of deliveries, texts that were kept, and rows of what was sent long ago."""
    await blank(tx)
    await unconfirmed.tidy(tx)
    await redactions.give_up(tx)
    await media.tidy(tx)
    await pictures.tidy(tx)
    await cash.tidy(tx)
    await series.tidy(tx)
    await tx.execute(delete(talks).where(talks.c.state == "ended", talks.c.updated_at < tx.now - DAY_MS))
    await tx.execute(delete(talks).where(talks.c.updated_at < tx.now - DRAFTS_MS))
    await tx.execute(delete(handled).where(handled.c.at < tx.now - KEYS_MS, handled.c.key.like("tg:%")))
    # By id, which rises with time: there is no index on when a row was settled.
    old = outbox.c.id < (tx.now - SETTLED_MS) * 1000
    await tx.execute(delete(outbox).where(old, outbox.c.settled_at < tx.now - SETTLED_MS))
    forgotten = (outbox.c.state == "held") & (outbox.c.id < (tx.now - DRAFTS_MS) * 1000)
    given_up = {"state": "failed", "reason": "nobody wrote", "body": None, "settled_at": tx.now}
    await tx.execute(update(outbox).where(text("outbox.state = 'held'"), forgotten).values(given_up))


_IS_WAITING = text("talks.nudge_at IS NOT NULL")
"""Written out, so that the partial index is used."""

_WAITING = (
    select(
        talks.c.id,
        talks.c.nudge_at,
        talks.c.conversation,
        talks.c.pending,
        accounts.c.channel,
        accounts.c.external_id,
        accounts.c.last_inbound_at,
        persons.c.district,
    )
    .join(accounts, accounts.c.id == talks.c.account_id)
    .join(persons, persons.c.id == accounts.c.person_id, isouter=True)
    .where(_IS_WAITING, talks.c.state == "current")
)
