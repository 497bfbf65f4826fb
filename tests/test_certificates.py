"""Certificates as rows: one for each course and chat, found by their code, and gone with the person."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bot import references
from bot.records import belongings, certificates, lessons, people, pictures, series
from bot.schema import accounts, tip_series
from bot.schema import certificates as table
from bot.schema import pictures as ordered
from bot.store import Store, Tx
from tests import prepared
from tests.dialogue import phone_account
from tests.test_series import studio


async def count(tx: Tx, what: Any) -> int:
    return int(await tx.value(select(func.count()).select_from(what)))


@pytest.mark.asyncio
async def test_a_course_is_certified_once_with_one_picture(store: Store) -> None:
    async def work(tx: Tx) -> None:
        code = await certificates.issue(tx, "telegram", "C1", "Peserta 01")
        assert await certificates.issue(tx, "telegram", "C1", "Peserta 01") == code
        assert await count(tx, ordered) == 1
        (order,) = await tx.driver(pictures.waiting)
        assert (order.kind, order.domain, order.key, order.account) == (
            "certificate",
            "certificate",
            "sent",
            "telegram",
        )
        assert order.facts == {"name": "Peserta 01", "course": "C1", "date": tx.now, "code": code}
        other = await certificates.issue(tx, "telegram", "C2", "Peserta 01")
        assert {one.code for one in await certificates.of_account(tx, "telegram")} == {code, other}
        assert await certificates.issue(tx, "whatsapp", "C1", "Peserta 02") not in (code, other)

    await store.run(work)


@pytest.mark.asyncio
async def test_on_a_shared_phone_each_has_their_own_and_it_goes_with_them(store: Store) -> None:
    async def work(tx: Tx) -> None:
        # Mother and daughter of the same name.
        for person, name in [("p1", "Siti Contoh"), ("p2", "Siti Contoh"), ("p3", "Budi Contoh")]:
            await _enrolled(tx, person, name)
        codes = {
            person: await certificates.issue(tx, "telegram", "C1", name, person)
            for person, name in [("p1", "Siti Contoh"), ("p2", "Siti Contoh"), ("p3", "Budi Contoh")]
        }
        nobodys = await certificates.issue(tx, "telegram", "C1", "Nama Lain")
        assert len({*codes.values(), nobodys}) == 4
        assert await certificates.issue(tx, "telegram", "C1", "Siti Contoh", "p2") == codes["p2"]
        for person, code in codes.items():
            mine = {one.code for one in await certificates.of_account(tx, "telegram", person)}
            assert mine == {code, nobodys}, person
        assert (await belongings.of(tx, "telegram", "p1"))["certificates"] == 1
        await people.erase(tx, "p1")
        left = {one.code for one in await certificates.of_account(tx, "telegram")}
        assert left == {codes["p2"], codes["p3"], nobodys}

    await store.run(work)


@pytest.mark.asyncio
async def test_who_is_chosen_on_a_shared_phone_is_not_given_the_certificate_of_another() -> None:
    async with studio() as on:
        who = phone_account(on.phone, "telegram")
        await on.says("halo")
        await prepared.carry_out(on.bot, "enrolled", who, "Peserta 01", "53.06.02", "id")
        await on.bot.store.run(_learnt)
        assert "Peserta 01" in await on.says("piagam")
        await on.says("1")
        await on.settled()
        assert on.sql("SELECT count(*) FROM certificates WHERE person_id IS NOT NULL") == 1
        await on.bot.store.run(_joined)
        assert "Peserta 02" in await on.says("piagam"), "asked whether this is the name"
        await on.says("1")
        await on.settled()
        assert on.sql("SELECT count(*) FROM certificates") == 2


async def _joined(tx: Tx) -> None:
    """Somebody else on this phone has enrolled, and is who it is about now."""
    account = await tx.value(select(accounts.c.id))
    await _enrolled(tx, "p2", "Peserta 02", account)
    await people.choose(tx, account, "p2")


@pytest.mark.asyncio
async def test_anybody_can_check_a_code_and_only_its_chat_has_it_again(store: Store) -> None:
    async def work(tx: Tx) -> None:
        code = await certificates.issue(tx, "telegram", "C1", "Peserta 01")
        found = await certificates.get(tx, code)
        assert found is not None
        assert (found.name, found.course) == ("Peserta 01", "C1")
        assert not await certificates.send_again(tx, "whatsapp", code)
        assert await count(tx, ordered) == 1
        assert await certificates.send_again(tx, "telegram", code)
        assert await count(tx, ordered) == 2

    await store.run(work)


@pytest.mark.asyncio
async def test_the_day_is_the_one_on_the_picture_wherever_it_is_checked() -> None:
    async with studio() as on:
        who = phone_account(on.phone, "telegram")
        await on.says("halo")
        await prepared.carry_out(on.bot, "enrolled", who, "Peserta 01", "53.06.02", "id")
        # Half past eleven at night in Jakarta is the next day already in Flores.
        await on.wait(14.5 * 3600)
        code = await on.bot.store.run(_certified)
        await on.settled()
        assert "Tanggal: Rabu, 11 Januari 2040" in await on.says(f"piagam {code}")


async def _certified(tx: Tx) -> str:
    return await certificates.issue(tx, await tx.value(select(accounts.c.id)), "C1", "Peserta 01")


@pytest.mark.asyncio
async def test_one_that_waits_for_a_name_is_made_when_it_is_asked_for() -> None:
    async with studio() as on:
        await on.says("halo")
        await on.bot.store.run(_learnt)
        assert "Nama siapa yang kami tulis" in await on.says("piagam")
        await on.says("Peserta")
        assert on.sql("SELECT name FROM certificates") == "Peserta"


async def _learnt(tx: Tx) -> None:
    account = await tx.value(select(accounts.c.id))
    for number in range(1, 6):
        await lessons.shown(tx, account, f"C1L{number}")
        await lessons.passed(tx, account, f"C1L{number}")


def test_a_code_is_read_however_it_is_written() -> None:
    made = references.new("PIA", lambda most: 5 % most)
    assert certificates.code_in(f"piagam {made.lower()}") == made
    assert certificates.code_in(made.replace("-", " ")) == made
    assert certificates.code_in(references.new("WSB", lambda most: 5 % most)) == ""
    assert certificates.code_in("") == ""


async def _enrolled(tx: Tx, person: str, name: str, account: str = "telegram") -> None:
    await people.create(tx, person, full_name=name)
    await people.link(tx, account, person)


@pytest.mark.asyncio
async def test_certificates_orders_and_the_series_go_with_the_person(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await _enrolled(tx, "p1", "Peserta 01")
        await certificates.issue(tx, "telegram", "C1", "Peserta 01")
        await series.start(tx, "telegram", 2, "08:00", "Asia/Jakarta")
        await certificates.issue(tx, "whatsapp", "C1", "Peserta 02")
        await people.erase(tx, "p1")
        assert [await count(tx, what) for what in (table, ordered, tip_series)] == [1, 1, 0]

    await store.run(work)


@pytest.mark.asyncio
async def test_where_others_write_from_the_same_chat_theirs_stay(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await _enrolled(tx, "p1", "Peserta 01")
        await _enrolled(tx, "p2", "Peserta 02")
        await certificates.issue(tx, "telegram", "C1", "Peserta 01")
        kept = await certificates.issue(tx, "telegram", "C2", "Peserta 02")
        await series.start(tx, "telegram", 2, "08:00", "Asia/Jakarta")
        await people.erase(tx, "p1")
        assert [one.code for one in await certificates.of_account(tx, "telegram")] == [kept]
        assert await count(tx, tip_series) == 1
        assert await count(tx, ordered) == 0

    await store.run(work)
