"""What somebody allowed, and when they took it back: append-only proof, and the subscriptions as they stand now.

Consent to be enrolled and consent to announcements are separate. A message about somebody's own case is neither: it is
a notice and needs no opt-in. Does not know the texts: a test compares their hashes with VERSIONS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update

from bot.schema import consents, subscriptions
from bot.store import Tx

Topic = Literal["programme", "mart"]
TOPICS: tuple[Topic, ...] = ("programme", "mart")
"""What may be announced: `programme` (events, assistance, meetings, jobs) and `mart` (prices, offers, openings)."""

VERSIONS: Mapping[str, str] = {"enrolment": "1", "programme": "1", "mart": "1"}
"""Version of the text for each purpose. Raise it with the text: tests/test_consents.py holds the hashes."""

WANTED: Mapping[str, tuple[Topic, ...]] = {
    "all": ("programme", "mart"),
    "programme": ("programme",),
    "mart": ("mart",),
    "none": (),
}
"""What the four answers of domain.md 2.7 mean."""

State = Literal["granted", "declined", "withdrawn"]


async def record(tx: Tx, account: str, purpose: str, state: State, proof: Mapping[str, Any], person: str = "") -> None:
    """Keep the proof of one answer. `proof` is `chat.proof(name)`: channel, message id, language, hash of the text."""
    row = {
        "account_id": account, "person_id": person, "purpose": purpose, "state": state, "version": VERSIONS[purpose],
        "language": proof.get("language", ""), "text_hash": proof.get("hash", ""), "channel": proof.get("channel", ""),
        "message_id": proof.get("message", ""), "at": tx.now,
    }  # fmt: skip
    await tx.execute(insert(consents), row)


async def unrecord(tx: Tx, person: str) -> None:
    """Delete what was recorded for somebody of whom nothing may be kept: a child."""
    await tx.execute(delete(consents).where(consents.c.person_id == person))


async def withdraw(tx: Tx, person: str, account: str, chats: Iterable[str], proof: Mapping[str, Any]) -> None:
    """Somebody leaves the programme: the last line of their proof, and no more announcements to these chats."""
    await record(tx, account, "enrolment", "withdrawn", proof, person)
    for chat in chats:
        now = await wanted(tx, chat)
        for topic in TOPICS:
            if now.get(topic):
                await record(tx, chat, topic, "withdrawn", proof, person)
        await tx.execute(delete(subscriptions).where(subscriptions.c.account_id == chat))


async def state(tx: Tx, person: str, purpose: str) -> tuple[str, str] | None:
    """(state, version) of the last answer of a person for a purpose, or None."""
    mine = (consents.c.person_id == person) & (consents.c.purpose == purpose)
    row = await tx.row(select(consents.c.state, consents.c.version).where(mine).order_by(consents.c.id.desc()).limit(1))
    return (row["state"], row["version"]) if row else None


# Subscriptions


async def wanted(tx: Tx, account: str) -> dict[str, bool]:
    """Topic → whether this chat is sent it now; a topic never asked about is missing."""
    found = select(subscriptions.c.topic, subscriptions.c.wanted, subscriptions.c.paused)
    rows = await tx.rows(found.where(subscriptions.c.account_id == account))
    return {row["topic"]: bool(row["wanted"]) and not row["paused"] for row in rows}


async def subscribe(tx: Tx, account: str, answer: str, proof: Mapping[str, Any], person: str = "") -> None:
    """Keep the answer to the opt-in question (a key of WANTED), with its proof for each topic; nothing stays paused."""
    before = await wanted(tx, account)
    for topic in TOPICS:
        now = topic in WANTED[answer]
        said: State = "granted" if now else "withdrawn" if before.get(topic) else "declined"
        await record(tx, account, topic, said, proof, person)
        await _set(tx, account, topic, wanted=now, paused=False)


async def pause(
    tx: Tx, account: str, proof: Mapping[str, Any], person: str = "", topics: tuple[Topic, ...] = TOPICS
) -> None:
    """End announcements at once; what was wanted is remembered for `resume`."""
    before = await _rows(tx, account)
    for topic in topics:
        was = before.get(topic, {"wanted": False, "paused": False})
        if was["wanted"] and not was["paused"]:
            await record(tx, account, topic, "withdrawn", proof, person)
        await _set(tx, account, topic, wanted=was["wanted"], paused=True)


async def unsubscribe(tx: Tx, account: str, topic: Topic, proof: Mapping[str, Any], person: str = "") -> None:
    """End one topic for good: `resume` does not bring it back."""
    if (await wanted(tx, account)).get(topic):
        await record(tx, account, topic, "withdrawn", proof, person)
    await _set(tx, account, topic, wanted=False, paused=False)


async def resume(tx: Tx, account: str, proof: Mapping[str, Any], person: str = "") -> list[str]:
    """Send again what was wanted before; the topics, or none where nothing ever was."""
    again: list[str] = []
    for topic, row in (await _rows(tx, account)).items():
        if row["wanted"]:
            again.append(topic)
            if row["paused"]:
                await record(tx, account, topic, "granted", proof, person)
                await _set(tx, account, topic, wanted=True, paused=False)
    return again


async def _rows(tx: Tx, account: str) -> dict[str, dict[str, Any]]:
    found = select(subscriptions).where(subscriptions.c.account_id == account)
    return {row["topic"]: row for row in await tx.rows(found)}


async def _set(tx: Tx, account: str, topic: str, *, wanted: bool, paused: bool) -> None:
    values = {"wanted": wanted, "paused": paused, "at": tx.now}
    mine = (subscriptions.c.account_id == account) & (subscriptions.c.topic == topic)
    if (await tx.execute(update(subscriptions).where(mine).values(values))).rowcount == 0:
        await tx.execute(insert(subscriptions), {"account_id": account, "topic": topic, **values})
