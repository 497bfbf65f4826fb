"""Every waiting talk of a database, run against this code before it is released: who would be asked what again.

Works on a copy and keeps nothing. Names talks by their ids, never people.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import make_url

from bot import migrate
from bot.commands import backup
from bot.engine.chat import Conversation
from bot.engine.progress import Progress
from bot.engine.replay import replay
from bot.engine.talk import Talk, Turn
from bot.running import now_ms
from bot.schema import accounts, persons, talks
from bot.store import Store, Tx
from bot.texts import Texts
from bot.turns import intake
from bot.turns.scene import Scene

WAITING = ("current", "aside", "draft")


@dataclass(frozen=True, slots=True)
class Finding:
    """What would become of one talk; `serious` where the person would be lost or asked after the fact."""

    talk: str
    conversation: str
    told: str
    serious: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """A talk as it waits, with what is needed of who is in it."""

    talk: Talk
    account: intake.Account


class _Rehearsed(Exception):
    """Rolls back what a rehearsal has done."""


def rehearse(url: str, scene: Scene, texts: Texts) -> Iterator[tuple[int, int, Finding | None]]:
    """Run every waiting talk: how many are done, of how many, and what there is to tell of this one."""
    with tempfile.TemporaryDirectory(prefix="pijar-check-") as folder, asyncio.Runner() as runner:
        store = Store(_copy(url, Path(folder)), now_ms)
        runner.run(store.open())
        try:
            kept = runner.run(store.run(_waiting))
            for number, one in enumerate(kept, 1):
                yield number, len(kept), runner.run(_rehearsed(store, scene, texts, one))
        finally:
            runner.run(store.close())


def _copy(url: str, folder: Path) -> str:
    """A copy, brought to this code's schema; PostgreSQL is used as it is, for there nothing is committed either."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        return url
    copied = folder / "pijar.db"
    backup.copy(Path(place.database or ""), copied)
    migrate.ensure(made := f"sqlite+aiosqlite:///{copied}")
    return made


async def _waiting(tx: Tx) -> Sequence[_Kept]:
    t, a, p = talks.c, accounts.c, persons.c
    query = (
        select(
            t.id, t.conversation, t.answers, t.pending, t.failed, t.given, t.started_at, t.updated_at,
            a.id.label("account"), a.channel, a.external_id, a.phone, a.language, a.person_id, p.salutation, p.nickname,
            p.district,
        )
        .join(accounts, a.id == t.account_id)
        .join(persons, p.id == a.person_id, isouter=True)
        .where(t.state.in_(WAITING))
        .order_by(t.id)
    )  # fmt: skip
    return [_kept(tuple(row)) for row in await tx.execute(query)]


def _kept(row: tuple[Any, ...]) -> _Kept:
    account = intake.Account(
        row[8], row[9], row[10], row[11], row[12], person=row[13] or "", salutation=row[14] or "",
        nickname=row[15] or "", district=row[16] or "",
    )  # fmt: skip
    return _Kept(intake.talk_of(account.id, row[:8]), account)


async def _rehearsed(store: Store, scene: Scene, texts: Texts, kept: _Kept) -> Finding | None:
    talk = kept.talk
    conversation = scene.conversations.get(talk.conversation)
    if conversation is None:
        return Finding(talk.id, talk.conversation, "this conversation is gone; the person gets the menu", True)
    waited = (talk.pending or {}).get("q", "")
    happened = {name for name, answer in talk.answers.items() if answer.get("once")}
    turns: list[tuple[Turn, set[str]]] = []

    async def work(tx: Tx) -> None:
        turns.append(await _run(tx, scene, texts, conversation, kept))
        raise _Rehearsed

    try:
        await store.run(work)
    except _Rehearsed:
        pass
    except Exception as fault:
        return Finding(talk.id, talk.conversation, f"raises {type(fault).__name__}; the person gets an apology", True)
    turn, reached = turns[-1]
    return _told(talk, waited, turn, happened - reached)


async def _run(
    tx: Tx, scene: Scene, texts: Texts, conversation: Conversation, kept: _Kept
) -> tuple[Turn, set[str]]:  # fmt: skip
    """The turn, and the names of the effects that it came past."""
    reached: set[str] = set()
    progress = Progress(conversation, kept.talk, scene.speaker(kept.account), texts, lambda text: None, now=tx.now)
    answers = kept.talk.answers
    kept.talk.answers = _Watched(answers, reached)
    return await replay(progress, tx), reached


class _Watched(dict[str, dict[str, Any]]):
    """Answers that remember which of them were looked up."""

    def __init__(self, answers: dict[str, dict[str, Any]], looked_up: set[str]) -> None:
        super().__init__(answers)
        self._looked_up = looked_up

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's."""
        self._looked_up.add(name)
        return super().get(name, default)


def _told(talk: Talk, waited: str, turn: Turn, ahead: Iterable[str]) -> Finding | None:
    asked = turn.asked.name if turn.asked else ""
    done = sorted(ahead)
    if asked and done:
        told = f"would be asked {asked!r} although {', '.join(done)} has happened: give {asked!r} a default"
        return Finding(talk.id, talk.conversation, told, True)
    if asked == waited:
        return None
    if not asked:
        return Finding(talk.id, talk.conversation, f"was asked {waited!r}, and would be through")
    return Finding(talk.id, talk.conversation, f"was asked {waited!r}, would be asked {asked!r}")
