"""The Bot API over HTTP: tokens, methods, faults, and answers in the server's shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.telegram_methods import Methods
from bot.sandbox.telegram_parameters import METHODS, Parameters, TelegramError, Upload, checked, read
from bot.sandbox.telegram_person import TelegramLine
from bot.sandbox.telegram_profile import Profile
from bot.sandbox.telegram_updates import Updates
from bot.sandbox.telegram_webhook import Webhook
from bot.sandbox.world import World

_USUAL = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class Telegram:
    """One bot's Bot API."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.updates = Updates(world)
        self.webhook = Webhook(world, self.updates)
        self.line = TelegramLine(world, self.updates)
        self.profile = Profile(world.journal)
        self._methods = self._table(Methods(world, self.line))

    def _table(self, methods: Methods) -> dict[str, Callable[[Parameters], Any]]:
        profile, webhook = self.profile, self.webhook
        named: dict[str, Callable[[Parameters], Any]] = {
            "getMe": methods.get_me,
            "getUpdates": self.updates.get,
            "setWebhook": webhook.set,
            "deleteWebhook": webhook.delete,
            "getWebhookInfo": lambda params: webhook.info(),
            "sendMessage": methods.send_message,
            "sendPhoto": methods.send_photo,
            "sendDocument": methods.send_document,
            "sendLocation": methods.send_location,
            "editMessageText": methods.edit_text,
            "editMessageCaption": methods.edit_caption,
            "editMessageReplyMarkup": methods.edit_markup,
            "deleteMessage": methods.delete_message,
            "answerCallbackQuery": methods.answer_callback,
            "sendChatAction": methods.chat_action,
            "getChat": methods.get_chat,
            "getFile": methods.get_file,
            "setMyCommands": profile.set_commands,
            "getMyCommands": profile.get_commands,
            "deleteMyCommands": profile.delete_commands,
            "setMyName": partial(profile.set_text, "name"),
            "getMyName": partial(profile.get_text, "name"),
            "setMyDescription": partial(profile.set_text, "description"),
            "getMyDescription": partial(profile.get_text, "description"),
            "setMyShortDescription": partial(profile.set_text, "short_description"),
            "getMyShortDescription": partial(profile.get_text, "short_description"),
            "setChatMenuButton": profile.set_menu,
            "getChatMenuButton": profile.get_menu,
        }
        return {name.lower(): method for name, method in named.items()}

    async def answer(self, request: web.BaseRequest, token: str, method: str) -> web.StreamResponse:
        """Answer one request to /bot<token>/<method>."""
        if token != self.world.settings.telegram_token:
            wrong = TelegramError(401, "Unauthorized") if ":" in token else TelegramError(404, "Not Found")
            return self._refuse(method, {}, wrong)
        key = method.lower()
        if key not in METHODS:
            return self._refuse(method, {}, TelegramError(404, "Not Found: method not found"))
        name = METHODS[key][0]
        fault = await self.world.faults.strike("telegram", name)
        if fault is not None and fault.breaks and not fault.executed:
            return self._broken(request, name, fault)
        params: Parameters = {}
        try:
            raw = await read(request)
            params = checked(key, raw)
            result = self._methods[key](params)
            if inspect.isawaitable(result):
                result = await result
        except TelegramError as refusal:
            return self._refuse(name, params, refusal)
        if fault is not None and fault.breaks:
            return self._broken(request, name, fault)
        if not self.world.settings.quiet and not (key == "getupdates" and len(result) <= 2):
            self.world.record("telegram", name, _loggable(params), 200, result)
        return web.Response(body=_OK.encode({"ok": True, "result": result}), content_type="application/json")

    def file(self, token: str, path: str) -> web.StreamResponse:
        """Serve /file/bot<token>/<file_path>."""
        file = self.world.files.get(path.split("/")[1]) if path.count("/") == 2 else None
        if token != self.world.settings.telegram_token or file is None:
            return self._refuse("file", {"path": path}, TelegramError(404, "Not Found"))
        self.world.record("telegram", "file", {"path": path}, 200, len(file.data))
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _refuse(self, method: str, params: Parameters, refusal: TelegramError) -> web.Response:
        answer: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
        if refusal.retry_after is not None:
            answer["parameters"] = {"retry_after": refusal.retry_after}
        self.world.record("telegram", method, _loggable(params), refusal.code, answer)
        body = _OK.encode(answer)
        return web.Response(status=refusal.code, body=body, content_type="application/json")

    def _broken(self, request: web.BaseRequest, method: str, fault: Fault) -> web.StreamResponse:
        if fault.close:
            self.world.record("telegram", method, {}, 0, "closed")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.body is not None:
            self.world.record("telegram", method, {}, fault.status or 200, fault.body)
            return web.Response(status=fault.status or 200, text=fault.body, content_type="text/html")
        status = fault.status or 500
        after = (fault.retry_after or 1) if status == 429 else fault.retry_after
        usual = _USUAL.get(status, "Internal Server Error")
        if status == 429:
            usual = f"Too Many Requests: retry after {after}"
        return self._refuse(method, {}, TelegramError(status, fault.description or usual, after))


_OK = msgspec.json.Encoder()


def _loggable(params: Parameters) -> Parameters:
    return {k: f"<{len(v.data)} bytes>" if isinstance(v, Upload) else v for k, v in params.items()}
