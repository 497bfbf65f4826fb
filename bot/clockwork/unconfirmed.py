"""An answer that was asked back and never confirmed: nothing of it stays where somebody goes away.

It may be a child's. An enrolment that is left at such a question goes with the consent that began it and the texts of
its messages; what else there is of the chat stays, for it may as well have been a slip.
"""

from __future__ import annotations

import structlog
from sqlalchemy import func, select, text, update

from bot.log import place
from bot.records import consents
from bot.schema import accounts, talks
from bot.store import Tx, is_unavailable
from bot.turns import intake
from bot.turns.shelf import Shelf

ENROLMENT = "enrol"
DAY_MS = 86_400_000

log = structlog.get_logger(__name__)


def waits(conversation: str, pending: str | None) -> bool:
    """Whether an enrolment waits at such a question."""
    return conversation == ENROLMENT and '"doubt"' in (pending or "")


async def drop(tx: Tx, who: tuple[str, str]) -> None:
    """Leave no trace of the enrolment that a chat is in; the person may begin again.

    Where that fails nobody else is kept from it, and tidying takes out the answer.
    """
    try:
        async with tx.savepoint():
            for account in (await intake.load(tx, [who])).values():
                if (talk := account.talk) is not None and talk.conversation == ENROLMENT:
                    await consents.unbegin(tx, account.id, talk.started)
                    await Shelf(tx, account).forget(talk)
    except Exception as fault:
        if is_unavailable(fault):
            raise
        log.error("unconfirmed.left", fault=place(fault))


async def tidy(tx: Tx) -> None:
    """Drop what nobody was reminded of for a day; of other talks the answer alone."""
    left = text("instr(talks.pending, '\"doubt\"') > 0") & (talks.c.updated_at < tx.now - DAY_MS)
    chats = select(accounts.c.channel, accounts.c.external_id).join(talks, talks.c.account_id == accounts.c.id)
    for row in await tx.rows(chats.where(left, talks.c.conversation == ENROLMENT)):
        await drop(tx, (row["channel"], row["external_id"]))
    without = func.json_remove(talks.c.pending, "$.c", "$.doubt")
    await tx.execute(update(talks).where(left).values(pending=without))
