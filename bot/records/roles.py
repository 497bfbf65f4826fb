"""The roles, what each may do, and who has them where.

One table holds every right; a command that is not in it is nobody's. Rights hold inside an area: a prefix of Kemendagri
codes, empty for everywhere. Invitations are in invitations.py.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select, update

from bot import references
from bot.questions import places
from bot.records import audit
from bot.schema import accounts, invitations, staff, staff_roles, tidings
from bot.store import Tx


@dataclass(frozen=True, slots=True)
class Role:
    """What one role may do."""

    commands: tuple[str, ...] = ()
    local: bool = False
    """Only ever given with an area."""
    aggregates: bool = False
    """Sees figures and no people: cells under five are left out."""
    categories: str = ""
    """How the categories of announcements begin that it may send; empty: every one."""


CARDS = ("cek", "lihat", "antrean", "verifikasi", "lengkapi", "takterhubung")
ANNOUNCING = ("umumkan", "pengumuman", "koreksi")
SHOPKEEPING = ("jam", "stok", "promo")

ROLES = {
    # koordinator desa, pendamping: sees the whole card only to compare it with a card in the hand, with a purpose
    "companion": Role((*CARDS, "desa", *ANNOUNCING), local=True),
    # koordinator kabupaten: decides as well
    "coordinator": Role((*CARDS, "belum", "desa", "rekap", *ANNOUNCING, "setujui", "tawaran", "anggota"), local=True),
    # petugas program, across districts
    "programme": Role((*CARDS, "belum", "desa", "rekap", *ANNOUNCING, "setujui", "tawaran", *SHOPKEEPING, "anggota")),
    "mart": Role((*ANNOUNCING, "tawaran", *SHOPKEEPING, "anggota"), local=True, categories="mart_"),
    "trainer": Role(),
    "safeguarding": Role(),
    "data_protection": Role(),
    "auditor": Role(("rekap",), aggregates=True),
    # keeps accounts and settings, reads no answers
    "admin": Role(("rekap",), aggregates=True),
}
"""Every role and its commands (domain.md 8.2, 8.3). A command is the first of the words that open its conversation."""

COMMANDS = (
    "antrean", "cek", "lihat", "verifikasi", "lengkapi", "belum", "desa", "takterhubung", "rekap", "umumkan", "setujui",
    "pengumuman", "koreksi", "tawaran", "jam", "stok", "promo", "anggota",
)  # fmt: skip
"""Every command of staff, in the order of their menu."""

AREA = re.compile(r"(\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?)?")


class UnknownRole(ValueError):
    """There is no such role; `ROLES` has them all."""


class WrongArea(ValueError):
    """An area is a Kemendagri code such as 33.07 or 33.07.04; a local role needs one."""


Held = Iterable[tuple[str, str]]
"""(role, area) pairs of one staff member."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff member, with the roles that hold now; none once ended."""

    code: str
    account: str
    channel: str
    name: str
    roles: tuple[tuple[str, str], ...]
    invited_by: str
    since: int
    ended: int | None = None


def may(role: str, command: str) -> bool:
    """Whether a role has the right to a command."""
    return role in ROLES and command in ROLES[role].commands


def announces(role: str, category: str) -> bool:
    """Whether a role has to do with announcements of a category."""
    return role in ROLES and category.startswith(ROLES[role].categories)


def allowed(held: Held, command: str) -> bool:
    """Whether any of these roles has the right to a command, in whatever area."""
    return any(may(role, command) for role, _ in held)


def commands_for(held: Held) -> list[str]:
    """The commands that these roles may use, in the order of the menu."""
    pairs = tuple(held)
    return [command for command in COMMANDS if allowed(pairs, command)]


def covers(area: str, place: str) -> bool:
    """Whether a place (the code of a district, kecamatan or village) lies in an area."""
    return area == "" or place == area or place.startswith(area + ".")


def areas(held: Held, command: str) -> tuple[str, ...]:
    """Where these roles may use a command, without areas that lie in another of them."""
    found = {area for role, area in held if may(role, command)}
    return tuple(sorted(one for one in found if not any(other != one and covers(other, one) for other in found)))


def acting(held: Held, command: str, place: str) -> str:
    """The role that gives the right to a command at a place; empty where none does."""
    fits = [(area, role) for role, area in held if may(role, command) and covers(area, place)]
    return max(fits, key=lambda fit: len(fit[0]))[1] if fits else ""


def works_in(held: Held, district: str) -> bool:
    """Whether any of these roles holds in a district, or in a part of it."""
    return any(covers(area, district) or covers(district, area) for _, area in held)


def by_right(held: Held, command: str) -> str:
    """The first of these roles that has the right to a command, wherever; empty where none does."""
    return next((role for role, _ in held if may(role, command)), "")


def seeing_people(held: Held) -> tuple[tuple[str, str], ...]:
    """Those of these roles that are not confined to figures."""
    return tuple((role, area) for role, area in held if role in ROLES and not ROLES[role].aggregates)


def check(role: str, area: str) -> None:
    """Raise UnknownRole or WrongArea where nobody can be given this role there."""
    if role not in ROLES:
        raise UnknownRole(f"no role {role!r}; there are: {', '.join(ROLES)}")
    if not AREA.fullmatch(area) or (ROLES[role].local and not area):
        raise WrongArea(f"{area!r} is not an area for {role}; a Kemendagri code such as 33.07 or 33.07.04 is")
    # Not every village is known by its code, each kecamatan is.
    if not any(covers(area, one.value) for one in places.districts()) and places.name(area[:8]) == area[:8]:
        raise WrongArea(f"no district and no kecamatan has the code {area}; data/districts.toml has them all")


async def of(tx: Tx, account: str) -> Staff | None:
    """The staff member behind an account; None for everybody else, and for those whose roles have ended."""
    return (await of_accounts(tx, [account])).get(account)


async def of_accounts(tx: Tx, wanted: Collection[str]) -> dict[str, Staff]:
    """The staff members among these accounts, by account."""
    query = _query().where(staff.c.account_id.in_(list(wanted)), staff.c.ended_at.is_(None))
    return {one.account: one for one in _gather(await tx.rows(query))}


async def by_code(tx: Tx, code: str) -> Staff | None:
    """The staff member with this code, also one who has ended; in any case, with or without the dash."""
    found = _gather(await tx.rows(_query().where(staff.c.code == normal(code))))
    return found[0] if found else None


async def everyone(tx: Tx) -> list[Staff]:
    """All staff there has ever been, oldest first."""
    return _gather(await tx.rows(_query()))


async def responsible(tx: Tx, place: str, command: str = "verifikasi") -> tuple[list[Staff], bool]:
    """Who looks after a place, and whether they may use the command.

    Those of the most precise area that has anybody; else of the next area up; else the admins, who may not.
    """
    able = [role for role in ROLES if may(role, command)]
    wide = ["", *(place[:end] for end in (2, 5, 8, 13) if len(place) >= end)]
    held = staff_roles.c.role.in_(able) & staff_roles.c.area.in_(wide) | (staff_roles.c.role == "admin")
    live = staff.c.ended_at.is_(None) & staff.c.account_id.is_not(None)
    found = _gather(await tx.rows(_query().where(held, live)))
    reach = {one.code: max((len(area) for role, area in one.roles if role in able), default=-1) for one in found}
    nearest = max(reach.values(), default=-1)
    return [one for one in found if reach[one.code] == nearest], nearest >= 0


async def add(tx: Tx, account: str, role: str, area: str, invited_by: str = "", name: str = "") -> str:
    """Give an account a role in an area, making it staff where it is not yet; the staff code."""
    check(role, area)
    known = await of(tx, account)
    code = known.code if known else await _new_code(tx)
    if known is None:
        row = {"code": code, "account_id": account, "name": name, "invited_by": invited_by, "since": tx.now}
        await tx.add(staff, row)
    if known is None or (role, area) not in known.roles:
        await tx.add(staff_roles, {"code": code, "role": role, "area": area, "since": tx.now})
    return code


async def rename(tx: Tx, account: str, name: str) -> None:
    """Note what a staff member is called by those who check their code."""
    await tx.execute(update(staff).where(staff.c.account_id == account, staff.c.ended_at.is_(None)).values(name=name))


async def revoke(tx: Tx, code: str, by: str = audit.OPERATOR) -> Staff | None:
    """End all roles of a staff member at once, and the invitations they have open.

    None where there is no such code, or it has ended before.
    """
    known = await by_code(tx, code)
    if known is None or known.ended is not None:
        return None
    await tx.execute(update(staff).where(staff.c.code == known.code).values(ended_at=tx.now))
    await tx.execute(delete(tidings).where(tidings.c.staff_code == known.code))
    await tx.execute(delete(invitations).where(invitations.c.invited_by == known.code, invitations.c.used_at.is_(None)))
    await audit.record(tx, by, "revoke", known.code)
    return known


def normal(code: str) -> str:
    """A staff code as it is stored: `ptg 7k4m` is PTG-7K4M."""
    plain = re.sub(r"[^0-9A-Za-z]", "", code).upper()
    return f"PTG-{plain.removeprefix('PTG')}"


async def _new_code(tx: Tx) -> str:
    while True:
        code = "PTG-" + "".join(secrets.choice(references.ALPHABET) for _ in range(4))
        if await tx.value(select(staff.c.code).where(staff.c.code == code)) is None:
            return code


def _query() -> Select[Any]:
    held = staff.outerjoin(staff_roles, staff.c.code == staff_roles.c.code)
    whole = held.outerjoin(accounts, staff.c.account_id == accounts.c.id)
    columns = (staff, staff_roles.c.role, staff_roles.c.area, accounts.c.channel)
    return select(*columns).select_from(whole).order_by(staff.c.since, staff.c.code, staff_roles.c.role)


def _gather(rows: list[dict[str, Any]]) -> list[Staff]:
    found: dict[str, Staff] = {}
    for row in rows:
        held = [(row["role"], row["area"])] if row["role"] and row["ended_at"] is None else []
        before = found[row["code"]].roles if row["code"] in found else ()
        found[row["code"]] = Staff(
            row["code"], row["account_id"] or "", row["channel"] or "", row["name"], (*before, *held),
            row["invited_by"], row["since"], row["ended_at"],
        )  # fmt: skip
    return list(found.values())
