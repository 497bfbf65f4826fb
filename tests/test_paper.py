"""A price that a maker without a chat agrees to on paper: before a witness, noted with who saw it and when."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.sandbox.phones import Phone
from bot.store import Tx
from tests.dialogue import Stage, phone_account, stage
from tests.prepared import carry_out
from tests.test_sell import rows, says

KEPT = "SELECT price, state, signed_on, witness FROM offer_prices"


async def manager_of_goods(on: Stage, channel: str, language: str = "id") -> tuple[Phone, Phone, str]:
    """The manager, the maker's phone, and an offer whose maker has no chat any more."""
    assert on.running is not None
    for pace in on.running.outbox.paces.values():
        pace.per_chat = 0.0
    staff = await on.sandbox.phone(channel, name="Pengelola Satu", number="+6281200000001", language_code=language)
    maker = await on.sandbox.phone(channel, name="Peserta Satu", number="+6281200000002", language_code=language)
    await carry_out(on.running, "staff", phone_account(staff, channel), "Pengelola Satu", "mart 33.07", language)
    who = phone_account(maker, channel)
    await carry_out(on.running, "enrolled", who, "Peserta Satu", "33.07.04 verified", language)
    reference = await carry_out(on.running, "offered", who, "Peserta Satu", "Keripik singkong", language)
    # What is held for whoever has not written yet comes now, and not in between.
    await says(on, staff, "menu")
    await says(on, maker, "menu")
    await on.wait(60)
    return staff, maker, reference


async def unlinked(on: Stage) -> list[tuple[object, ...]]:
    """The maker's chat is theirs no more; what linked it."""
    links = rows(on, "SELECT account_id, person_id, since FROM account_persons")
    await run(on, "DELETE FROM account_persons", "UPDATE offers SET account_id = NULL")
    return links


async def run(on: Stage, *statements: str) -> None:
    async def work(tx: Tx) -> None:
        for one in statements:
            await tx.execute(text(one))

    assert on.running is not None
    await on.running.store.run(work)


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_a_price_signed_on_paper_holds_and_is_shown_as_such(channel: str) -> None:
    async with stage() as on:
        staff, maker, reference = await manager_of_goods(on, channel)
        links = await unlinked(on)
        assert "tanda tangan di kertas?" in await says(on, staff, f"tawaran {reference} harga 11rb500")
        assert "Bicarakan langsung" in await says(on, staff, "belum")
        assert rows(on, KEPT) == [], "nothing holds that nobody has agreed to"
        assert "hari apa" in await says(on, staff, f"tawaran {reference} harga 11rb500", "sudah tanda tangan")
        assert "saksinya" in await says(on, staff, "besok", "kemarin")
        assert "Saksinya orang lain" in await says(on, staff, "Peserta Satu")
        assert "Saksinya orang lain" in await says(on, staff, "pengelola satu")
        said = await says(on, staff, "Peserta Dua")
        assert "setuju di kertas, Selasa, 10 Januari 2040, saksi Peserta Dua" in said
        assert "Rp11.500" in said
        assert rows(on, KEPT) == [(11_500, "agreed", "2040-01-10", "Peserta Dua")]
        assert rows(on, "SELECT price, status FROM offers") == [(11_500, "accepted")]
        assert ("offer_price_paper",) in rows(on, "SELECT action FROM audit")
        assert "Harga Rp11.500 disetujui di kertas" in await says(on, staff, f"tawaran {reference}")
        account, person, since = links[0]
        await run(
            on, f"INSERT INTO account_persons (account_id, person_id, since) VALUES ('{account}', '{person}', {since})"
        )
        assert "tercatat disetujui di kertas" in await says(on, maker, "tawaran saya")
        await says(on, staff, f"tawaran {reference} harga 11.000")
        assert rows(on, KEPT)[-1][:3] == (11_000, "asked", ""), "whoever has a chat is asked there"


@pytest.mark.asyncio
async def test_a_maker_who_has_a_chat_by_then_is_asked_there() -> None:
    async with stage() as on:
        staff, _, reference = await manager_of_goods(on, "telegram", "en")
        (account, person, since), *_ = await unlinked(on)
        assert "witness" in await says(on, staff, f"offers {reference} price 11k", "signed", "today")
        await run(
            on, f"INSERT INTO account_persons (account_id, person_id, since) VALUES ('{account}', '{person}', {since})"
        )
        await says(on, staff, "Peserta Dua")
        assert rows(on, KEPT) == [(11_000, "asked", "", "")]
