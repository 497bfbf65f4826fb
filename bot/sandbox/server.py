"""One server, one port: both providers, the control API and the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from bot.sandbox.control import Control
from bot.sandbox.faults import Fault
from bot.sandbox.limits import Limits
from bot.sandbox.phones import Phone
from bot.sandbox.telegram import Telegram
from bot.sandbox.twilio import Twilio
from bot.sandbox.twilio_templates import Approval, Template
from bot.sandbox.world import Call, Settings, World

PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Sandbox:
    """Telegram and Twilio on loopback, with the people who write to the bot."""

    def __init__(self, settings: Settings) -> None:
        self.world = World(settings)
        self.telegram = Telegram(self.world)
        self.twilio = Twilio(self.world)
        self.url = ""
        self._control = Control(self)
        self._runner: web.ServerRunner | None = None

    @classmethod
    async def start(cls, port: int = 0, host: str = "127.0.0.1", **settings: Any) -> Sandbox:
        """Serve on this port (0: any free one); the settings are those of `world.Settings`."""
        sandbox = cls(Settings(**settings))
        server = web.Server(sandbox._answer, request_factory=_request, access_log=None)
        sandbox._runner = web.ServerRunner(server, shutdown_timeout=0.05)
        await sandbox._runner.setup()
        site = web.TCPSite(sandbox._runner, host, port, backlog=2048, reuse_address=True)
        await site.start()
        bound = sandbox._runner.addresses[0]
        sandbox.url = sandbox.world.url = f"http://{host if ':' not in host else f'[{host}]'}:{bound[1]}"
        return sandbox

    async def stop(self) -> None:
        """Stop at once: waiting pollers are let go, deliveries are cut off."""
        self.world.stopping = True
        self.telegram.updates.close()
        await self.world.stop()
        if self._runner is not None:
            await asyncio.sleep(0)
            await self._runner.cleanup()
            self._runner = None

    async def phone(
        self,
        channel: str = "telegram",
        *,
        name: str = "Peserta",
        language_code: str | None = "id",
        number: str | None = None,
        hidden_number: bool = False,
        label: str = "",
    ) -> Phone:
        """A new person with a phone on `telegram` or `whatsapp`."""
        if channel == "telegram":
            return self.telegram.line.join(name, language_code, label)
        if channel == "whatsapp":
            return self.twilio.line.join(name, number, hidden_number, language_code, label)
        raise ValueError(f"no channel {channel!r}; there are telegram and whatsapp")

    @property
    def phones(self) -> list[Phone]:
        """All phones, groups included, in the order in which they came."""
        return list(self.world.phones.values())

    @property
    def whatsapp_webhook(self) -> str:
        """Where Twilio posts inbound messages; a fragment sets retries (#rc=5&rp=all)."""
        return self.world.settings.whatsapp_webhook

    @whatsapp_webhook.setter
    def whatsapp_webhook(self, url: str) -> None:
        self.world.settings.whatsapp_webhook = url

    @property
    def limits(self) -> Limits:
        """The rate limits; `sandbox.limits.on = False` switches them off."""
        return self.world.pace.limits

    @property
    def log(self) -> list[Call]:
        """The requests that were received and made, oldest first."""
        return list(self.world.log)

    def calls(self, method: str, provider: str = "") -> list[Call]:
        """The logged requests of one method."""
        return [c for c in self.world.log if c.method == method and provider in ("", c.provider)]

    def fault(self, provider: str = "*", method: str = "*", **what: Any) -> Fault:
        """Switch a fault on; `what` as in faults.Fault."""
        return self.world.faults.add(Fault(provider, method, **what))

    def heal(self, fault: Fault | None = None) -> None:
        """Switch one fault off, or all."""
        self.world.faults.remove(None if fault is None else fault.id)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        self.world.clock.advance(seconds)
        self.telegram.updates.expire()
        self.world.journal.add("clock", "", {"now": self.world.clock.ms()})

    def now(self) -> float:
        """Sandbox time in seconds since the epoch."""
        return self.world.clock.now()

    def push(self, update: dict[str, Any] | str | bytes) -> None:
        """Give the bot a raw update, parsable or not; an object without update_id gets one."""
        body = msgspec.json.encode(update) if isinstance(update, dict) else update
        self.telegram.updates.add_raw(body.encode() if isinstance(body, str) else body)

    def template(self, sid: str, types: dict[str, dict[str, Any]], *, approved: bool = False, **rest: Any) -> Template:
        """Make a Content template known under this ContentSid."""
        template = Template(sid, types, created=self.now(), **rest)
        if approved:
            template.approval = Approval(sid.lower(), "UTILITY", "approved", at=self.now())
        self.twilio.contents.templates[sid] = template
        return template

    @property
    def templates(self) -> list[Template]:
        """All Content templates, oldest first, with what WhatsApp makes of each."""
        contents = self.twilio.contents
        return [contents.reviews.now(one) for one in contents.templates.values()]

    def review(self, which: str, status: str = "approved", category: str = "", reason: str = "") -> Template:
        """Let Meta decide on a template (sid, friendly name or name): also to pause it, or under another category."""
        contents = self.twilio.contents
        return contents.reviews.decide(contents.named(which), status, category, reason)

    @property
    def prices(self) -> dict[str, int]:
        """How many WhatsApp messages were charged for, by category."""
        return self.twilio.records.prices()

    async def waits_for(self, happened: Callable[[], bool], timeout: float = 5.0) -> None:
        """Wait until something is true, looking whenever there is news; TimeoutError when it does not come."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while not happened():
            if loop.time() >= until:
                raise TimeoutError("what was waited for did not happen")
            await self.world.journal.wait(self.world.journal.seq, 0.02)

    def reset(self) -> None:
        """Forget phones, messages, updates, faults, log and clock; the server keeps its address."""
        self.telegram.updates.close()
        self.world.cancel()
        old, session, seq = self.world, self.world.take_session(), self.world.journal.seq
        self.world = World(old.settings)
        self.world.url, self.world.journal = old.url, old.journal
        self.world.pace.limits = old.pace.limits
        self.world.give_session(session)
        self.telegram, self.twilio = Telegram(self.world), Twilio(self.world)
        self.telegram.updates.next_id = 200_000_001 + seq
        self.world.journal.add("reset")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/bot"):
            token, _, method = path[4:].partition("/")
            return await self.telegram.answer(request, token, method)
        parts = path.split("/")
        head = parts[1] if len(parts) > 1 else ""
        if head == "control":
            return await self._control.answer(request, parts[2:])
        if head == "2010-04-01":
            return await self.twilio.answer(request, parts[3:])
        if head == "v1" and parts[2:3] and parts[2].startswith("Content"):
            return await self.twilio.content(request, parts[2:])
        if head in ("v2", "v3") and parts[2:] == ["Indicators", "Typing.json"]:
            return await self.twilio.typing(request)
        if head == "twilio-media":
            return self.twilio.file(request, parts[2] if len(parts) > 2 else "")
        if path.startswith("/file/bot"):
            token, _, rest = path[9:].partition("/")
            return self.telegram.file(token, rest)
        return _page(path)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]) -> web.BaseRequest:
    """A request that may carry as much as a bot may upload (50 MB and the form around it)."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=51 * 1024 * 1024)


def _page(path: str) -> web.StreamResponse:
    name = path.lstrip("/") or "index.html"
    file = PAGE / name
    if "/" in name or file.suffix not in _TYPES or not file.is_file():
        return web.Response(status=404, text="Not Found")
    return web.Response(body=file.read_bytes(), content_type=_TYPES[file.suffix], charset="utf-8", headers=_SAFE)
