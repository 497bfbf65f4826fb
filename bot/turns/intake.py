"""The rows of a batch of messages, in a handful of statements however many messages it has.

These run for every message, so they go to the driver as they stand (design.md, Store); all else uses SQLAlchemy Core.
Knows no conversation.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import update

from bot.engine.talk import Talk
from bot.messages import Incoming
from bot.queued import Row
from bot.schema import accounts
from bot.store import Tx

_CLAIM = """
INSERT INTO handled (key, at) SELECT value, :now FROM json_each(:keys) WHERE true ON CONFLICT DO NOTHING RETURNING key
"""

_ROLES = """group_concat(r.role || ' ' || r.area, char(10)) FROM staff s JOIN staff_roles r ON r.code = s.code
WHERE s.account_id = {account} AND s.ended_at IS NULL"""

_LOAD = """
SELECT a.id, a.channel, a.external_id, a.phone, a.language,
       CASE WHEN a.failures > 0 AND a.reachable = 'ok' THEN 'failing' ELSE a.reachable END, a.held, a.person_id,
       p.salutation, p.nickname, p.district,
       t.id, t.conversation, t.answers, t.pending, t.failed, t.given, t.started_at, t.updated_at,
       (SELECT {roles}),
       EXISTS (SELECT 1 FROM talks s WHERE s.account_id = a.id AND s.state IN ('aside', 'draft')),
       a.consent_due_at,
       EXISTS (SELECT 1 FROM incoming_media m WHERE m.account_id = a.id AND m.holds)
FROM json_each(:who) j
JOIN accounts a ON a.channel = json_extract(j.value, '$[0]') AND a.external_id = json_extract(j.value, '$[1]')
LEFT JOIN persons p ON p.id = a.person_id
LEFT JOIN talks t ON t.account_id = a.id AND t.state = 'current'
""".replace("{roles}", _ROLES.replace("{account}", "a.id"))

_BY_NUMBER = """
SELECT j.value, a.channel, a.external_id, max(a.last_inbound_at) FROM json_each(:numbers) j
JOIN accounts a ON a.phone = j.value AND a.phone <> '' GROUP BY j.value, a.channel
"""

_RELOAD = """
SELECT a.language, a.person_id, p.salutation, p.nickname, p.district, (SELECT {roles}), a.consent_due_at
FROM accounts a LEFT JOIN persons p ON p.id = a.person_id WHERE a.id = :account
""".replace("{roles}", _ROLES.replace("{account}", "a.id"))

_SAVE_TALK = """
INSERT INTO talks
  (id, account_id, conversation, state, answers, pending, failed, given, started_at, updated_at, nudge_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, answers = excluded.answers, pending = excluded.pending,
  failed = excluded.failed, given = excluded.given, updated_at = excluded.updated_at, nudge_at = excluded.nudge_at
"""

_NEW_ACCOUNT = """
INSERT INTO accounts (id, channel, external_id, phone, language, last_inbound_at, reachable, held, created_at)
VALUES (?, ?, ?, ?, ?, ?, 'ok', 0, ?)
"""

_TOUCH_ACCOUNT = """
UPDATE accounts SET language = ?, last_inbound_at = max(last_inbound_at, ?), reachable = 'ok',
  failures = 0, failed_on = '', phone = ? WHERE id = ?
"""

_QUEUE = """
INSERT INTO outbox (id, account_id, lane, state, body, template, due_at, created_at, attempts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

encode = msgspec.json.encode
decode = msgspec.json.decode


@dataclass(slots=True)
class Account:
    """An account with the person chosen in it and the talk it is in, as this batch sees and changes them."""

    id: str
    channel: str
    external_id: str
    phone: str = ""
    language: str = "id"
    reachable: str = "ok"
    """As in the table, or `failing`: something did not arrive lately."""
    held: int = 0
    person: str = ""
    salutation: str = ""
    nickname: str = ""
    district: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    talk: Talk | None = None
    new: bool = False
    wrote_at: int = 0
    """When the person wrote, by the provider's clock where it is behind ours: WhatsApp's window counts from there."""
    touched: bool = False
    """The row itself has changed (language, last message), not only the talk."""
    chose_language: bool = False
    """In this batch: what the table says of the language is old."""
    quiet: bool = True
    """They have not written in this batch: we did."""
    shelved: bool = False
    """The table has a talk of theirs that is set aside or a draft."""
    consent_due: int | None = None
    """From when they are asked again about a consent whose text has changed; None: not at all."""
    behind: bool = False
    """Something that they have sent is still being fetched: what comes after it waits (putting_off.py)."""
    gone: list[tuple[Talk, str]] = field(default_factory=list)
    """Talks that are not current any more, with the state they go to."""


@dataclass(slots=True)
class Rows:
    """What a batch writes."""

    talks: list[tuple[Any, ...]] = field(default_factory=list)
    outbox: list[tuple[Any, ...]] = field(default_factory=list)
    ready: list[Row] = field(default_factory=list)
    """Replies among them, to be sent as soon as they are committed."""


async def claim(tx: Tx, messages: Sequence[Incoming]) -> tuple[set[str], list[Any]]:
    """The keys that have not been handled before, from now on they are; and rows for `accounts_of` of who wrote."""
    keys = encode([message.key for message in messages]).decode()
    who = {"who": _who((message.channel, message.sender) for message in messages)}

    def work(driver: sqlite3.Connection) -> tuple[list[Any], list[Any]]:
        fresh = driver.execute(_CLAIM, {"now": tx.now, "keys": keys}).fetchall()
        return fresh, driver.execute(_LOAD, who).fetchall() if fresh else []

    fresh, found = await tx.driver(work)
    return {key for (key,) in fresh}, found


async def load(tx: Tx, who: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Account]:
    """The accounts of these (channel, external id), each with its current talk."""
    return accounts_of(await _fetch(tx, _LOAD, {"who": _who(who)}))


def _who(who: Iterable[tuple[str, str]]) -> str:
    return encode(list(dict.fromkeys(who))).decode()


def accounts_of(rows: Iterable[Any]) -> dict[tuple[str, str], Account]:
    """Accounts by channel and external id."""
    found = {}
    for row in rows:
        account = Account(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            row[7] or "",
            row[8] or "",
            row[9] or "",
            row[10] or "",
            roles=_roles(row[19]) if row[19] else (),
            shelved=bool(row[20]),
            consent_due=row[21],
            behind=bool(row[22]),
        )
        if row[11] is not None:
            account.talk = talk_of(account.id, row[11:19])
        found[(account.channel, account.external_id)] = account
    return found


async def by_number(tx: Tx, numbers: Sequence[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """(channel, number) → (channel, external id) of who last wrote with this number: a log tells only that."""
    found = await _fetch(tx, _BY_NUMBER, {"numbers": encode(numbers).decode()})
    return {(channel, number): (channel, external_id) for number, channel, external_id, _ in found}


def talk_of(account: str, row: Sequence[Any]) -> Talk:
    """A talk from its columns: id, conversation, answers, pending, failed, given, started_at, updated_at."""
    pending = decode(row[3]) if row[3] else None
    return Talk(row[0], account, row[1], decode(row[2]), pending, row[4], row[5], row[6], row[7])


def _roles(joined: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(" ") for line in joined.split("\n"))
    return tuple((role, area) for role, _, area in pairs)


def create(tx: Tx, new: Sequence[Account]) -> None:
    """Store accounts that write for the first time."""
    rows = [(a.id, a.channel, a.external_id, a.phone, a.language, a.wrote_at, tx.now) for a in new]
    _many(tx, (_NEW_ACCOUNT, rows))


RELOADED = {"accounts", "persons", "staff", "staff_roles", ""}
"""What `Tx.changed` names where an effect may have changed who somebody is, or what they may do."""


async def reload(tx: Tx, account: Account) -> None:
    """Read again what effects may have changed."""
    found = await _fetch(tx, _RELOAD, {"account": account.id})
    for language, person, salutation, nickname, district, roles, consent_due in found:
        if not account.chose_language:
            account.language = language
        account.person, account.salutation = person or "", salutation or ""
        account.nickname, account.district = nickname or "", district or ""
        account.roles = _roles(roles) if roles else ()
        account.consent_due = consent_due


async def came_by(tx: Tx, account: str, source: str) -> None:
    """Note the code of the link that this account opened; the first one counts."""
    first = (accounts.c.id == account) & (accounts.c.source == "")
    await tx.execute(update(accounts).where(first).values(source=source))


def wrote(account: Account, message: Incoming, now: int) -> None:
    """Note what a message tells of its account: when it was used, its number, and that it can be reached."""
    account.wrote_at = max(account.wrote_at, min(message.at, now))
    if account.channel == "whatsapp" or account.reachable != "ok" or message.phone not in ("", account.phone):
        account.phone = message.phone or account.phone
        account.reachable = "ok"
        account.touched = True


async def rename(tx: Tx, known: Sequence[tuple[str, str, str]]) -> bool:
    """Accounts that were known by their number get the id that the channel now gives: (channel, number, id)."""
    changed = 0
    for channel, number, external_id in known:
        condition = (accounts.c.channel == channel) & (accounts.c.external_id == number)
        changed += (await tx.execute(update(accounts).where(condition).values(external_id=external_id))).rowcount
    return changed > 0


def touch(tx: Tx, touched: Sequence[Account]) -> None:
    """Store what this batch learned of accounts: language, number, and that they have just written."""
    _many(tx, (_TOUCH_ACCOUNT, [(a.language, a.wrote_at, a.phone, a.id) for a in touched]))


def save(tx: Tx, rows: Rows) -> None:
    """Store talks as they stand after the batch, and what is to be sent."""
    _many(tx, (_SAVE_TALK, rows.talks), (_QUEUE, rows.outbox))


def talk_row(talk: Talk, state: str, nudge_at: int | None, now: int) -> tuple[Any, ...]:
    """The columns of a talk, as `save` takes them."""
    pending = encode(talk.pending).decode() if talk.pending is not None else None
    return (
        talk.id,
        talk.account,
        talk.conversation,
        state,
        encode(talk.answers).decode(),
        pending,
        talk.failed,
        talk.given,
        talk.started,
        now,
        nudge_at,
    )


async def _fetch(tx: Tx, statement: str, values: dict[str, Any]) -> Iterable[Any]:
    rows: Iterable[Any] = await tx.driver(lambda driver: driver.execute(statement, values).fetchall())
    return rows


def _many(tx: Tx, *work: tuple[str, Sequence[tuple[Any, ...]]]) -> None:
    def done(driver: sqlite3.Connection) -> None:
        for statement, rows in work:
            if rows:
                driver.executemany(statement, rows).close()

    tx.later(done)
