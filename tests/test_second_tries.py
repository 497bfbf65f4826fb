"""What a coordinator sees of what arrived in part, of a big one and of a channel that is gone, and tries again.

The real conversation, over the providers' HTTP, and the rows below it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.clockwork.finishing import Finishing
from bot.commands import announcement_export
from bot.records import announcement_reports, announcements, call_lists, corrections, letting_go, second_tries
from bot.records.announcement_reports import BIG
from bot.sandbox.phones import Phone
from bot.schema import deliveries
from tests.announced import announced, delivered, put
from tests.dialogue import Stage, phone_account, stage
from tests.office import Office, office
from tests.prepared import carry_out

pytestmark = pytest.mark.asyncio
CHANNELS = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
FIRST, SECOND = "Rapat besok jam 9.", "Bawa KARTU anggota."


def long(channel: str) -> str:
    """Words that take two messages."""
    return f"{FIRST} {'a ' * (1950 if channel == 'telegram' else 740)}\n\n{SECOND} {'b ' * 100}"


async def cast(on: Stage, channel: str) -> tuple[Phone, Phone]:
    """A coordinator, and a participant who wants announcements."""
    chief = await on.sandbox.phone(channel, name="Koordinator 01", language_code="id", number="+6281200000001")
    other = await on.sandbox.phone(channel, name="Peserta 01", language_code="id", number="+6281200000002")
    for phone in (chief, other):
        await phone.type("halo")
        await on.quiet()
    assert on.running is not None
    await carry_out(on.running, "staff", phone_account(chief, channel), "Koordinator 01", "coordinator 33.07", "id")
    who = phone_account(other, channel)
    await carry_out(on.running, "enrolled", who, "Peserta 01", "33.07.04 verified 3d", "id")
    await carry_out(on.running, "agreed", who, "Peserta 01", "1 all", "id")
    return chief, other


async def goes_out(on: Stage, chief: Phone, words: str) -> str:
    """An announcement goes out; its number."""
    assert on.running is not None
    who = phone_account(chief, chief.channel)
    number = await carry_out(on.running, "announced", who, "Koordinator 01", f"event 33.07 0m {words}", "id")
    await on.wait(61)
    await on.wait(6)
    return number


async def says(on: Stage, phone: Phone, said: str) -> str:
    """What comes back."""
    before = len(phone.chat)
    await phone.type(said)
    await on.quiet()
    await on.told()
    await on.quiet()
    return "\n".join(one.text for one in phone.chat[before:] if one.side == "bot")


def parts(phone: Phone) -> list[str]:
    """Which of the two beginnings somebody has, in order."""
    heard = [one.text for one in phone.chat if one.side == "bot"]
    return [one for shown in heard for one in (FIRST, SECOND) if one in shown]


def choice(shown: str, label: str) -> str:
    """The number before a label."""
    return next(line.partition(".")[0] for line in shown.splitlines() if line.endswith(f". {label}"))


@CHANNELS
async def test_what_arrived_in_part_is_told_so_and_one_tap_sends_the_rest(channel: str) -> None:
    async with stage() as on:
        chief, other = await cast(on, channel)
        if channel == "telegram":
            blocked = "Forbidden: bot was blocked by the user"
            on.sandbox.fault("telegram", "sendMessage", status=403, description=blocked, skip=1, times=1)
        else:
            on.sandbox.fault("twilio", "messages.create", error_code=11111, skip=1, times=1)
        number = await goes_out(on, chief, long(chief.channel))
        if channel == "telegram":
            # WhatsApp tells it only later.
            assert "• Terkirim: 0\n• Sampai sebagian: 1\n" in chief.chat[-1].text
        before = len(parts(other))
        if channel == "telegram":
            assert on.running is not None
            fine = text("UPDATE accounts SET reachable = 'ok'")
            await on.running.store.run(lambda tx: tx.execute(fine))
        why = "memblokir chat ini" if channel == "telegram" else "gangguan di kanal"
        shown = await says(on, chief, f"pengumuman {number}")
        assert f"Untuk 1 orang\n• Sampai sebagian: 1\n– {why}: 1\n" in shown.replace("*", "")
        listed = await says(on, chief, choice(shown, "Siapa yang belum dapat"))
        assert "Peserta 01, 0812-0000-001: baru sampai sebagian" in listed
        shown = await says(on, chief, f"pengumuman {number}")
        await says(on, chief, choice(shown, "Coba kirim lagi"))
        await on.wait(6)
        assert before == 1
        assert sorted(parts(other)) == sorted([FIRST, SECOND]), "the part that had arrived is not there twice"
        shown = await says(on, chief, f"pengumuman {number}")
        assert "• Terkirim: 1" in shown
        assert "ebagian" not in shown
        if channel == "whatsapp":
            assert "sampai 1" in shown


async def test_a_window_that_closes_between_two_parts_holds_the_rest() -> None:
    async with stage() as on:
        chief, other = await cast(on, "whatsapp")
        on.sandbox.fault("twilio", "messages.create", error_code=63016, skip=1, times=1)
        number = await goes_out(on, chief, long(chief.channel))
        assert "Menunggu orangnya menulis: 1" in await says(on, chief, f"pengumuman {number}")
        had = parts(other)
        await says(on, other, "halo")
        assert (had, sorted(parts(other))) == ([FIRST], sorted([FIRST, SECOND]))
        assert "• Terkirim: 1" in await says(on, chief, f"pengumuman {number}")


# Big ones


def crowd(db: sqlite3.Connection, number: str) -> None:
    """So many other people have got it that nobody counts them while others wait."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    db.execute(
        f"""INSERT INTO accounts (id, channel, external_id, created_at)
            {numbers} SELECT 'm' || i, 'telegram', 'm' || i, 0 FROM n""",
        (BIG,),
    )
    db.execute(
        f"""INSERT INTO deliveries (announcement, account_id, person_id, channel, state, due_at)
            {numbers} SELECT ?, 'm' || i, 'm' || i, 'telegram', 'sent', 0 FROM n""",
        (BIG, number),
    )


@pytest.mark.parametrize(
    ("language", "channel", "asks", "waits", "left_out", "retry", "tried", "after"),
    [
        ("id", "whatsapp", "pengumuman {}", "penerimanya banyak. Kami hitung dulu", "memblokir chat ini: 1",
         "Coba kirim lagi", "1 kiriman *{}* dicoba lagi", "Terkirim: 10.001"),
        ("en", "telegram", "announcement {}", "these are many people. We count them", "has blocked this chat: 1",
         "Try once more", "1 message of {} is tried once more", "Sent: 10,001"),
    ],
)  # fmt: skip
async def test_of_a_big_one_the_report_comes_once_it_is_counted_and_who_was_left_out_gets_it_after_all(
    language: str, channel: str, asks: str, waits: str, left_out: str, retry: str, tried: str, after: str
) -> None:
    async with stage() as on:
        chief, other = await cast(on, channel)
        if language == "en":
            await says(on, chief, "english")
        number = await goes_out(on, chief, FIRST)
        assert len(parts(other)) == 1
        await on.down()
        with closing(sqlite3.connect(on.settings.database_url.partition("///")[2])) as db, db:
            # Just before it went out they had blocked us, and have changed their mind since.
            db.execute("UPDATE deliveries SET state = 'skipped', reason = 'blocked', provider_id = ''")
            crowd(db, number)
        await on.up()
        await on.wait(31)
        shown = await says(on, chief, asks.format(number))
        first, _, report = shown.partition("\n")
        assert waits in first
        assert left_out in report, "it comes by itself"
        said = await says(on, chief, choice(report, retry))
        assert tried.format(number) in said
        assert len(parts(other)) == 2
        await on.wait(31)
        shown = await says(on, chief, asks.format(number))
        assert after in shown
        assert retry not in shown


async def figures_of(on: Office, number: str) -> announcement_reports.Figures:
    """A count of one, however big."""
    found = await on.run(lambda tx: announcements.get(tx, number))
    assert found is not None
    one = found
    return await on.store.read(lambda db: announcement_reports.count(db, one, on.now))


async def curable(on: Office, number: str) -> int:
    """How many may be tried again, as it is offered."""
    found = await on.run(lambda tx: announcements.get(tx, number))
    assert found is not None
    one = found
    return await on.run(lambda tx: second_tries.curable(tx, one))


async def test_of_a_big_one_those_who_can_be_reached_again_go_in_chunks_and_nobody_else(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await on.run(lambda tx: tx.driver(lambda db: crowd(db, number)))
        mine = await delivered(on, number, 7, state="skipped", reason="blocked", settled_at=on.now)
        await delivered(on, number, 2, state="skipped", reason="blocked", reachable="blocked", settled_at=on.now)
        await delivered(on, number, 2, state="skipped", reason="no_opt_in", settled_at=on.now)
        mine += await delivered(on, number, 3, state="failed", reason="provider", settled_at=on.now)
        assert await on.store.read(lambda db: second_tries.left_out(db, number, on.now)) == 7
        assert await curable(on, number) == 3, "as far as was counted"
        figures = await figures_of(on, number)
        await put(on, number, progress=announcements.packed({"figures": replace(figures, again=7).json()}))
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 10
        on.now += 1
        await delivered(on, number, 1, state="skipped", reason="unreachable", settled_at=on.now)
        await Finishing(on.store).once()
        query = select(deliveries.c.person_id).where(deliveries.c.state == "waiting")
        gone = {row["person_id"] for row in await on.run(lambda tx: tx.rows(query))}
        assert gone == set(mine), "what was left out since has not been let go"
        assert await on.store.read(second_tries.asked) == []
        assert await curable(on, number) == 0, "it is not offered twice"


async def test_one_that_is_cancelled_lets_nobody_go_who_was_left_out(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done", again_at=on.now)
        await on.run(lambda tx: tx.driver(lambda db: crowd(db, number)))
        await delivered(on, number, 2, state="skipped", reason="blocked", settled_at=on.now)
        await put(on, number, state="cancelled")
        await Finishing(on.store).once()
        query = select(deliveries.c.id).where(deliveries.c.state == "waiting")
        assert await on.run(lambda tx: tx.rows(query)) == []
        assert await on.store.read(second_tries.asked) == []


async def test_a_chunk_of_those_who_were_left_out_is_found_by_its_ids(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        again = second_tries._AGAIN.format(whose=second_tries._THESE)
        values: dict[str, Any] = dict.fromkeys(("number", "channels", "at", "corrected", "ids", "most", "now"), "[]")
        plan = await on.run(
            lambda tx: tx.driver(lambda db: db.execute(f"EXPLAIN QUERY PLAN {again}", values).fetchall())
        )
        steps = [str(step[3]) for step in plan]
        assert any("SEARCH d USING INTEGER PRIMARY KEY" in step for step in steps), steps


# In part


async def in_part(on: Office, number: str, **values: str) -> list[str]:
    """Somebody who has the first of two parts."""
    given = {"state": "failed", "reason": "provider", "delivery": "failed", "provider_id": "SM1 -", **values}
    return await delivered(on, number, 1, **given)


async def test_who_has_a_part_is_told_apart_from_who_has_nothing_and_who_has_all(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        for given in (
            {}, {"delivery": "", "provider_id": "5"}, {"provider_id": "- SM2"},
            {"state": "skipped", "reason": "stopped", "delivery": "", "provider_id": "5"},
            {"state": "dropped", "reason": "cancelled", "delivery": "", "provider_id": "SM1"},
        ):  # fmt: skip
            await in_part(on, number, **given)
        for given in (
            {"provider_id": "SM1"}, {"delivery": "", "provider_id": ""},
            {"state": "dropped", "reason": "over", "delivery": "", "provider_id": "SM1", "way": "knock"},
            {"state": "sent", "delivery": "read"}, {"state": "waiting", "delivery": ""}, {"state": "held"},
        ):  # fmt: skip
            await in_part(on, number, **given)
        figures = await figures_of(on, number)
        assert (figures.count("in_part"), figures.count("failed"), figures.count("dropped")) == (5, 2, 1)
        assert (figures.count("sent"), figures.rows, figures.settled) == (1, 11, 9)
        looked = await on.run(lambda tx: call_lists.look_up(tx, "chief", number))
        listed = await on.run(lambda tx: call_lists.entries(tx, "chief", looked["ids"]))
        assert [one.state for one in listed].count("in_part") == 3, "who has stopped is not to be called"
        path = tmp_path / "calls.csv"
        await on.store.read(lambda db: announcement_export._write(db, number, path, False))
        assert path.read_text("utf-8-sig").count(",in_part,") == 5
        await on.store.read(lambda db: announcement_export._write(db, number, path, True))
        assert path.read_text("utf-8-sig").count(",in_part,") == 3


async def test_a_correction_is_also_for_who_has_a_part_and_the_rest_of_the_wrong_words_goes_no_more(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await in_part(on, number)
        await in_part(on, number)
        await delivered(on, number, 1, state="failed", reason="provider")
        state, found = await on.run(lambda tx: corrections.original(tx, "chief", number))
        assert state == "ready"
        assert found is not None
        assert await curable(on, number) == 3
        await announced(on, author, "chief", state="done", corrects=number)
        assert await curable(on, number) == 1


async def test_people_on_a_channel_that_was_taken_out_of_the_settings_are_told_of_with_what_can_be_done() -> None:
    async with stage() as on:
        chief, other = await cast(on, "telegram")
        away = await on.sandbox.phone("whatsapp", name="Peserta 02", number="+6281200000003")
        who = phone_account(away, "whatsapp")
        assert on.running is not None
        await carry_out(on.running, "enrolled", who, "Peserta 02", "33.07.05 verified 3d", "id")
        await carry_out(on.running, "agreed", who, "Peserta 02", "1 all", "id")
        number = await carry_out(
            on.running, "announced", phone_account(chief, "telegram"), "Koordinator 01", f"event 33.07 0m {FIRST}", "id"
        )
        await on.quiet()
        await on.down()
        settings, before = on.settings, letting_go.limits()
        on.settings = settings.model_copy(update={"twilio_account_sid": ""})
        try:
            await on.up()
            await on.wait(67)
            shown = await says(on, chief, f"pengumuman {number}")
            assert "– kanalnya sedang tidak dipakai: 1\n" in shown
            assert "Kalau kanal yang sedang tidak dipakai itu sudah dipakai lagi" in shown
            assert "Coba kirim lagi\n" not in shown
            await on.down()
            on.settings = settings
            await on.up()
            shown = await says(on, chief, f"pengumuman {number}")
            assert "Kalau kanal yang" not in shown
            await says(on, chief, choice(shown, "Coba kirim lagi"))
            await says(on, away, "halo")
            assert len(parts(other)) == len(parts(away)) == 1
        finally:
            letting_go.limit(before)
