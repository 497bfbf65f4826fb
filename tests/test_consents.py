"""Consent is proved by its text: a new text needs a new version. Opt-ins, opt-outs and what stands after them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from bot.records import consents, people
from bot.schema import accounts
from bot.schema import consents as consents_table
from bot.store import Store, Tx
from bot.texts import Texts
from tests.dialogue import Player, Transcript, stage

NOW = 1_700_000_000_000
PROOF = {"channel": "telegram", "message": "7", "language": "id", "hash": "h"}
LOCALES = Path(__file__).parent.parent / "locales"

HASHES = {
    ("1", "id", "consent"): "50759d8afc6d7f63",
    ("1", "en", "consent"): "361082111678bd2c",
    ("1", "id", "announcements"): "6cc33a0a7b9c7579",
    ("1", "en", "announcements"): "50c8416c8c557584",
}
"""(version, language, template) → hash of the text that people agreed to under that version."""


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("purpose", "domain", "key"),
    [
        ("enrolment", "enrol", "consent"),
        ("enrolment", "consent_again", "consent"),
        ("programme", "updates", "announcements"),
        ("programme", "consent_again", "announcements"),
        ("mart", "enrol", "announcements"),
    ],
)
def test_a_new_text_needs_a_new_version(purpose: str, domain: str, key: str, language: str) -> None:
    digest = Texts.load(LOCALES).digest(language, domain, key)
    version = consents.VERSIONS[purpose]
    known = HASHES.get((version, language, key))
    assert known == digest[:16], (
        f"the {language} text {key!r} differs from version {version}: raise {purpose!r} in bot/records/consents.py and "
        f"add ({version!r} + 1, {language!r}, {key!r}): {digest[:16]!r} to HASHES; who agreed before is asked again "
        f"and reads what is new in locales/{language}/LC_MESSAGES/consent_again.po"
    )


@pytest_asyncio.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite+aiosqlite:///{database}", lambda: NOW)
    await opened.open()
    row = {"id": "a", "channel": "telegram", "external_id": "1", "created_at": NOW}
    await opened.run(lambda tx: tx.execute(insert(accounts), row))
    yield opened
    await opened.close()


async def proofs(store: Store) -> list[tuple[str, str]]:
    columns = (consents_table.c.purpose, consents_table.c.state)
    rows = await store.run(lambda tx: tx.rows(select(*columns).order_by(consents_table.c.id)))
    return [(row["purpose"], row["state"]) for row in rows]


async def wanted(store: Store) -> set[str]:
    return {topic for topic, now in (await store.run(lambda tx: consents.wanted(tx, "a"))).items() if now}


@pytest.mark.asyncio
async def test_a_proof_has_all_that_shows_it(store: Store) -> None:
    await store.run(lambda tx: consents.record(tx, "a", "enrolment", "granted", PROOF, "p"))
    rows: list[dict[str, Any]] = await store.run(lambda tx: tx.rows(select(consents_table)))
    assert len(rows) == 1
    del rows[0]["id"]
    assert rows[0] == {
        "account_id": "a", "person_id": "p", "purpose": "enrolment", "state": "granted", "version": "1",
        "language": "id", "text_hash": "h", "channel": "telegram", "message_id": "7", "at": NOW,
    }  # fmt: skip
    assert await store.run(lambda tx: consents.state(tx, "p", "enrolment")) == ("granted", "1")


@pytest.mark.asyncio
async def test_nothing_stays_of_a_child(store: Store) -> None:
    await store.run(lambda tx: consents.record(tx, "a", "enrolment", "granted", PROOF, "p"))
    await store.run(lambda tx: consents.unrecord(tx, "p"))
    assert await proofs(store) == []


@pytest.mark.asyncio
@pytest.mark.parametrize(("answer", "topics"), list(consents.WANTED.items()))
async def test_the_four_answers(store: Store, answer: str, topics: tuple[str, ...]) -> None:
    await store.run(lambda tx: consents.subscribe(tx, "a", answer, PROOF))
    assert await wanted(store) == set(topics)
    assert await proofs(store) == [
        (topic, "granted" if topic in topics else "declined") for topic in consents.TOPICS
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_stop_ends_all_at_once_and_resume_brings_back_what_was_wanted(store: Store) -> None:
    await store.run(lambda tx: consents.subscribe(tx, "a", "mart", PROOF))
    for _ in range(2):
        await store.run(lambda tx: consents.pause(tx, "a", PROOF))
        assert await wanted(store) == set()
    for _ in range(2):
        assert await store.run(lambda tx: consents.resume(tx, "a", PROOF)) == ["mart"]
        assert await wanted(store) == {"mart"}
    assert await proofs(store) == [
        ("programme", "declined"), ("mart", "granted"), ("mart", "withdrawn"), ("mart", "granted"),
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_who_was_never_asked_has_nothing_to_resume(store: Store) -> None:
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    assert await store.run(lambda tx: consents.resume(tx, "a", PROOF)) == []
    assert await proofs(store) == []


@pytest.mark.asyncio
async def test_one_topic_ended_for_good(store: Store) -> None:
    await store.run(lambda tx: consents.subscribe(tx, "a", "all", PROOF))
    await store.run(lambda tx: consents.unsubscribe(tx, "a", "mart", PROOF))
    assert await wanted(store) == {"programme"}
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    assert await store.run(lambda tx: consents.resume(tx, "a", PROOF)) == ["programme"]


@pytest.mark.asyncio
async def test_an_opt_in_after_stop_counts(store: Store) -> None:
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    await store.run(lambda tx: consents.subscribe(tx, "a", "all", PROOF))
    assert await wanted(store) == {"programme", "mart"}


async def enrolled(store: Store, person: str = "p") -> None:
    """Somebody who writes from the account `a`, and agreed to what is asked today."""

    async def work(tx: Tx) -> None:
        await people.create(tx, person, full_name="Peserta 01")
        await people.link(tx, "a", person)
        await consents.record(tx, "a", "enrolment", "granted", PROOF, person)

    await store.run(work)


async def due(store: Store) -> int | None:
    """From when the account `a` is asked again, once it has been looked for."""
    await store.run(consents.fall_due)
    found: int | None = await store.run(lambda tx: tx.value(select(accounts.c.consent_due_at)))
    return found


def raised(monkeypatch: pytest.MonkeyPatch, *purposes: str, to: str = "next") -> None:
    monkeypatch.setattr(consents, "VERSIONS", {**consents.VERSIONS, **dict.fromkeys(purposes, to)})


@pytest.mark.asyncio
async def test_a_new_version_asks_again_who_agreed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await enrolled(store)
    assert await due(store) is None
    raised(monkeypatch, "enrolment")
    assert await due(store) == NOW
    assert await store.run(lambda tx: consents.ask_again(tx, "a")) == {"person": "p", "name": ""}
    assert await due(store) == NOW + consents.AGAIN_MS
    await store.run(lambda tx: consents.record(tx, "a", "enrolment", "granted", PROOF, "p"))
    assert await store.run(lambda tx: consents.ask_again(tx, "a")) == {"person": "", "name": ""}
    assert await due(store) is None


@pytest.mark.asyncio
async def test_who_gave_no_consent_is_not_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await enrolled(store)
    await store.run(lambda tx: consents.record(tx, "a", "enrolment", "withdrawn", PROOF, "p"))
    await store.run(lambda tx: consents.record(tx, "a", "enrolment", "declined", PROOF))
    await store.run(lambda tx: consents.subscribe(tx, "a", "none", PROOF))
    raised(monkeypatch, "enrolment", "programme", "mart")
    assert await due(store) is None


@pytest.mark.asyncio
async def test_who_is_sent_announcements_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.run(lambda tx: consents.subscribe(tx, "a", "mart", PROOF))
    raised(monkeypatch, "programme", "mart")
    assert await store.run(lambda tx: consents.older_topics(tx, "a")) == ["mart"]
    assert await due(store) == NOW
    await store.run(lambda tx: consents.renew(tx, "a", PROOF))
    assert await store.run(lambda tx: consents.older_topics(tx, "a")) == []
    assert await wanted(store) == {"mart"}
    raised(monkeypatch, "mart", to="the one after")
    assert await store.run(lambda tx: consents.older_topics(tx, "a")) == ["mart"]
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    assert await store.run(lambda tx: consents.older_topics(tx, "a")) == []


@pytest.mark.asyncio
async def test_resuming_does_not_agree_to_a_text_that_was_not_seen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.run(lambda tx: consents.subscribe(tx, "a", "programme", PROOF))
    raised(monkeypatch, "programme", "mart")
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    assert await due(store) is None
    assert await store.run(lambda tx: consents.resume(tx, "a", PROOF)) == []
    await store.run(lambda tx: consents.subscribe(tx, "a", "programme", PROOF))
    await store.run(lambda tx: consents.pause(tx, "a", PROOF))
    assert await store.run(lambda tx: consents.resume(tx, "a", PROOF)) == ["programme"]


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_what_is_agreed_to_again_is_proved_by_the_same_text(channel: str, tmp_path: Path) -> None:
    path = tmp_path / "again.id.txt"
    path.write_text(
        "! enrolled Peserta 01 33.07.04 verified 3d\n! agreed Peserta 01 0 mart\n@1d\n"
        "Peserta 01> halo\nPeserta 01> setuju\nPeserta 01> boleh\n"
    )
    async with stage() as on:
        await Player(on, Transcript.read(path), channel).play()
        assert on.running is not None
        query = select(consents_table).where(consents_table.c.version != "0").order_by(consents_table.c.id)
        first, second = await on.running.store.run(lambda tx: tx.rows(query))
    assert [(one["purpose"], one["state"], one["version"]) for one in (first, second)] == [
        ("enrolment", "granted", "1"), ("mart", "granted", "1"),
    ]  # fmt: skip
    assert first["text_hash"][:16] == HASHES["1", "id", "consent"]
    assert second["text_hash"][:16] == HASHES["1", "id", "announcements"]
    assert (first["channel"], bool(first["person_id"]), bool(first["message_id"])) == (channel, True, True)
