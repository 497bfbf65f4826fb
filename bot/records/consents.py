"""What somebody allowed, and when they took it back: append-only proof, and the subscriptions as they stand now.

Consent to be enrolled and consent to announcements are separate. A message about somebody's own case is neither: it is
a notice and needs no opt-in. Does not know the texts: a test compares their hashes with VERSIONS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from bot.schema import account_persons, accounts, consents, persons, subscriptions
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

AGAIN_MS = 30 * 24 * 60 * 60 * 1000
"""How long somebody who was asked again, and did not agree, is left in peace."""


async def record(tx: Tx, account: str, purpose: str, state: State, proof: Mapping[str, Any], person: str = "") -> None:
    """Keep the proof of one answer. `proof` is `chat.proof(name)`: channel, message id, language, hash of the text."""
    row = {
        "account_id": account, "person_id": person, "purpose": purpose, "state": state, "version": VERSIONS[purpose],
        "language": proof.get("language", ""), "text_hash": proof.get("hash", ""), "channel": proof.get("channel", ""),
        "message_id": proof.get("message", ""), "at": tx.now,
    }  # fmt: skip
    await tx.add(consents, row)


async def unrecord(tx: Tx, person: str, account: str = "") -> None:
    """Delete what was recorded for somebody of whom nothing may be kept: a child.

    `account`: a chat that is nobody else's. What it wanted to be sent, and what was recorded of it alone, goes too.
    """
    chats = (consents.c.account_id == account) & (consents.c.person_id == "")
    await tx.execute(delete(consents).where((consents.c.person_id == person) | chats))
    await tx.execute(delete(subscriptions).where(subscriptions.c.account_id == account))


async def unbegin(tx: Tx, account: str, since: int) -> None:
    """Delete what was recorded in a chat since then for people whom nobody has enrolled."""
    known = exists(select(persons.c.id).where(persons.c.id == consents.c.person_id))
    begun = (consents.c.account_id == account) & (consents.c.at >= since) & (consents.c.person_id != "")
    await tx.execute(delete(consents).where(begun, ~known))


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
    """Send again what was wanted before; the topics, or none where nothing was, or under an older text."""
    again: list[str] = []
    rows = await _rows(tx, account)
    if await _older(tx, account, [topic for topic in TOPICS if topic in rows and rows[topic]["wanted"]]):
        return again
    for topic, row in rows.items():
        if row["wanted"]:
            again.append(topic)
            if row["paused"]:
                await record(tx, account, topic, "granted", proof, person)
                await _set(tx, account, topic, wanted=True, paused=False)
    return again


# A text that has changed


async def fall_due(tx: Tx) -> None:
    """Chats with somebody who agreed to an older text are asked again from now on, unless they have been already."""
    newer = consents.alias()
    after = (newer.c.purpose == consents.c.purpose) & (newer.c.id > consents.c.id)
    person = consents.c.person_id == account_persons.c.person_id
    people = select(account_persons.c.account_id).join(consents, person & _is_older("enrolment"))
    people = people.where(~exists().where(after, newer.c.person_id == consents.c.person_id))
    topic = (consents.c.account_id == subscriptions.c.account_id) & (consents.c.purpose == subscriptions.c.topic)
    chats = select(subscriptions.c.account_id).join(consents, topic & _is_older(*TOPICS))
    chats = chats.where(subscriptions.c.wanted, ~subscriptions.c.paused)
    chats = chats.where(~exists().where(after, newer.c.account_id == consents.c.account_id))
    due = accounts.c.consent_due_at.is_(None) & or_(accounts.c.id.in_(people), accounts.c.id.in_(chats))
    await tx.execute(update(accounts).where(due).values(consent_due_at=tx.now))


async def ask_again(tx: Tx, account: str) -> dict[str, str]:
    """Whose consent to an older text this chat is asked about, if anybody's: `person`, and `name` on a shared phone.

    It is not asked again before 30 days are over, whatever comes of it.
    """
    people = await older_people(tx, account)
    due = tx.now + AGAIN_MS if people or await older_topics(tx, account) else None
    await tx.execute(update(accounts).where(accounts.c.id == account).values(consent_due_at=due))
    linked = select(account_persons.c.person_id).where(account_persons.c.account_id == account)
    shared = len(await tx.rows(linked)) > 1
    person, name = people[0] if people else ("", "")
    return {"person": person, "name": name if shared else ""}


async def older_people(tx: Tx, account: str) -> list[tuple[str, str]]:
    """(id, name) of everybody in this chat who agreed to an older text of the enrolment, the one chosen in it first."""
    found = (
        select(persons.c.id, persons.c.nickname, persons.c.full_name)
        .join(account_persons, account_persons.c.person_id == persons.c.id)
        .join(accounts, accounts.c.id == account_persons.c.account_id)
        .where(accounts.c.id == account)
        .order_by(accounts.c.person_id != persons.c.id, account_persons.c.since)
    )
    people = [(row["id"], row["nickname"] or row["full_name"]) for row in await tx.rows(found)]
    now = ("granted", VERSIONS["enrolment"])
    told = [(one, await state(tx, one[0], "enrolment")) for one in people]
    return [one for one, last in told if last is not None and last[0] == "granted" and last != now]


async def older_topics(tx: Tx, account: str) -> list[Topic]:
    """What this chat is sent because somebody agreed to an older text."""
    now = await wanted(tx, account)
    return await _older(tx, account, [topic for topic in TOPICS if now.get(topic)])


async def renew(tx: Tx, account: str, proof: Mapping[str, Any], person: str = "") -> None:
    """What was wanted under an older text is wanted under the new one, too."""
    for topic in await older_topics(tx, account):
        await record(tx, account, topic, "granted", proof, person)


async def give_up(tx: Tx, account: str, proof: Mapping[str, Any], person: str = "") -> None:
    """What was wanted under an older text is not wanted any more."""
    for topic in await older_topics(tx, account):
        await unsubscribe(tx, account, topic, proof, person)


async def _older(tx: Tx, account: str, topics: Iterable[Topic]) -> list[Topic]:
    """Those of the topics for which an older text was agreed to last."""
    found = select(consents.c.purpose, consents.c.version).order_by(consents.c.id)
    mine = (consents.c.account_id == account) & (consents.c.state == "granted")
    agreed = {row["purpose"]: row["version"] for row in await tx.rows(found.where(mine))}
    return [topic for topic in topics if agreed.get(topic, VERSIONS[topic]) != VERSIONS[topic]]


def _is_older(*purposes: str) -> ColumnElement[bool]:
    """The condition that a line of the proof says yes to another text than today's."""
    texts = (and_(consents.c.purpose == one, consents.c.version != VERSIONS[one]) for one in purposes)
    return (consents.c.state == "granted") & or_(*texts)


async def _rows(tx: Tx, account: str) -> dict[str, dict[str, Any]]:
    found = select(subscriptions).where(subscriptions.c.account_id == account)
    return {row["topic"]: row for row in await tx.rows(found)}


async def _set(tx: Tx, account: str, topic: str, *, wanted: bool, paused: bool) -> None:
    values = {"wanted": wanted, "paused": paused, "at": tx.now}
    mine = (subscriptions.c.account_id == account) & (subscriptions.c.topic == topic)
    if (await tx.execute(update(subscriptions).where(mine).values(values))).rowcount == 0:
        await tx.add(subscriptions, {"account_id": account, "topic": topic, **values})
