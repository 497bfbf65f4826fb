"""The figures of `rekap` reconcile, and small cells stay hidden from who may see figures only."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records import reports, roles
from tests.office import office

CELLS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30), min_size=1)
ROW = st.fixed_dictionaries(
    {
        "status": st.sampled_from(reports.STATUSES), "district": st.sampled_from(["33.07", "32.15"]),
        "kecamatan": st.just(""), "village": st.just(""), "sex": st.sampled_from([*reports.SEXES, ""]),
        "n": st.integers(1, 40),
    }
)  # fmt: skip


@given(CELLS)
def test_a_hidden_cell_cannot_be_worked_out(cells: dict[str, int]) -> None:
    shown = reports.suppress(cells)
    hidden = [cells[name] for name, text in shown.items() if text == reports.HIDDEN]
    if not hidden:
        assert not shown or not any(0 < count < reports.LEAST for count in cells.values())
        return
    assert all(shown[name] == reports.HIDDEN for name, count in cells.items() if 0 < count < reports.LEAST)
    together = sum(hidden)
    assert len(hidden) > 1
    assert together >= reports.LEAST
    all_small = max(hidden) < reports.LEAST
    assert not all_small or together not in (len(hidden), len(hidden) * (reports.LEAST - 1))


@given(st.lists(ROW, max_size=12), st.booleans())
def test_totals_reconcile(rows: list[dict[str, Any]], hide: bool) -> None:
    total = sum(row["n"] for row in rows)
    report = reports.make(rows, total, hide=hide)
    if not hide:
        for cells in (report.by_status, report.by_place):
            assert sum(map(int, cells.values())) == total
        assert sum(int(n) for cells in report.by_sex.values() for n in cells.values()) == total
    for cells in (report.by_status, report.by_place, *report.by_sex.values()):
        assert not hide or not any(n.isdigit() and 0 < int(n) < reports.LEAST for n in cells.values())


def test_what_does_not_add_up_is_not_shown() -> None:
    row = {"status": "submitted", "district": "33.07", "kecamatan": "", "village": "", "sex": "male", "n": 3}
    with pytest.raises(reports.Unreconciled, match="in all 4"):
        reports.make([row], 4)
    with pytest.raises(reports.Unreconciled, match="by status"):
        reports.make([{**row, "status": "unheard of"}], 3)


@pytest.mark.asyncio
async def test_the_report_of_an_area(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for number, (place, sex) in enumerate(product(("33.07.04", "33.07.05", "32.15.01"), ("female", "male"))):
            await here.enrolled(f"Peserta {number}", place, sex=sex, status="verified" if number else "submitted")
        answer = await here.talk("K1").say("/rekap")
        for line in ("Jumlah: *4*", "Menunggu: 1", "Terverifikasi: 3", "Kaliwiro: 2", "Perempuan 2, laki-laki 2"):
            assert line in answer
        assert "Karawang" not in answer
        by_village = await here.talk("K1", "en").say("report desa")
        assert "• –, Kaliwiro: 2" in by_village


@pytest.mark.asyncio
async def test_an_auditor_sees_no_small_cell(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("O1", "auditor")
        talk = here.talk("O1")
        assert "Belum ada" in await talk.say("rekap")
        for number in range(4):
            await here.enrolled(f"Peserta {number}", "33.07.04")
        assert "terlalu sedikit" in await talk.say("rekap")
        for number in range(4, 9):
            await here.enrolled(f"Peserta {number}", "32.15.01", sex="male" if number < 6 else "female")
        answer = await talk.say("rekap")
        assert "Jumlah: *9*" in answer
        assert "• Wonosobo: –" in answer
        assert "Perempuan –, laki-laki –" in answer
        assert "Tanda –" in answer


@pytest.mark.asyncio
async def test_a_second_role_opens_no_small_cell_elsewhere(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.run(lambda tx: roles.add(tx, "K1", "auditor", ""))
        await here.enrolled("Peserta Satu", "33.07.04")
        await here.enrolled("Peserta Dua", "32.15.01")
        answer = await here.talk("K1").say("rekap")
        assert "Jumlah: *1*" in answer
        assert "Karawang" not in answer
