"""A member's offer through to a confirmed settlement: she is on WhatsApp with a photo, the manager presses buttons."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bot import files
from bot.sandbox.phones import Phone
from tests.dialogue import Stage, phone_account, stage
from tests.pictures import SECRET, photo
from tests.prepared import carry_out


async def settled(on: Stage, *phones: Phone) -> None:
    for phone in phones:
        mine = [message for message in phone.chat if message.side == "person"]
        await on.sandbox.waits_for(lambda mine=mine: all(one.ticks != "sent" for one in mine[-1:]), 10)  # type: ignore[misc]
    await on.quiet()


def heard(phone: Phone) -> str:
    return [message.text.replace("\u2060", "") for message in phone.chat if message.side == "bot"][-1]


@pytest.mark.asyncio
@pytest.mark.parametrize(("hers", "his"), [("whatsapp", "telegram"), ("telegram", "whatsapp")])
async def test_an_offer_between_two_phones_and_two_channels(hers: str, his: str) -> None:
    async with stage() as on:
        member = await on.sandbox.phone(hers, name="Peserta 01", number="+6281200000001")
        manager = await on.sandbox.phone(his, name="Pengelola 01", number="+6281200000002")
        assert on.running is not None
        who = phone_account(manager, his)
        await carry_out(on.running, "staff", who, "Pengelola 01", "mart 33.07", "id")
        await carry_out(on.running, "enrolled", phone_account(member, hers), "Peserta 01", "33.07.04 verified", "id")

        async def says(phone: Phone, *words: str) -> str:
            for one in words:
                await phone.type(one)
                await settled(on, member if hers == "whatsapp" else manager)
                on.clock.now += 1000
                on.sandbox.advance(1)
            return heard(phone)

        async def does(label: str, word: str) -> None:
            """The manager presses a button, or on WhatsApp writes what stands for it."""
            if his == "whatsapp":
                await says(manager, f"tawaran {reference} {word}")
                return
            await manager.press(label)
            await settled(on)

        await says(manager, "tawaran")
        await says(member, "jual", "Keripik singkong", "1", "200 gram", "12rb", "20", "30", "3")
        await member.send("photo", data=photo(3000, 2000), mime="image/jpeg")
        await settled(on, member if hers == "whatsapp" else manager)
        await says(member, "kirim")
        assert manager.chat[-1].media is not None
        reference = heard(manager).split()[3]
        assert "Peserta 01" in heard(manager)
        await does("Minta contoh", "contoh")
        assert "Bawa satu contoh" in heard(member)
        await does("Terima", "terima")
        assert "menerima" in heard(member)
        await says(member, "senin")
        assert "hari Senin" in heard(manager)
        await says(manager, f"tawaran {reference} masuk 20", "1", "15rb", f"tawaran {reference} terjual 20")
        await says(manager, f"tawaran {reference} bayar", "1")
        assert "Rp240.000" in heard(member)
        assert "sama-sama dicatat" in await says(member, "1")
        assert heard(manager).endswith("sesuai.")
        database = on.settings.database_url.partition("///")[2]
        with closing(sqlite3.connect(database)) as db:
            assert db.execute("SELECT status FROM offers").fetchone() == ("finished",)
            assert db.execute("SELECT state, sold, due FROM settlements").fetchall() == [("confirmed", 20, 240_000)]
            goods = db.execute("SELECT delivered, sold, returned, settled FROM consignments").fetchall()
            steps = db.execute("SELECT status FROM offer_changes ORDER BY id").fetchall()
            (kept,) = db.execute("SELECT photo FROM offers").fetchone()
        assert goods == [(20, 20, 0, 20)]
        assert [step for (step,) in steps] == [
            "submitted", "reviewing", "sample", "accepted", "stocked", "selling", "finished"
        ]  # fmt: skip
        assert SECRET.encode() not in (files.beside(database) / kept).read_bytes(), (
            "it says nothing of where it was taken"
        )
