"""Offering something: whose it is on a shared phone, what a draft belongs to, and what is no offer at all."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from bot.records import people
from bot.sandbox.phones import Phone
from tests.dialogue import Stage, phone_account, stage
from tests.pictures import PDF, SVG, bomb, packed, photo
from tests.prepared import carry_out
from tests.test_media import Studio, fetches


async def says(on: Stage, phone: Phone, *words: str) -> str:
    for one in words:
        await phone.type(one)
        await on.quiet()
        on.clock.now += 1000
        on.sandbox.advance(1)
    return [message.text for message in phone.chat if message.side == "bot"][-1]


async def enrolled(on: Stage, phone: Phone, *names: str) -> None:
    assert on.running is not None
    for name in names:
        who = phone_account(phone, phone.channel)
        await carry_out(on.running, "enrolled", who, name, "33.07.04 verified", "id")


def rows(on: Stage, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(on.settings.database_url.partition("///")[2])) as database:
        return database.execute(query).fetchall()


ANSWERS = ("Keripik singkong", "1", "200 gram", "12rb", "20", "30", "7", "lewati", "kirim")


@pytest.mark.asyncio
async def test_on_a_shared_phone_it_is_asked_whose_goods_they_are() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01", "Peserta 02")
        assert "Ini barang siapa" in await says(on, phone, "jual")
        await says(on, phone, "Peserta 01", *ANSWERS)
        maker = "SELECT p.full_name FROM offers o JOIN persons p ON p.id = o.person_id"
        assert rows(on, maker) == [("Peserta 01",)], "not the one who enrolled last"


@pytest.mark.asyncio
async def test_what_somebody_has_begun_to_offer_goes_with_them() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        await says(on, phone, "jual", "Keripik singkong", "batal")
        await enrolled(on, phone, "Peserta 02")
        drafts = "SELECT count(*) FROM talks WHERE conversation = 'sell' AND answers LIKE '%Keripik%'"
        assert rows(on, drafts) == [(1,)]
        ((person,),) = rows(on, "SELECT id FROM persons WHERE full_name = 'Peserta 01'")
        assert on.running is not None
        await on.running.store.run(lambda tx: people.erase(tx, str(person)))
        assert rows(on, drafts) == [(0,)]
        assert "Nama barangnya" in await says(on, phone, "jual"), "the other one begins anew"


@pytest.mark.asyncio
@pytest.mark.parametrize("typed", ["jual 25rb", "jual 25.000"])
async def test_an_amount_that_was_sold_is_a_cash_note(typed: str) -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        assert "Rp25.000" in await says(on, phone, typed)
        assert rows(on, "SELECT kind, amount FROM cash_notes") == [("in", 25_000)]


@pytest.mark.asyncio
async def test_nobody_waits_with_more_than_ten_offers() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        assert on.running is not None
        for number in range(10):
            who = phone_account(phone, "telegram")
            await carry_out(on.running, "offered", who, "Peserta 01", f"Keripik {number}", "id")
        assert "sudah banyak" in await says(on, phone, "jual")
        assert rows(on, "SELECT count(*) FROM offers") == [(10,)]


UNFETCHED = (
    ("sticker", b"RIFF", "image/webp"),
    ("voice", b"OggS", "audio/ogg"),
    ("video", bytes(20 << 20), "video/mp4"),
)
FETCHED = (
    ("document", SVG, "image/svg+xml", "belum bisa kami pakai"),
    ("document", packed(), "application/zip", "belum bisa kami pakai"),
    ("document", PDF, "application/pdf", "belum bisa kami pakai"),
    ("photo", packed(), "image/jpeg", "belum bisa kami pakai"),
    ("photo", bomb(), "image/png", "terlalu besar"),
    ("photo", photo()[:900], "image/jpeg", "tidak bisa kami buka"),
    ("document", photo() + bytes(6 << 20), "image/jpeg", "terlalu besar"),
)


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_what_is_no_photo_of_the_goods_is_kindly_asked_for_again_and_not_kept(channel: str) -> None:
    async with stage(Studio) as on:
        assert isinstance(on, Studio)
        phone = await on.sandbox.phone(channel, name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        for one in ("jual", *ANSWERS[:-2]):
            await phone.type(one)
            await on.settled(phone)
        for kind, data, mime in UNFETCHED:
            answer = await on.sends(phone, kind, data, mime=mime)
            assert "belum bisa kami pakai" in answer
            assert "Kirim satu foto barangnya" in answer
        assert fetches(on) == 0
        for kind, data, mime, said in FETCHED:
            began = time.monotonic()
            answer = await on.sends(phone, kind, data, mime=mime)
            assert time.monotonic() - began < 5
            assert said in answer, (kind, mime)
            assert "Kirim satu foto barangnya" in answer
        assert on.nothing_kept()
        assert "Ini yang kami kirim" in await on.sends(phone, "photo", photo())
        assert len(on.kept) == 1


@pytest.mark.asyncio
async def test_begun_anew_the_offer_before_is_gone_also_within_one_batch() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        await says(on, phone, "jual", "Keripik singkong", "1")
        for one in ("jual madu", "mulai baru"):
            await phone.type(one)
        await on.quiet()
        kept = rows(on, "SELECT answers FROM talks WHERE conversation = 'sell' AND state <> 'ended'")
        assert len(kept) == 1
        assert "Madu" in str(kept[0][0])
        assert "Keripik" not in str(kept[0][0])


@pytest.mark.asyncio
async def test_what_was_sold_is_noted_while_an_offer_waits_and_offers_nothing() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await enrolled(on, phone, "Peserta 01")
        await says(on, phone, "jual", "Keripik singkong", "jual 25rb", "1", "jual 3 bungkus 45rb", "200 gram")
        said = await says(on, phone, "jual 12rb", "jual 20 bungkus 90rb", "jual 20")
        assert "Tahan berapa hari" in said, "a price and a number are answers where they are asked for"
        assert rows(on, "SELECT amount FROM cash_notes ORDER BY id") == [(25_000,), (45_000,), (90_000,)]
