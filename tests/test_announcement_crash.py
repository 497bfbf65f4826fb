"""The bot is killed again and again while an announcement goes out: nobody gets it twice, and nobody is forgotten.

With `PIJAR_CRASH=<kills>` in the environment each test kills that often, over 2,000 people.
"""

from __future__ import annotations

import os

import pytest

from tests.benchmarks.crashing import FINAL, crash

KILLS = int(os.environ.get("PIJAR_CRASH", "0"))
ON_THE_WAY = 60
"""Deliveries that one kill may leave in doubt, at the paces of these tests."""


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_killed_while_an_announcement_goes_out(channel: str) -> None:
    kills, recipients = (KILLS, 2000) if KILLS else (4, 400)
    crashed = await crash(channel, kills, recipients, ask=bool(KILLS))
    print(f"\n{crashed}")
    assert crashed.announcement == "done"
    assert set(crashed.states) <= set(FINAL)
    assert sum(crashed.states.values()) == recipients
    assert crashed.twice == crashed.missing == crashed.denied == 0
    assert crashed.states["uncertain"] + crashed.states["failed"] <= sum(crashed.marked)
    assert max(crashed.marked) <= ON_THE_WAY
    assert not (KILLS and crashed.unknown)
