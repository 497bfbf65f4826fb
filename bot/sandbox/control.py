"""The control API under /control: what Python does with a Sandbox, over HTTP, for the page and other processes.

GET  phones                  seq, now, bot, and every phone with its chat
POST phones                  {channel, name, language_code?, number?, hidden_number?, label?} -> the phone
GET  phones/<id>             one phone; .../wait?n=1&timeout=5 -> the next n messages of the bot
POST phones/<id>/<action>    type {text, replies_to?}, start {payload}, press {button, message_id?, stale?},
                             edit {text, message_id?}, send {kind, ...}, block, unblock, redeliver,
                             group {text, title}
POST acts                    [{phone, do, ...}, ...]: many of these at once
GET  news?after=&timeout=    what happened on any phone, by rising seq; events: the same as server-sent events
GET  commands                the command menu that each Telegram phone shows
GET  log?provider=&method=   requests received and made; DELETE empties it
POST faults, limits, clock {advance}, settings, updates {raw|update}, templates, reset
POST reviews {which, status?, category?, reason?}: Meta decides on a template; settings approval_... do it by themselves
GET  faults, limits, clock, settings, templates, prices; DELETE faults?id= heals one or all
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from bot.sandbox.phones import Phone

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

_JSON = msgspec.json.Encoder()
Body = dict[str, Any]


class Control:
    """Routes of the control API; anything it cannot do is a 400 with a `message`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._routes: dict[tuple[str, str], Callable[[web.BaseRequest, Body], Awaitable[Any]]] = {
            ("GET", "phones"): self._phones,
            ("POST", "phones"): self._new_phone,
            ("POST", "acts"): self._acts,
            ("GET", "commands"): self._commands,
            ("GET", "news"): self._news,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._faults,
            ("DELETE", "faults"): self._faults,
            ("GET", "limits"): self._limits,
            ("POST", "limits"): self._limits,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._clock,
            ("GET", "log"): self._log,
            ("DELETE", "log"): self._log,
            ("GET", "settings"): self._settings,
            ("POST", "settings"): self._settings,
            ("POST", "updates"): self._updates,
            ("GET", "templates"): self._templates,
            ("POST", "templates"): self._templates,
            ("POST", "reviews"): self._reviews,
            ("GET", "prices"): self._prices,
            ("POST", "reset"): self._reset,
        }

    async def answer(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        """Answer one request; `parts` is the path after /control/."""
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.host:
            return _reply({"message": "the control API is for this page only"}, 403)
        if parts[0] == "events":
            return await self._events(request)
        if parts[0] == "media":
            return self._media(parts[1] if len(parts) > 1 else "")
        try:
            raw = await request.read() if request.method == "POST" else b""
            body = msgspec.json.decode(raw) if raw else {}
            if len(parts) > 1 and parts[0] == "phones":
                return _reply(await self._one_phone(request, parts[1], parts[2] if len(parts) > 2 else "", body))
            route = self._routes.get((request.method, parts[0]))
            if route is None:
                return _reply({"message": f"there is no {request.method} /control/{'/'.join(parts)}"}, 404)
            return _reply(await route(request, body))
        except (LookupError, ValueError, TypeError, AttributeError) as reason:
            return _reply({"message": str(reason)}, 400)
        except TimeoutError as reason:
            return _reply({"message": str(reason)}, 408)

    async def _phones(self, request: web.BaseRequest, body: Body) -> Any:
        sandbox = self._sandbox
        settings = sandbox.world.settings
        return {
            "seq": sandbox.world.journal.seq,
            "now": sandbox.world.clock.ms(),
            "bot": {"name": settings.bot_name, "username": settings.bot_username, "number": settings.whatsapp_from},
            "phones": [self._whole(phone) for phone in sandbox.phones],
        }

    def _whole(self, phone: Phone) -> dict[str, Any]:
        commands = self._sandbox.telegram.profile.commands(phone) if phone.channel == "telegram" else []
        return {**phone.summary(), "commands": commands, "chat": phone.chat}

    async def _commands(self, request: web.BaseRequest, body: Body) -> Any:
        found = self._sandbox.telegram.profile.commands
        return {phone.id: found(phone) for phone in self._sandbox.phones if phone.channel == "telegram"}

    async def _new_phone(self, request: web.BaseRequest, body: Body) -> Any:
        return self._whole(await self._sandbox.phone(**body))

    async def _one_phone(self, request: web.BaseRequest, phone_id: str, action: str, body: Body) -> Any:
        phone = self._phone(phone_id)
        if request.method == "GET" and action == "wait":
            n, timeout = int(request.query.get("n", 1)), float(request.query.get("timeout", 5))
            return await phone.waits(n, min(timeout, 60.0))
        if request.method == "GET" and not action:
            return self._whole(phone)
        if request.method == "POST":
            return await act(phone, action, body)
        raise LookupError(f"a phone has no {action}")

    async def _acts(self, request: web.BaseRequest, body: Any) -> Any:
        """Many actions in one request: [{"phone": id, "do": action, ...}]."""
        done = []
        for item in body:
            rest = dict(item)
            done.append(await act(self._phone(rest.pop("phone")), rest.pop("do"), rest))
        return done

    async def _news(self, request: web.BaseRequest, body: Body) -> Any:
        """Everything new on any phone after `after`; waits up to `timeout` seconds for the first."""
        journal = self._sandbox.world.journal
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 1000))
        await journal.wait(after, min(float(request.query.get("timeout", 0)), 60.0))
        news = journal.since(after, limit)
        if news is None:
            return {"seq": journal.seq, "news": [], "lost": True}
        return {"seq": news[-1].seq if news else after, "news": news}

    async def _faults(self, request: web.BaseRequest, body: Body) -> Any:
        if request.method == "POST":
            return self._sandbox.fault(**body)
        if request.method == "DELETE":
            which = request.query.get("id")
            self._sandbox.world.faults.remove(int(which) if which else None)
        return self._sandbox.world.faults.all()

    async def _limits(self, request: web.BaseRequest, body: Body) -> Any:
        return _set(self._sandbox.limits, body)

    async def _clock(self, request: web.BaseRequest, body: Body) -> Any:
        if seconds := body.get("advance"):
            self._sandbox.advance(float(seconds))
        return {"now": self._sandbox.world.clock.ms(), "offset": self._sandbox.world.clock.offset}

    async def _log(self, request: web.BaseRequest, body: Body) -> Any:
        log = self._sandbox.world.log
        if request.method == "DELETE":
            log.clear()
        query = request.query
        found = [c for c in log if all(query.get(k) in (None, getattr(c, k)) for k in ("provider", "method"))]
        return found[-int(query.get("limit", 1000)) :]

    async def _settings(self, request: web.BaseRequest, body: Body) -> Any:
        return _set(self._sandbox.world.settings, body)

    async def _updates(self, request: web.BaseRequest, body: Body) -> Any:
        """A raw update: {"raw": "any text"} or {"update": {...}}."""
        self._sandbox.push(body["raw"] if "raw" in body else body["update"])
        return {"pending": len(self._sandbox.telegram.updates.pending)}

    async def _templates(self, request: web.BaseRequest, body: Body) -> Any:
        return self._sandbox.template(**body) if request.method == "POST" else self._sandbox.templates

    async def _reviews(self, request: web.BaseRequest, body: Body) -> Any:
        return self._sandbox.review(**body)

    async def _prices(self, request: web.BaseRequest, body: Body) -> Any:
        return self._sandbox.prices

    async def _reset(self, request: web.BaseRequest, body: Body) -> Any:
        self._sandbox.reset()
        return {"seq": self._sandbox.world.journal.seq}

    def _phone(self, phone_id: str) -> Phone:
        phone = self._sandbox.world.phones.get(phone_id)
        if phone is None:
            raise LookupError(f"there is no phone {phone_id}")
        return phone

    def _media(self, file_id: str) -> web.StreamResponse:
        file = self._sandbox.world.files.get(file_id)
        if file is None:
            return web.Response(status=404, text="Not Found")
        # whatever a bot uploads is shown as a picture or not at all
        picture = file.mime in ("image/png", "image/jpeg", "image/webp", "image/gif")
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        headers["Content-Type"] = file.mime if picture else "application/octet-stream"
        return web.Response(body=file.data, headers=headers)

    async def _events(self, request: web.BaseRequest) -> web.StreamResponse:
        """Server-sent events: all news after ?after= or Last-Event-ID, for as long as the page is open."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        seq = int(request.headers.get("Last-Event-ID") or request.query.get("after") or 0)
        try:
            await response.write(b"retry: 500\n: hello\n\n")
            while not self._sandbox.world.stopping:
                journal = self._sandbox.world.journal
                news = journal.since(seq) if seq <= journal.seq else None
                if news is None:
                    seq = journal.seq
                    await response.write(b'id: %d\ndata: {"kind":"reset"}\n\n' % seq)
                elif news:
                    seq = news[-1].seq
                    await response.write(b"".join(b"id: %d\ndata: %s\n\n" % (n.seq, _JSON.encode(n)) for n in news))
                elif not await journal.wait(seq, 15.0):
                    await response.write(b": still here\n\n")
        except (ConnectionError, asyncio.CancelledError):
            pass
        return response


async def act(phone: Phone, action: str, body: Body) -> Any:
    """Do one thing on a phone, by name, with the arguments of the method of that name."""
    if action == "raw":
        raise LookupError("raw updates go to /control/updates")
    if action not in ("type", "start", "press", "edit", "send", "block", "unblock", "redeliver", "group"):
        raise LookupError(f"a phone cannot {action!r}")
    if "data" in body and action == "send":
        body = {**body, "data": base64.b64decode(body["data"])}
    return await getattr(phone, action)(**body)


def _set(target: Any, values: Body) -> Any:
    for name, value in values.items():
        if name not in target.__struct_fields__:
            raise ValueError(f"there is no setting {name}")
        setattr(target, name, value)
    return target


def _reply(content: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=_JSON.encode(content), content_type="application/json")
