"""Each look-up of a person and each change by staff is a row (design.md 7, invariant 5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.records import audit
from bot.schema import audit as table
from tests.office import Office, office


async def rows(here: Office) -> list[tuple[str, str, str]]:
    c = table.c
    found = await here.run(lambda tx: tx.rows(select(c.action, c.object, c.purpose).order_by(c.id)))
    return [(row["action"], row["object"], row["purpose"]) for row in found]


@pytest.mark.asyncio
async def test_each_look_and_each_change_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        reference = await here.enrolled("Peserta Satu", "33.07.04", phone="+6281234567890")
        talk = here.talk("K1")
        for said in ("cek peserta", "cek nobody", f"lihat {reference}", "2", "antrean", f"desa {reference}"):
            await talk.say(said)
        await talk.say("Dusun Contoh")
        await talk.say(f"verifikasi {reference} ktp")
        await talk.say("rekap")
        assert await rows(here) == [
            ("look_up", reference, ""),
            ("look_up", "", ""),
            ("view", reference, "contact"),
            ("queue", reference, ""),
            ("open", reference, ""),
            ("village", reference, ""),
            ("open", reference, ""),
            ("verify", reference, "ktp"),
            ("report", "", ""),
        ]
        about = await here.run(lambda tx: audit.of(tx, reference))
        assert {(row["actor"], row["role"], row["channel"]) for row in about} == {(code, "coordinator", "telegram")}
        assert about[0]["action"] == "verify"


@pytest.mark.asyncio
async def test_no_name_and_no_number_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.enrolled("Peserta Satu", "33.07.04", phone="+6281234567890")
        for said in ("cek Peserta Satu", "cek 7890"):
            await here.talk("K1").say(said)
        found = str(await here.run(lambda tx: tx.rows(select(table)))).lower()
        assert "satu" not in found
        assert "7890" not in found


@pytest.mark.asyncio
async def test_a_look_at_nothing_is_a_row_too(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.run(lambda tx: audit.record(tx, "PTG-2222", "look_up", []))
        await here.run(lambda tx: audit.record(tx, "PTG-2222", "look_up", ["a", "b"]))
        assert [row[1] for row in await rows(here)] == ["", "a", "b"]


def test_nothing_alters_what_is_recorded() -> None:
    written = {name for name in vars(audit) if not name.startswith("_") and callable(getattr(audit, name))}
    assert written.isdisjoint({"update", "delete"})
