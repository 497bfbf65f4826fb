"""People and their chats: numbers sealed, corrections kept, deletion that reaches everything and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select

from bot.questions import marts
from bot.records import belongings, cash, consents, enrolments, lessons, memberships, offering, people, series
from bot.records import marts as mart_records
from bot.schema import (
    accounts,
    cash_notes,
    enrolment_events,
    lesson_progress,
    mart_waiting,
    outbox,
    persons,
    requests,
    subscriptions,
    talks,
    tip_series,
)
from bot.schema import certificates as certificates_table
from bot.schema import consents as consents_table
from bot.schema import consignments as consignments_table
from bot.schema import enrolments as enrolments_table
from bot.schema import memberships as memberships_table
from bot.schema import offers as offers_table
from bot.schema import settlements as settlements_table
from bot.store import Store, Tx
from tests.dialogue import Player, Transcript, stage

NOW = 1_700_000_000_000
P, Q = "0123456789abcdef", "fedcba9876543210"
PROOF = {"channel": "telegram", "message": "7", "language": "id", "hash": "h"}
SAID: dict[str, Any] = {
    "full_name": "Siti Aïsyah", "nickname": None, "salutation": "ibu", "sex": "female", "birth_year": 1980,
    "user_type": ["returnee", "family"], "district": "33.07", "kecamatan": "33.07.04",
    "village": {"code": "33.07.04.1015"}, "household_size": 4, "phone_use": "shared",
}  # fmt: skip
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    people.seal_with(["a secret for tests"])
    opened = Store(f"sqlite+aiosqlite:///{database}", lambda: NOW)
    await opened.open()
    rows = [{"id": id, "channel": "telegram", "external_id": id, "created_at": NOW} for id in ("a", "b")]
    await opened.run(lambda tx: tx.execute(insert(accounts), rows))
    yield opened
    await opened.close()


async def enrol(tx: Tx, person: str, account: str, phone: str | None = "+6281234567890", **other: Any) -> str:
    """Somebody who has enrolled, with what is left of the talk and with messages."""
    said = {**SAID, **other}
    await people.enrolled(tx, person, account, said, phone)
    reference = await enrolments.submit(tx, person=person, account=account, answers=said)
    await consents.record(tx, account, "enrolment", "granted", PROOF, person)
    await consents.subscribe(tx, account, "all", PROOF, person)
    answers = json.dumps({"full_name": {"v": said["full_name"]}, "submit": {"v": reference, "once": True}})
    times = {"started_at": NOW, "updated_at": NOW}
    talk = {"id": f"talk {person}", "account_id": account, "conversation": "enrol", "state": "ended", **times}
    await tx.execute(insert(talks), {**talk, "answers": answers})
    body = json.dumps({"text": reference})
    for state in ("waiting", "sent"):
        row = {"account_id": account, "lane": "notice", "state": state, "body": body, "due_at": NOW, "created_at": NOW}
        await tx.execute(insert(outbox), {"id": tx.new_id(), **row})
    return reference


async def count(store: Store, table: Any, *where: Any) -> int:
    return int(await store.run(lambda tx: tx.value(select(func.count()).select_from(table).where(*where))))


async def test_a_number_is_sealed_and_found_by_its_last_digits(store: Store, database: Path) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    one = await store.run(lambda tx: people.get(tx, P))
    assert one is not None
    assert one.number() == "+6281234567890"
    assert b"81234567890" not in one.phone if one.phone else False
    mark = await store.run(lambda tx: tx.value(select(persons.c.phone_last4)))
    assert mark == people.last4("7890") == people.last4("+6281234567890")
    assert "7890" not in mark


async def test_a_new_secret_in_front_reads_and_finds_what_was_there(store: Store) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    mark = people.last4("7890")
    people.seal_with(["a newer secret", "a secret for tests"])
    one = await store.run(lambda tx: people.get(tx, P))
    assert one is not None
    assert one.number() == "+6281234567890"
    assert people.last4("7890") != mark
    assert await count(store, persons, people.ends_in("7890")) == 1
    assert await count(store, persons, people.ends_in("7891")) == 0


async def test_a_name_keeps_its_spelling_and_is_found_without_it(store: Store) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    one = await store.run(lambda tx: people.get(tx, P))
    assert one is not None
    assert (one.full_name, one.nickname, one.area, one.phone_shared) == ("Siti Aïsyah", "Siti", "33.07.04.1015", True)
    assert await store.run(lambda tx: tx.value(select(persons.c.folded_name))) == "siti aisyah"


@pytest.mark.parametrize(
    ("name", "called"),
    [("Siti Aminah", "Siti"), ("H. Ahmad Yani", "Ahmad"), ("Hj Nurhayati", "Nurhayati"), ("Drs. M. Ali", "Ali"),
     ("H.", "H."), ("عائشة", "عائشة"), ("", "")],
)  # fmt: skip
async def test_nobody_is_called_by_a_title(name: str, called: str) -> None:
    assert people.called({"full_name": name, "nickname": None}) == called
    assert people.called({"full_name": name, "nickname": "Nur"}) == "Nur"


async def test_one_phone_of_two_people_and_one_person_with_two_phones(store: Store) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    await store.run(lambda tx: enrol(tx, Q, "a"))
    await store.run(lambda tx: people.link(tx, "b", P))
    await store.run(lambda tx: people.link(tx, "b", P))
    assert {one.id for one in await store.run(lambda tx: people.of_account(tx, "a"))} == {P, Q}
    assert set(await store.run(lambda tx: people.accounts_of(tx, P))) == {"a", "b"}
    chosen = select(accounts.c.person_id).where(accounts.c.id == "a")
    assert await store.run(lambda tx: tx.value(chosen)) == Q


async def test_all_that_is_kept_can_be_seen_and_put_right(store: Store) -> None:
    reference = await store.run(lambda tx: enrol(tx, P, "a"))
    kept = await store.run(lambda tx: people.answers(tx, "a", P))
    assert kept is not None
    expected = {name: value for name, value in SAID.items() if value is not None}
    assert kept["answers"] == {**expected, "nickname": "Siti", "phone": "+6281234567890"}
    assert await store.run(lambda tx: people.answers(tx, "b", P)) is None
    said = {**SAID, "kecamatan": "33.07.05", "village": {"text": "Dusun Baru"}}
    changed = {"kecamatan": said["kecamatan"], "village": said["village"], "phone": "", "phone_use": "own"}
    await store.run(lambda tx: people.corrected(tx, P, changed, said))
    await store.run(lambda tx: enrolments.amend(tx, reference, {"kecamatan": "33.07.05"}, note="kecamatan"))
    one = await store.run(lambda tx: people.get(tx, P))
    assert one is not None
    assert (one.kecamatan, one.village, one.village_text) == ("33.07.05", "", "Dusun Baru")
    assert (one.number(), one.phone_shared) == ("", False)
    past = await store.run(lambda tx: enrolments.history(tx, reference))
    assert [(event.status, event.note) for event in past] == [("submitted", ""), ("submitted", "kecamatan")]


async def test_deleting_reaches_everything(store: Store) -> None:
    reference = await store.run(lambda tx: enrol(tx, P, "a"))
    await store.run(lambda tx: enrolments.ask_again(tx, reference, "village", "PTG-3333"))
    alone = await store.run(lambda tx: people.erase(tx, P))
    await store.run(lambda tx: consents.withdraw(tx, P, "a", alone, PROOF))
    assert alone == ["a"]
    for table in (persons, enrolments_table, enrolment_events, requests, talks, subscriptions):
        assert await count(store, table) == 0, table.name
    assert await count(store, outbox, outbox.c.body.is_not(None)) == 0
    assert await count(store, outbox, outbox.c.state == "waiting") == 0
    proof = await store.run(lambda tx: tx.rows(select(consents_table.c.purpose, consents_table.c.state)))
    assert [(row["purpose"], row["state"]) for row in proof][-3:] == [
        ("enrolment", "withdrawn"), ("programme", "withdrawn"), ("mart", "withdrawn"),
    ]  # fmt: skip


async def test_deleting_one_of_two_leaves_the_other(store: Store) -> None:
    gone = await store.run(lambda tx: enrol(tx, P, "a"))
    kept = await store.run(lambda tx: enrol(tx, Q, "a", full_name="Peserta Dua"))
    assert await store.run(lambda tx: people.erase(tx, P)) == []
    assert await store.run(lambda tx: enrolments.get(tx, gone)) is None
    assert await store.run(lambda tx: enrolments.get(tx, kept)) is not None
    assert [row["id"] for row in await store.run(lambda tx: tx.rows(select(talks.c.id)))] == [f"talk {Q}"]
    assert await count(store, outbox, outbox.c.body.contains(kept)) == 2
    assert await count(store, outbox, outbox.c.body.contains(gone)) == 0
    assert await store.run(lambda tx: consents.wanted(tx, "a")) == {"programme": True, "mart": True}
    chosen = select(accounts.c.person_id).where(accounts.c.id == "a")
    assert await store.run(lambda tx: tx.value(chosen)) == Q


async def leave_things(tx: Tx, person: str, account: str, name: str) -> str:
    """One of each thing that somebody may leave besides an enrolment; the reference of the offer."""
    said = {
        "product": "Keripik", "category": "makanan_kering", "unit": "200 gram", "price": 12_000, "quantity": 20,
        "shelf": 30, "permits": [], "photo": None,
    }  # fmt: skip
    reference = await offering.submit(tx, account, person, said)
    line = {"offer": reference, "delivered": 5, "sold": 3, "settled": 3, "price": 1, "shop_price": 1, "by": ""}
    await tx.execute(insert(consignments_table), {**line, "delivered_at": NOW})
    paid = {"number": f"BT-{person[:4]}", "offer": reference, "sold": 3, "due": 3, "state": "told", "by": ""}
    await tx.execute(insert(settlements_table), {**paid, "created_at": NOW})
    asked = {"account_id": account, "lane": "notice", "state": "waiting", "due_at": NOW, "created_at": NOW}
    await tx.execute(insert(outbox), {"id": tx.new_id(), **asked, "body": json.dumps({"given": paid["number"]})})
    await memberships.wish(tx, account, person, marts.of_district("33.07").code)  # type: ignore[union-attr]
    await cash.note(tx, account, "2026-11-23", [{"kind": "in", "what": "", "amount": 25_000}])
    await lessons.shown(tx, account, "C1L1")
    await series.start(tx, account, 2, "08:00", "Asia/Jakarta")
    await mart_records.wait(tx, account, "karawang")
    await tx.execute(
        insert(certificates_table),
        {"code": f"PIA-{name}", "account_id": account, "course": name, "name": name, "issued_at": NOW},
    )
    return reference


THINGS = {**dict.fromkeys(belongings.KINDS, 1), "membership": 0}
OF_CHATS = (cash_notes, lesson_progress, tip_series, mart_waiting, certificates_table)


async def test_all_that_somebody_leaves_is_counted_and_goes_with_them(store: Store) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    await store.run(lambda tx: leave_things(tx, P, "a", str(SAID["full_name"])))
    assert await store.run(lambda tx: belongings.of(tx, "a", P)) == {**THINGS, "shared": 0, "goods": 2}
    await store.run(lambda tx: people.erase(tx, P))
    nothing = {**dict.fromkeys(belongings.KINDS, 0), "shared": 0, "goods": 0}
    assert await store.run(lambda tx: belongings.of(tx, "a", P)) == nothing
    for table in (*OF_CHATS, offers_table, consignments_table, settlements_table, memberships_table):
        assert await count(store, table) == 0, table.name


async def test_on_a_shared_phone_only_what_is_ones_own_is_told_and_goes(store: Store) -> None:
    await store.run(lambda tx: enrol(tx, P, "a"))
    await store.run(lambda tx: enrol(tx, Q, "a", full_name="Peserta Dua"))
    await store.run(lambda tx: leave_things(tx, P, "a", str(SAID["full_name"])))
    mine = {"offers": 1, "wish": 1, "certificates": 1}
    nothing = dict.fromkeys(belongings.KINDS, 0)
    assert await store.run(lambda tx: belongings.of(tx, "a", P)) == {**nothing, **mine, "shared": 1, "goods": 2}
    assert await store.run(lambda tx: belongings.of(tx, "a", Q)) == {**nothing, "shared": 1, "goods": 0}
    await store.run(lambda tx: people.erase(tx, P))
    assert await count(store, offers_table) == await count(store, memberships_table) == 0
    assert await count(store, cash_notes) == await count(store, lesson_progress) == 1
    assert await count(store, outbox, outbox.c.body.contains("BT-")) == 0
    assert await store.run(lambda tx: belongings.of(tx, "a", Q)) == {
        **THINGS, "offers": 0, "wish": 0, "certificates": 0, "shared": 0, "goods": 0,
    }  # fmt: skip


async def test_who_has_not_enrolled_may_empty_their_chat(store: Store) -> None:
    await store.run(lambda tx: cash.note(tx, "b", "2026-11-23", [{"kind": "in", "what": "", "amount": 25_000}]))
    await store.run(lambda tx: enrol(tx, P, "a"))
    for account, left in (("a", 0), ("b", 1)):
        await store.run(lambda tx, account=account: people.empty(tx, account, ""))  # type: ignore[misc]
        assert (await count(store, talks), await count(store, cash_notes)) == (1, 1 - left)


async def test_numbers_need_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_seal", None)
    with pytest.raises(people.Unsealed, match="SECRET_KEY"):
        people.sealing()


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_the_first_link_that_brought_somebody_counts(channel: str, tmp_path: Path) -> None:
    path = tmp_path / "link.id.txt"
    path.write_text("> halo\n> Halo (poe-larantuka)\n> Halo kak (poe-maumere)\n> /start poe-wonosobo\n")
    async with stage() as on:
        await Player(on, Transcript.read(path), channel).play()
        assert on.running is not None
        kept = await on.running.store.run(lambda tx: tx.rows(select(accounts.c.id, accounts.c.source)))
        assert [row["source"] for row in kept] == ["poe-larantuka"]
        assert await on.running.store.run(lambda tx: people.source(tx, kept[0]["id"])) == "poe-larantuka"
