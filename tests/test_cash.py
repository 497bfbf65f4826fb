"""Cash notes: what is read from a message, what is kept of it, whose day it is, and what goes with a person."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.clockwork.timers import tidy
from bot.engine.chat import Chat, Speaker
from bot.questions import cash_words
from bot.questions.cash_words import Note, is_told
from bot.records import cash, people
from bot.repertoire import load
from bot.schema import cash_notes
from bot.store import Tx
from bot.turns.hearing import Ears
from conversations.cash import _chart
from tests.answers import outcome
from tests.dialogue import Player, Stage, Transcript, stage
from tests.rows import opened

ears = Ears(load())


def note(kind: str, what: str, *amounts: int, sure: bool = True) -> Note:
    return Note(kind, what, amounts, sure)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("jual 25rb", [note("in", "", 25_000)]),
        ("25rb jual", [note("in", "", 25_000)]),
        ("beli tepung 12.500", [note("out", "tepung", 12_500)]),
        ("tepung 12.500 beli", [note("out", "tepung", 12_500)]),
        ("sold 25k", [note("in", "", 25_000)]),
        ("bought flour 12500", [note("out", "flour", 12_500)]),
        ("Jual Keripik Rp 15.000,- ya kak", [note("in", "keripik", 15_000)]),
        ("bayar sewa 300rb", [note("out", "sewa", 300_000)]),
        ("masuk 1 juta 500 ribu", [note("in", "", 1_500_000)]),
        ("beli gula 2 kg 30rb", [note("out", "gula 2 kg", 30_000)]),
        ("beli telur 5 60rb", [note("out", "telur 5", 60_000)]),
        ("beli gula dan teh 30 ribu", [note("out", "gula dan teh", 30_000)]),
        ("beli pulsa 081234567890 25rb", [note("out", "pulsa …", 25_000)]),
        ("jual nasi 25rb, kopi 10rb", [note("in", "nasi", 25_000), note("in", "kopi", 10_000)]),
        ("jual 25rb beli tepung 12rb", [note("in", "", 25_000), note("out", "tepung", 12_000)]),
        ("25rb jual, tepung 12rb beli", [note("in", "", 25_000), note("out", "tepung", 12_000)]),
        ("- jual 25rb\n- beli gas 22.000", [note("in", "", 25_000), note("out", "gas", 22_000)]),
        ("jual 1 juta\n500 ribu beli emas", [note("in", "", 1_000_000), note("out", "emas", 500_000)]),
        ("tepung 12.500", [note("", "tepung", 12_500)]),
        ("beli minyak", [note("out", "minyak", sure=False)]),
        ("jual 25", [note("in", "", 25_000, sure=False)]),
        ("jual 500", [note("in", "", 500_000, 500, sure=False)]),
        ("beli gula 2 kg 30", [note("out", "gula 2 kg", 30_000, sure=False)]),
        ("jual 10 bungkus @ 5rb", [note("in", "10 bungkus", 50_000, 5000, sure=False)]),
        ("jual 10x2500", [note("in", "10x", 25_000, 2500, sure=False)]),
        ("beli kopi 2 x 15rb", [note("out", "kopi 2 x", 30_000, 15_000, sure=False)]),
        ("jual keripik per bungkus 5rb", [note("in", "keripik per bungkus", 5000)]),
        ("beli 5-6rb", [note("out", "5", 6000, sure=False)]),
        ("jual 25rb-30rb", [note("in", "25rb-30rb", 25_000, 30_000, sure=False)]),
        ("terima 50rb buat bayar", [note("in", "", 50_000, sure=False)]),
        ("jual 5 miliar", [note("in", "", sure=False)]),
        ("jual 3307010101900001", []),
        ("cuaca cerah", []),
        ("", []),
    ],
)
def test_notes_are_read_as_they_are_written(text: str, notes: list[Note]) -> None:
    assert cash_words.notes(text) == notes


KINDS = st.sampled_from(
    [("jual", "in"), ("terjual", "in"), ("sold", "in"), ("beli", "out"), ("bayar", "out"), ("bought", "out")]
)
WRITTEN = st.sampled_from(["{0}rb", "{0} ribu", "Rp{0}.000", "{0}.000", "{0},000", "{0}k", "Rp {0}.000,-"])


@given(KINDS, st.sampled_from(["", "tepung", "es teh manis", "gula 2 kg"]), st.integers(1, 999), WRITTEN, st.booleans())
def test_both_orders_read_alike(kind: tuple[str, str], what: str, amount: int, written: str, first: bool) -> None:
    word, meant = kind
    shown = written.format(amount)
    text = f"{word} {what} {shown}" if first else f"{shown} {word} {what}"
    assert cash_words.notes(text) == [note(meant, what, amount * 1000)]


@given(
    st.lists(st.tuples(KINDS, st.integers(1, 999)), min_size=2, max_size=cash_words.MOST_NOTES),
    st.sampled_from([", ", "\n", " dan ", "; ", " "]),
)
def test_several_are_told_apart(several: list[tuple[tuple[str, str], int]], between: str) -> None:
    text = between.join(f"{word} {amount}rb" for (word, _), amount in several)
    assert cash_words.notes(text) == [note(kind, "", amount * 1000) for (_, kind), amount in several]


@given(st.text(max_size=120))
def test_whatever_is_typed_is_a_note_or_not(text: str) -> None:
    for one in cash_words.notes(text):
        assert all(0 < amount <= cash_words.MOST for amount in one.amounts)
        assert not one.sure or len(one.amounts) == 1
        assert len(one.what) <= cash_words.LONGEST_WHAT


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("hari ini", "2026-01-15", "2026-01-15"), ("kemarin dong kak", "2026-01-14", "2026-01-14"),
        ("minggu ini", "2026-01-12", "2026-01-15"), ("last week", "2026-01-05", "2026-01-11"),
        ("bulan ini", "2026-01-01", "2026-01-15"), ("bulan lalu", "2025-12-01", "2025-12-31"),
    ],
)  # fmt: skip
def test_the_days_that_are_meant(typed: str, first: str, last: str) -> None:
    days = cash_words.days(cash_words.period(typed), date(2026, 1, 15))
    assert [one.isoformat() for one in days] == [first, last]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("catat", "open:cash"),
        ("Catat jual 25rb", "open:cash jual 25rb"),
        ("/catat jual 25rb", "open:cash jual 25rb"),
        ("catat:\njual 25rb\nbeli gas 22rb", "open:cash jual 25rb\nbeli gas 22rb"),
        ("note bought flour 12500", "open:cash bought flour 12500"),
        ("catatan minggu ini", "open:cash minggu ini"),
        ("catat beli tepung", "open:cash beli tepung"),
        ("batal catat", "open:cash_back"),
        ("hapus catatan terakhir", "open:cash_back"),
        ("hitung", "open:calculate"),
        ("hpp", "open:cost_price"),
        ("balik modal", "open:break_even"),
        ("catat tanggalnya, 25 November di balai desa", None),
        ("catat siapa yang membeli lagi dan apa kata mereka", None),
        ("catat uang masuk dan keluar setiap hari", None),
        ("catat ini ya: harga naik 25", None),
        ("sudah saya catat, jual 25rb", None),
    ],
)
def test_what_opens_the_notes(text: str, heard: str | None) -> None:
    assert ears.hear(text) == heard


def test_a_question_takes_amounts_that_were_offered_and_others() -> None:
    meant = cash_words.Meant(1, cash_words.MOST, (25_000,))
    assert outcome(meant, "ya") == 25_000
    assert outcome(meant, "30rb") == 30_000
    assert outcome(meant, "bukan") == "!rupiah"


def test_a_question_for_notes_takes_notes_and_leaves_the_words_that_always_work() -> None:
    question = cash_words.CashNotes()
    assert outcome(question, "3307010101900001") == "!id_number"
    assert outcome(question, "cuaca cerah") == "!cash"
    assert outcome(question, ", ".join(["jual 5rb"] * (cash_words.MOST_NOTES + 1))) == "!cash_many"
    assert outcome(question, "minggu ini") == {"show": "week"}
    assert outcome(question, "jual 25rb kemarin")["ago"] == 1
    assert outcome(question, "kemarin jual 25rb, hari ini beli 10rb") == "!cash_days"
    assert question.outranks("jual 25rb")
    assert not question.outranks("keluar")
    assert not question.outranks("batal")


# What is kept


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("jual 25rb", True), ("jual 1,5jt", True), ("jual 12rb500", True), ("jual seratus ribu", True),
        ("jual 25", True),
        ("jual kopi 100 gram 25rb", True), ("beli tepung 12.500, jual 25rb", True), ("sold 3 packs 45k", True),
        ("jual madu", False), ("jual madu 250ml", False), ("jual keripik 5", False), ("jual 3 bungkus", False),
        ("jual gratis", False), ("jual 0", False), ("beli gula 15rb?", False), ("bayar 500rb", False), ("25rb", False),
        ("saya disuruh beli 500rb", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_a_note_though_nobody_asked_for_one(text: str, told: bool) -> None:
    assert is_told(text) is told


@pytest.mark.asyncio
async def test_only_ones_own_notes_are_taken_back(database: Path) -> None:
    async def work(tx: Tx) -> None:
        mine, other = "telegram", "whatsapp"
        kept = await cash.note(tx, mine, "2026-01-15", [{"kind": "in", "what": "", "amount": 25_000}])
        assert await cash.take_back(tx, other, kept[0], kept[0]) == []
        assert await cash.take_back(tx, other) == []
        assert [one["amount"] for one in await cash.take_back(tx, mine, kept[0], kept[0])] == [25_000]
        assert await cash.take_back(tx, mine) == []

    async with opened(database) as store:
        await store.run(work)


@pytest.mark.asyncio
async def test_notes_go_with_a_person_but_stay_where_somebody_else_writes(database: Path) -> None:
    async def work(tx: Tx) -> list[str]:
        for person in ("p1", "p2"):
            await people.create(tx, person, full_name="Peserta 01")
        for account, person in (("telegram", "p1"), ("whatsapp", "p1"), ("whatsapp", "p2")):
            await people.link(tx, account, person)
        for account in ("telegram", "whatsapp"):
            await cash.note(tx, account, "2026-01-15", [{"kind": "in", "what": "kue", "amount": 25_000}])
        await people.erase(tx, "p1")
        return [row["account_id"] for row in await tx.rows(select(cash_notes.c.account_id))]

    async with opened(database) as store:
        assert await store.run(work) == ["whatsapp"]


@pytest.mark.asyncio
async def test_notes_are_kept_for_two_years(database: Path) -> None:
    async def work(tx: Tx) -> list[str]:
        today = datetime.fromtimestamp(tx.now / 1000, UTC).date()
        for days in (0, 700, 731, 732, 1000):
            day = (today - timedelta(days)).isoformat()
            await cash.note(tx, "telegram", day, [{"kind": "in", "what": "", "amount": 25_000}])
        await tidy(tx)
        found = await tx.rows(select(cash_notes.c.day).order_by(cash_notes.c.id))
        return [str((today - date.fromisoformat(row["day"])).days) for row in found]

    async with opened(database) as store:
        assert await store.run(work) == ["0", "700", "731"]


async def _kept(on: Stage, *lines: str) -> list[tuple[Any, ...]]:
    """Day, kind, amount and words of every note after this dialogue."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cash.id.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        await Player(on, Transcript.read(path), "telegram").play()
    assert on.running is not None
    c = cash_notes.c
    found = await on.running.store.run(lambda tx: tx.rows(select(c.day, c.kind, c.amount, c.what).order_by(c.id)))
    return [tuple(one.values()) for one in found]


@pytest.mark.asyncio
async def test_a_day_is_that_of_the_place_where_somebody_is() -> None:
    """23.30 in Wonosobo is half past midnight in Lombok Timur."""
    async with stage() as on:
        kept = await _kept(
            on,
            "! enrolled Peserta 01 33.07.04 verified 3d",
            "! enrolled Peserta 02 52.03.01 verified 3d",
            "@14h",
            "@30m",
            "Peserta 01> catat jual 25rb",
            "Peserta 02> catat jual 30rb kemarin",
            "Peserta 02> catat beli es 5rb",
        )
    assert kept == [
        ("2040-01-11", "in", 25_000, ""), ("2040-01-11", "in", 30_000, ""), ("2040-01-12", "out", 5000, "es")
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_a_note_in_the_middle_of_something_is_noted_and_that_goes_on() -> None:
    async with stage() as on:
        kept = await _kept(on, "> hpp", "> 60rb", "> catat jual 25rb", "> 8rb", "> catat beli 3307010101900001")
        assert on.sandbox.phones[0].last is not None
        assert "kemasan" in on.sandbox.phones[0].last.text.lower()
    assert kept == [("2040-01-11", "in", 25_000, "")]


@pytest.mark.asyncio
async def test_a_button_takes_back_all_of_the_message_that_it_stands_under() -> None:
    async with stage() as on:
        kept = await _kept(
            on,
            "> catat jual 25rb, beli es 5rb",
            "> [Batal catat]",
            "> catat jual 30rb",
            "> [Batal catat]",
            "> catat jual 7rb",
        )
        assert kept == [("2040-01-11", "in", 7000, "")]


def test_a_picture_shows_every_day_also_those_without_notes() -> None:
    sums = {"2040-01-10": {"in": 25_000, "out": 0}, "2040-01-11": {"in": 0, "out": 5000}}
    chat = Chat(Speaker("", "telegram"), {}, now=0)
    assert _chart(chat, sums, date(2040, 1, 9), date(2040, 1, 11)) == {
        "days": [["2040-01-09", 0, 0], ["2040-01-10", 25_000, 0], ["2040-01-11", 0, 5000]],
        "total_in": 25_000, "total_out": 5000, "period": "9 Jan 2040 – 11 Jan 2040",
    }  # fmt: skip
