"""Twilio's REST API for WhatsApp over HTTP: sending, the log of messages, media, templates, the typing indicator."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.twilio_content import Contents, method_of
from bot.sandbox.twilio_delivery import Delivery
from bot.sandbox.twilio_person import WhatsAppLine
from bot.sandbox.twilio_records import Records, TwilioError
from bot.sandbox.twilio_sending import Sending
from bot.sandbox.world import World

_JSON = msgspec.json.Encoder()


class Twilio:
    """One account with one WhatsApp sender."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.records = Records(world)
        self.delivery = Delivery(world)
        self.line = WhatsAppLine(world, self.records, self.delivery)
        self.contents = Contents(world)
        self._sending = Sending(world, self.records, self.line, self.delivery, self.contents)

    async def answer(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        """Answer a request to /2010-04-01/Accounts/<sid>/... (`parts` begins after Accounts)."""
        resource = parts[1].removesuffix(".json") if len(parts) > 1 else ""
        if resource != "Messages" or len(parts) > 5:
            return self._refuse("unknown", {}, _not_found(request.path))
        if len(parts) in (4, 5) and parts[3].removesuffix(".json") == "Media":
            return await self._media(request, parts[2], parts[4].removesuffix(".json") if len(parts) == 5 else "")
        if len(parts) > 3:
            return self._refuse("unknown", {}, _not_found(request.path))
        sid = parts[2].removesuffix(".json") if len(parts) > 2 else ""
        verb = {"POST": "update" if sid else "create", "GET": "fetch" if sid else "list", "DELETE": "delete"}
        method = f"messages.{verb.get(request.method, request.method.lower())}"
        return await self._call(request, method, parts[0], _form, lambda *given: self._do(method, sid, *given))

    async def content(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        """Answer a request to /v1/Content... or /v1/ContentAndApprovals (`parts` begins after v1)."""
        method, sid = method_of(request.method, parts)
        if not method:
            return self._refuse("unknown", {}, _not_found(request.path))
        account = self.world.settings.twilio_sid
        return await self._call(
            request, method, account, _json, lambda params, _: self.contents.do(method, sid, params)
        )

    async def _call(
        self,
        request: web.BaseRequest,
        method: str,
        account: str,
        read: Callable[[web.BaseRequest, bytes], dict[str, Any]],
        do: Callable[[dict[str, Any], Fault | None], tuple[int, Any]],
    ) -> web.StreamResponse:
        params: dict[str, Any] = {}
        fault = await self.world.faults.strike("twilio", method)
        if fault is not None and fault.breaks and not fault.executed:
            return self._broken(request, method, fault)
        try:
            self._authenticate(request, account)
            if wait := self.world.pace.twilio():
                raise TwilioError(429, 20429, "Too Many Requests", wait)
            params = read(request, await request.read()) if request.method == "POST" else dict(request.query)
            status, result = do(params, fault)
        except TwilioError as refusal:
            return self._refuse(method, params, refusal)
        except ValueError as reason:
            return self._refuse(method, params, TwilioError(400, 20001, f"Invalid parameter: {reason}"))
        if fault is not None and fault.breaks:
            return self._broken(request, method, fault)
        self.world.record("twilio", method, params, status, result)
        if result is None:
            return web.Response(status=status)
        return web.Response(status=status, body=_JSON.encode(result), content_type="application/json")

    def _do(self, method: str, sid: str, params: dict[str, Any], fault: Fault | None) -> tuple[int, Any]:
        records = self.records
        if method == "messages.create":
            return 201, records.shape(self._sending.create(params, fault.error_code if fault else None))
        if method == "messages.list":
            return 200, records.page(params)
        if method == "messages.fetch":
            return 200, records.shape(records.find(sid))
        if method == "messages.update":
            return 200, records.shape(records.update(sid, params))
        if method == "messages.delete" and sid:
            records.delete(sid)
            return 204, None
        raise TwilioError(405, 20004, "Method not allowed")

    async def typing(self, request: web.BaseRequest) -> web.StreamResponse:
        """POST /v2|v3/Indicators/Typing.json: shows typing for 25 seconds and marks the message as read."""
        fault = await self.world.faults.strike("twilio", "typing")
        if fault is not None and fault.breaks:
            return self._broken(request, "typing", fault)
        params: dict[str, Any] = {}
        try:
            self._authenticate(request, self.world.settings.twilio_sid)
            body = await request.read()
            as_json = request.content_type == "application/json"
            params = msgspec.json.decode(body, type=dict[str, Any]) if as_json else _form(request, body)
            if unknown := set(params) - {"channel", "messageId"} - {k for k, v in params.items() if v is None}:
                raise TwilioError(400, 20001, f"Unknown parameter: {min(unknown)}")
            if str(params.get("channel", "")).lower() != "whatsapp":
                raise TwilioError(400, 20001, "Invalid parameter: channel")
            record = self.records.find(str(params.get("messageId", "")))
        except TwilioError as refusal:
            return self._refuse("typing", params, refusal)
        phone = self.line.phones.get(record.sender)
        if phone is not None:
            phone.typing(self.world.clock.ms() + 25_000)
            for message in phone.newest_first():
                if message.side == "person" and message.ticks != "read":
                    message.ticks = "read"
                    phone.changed(message, "status")
                if message.side == "person" and message.ticks == "read" and message.id != record.sid:
                    break
        self.world.record("twilio", "typing", params, 200, {"success": True})
        return web.json_response({"success": True})

    async def _media(self, request: web.BaseRequest, sid: str, media_id: str) -> web.StreamResponse:
        fault = await self.world.faults.strike("twilio", "media")
        if fault is not None and fault.breaks:
            return self._broken(request, "media", fault)
        try:
            self._authenticate(request, self.world.settings.twilio_sid)
            if not media_id:
                found = self.records.media(sid)
                self.world.record("twilio", "media.list", {"sid": sid}, 200, found)
                return web.json_response(found)
            file = self.world.files.get(media_id)
            if file is None:
                raise _not_found(request.path)
        except TwilioError as refusal:
            return self._refuse("media", {"id": media_id}, refusal)
        if request.method == "DELETE":
            self.world.files.remove(media_id)
            self.world.record("twilio", "media.delete", {"id": media_id}, 204, None)
            return web.Response(status=204)
        self.world.record("twilio", "media", {"id": media_id}, 307, len(file.data))
        return web.Response(status=307, headers={"Location": f"{self.world.url}/twilio-media/{file.id}"})

    def file(self, request: web.BaseRequest, media_id: str) -> web.StreamResponse:
        """Where a MediaUrl sends whoever has signed in: nobody signs in here."""
        file = self.world.files.get(media_id)
        if file is None or "Authorization" in request.headers:
            return web.Response(status=404 if file is None else 400)
        return web.Response(body=file.data, headers={"Content-Type": file.mime})

    def _authenticate(self, request: web.BaseRequest, account: str) -> None:
        settings = self.world.settings
        expected = base64.b64encode(f"{settings.twilio_sid}:{settings.twilio_token}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
            raise TwilioError(401, 20003, "Authenticate")
        if account != settings.twilio_sid:
            raise _not_found(request.path)

    def _refuse(self, method: str, params: dict[str, Any], refusal: TwilioError) -> web.Response:
        answer = {
            "code": refusal.code,
            "message": refusal.message,
            "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
            "status": refusal.status,
        }
        self.world.record("twilio", method, params, refusal.status, answer)
        headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        body = _JSON.encode(answer)
        return web.Response(status=refusal.status, body=body, headers=headers, content_type="application/json")

    def _broken(self, request: web.BaseRequest, method: str, fault: Fault) -> web.StreamResponse:
        if fault.close:
            self.world.record("twilio", method, {}, 0, "closed")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.body is not None:
            self.world.record("twilio", method, {}, fault.status or 200, fault.body)
            return web.Response(status=fault.status or 200, text=fault.body, content_type="text/html")
        status = fault.status or 500
        code = fault.error_code or {401: 20003, 404: 20404, 429: 20429}.get(status, 20500)
        after = (fault.retry_after or 1) if status == 429 else fault.retry_after
        usual = "Too Many Requests" if status == 429 else "An internal server error has occurred"
        return self._refuse(method, {}, TwilioError(status, code, fault.description or usual, after))


def _json(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """A body of JSON and nothing else: a form is what Twilio's own async client sends by mistake."""
    if request.content_type != "application/json":
        raise TwilioError(400, 20001, "The body of this request must be application/json")
    decoded: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    return decoded


def _form(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        if name in ("MediaUrl", "PersistentAction"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _not_found(path: str) -> TwilioError:
    return TwilioError(404, 20404, f"The requested resource {re.sub(r'[^ -~]', '?', path)} was not found")
