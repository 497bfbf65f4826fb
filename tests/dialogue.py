"""Plays a transcript on phones of the sandbox against the real bot, and writes down what was said.

A transcript is a file of lines: `> words` is typed by the person, `> [Label]` presses a button, `> (sticker)` sends a
thing, `@20h` moves the clock, `! …` prepares the database, `# …` is a remark; `< …` is what the bot says and `= …` its
buttons. With several phones the lines begin with the phone's name. On WhatsApp a button is answered by its number; on a
stage that is `shaped` there are buttons and lists, and what is typed is pressed where it is one of them.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.util import LRUCache

from bot import one_hop
from bot.clockwork.approvals import prepare
from bot.config import Settings
from bot.migrate import ensure
from bot.repertoire import load as collect
from bot.running import LOCALES, Running, twilio_contents
from bot.sandbox.phones import Message, Phone
from bot.sandbox.server import Sandbox
from bot.submissions import submissions
from bot.texts import Texts
from tests import prepared

BEGIN = int(datetime(2040, 1, 11, 2, 0, tzinfo=UTC).timestamp() * 1000)
"""A Wednesday, 09.00 WIB; ahead of us, for the clocks of the sandbox only go forward."""
TOKEN = "123456:transcripts"
TWILIO = "AC" + "0" * 32
LINE = re.compile(r"^(?P<who>[^<>=!#@]*?)(?P<mark>[<>=])(?: (?P<text>.*))?$")
REFERENCE = re.compile(r"\b([A-Z]{2,3})-[2-9A-Z]{5}-[2-9A-Z]\b")
STAFF_CODE = re.compile(r"\bPTG-[2-9A-Z]{4}\b")
ANNOUNCEMENT = re.compile(r"\bPGM-[2-9A-Z]{5}\b")
SIZE = re.compile(r"\b\d+ KB\b")
"""How large a drawn picture is: another library packs it otherwise."""
STAND_IN = re.compile(r"\b(?:[A-Z]{2,3}-REF|PTG-|PGM-)\d+\b")
PREPARED = {
    "staff": "code", "invited": "token", "enrolled": "ref", "agreed": "version", "blocked": "account",
    "unreachable": "account",
    "announced": "number", "learnt": "account", "certified": "code", "offered": "ref", "promos": "mart",
    "days": "mart",
}  # fmt: skip
"""What each preparation answers with."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


@dataclass
class Line:
    """One line of a transcript that makes something happen, or a remark that is kept."""

    kind: str  # say, wait, prepare, remark, blank
    text: str = ""
    who: str = ""


@dataclass
class Transcript:
    """The lines of a file, without what the bot says."""

    lines: list[Line] = field(default_factory=list)
    path: Path = Path()
    expected: str = ""
    only: str = ""
    """The one channel that it is for; empty: both."""
    language: str = "id"

    @classmethod
    def read(cls, path: Path) -> Transcript:
        """A transcript from its file; `name.en.txt` is by somebody whose app is in English."""
        found = cls(path=path, expected=path.read_text(encoding="utf-8"), language=path.suffixes[-2].removeprefix("."))
        for raw in found.expected.splitlines():
            line = LINE.match(raw)
            if raw.startswith("# only: "):
                found.only = raw.removeprefix("# only: ").strip()
            if raw.startswith("#"):
                found.lines.append(Line("remark", raw))
            elif raw.startswith("@"):
                found.lines.append(Line("wait", raw[1:].strip()))
            elif raw.startswith("!"):
                found.lines.append(Line("prepare", raw[1:].strip()))
            elif line is not None and line["mark"] == ">":
                found.lines.append(Line("say", line["text"] or "", line["who"].strip()))
            elif line is None and not raw.strip():
                found.lines.append(Line("blank"))
            elif line is None:
                raise ValueError(f"{path.name}: cannot read the line {raw!r}")
        return found

    def update(self, went: str) -> None:
        """Write down a dialogue as it should go from now on."""
        self.path.write_text(went, encoding="utf-8")


class Names:
    """References and codes are random: in a transcript they are numbered in the order in which they appear."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.made: dict[str, str] = {}
        """What preparations gave: `{ref:Peserta 01}`, `{token:Koordinator 01}`."""

    def hide(self, text: str) -> str:
        """The text with stand-ins for what is random."""
        text = SIZE.sub("00 KB", text)
        text = REFERENCE.sub(lambda found: self._stand_in(found[0], f"{found[1]}-REF"), text)
        text = ANNOUNCEMENT.sub(lambda found: self._stand_in(found[0], "PGM-"), text)
        return STAFF_CODE.sub(lambda found: self._stand_in(found[0], "PTG-"), text)

    def _stand_in(self, real: str, prefix: str) -> str:
        if real not in self.known:
            number = 1 + sum(name.startswith(prefix) for name in self.known.values())
            self.known[real] = f"{prefix}{number}"
        return self.known[real]

    def real(self, text: str) -> str:
        """The text with what the stand-ins stand for."""
        for name, made in self.made.items():
            text = text.replace(f"{{{name}}}", made)
        stands_for = {name: real for real, name in self.known.items()}
        return STAND_IN.sub(lambda found: stands_for.get(found[0], found[0]), text)


_COMPILED: LRUCache[Any, Any] = LRUCache(2000)
"""What SQLAlchemy has compiled is no state of the bot's: made anew at each start it took an eighth of the time."""
one_hop.Dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
one_hop.Dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]


class Stage:
    """A sandbox, a database, and the bot that may be stopped and started at any moment."""

    def __init__(self, sandbox: Sandbox, folder: Path, port: int) -> None:
        self.sandbox = sandbox
        self.clock = Clock()
        self.port = port
        self.settings = settings(sandbox, folder, port)
        self.running: Running | None = None

    async def up(self) -> Running:
        """Start the bot with nothing but what the database holds."""
        self.running = Running(self.settings, collect(), clock=self.clock, texts=texts())
        self.running.store.engine.sync_engine._compiled_cache = _COMPILED
        await self.running.start()
        return self.running

    async def shaped(self) -> None:
        """Let there be WhatsApp's buttons and lists, as after `pijar templates` and a new start."""
        assert self.running is not None
        twilio = twilio_contents(self.settings)
        await twilio.open()
        shapes = [one for one in submissions(self.running.texts) if not one.category]
        assert not (await prepare(self.running.store, twilio, shapes)).problems
        await twilio.close()
        await self.down()
        await self.up()

    async def approved(self, keys: Collection[str]) -> None:
        """Let WhatsApp's templates of these keys be there, approved."""
        assert self.running is not None
        self.sandbox.world.settings.approval_seconds = 0
        twilio = twilio_contents(self.settings)
        await twilio.open()
        wanted = [one for one in submissions(self.running.texts) if one.key in keys]
        assert not (await prepare(self.running.store, twilio, wanted)).problems
        await twilio.close()

    async def down(self) -> None:
        """Stop it."""
        if self.running is not None:
            await self.running.stop()
            self.running = None

    async def quiet(self) -> None:
        """Return once the bot has taken in and sent all there is."""
        running = self.running
        assert running is not None
        await self.sandbox.waits_for(lambda: not self.sandbox.telegram.updates.pending, 10)
        for listener in running.store.listeners:
            listener()
        await running.store.run(_nothing)
        await running.idle()

    async def wait(self, seconds: float) -> None:
        """Let time pass, for the bot and for the providers."""
        self.clock.now += int(seconds * 1000)
        self.sandbox.advance(seconds)
        await self.quiet()
        await self.told()
        await self.quiet()

    async def told(self) -> None:
        """Return once the providers have told all they have to tell of what was sent."""
        async with asyncio.timeout(10):
            while self.sandbox.world.busy:
                await asyncio.sleep(0.002)


@cache
def texts() -> Texts:
    """The catalogues, read once: they do not change while the tests run."""
    return Texts.load(LOCALES)


async def _nothing(tx: Any) -> None:
    """Waits for the work before it."""


def settings(sandbox: Sandbox, folder: Path, port: int) -> Settings:
    """Settings of a bot that knows only the sandbox."""
    return Settings.load(
        None,
        telegram_bot_token=TOKEN,
        telegram_api_url=sandbox.url,
        twilio_account_sid=TWILIO,
        twilio_auth_token="sandbox",
        twilio_whatsapp_from="+14155238886",
        twilio_api_url=sandbox.url,
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        database_url=f"sqlite+aiosqlite:///{folder}/pijar.db",
        organisation_name="Koperasi Contoh",
        programme_name="Program Contoh",
        retention_text="31 Desember 2030",
        retention_text_en="31 December 2030",
        response_days=7,
        contact_text="Kantor Contoh, 0800-0-000-000",
        secret_key="0123456789abcdef0123456789abcdef",
    )


@asynccontextmanager
async def stage(kind: type[Stage] = Stage) -> AsyncIterator[Stage]:
    """A stage with the bot up; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pijar-"))
    port = free_port()
    sandbox = await Sandbox.start(
        telegram_token=TOKEN,
        twilio_sid=TWILIO,
        twilio_token="sandbox",
        whatsapp_from="+14155238886",
        whatsapp_webhook=f"http://127.0.0.1:{port}/whatsapp",
    )
    made = kind(sandbox, folder, port)
    try:
        shutil.copy(await empty_database(), folder / "pijar.db")
        sandbox.limits.on = False
        sandbox.world.settings.status_seconds = 0.005
        sandbox.advance(BEGIN / 1000 - sandbox.now())
        await made.up()
        yield made
    finally:
        await made.down()
        await sandbox.stop()
        shutil.rmtree(folder, ignore_errors=True)


_EMPTY: list[Path] = []


async def empty_database() -> Path:
    """A migrated database with nothing in it, made once."""
    if not _EMPTY:
        path = Path(tempfile.mkdtemp(prefix="pijar-empty-")) / "pijar.db"
        await asyncio.to_thread(ensure, f"sqlite+aiosqlite:///{path}")
        _EMPTY.append(path)
    return _EMPTY[0]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Player:
    """Plays one transcript on one channel; `twice` delivers everything again, `fresh` starts the bot anew each time."""

    def __init__(
        self, on: Stage, transcript: Transcript, channel: str, *, twice: bool = False, fresh: bool = False
    ) -> None:
        self.stage = on
        self.transcript = transcript
        self.channel = channel
        self.twice = twice
        self.fresh = fresh
        self.phones: dict[str, Phone] = {}
        self.heard: dict[str, int] = {}
        self.names = Names()
        self.out: list[str] = []
        self.pressed: list[str] = []
        """Labels that were pressed on WhatsApp."""

    async def play(self) -> str:
        """The whole dialogue as it went."""
        self._spare_nobody()
        for line in self.transcript.lines:
            if line.kind == "remark":
                self.out.append(line.text)
            elif line.kind == "blank":
                self.out.append("")
            elif line.kind == "wait":
                self.out.append(f"@{line.text}")
                await self.stage.wait(float(line.text[:-1]) * UNITS[line.text[-1]])
                self._listen()
            elif line.kind == "prepare":
                self.out.append(f"! {line.text}")
                await self._prepare(line.text)
            else:
                await self._say(line)
        return "\n".join(self.out).rstrip("\n") + "\n"

    def _spare_nobody(self) -> None:
        """Let what is told unasked follow at once; the second between is by a clock that cannot be moved."""
        assert self.stage.running is not None
        for pace in self.stage.running.outbox.paces.values():
            pace.per_chat = 0.0

    async def _phone(self, name: str) -> Phone:
        if name not in self.phones:
            language = self.transcript.language
            number = f"+62812000000{len(self.phones):02d}"
            self.phones[name] = await self.stage.sandbox.phone(
                self.channel, name=name or "Peserta 01", language_code=language, number=number
            )
            if self.channel == "whatsapp" and language != "id":
                await self._quietly(self.phones[name], "english")
        return self.phones[name]

    async def _quietly(self, phone: Phone, text: str) -> None:
        """WhatsApp tells no language: the person says it first, off the record."""
        await phone.type(text)
        await self._settled(phone)
        self.heard[phone.name if phone.name in self.phones else ""] = len(phone.chat)
        for name, known in self.phones.items():
            if known is phone:
                self.heard[name] = len(phone.chat)

    async def _say(self, line: Line) -> None:
        phone = await self._phone(line.who)
        prefix = f"{line.who}" if line.who else ""
        self.out.append(f"{prefix}> {line.text}")
        await self.stage.told()
        if self.fresh:
            await self.stage.down()
            await self.stage.up()
            self._spare_nobody()
        await self._act(phone, self.names.real(line.text))
        await self._settled(phone)
        if self.twice:
            await phone.redeliver()
            await self._settled(phone)
        self._listen()
        self.stage.clock.now += 1000
        self.stage.sandbox.advance(1)

    async def _settled(self, phone: Phone) -> None:
        if self.channel == "whatsapp":
            mine = [m for m in phone.chat if m.side == "person"]
            await self.stage.sandbox.waits_for(lambda: all(m.ticks != "sent" for m in mine[-1:]), 10)
        await self.stage.quiet()

    async def _act(self, phone: Phone, text: str) -> None:
        if text.startswith("[") and text.endswith("]"):
            await self._press(phone, text[1:-1])
        elif text.startswith("(") and text.endswith(")"):
            await self._thing(phone, *text[1:-1].split())
        elif self.channel == "whatsapp" and (label := self._offered(phone, text)):
            await self._press(phone, label)
        else:
            await phone.type(text)

    def _offered(self, phone: Phone, text: str) -> str:
        """The label of the button that means the same as these words; empty where there is none."""
        assert self.stage.running is not None
        several = self.stage.running.texts.say("id", "bot", "many_hint", {})
        if phone.last is None or several in phone.last.text:
            return ""
        labels = [button.label for row in phone.last.buttons for button in row]
        named = {str(number): label for number, label in enumerate(labels, 1)}
        return {label.casefold(): label for label in labels}.get(text.casefold(), named.get(text, ""))

    async def _press(self, phone: Phone, label: str) -> None:
        if self.channel == "telegram":
            await phone.press(label)
            return
        for message in reversed([m for m in phone.chat if m.side == "bot"]):
            if any(button.label == label for row in message.buttons for button in row):
                await phone.press(label, message.id)
                self.pressed.append(label)
                return
            found = re.search(rf"^(\d+)\. {re.escape(label)}(?: –|$)", message.text, re.MULTILINE)
            if found:
                await phone.type(found[1])
                return
        await phone.type(label)

    async def _thing(self, phone: Phone, kind: str, *rest: str) -> None:
        if kind == "contact":
            own = rest[:1] == ("own",)
            number = rest[-1] if rest and rest[-1].startswith("+") else ""
            await phone.send("contact", own=own, contact_number=number)
        elif kind == "edit":
            await phone.edit(" ".join(rest))
        else:
            await phone.send(kind)

    async def _prepare(self, text: str) -> None:
        what, _, rest = text.partition(" ")
        if what == "templates":
            return await self.stage.approved(rest.split())
        if what == "tier":
            return await self._limited(int(rest))
        name = re.match(r"(\S+ \d+)\s*(.*)$", rest)
        if name is None:
            raise ValueError(f"cannot read the preparation {text!r}")
        phone = await self._phone(name[1])
        running = self.stage.running
        assert running is not None
        who = phone_account(phone, self.channel)
        made = await prepared.carry_out(running, what, who, name[1], name[2], self.transcript.language)
        self.names.hide(made)
        self.names.made[f"{PREPARED[what]}:{name[1]}"] = made

    async def _limited(self, tier: int) -> None:
        """Start the bot anew where WhatsApp lets it write first to so few people a day."""
        await self.stage.down()
        self.stage.settings = self.stage.settings.model_copy(update={"whatsapp_tier": tier})
        await self.stage.up()
        self._spare_nobody()

    def _listen(self) -> None:
        """Write down what the bot has said since."""
        for name, phone in self.phones.items():
            chat = phone.chat
            for message in chat[self.heard.get(name, 0) :]:
                if message.side == "bot":
                    self._write(name, message)
            if len(chat) > self.heard.get(name, 0) and self.channel == "telegram" and phone.keyboard:
                shown = " ".join(f"[{button.label}]" for row in phone.keyboard["buttons"] for button in row)
                self.out.append(f"{name}= {self.names.hide(shown)}")
            self.heard[name] = len(chat)

    def _write(self, name: str, message: Message) -> None:
        if message.media is not None or message.kind == "location":
            self.out.append(f"{name}< ({message.kind})")
        if message.kind == "location":
            # WhatsApp shows its name, Telegram does not: tests/test_pin.py.
            return
        for line in self.names.hide(message.text.replace("\u2060", "").replace("\u00a0", " ")).splitlines():
            self.out.append(f"{name}< {line}".rstrip())
        if self.channel == "telegram" and message.buttons:
            shown = " ".join(f"[{button.label}]" for row in message.buttons for button in row)
            self.out.append(f"{name}= {self.names.hide(shown)}")


def phone_account(phone: Phone, channel: str) -> tuple[str, str]:
    """The channel and the external id under which the bot knows this phone."""
    return channel, str(phone.chat_id) if channel == "telegram" else phone.bsuid


def comparable(text: str, channel: str) -> str:
    """A dialogue without what differs between the channels: buttons, signs for bold, and the channel's own name."""
    lines: Iterable[str] = text.splitlines()
    if channel != "telegram":
        lines = [line for line in lines if not re.match(r"^[^<>]*= \[", line)]
    return re.sub(r"[*_]", "", re.sub(r"Telegram|WhatsApp", "KANAL", "\n".join(lines)))


Check = Callable[[Running], Any]
