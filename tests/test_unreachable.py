"""Whom no message reaches any more: in one's own area, recorded, off the list with the next message."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from bot import formats
from bot.records import audit, people, reach, tidings, unreachable
from bot.schema import account_persons, accounts
from bot.schema import enrolments as table
from bot.store import Tx
from tests.office import DAY, Office, office
from tests.test_tidings import told


async def gone(here: Office, *chats: str, why: str = "unreachable") -> None:
    values = {"reachable": why, "failed_on": formats.utc_day(here.now)}
    for chat in chats:
        await here.run(partial(_set, chat=chat, values=values))


async def _set(tx: Tx, chat: str, values: dict[str, str]) -> None:
    await tx.execute(update(accounts).where(accounts.c.id == chat).values(values))


async def names(here: Office, account: str, after: str = "") -> list[str]:
    page = await here.run(lambda tx: unreachable.listed(tx, account, after))
    return [one.name for one in await here.run(lambda tx: unreachable.entries(tx, account, page["ids"]))]


async def person_of(here: Office, reference: str) -> str:
    query = select(table.c.person_id).where(table.c.reference == reference)
    return str(await here.run(lambda tx: tx.value(query)))


@pytest.mark.asyncio
async def test_the_list_stays_inside_the_area_and_each_look_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        await here.staff("D1", "companion", "33.07.04")
        await here.staff("P1", "programme")
        await here.staff("A1", "auditor")
        await here.staff("M1", "mart", "33.07")
        near = await here.enrolled("Peserta Satu", "33.07.04.2001", phone="+6281234567890")
        await here.enrolled("Peserta Dua", "33.07.05")
        await here.enrolled("Peserta Tiga", "32.15.01")
        await here.enrolled("Peserta Empat", "33.07.04")
        await gone(here, *(f"chat of Peserta {name}" for name in ("Satu", "Dua", "Tiga")))
        assert await names(here, "K1") == ["Peserta Satu", "Peserta Dua"]
        assert await names(here, "D1") == ["Peserta Satu"]
        assert await names(here, "P1") == ["Peserta Tiga", "Peserta Satu", "Peserta Dua"]
        assert [await names(here, one) for one in ("A1", "M1", "unheard of")] == [[], [], []]
        person = await person_of(here, near)
        looks = await here.run(lambda tx: audit.of(tx, person))
        assert [(row["actor"], row["action"]) for row in looks][-1] == (code, "unreachable")
        assert len(looks) == 3
        await here.run(lambda tx: unreachable.opened(tx, "K1", [person]))
        (last, *_) = await here.run(lambda tx: audit.of(tx, person))
        assert (last["action"], last["purpose"], last["role"]) == ("call_list", "unreachable", "coordinator")


@pytest.mark.asyncio
async def test_who_has_another_chat_or_has_left_is_not_on_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        references = [await here.enrolled(f"Peserta {name}", "33.07.04") for name in ("Satu", "Dua", "Tiga")]
        await here.enrolled("Peserta Empat", "33.07.04", chatless=True)
        await gone(here, "chat of Peserta Satu", "chat of Peserta Dua")
        await gone(here, "chat of Peserta Tiga", why="blocked")
        assert await names(here, "K1") == ["Peserta Dua", "Peserta Satu", "Peserta Tiga"]
        other = await here.account("another chat")
        link = {"account_id": other, "person_id": await person_of(here, references[0]), "since": 0}
        await here.run(lambda tx: tx.execute(insert(account_persons), link))
        withdrawn = update(table).where(table.c.reference == references[1]).values(status="withdrawn")
        await here.run(lambda tx: tx.execute(withdrawn))
        assert await names(here, "K1") == ["Peserta Tiga"]
        third = await person_of(here, references[2])
        await here.run(lambda tx: people.erase(tx, third))
        assert await names(here, "K1") == []


@pytest.mark.asyncio
async def test_the_list_goes_on_behind_the_last_that_was_shown(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for number in range(7):
            await here.enrolled(f"Peserta {number}", "33.07.04" if number % 2 else "33.07.05")
            await gone(here, f"chat of Peserta {number}")
        page = await here.run(lambda tx: unreachable.listed(tx, "K1"))
        assert (len(page["ids"]), page["total"], page["more"]) == (5, 7, True)
        await gone(here, "chat of Peserta 1", why="ok")
        assert await names(here, "K1", page["ids"][-1]) == ["Peserta 4", "Peserta 6"]


@pytest.mark.asyncio
async def test_staff_hear_of_it_on_the_fifth_day_and_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.staff("K2", "coordinator", "32.15")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        chat = "chat of Peserta Satu"

        async def fails(tx: Tx) -> list[str]:
            turning = await reach.turning(tx, [chat])
            await unreachable.announce(tx, turning)
            await tx.driver(lambda driver: reach.failed(driver, [chat], tx.now))
            await tidings.digest(tx)
            return turning

        for day in range(1, 8):
            for _ in range(2):
                await here.run(fails)
            assert await names(here, "K1") == (["Peserta Satu"] if day >= 5 else []), day
            here.now += DAY
        news = [("K1", "tidings.unreachable", {"reference": reference, "place": "Kaliwiro"})]
        assert await told(here) == news


@pytest.mark.asyncio
async def test_news_of_several_are_one_message(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for name in ("Satu", "Dua", "Tiga"):
            await here.enrolled(f"Peserta {name}", "33.07.04")
        chats = [f"chat of Peserta {name}" for name in ("Satu", "Dua", "Tiga")]
        await here.run(lambda tx: unreachable.announce(tx, chats))
        await here.run(lambda tx: tidings.announce(tx, "new_enrolment", "", "33.07.04"))
        await here.run(tidings.digest)
        said = [(key, values.get("n")) for _, key, values in await told(here)]
        assert said == [("tidings.unreachable_several", 3), ("tidings.new_enrolment", None)]
