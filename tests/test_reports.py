"""The figures of `rekap` reconcile, and small cells stay hidden from who may see figures only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.records import reports, roles
from bot.schema import audit, enrolments
from bot.store import Tx
from tests.office import office

YEAR = 2026
CELLS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30), min_size=1)
PLAIN: dict[str, Any] = {
    "status": "submitted", "district": "33.07", "kecamatan": "", "village": "", "sex": "male", "birth_year": 1985,
    "types": '["returnee"]', "source": "chat", "n": 1,
}  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "status": st.sampled_from(reports.STATUSES), "district": st.sampled_from(["33.07", "32.15", ""]),
        "kecamatan": st.just(""), "village": st.just(""), "sex": st.sampled_from([*reports.SEXES, ""]),
        "birth_year": st.sampled_from([None, 1900, 1950, 1975, 1985, 1995, 2005, 2015]),
        "types": st.sampled_from([None, "[]", '["returnee"]', '["returnee", "family"]', '["new"]', "other"]),
        "source": st.sampled_from(["chat", "assisted", "poster", *(f"poe-{number}" for number in range(9))]),
        "n": st.integers(1, 12),
    }
)  # fmt: skip
ROWS = st.lists(ROW, max_size=12)


def counted(cells: Mapping[str, str]) -> int:
    """The sum of what is shown."""
    return sum(int(text) for text in cells.values() if text != reports.HIDDEN)


def is_safe(shown: Mapping[str, str], together: int) -> bool:
    """Whether nobody who knows the sum can say of any hidden cell what it is, nor that all of them are few people."""
    hidden = sum(text == reports.HIDDEN for text in shown.values())
    left = together - counted(shown)
    # Each is at least one: with a single one, or nothing but ones, the rest of the sum gives it away.
    return not hidden or (hidden > 1 and left > hidden and left >= reports.LEAST)


def parts(report: reports.Report) -> list[dict[str, str]]:
    """The breakdowns that add up to the total."""
    return [report.by_status, report.by_place, report.by_age, report.by_type, report.by_source]


@given(CELLS)
def test_a_hidden_cell_cannot_be_worked_out(cells: dict[str, int]) -> None:
    shown = reports.suppress(cells)
    hidden = [cells[name] for name, text in shown.items() if text == reports.HIDDEN]
    if not hidden:
        assert not shown or not any(0 < count < reports.LEAST for count in cells.values())
        return
    assert all(shown[name] == reports.HIDDEN for name, count in cells.items() if 0 < count < reports.LEAST)
    assert is_safe(shown, sum(cells.values()))
    all_small = max(hidden) < reports.LEAST
    assert not all_small or sum(hidden) != len(hidden) * (reports.LEAST - 1)


@given(ROWS)
def test_each_breakdown_adds_up_to_the_same_total(rows: list[dict[str, Any]]) -> None:
    total = sum(row["n"] for row in rows)
    report = reports.make(rows, total, YEAR)
    assert report.total == str(total)
    assert [counted(cells) for cells in parts(report)] == [total] * 5
    assert sum(int(cells["all"]) for cells in report.by_sex.values()) == total
    for cells in report.by_sex.values():
        assert sum(int(cells.get(sex, "0")) for sex in reports.SEXES) == int(cells["all"])
    assert set(report.by_age) <= {*reports.AGES, reports.UNKNOWN}
    assert set(report.by_type) <= {*reports.TYPES, reports.UNKNOWN}


@given(ROWS, st.booleans())
def test_what_is_left_out_cannot_be_got_by_subtraction(rows: list[dict[str, Any]], villages: bool) -> None:
    total = sum(row["n"] for row in rows)
    report = reports.make(rows, total, YEAR, villages=villages, hide=True)
    sexes = [{sex: cells[sex] for sex in reports.SEXES if sex in cells} for cells in report.by_sex.values()]
    groups = [*parts(report), *sexes]
    for cells in groups:
        assert not any(text.isdigit() and 0 < int(text) < reports.LEAST for text in cells.values())
    if report.total == reports.HIDDEN:
        assert not any(groups)
        return
    assert all(is_safe(cells, total) for cells in parts(report))
    districts = {district: cells["all"] for district, cells in report.by_sex.items()}
    for cells, together in zip(sexes, districts.values(), strict=True):
        if together == reports.HIDDEN:
            assert set(cells.values()) == {reports.HIDDEN}
        elif set(cells.values()) != {reports.HIDDEN}:
            assert is_safe(cells, int(together))
    assert set(districts.values()) <= {reports.HIDDEN} or is_safe(districts, total)
    left_out = any(reports.HIDDEN in cells.values() for cells in groups) or (total > 0 and not all(parts(report)))
    assert report.hidden == left_out


def test_who_is_counted_where() -> None:
    rows = [
        {**PLAIN, "birth_year": YEAR - age, "types": types, "source": source}
        for age, types, source in (
            (18, '["returnee", "family"]', "poe-larantuka"), (24, "aspiring", "poster-1"), (59, None, "import"),
            (60, '["somebody"]', "chat"), (17, "[]", "assisted"),
        )
    ]  # fmt: skip
    report = reports.make(rows, 5, YEAR)
    assert report.by_age == {"from_18": "2", "from_45": "1", "from_60": "1", "unknown": "1"}
    assert report.by_type == {"several": "1", "aspiring": "1", "unknown": "3"}
    assert report.by_source == {"assisted": "1", "chat": "1", "import": "1", "link": "1", "poe-larantuka": "1"}


def test_many_points_of_entry_are_few_lines() -> None:
    rows = [{**PLAIN, "source": f"poe-{number}", "n": number} for number in range(1, 10)]
    report = reports.make(rows, 45, YEAR)
    assert report.by_source == {"poe-": "6", **{f"poe-{number}": str(number) for number in range(4, 10)}}


def test_what_does_not_add_up_is_not_shown() -> None:
    with pytest.raises(reports.Unreconciled, match="in all 4"):
        reports.make([{**PLAIN, "n": 3}], 4, YEAR)
    with pytest.raises(reports.Unreconciled, match="by status"):
        reports.make([{**PLAIN, "status": "unheard of"}], 1, YEAR)


@pytest.mark.asyncio
async def test_the_report_of_an_area(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for number, (place, sex) in enumerate(product(("33.07.04", "33.07.05", "32.15.01"), ("female", "male"))):
            await here.enrolled(f"Peserta {number}", place, sex=sex, status="verified" if number else "submitted")
        answer = await here.talk("K1").say("/rekap")
        for line in ("Jumlah: *4*", "Menunggu: 1", "Terverifikasi: 3", "Kaliwiro: 2", "Perempuan: 2, laki-laki: 2"):
            assert line in answer
        assert "Karawang" not in answer
        by_village = await here.talk("K1", "en").say("report desa")
        assert "• –, Kaliwiro: 2" in by_village


async def _told(tx: Tx, reference: str, told: dict[str, str]) -> None:
    await tx.execute(update(enrolments).where(enrolments.c.reference == reference).values(told))


@pytest.mark.asyncio
async def test_where_people_came_from_and_what_they_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        for number, source in enumerate(("poe-tanjung-priok", "poe-larantuka", "poe-larantuka", "poster", "chat")):
            reference = await here.enrolled(f"Peserta {number}", "33.07.04", "merged" if number else "submitted")
            told = {"source": source, "answers": '{"user_type": ["returnee", "family"]}' if number else "{}"}
            await here.run(partial(_told, reference=reference, told=told))
        answer = await here.talk("K1").say("rekap")
        for line in (
            "Lewat chat: 1", "Impor: 0, tautan: 1", "• Tanjung Priok: 1", "• Larantuka: 2", "Lebih dari satu: 4",
            "Lainnya: 0, belum diisi: 1", "18–24: 0, 25–34: 5", "Digabung: 4",
        ):  # fmt: skip
            assert line in answer
        assert max(len(line) for line in answer.splitlines()) <= 40
        assert "Digabung" not in await here.talk("K1").say("rekap desa")


@pytest.mark.asyncio
async def test_an_auditor_gets_no_figures_by_village(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("O1", "auditor")
        for number in range(6):
            await here.enrolled(f"Peserta {number}", "33.07.04.1015" if number else "")
        answer = await here.talk("O1").say("rekap desa")
        assert "Rincian per desa" in answer
        assert "Menurut desa" not in answer
        assert "*Daerah lain: –*" in answer


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
        assert "*Wonosobo: –*" in answer
        assert "Perempuan: –, laki-laki: –" in answer
        assert "Tanda –" in answer


@pytest.mark.asyncio
async def test_one_place_is_reported_alone_only_to_who_sees_people_there(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("K1", "coordinator", "33.07")
        await here.staff("P1", "programme")
        await here.staff("A1", "auditor")
        for number in range(12):
            area = "33.07.04" if number < 6 else "33.07.05" if number < 8 else "32.15.01"
            await here.enrolled(f"Peserta {number}", area)

        async def total(account: str, place: str) -> str:
            found = await here.run(lambda tx: reports.read(tx, account, place=place))
            return found.total if found else ""

        said = {account: [await total(account, place) for place in ("", "33.07.05", "33.07", "32.15")]
                for account in ("K1", "P1", "A1")}  # fmt: skip
        assert said == {"K1": ["8", "2", "8", ""], "P1": ["12", "2", "8", "4"], "A1": ["12"] * 4}
        # Of all but one of its parts the whole would tell the last one.
        whole = await here.run(lambda tx: reports.read(tx, "A1"))
        for place in ("33.07", "32.15"):
            assert await here.run(partial(reports.read, account="A1", place=place)) == whole
        query = select(audit.c.object).where(audit.c.action == "report").order_by(audit.c.id)
        assert [row["object"] for row in await here.run(lambda tx: tx.rows(query))][:4] == ["", "33.07.05", "33.07", ""]


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
