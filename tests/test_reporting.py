"""What a coordinator is told while an announcement goes out, and that nothing but changes is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clockwork import progress_messages
from bot.clockwork.reporting import APART_MS, Reporting
from bot.records import announcement_reports, announcements
from bot.records.announcement_reports import BIG
from bot.schema import accounts, outbox
from bot.schema import announcements as table
from tests.announced import announced, delivered, put, settle
from tests.office import Office, office

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def reporting(on: Office) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """The loop; call it with milliseconds to let them pass, and it has told what it had to."""
    made = Reporting(on.store, on.composer)
    task = asyncio.create_task(made.run())

    async def passes(milliseconds: int) -> None:
        on.now += milliseconds
        for listener in on.store.listeners:
            listener()
        async with asyncio.timeout(10):
            while made.busy:
                await asyncio.sleep(0.001)

    await passes(0)
    yield passes
    on.store.listeners.clear()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def told(on: Office, account: str = "chief", *, sent: bool = True) -> list[dict[str, Any]]:
    """What waits to be sent to the author; `sent`: it has then been sent, under the ids 1, 2, …"""

    async def work(tx: Any) -> list[dict[str, Any]]:
        o = outbox.c
        found = await tx.rows(select(outbox).where(o.account_id == account, o.state == "waiting").order_by(o.id))
        for row in found if sent else ():
            body = json.loads(row["body"])
            values = {"state": "sent", "provider_id": body.get("edits") or f"M{row['id']}"}
            await tx.execute(update(outbox).where(o.id == row["id"]).values(values))
        return [{**json.loads(row["body"]), "lane": row["lane"], "id": row["id"]} for row in found]

    return await on.run(work)


async def test_what_is_over_in_five_seconds_is_told_once(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 3)
        async with reporting(on) as passes:
            await passes(APART_MS - 1)
            assert await told(on) == []
            await settle(on, number, "sent", 2)
            await settle(on, number, "failed", 1, reason="blocked")
            await put(on, number, state="done", ended_at=on.now)
            await passes(0)
            (message,) = await told(on)
            assert f"{number}* selesai dikirim." in message["text"]
            assert "• Terkirim: 2\n• Belum sampai: 1" in message["text"]
            assert f"pengumuman {number}" in message["text"]
            assert [one[0] for one in message["actions"]] == [f"open|announcements|{number}"]
            await passes(3_600_000)
            assert await told(on) == []


async def test_what_begins_and_ends_between_two_looks_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        async with reporting(on) as passes:
            await passes(0)
            number = await announced(on, author, "chief", state="done")
            await delivered(on, number, 2, state="sent")
            await passes(0)
            (message,) = await told(on)
            assert f"{number}* selesai dikirim." in message["text"]
            await passes(APART_MS)
            assert await told(on) == []


async def test_on_telegram_one_message_changes(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 100)
        async with reporting(on) as passes:
            await settle(on, number, "sent", 10)
            await passes(APART_MS)
            (first,) = await told(on)
            assert first["lane"] == "reply"
            assert "edits" not in first
            assert "▓░░░░░░░░░ 10 dari 100 orang\nKurang dari semenit lagi." in first["text"]
            assert [one[:2] for one in first["actions"]] == [
                [f"open|announce_control|pause {number}", "Jeda"],
                [f"open|announce_control|cancel {number}", "Batal"],
            ]
            await settle(on, number, "sent", 50)
            await passes(APART_MS - 1)
            assert await told(on) == []
            await passes(1)
            (second,) = await told(on)
            assert second["edits"] == f"M{first['id']}"
            assert "▓▓▓▓▓▓░░░░ 60 dari 100 orang" in second["text"]
            await put(on, number, state="paused")
            await passes(APART_MS)
            (paused,) = await told(on)
            assert "sedang dijeda" in paused["text"]
            assert [one[1] for one in paused["actions"]] == ["Lanjut", "Batal"]
            for _ in range(5):
                await passes(APART_MS)
            assert await told(on) == [], "nothing has changed"
            await put(on, number, state="sending")
            await settle(on, number, "sent", 40)
            await put(on, number, state="done", ended_at=on.now)
            await passes(APART_MS)
            (last,) = await told(on)
            assert last["edits"] == f"M{first['id']}"
            assert "selesai dikirim.\n• Terkirim: 100" in last["text"]
            rows = await on.run(lambda tx: tx.rows(select(outbox.c.id).where(outbox.c.account_id == "chief")))
            assert len(rows) == 1, "the rows of one message do not pile up"


async def test_a_message_that_has_not_gone_out_is_followed_by_none(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 100)
        async with reporting(on) as passes:
            await passes(APART_MS)
            assert len(await told(on, sent=False)) == 1
            for _ in range(4):
                await settle(on, number, "sent", 20)
                await passes(APART_MS)
            await settle(on, number, "sent", 20)
            await put(on, number, state="done", ended_at=on.now)
            await passes(APART_MS)
            assert len(await told(on)) == 1
            await passes(APART_MS)
            (last,) = await told(on)
            assert "selesai" in last["text"]
            assert last["edits"]


async def test_a_restart_goes_on_with_the_same_message(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 10)
        async with reporting(on) as passes:
            await passes(APART_MS)
            (first,) = await told(on)
        await settle(on, number, "sent", 10)
        await put(on, number, state="done", ended_at=on.now)
        on.now += 60_000
        async with reporting(on) as passes:
            await passes(0)
            (last,) = await told(on)
            assert last["edits"] == f"M{first['id']}"
        async with reporting(on) as passes:
            await passes(0)
            assert await told(on) == []


async def test_on_whatsapp_there_is_a_line_at_each_quarter(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")

        async def whatsapp(tx: Any) -> None:
            await tx.execute(update(accounts).where(accounts.c.id == "chief").values(channel="whatsapp", language="en"))

        await on.run(whatsapp)
        number = await announced(on, author, "chief")
        await delivered(on, number, 40)
        async with reporting(on) as passes:
            said: list[str] = []
            for _ in range(40):
                await settle(on, number, "sent", 1)
                await passes(APART_MS)
                messages = await told(on)
                assert all("edits" not in one for one in messages)
                said += [one["text"].partition(",")[0] for one in messages]
            assert said == [f"*{number}*: {percent}%" for percent in (25, 50, 75)]
            await put(on, number, state="done", ended_at=on.now)
            await passes(APART_MS)
            (last,) = await told(on)
            assert "has gone out.\n• Sent: 40" in last["text"]


async def test_an_author_who_writes_again_reads_the_last_line_and_none_before(tmp_path: Path) -> None:
    """Their window is shut: each line is held, and takes the place of the one that is held."""
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        away = update(accounts).where(accounts.c.id == "chief").values(channel="whatsapp")
        await on.run(lambda tx: tx.execute(away))
        number = await announced(on, author, "chief")
        await delivered(on, number, 4)
        async with reporting(on) as passes:
            for _ in range(3):
                await settle(on, number, "sent", 1)
                await passes(APART_MS)

                async def held(tx: Any) -> None:
                    done = update(outbox).where(outbox.c.state == "waiting").values(state="held")
                    count = (await tx.execute(done)).rowcount
                    await tx.execute(
                        update(accounts).where(accounts.c.id == "chief").values(held=accounts.c.held + count)
                    )

                await on.run(held)
            rows = await on.run(lambda tx: tx.rows(select(outbox.c.body).where(outbox.c.state == "held")))
            assert len(rows) == 1
            assert "75%" in rows[0]["body"]
            assert await on.run(lambda tx: tx.value(select(accounts.c.held).where(accounts.c.id == "chief"))) == 1


async def test_what_was_cancelled_is_told_when_nothing_waits_any_more(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 10)
        async with reporting(on) as passes:
            await settle(on, number, "sent", 4)
            await passes(APART_MS)
            await told(on)
            await put(on, number, state="cancelled", ended_at=on.now)
            await passes(APART_MS)
            assert await told(on) == []
            await settle(on, number, "dropped", 6, reason="cancelled")
            await passes(APART_MS)
            (last,) = await told(on)
            assert "dihentikan.\n• Terkirim: 4\n• Tidak jadi dikirim: 6" in last["text"]


async def test_the_rest_that_waits_for_the_morning_is_said_to(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 1, state="sent")
        await delivered(on, number, 2, due_at=on.now + 3_600_000)
        async with reporting(on) as passes:
            await passes(APART_MS)
            (message,) = await told(on)
            assert "1 dari 3 orang\nSisanya mulai Rabu, 15 November 2023, pukul 06.13 WIB." in message["text"]


async def test_an_author_whose_chat_is_gone_stops_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        gone = await announced(on, author, "chief")
        await put(on, gone, account_id=None)
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 1, state="sent")
        async with reporting(on) as passes:
            await passes(APART_MS)
            assert len(await told(on)) == 1


async def test_one_that_cannot_be_told_keeps_no_other_author_from_hearing(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        for _ in range(2):
            number = await announced(on, author, "chief")
            await delivered(on, number, 2)
        broken = min(await on.run(lambda tx: tx.rows(select(table.c.number))), key=lambda row: row["number"])
        await put(on, broken["number"], progress='{"pace": []}')
        async with reporting(on) as passes:
            await passes(APART_MS)
            assert len(await told(on)) == 1


async def test_a_big_one_is_counted_for_its_report_while_it_goes_out_and_afterwards(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await many(on, number, BIG + 1)

        async def figures() -> announcement_reports.Figures | None:
            async def work(tx: Any) -> announcement_reports.Figures | None:
                found = await announcements.get(tx, number)
                assert found is not None
                return await announcement_reports.figures(tx, found)

            return await on.run(work)

        assert await figures() is None, "to count so many would hold everybody up"
        async with reporting(on) as passes:
            await passes(APART_MS)
            known = await figures()
            assert known is not None
            assert (known.rows, known.count("sent"), known.at) == (BIG + 1, BIG + 1, on.now)
            await put(on, number, state="done", ended_at=on.now)
            await told(on)
            await passes(120_000)
            await told(on)
            await on.run(lambda tx: tx.driver(lambda db: db.execute("UPDATE deliveries SET delivery = 'read'")))
            await passes(120_000)
            later = await figures()
            assert later is not None
            assert later.sent("telegram") == (BIG + 1, BIG + 1, BIG + 1)


@pytest.mark.parametrize("state", ["sending", "done"])
async def test_who_asks_for_the_report_on_a_big_one_gets_a_fresh_count(tmp_path: Path, state: str) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await many(on, number, BIG + 1)
        await on.run(
            lambda tx: tx.driver(lambda db: db.execute("UPDATE deliveries SET state = 'waiting' WHERE id = 1"))
        )

        async def asks() -> bool:
            async def work(tx: Any) -> bool:
                return await announcement_reports.ask(tx, await announcements.get(tx, number), "chief")

            return await on.run(work)

        async with reporting(on) as passes:
            await passes(APART_MS)
            if state == "done":
                await on.run(lambda tx: tx.driver(lambda db: db.execute("UPDATE deliveries SET state = 'sent'")))
                await put(on, number, state="done", ended_at=on.now)
                await told(on)
                await passes(APART_MS)
                await told(on)
                await passes(APART_MS)
            on.now += announcement_reports.FRESH_MS + 1
            await on.run(lambda tx: tx.driver(lambda db: db.execute("UPDATE deliveries SET delivery = 'read'")))
            await told(on)
            assert await asks()
            await passes(0)
            opened = [one["open"] for one in await told(on) if "open" in one]
            assert opened == [["announcements", number]]
            found = await on.run(lambda tx: announcements.get(tx, number))
            assert found is not None
            known = announcement_reports.kept(found)
            assert known is not None
            assert (known.at, known.sent("telegram")[2]) == (on.now, BIG + (state == "done"))
            assert not await asks()
            await passes(0)
            assert [one for one in await told(on) if "open" in one] == []


async def many(on: Office, number: str, count: int) -> None:
    """So many deliveries that have been sent, as plain rows."""

    def work(db: Any) -> None:
        db.execute(
            """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
               INSERT INTO accounts (id, channel, external_id, created_at)
               SELECT 'm' || i, 'telegram', 'm' || i, 0 FROM n""",
            (count,),
        )
        db.execute(
            """INSERT INTO deliveries (announcement, account_id, person_id, channel, state, due_at)
               SELECT ?, id, id, 'telegram', 'sent', 0 FROM accounts WHERE external_id GLOB 'm[0-9]*'""",
            (number,),
        )

    await on.run(lambda tx: tx.driver(work))


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(0, 10, "░" * 10), (1, 100, "░" * 10), (99, 100, "▓" * 9 + "░"), (100, 100, "▓" * 10), (0, 0, "▓" * 10)],
)
async def test_the_bar_is_full_only_at_the_end(done: int, total: int, shown: str) -> None:
    assert progress_messages.bar(done, total) == shown
