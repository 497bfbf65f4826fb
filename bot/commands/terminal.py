"""`pijar talk`: the bot in this terminal, with a database of its own that is gone afterwards.

`:save name` makes a transcript of it, the form in which tests/transcripts/ are played (tests/dialogue.py).
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot import markup, migrate, repertoire
from bot.commands.staffing import NotThere
from bot.config import Settings
from bot.engine.chat import Conversation
from bot.messages import Button, Incoming, Outgoing, Receipt
from bot.records import roles
from bot.running import Running
from bot.store import Tx
from bot.turns.composing import CHANNELS

TRANSCRIPTS = Path(__file__).parent.parent.parent / "tests" / "transcripts"
BEGIN = 1_768_356_000_000
"""A Wednesday, 09.00 WIB: time stands still here as it does in transcripts."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
HELP = """\
Write as a person would; [Label] presses a button. And:
  :lang en     begin again, as somebody whose app is in this language
  :wait 20h    let time pass (s, m, h, d)
  :save name   keep what was said as a transcript
  :quit        leave"""


class Terminal:
    """A channel that prints."""

    name = "terminal"

    def __init__(self, written: Callable[[str], None]) -> None:
        self.written = written
        self.buttons: list[Button] = []
        """Those of the last message."""
        self._sent = 0

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: Outgoing) -> Receipt:
        """Print the message as a plain text, its buttons in a line below."""
        text = f"{message.text}\n\n{markup.numbered(message.options)}" if message.options else message.text
        for line in markup.plain(text).splitlines():
            self.written(f"< {line}".rstrip())
        if message.pin is not None:
            self.written("< (location)")
        self.buttons = [*message.options, *message.actions]
        if self.buttons:
            self.written("= " + " ".join(f"[{button.label}]" for button in self.buttons))
        self._sent += 1
        return Receipt((str(self._sent),))

    async def acknowledge(self, callback: str, note: str = "") -> None:
        """Print what a press is answered with."""
        if note:
            print(f"  ({note})")


class Session:
    """Somebody at the terminal, and what was said so far."""

    def __init__(
        self, settings: Settings, conversations: list[Conversation], transcripts: Path = TRANSCRIPTS
    ) -> None:  # fmt: skip
        self.transcripts = transcripts
        self.lines: list[str] = []
        self.terminal = Terminal(self._write)
        self.now = BEGIN
        self.running = Running(settings, conversations, clock=lambda: self.now, channels={"terminal": self.terminal})
        self.language = "id"
        self._person = 1
        self._count = 0

    def _write(self, line: str) -> None:
        self.lines.append(line)
        print(line)

    async def type(self, text: str) -> None:
        """Say something, and return once all that comes back is printed."""
        self.lines.append(f"> {text}")
        self._count += 1
        token = next((one.token for one in self.terminal.buttons if text == f"[{one.label}]"), "")
        number = str(self._count)
        message = Incoming(
            f"terminal:{number}", "terminal", str(self._person), self.running.clock(), "button" if token else "text",
            "" if token else text, token, number if token else "", number, None, self.language, "Peserta 01",
        )  # fmt: skip
        await self.running.take([message])
        await self.running.idle()
        self.now += 1000

    async def wait(self, text: str) -> None:
        """Let time pass."""
        seconds = float(text[:-1] or "x") * UNITS[text[-1:]]
        self.lines.append(f"@{text}")
        self.now += int(seconds * 1000)
        for listener in self.running.store.listeners:
            listener()
        await asyncio.sleep(0.1)
        await self.running.idle()

    def begin_again(self, language: str) -> None:
        """As somebody else, whose app is in this language."""
        self.language = language
        self._person += 1
        self.lines.clear()
        self.terminal.buttons = []

    def save(self, name: str) -> Path:
        """Keep what was said as a transcript."""
        path = self.transcripts / f"{name}.{self.language}.txt"
        said = "\n".join(self.lines).replace(CHANNELS[self.terminal.name], CHANNELS["telegram"])
        path.write_text(f"{said}\n", encoding="utf-8")
        return path


def run(name: str) -> None:
    """Speak to the bot until `:quit`; `name` is the conversation to begin with. Raises NotThere."""
    conversations = repertoire.load()
    begins = next((one for one in conversations if one.name == name), None)
    if name and (begins is None or not begins.words):
        known = ", ".join(sorted(one.name for one in conversations if one.words))
        raise NotThere(f"No conversation {name!r} that can be begun with a word; there are: {known}")
    with tempfile.TemporaryDirectory(prefix="pijar-talk-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/pijar.db"
        migrate.ensure(url)
        asyncio.run(_talk(settings(url), conversations, begins))


def settings(url: str) -> Settings:
    """Settings that reach nobody."""
    return Settings.load(
        None,
        telegram_bot_token="1:terminal",
        telegram_mode="polling",
        twilio_account_sid="",
        twilio_auth_token="",
        twilio_whatsapp_from="",
        host="127.0.0.1",
        port=0,
        database_url=url,
        organisation_name="Koperasi Contoh",
        programme_name="Program Contoh",
        retention_text="31 Desember 2030",
        retention_text_en="31 December 2030",
        response_days=7,
        contact_text="Kantor Contoh, 0800-0-000-000",
        secret_key="terminal" * 4,
        quiet_hours="20:00-07:00",
    )


async def _talk(settings: Settings, conversations: list[Conversation], begins: Conversation | None) -> None:
    session = Session(settings, conversations)
    await session.running.start()
    try:
        print(HELP)
        if begins is not None:
            await _begin(session, begins)
        while True:
            try:
                text = (await asyncio.to_thread(input, "> ")).strip()
            except EOFError:
                return
            if text == ":quit":
                return
            if text:
                await _obey(session, text)
    finally:
        await session.running.stop()


async def _begin(session: Session, conversation: Conversation) -> None:
    """Say the word that begins it, as somebody who may."""
    if conversation.role:
        await session.type("halo")

        async def hire(tx: Tx) -> None:
            accounts = await _accounts(tx)
            role = next(role for role in ("coordinator", *roles.ROLES) if roles.may(role, conversation.role))
            await roles.add(tx, accounts[0], role, "33.07", name="Koordinator 01")

        await session.running.store.run(hire)
    print(f"> {conversation.words[0]}")
    await session.type(conversation.words[0])


async def _accounts(tx: Tx) -> list[str]:
    from sqlalchemy import select

    from bot.schema import accounts

    return [row["id"] for row in await tx.rows(select(accounts.c.id))]


async def _obey(session: Session, text: str) -> None:
    command, _, rest = text.partition(" ")
    if command == ":lang" and rest in session.running.texts.languages:
        session.begin_again(rest)
    elif command == ":wait" and rest[-1:] in UNITS and rest[:-1].isdigit():
        await session.wait(rest)
    elif command == ":save" and re.fullmatch(r"[\w-]+", rest):
        print(f"{session.save(rest)}: play it with pytest -k {rest}; --update puts in what the bot says there")
    elif text.startswith(":"):
        print(HELP)
    else:
        await session.type(text)
