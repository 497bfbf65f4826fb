"""Lower prices and what a mart has: who may change them, when they are over, how a line is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.questions import stock_lines
from bot.questions.asking import Rejected, Said
from bot.questions.rupiah import pretty
from bot.questions.stock_lines import StockLine
from bot.records import announcements, promos, stock
from bot.schema import announcements as announced
from bot.schema import audit
from bot.store import Tx
from tests.office import DAY, ROOT, Office, office

SUGAR: dict[str, Any] = {"item": "Gula 1 kg", "price_before": 17_500, "price": 15_000}
TEXTS = {"id": "Promo di mart: gula Rp15.000.", "en": "Promotion at the mart: sugar Rp15,000."}


async def _made(here: Office, account: str = "M1", *, days: int = 2, **more: Any) -> int | None:
    ends_at = here.now + days * DAY
    return await here.run(lambda tx: promos.create(tx, account, "kaliwiro", **{**SUGAR, "ends_at": ends_at, **more}))


async def _running(here: Office) -> list[int]:
    return [one.id for one in await here.run(lambda tx: promos.running(tx, "kaliwiro"))]


async def _deeds(here: Office) -> list[str]:
    return [row["action"] for row in await here.run(lambda tx: tx.rows(select(audit).order_by(audit.c.id)))]


@pytest.mark.asyncio
async def test_a_promo_is_lower_has_an_end_and_is_made_by_the_manager_of_that_mart(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        assert await _made(here, "M2") is None
        assert await _made(here, price=17_500) is None
        assert await _made(here, days=0) is None
        assert await _deeds(here) == []
        id = await _made(here)
        assert await _running(here) == [id]
        assert await _deeds(here) == ["promo"]


@pytest.mark.parametrize(
    "name",
    [
        "mart", "mart-closed", "mart-long", "mart_days", "mart_goods-promos", "mart_hours-break", "mart_place",
        "mart_place-clear",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["id", "en"])
def test_what_the_mart_says_has_room_in_sixty_words(name: str, language: str) -> None:
    dialogue = (ROOT / "tests" / "transcripts" / f"{name}.{language}.txt").read_text(encoding="utf-8")
    said = [""]
    for line in dialogue.splitlines():
        who, mark, words = line.partition("< ")
        if mark and who.startswith(("Peserta", "Pengelola")):
            said[-1] += f" {words}"
        elif not line.endswith("<"):
            said.append("")
    assert len(said) > 5
    for one in said:
        assert len(one.split()) <= 60, one


@pytest.mark.asyncio
async def test_the_next_page_of_promos_begins_behind_the_last_that_was_shown(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        ids = [await _made(here, days=days) for days in (1, 2, 2, 3)]
        here.now += DAY
        after = [one.id for one in await here.run(lambda tx: promos.running(tx, "kaliwiro", after=ids[0] or 0))]
        assert after == ids[1:]
        assert [one.id for one in await here.run(lambda tx: promos.running(tx, "kaliwiro", after=ids[1] or 0))] == ids[
            2:
        ]
        assert await here.run(lambda tx: promos.running(tx, "kaliwiro", after=ids[3] or 0)) == []


@pytest.mark.asyncio
async def test_a_promo_is_over_by_itself_in_the_very_millisecond(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        late, soon = await _made(here, days=3), await _made(here, days=1)
        assert await _running(here) == [soon, late]
        here.now += DAY - 1
        assert await _running(here) == [soon, late]
        here.now += 1
        assert await _running(here) == [late]
        assert await here.run(lambda tx: promos.end(tx, "M1", soon or 0)) is None
        here.now += 2 * DAY
        assert await _running(here) == []


@pytest.mark.asyncio
async def test_a_promo_ends_sooner_once_and_by_a_manager_of_that_mart(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        id = await _made(here) or 0
        assert await here.run(lambda tx: promos.end(tx, "M2", id)) is None
        assert await here.run(lambda tx: promos.end(tx, "M1", id)) == ""
        assert await here.run(lambda tx: promos.end(tx, "M1", id)) is None
        assert await _running(here) == []
        assert await _deeds(here) == ["promo", "end_promo"]


@pytest.mark.asyncio
async def test_an_announcement_has_the_end_of_its_promo_and_the_district_of_its_mart(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        id = await _made(here) or 0
        number = await here.run(lambda tx: promos.announce(tx, "M1", id, TEXTS))
        assert await here.run(lambda tx: promos.announce(tx, "M1", id, TEXTS)) == number
        found = await here.run(lambda tx: announcements.get(tx, number))
        assert found is not None
        assert (found.category, found.state, found.author) == ("mart_promo", "draft", code)
        assert (found.audience, found.ends_at, found.texts) == ({"areas": ["33.07"]}, here.now + 2 * DAY, TEXTS)


@pytest.mark.asyncio
async def test_a_promo_that_somebody_has_ended_is_announced_no_more(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M3", "mart", "33.07")
        id = await _made(here) or 0
        assert await here.run(lambda tx: promos.holds(tx, id))
        await here.run(lambda tx: promos.end(tx, "M3", id))
        assert not await here.run(lambda tx: promos.holds(tx, id))
        assert await here.run(lambda tx: promos.announce(tx, "M1", id, TEXTS)) == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("started", [False, True])
async def test_of_a_promo_that_ended_sooner_nothing_more_is_announced(tmp_path: Path, started: bool) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        id = await _made(here) or 0
        number = await here.run(lambda tx: promos.announce(tx, "M1", id, TEXTS))

        async def let_go(tx: Tx) -> None:
            values = {"state": "sending", "started_at": tx.now} if started else {"state": "scheduled"}
            await tx.execute(update(announced).where(announced.c.number == number).values(values))

        await here.run(let_go)
        assert await here.run(lambda tx: promos.end(tx, "M1", id)) == (number if started else "")
        found = await here.run(lambda tx: announcements.get(tx, number))
        assert found is not None
        assert found.state == "cancelled"


@pytest.mark.asyncio
async def test_who_may_announce_in_one_kecamatan_announces_there(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07.04")
        await here.staff("T1", "trainer", "33.07")
        assert await here.run(lambda tx: promos.announcer(tx, "T1", "33.07")) is None
        found = await here.run(lambda tx: promos.announcer(tx, "M1", "33.07"))
        assert found is not None
        assert found[1] == ["33.07.04"]


# Lines of the stock


def line(name: str, **more: Any) -> dict[str, Any]:
    """What a line says where nothing else is said."""
    return {"name": name, "unit": "", "price": None, "member": None, "stock": "", "drop": False, **more}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("gula habis", line("Gula", stock="out")),
        ("stok gula pasir habis ya kak", line("Gula pasir", stock="out")),
        ("gula hampir habis", line("Gula", stock="few")),
        ("TEPUNG TERIGU KOSONG", line("Tepung terigu", stock="out")),
        ("sugar sold out", line("Sugar", stock="out")),
        ("ada gula", line("Gula", stock="there")),
        ("adas manis ada", line("Adas manis", stock="there")),
        ("beras 5 kg 65.000 anggota 62rb ada", line("Beras", unit="5 kg", price=65_000, member=62_000, stock="there")),
        ("rice 5 kg 65k member 62k", line("Rice", unit="5 kg", price=65_000, member=62_000)),
        ("minyak goreng 1 L Rp17.500 tinggal sedikit", line("Minyak goreng", unit="1 L", price=17_500, stock="few")),
        ("telur 28000", line("Telur", price=28_000)),
        ("Indomie goreng Rp 3.500", line("Indomie goreng", price=3_500)),
        ("hapus kopi", line("Kopi", drop=True)),
        ("gula tidak tersedia", line("Gula", stock="out")),
        ("kopi belum datang", line("Kopi", stock="out")),
        ("kopi belum habis", line("Kopi", stock="there")),
        ("sugar not available", line("Sugar", stock="out")),
        ("gula masih ada, tinggal sedikit", line("Gula", stock="few")),
        ("telur baru datang, banyak", line("Telur", stock="there")),
        ("harga gula naik jadi 18.000", line("Gula", price=18_000)),
        ("telur 28rb/kg", line("Telur", unit="per kg", price=28_000)),
        # Two things at once, two prices, and what is not so: asked again rather than kept as something else.
        ("beras habis, gula ada", None),
        ("teh, kopi habis", None),
        ("gula 17.500 15.000", None),
        ("gula bukan habis", None),
        ("gula", None),
        ("habis", None),
        ("hapus", None),
        ("apa kabar", None),
        ("17.500", None),
    ],
)  # fmt: skip
def test_a_line_of_the_stock(said: str, value: dict[str, Any] | None) -> None:
    assert stock_lines.read(said) == value
    assert StockLine().read(Said(said)) == (value or Rejected("stock_line"))


def test_an_identity_number_is_no_stock() -> None:
    assert StockLine().read(Said("gula 3307041234567890 habis")) == Rejected("id_number")


@given(st.integers(1_000, 99_999_999), st.sampled_from(["id", "en"]), st.sampled_from(["ada", "habis", "sedikit"]))
def test_an_amount_in_a_line_reads_back(amount: int, language: str, state: str) -> None:
    found = stock_lines.read(f"gula merah {pretty(amount, language)} {state}")
    assert found is not None
    assert (found["name"], found["price"]) == ("Gula merah", amount)


@given(st.text(max_size=60))
def test_any_words_are_read_or_not_and_never_raise(text: str) -> None:
    found = stock_lines.read(text)
    assert found is None or 2 <= len(found["name"]) <= stock_lines.NAME + 1


async def _noted(here: Office, account: str, said: str) -> dict[str, Any] | None:
    found = stock_lines.read(said)
    assert found is not None

    async def work(tx: Tx) -> dict[str, Any] | None:
        hits = await stock.matching(tx, "kaliwiro", f"{found['name']} {found['unit']}".strip())
        return await stock.note(tx, account, "kaliwiro", found, hits[0].id if len(hits) == 1 else None)

    return await here.run(work)


@pytest.mark.asyncio
async def test_what_a_mart_has_is_kept_by_its_managers(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        assert await _noted(here, "M2", "gula habis") is None
        for said, did in (
            ("gula pasir 1 kg 17.500", "added"), ("gula habis", "changed"), ("gula merah 500 gr 12rb", "added"),
            ("gula pasir 1 kg anggota 16.000 ada", "changed"), ("gula merah dapur ada", "added"),
            ("hapus gula merah dapur", "dropped"),
        ):  # fmt: skip
            kept = await _noted(here, "M1", said)
            assert kept is not None, said
            assert kept["did"] == did, said
        found = await here.run(lambda tx: stock.items(tx, "kaliwiro"))
        assert [(one.called, one.price, one.member_price, one.stock) for one in found] == [
            ("Gula merah 500 gr", 12_000, None, "there"),
            ("Gula pasir 1 kg", 17_500, 16_000, "there"),
        ]
        assert await _deeds(here) == ["stock_add", "stock", "stock_add", "stock", "stock_add", "stock_drop"]
