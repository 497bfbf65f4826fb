"""News of somebody's own case that waits for WhatsApp's window: they are told once, and it comes when they write."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot import knocking
from bot.clockwork import lessons_due
from bot.contents import KNOCK_OWN_CASE
from bot.records import notices
from bot.sandbox.phones import Phone
from bot.schema import accounts
from bot.store import Tx
from tests.dialogue import phone_account
from tests.recipients import states
from tests.test_behaviour import Scene, heard
from tests.test_delivering import DAY, SHORT, approved, change, goes_out, hall, told, written

HOUR = 3600
KNOCKS = f"FROM outbox WHERE template = '{KNOCK_OWN_CASE}'"
pytestmark = pytest.mark.asyncio


async def news(on: Scene, *phones: Phone, lesson: bool = False) -> None:
    """There is news for these phones, or the next lesson."""

    async def work(tx: Tx) -> None:
        for phone in phones:
            known = accounts.c.external_id == phone_account(phone, "whatsapp")[1]
            account = str(await tx.value(select(accounts.c.id).where(known)))
            if lesson:
                await notices.open(tx, account, lessons_due.OPENS, "C1L1")
                await notices.tell(tx, account, "series", "all_sent")
            else:
                await notices.tell(tx, account, "mart", "opened", {"mart": "Mart Contoh", "address": "Jl. 1"})

    await on.bot.store.run(work)
    await on.quiet()
    await on.told()


async def away(on: Scene, count: int = 1) -> list[Phone]:
    """People on WhatsApp who have not written for more than a day."""
    phones = await on.phones(count, "whatsapp")
    await written(on, phones)
    await on.wait(DAY + HOUR)
    return phones


def knocks(phone: Phone) -> int:
    """How often this phone was told that something waits."""
    return sum("*LIHAT*" in one for one in heard(phone))


def held(on: Scene) -> int:
    """How much news is held."""
    count: int = on.sql("SELECT count(*) FROM outbox WHERE state = 'held'")
    return count


async def test_one_knock_for_all_that_is_held_and_lihat_brings_it() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        (phone,) = await away(on)
        await news(on, phone)
        await on.wait(2 * DAY)
        await news(on, phone)
        assert (knocks(phone), held(on), len(heard(phone))) == (1, 2, 2)
        assert on.sandbox.prices == {"utility": 1}
        assert 'pijar_knocks_total{state="sent"} 1.0' in on.bot.metrics.page().decode()
        await phone.type("lihat")
        await on.settled(phone)
        assert heard(phone)[2] == "Ini kabarnya, Kak 👇"
        assert (len(heard(phone)), held(on)) == (5, 0)
        counted = await on.bot.store.read(lambda db: knocking.count(db, 0))
        assert replace(counted, category="") == knocking.Knocks(1, 1, 1, 0, 0, "")


async def test_who_has_written_is_told_again_and_who_has_not_a_week_later() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        phones = await away(on, 2)
        seen = []
        for days in (0, 2, 4, 2):
            await on.wait(days * DAY)
            await news(on, *phones)
            seen.append([knocks(phone) for phone in phones])
            if days == 0:
                await written(on, phones[:1])
        assert seen == [[1, 1], [2, 1], [2, 1], [2, 2]]


async def test_neither_a_lesson_nor_a_reminder_of_a_question_is_worth_a_knock() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        (phone,) = await away(on)
        await news(on, phone, lesson=True)
        assert (held(on), knocks(phone)) == (2, 0)
        await change(on, "UPDATE outbox SET template = 'enrol.name', body = '{\"text\":\"?\"}' WHERE state = 'held'")
        await on.bot.store.run(_for_everybody)
        await on.quiet()
        assert (held(on), knocks(phone)) == (2, 0)
        await news(on, phone)
        assert knocks(phone) == 1


async def _for_everybody(tx: Tx) -> None:
    for row in await tx.rows(select(accounts.c.id)):
        knocking.arise(tx, row["id"])


async def test_who_has_stopped_announcements_is_told_of_their_own_case() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "berhenti")
        await on.wait(DAY + HOUR)
        await news(on, phone)
        assert knocks(phone) == 1


async def test_without_an_approved_template_it_waits_and_is_told_once_there_is_one() -> None:
    async with hall() as on:
        (phone,) = await away(on)
        await news(on, phone)
        assert (held(on), on.sql(f"SELECT count(*) {KNOCKS}"), len(heard(phone))) == (1, 0, 1)
        await approved(on, KNOCK_OWN_CASE)
        for stands in ("'paused', category = ''", "'approved', category = 'MARKETING'"):
            await change(on, f"UPDATE contents SET status = {stands}")
            await on.bot.learn_shapes()
            await on.quiet()
            assert knocks(phone) == 0
        await change(on, "UPDATE contents SET category = 'UTILITY'")
        for _ in range(2):
            await on.bot.learn_shapes()
            await on.quiet()
        assert knocks(phone) == 1


async def test_at_night_it_waits_and_in_the_morning_it_is_looked_at_again() -> None:
    """One has written meanwhile; then the template is paused, and back a day later."""
    async with hall() as on:
        phones = await away(on, 2)
        await news(on, *phones)
        await on.wait(11 * HOUR)
        await approved(on, KNOCK_OWN_CASE)
        await on.bot.learn_shapes()
        await on.quiet()
        assert on.sql(f"SELECT count(*) {KNOCKS} AND state = 'waiting'") == 2
        await written(on, phones[:1])
        await change(on, "UPDATE contents SET status = 'paused'")
        await on.wait(12 * HOUR)
        assert on.sql(f"SELECT count(*) {KNOCKS}") == 0
        await change(on, "UPDATE contents SET status = 'approved'")
        await on.bot.learn_shapes()
        await on.quiet()
        assert [knocks(phone) for phone in phones] == [0, 1]
        assert held(on) == 1


async def test_a_knock_takes_its_place_in_the_tier_and_gives_none_away() -> None:
    async with hall(whatsapp_tier=2) as on:
        await approved(on, KNOCK_OWN_CASE, "mart_info")
        phones = await away(on, 4)
        await goes_out(on, phones[:1], texts=SHORT)
        await news(on, *phones[1:3])
        assert ([knocks(phone) for phone in phones], held(on)) == ([0, 1, 0, 0], 2)
        await on.down()
        await on.up()
        await goes_out(on, phones[3:], number="PGM-LATER", texts=SHORT)
        assert states(on.file, "PGM-LATER") == {"waiting limit": 1}
        await on.wait(DAY + 180)
        assert ([knocks(phone) for phone in phones], held(on)) == ([0, 1, 1, 0], 2)
        assert len(told(phones[3])) == 1


async def test_what_a_failure_means_for_a_knock() -> None:
    """A later try, or none; what it told of is held all the same, and comes when they write."""
    faults: list[dict[str, int]] = [
        {"error_code": 63012},
        {"error_code": 63016},
        {"error_code": 63041},
        {"status": 400, "error_code": 63016},
        {"status": 400, "error_code": 63040},
        {"error_code": 63024},
    ]
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        phones = await away(on, len(faults))
        for phone, fault in zip(phones, faults, strict=True):
            on.sandbox.fault("twilio", "messages.create", times=1, **fault)
            await news(on, phone)
        over = f"SELECT count(*) {KNOCKS} AND 'failed' IN (state, delivery)"
        await on.until(lambda: on.sql(over) == 5 and on.sql(f"SELECT count(*) {KNOCKS} AND state = 'waiting'") == 1)
        assert (sum(map(knocks, phones)), held(on)) == (0, 6)
        assert on.sql("SELECT count(*) FROM accounts WHERE reachable <> 'ok'") == 1
        for wait in (700, 2 * DAY):
            await on.wait(wait)
            assert ([knocks(phone) for phone in phones], held(on)) == ([1, 0, 0, 0, 0, 0], 6)
        await written(on, phones)
        assert all(heard(phone)[-1].startswith("Kabar") for phone in phones)
        assert held(on) == 0


@pytest.mark.parametrize("fault", [{"status": 400, "error_code": 63018}, {"error_code": 63018}])
async def test_where_whatsapp_says_that_the_tier_is_full_it_goes_later(fault: dict[str, int]) -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        phones = await away(on, 2)
        on.sandbox.fault("twilio", "messages.create", times=1, **fault)
        await news(on, phones[0])
        await on.until(lambda: on.sql(f"SELECT state {KNOCKS}") == "waiting")
        await news(on, phones[1])
        assert ([knocks(phone) for phone in phones], held(on)) == ([0, 0], 2)
        await on.wait(HOUR + 60)
        assert ([knocks(phone) for phone in phones], held(on)) == ([1, 1], 2)


async def test_what_a_crash_finds_on_its_way_is_not_repeated_and_the_news_stays() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        (phone,) = await away(on)
        await change(on, "UPDATE contents SET status = 'paused'")
        await news(on, phone)
        await change(on, "UPDATE contents SET status = 'approved'")
        await on.bot.store.run(_for_everybody)
        await on.down()
        sent = knocks(phone)
        await change(on, f"UPDATE outbox SET state = 'sending' WHERE id IN (SELECT id {KNOCKS})")
        await on.up()
        await on.quiet()
        assert on.sql(f"SELECT state {KNOCKS}") == "uncertain"
        await news(on, phone)
        assert (knocks(phone), held(on)) == (sent, 2)
        assert len(on.bot.delivering.picking.quota._taken) == 1, "a place of the tier may be used up"


async def test_a_request_that_was_cut_off_goes_no_second_time() -> None:
    async with hall() as on:
        await approved(on, KNOCK_OWN_CASE)
        (phone,) = await away(on)
        on.sandbox.fault("twilio", "messages.create", close=True, times=1)
        await news(on, phone)
        await on.until(lambda: on.sql(f"SELECT state {KNOCKS}") == "uncertain")
        await on.wait(DAY)
        assert (knocks(phone), held(on)) == (0, 1)


async def test_looking_whether_one_has_gone_walks_through_no_messages() -> None:
    async with hall() as on:
        values = {"id": 1, "account": "x", "now": 1, "since": 0, "after": ""}
        for statement in (knocking._ARISE, knocking._UNTOLD, knocking._WANTED):
            plan = await on.bot.store.read(
                lambda db, sql=statement: db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()  # type: ignore[misc]
            )
            assert not any(step[3] in ("SCAN k", "SCAN h", "SCAN a") for step in plan), plan
