"""Roles, areas, staff and invitations (domain.md 8.2, 8.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.records import invitations, roles
from bot.schema import audit, outbox, tidings
from bot.schema import invitations as table
from tests.office import DAY, office

PERSONAL = ("cek", "lihat", "antrean", "verifikasi", "lengkapi", "belum", "desa")


@pytest.mark.parametrize("role", ["mart", "trainer", "safeguarding", "data_protection", "auditor", "admin"])
def test_a_role_without_enrolments_sees_no_person(role: str) -> None:
    assert not any(roles.may(role, command) for command in PERSONAL)


def test_rights_of_the_table() -> None:
    assert roles.may("coordinator", "belum")
    assert not roles.may("companion", "belum")
    assert not roles.may("unheard of", "cek")
    assert not roles.may("coordinator", "unheard of")
    assert roles.commands_for([("companion", "33.07.04"), ("auditor", "")])[-4:-2] == ["rekap", "umumkan"]
    assert roles.commands_for([("trainer", "")]) == []
    assert {command for role in roles.ROLES.values() for command in role.commands} == set(roles.COMMANDS)


@pytest.mark.parametrize(
    ("area", "place", "inside"),
    [
        ("", "", True),
        ("", "33.07.04", True),
        ("33.07", "33.07", True),
        ("33.07", "33.07.04.2001", True),
        ("33.07.04", "33.07", False),
        ("33.07.04", "33.07.05", False),
        ("33.07", "", False),
        ("33", "33.07", True),
        ("3", "33.07", False),
    ],
)
def test_an_area_covers_what_lies_in_it(area: str, place: str, inside: bool) -> None:
    assert roles.covers(area, place) is inside


def test_areas_are_those_of_the_right_alone() -> None:
    held = [("coordinator", "33.07"), ("companion", "33.07.04"), ("companion", "32.15.01"), ("auditor", "")]
    assert roles.areas(held, "cek") == ("32.15.01", "33.07")
    assert roles.areas(held, "belum") == ("33.07",)
    assert roles.areas(held, "rekap") == ("",)
    assert roles.acting(held, "cek", "33.07.04.2001") == "companion"
    assert roles.acting(held, "cek", "53.06") == ""


def test_figures_only_for_who_holds_nothing_more() -> None:
    assert roles.seeing_people([("auditor", ""), ("coordinator", "33.07")]) == (("coordinator", "33.07"),)
    assert roles.seeing_people([("auditor", ""), ("admin", "")]) == ()


@given(st.text(max_size=20))
def test_a_staff_code_is_read_in_any_form(text: str) -> None:
    assert roles.normal(roles.normal(text)) == roles.normal(text)


@pytest.mark.asyncio
async def test_an_invitation_makes_staff_once_and_the_inviter_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        inviter = await here.staff("A1", "admin")
        token = await here.run(lambda tx: invitations.create(tx, "coordinator", "33.07", inviter))
        assert len(token) <= 40
        assert invitations.is_token(token)
        kept = await here.run(lambda tx: tx.rows(select(table)))
        assert token not in str(kept)
        for one in ("K1", "K2"):
            await here.account(one)
        taken = await here.run(lambda tx: invitations.take(tx, token, "K1"))
        assert taken is not None
        assert taken.roles == (("coordinator", "33.07"),)
        assert await here.run(lambda tx: invitations.take(tx, token, "K2")) is None
        assert await here.run(lambda tx: invitations.take(tx, token, "K1")) is None
        told = await here.run(lambda tx: tx.rows(select(tidings)))
        assert [(row["staff_code"], row["kind"], row["reference"]) for row in told] == [
            (inviter, "invitation_taken", taken.code)
        ]
        deeds = await here.run(lambda tx: tx.rows(select(audit.c.actor, audit.c.action)))
        assert [tuple(row.values()) for row in deeds] == [(inviter, "invite"), (taken.code, "join")]


@pytest.mark.asyncio
async def test_an_invitation_is_good_for_seven_days_and_can_be_withdrawn(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.account("K1")
        old = await here.run(lambda tx: invitations.create(tx, "admin"))
        here.now += 7 * DAY
        assert await here.run(lambda tx: invitations.take(tx, old, "K1")) is None
        assert await here.run(invitations.waiting) == []
        new = await here.run(lambda tx: invitations.create(tx, "admin"))
        (waiting,) = await here.run(invitations.waiting)
        assert not await here.run(lambda tx: invitations.withdraw(tx, ""))
        assert await here.run(lambda tx: invitations.withdraw(tx, waiting["id"]))
        assert await here.run(lambda tx: invitations.take(tx, new, "K1")) is None


@pytest.mark.asyncio
@pytest.mark.parametrize(("role", "area"), [("coordinator", ""), ("coordinator", "Wonosobo"), ("programme", "3307")])
async def test_nobody_is_invited_to_a_wrong_area(tmp_path: Path, role: str, area: str) -> None:
    async with office(tmp_path) as here:
        with pytest.raises(roles.WrongArea):
            await here.run(lambda tx: invitations.create(tx, role, area))
        with pytest.raises(roles.UnknownRole):
            await here.run(lambda tx: invitations.create(tx, "king"))


@pytest.mark.asyncio
async def test_a_second_role_comes_under_the_same_code(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "coordinator", "33.07")
        for _ in range(2):
            assert await here.run(lambda tx: roles.add(tx, "K1", "coordinator", "32.15")) == code
        found = await here.run(lambda tx: roles.by_code(tx, code.lower().replace("-", " ")))
        assert found is not None
        assert set(found.roles) == {("coordinator", "33.07"), ("coordinator", "32.15")}


@pytest.mark.asyncio
async def test_revoked_staff_are_nobody_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("K1", "programme")
        token = await here.run(lambda tx: invitations.create(tx, "programme", invited_by=code))
        reference = await here.enrolled("Peserta Satu", "33.07.04")
        assert await here.run(lambda tx: roles.revoke(tx, code)) is not None
        assert await here.run(lambda tx: roles.revoke(tx, code)) is None
        assert await here.run(lambda tx: roles.of(tx, "K1")) is None
        await here.account("K2")
        assert await here.run(lambda tx: invitations.take(tx, token, "K2")) is None
        with pytest.raises(LookupError):
            await here.talk("K1").say(f"cek {reference}")
        (kept,) = await here.run(roles.everyone)
        assert (kept.code, kept.roles, kept.ended) == (code, (), here.now)


@pytest.mark.asyncio
async def test_somebody_joins_in_chat_and_anybody_checks_the_code(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        token = await here.run(lambda tx: invitations.create(tx, "coordinator", "33.07"))
        await here.account("K1")
        joining = here.talk("K1")
        welcome = await joining.say(f"undangan petugas {token}")
        staff = await here.run(lambda tx: roles.of(tx, "K1"))
        assert staff is not None
        assert staff.code in welcome
        assert "Wonosobo" in await joining.say("Koordinator Satu")
        anybody = here.talk(await here.account("W1"))
        answer = await anybody.say(f"cek petugas {staff.code.lower()}")
        assert "Koordinator Satu" in answer
        assert "Wonosobo" in answer
        await here.run(lambda tx: roles.revoke(tx, staff.code))
        assert "bukan kode petugas" in await anybody.say(f"cek petugas {staff.code}")
        assert "sudah dipakai" in await anybody.say(f"undangan petugas {token}")
        assert await here.run(lambda tx: tx.rows(select(outbox))) == []
