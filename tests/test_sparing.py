"""Pictures that are held back from who saves data: whose they are, in which order, and when they go."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clockwork.timers import tidy
from bot.messages import Kept
from bot.records import media, people, pictures
from bot.store import Tx
from tests.office import DAY, Office, office

SIZE = 12_345


async def _kept(here: Office, id: str, account: str, of: str = "") -> None:
    """A file that came from `of`, and is held back from `account`."""

    async def work(tx: Tx) -> None:
        await media.keep(tx, Kept(id, "photo", "image/jpeg", SIZE), of or account)
        await pictures.hold_back(tx, account, id, "PGM-22222")

    await here.run(work)
    here.now += 1000


async def _waiting(here: Office, account: str) -> list[str]:
    return [id for id, _, _ in await here.run(lambda tx: pictures.held_back(tx, account))]


@pytest.mark.asyncio
async def test_each_picture_that_was_held_back_waits_until_it_is_seen_by_whom_it_was_for(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for chat in ("P1", "P2", "K1"):
            await here.account(chat)
        await _kept(here, "a.jpg", "P1", of="K1")
        await _kept(here, "b.jpg", "P1", of="K1")
        await here.run(lambda tx: pictures.hold_back(tx, "P1", "a.jpg", "PGM-33333"))
        assert await _waiting(here, "P1") == ["a.jpg", "b.jpg"]
        assert await here.run(lambda tx: pictures.is_theirs(tx, "P1", "b.jpg"))
        assert not await here.run(lambda tx: pictures.is_theirs(tx, "P2", "b.jpg"))
        assert not await here.run(lambda tx: pictures.is_theirs(tx, "P1", ""))
        assert await here.run(lambda tx: media.size(tx, "b.jpg")) == SIZE
        await here.run(lambda tx: pictures.seen(tx, "P2", "a.jpg"))
        await here.run(lambda tx: pictures.seen(tx, "P1", "a.jpg"))
        assert await _waiting(here, "P1") == ["b.jpg"]


@pytest.mark.asyncio
async def test_what_was_held_back_goes_with_the_person_and_after_a_month(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.enrolled("Peserta 01", "33.07.04", account=await here.account("P1"))
        await here.account("P2")
        await _kept(here, "a.jpg", "P1")
        await _kept(here, "b.jpg", "P2")
        person = (await here.run(lambda tx: people.of_account(tx, "P1")))[0].id
        await here.run(lambda tx: people.erase(tx, person))
        assert (await _waiting(here, "P1"), await _waiting(here, "P2")) == ([], ["b.jpg"])
        here.now += 29 * DAY
        await here.run(tidy)
        assert await _waiting(here, "P2") == ["b.jpg"]
        here.now += 2 * DAY
        await here.run(tidy)
        assert await _waiting(here, "P2") == []
