"""What staff see and decide: only in their area, masked, and the person is told kindly."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import references
from bot.records import decisions, enrolments, people, queue
from bot.schema import enrolments as table
from bot.schema import outbox, requests
from tests.office import TEXTS, Office, office


async def told(here: Office) -> list[tuple[str, Any]]:
    found = await here.run(lambda tx: tx.rows(select(outbox.c.account_id, outbox.c.body).order_by(outbox.c.id)))
    return [(row["account_id"], json.loads(row["body"])) for row in found]


@pytest.mark.parametrize(
    ("name", "masked"),
    [("Sri Wahyuni", "Sri W***"), ("Sutini", "Sut***"), ("H. Abdul Contoh", "H. A***"), ("Al", "Al***"), ("", "***")],
)
def test_a_masked_name(name: str, masked: str) -> None:
    card = queue.Card("r", "submitted", "", "", "", "", None, "", "", 0, 0, "p", name, "", None, "", None)
    assert card.masked == masked


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ("", ("", "")),
        ("sri", ("", "sri")),
        ("{r} ktp", ("{r}", "ktp")),
        ("{spaced} kuota penuh", ("{r}", "kuota penuh")),
    ],
)
def test_what_stands_behind_a_command(given: str, parts: tuple[str, str]) -> None:

    made = references.new("WSB", lambda n: n // 2)
    names = {"r": made, "spaced": made.lower().replace("-", " ")}
    assert queue.split(given.format(**names)) == (parts[0].format(**names), parts[1])


@pytest.mark.asyncio
async def test_a_look_up_stays_inside_the_area(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.staff("D1", "companion", "33.07.04")
        near = await here.enrolled("Peserta Satu", "33.07.04.2001", phone="+6281234567890")
        next_door = await here.enrolled("Peserta Dua", "33.07.05", phone="+6281234567890")
        far = await here.enrolled("Peserta Tiga", "32.15.01", phone="+6281234567890")
        for text in ("peserta", "7890", "0812-3456-7890"):
            found = await here.run(partial(queue.search, account="K1", text=text))
            assert sorted(found["hits"]) == sorted([near, next_door]), text
            found = await here.run(partial(queue.search, account="D1", text=text))
            assert found["hits"] == [near], text
        for command in ("lihat", "verifikasi", "lengkapi", "belum", "desa"):
            for reference in (far, references.new("WSB", lambda _: 0)):
                assert "belum ketemu" in await here.talk("K1").say(f"{command} {reference}")
        assert await here.run(lambda tx: decisions.verify(tx, "K1", far, "ktp")) == "unknown"
        assert await here.run(lambda tx: queue.find(tx, "stranger", "cek", near)) is None


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["sumin", "SUMINAH", "suminha", "binti sum", "binti", "suminah binti"])
async def test_names_are_found_as_they_are_typed(tmp_path: Path, text: str) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Suminah Binti Sumarno", "33.07.04")
        await here.enrolled("Peserta Lain", "33.07.04")
        found = await here.run(lambda tx: queue.search(tx, "K1", text))
        assert found == {"hits": [reference], "more": False}


@pytest.mark.asyncio
async def test_at_most_five_hits_and_none_with_a_hint(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for number in range(7):
            await here.enrolled(f"Peserta {number}", "33.07.04")
        answer = await here.talk("K1").say("/cek peserta")
        assert answer.count("WSB-") == 5
        assert "lebih lengkap" in answer
        assert "Belum ada yang cocok" in await here.talk("K1").say("cek zzz")


@pytest.mark.asyncio
async def test_the_queue_is_oldest_first_and_leads_to_a_decision(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        young = await here.enrolled("Peserta Satu", "33.07.04", days=1)
        old = await here.enrolled("Peserta Dua", "33.07.05", days=9)
        await here.enrolled("Peserta Tiga", "33.07.05", days=20, status="verified")
        talk = here.talk("K1", "en")
        page = await talk.say("queue")
        assert page.index(old) < page.index(young)
        assert "9 days" in page
        assert "1 day\n" in page
        await talk.say("1")
        await talk.say("[Verify]")
        assert "letting" not in await talk.say("maybe")
        assert await here.status(old) == "submitted"
        assert "verified now" in await talk.say("[ID card (KTP)]")
        assert await here.status(old) == "verified"
        assert await told(here) == [("chat of Peserta Dua", {"say": ["decision", "verified", {"reference": old}]})]


@pytest.mark.asyncio
async def test_a_decision_that_somebody_else_took_meanwhile_is_done(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for one in ("K1", "K2"):
            await here.staff(one, "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        first, second = here.talk("K1"), here.talk("K2")
        for talk in (first, second):
            await talk.say(f"verifikasi {reference}")
        await first.say("ktp")
        assert "sudah terverifikasi" in await second.say("ktp")
        assert "sudah terverifikasi" in await second.say(f"verifikasi {reference} kk")
        assert "sudah diputuskan" in await second.say(f"lengkapi {reference}")
        assert len(await told(here)) == 1


@pytest.mark.asyncio
async def test_nobody_verifies_whom_they_enrolled_or_themselves(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        await here.staff("K2", "coordinator", "33.07")
        assisted = await here.enrolled("Peserta Satu", "33.07.04", by=code)
        own = await here.enrolled("Peserta Dua", "33.07.04", account="K1")
        linked = await here.enrolled("Peserta Tiga", "33.07.04")
        card = await here.run(lambda tx: queue.find(tx, "K2", "cek", linked))
        assert card is not None
        await here.run(lambda tx: people.link(tx, "K1", card.person_id))
        for reference in (assisted, own, linked):
            assert "petugas lain" in await here.talk("K1").say(f"verifikasi {reference} ktp")
            assert await here.status(reference) == "submitted"
            assert await here.run(partial(decisions.verify, account="K2", reference=reference, method="ktp")) == "done"


@pytest.mark.asyncio
async def test_one_question_goes_to_the_person(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        await here.talk("K1").say(f"lengkapi {reference} desa")
        assert await here.status(reference) == "needs_info"
        (row,) = await here.run(lambda tx: tx.rows(select(requests)))
        assert (row["question"], row["asked_by"], row["answered_at"]) == ("village", code, None)
        assert await told(here) == [("chat of Peserta Satu", {"open": ["complete", reference]})]
        assert await here.run(lambda tx: decisions.request(tx, "K1", reference, "phone")) == "done"


@pytest.mark.asyncio
async def test_somebody_without_a_chat_is_told_by_staff(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        code = await here.staff("K2", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04", by=code, chatless=True)
        assert "belum punya chat" in await here.talk("K1").say(f"lengkapi {reference} desa")
        assert "dikabari langsung" in await here.talk("K1").say(f"verifikasi {reference} ktp")
        assert await told(here) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", enrolments.REASONS)
async def test_not_yet_is_said_kindly_with_a_way_on(tmp_path: Path, reason: str) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        await here.talk("K1").say(f"belum {reference} {reason}")
        assert await here.status(reference) == "not_eligible"
        ((account, body),) = await told(here)
        assert (account, body["say"][:2]) == ("chat of Peserta Satu", ["decision", f"not_yet.{reason}"])
        values = {**body["say"][2], "sapaan": "Ibu", "contact": "kantor"}
        for language, way_on in (("id", "BANTUAN"), ("en", "HELP")):
            text = TEXTS.say(language, "decision", f"not_yet.{reason}", values)
            assert way_on in text
            assert "kantor" in text


@pytest.mark.asyncio
async def test_a_companion_does_not_refuse(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("D1", "companion", "33.07.04")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        with pytest.raises(LookupError):
            await here.talk("D1").say(f"belum {reference} kuota_penuh")
        assert await here.run(lambda tx: decisions.decline(tx, "D1", reference, "kuota_penuh")) == "unknown"
        assert "Belum bisa ikut" not in await _opened(here, "D1")


async def _opened(here: Office, account: str) -> str:
    talk = here.talk(account)
    await talk.say("antrean")
    return await talk.say("1")


@pytest.mark.asyncio
async def test_the_village_is_put_right_inside_its_kecamatan(tmp_path: Path) -> None:
    from bot.questions import places

    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        known = places.villages("33.07.04")
        if known:
            label = (known[0].label or {})["id"]
            assert label in await here.talk("K1").say(f"desa {reference} {label}")
            found = await here.run(lambda tx: enrolments.get(tx, reference))
            assert found is not None
            assert found.village == known[0].value
        elsewhere = {"code": "33.07.05.2001"}
        assert await here.run(lambda tx: decisions.put_right(tx, "K1", reference, elsewhere)) == "not_from_here"
        assert "Dusun Contoh" in await here.talk("K1").say(f"desa {reference} Dusun Contoh")
        card = await here.run(lambda tx: queue.find(tx, "K1", "cek", reference))
        assert card is not None
        assert (card.village, card.village_name()) == ("", "Dusun Contoh")


@pytest.mark.asyncio
async def test_the_whole_card_takes_a_purpose(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04", phone="+6281234567890")
        talk = here.talk("K1")
        assert "Satu" not in await talk.say(f"lihat {reference}")
        shown = await talk.say("hubungi")
        assert "Peserta Satu" in shown
        assert "0812" in shown


@pytest.mark.asyncio
async def test_a_living_enrolment_that_left_the_area_is_out_of_sight(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        talk = here.talk("K1")
        await talk.say("antrean")
        await here.run(lambda tx: tx.execute(update(table).values(district="32.15", kecamatan="32.15.01")))
        assert reference in await talk.say("1")
        assert await here.status(reference) == "submitted"
