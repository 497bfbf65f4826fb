"""Certificates: which courses a chat has finished, under which name, and the code by which anybody can check one.

A phone is shared: one that was made for somebody who has enrolled is theirs, and the others in the chat have their own.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from bot import references
from bot.questions import places
from bot.records import pictures
from bot.schema import certificates
from bot.store import Tx

PREFIX = "PIA"
"""Begins a code, as in PIA-7K4M9-C: no district and nothing else of ours begins so."""
DOMAIN = "certificate"
"""The catalogue of what stands below the picture."""

_c = certificates.c


@dataclass(frozen=True, slots=True)
class Certificate:
    """One course that somebody has finished."""

    code: str
    course: str
    name: str
    issued_at: int


_KEPT = tuple(_c[field] for field in Certificate.__dataclass_fields__)


async def issue(tx: Tx, account: str, course: str, name: str, person: str = "") -> str:
    """The code of the certificate for a course in this name. The first time it is made, and its picture sent."""
    mine = _theirs(account, person) & (_c.course == course) & (_c.name == name)
    kept = await tx.value(select(_c.code).where(mine))
    if kept is not None:
        return str(kept)
    code = await _new_code(tx)
    row = {
        "code": code, "account_id": account, "course": course, "name": name, "person_id": person or None,
        "issued_at": tx.now,
    }  # fmt: skip
    await tx.add(certificates, row)
    await _order(tx, account, Certificate(code, course, name, tx.now), "sent")
    return code


async def send_again(tx: Tx, account: str, code: str) -> bool:
    """Send the picture of one of this chat's own certificates once more; False where it is none of theirs."""
    found = next((one for one in await of_account(tx, account) if one.code == code), None)
    if found is not None:
        await _order(tx, account, found, "again")
    return found is not None


async def of_account(tx: Tx, account: str, person: str = "") -> list[Certificate]:
    """The certificates of a chat, the first one first; with a person without those of others who have enrolled."""
    found = select(*_KEPT).where(_theirs(account, person)).order_by(_c.issued_at, _c.code)
    return [Certificate(**row) for row in await tx.rows(found)]


async def get(tx: Tx, code: str) -> Certificate | None:
    """The certificate with this code, for anybody who has it."""
    row = await tx.row(select(*_KEPT).where(_c.code == code))
    return Certificate(**row) if row else None


async def forget(tx: Tx, account: str, name: str | None = None) -> None:
    """Delete the certificates of a chat; with a name only nobody's that have it, for others write from it.

    What is somebody's goes with them.
    """
    theirs = _c.account_id == account
    nobodys = theirs & (_c.name == name) & _c.person_id.is_(None)
    await tx.execute(delete(certificates).where(nobodys if name is not None else theirs))


def _theirs(account: str, person: str) -> ColumnElement[bool]:
    theirs = _c.account_id == account
    return theirs & (_c.person_id.is_(None) | (_c.person_id == person)) if person else theirs


def zone() -> str:
    """Of the day on a certificate: the same for whoever has it and for whoever checks it."""
    return places.zone("")


def code_in(text: str) -> str:
    """The code of a certificate that stands in a text, as we write it; empty where there is none."""
    found = references.read(text)
    return found if found is not None and found.startswith(f"{PREFIX}-") else ""


async def _new_code(tx: Tx) -> str:
    while True:
        code = references.new(PREFIX, secrets.randbelow)
        if await get(tx, code) is None:
            return code


async def _order(tx: Tx, account: str, one: Certificate, key: str) -> None:
    facts = {"name": one.name, "course": one.course, "date": one.issued_at, "code": one.code}
    await pictures.order(tx, account, "certificate", facts, DOMAIN, key, {"code": one.code})
