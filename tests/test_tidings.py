"""Who is told of what waits, and that much of it comes as one message."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.records import roles, tidings
from bot.schema import outbox
from tests.office import Office, office

MINUTE = 60_000


async def told(here: Office) -> list[tuple[str, str, dict[str, Any]]]:
    """What has been told so far: account, template, values."""
    found = await here.run(lambda tx: tx.rows(select(outbox.c.account_id, outbox.c.body).order_by(outbox.c.id)))
    said = [(row["account_id"], json.loads(row["body"])["say"]) for row in found]
    return [(account, f"{domain}.{key}", values) for account, (domain, key, values) in said]


async def announce(here: Office, area: str, reference: str = "", kind: str = "new_enrolment") -> None:
    await here.run(lambda tx: tidings.announce(tx, kind, reference, area))


@pytest.mark.asyncio
async def test_the_most_precise_area_is_told_else_the_next_one_up(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for id, role, area in [
            ("D1", "companion", "33.07.04"), ("K1", "coordinator", "33.07"), ("K2", "coordinator", "33.07"),
            ("P1", "programme", ""), ("A1", "admin", ""), ("M1", "mart", "33.07"), ("T1", "trainer", ""),
        ]:  # fmt: skip
            await here.staff(id, role, area)
        for place, expected in [
            ("33.07.04.2001", {"D1"}), ("33.07.05", {"K1", "K2"}), ("32.15.01", {"P1"}), ("", {"P1"}),
        ]:  # fmt: skip
            found, able = await here.run(partial(roles.responsible, place=place))
            assert ({one.account for one in found}, able) == (expected, True), place


@pytest.mark.asyncio
async def test_with_nobody_there_the_admins_hear_that_somebody_is_missing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("A1", "admin")
        await here.staff("K1", "coordinator", "32.15")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        await announce(here, "33.07.04", reference)
        await here.run(tidings.digest)
        ((account, template, values),) = await told(here)
        assert (account, template, values["place"]) == ("A1", "tidings.nobody_responsible", "Kaliwiro")
        assert "Peserta" not in str(values)


@pytest.mark.asyncio
async def test_the_first_goes_at_once_and_later_ones_are_gathered(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        assert await here.run(tidings.digest) is None
        first = await here.enrolled("Peserta Satu", "33.07.04")
        await announce(here, "33.07.04", first)
        due = await here.run(tidings.digest)
        assert due == here.now + 30 * MINUTE
        assert await told(here) == [
            ("K1", "tidings.new_enrolment", {"reference": first, "place": "Kaliwiro"}),
        ]
        for minute in range(20):
            here.now += MINUTE
            await announce(here, "33.07.04", kind="completed" if minute == 3 else "new_enrolment")
            assert await here.run(tidings.digest) == due
        assert len(await told(here)) == 1
        here.now = due
        assert await here.run(tidings.digest) == here.now + 30 * MINUTE
        assert (await told(here))[1:] == [
            ("K1", "tidings.digest", {"total": 20, "new_enrolment": 19, "completed": 1}),
        ]
        here.now += 30 * MINUTE
        assert await here.run(tidings.digest) is None
        await announce(here, "33.07.04", first)
        await here.run(tidings.digest)
        assert len(await told(here)) == 3


@pytest.mark.asyncio
async def test_many_at_once_are_one_message(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.staff("K2", "coordinator", "32.15")
        for _ in range(50):
            await announce(here, "33.07.04")
        await here.run(tidings.digest)
        ((account, template, values),) = await told(here)
        assert (account, template, values["total"]) == ("K1", "tidings.digest", 50)


@pytest.mark.asyncio
async def test_who_is_no_longer_staff_is_not_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        await announce(here, "33.07.04")
        await here.run(lambda tx: roles.revoke(tx, code))
        assert await here.run(tidings.digest) is None
        assert await told(here) == []
        await announce(here, "33.07.04")
        assert await here.run(tidings.digest) is None
