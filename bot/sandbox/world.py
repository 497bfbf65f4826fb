"""Everything that both providers share: clock, journal, phones, faults, limits, files and the log of requests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from itertools import count
from typing import Any

import aiohttp
import msgspec

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.journal import Journal
from bot.sandbox.limits import Pace
from bot.sandbox.media import Files
from bot.sandbox.phones import Line, Phone


class Call(msgspec.Struct):
    """One request that a provider received, or (telegram-webhook, twilio-webhook) one it made."""

    provider: str
    method: str
    params: Any
    status: int
    answer: Any
    at: float


class Settings(msgspec.Struct, kw_only=True):
    """What a bot and its providers agree on."""

    telegram_token: str = "1:demo"
    bot_username: str = "PijarDemoBot"
    bot_name: str = "Pijar"
    twilio_sid: str = "AC00000000000000000000000000000001"
    twilio_token: str = "demo"
    whatsapp_from: str = "+14155238886"
    whatsapp_webhook: str = ""
    quiet: bool = False  # keep no log of requests
    history: int = 300  # messages kept on each phone
    callback_answer_seconds: float = 30.0
    retry_seconds: float = 2.0  # the first wait between webhook deliveries of Telegram
    approval_seconds: float | None = None  # until a submitted template is decided on; None: by /control/reviews alone
    approval_verdict: str = "approved"
    approval_category: str = ""  # what Meta makes of the category; empty: what was asked for
    approval_reason: str = ""
    status_seconds: float = 0.15  # between the statuses of a WhatsApp message
    statuses: tuple[str, ...] = ("queued", "sent", "delivered", "read")  # in the order in which callbacks come


class World:
    """The state of one sandbox."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.journal = Journal()
        self.faults = Faults()
        self.pace = Pace(self.clock)
        self.files = Files()
        self.phones: dict[str, Phone] = {}
        self.log: deque[Call] = deque(maxlen=5000)
        self.url = ""
        self.stopping = False
        self._ids = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def new_phone(self, channel: str, name: str, line: Line) -> Phone:
        """A new phone with an id of its own."""
        phone_id = f"{channel[0]}{next(self._ids)}"
        phone = Phone(phone_id, channel, name, line, self.journal, self.settings.history)
        self.phones[phone_id] = phone
        return phone

    def record(self, provider: str, method: str, params: Any, status: int, answer: Any) -> None:
        """Put a request into the log, unless the sandbox is quiet."""
        if not self.settings.quiet:
            self.log.append(Call(provider, method, params, status, answer, self.clock.now()))

    @property
    def busy(self) -> bool:
        """Whether anything is on its way that nobody waits for: webhooks, statuses."""
        return bool(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; it ends with the sandbox."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def session(self) -> aiohttp.ClientSession:
        """The client that delivers webhooks."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def take_session(self) -> aiohttp.ClientSession | None:
        """Give the client away, open."""
        session, self._session = self._session, None
        return session

    def give_session(self, session: aiohttp.ClientSession | None) -> None:
        """Use a client that is open already."""
        self._session = session

    def cancel(self) -> list[asyncio.Task[None]]:
        """Stop everything that runs beside; the tasks, to be awaited."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        return tasks

    async def stop(self) -> None:
        """End what runs beside and close the client."""
        self.stopping = True
        self.journal.wake()
        await asyncio.gather(*self.cancel(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None
