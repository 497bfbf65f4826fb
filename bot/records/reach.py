"""Whether an address can be reached: what providers say of it, and failures on five different days.

Any message from the person makes it reachable again (intake.py). A delivery that arrives starts the count of days anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from bot import formats
from bot.records import consents
from bot.schema import accounts
from bot.store import Tx

DAYS: Final = 5
"""Failures on so many days: the address is not tried any more, and stands on the coordinator's list."""

GONE: Final = "UPDATE accounts SET reachable = ?, failed_on = ? WHERE id = ? AND reachable = 'ok'"
"""blocked, invalid or unreachable; since which day; account."""
FAILED: Final = f"""
UPDATE accounts SET failures = failures + 1, failed_on = :day,
  reachable = CASE WHEN failures + 1 >= {DAYS} AND reachable = 'ok' THEN 'unreachable' ELSE reachable END
WHERE id = :account AND failed_on <> :day
"""
ARRIVED: Final = "UPDATE accounts SET failures = 0, failed_on = '' WHERE id = ? AND failures > 0"


def failed(driver: sqlite3.Connection, failing: Iterable[str], now: int) -> None:
    """Nothing could be delivered to these today (UTC); several times on one day count once."""
    driver.executemany(FAILED, [{"day": formats.utc_day(now), "account": account} for account in failing]).close()


async def turning(tx: Tx, failing: Iterable[str]) -> list[str]:
    """Of the accounts that `failed` is about to note today, those that it makes unreachable."""
    mine = accounts.c.id.in_(set(failing)) & (accounts.c.reachable == "ok")
    last = (accounts.c.failures >= DAYS - 1) & (accounts.c.failed_on != formats.utc_day(tx.now))
    return [row["id"] for row in await tx.rows(select(accounts.c.id).where(mine, last))]


async def opted_out(tx: Tx, account: str, channel: str) -> None:
    """The provider says that this person wants to hear nothing unasked: as if they had said stop."""
    await consents.pause(tx, account, {"channel": channel})
