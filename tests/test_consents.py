"""Consent is proved by its text: a new text needs a new version. Opt-ins, opt-outs and what stands after them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from bot.records import consents
from bot.schema import accounts
from bot.schema import consents as consents_table
from bot.store import Store
from bot.texts import Texts

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
    [("enrolment", "enrol", "consent"), ("programme", "updates", "announcements"), ("mart", "enrol", "announcements")],
)
def test_a_new_text_needs_a_new_version(purpose: str, domain: str, key: str, language: str) -> None:
    digest = Texts.load(LOCALES).digest(language, domain, key)
    version = consents.VERSIONS[purpose]
    known = HASHES.get((version, language, key))
    assert known == digest[:16], (
        f"the {language} text {key!r} differs from version {version}: raise {purpose!r} in bot/records/consents.py and "
        f"add ({version!r} + 1, {language!r}, {key!r}): {digest[:16]!r} to HASHES; who agreed before is asked again"
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
