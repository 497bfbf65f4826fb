"""Telegram's command menus: for everybody by language, for staff in their own chat, and back when the roles end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.records import roles
from bot.sandbox.world import Call
from tests.dialogue import Stage, stage
from tests.prepared import carry_out

pytestmark = pytest.mark.asyncio


def commands(call: Call) -> list[str]:
    told = call.params["commands"]
    listed: list[dict[str, Any]] = json.loads(told) if isinstance(told, str) else told
    return [one["command"] for one in listed]


def scope(call: Call) -> str:
    told = call.params.get("scope", {})
    return str((json.loads(told) if isinstance(told, str) else told).get("type", ""))


async def settled(on: Stage, menus: int) -> list[Call]:
    await on.sandbox.waits_for(lambda: len(on.sandbox.calls("setMyCommands")) >= menus)
    return on.sandbox.calls("setMyCommands")


async def test_everybody_sees_the_commands_in_the_language_of_their_app() -> None:
    async with stage() as on:
        told = {call.params.get("language_code", ""): commands(call) for call in await settled(on, 3)}
    assert told.keys() == {"", "id", "en"}
    assert "daftar" in told["id"]
    assert "enrol" in told["en"]
    assert told[""] == told["id"]


async def test_staff_see_their_own_commands_until_their_roles_end() -> None:
    async with stage() as on:
        before = len(await settled(on, 3))
        phone = await on.sandbox.phone("telegram", name="Koordinator 01")
        assert on.running is not None
        who = ("telegram", str(phone.chat_id))
        code = await carry_out(on.running, "staff", who, "Koordinator 01", "coordinator 33.07", "id")
        await phone.type("halo")
        own = (await settled(on, before + 3))[before:]
        assert {scope(call) for call in own} == {"chat"}
        assert all({"cek", "antrean", "verifikasi"} <= set(commands(call)) for call in own)

        await on.running.store.run(lambda tx: roles.revoke(tx, code))
        await phone.type("halo")
        later = (await settled(on, before + 6))[before + 3 :]
        assert not any("cek" in commands(call) for call in later)


async def test_a_role_that_ends_in_the_middle_of_a_conversation_ends_that_too() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Koordinator 01")
        assert on.running is not None
        who = ("telegram", str(phone.chat_id))
        code = await carry_out(on.running, "staff", who, "Koordinator 01", "coordinator 33.07", "id")
        await phone.type("umumkan")
        (asked,) = await phone.waits()
        assert "Pengumuman tentang apa" in asked.text
        await on.running.store.run(lambda tx: roles.revoke(tx, code))
        for words in ("besok rapat", "umumkan"):
            await phone.type(words)
            (said,) = await phone.waits()
            assert "Status pendaftaran" in said.text
        await phone.press("Undangan kegiatan", asked.id)
        (said,) = await phone.waits()
        assert "Tulis pengumumannya" not in said.text


async def test_staff_whose_roles_ended_while_the_bot_was_down_see_what_everybody_sees() -> None:
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Koordinator 01")
        assert on.running is not None
        who = ("telegram", str(phone.chat_id))
        code = await carry_out(on.running, "staff", who, "Koordinator 01", "coordinator 33.07", "id")
        await on.running.store.run(lambda tx: roles.revoke(tx, code))
        await on.down()
        await on.up()
        before = len(await settled(on, 6))
        await phone.type("halo")
        assert {scope(call) for call in (await settled(on, before + 3))[before:]} == {"chat"}


async def test_who_is_no_staff_costs_no_call() -> None:
    async with stage() as on:
        before = len(await settled(on, 3))
        phone = await on.sandbox.phone("telegram", name="Peserta 01")
        await phone.type("halo")
        await phone.waits(1)
        await on.quiet()
        assert len(on.sandbox.calls("setMyCommands")) == before
