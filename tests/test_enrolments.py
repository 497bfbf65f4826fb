"""Enrolments: the moves of domain.md 2.9 and no others, their history, and what staff ask to be completed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from bot import references
from bot.records import decisions, enrolments, people
from bot.schema import accounts, metadata
from bot.store import Store, Tx
from conversations.about import QUESTIONS
from tests.dialogue import Player, Transcript, stage

NOW = 1_700_000_000_000
SAID: dict[str, Any] = {
    "full_name": "Peserta Satu", "nickname": None, "salutation": "ibu", "sex": "female", "birth_year": 1980,
    "user_type": ["returnee"], "district": "33.07", "kecamatan": "33.07.04", "village": {"text": "Dusun Contoh"},
    "phone_use": "shared",
}  # fmt: skip
STATUSES = sorted({status for pair in enrolments.TRANSITIONS for status in pair} | set(enrolments.ANYWHERE))


@pytest_asyncio.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    people.seal_with(["a secret for tests"])
    opened = Store(f"sqlite+aiosqlite:///{database}", lambda: NOW)
    await opened.open()
    row = {"id": "a", "channel": "telegram", "external_id": "1", "created_at": NOW}
    await opened.run(lambda tx: tx.execute(insert(accounts), row))
    yield opened
    await opened.close()


async def sent(tx: Tx, person: str = "p", said: dict[str, Any] | None = None, **more: Any) -> str:
    """An enrolment of this person from the account `a`."""
    said = said or SAID
    await people.enrolled(tx, person, "a", said, None)
    return await enrolments.submit(tx, person=person, account="a", answers=said, **more)


@pytest.mark.asyncio
async def test_what_is_sent_can_be_read(store: Store) -> None:
    reference = await store.run(sent)
    found = await store.run(lambda tx: enrolments.get(tx, reference))
    assert found is not None
    assert references.read(reference) == reference
    assert reference.startswith("WSB-")
    assert (found.status, found.area, found.live, found.answers) == ("submitted", "33.07.04", True, SAID)
    assert [one.status for one in await store.run(lambda tx: enrolments.history(tx, reference))] == ["submitted"]
    assert await store.run(lambda tx: enrolments.live_of_person(tx, "p")) == found


@pytest.mark.asyncio
async def test_elsewhere_waits_under_a_reference_of_its_own(store: Store) -> None:
    said = {**SAID, "district": "other", "where": "Lembata", "kecamatan": None, "village": None}
    reference = await store.run(lambda tx: sent(tx, said=said, status="waitlisted"))
    found = await store.run(lambda tx: enrolments.get(tx, reference))
    assert found is not None
    assert (found.reference[:3], found.status, found.area) == (enrolments.ELSEWHERE, "waitlisted", "")
    person = await store.run(lambda tx: people.get(tx, "p"))
    assert person is not None
    assert (person.area, person.village_text) == ("", "Lembata")


MOVES = [
    ("needs_info", {"reason": "village"}, None),
    ("needs_info", {}, "needs_reason"),
    ("verified", {"identity": "ktp"}, None),
    ("verified", {}, "needs_identity"),
    ("verified", {"identity": "ktp", "actor": "PTG-2222"}, "own_entry"),
    ("not_eligible", {}, "needs_reason"),
    ("active", {"cohort": "c"}, "not_from_here"),
    ("submitted", {}, "already"),
    ("withdrawn", {"actor": "person"}, None),
    ("draft", {}, "not_from_here"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "with_it", "refused"), MOVES)
async def test_moves_from_submitted(store: Store, status: str, with_it: dict[str, str], refused: str | None) -> None:
    reference = await store.run(lambda tx: sent(tx, enrolled_by="PTG-2222"))
    actor = with_it.pop("actor", "PTG-3333")
    assert await store.run(lambda tx: enrolments.move(tx, reference, status, actor, **with_it)) == refused
    found = await store.run(lambda tx: enrolments.get(tx, reference))
    past = await store.run(lambda tx: enrolments.history(tx, reference))
    assert found is not None
    assert found.status == ("submitted" if refused else status)
    assert len(past) == (1 if refused else 2)
    assert found.decided_by == ("" if refused or actor == "person" else actor)


@pytest.mark.asyncio
async def test_an_unknown_reference_moves_nothing(store: Store) -> None:
    assert await store.run(lambda tx: enrolments.move(tx, "WSB-22222-2", "verified", "PTG-3333")) == "unknown"


@given(st.sampled_from(STATUSES), st.sampled_from(STATUSES))
def test_the_table_is_closed(before: str, after: str) -> None:
    """Nothing follows the end, nobody moves to where they are, and whoever may move is named."""
    found = enrolments.rule(before, after)
    if before == after or before in enrolments.OVER:
        assert found is None
    assert (after in enrolments.next_statuses(before)) == (found is not None)
    assert found is None or found.who


def test_every_end_can_be_reached_and_left_only_where_it_is_said() -> None:
    reached = {"submitted", "waitlisted"}
    for _ in STATUSES:
        reached |= {after for before in reached for after in enrolments.next_statuses(before)}
    assert reached == set(STATUSES)
    assert set(enrolments.LIVE) | set(enrolments.OVER) | {"not_eligible", "completed", "alumni"} == set(STATUSES)


def test_no_one_verifies_their_own_entry_and_every_no_has_a_reason() -> None:
    for (_, after), rule in enrolments.TRANSITIONS.items():
        assert rule.by_another == (after == "verified")
        assert (rule.needs == "reason") or after != "not_eligible"


@pytest.mark.asyncio
async def test_what_staff_ask_comes_back_to_the_queue(store: Store) -> None:
    reference = await store.run(sent)
    await store.run(lambda tx: enrolments.ask_again(tx, reference, "birth_year", "PTG-3333"))
    await store.run(lambda tx: enrolments.ask_again(tx, reference, "village", "PTG-3333"))
    asked = await store.run(lambda tx: enrolments.asked_again(tx, "a"))
    assert asked is not None
    assert (asked.reference, asked.question, asked.answers) == (reference, "village", SAID)
    assert await store.run(lambda tx: enrolments.asked_again(tx, "somebody else")) is None
    answer = {"village": {"code": "33.07.04.1015"}}
    assert await store.run(lambda tx: enrolments.complete(tx, reference, answer)) is None
    found = await store.run(lambda tx: enrolments.get(tx, reference))
    assert found is not None
    assert (found.status, found.area, found.answers["village"]) == ("submitted", "33.07.04.1015", answer["village"])
    assert await store.run(lambda tx: enrolments.asked_again(tx, "a")) is None
    assert await store.run(lambda tx: enrolments.complete(tx, reference, answer)) == "already"


@pytest.mark.asyncio
async def test_standing_of_everybody_on_one_phone(store: Store) -> None:
    first = await store.run(sent)
    second = await store.run(lambda tx: sent(tx, "q", {**SAID, "nickname": "Dua"}))
    await store.run(lambda tx: enrolments.move(tx, first, "withdrawn", "person"))
    found = {one.reference: one for one in await store.run(lambda tx: enrolments.of_account(tx, "a"))}
    assert (found[first].status, found[first].live, found[first].name) == ("withdrawn", False, "Peserta")
    assert (found[second].status, found[second].live, found[second].name) == ("submitted", True, "Dua")
    known = await store.run(lambda tx: people.known(tx, "a"))
    assert [(one["name"], one["live"]) for one in known] == [("Peserta", False), ("Dua", True)]


def test_what_staff_may_ask_again_can_be_asked() -> None:
    assert set(decisions.QUESTIONS) <= set(QUESTIONS)


# What a dialogue leaves behind

TRANSCRIPTS = Path(__file__).parent / "transcripts"


async def left_by(name: str, channel: str = "telegram") -> tuple[dict[str, list[dict[str, Any]]], bytes]:
    """The rows of every table, and the bytes of the database, after this transcript."""
    async with stage() as on:
        await Player(on, Transcript.read(TRANSCRIPTS / f"{name}.txt"), channel).play()
        running, path = on.running, on.settings.database_url.partition("///")[2]
        assert running is not None
        rows = {}
        for table in metadata.tables.values():
            rows[table.name] = await running.store.run(lambda tx, t=table: tx.rows(select(t)))  # type: ignore[misc]
        await on.down()
        files = [file.read_bytes() for file in Path(path).parent.glob("pijar.db*")]
    return rows, b"".join(files)


@pytest.mark.asyncio
async def test_an_enrolment_leaves_a_person_proofs_and_no_answers_in_the_talk() -> None:
    rows, stored = await left_by("enrol.id")
    (person,) = rows["persons"]
    (enrolment,) = rows["enrolments"]
    assert (person["full_name"], person["nickname"], person["salutation"]) == ("Siti Peserta", "Siti", "ibu")
    assert (person["district"], person["kecamatan"], person["village"]) == ("33.07", "33.07.04", "33.07.04.1015")
    assert (enrolment["status"], enrolment["person_id"], enrolment["source"]) == ("submitted", person["id"], "chat")
    assert enrolment["account_id"] == rows["accounts"][0]["id"]
    assert rows["accounts"][0]["person_id"] == person["id"]
    proofs = {row["purpose"]: row for row in rows["consents"]}
    assert {row["state"] for row in rows["consents"]} == {"granted"}
    assert set(proofs) == {"enrolment", "programme", "mart"}
    assert all(row["message_id"] and row["text_hash"] and row["person_id"] == person["id"] for row in proofs.values())
    assert {row["topic"] for row in rows["subscriptions"] if row["wanted"]} == {"programme", "mart"}
    assert all("Siti" not in row["answers"] for row in rows["talks"])
    assert b"81234567890" not in stored, "a number stands in clear in the database"


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["enrol-minor.id", "enrol-change-minor.id"])
async def test_nothing_is_kept_of_a_child(name: str) -> None:
    rows, stored = await left_by(name)
    for table in ("persons", "enrolments", "consents", "subscriptions", "account_persons"):
        assert rows[table] == [], table
    assert b"Peserta Tujuh" not in stored
    assert all('"v":' not in row["answers"] or "known" in row["answers"] for row in rows["talks"])


OF_A_CHAT = ("consents", "subscriptions", "cash_notes", "tip_series", "lesson_progress", "certificates", "mart_waiting")
LEARNING = ("catat jual 25rb", "langganan tips", "1", "1", "mulai", "1", "tips", "1", "daftar")


def written(said: list[str], tmp_path: Path) -> str:
    """A transcript of these words."""
    (tmp_path / "said.id.txt").write_text(
        "".join(f"{one}\n" if one[0] in "!@" else f"Peserta 01> {one}\n" for one in said)
    )
    return str(tmp_path / "said.id")


async def left_by_words(said: list[str], tmp_path: Path) -> dict[str, int]:
    """How many rows of OF_A_CHAT, and talks with anything in them, these words leave behind; `!` lines prepare."""
    rows, _ = await left_by(written(said, tmp_path))
    talks = [row for row in rows["talks"] if row["answers"] != "{}"]
    return {**{table: len(rows[table]) for table in OF_A_CHAT}, "talks": len(talks)}


@pytest.mark.asyncio
async def test_nothing_is_kept_of_the_chat_of_a_child(tmp_path: Path) -> None:
    before = await left_by_words([*LEARNING, "setuju"], tmp_path)
    assert all(before[table] for table in ("consents", "subscriptions", "cash_notes", "tip_series", "talks")), before
    assert set((await left_by_words([*LEARNING, "setuju", "15", "ya"], tmp_path)).values()) == {0}


@pytest.mark.asyncio
async def test_who_goes_away_when_asked_whether_they_are_a_child_leaves_no_enrolment(tmp_path: Path) -> None:
    before = await left_by_words([*LEARNING[:-1], "batal"], tmp_path)
    assert before["cash_notes"] == before["tip_series"] == 1
    assert await left_by_words([*LEARNING[:-1], "batal", "daftar", "setuju", "15", "@20h"], tmp_path) == before
    # Who has said stop is not reminded; nor is a talk that is put away.
    stopped = await left_by_words(["stop"], tmp_path)
    assert await left_by_words(["stop", "daftar", "setuju", "15", "@25h", "@25h"], tmp_path) == stopped
    rows, _ = await left_by(written(["daftar", "setuju", "15", "batal"], tmp_path))
    (draft,) = (row for row in rows["talks"] if row["state"] == "draft")
    assert json.loads(draft["pending"]) == {"q": "birth_year"}
    assert not {"birth_year", "2025", "2026"} & set(json.loads(draft["answers"]))


@pytest.mark.asyncio
@pytest.mark.parametrize("whose", ["enrolled", "staff"])
async def test_the_chat_of_somebody_else_keeps_what_is_theirs_when_a_child_stops(whose: str, tmp_path: Path) -> None:
    made = "! enrolled Peserta 01 33.07.04" if whose == "enrolled" else "! staff Peserta 01 coordinator 33.07"
    child = ["anak saya", "setuju", "15", "1"] if whose == "enrolled" else ["setuju", "15", "1"]
    left = await left_by_words([made, *LEARNING, *child], tmp_path)
    assert (left["cash_notes"], left["tip_series"], left["subscriptions"], left["consents"]) == (1, 1, 2, 2)
    away = await left_by_words([made, *LEARNING, *child[:-1], "@20h"], tmp_path)
    assert away == left


@pytest.mark.asyncio
async def test_a_number_of_an_identity_card_is_nowhere() -> None:
    _, stored = await left_by("enrol-wrong.id")
    assert b"3307044505909999" not in stored
    assert b"0445 0590" not in stored


@pytest.mark.asyncio
async def test_who_deletes_is_gone_and_the_proof_names_nobody() -> None:
    rows, stored = await left_by("my_data-delete.id")
    assert rows["persons"] == rows["enrolments"] == rows["enrolment_events"] == rows["account_persons"] == []
    assert [(row["purpose"], row["state"]) for row in rows["consents"]] == [("enrolment", "withdrawn")]
    assert b"Dusun Contoh" not in stored
