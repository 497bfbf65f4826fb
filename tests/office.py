"""An office to test staff's work in: a database with people and staff, a clock, and talks through the engine."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import insert

from bot.engine.chat import Conversation, Speaker
from bot.engine.progress import Progress
from bot.engine.replay import replay
from bot.engine.talk import Talk, Turn
from bot.messages import Incoming
from bot.records import enrolments, people, roles
from bot.schema import accounts, metadata
from bot.store import Store, Tx
from bot.texts import Texts
from bot.turns.composing import Composer
from bot.turns.hearing import Ears
from conversations import staff_check, staff_decide, staff_join, staff_queue, staff_report

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
DAY = 24 * 60 * 60 * 1000
FACTS = {"organisation": "Contoh", "programme": "Contoh", "days": 5, "contact": "kantor"}
MODULES = (staff_check, staff_decide, staff_join, staff_queue, staff_report)
CONVERSATIONS = {one.name: one for module in MODULES for one in vars(module).values() if isinstance(one, Conversation)}
TEXTS = Texts.load(ROOT / "locales")


class Office:
    """One database, and a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_700_000_000_000
        self.store = Store(f"sqlite+aiosqlite:///{folder / 'office.db'}", lambda: self.now)
        self.composer = Composer(TEXTS, FACTS)
        self.ears = Ears(CONVERSATIONS.values())

    async def run(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self.store.run(work)

    async def account(self, id: str, language: str = "id") -> str:
        """A phone."""
        row = {"id": id, "channel": "telegram", "external_id": id, "language": language, "created_at": self.now}

        async def work(tx: Tx) -> None:
            await tx.execute(insert(accounts), row)

        await self.run(work)
        return id

    async def staff(self, id: str, role: str, area: str = "") -> str:
        """A phone with a role; its staff code."""
        await self.account(id)
        return await self.run(lambda tx: roles.add(tx, id, role, area))

    async def enrolled(
        self, name: str, area: str, status: str = "submitted", *, days: int = 0, phone: str = "", sex: str = "female",
        account: str = "", by: str = "", chatless: bool = False,
    ) -> str:  # fmt: skip
        """Somebody who enrolled `days` ago; the reference."""
        chat = account or await self.account(f"chat of {name}")
        place = {"district": area[:5], "kecamatan": area[:8] if len(area) >= 8 else ""}
        place["village"] = area if len(area) == 13 else ""
        person = people.new_id()
        self.now -= days * DAY

        async def work(tx: Tx) -> str:
            await people.create(tx, person, full_name=name, sex=sex, phone=phone, birth_year=1990, **place)
            if not chatless:
                await people.link(tx, chat, person)
            return await enrolments.submit(
                tx, person=person, account=None if chatless else chat, answers=place, enrolled_by=by, status=status
            )

        reference = await self.run(work)
        self.now += days * DAY
        return reference

    async def status(self, reference: str) -> str:
        found = await self.run(lambda tx: enrolments.get(tx, reference))
        return found.status if found else ""

    def talk(self, account: str, language: str = "id") -> Dialogue:
        return Dialogue(self, account, language)


class Dialogue:
    """One account speaking to staff's conversations; what comes back is plain text, options numbered."""

    def __init__(self, office: Office, account: str, language: str) -> None:
        self.office = office
        self.account = account
        self.language = language
        self.at: Talk | None = None
        self.options: tuple[str, ...] = ()

    async def say(self, text: str) -> str:
        """The answer to one message; raises LookupError where nothing of staff's takes it."""
        return await self.office.run(lambda tx: self._take(tx, text))

    async def _take(self, tx: Tx, text: str) -> str:
        staff = await roles.of(tx, self.account)
        held = staff.roles if staff else ()
        speaker = Speaker(self.account, "telegram", language=self.language, roles=held)
        heard: Incoming | None = Incoming("k", "telegram", self.account, tx.now, text=text)
        name, given = "", ""
        if text.startswith("["):
            token = self.options[[option.partition("|")[0] for option in self.options].index(text[1:-1])]
            assert self.at is not None
            assert heard is not None
            heard = replace(heard, kind="button", token=token.partition("|")[2])
        else:
            word = self.office.ears.hear(text, held) or ""
            if word.startswith("open:"):
                name, _, given = word.removeprefix("open:").partition(" ")
        if name:
            self.at, heard = Talk(secrets.token_hex(5), self.account, name, given=given), None
        if self.at is None:
            raise LookupError(text)
        said = []
        while True:
            turn = await self._turn(tx, speaker, heard)
            said.append(self._words(speaker, turn))
            if turn.then is None:
                return "\n\n".join(one for one in said if one)
            self.at, heard = Talk(secrets.token_hex(5), self.account, turn.then.name, given=turn.then.given), None

    async def _turn(self, tx: Tx, speaker: Speaker, heard: Incoming | None) -> Turn:
        assert self.at is not None
        conversation = CONVERSATIONS[self.at.conversation]
        hears = lambda text: self.office.ears.hear(text, speaker.roles)  # noqa: E731
        return await replay(Progress(conversation, self.at, speaker, TEXTS, hears, now=tx.now), tx, heard)

    def _words(self, speaker: Speaker, turn: Turn) -> str:
        assert self.at is not None
        values: dict[str, Any] = self.office.composer.values(speaker, self.at.answers)
        made = self.office.composer.turn(speaker, self.at.conversation, turn, self.at.id, values)
        self.options = tuple(f"{one.label}|{one.token}" for one in made.options)
        if turn.asked is None:
            self.at = None
        lines = [f"{number}. {one.label}" for number, one in enumerate(made.options, 1)]
        return "\n".join((made.text, *lines)) if lines else made.text


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    """An office that is closed again."""
    people.seal_with(["a key for tests"])
    made = Office(folder)
    async with made.store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await made.store.open()
    try:
        yield made
    finally:
        await made.store.close()
