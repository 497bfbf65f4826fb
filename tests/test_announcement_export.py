"""Announcements at the command line: the list, the figures, and the file of a call list."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.commands import announcement_export
from bot.schema import persons
from tests.announced import announced, delivered
from tests.office import Office, office

pytestmark = pytest.mark.asyncio


async def written(on: Office, number: str, path: Path, missed: bool = False) -> list[dict[str, str]]:
    count = await on.store.read(lambda db: announcement_export._write(db, number, path, missed))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    return rows


async def test_the_file_has_a_line_for_each_person_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, announcement_export.STRETCH + 1, state="sent", delivery="")
        await delivered(on, number, 1, state="failed", reason="blocked", settled_at=on.now)
        (gone,) = await delivered(on, number, 1, state="skipped", reason="no_opt_in")
        await on.run(lambda tx: tx.execute(persons.delete().where(persons.c.id == gone)))
        path = tmp_path / "calls.csv"
        path.touch(mode=0o644)
        rows = await written(on, number, path)
        assert len(rows) == announcement_export.STRETCH + 3
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (failed,) = [row for row in rows if row["state"] == "failed"]
        assert failed["phone"] == "0812-0000-0123"
        assert failed["name"].startswith("Peserta ")
        assert (failed["kecamatan"], failed["reason"], failed["at"]) == ("Kaliwiro", "blocked", "2023-11-14 22:13 UTC")
        assert [row["name"] for row in rows if row["state"] == "skipped"] == [""], "deleted meanwhile"
        assert [row["state"] for row in await written(on, number, path, missed=True)] == ["failed"]


async def test_a_name_is_no_formula(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 1, state="sent")

        async def renamed(tx: Any) -> None:
            await tx.execute(update(persons).values(full_name="=HYPERLINK(1)"))

        await on.run(renamed)
        (row,) = await written(on, number, tmp_path / "calls.csv")
        assert row["name"] == "'=HYPERLINK(1)"


async def test_drafts_are_in_no_list(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await announced(on, author, "chief", state="draft", started_at=None)
        found = await on.store.read(announcement_export._listed)
        assert [one.number for one in found] == [number]
