"""The service put together: channels, store, inbox, outbox, timers and web server, from the settings.

The only place that knows all parts; what each does is in its own file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web as aiohttp_web
from sqlalchemy import delete

from bot import intake, places, statuses, web
from bot.channels import Channel, Throttled, Uncertain, Unreachable
from bot.channels.telegram import Telegram
from bot.channels.whatsapp import WhatsApp
from bot.chat import Conversation, Speaker
from bot.claiming import Claims
from bot.composing import Composer
from bot.config import Settings
from bot.inbox import Inbox
from bot.log import place
from bot.markup import Neutral
from bot.menus import Menus
from bot.messages import Incoming, Outgoing, Status
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.pacing import Pace
from bot.polling import Polling
from bot.queued import Row, message_of
from bot.quiet import Quiet
from bot.reconciling import Reconciling
from bot.records import people, tidings
from bot.schema import outbox
from bot.store import Store, Tx
from bot.texts import Texts
from bot.timers import Timers, nudges, tidying
from bot.turns import Turns

log = structlog.get_logger(__name__)

LOCALES = Path(__file__).parent.parent / "locales"
RATES = {"telegram": 29.0, "whatsapp": 80.0, "terminal": 1000.0}
"""Messages a second that are not replies (platform.md 1.1, 2.4): at 30 a stray 429 would stop everybody."""

AGAIN_SECONDS = 15.0
"""Between tries to reach a provider that is not there at the start."""


def now_ms() -> int:
    """The clock of production: UTC milliseconds."""
    return time.time_ns() // 1_000_000


class Running:
    """Everything of one process, from `start` to `stop`."""

    def __init__(
        self,
        settings: Settings,
        conversations: Iterable[Conversation],
        *,
        clock: Callable[[], int] = now_ms,
        channels: Mapping[str, Channel] | None = None,
        texts: Texts | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        people.seal_with(settings.secret_keys)
        self.metrics = Metrics()
        self.texts = texts or Texts.load(LOCALES)
        self.store = Store(settings.database_url, clock)
        self.channels: dict[str, Channel] = dict(channels or self._channels())
        quiet = Quiet(settings.quiet_hours)
        self.composer = Composer(self.texts, facts(settings))
        self.turns = Turns(
            conversations, self.composer, default_language=settings.default_language, zone=places.zone, calm=quiet.calm
        )
        paces = {name: Pace(RATES.get(name, 1.0), time.monotonic) for name in self.channels}
        self.outbox = Outbox(self.store, self.channels, paces, Claims(self.channels, self._word, quiet.until))
        self.inbox = Inbox(self.store, self.outbox, self.turns, self.metrics, self._press)
        self.timers = Timers(self.store, (nudges(self.turns, quiet.until), tidings.digest, tidying()))
        self.menus = Menus(self.composer)
        self.polling: Polling | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._presses: set[asyncio.Task[None]] = set()
        self._server: aiohttp_web.AppRunner | None = None
        self.port = 0
        """Where the web server listens; 0 while it does not."""

    def _channels(self) -> dict[str, Channel]:
        settings = self.settings
        made: dict[str, Channel] = {}
        if settings.telegram_bot_token:
            made["telegram"] = Telegram(
                settings.telegram_bot_token.get_secret_value(),
                settings.telegram_api_url,
                settings.telegram_webhook_secret.get_secret_value(),
                self.clock,
            )
        if settings.twilio_account_sid:
            made["whatsapp"] = WhatsApp(
                settings.twilio_account_sid,
                settings.twilio_tokens,
                settings.twilio_whatsapp_from,
                settings.public_url,
                settings.twilio_api_url,
                self.clock,
            )
        return made

    async def start(self) -> None:
        """Open what there is, take up what the last run left, and listen."""
        await self.store.open()
        for channel in self.channels.values():
            await channel.open()
        await self.outbox.recover()
        self._run(self.inbox.run(), self.outbox.run(), self.timers.run())
        await self._listen()
        telegram = self.channels.get("telegram")
        if isinstance(telegram, Telegram):
            await self._telegram(telegram)
        whatsapp = self.channels.get("whatsapp")
        if isinstance(whatsapp, WhatsApp):
            self._run(Reconciling(whatsapp, self.inbox, self.store).run())

    async def _telegram(self, telegram: Telegram) -> None:
        webhook = f"{self.settings.public_url}/telegram" if self.settings.telegram_mode == "webhook" else ""
        known = await _reached(telegram.receive_at(webhook))
        self._run(self._introduce(telegram, webhook, known))
        if not webhook:
            self.polling = Polling(telegram, self.inbox, self.metrics, self.settle)
            self._run(self.polling.run())
        await self.store.run(self.menus.left)
        self.inbox.met = lambda accounts: self.menus.see(telegram, accounts)

    async def _introduce(self, telegram: Telegram, webhook: str, known: bool) -> None:
        """Tell Telegram where updates go, then what people see; for as long as it takes Telegram to be there."""
        while not known:
            await asyncio.sleep(AGAIN_SECONDS)
            known = await _reached(telegram.receive_at(webhook))
        await self.menus.set_public(telegram)

    async def _listen(self) -> None:
        self._server = aiohttp_web.AppRunner(web.application(self), access_log=None)
        await self._server.setup()
        site = aiohttp_web.TCPSite(self._server, self.settings.host, self.settings.port)
        await site.start()
        addresses = self._server.addresses
        self.port = addresses[0][1] if addresses else 0

    async def stop(self) -> None:
        """Take nothing more in, let what is on its way arrive, and close."""
        if self._server is not None:
            await self._server.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outbox.close()
        await asyncio.gather(*self._presses, return_exceptions=True)
        for channel in self.channels.values():
            await channel.close()
        await self.store.close()

    def _run(self, *jobs: Any) -> None:
        for job in jobs:
            task = asyncio.create_task(job)
            task.add_done_callback(_complain)
            self._tasks.append(task)

    async def idle(self) -> None:
        """Return once nothing is being taken in or sent; for tests and the terminal."""
        while self.inbox.busy or self.outbox.busy or self.timers.busy or self._presses:
            await asyncio.sleep(0.002)

    async def settle(self, told: Sequence[Status]) -> None:
        """Note what channels told of messages and of people."""
        await self.store.run(lambda tx: statuses.settle(tx, told))

    async def take(self, messages: Sequence[Incoming]) -> None:
        """Take messages in; returns once they are committed."""
        await self.inbox.take(messages)

    def _press(self, channel: str, callback: str, note: str) -> None:
        task = asyncio.create_task(self.channels[channel].acknowledge(callback, note))
        self._presses.add(task)
        task.add_done_callback(self._presses.discard)

    async def _word(self, tx: Tx, claimed: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Claimed rows as messages: notices are put into words now, in the language the person has now."""
        made: list[Row] = []
        for row in claimed:
            packed = intake.decode(row["body"] or "{}")
            if "open" in packed:
                made.extend(await self._begin(tx, row, *packed["open"]))
                continue
            if "say" in packed:
                text = self._notice(row, *packed["say"])
                message = Outgoing(row["channel"], row["external_id"], text)
            else:
                message = message_of(packed, row["channel"], row["external_id"])
            made.append(Row(row["id"], row["account_id"], row["lane"], message, row["created_at"], row["attempts"]))
        return made

    def _notice(self, row: Mapping[str, Any], domain: str, key: str, values: Mapping[str, Any]) -> str:
        speaker = Speaker(
            row["account_id"],
            row["channel"],
            row["external_id"],
            row["language"],
            salutation=row["salutation"] or "",
            nickname=row["nickname"] or "",
        )
        marked = {
            name: Neutral(value["neutral"]) if isinstance(value, dict) else value for name, value in values.items()
        }
        return self.composer.say(speaker, domain, key, marked)

    async def _begin(self, tx: Tx, row: Mapping[str, Any], conversation: str, given: str) -> list[Row]:
        """Open a conversation on staff's behalf; its first question takes the place of the row."""
        account = (await intake.load(tx, [(row["channel"], row["external_id"])]))[(row["channel"], row["external_id"])]
        rows = intake.Rows()
        await self.turns.begin(tx, account, conversation, given, rows)
        self.turns.store(account, rows, tx.now)
        await tx.execute(delete(outbox).where(outbox.c.id == row["id"]))
        rows.outbox = [(*one[:3], "sending", *one[4:]) for one in rows.outbox]
        await intake.save(tx, rows)
        return [
            Row(
                one[0],
                account.id,
                one[2],
                message_of(intake.decode(one[4]), account.channel, account.external_id),
                tx.now,
            )
            for one in rows.outbox
        ]


def facts(settings: Settings) -> dict[str, object]:
    """What every template may name of the organisation that runs this."""
    return {
        "organisation": settings.organisation_name,
        "programme": settings.programme_name,
        "retention": settings.retention_text,
        "days": settings.response_days,
        "contact": settings.contact_text,
    }


async def _reached(call: Awaitable[None]) -> bool:
    """Whether a call went through; False while the provider is not there."""
    try:
        await call
    except (Throttled, Unreachable, Uncertain) as fault:
        log.warning("telegram.not_there", fault=type(fault).__name__)
        return False
    return True


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("running.task_ended", task=task.get_name(), fault=place(task.exception()))
