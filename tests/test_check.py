"""`pijar check` and `pijar texts`: what they find, and that they find nothing here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot import repertoire
from bot.author import Chat, Text, conversation
from bot.commands import cataloguing, lint
from bot.commands.mentions import Mention
from bot.commands.rehearsal import Finding, rehearse
from bot.engine.chat import Conversation
from bot.questions import places
from bot.questions.asking import Option
from bot.running import LOCALES
from bot.schema import accounts, talks
from bot.store import Store, Tx
from bot.texts import Texts
from bot.turns.composing import Composer
from bot.turns.hearing import Ears
from bot.turns.scene import Scene

TEXTS = Texts.load(LOCALES)
PO = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'


def test_nothing_is_wrong_here() -> None:
    assert lint.problems(TEXTS) == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import time", "chat.now"),
        ("from random import choice", "chat.random"),
        ("import asyncio", "awaits nothing else"),
        ("from datetime import datetime\ndatetime.now()", "chat.now"),
        ("import datetime\ndatetime.date.today()", "chat.now"),
        ("from bot.store import Store", "bot.author"),
        ("from bot.records import people\nfrom datetime import UTC", ""),
    ],
)
def test_lint_reads_the_source(source: str, told: str) -> None:
    found = list(lint.source(source, "conversations/made_up.py"))
    assert (told in found[0]) if told else found == []


@pytest.mark.parametrize(
    ("mention", "told"),
    [
        (Mention(("enrol",), "nothing_of_the_kind", "x.py:1"), "no template 'nothing_of_the_kind'"),
        (Mention(("enrol",), "nothing_of_the_kind.", "x.py:1", begins=True), "begins with"),
        (Mention(("enrol",), "consent", "x.py:1", longest=20), "20 fit"),
        (Mention(("bot",), "step", "x.py:1", given=frozenset()), "{total}"),
    ],
)
def test_lint_compares_with_the_catalogues(mention: Mention, told: str) -> None:
    assert any(told in one for one in lint.named(TEXTS, [mention]))


def test_catalogues_get_what_is_missing_and_keep_the_rest() -> None:
    text = f'{PO}# A remark.\nmsgid "old"\nmsgstr "Lama"\n\nmsgid "kept"\nmsgstr "Tetap"\n'
    after, notes = cataloguing.edited(text, {"new": "conversations/x.py"}, {"old"})
    assert '#. unused\n# A remark.\nmsgid "old"' in after
    assert after.endswith('#: conversations/x.py\nmsgid "new"\nmsgstr ""\n')
    assert len(notes) == 2
    again, notes = cataloguing.edited(after, {}, set())
    assert '# A remark.\nmsgid "old"' in again
    assert "unused" not in again
    assert len(notes) == 1


def test_catalogues_are_in_step() -> None:
    assert cataloguing.update(LOCALES, write=False) == {}


# Replaying waiting talks


@conversation("asks_two", keeps=True)
async def before(chat: Chat) -> None:
    """What the talks of these tests were begun with."""
    await chat.ask("first", Text())
    await chat.once("noted", _nothing)
    await chat.ask("second", Text())


async def _nothing(tx: Tx) -> None:
    return None


@conversation("asks_two", keeps=True)
async def earlier(chat: Chat) -> None:
    """A question more, before what has happened."""
    await chat.ask("added", Text())
    await before.script(chat)


@conversation("asks_two", keeps=True)
async def later(chat: Chat) -> None:
    """A question more, after what has happened."""
    await chat.ask("first", Text())
    await chat.once("noted", _nothing)
    await chat.ask("added", Text())
    await chat.ask("second", Text())


@conversation("asks_two", keeps=True)
async def defaulted(chat: Chat) -> None:
    """A question more, with a default for those who are past it."""
    await chat.ask("added", Text(), default="")
    await before.script(chat)


@conversation("asks_two", keeps=True)
async def broken(chat: Chat) -> None:
    """Raises."""
    raise KeyError("Peserta 01")


@conversation("asks_two", keeps=True)
async def writes(chat: Chat) -> None:
    """An effect more, which must leave no trace."""
    await chat.ask("first", Text())
    await chat.once("noted", _nothing)
    await chat.once("written", _account)
    await chat.choose("second", [Option("a", {"id": "A", "en": "A"})])


async def _account(tx: Tx) -> None:
    await tx.execute(insert(accounts), {"id": "made", "channel": "telegram", "external_id": "2", "created_at": 1})


async def _wait(url: str) -> None:
    """Somebody half-way."""
    store = Store(url, lambda: 1_700_000_000_000)
    await store.open()
    answers = {"first": {"v": "x"}, "noted": {"v": None, "once": True}}

    async def work(tx: Tx) -> None:
        row: dict[str, Any] = {"id": "a", "channel": "telegram", "external_id": "1", "created_at": 1}
        await tx.execute(insert(accounts), row)
        row = {"id": "t", "account_id": "a", "conversation": "asks_two", "state": "current", "started_at": 1}
        row |= {"answers": json.dumps(answers), "pending": json.dumps({"q": "second"}), "updated_at": 1}
        await tx.execute(insert(talks), row)

    await store.run(work)
    await store.close()


@pytest.mark.parametrize(
    ("now", "told", "serious"),
    [
        (before, "", False),
        (later, "would be asked 'added'", False),
        (earlier, "give 'added' a default", True),
        (defaulted, "", False),
        (broken, "raises KeyError", True),
        (writes, "", False),
        (None, "is gone", True),
    ],
)
def test_replaying_tells_what_would_change(
    database: Path, now: Conversation | None, told: str, serious: bool
) -> None:  # fmt: skip
    import asyncio

    url = f"sqlite+aiosqlite:///{database}"
    asyncio.run(_wait(url))
    was = database.read_bytes()
    known = {one.name: one for one in [*repertoire.load(), *([now] if now else [])]}
    scene = Scene(known, Ears(known.values()), Composer(TEXTS, {}), places.zone)
    ((done, total, finding),) = rehearse(url, scene, TEXTS)
    assert (done, total) == (1, 1)
    if told:
        assert isinstance(finding, Finding)
        assert told in finding.told
        assert finding.serious == serious
        assert "Peserta" not in finding.told
    else:
        assert finding is None
    assert database.read_bytes() == was
