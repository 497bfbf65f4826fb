"""The service put together: channels, store, inbox, outbox, timers and web server, from the settings.

The only place that knows all parts; what each does is in its own file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete

from bot import files, knocking, statuses, web
from bot.channels import Channel, Throttled, Uncertain, Unreachable
from bot.channels.telegram import Telegram
from bot.channels.twilio_contents import TwilioContents
from bot.channels.whatsapp import WhatsApp
from bot.claiming import Claims
from bot.clockwork import lessons_due
from bot.clockwork.approvals import Approvals
from bot.clockwork.delivering import Delivering
from bot.clockwork.doubts import Doubts
from bot.clockwork.drawing import Drawing
from bot.clockwork.fetching import Fetching
from bot.clockwork.menus import Menus
from bot.clockwork.picking import Picking
from bot.clockwork.planning import Planning
from bot.clockwork.quiet import Quiet
from bot.clockwork.redacting import Redacting
from bot.clockwork.reporting import Reporting
from bot.clockwork.timers import Timers, nudges, tidying
from bot.clockwork.ways import Ways
from bot.config import Settings
from bot.contents import for_each
from bot.engine.chat import Conversation, Speaker
from bot.inbox import Inbox
from bot.log import place
from bot.messages import Incoming, Status
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.pacing import Pace
from bot.polling import Polling
from bot.questions import places
from bot.queued import Row, message_of
from bot.quota import Quota
from bot.reconciling import Reconciling
from bot.records import announcements, contents, counting, letting_go, links, people, tidings
from bot.schema import outbox
from bot.store import Store, Tx
from bot.texts import Texts
from bot.turns import intake
from bot.turns.composing import ANNOUNCEMENT, Composer, marked
from bot.turns.turns import Turns

log = structlog.get_logger(__name__)

LOCALES = Path(__file__).parent.parent / "locales"
RATES = {"whatsapp": 80.0, "terminal": 1000.0}
"""Messages a second that are not replies (platform.md 2.4); Telegram's is a setting."""

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
        folder = files.beside(str(self.store.url.database))
        self.files = files.Files(folder, settings.secret_keys, settings.public_url, clock)
        self.channels: dict[str, Channel] = dict(channels or self._channels())
        limits = letting_go.Limits(settings.approval_above, settings.quiet_hours, frozenset(self.channels))
        letting_go.limit(limits)
        quiet = Quiet(settings.quiet_hours)
        self.composer = Composer(self.texts, facts(settings), translated(settings))
        self.turns = Turns(
            conversations, self.composer, default_language=settings.default_language, zone=places.zone, calm=quiet.calm
        )
        rates = {**RATES, "telegram": float(settings.telegram_rate)}
        paces = {name: Pace(rates.get(name, 1.0), time.monotonic) for name in self.channels}
        quota = Quota(settings.whatsapp_tier)
        self.outbox = Outbox(self.store, self.channels, paces, Claims(self.channels, self._word, quiet.until, quota))
        self.outbox.knocked = self.metrics.knock
        self.knocks = self.ways()
        picking = Picking(self.ways(), quiet.for_many, quota)
        self.delivering = Delivering(self.store, self.channels, paces, picking)
        self.delivering.answering = self.outbox.answering
        self.planning = Planning(
            self.store,
            channels=self.channels,
            quiet_until=quiet.for_many,
            ways=self.ways,
            languages=self.texts.languages,
            pace=counting.Pace(rates, settings.whatsapp_tier),
        )
        self.inbox = Inbox(self.store, self.outbox, self.turns, self.metrics, self._press)
        unasked = nudges(self.turns, quiet.until), lessons_due.due(self.turns, quiet.until)
        self.timers = Timers(self.store, (*unasked, tidings.digest, tidying()))
        sources = {name: one for name, one in self.channels.items() if isinstance(one, Telegram | WhatsApp)}
        self.fetching = Fetching(self.store, self.take, sources, self.files)
        self.drawing = Drawing(self.store, self.composer, self.files, self.fetching.begun)
        self.reporting = Reporting(self.store, self.composer)
        self.menus = Menus(self.composer)
        self.polling: Polling | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._presses: set[asyncio.Task[None]] = set()
        self._listening: web.Listening | None = None
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
                self.files,
            )
        if settings.twilio_account_sid:
            made["whatsapp"] = WhatsApp(
                settings.twilio_account_sid,
                settings.twilio_tokens,
                settings.twilio_whatsapp_from,
                settings.public_url,
                settings.twilio_api_url,
                self.clock,
                self.files,
            )
            links.reached_by("whatsapp", settings.twilio_whatsapp_from.removeprefix("whatsapp:").lstrip("+"))
        return made

    async def start(self) -> None:
        """Open what there is, take up what the last run left, and listen."""
        await self.store.open()
        for channel in self.channels.values():
            await channel.open()
        await self.learn_shapes()
        # Before anything is sent: WhatsApp fetches pictures from us at once. Nothing is taken in before the inbox runs.
        self._listening = web.Listening(self)
        self.port = await self._listening.begin(self.settings.host, self.settings.port)
        await self.outbox.recover()
        await self.delivering.recover()
        self._run(self.inbox.run(), self.outbox.run(), self.timers.run(), self.delivering.run(), self.planning.run())
        self._run(self.reporting.run())
        self._run(self.fetching.run(), self.drawing.run())
        telegram = self.channels.get("telegram")
        if isinstance(telegram, Telegram):
            await self._telegram(telegram)
        whatsapp = self.channels.get("whatsapp")
        if isinstance(whatsapp, WhatsApp):
            self._run(Reconciling(whatsapp, self.inbox, self.store).run(), Redacting(whatsapp, self.store).run())
            self.doubts = Doubts(whatsapp, self.store, self.ways(), self.settle)
            self.delivering.doubted = self.doubts.arise
            self._run(self.doubts.run())
            if self.settings.twilio_account_sid:
                self._run(Approvals(self.store, twilio_contents(self.settings), self.learn_shapes).run())

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
        with suppress(Throttled, Unreachable, Uncertain):
            links.reached_by("telegram", await telegram.check())
        await self.menus.set_public(telegram)

    async def learn_shapes(self) -> None:
        """Let WhatsApp know which buttons and lists there are now, and knock where that has become possible."""
        whatsapp = self.channels.get("whatsapp")
        if isinstance(whatsapp, WhatsApp):
            chains = {language: self.texts.chain(language) for language in self.texts.languages}
            whatsapp.shapes = for_each(await self.store.run(contents.shapes), chains)
            await knocking.catch_up(self.store)

    async def stop(self) -> None:
        """Take nothing more in, let what is on its way arrive, and close."""
        if self._listening is not None:
            await self._listening.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outbox.close()
        await self.delivering.close()
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
        taking, sending = (self.inbox, self.fetching), (self.outbox, self.delivering)
        parts = (*taking, *sending, self.timers, self.planning, self.drawing, self.reporting)
        while any(part.busy for part in parts) or self._presses:
            await asyncio.sleep(0.002)

    async def settle(self, told: Sequence[Status]) -> None:
        """Note what channels told of messages and of people."""
        await self.store.run(lambda tx: statuses.settle(tx, told, self.full))

    def full(self) -> None:
        """WhatsApp says that today we may write first to nobody else."""
        self.delivering.picking.quota.refused(self.clock())

    def ways(self) -> Ways:
        """How announcements go to people, with nothing in it yet."""
        sender = lambda language: str(self.composer.facts(language)["organisation"])  # noqa: E731
        corrected = lambda language: self.texts.say(language, ANNOUNCEMENT, "corrected_here", {})  # noqa: E731
        spared = lambda language, size: self.texts.say(language, ANNOUNCEMENT, "photo_spared", {"size": size})  # noqa: E731
        return Ways(self.composer.announcement, self.texts.chain, sender, corrected, spared)

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
            if "knock" in packed:
                made.extend(await self._knock(tx, row))
                continue
            if "announce" in packed:
                packed = await self._announcement(tx, *packed["announce"])
            if "say" in packed:
                packed = self._notice(row, packed)
            message = message_of(packed, row["channel"], row["external_id"], row["provider_id"])
            made.append(Row(row["id"], row["account_id"], row["lane"], message, row["created_at"], row["attempts"]))
        return made

    async def _knock(self, tx: Tx, row: Mapping[str, Any]) -> list[Row]:
        """The template that tells of news; without one the row goes."""
        self.knocks.approve(await contents.approved(tx))
        message = self.knocks.knock(row["language"])
        if message is None:
            await knocking.drop(tx, row["id"])
            return []
        message = replace(message, to=row["external_id"])
        return [Row(row["id"], row["account_id"], row["lane"], message, row["created_at"], row["attempts"])]

    async def _announcement(self, tx: Tx, number: str, language: str) -> dict[str, str]:
        """One announcement as it is delivered, for its author to try."""
        found = await announcements.get(tx, number)
        assert found is not None, number
        return {"text": self.composer.announcement(found, language), "media": found.media}

    def _notice(self, row: Mapping[str, Any], packed: Mapping[str, Any]) -> dict[str, Any]:
        """A notice in words, with its buttons."""
        domain, key, values = packed["say"]
        speaker = Speaker(
            row["account_id"],
            row["channel"],
            row["external_id"],
            row["language"],
            salutation=row["salutation"] or "",
            nickname=row["nickname"] or "",
        )
        filled = {name: marked(value, speaker.language) for name, value in values.items()}
        known = {**self.composer.values(speaker), **filled}
        opens = (
            self.composer.opening(speaker.language, domain, label, conversation, given, known)
            for label, conversation, given in packed.get("opens", ())
        )
        actions = [(one.token, one.label) for one in opens]
        text = self.composer.say(speaker, domain, key, filled)
        return {"text": text, "actions": actions, "media": packed.get("media", "")}

    async def _begin(self, tx: Tx, row: Mapping[str, Any], conversation: str, given: str) -> list[Row]:
        """Open a conversation on staff's behalf; its first question takes the place of the row."""
        account = (await intake.load(tx, [(row["channel"], row["external_id"])]))[(row["channel"], row["external_id"])]
        rows = intake.Rows()
        await self.turns.begin(tx, account, conversation, given, rows, row["lane"])
        self.turns.store(account, rows, tx.now)
        await tx.execute(delete(outbox).where(outbox.c.id == row["id"]))
        rows.outbox = [(*one[:3], "sending", *one[4:]) for one in rows.outbox]
        intake.save(tx, rows)
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


def twilio_contents(settings: Settings) -> TwilioContents:
    """Twilio's templates, with the account of the settings; to be opened."""
    return TwilioContents(settings.twilio_account_sid, settings.twilio_tokens[0], settings.twilio_api_url)


def translated(settings: Settings) -> dict[str, dict[str, object]]:
    """Those of the facts that the settings also have in the words of another language."""
    english: dict[str, object] = {"retention": settings.retention_text_en, "contact": settings.contact_text_en}
    return {"en": {name: words for name, words in english.items() if words}}


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
