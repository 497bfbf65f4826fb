"""Membership of a cooperative: wishes, appointments and reminders, what staff note, and the card that is scanned."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from bot.author import Day
from bot.records import links, memberships, people
from bot.schema import audit, mart_days, outbox, pictures
from bot.schema import memberships as table
from bot.store import Tx
from bot.turns.composing import marked
from bot.turns.hearing import Ears
from tests import prepared
from tests.answers import outcome
from tests.dialogue import phone_account, stage
from tests.office import DAY, Office, office

KALIWIRO = "kaliwiro"
NOW = int(datetime(2023, 11, 15, 2, 0, tzinfo=UTC).timestamp() * 1000)
"""A Wednesday, 09.00 WIB."""


async def member(here: Office, name: str, account: str = "", area: str = "33.07.04") -> tuple[str, str]:
    """Somebody who has enrolled; person and chat."""
    chat = account or f"chat of {name}"
    await here.enrolled(name, area, account=account)
    found = await here.run(lambda tx: people.of_account(tx, chat))
    return next(one.id for one in found if one.full_name == name), chat


async def standing(here: Office, person: str) -> dict[str, Any] | None:
    return await here.run(lambda tx: tx.row(select(table).where(table.c.person_id == person)))


async def wish(here: Office, chat: str, person: str, day: str = "", mart: str = KALIWIRO) -> str:
    return await here.run(lambda tx: memberships.wish(tx, chat, person, mart, day))


async def sign(here: Office, person: str, number: str, by: str = "M1") -> str:
    return await here.run(lambda tx: memberships.signed(tx, by, person, number, "2023-11-15"))


async def note(here: Office, person: str, what: str, by: str = "M1") -> str:
    return await here.run(lambda tx: memberships.note(tx, by, person, what))


async def search(here: Office, text: str, by: str = "M1") -> list[str]:
    found = await here.run(lambda tx: memberships.search(tx, by, text))
    return list(found["hits"])


async def waiting(here: Office, template: str) -> list[dict[str, Any]]:
    query = select(outbox).where(outbox.c.template == template).order_by(outbox.c.id)
    return await here.run(lambda tx: tx.rows(query))


@pytest.mark.asyncio
async def test_a_wish_is_told_to_those_who_look_after_the_mart_without_a_name(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.now = NOW
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        await here.staff("A1", "companion", "33.07.04")
        person, chat = await member(here, "Siti Contoh")
        assert await wish(here, chat, person, "2023-11-20") == "reminded"
        assert await wish(here, chat, person, "2023-11-20") == "reminded"
        assert await wish(here, chat, person, "2023-11-16") == "noted"
        told = await waiting(here, "members.wants") + await waiting(here, "members.moved")
        assert [row["account_id"] for row in told] == ["M1", "M1"]
        assert not any("Siti" in row["body"] or person in row["body"] for row in told)
        found = await standing(here, person)
        assert found is not None
        assert (found["status"], found["appointment"], found["mart"]) == ("candidate", "2023-11-16", KALIWIRO)


@pytest.mark.asyncio
async def test_the_reminder_is_due_in_the_morning_before_and_follows_the_day(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.now = NOW
        person, chat = await member(here, "Siti Contoh")
        for day in ("2023-11-20", "2023-11-24"):
            await wish(here, chat, person, day)
        reminders = await waiting(here, memberships.REMINDER)
        assert [row["due_at"] for row in reminders] == [NOW + 8 * DAY]
        assert json.loads(reminders[0]["body"])["say"][2]["day"]["day"] == "2023-11-24"
        assert await here.run(lambda tx: memberships.withdraw(tx, chat, person))
        assert await waiting(here, memberships.REMINDER) == []
        assert await standing(here, person) is None


@pytest.mark.asyncio
async def test_nobody_speaks_for_somebody_of_another_chat(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        person, chat = await member(here, "Siti Contoh")
        await here.account("stranger")
        assert await wish(here, "stranger", person) == "changed"
        assert await wish(here, chat, person, mart="nowhere") == "changed"
        await wish(here, chat, person)
        assert not await here.run(lambda tx: memberships.withdraw(tx, "stranger", person))


@pytest.mark.asyncio
async def test_signing_makes_a_member_once_and_orders_the_card(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.now = NOW
        code = await here.staff("M1", "mart", "33.07")
        first, chat = await member(here, "Siti Contoh")
        second, other = await member(here, "Ani Contoh")
        for person, account in ((first, chat), (second, other)):
            await wish(here, account, person, "2023-11-20")
        assert await sign(here, first, " 017 a ") == "done"
        assert await sign(here, first, "018") == "not_now"
        assert await sign(here, second, "017A") == "taken"
        assert await sign(here, "nobody", "019") == "unknown"
        assert len(await waiting(here, memberships.REMINDER)) == 1
        ordered = await here.run(lambda tx: tx.rows(select(pictures)))
        assert [(row["account_id"], row["kind"]) for row in ordered] == [(chat, "card")]
        found = await standing(here, first)
        assert found is not None
        assert (found["status"], found["number"], found["joined_on"], found["changed_by"]) == (
            "member", "017A", "2023-11-15", code
        )  # fmt: skip
        facts = json.loads(ordered[0]["facts"])
        assert facts["name"] == "Siti Contoh"
        assert facts["link"].endswith(found["card"])
        assert await wish(here, chat, first) == "changed"


@pytest.mark.asyncio
async def test_nobody_signs_for_themselves_and_that_they_tried_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "33.07")
        person, chat = await member(here, "Siti Contoh", account="M1")
        await wish(here, chat, person, "2023-11-20")
        assert await sign(here, person, "17") == "own"
        assert await note(here, person, "dropped") == "own"
        assert (await standing(here, person) or {})["status"] == "candidate"
        tried = await here.run(lambda tx: tx.rows(select(audit).where(audit.c.action == "member_own")))
        assert {(row["actor"], row["object"]) for row in tried} == {(code, person)}
        assert await sign(here, person, "17", by="M2") == "done"
        assert await note(here, person, "new_card") == "own"


@pytest.mark.asyncio
async def test_an_appointment_has_its_hour_in_the_zone_of_the_mart(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.now = NOW
        await here.staff("M1", "mart", "33.07")
        person, chat = await member(here, "Siti Contoh")
        assert await wish(here, chat, person, "2023-11-20T09:00") == "reminded"
        (news,) = await waiting(here, "members.wants")
        (reminder,) = await waiting(here, memberships.REMINDER)
        for row in (news, reminder):
            at = json.loads(row["body"])["say"][2]["day"]
            assert marked(at, "id") == "Senin, 20 November 2023, pukul 09.00 WIB"
            assert marked(at, "en") == "Monday, 20 November 2023, 9:00 am WIB"
        assert reminder["due_at"] == int(datetime(2023, 11, 19, 2, 0, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Sabtu jam 9", "2023-11-18T09:00"), ("sabtu", "2023-11-18"), ("saturday 9 am", "2023-11-18T09:00"),
        ("besok pukul 13.30", "2023-11-16T13:30"), ("25/11 jam 2 siang", "2023-11-25T14:00"), ("25/11", "2023-11-25"),
        ("Sabtu setengah sepuluh", "2023-11-18T09:30"), ("sabtu pagi", "2023-11-18"), ("25 nov", "2023-11-25"),
        ("sabtu jam 20.00", "!day_shut"), ("hari ini jam 8 pagi", "!day_past"), ("sabtu jam 30", "!day"),
    ],
)  # fmt: skip
def test_a_day_may_have_its_hour(typed: str, read: str) -> None:
    question = Day(NOW, "Asia/Jakarta", timed=True, opens={date(2023, 11, 18): (8 * 60, 17 * 60)})
    assert outcome(question, typed) == read
    alone = outcome(Day(NOW, "Asia/Jakarta"), typed)
    assert "T" not in alone, "where no hour is asked none is read"


@pytest.mark.asyncio
async def test_a_card_that_was_replaced_opens_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        person, chat = await member(here, "Siti Contoh")
        await wish(here, chat, person)
        await sign(here, person, "017")
        before = (await standing(here, person) or {})["card"]
        assert await search(here, before.upper()) == [person]
        assert await note(here, person, "new_card") == "done"
        assert await search(here, before) == []
        assert await search(here, "017") == await search(here, "siti") == [person]
        assert await note(here, person, "leave") == "done"
        assert not await here.run(lambda tx: memberships.send_card(tx, chat, person))
        assert await wish(here, chat, person) == "noted"
        assert (await standing(here, person) or {})["number"] is None


@pytest.mark.asyncio
@pytest.mark.parametrize(("role", "area"), [("mart", "32.15"), ("companion", "33.07.04"), ("auditor", "")])
async def test_staff_of_elsewhere_see_and_note_nothing(role: str, area: str, tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("X1", role, area)
        person, chat = await member(here, "Siti Contoh")
        await wish(here, chat, person)
        for text in ("siti", person, "calon"):
            assert await search(here, text, "X1") == []
        assert not await here.run(lambda tx: memberships.opened(tx, "X1", person))
        assert await sign(here, person, "1", "X1") == "unknown"
        assert await note(here, person, "dropped", "X1") == "unknown"
        assert (await standing(here, person) or {})["status"] == "candidate"


@pytest.mark.asyncio
async def test_each_look_and_each_change_is_recorded_without_a_name(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        person, chat = await member(here, "Siti Contoh")
        await wish(here, chat, person)

        async def work(tx: Tx) -> None:
            await memberships.search(tx, "M1", "siti")
            await memberships.search(tx, "M1", "nobody")
            await memberships.opened(tx, "M1", person)
            await memberships.signed(tx, "M1", person, "017", "2023-11-15")
            for what in ("new_card", "rest", "back", "leave"):
                await memberships.note(tx, "M1", person, what)

        await here.run(work)
        found = await here.run(lambda tx: tx.rows(select(audit).order_by(audit.c.id)))
        assert [(row["action"], row["object"]) for row in found] == [
            ("look_up_member", person), ("look_up_member", ""), ("view_member", person), ("member_signed", person),
            ("member_new_card", person), ("member_rest", person), ("member_back", person), ("member_leave", person),
        ]  # fmt: skip
        assert {(row["actor"], row["role"]) for row in found} == {(code, "mart")}
        assert "siti" not in str(found).lower()


@pytest.mark.asyncio
async def test_who_is_deleted_is_no_candidate_and_is_not_reminded(tmp_path: Path) -> None:
    """On a phone that somebody else uses, too, whose own wish stays."""
    async with office(tmp_path) as here:
        here.now = NOW
        await here.staff("M1", "mart", "33.07")
        first, chat = await member(here, "Siti Contoh")
        second, _ = await member(here, "Ani Contoh", account=chat)
        for person in (first, second):
            await wish(here, chat, person, "2023-11-20")
        await here.run(lambda tx: people.erase(tx, first))
        assert await standing(here, first) is None
        reminders = await waiting(here, memberships.REMINDER)
        assert [json.loads(row["body"])["say"][2]["person"] for row in reminders] == [second]
        assert await search(here, "calon") == [second]


@pytest.mark.asyncio
async def test_only_staff_see_who_a_scanned_card_belongs_to() -> None:
    async with stage() as on:
        running = on.running
        assert running is not None
        phones = {
            name: await on.sandbox.phone("telegram", name=name, language_code="id")
            for name in ("Peserta 01", "Pengelola 01", "Tamu 01")
        }
        who = {name: phone_account(phone, "telegram") for name, phone in phones.items()}
        await prepared.carry_out(running, "staff", who["Pengelola 01"], "Pengelola 01", "mart 33.07", "id")
        await prepared.carry_out(running, "enrolled", who["Peserta 01"], "Peserta 01", "33.07.04.1015", "id")

        async def joined(tx: Tx) -> str:
            staff, chat = f"prepared-{who['Pengelola 01'][1]}", f"prepared-{who['Peserta 01'][1]}"
            person = (await people.of_account(tx, chat))[0].id
            await memberships.wish(tx, chat, person, KALIWIRO)
            assert await memberships.signed(tx, staff, person, "017", "2040-01-10") == "done"
            known = await memberships.of_person(tx, person)
            assert known is not None
            return known.card or ""

        card = await running.store.run(joined)
        for written in (f"/start {card}", f"Halo ({card})", card):
            for name, phone in phones.items():
                await phone.type(written)
                await on.quiet()
                said = phone.chat[-1].text
                assert ("017" in said and "Peserta 0***" in said) is (name == "Pengelola 01"), (name, written)
                assert "Peserta 01" not in said


@pytest.mark.asyncio
async def test_a_day_on_which_the_mart_is_closed_is_not_taken(tmp_path: Path) -> None:
    async with stage() as on:
        running = on.running
        assert running is not None
        phone = await on.sandbox.phone("telegram", name="Peserta 01", language_code="id")
        who = phone_account(phone, "telegram")
        await prepared.carry_out(running, "enrolled", who, "Peserta 01", "33.07.04.1015", "id")
        await running.store.run(lambda tx: tx.execute(insert(mart_days), {"mart": KALIWIRO, "day": "2040-01-12"}))
        for said in ("koperasi", "1", "1"):
            await phone.type(said)
            await on.quiet()
        assert phone.chat[-1].buttons[0][0].label == "Jumat, 13 Jan"
        await phone.type("besok")
        await on.quiet()
        assert "mart tutup" in phone.chat[-1].text


def test_a_link_brings_the_code_by_a_channel_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_names", {})
    card = memberships.new_card()
    assert links.to(card, "telegram") == card
    links.reached_by("whatsapp", "14155238886")
    assert links.to(card, "telegram") == f"https://wa.me/14155238886?text=Halo%20%28{card}%29"
    links.reached_by("telegram", "contoh_bot")
    assert links.to(card, "telegram") == f"https://t.me/contoh_bot?start={card}"
    assert links.to(card, "whatsapp").startswith("https://wa.me/")


def test_every_card_is_heard_however_it_comes() -> None:
    ears = Ears(())
    for _ in range(200):
        card = memberships.new_card()
        for written in (f"/start {card}", card, card.upper(), f"Halo ({card})"):
            assert ears.hear(written) == f"open:member_card {card}"
    assert ears.hear("/start kartu-lama") == "source:kartu-lama"
    assert ears.hear("kartu keluarga") is None


@given(st.text(max_size=30))
def test_a_number_is_kept_in_one_way_of_writing(text: str) -> None:
    assert memberships.plain(memberships.plain(text)) == memberships.plain(text)
    assert memberships.read_card(text) in ("", text.strip().lower())


COMING = Day(NOW, "Asia/Jakarta", closed=(date(2023, 11, 18),))
PASSED = Day(NOW, "Asia/Jakarta", ahead=0, back=1000)


@pytest.mark.parametrize(
    ("typed", "coming", "passed"),
    [
        ("hari ini", "2023-11-15", "2023-11-15"), ("besok", "2023-11-16", "!day_future"),
        ("lusa", "2023-11-17", "!day_future"), ("kemarin", "!day_past", "2023-11-14"),
        ("senin", "2023-11-20", "2023-11-13"), ("Rabu", "2023-11-15", "2023-11-15"),
        ("sabtu", "!day_closed", "2023-11-11"), ("2/1/2024", "2024-01-02", "!day_future"),
        ("20/11", "2023-11-20", "2022-11-20"), ("1 nov", "!day_past", "2023-11-01"), ("minggu depan", "!day", "!day"),
        ("2024-01-14", "2024-01-14", "!day_future"), ("1/3/2024", "!day_far", "!day_future"), ("31/2", "!day", "!day"),
        ("kapan saja", "!day", "!day"), ("25/12/2021", "!day_past", "2021-12-25"),
        ("tomorrow", "2023-11-16", "!day_future"),
    ],
)  # fmt: skip
def test_a_day_is_read(typed: str, coming: str, passed: str) -> None:
    assert outcome(COMING, typed) == coming
    assert outcome(PASSED, typed) == passed


@given(st.text(max_size=70))
def test_no_text_is_too_odd_for_a_day(text: str) -> None:
    for question in (COMING, PASSED):
        assert outcome(question, text)
