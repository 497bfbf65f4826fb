"""The next lesson for who wants them by themselves: when one is due, and when it has to wait.

It waits through quiet hours, while somebody is in the middle of something else, and on WhatsApp until they write;
however long that takes, one lesson comes then, and never two on one day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import exists, func, select

from bot.clockwork.timers import CHUNK, DAY_MS, Timer
from bot.questions import places
from bot.queued import WINDOW_MS
from bot.records import lessons, notices, series
from bot.schema import accounts, outbox, persons, talks, tip_series
from bot.store import Tx
from bot.turns.turns import Turns

LATER_MS = 3_600_000
"""What cannot come now is looked at again after this."""
JUST_NOW_MS = 3_600_000
"""A question that was asked so recently is still being thought about."""
OPENS = "lesson"
"""The conversation that teaches one."""


def due(turns: Turns, until: Callable[[int, str], int]) -> Timer:
    """The timer that has lessons sent. until: when somebody in a district may next be written to, as Quiet.until."""

    def keeps(conversation: str) -> bool:
        known = turns.scene.conversations.get(conversation)
        return known is not None and known.keeps

    async def look(tx: Tx) -> int | None:
        for row in await tx.rows(_DUE.where(tip_series.c.next_at <= tx.now).limit(CHUNK)):
            later = _later(tx.now, row, until, keeps)
            if later > tx.now:
                await series.put_off(tx, row["account_id"], later)
            else:
                await _send(tx, row)
        soonest: int | None = await tx.value(select(func.min(tip_series.c.next_at)))
        return soonest

    return look


def _later(now: int, row: Mapping[str, Any], until: Callable[[int, str], int], keeps: Callable[[str], bool]) -> int:
    """When to look again at somebody who cannot have a lesson now; `now` where they can."""
    zone = places.zone(row["district"] or "")
    if row["reachable"] != "ok" or row["sent_on"] == series.today(now, zone):
        return series.tomorrow(now, row["minute"], zone)
    if (calm := until(now, row["district"] or "")) > now:
        return calm
    away = row["channel"] == "whatsapp" and now - row["last_inbound_at"] > WINDOW_MS
    return now + LATER_MS if away or row["on_its_way"] or _is_busy(now, row, keeps) else now


def _is_busy(now: int, row: Mapping[str, Any], keeps: Callable[[str], bool]) -> bool:
    """Whether a question waits that somebody is likely to answer yet."""
    if row["pending"] is None:
        return False
    since = now - row["updated_at"]
    return since < JUST_NOW_MS or (since < DAY_MS and keeps(row["conversation"]))


async def _send(tx: Tx, row: Mapping[str, Any]) -> None:
    """The next lesson; after the last one, that there are no more."""
    account = row["account_id"]
    lesson = await lessons.next_lesson(tx, account, unseen=True)
    if lesson:
        await notices.open(tx, account, OPENS, f"{lesson} {series.UNASKED}")
        await series.sent(tx, account, row["days"], row["minute"], places.zone(row["district"] or ""))
    else:
        await series.end(tx, account)
        await notices.tell(tx, account, "series", "all_sent")


_DUE = (
    select(
        tip_series.c.account_id,
        tip_series.c.days,
        tip_series.c.minute,
        tip_series.c.sent_on,
        accounts.c.channel,
        accounts.c.last_inbound_at,
        accounts.c.reachable,
        persons.c.district,
        talks.c.conversation,
        talks.c.pending,
        talks.c.updated_at,
        # Where the provider takes nothing for days, they do not pile up with us either.
        exists()
        .where(
            outbox.c.account_id == tip_series.c.account_id,
            outbox.c.template == OPENS,
            outbox.c.state.in_(("waiting", "held")),
        )
        .label("on_its_way"),
    )
    .join(accounts, accounts.c.id == tip_series.c.account_id)
    .join(persons, persons.c.id == accounts.c.person_id, isouter=True)
    .join(talks, (talks.c.account_id == accounts.c.id) & (talks.c.state == "current"), isouter=True)
    .order_by(tip_series.c.next_at)
)
