"""What comes in over HTTP: the providers' webhooks, and two pages for whoever watches the bot.

A webhook is answered with 2xx only after the commit. What is forged gets 403 and leaves a count; what cannot be read is
counted, logged by shape and taken off the provider's hands, so that it holds up nothing behind it. Shows nobody's data.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from sqlalchemy import func, select

from bot import files, statuses
from bot.channels import Channel, Forged, Unreadable
from bot.files import Files
from bot.inbox import Inbox
from bot.messages import Incoming, Status
from bot.metrics import Metrics
from bot.polling import TIMEOUT, Polling
from bot.queued import OPEN
from bot.schema import outbox
from bot.store import Store, Tx, Unavailable

if TYPE_CHECKING:
    from bot.channels.telegram import Telegram
    from bot.channels.whatsapp import WhatsApp

log = structlog.get_logger(__name__)

BODY_BYTES = 1024 * 1024
"""More than either provider sends for one message."""
FIELDS = 500
RETRY_SECONDS = "5"
SILENT_SECONDS = TIMEOUT + 70.0
"""Telegram answers a poll within TIMEOUT; after this long without an answer something is wrong."""


class Parts(Protocol):
    """What the web server needs of the running service (running.py): named here so that neither imports the other."""

    store: Store
    inbox: Inbox
    metrics: Metrics
    channels: dict[str, Channel]
    files: Files
    polling: Polling | None

    def full(self) -> None:
        """WhatsApp says that today we may write first to nobody else."""


def application(parts: Parts) -> web.Application:
    """The web server of one process, with an endpoint for each channel that is there."""
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_get("/healthz", _Watch(parts).health)
    app.router.add_get("/metrics", _Watch(parts).metrics)
    if "telegram" in parts.channels:
        app.router.add_post("/telegram", _Telegram(parts).update)
    if "whatsapp" in parts.channels:
        whatsapp = _WhatsApp(parts)
        app.router.add_post("/whatsapp", whatsapp.message)
        app.router.add_post("/whatsapp/status", whatsapp.status)
        app.router.add_get("/media/{id}", _Shown(parts).file)
    return app


class Listening:
    """The web server at its address, from `begin` to `end`."""

    def __init__(self, parts: Parts) -> None:
        self._runner = web.AppRunner(application(parts), access_log=None)
        self._server: asyncio.Server | None = None

    async def begin(self, host: str, port: int) -> int:
        """Listen; the port that was given where it is 0. Raises OSError where somebody else listens there."""
        await self._runner.setup()
        serves = self._runner.server
        assert serves is not None
        self._server = await asyncio.get_running_loop().create_server(serves, host or None, port, backlog=128)
        return int(self._server.sockets[0].getsockname()[1])

    async def end(self) -> None:
        """Take nobody in any more, let who is in be answered, and close."""
        if self._server is not None:
            # asyncio forgets a connection that it is just taking in while its server closes: it stayed open for ever.
            for one in self._server.sockets:
                asyncio.get_running_loop().remove_reader(one.fileno())
            for _ in range(3):
                await asyncio.sleep(0)
            self._server.close()
        await self._runner.cleanup()


class _Door:
    """Takes in what a provider posts, and says whether it is ours now."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def take(self, told: Sequence[Incoming | Status], taken: web.Response) -> web.Response:
        """Commit, then acknowledge with `taken`; 503 while there is no database to commit to."""
        messages = [one for one in told if isinstance(one, Incoming)]
        news = [one for one in told if isinstance(one, Status)]
        try:
            if messages:
                await self.parts.inbox.take(messages)
            if news:
                await statuses.take(self.parts.store, news, self.parts.full)
        except Unavailable:
            return web.Response(status=503, headers={"Retry-After": RETRY_SECONDS})
        return taken

    def forged(self, channel: str) -> web.Response:
        """Turn a request away."""
        self.parts.metrics.forged(channel)
        return web.Response(status=403)

    def unreadable(self, channel: str, shape: object) -> None:
        """Note a request that nobody can read."""
        self.parts.metrics.unreadable(channel)
        log.warning("update.unreadable", channel=channel, shape=shape)


class _Telegram(_Door):
    async def update(self, request: web.Request) -> web.Response:
        """One update of Telegram's webhook."""
        telegram = cast("Telegram", self.parts.channels["telegram"])
        taken = web.Response()
        try:
            telegram.verify(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
            return await self.take(telegram.parse(await request.read()), taken)
        except Forged:
            return self.forged("telegram")
        except Unreadable as unreadable:
            self.unreadable("telegram", unreadable.shape)
        except web.HTTPRequestEntityTooLarge:
            self.unreadable("telegram", "too large")
        return taken


class _WhatsApp(_Door):
    async def message(self, request: web.Request) -> web.Response:
        """One message of Twilio's webhook."""
        whatsapp = self._channel()
        return await self._answer(request, whatsapp.parse, whatsapp.webhook_url)

    async def status(self, request: web.Request) -> web.Response:
        """What became of a message of ours."""
        whatsapp = self._channel()
        return await self._answer(request, whatsapp.parse_status, whatsapp.status_url)

    def _channel(self) -> WhatsApp:
        return cast("WhatsApp", self.parts.channels["whatsapp"])

    async def _answer(self, request: web.Request, parse: Callable[..., Incoming | Status], url: str) -> web.Response:
        taken = web.Response(text="<Response/>", content_type="text/xml")
        try:
            fields = await _form(request)
            told = parse(fields, *_signature(request, url))
        except (Forged, UnicodeDecodeError):
            return self.forged("whatsapp")
        except ValueError:
            self.unreadable("whatsapp", "not a form")
            return taken
        if told.key.removeprefix("wa:")[:1] in ("", ":"):
            self.unreadable("whatsapp", sorted({name for name, _ in fields}))
            return taken
        return await self.take([told], taken)


async def _form(request: web.Request) -> list[tuple[str, str]]:
    return parse_qsl((await request.read()).decode(), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")


def _signature(request: web.Request, url: str) -> tuple[str | None, str, str]:
    """What Twilio has signed: our public address from the settings, never from headers, with the query as it came."""
    query = request.rel_url.raw_query_string
    signed = f"{url.partition('#')[0]}?{query}" if query else url
    headers = request.headers
    return headers.get("X-Twilio-Signature"), signed, headers.get("X-Twilio-Webhooks-Signature-Settings", "")


class _Shown:
    """Photos and documents for Twilio, which takes them by a link; whoever has none of ours sees nothing."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One file, if the link is ours and not over; else 404, whatever the reason."""
        known, id = self.parts.files, request.match_info["id"]
        if not known.opens(id, request.query.get("until", ""), request.query.get("key", "")):
            raise web.HTTPNotFound
        try:
            data = await known.read(id)
        except OSError:
            raise web.HTTPNotFound from None
        headers = {
            "Content-Type": files.content_type(id),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "private, no-store",
        }
        return web.Response(body=data, headers=headers)


class _Watch:
    """The pages for whoever watches."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus' text format."""
        self.parts.metrics.database(not self.parts.store.fault)
        return web.Response(body=self.parts.metrics.page(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def health(self, request: web.Request) -> web.Response:
        """200 where messages are taken in and kept, else 503; what waits to be sent is only told."""
        waiting = await self._outbox()
        polling = self._polling()
        fault = self.parts.store.fault
        well = not fault and polling.get("ok", True)
        report: dict[str, Any] = {"well": well, "database": {"ok": not fault, "fault": fault}, "outbox": waiting}
        if polling:
            report["polling"] = polling
        return web.json_response(report, status=200 if well else 503)

    async def _outbox(self) -> Mapping[str, Any]:
        # While there is a fault nothing is run: a read that goes through would pass for a recovery.
        if not self.parts.store.fault:
            with suppress(Unavailable):
                return await self.parts.store.run(_waiting)
        return {}

    def _polling(self) -> dict[str, Any]:
        if self.parts.polling is None:
            return {}
        seconds = round(time.monotonic() - self.parts.polling.polled_at, 1)
        return {"ok": seconds <= SILENT_SECONDS, "seconds_ago": seconds}


async def _waiting(tx: Tx) -> dict[str, Any]:
    """How many messages are due and not yet sent, and for how long the oldest one has been."""
    oldest = func.min(outbox.c.due_at).label("oldest")
    row = await tx.row(select(func.count().label("due"), oldest).where(OPEN, outbox.c.due_at <= tx.now))
    if row is None or not row["due"]:
        return {"due": 0, "oldest_seconds": 0}
    return {"due": row["due"], "oldest_seconds": round((tx.now - row["oldest"]) / 1000, 1)}
