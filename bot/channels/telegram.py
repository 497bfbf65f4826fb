"""Telegram: messages out, updates in, the command menu.

Paces nothing and stores nothing: the outbox does. Reading an update is updates.py's, the HTTP below telegram_http.py's.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import aiohttp
import msgspec
from telegram import Bot, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import BadRequest, ChatMigrated, TelegramError
from yarl import URL

from bot import markup
from bot.channels import (
    Blocked,
    Forged,
    Refused,
    Throttled,
    TooLarge,
    Uncertain,
    Unreachable,
    parts,
    updates,
)
from bot.channels.connections import ANSWER_SECONDS, download, pool
from bot.channels.telegram_files import CAPTION, Uploads
from bot.channels.telegram_http import FAULTS, RawRequest, Request, errors, named
from bot.files import Files
from bot.messages import Button, Incoming, Outgoing, Pin, Receipt, Status

API_URL = "https://api.telegram.org"
BUTTONS = 100
"""Most buttons an inline keyboard may have."""
SHORT = 18
"""A label up to this long leaves room for a second one in its row on a small phone."""
NARROW = 10
"""… and up to this long for a second and a third."""

_METHODS = (
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "sendLocation",
    "editMessageText",
    "editMessageCaption",
    "answerCallbackQuery",
    "getUpdates",
    "getFile",
)
_NO_PREVIEW = {"is_disabled": True}
_CANNOT_EDIT = (
    "message can't be edited",
    "message to edit not found",
    "message_id_invalid",
    "there is no text in the message",
)


class _Sent(msgspec.Struct):
    message_id: int = 0


class _File(msgspec.Struct):
    file_path: str = ""
    file_size: int = 0


class _Head(msgspec.Struct):
    update_id: int


_html = lru_cache(maxsize=8)(markup.telegram)
"""An announcement is rendered once, not for everybody who gets it."""
_sent = msgspec.json.Decoder(_Sent | bool)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_head = msgspec.json.Decoder(_Head)
_file = msgspec.json.Decoder(_File)


class Telegram:
    """The Telegram channel: one bot."""

    name = "telegram"

    def __init__(
        self,
        token: str,
        api_url: str = "",
        secret: str = "",
        clock: Callable[[], int] = lambda: time.time_ns() // 10**6,
        files: Files | None = None,
    ) -> None:
        """`secret` is what Telegram's webhook requests carry; `clock` gives UTC milliseconds; `files` may be sent."""
        self.id = token.partition(":")[0]
        self.username = ""
        """Known once `check` has asked for it."""
        base = f"{(api_url or API_URL).rstrip('/')}"
        self._request, self._raw = Request(), RawRequest()
        self.bot = Bot(token, f"{base}/bot", f"{base}/file/bot", request=self._request, get_updates_request=self._raw)
        self._urls = {method: f"{self.bot.base_url}/{method}" for method in _METHODS}
        self._uploads = Uploads(self._raw, self.bot.base_url, files, self._post) if files is not None else None
        self._secret = secret.encode()
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._flooded: tuple[str, float] = ("", 0.0)

    async def open(self) -> None:
        """Make the pool of connections; asks Telegram nothing."""
        self._use(pool())

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
        self._use(None)

    def _use(self, session: aiohttp.ClientSession | None) -> None:
        self._session = session
        self._request.use(session)
        self._raw.use(session)

    async def check(self) -> str:
        """The bot's username, which proves the token; raises Unauthorized, Unreachable."""
        with errors():
            self.username = (await self.bot.get_me()).username or ""
        return self.username

    def parse(self, raw: bytes | msgspec.Raw | Mapping[str, Any]) -> list[Incoming | Status]:
        """What one update says: nothing or one thing; raises Unreadable for this update alone."""
        return updates.read(raw, self.id, self.username, self._clock())

    def verify(self, secret: str | None) -> None:
        """Compare a webhook request's X-Telegram-Bot-Api-Secret-Token in constant time; raises Forged."""
        if not self._secret or not hmac.compare_digest((secret or "").encode(), self._secret):
            raise Forged("the secret token is missing or another one")

    async def updates(self, offset: int | None, timeout: int) -> list[tuple[int, msgspec.Raw]]:
        """Wait up to `timeout` seconds (Telegram's limit: 50) for at most 100 updates, each with its id.

        Asking with an offset confirms all before it, nothing else does. Raises Unreachable, Throttled, Unauthorized.
        """
        parameters: dict[str, object] = {"timeout": timeout, "limit": 100, "allowed_updates": updates.ALLOWED}
        if offset is not None:
            parameters["offset"] = offset
        try:
            with errors():
                found = _list.decode(await self._call("getUpdates", parameters, timeout + ANSWER_SECONDS))
        except (Uncertain, Refused, Blocked) as error:
            raise Unreachable(str(error)) from error
        return [(head.update_id, raw) for raw in found if (head := _readable_head(raw))]

    async def send(self, message: Outgoing) -> Receipt:
        """Send, in as many parts as it needs, the buttons on the last; or change the message that it `edits`."""
        text = f"{message.text}\n\n{markup.numbered(message.options)}" if message.options else message.text
        keyboard = _keyboard(message)
        edits = "" if message.contact_button else message.edits
        if message.line and edits:
            return await self._put_right(message, text)
        if message.media and not edits and self._uploads is not None and message.media in self._uploads:
            return await self._with_file(self._uploads, message, text, keyboard)
        if len(text) * 2 <= markup.TELEGRAM_LIMIT and not message.arrived and message.pin is None:
            return Receipt((await self._part(message.to, text, keyboard, edits),))
        split = markup.split(text, markup.TELEGRAM_LIMIT, markup.telegram_length)

        def part(number: int) -> Awaitable[str]:
            if number == len(split) and message.pin is not None:
                return self._pinned(message.to, message.pin)
            last = number == len(split) - 1
            return self._part(message.to, split[number], keyboard if last else None, "" if number else edits)

        return await parts.in_order([*split, *parts.pinned(message)], message.arrived, part)

    async def fetch(self, reference: str, most: int) -> bytes:
        """What a file_id stands for, up to `most` bytes; raises TooLarge, Refused, Unreachable, Throttled …"""
        try:
            found = _file.decode(await self._call("getFile", {"file_id": reference}))
        except BadRequest as error:
            raise (TooLarge if "too big" in error.message.lower() else Refused)(error.message) from error
        except FAULTS as error:
            raise named(error) from error
        if found.file_size > most:
            raise TooLarge(f"{found.file_size} bytes")
        if self._session is None or not found.file_path:
            raise Unreachable("there is no path to the file")
        return await download(self._session, URL(f"{self.bot.base_file_url}/{found.file_path}"), most, {})

    async def acknowledge(self, callback: str, note: str = "") -> None:
        """Take the clock off a pressed button, with a line of text where there is a note; never raises."""
        parameters = {"callback_query_id": callback, "text": note[:200]} if note else {"callback_query_id": callback}
        with suppress(TelegramError):
            await self._call("answerCallbackQuery", parameters)

    async def menu(self, commands: Mapping[str, Sequence[tuple[str, str]]], chat: str = "") -> None:
        """Set the commands that Telegram offers: (command, description) by language, "" for all other languages.

        For one chat, else for all private ones.
        """
        scope = BotCommandScopeChat(int(chat)) if chat else BotCommandScopeAllPrivateChats()
        with errors():
            for language, entries in commands.items():
                await self.bot.set_my_commands(entries, scope=scope, language_code=language or None)

    async def describe(self, language: str, description: str, short: str) -> None:
        """Set what people read before they start (512 characters) and on the bot's page (120)."""
        with errors():
            await self.bot.set_my_description(description, language_code=language or None)
            await self.bot.set_my_short_description(short, language_code=language or None)

    async def receive_at(self, url: str) -> None:
        """Have updates sent to `url`, or where it is empty keep them for `updates`; what waits is kept."""
        with errors():
            if url:
                await self.bot.set_webhook(
                    url, allowed_updates=updates.ALLOWED, secret_token=self._secret.decode(), max_connections=100
                )
            else:
                await self.bot.delete_webhook(drop_pending_updates=False)

    async def _put_right(self, message: Outgoing, text: str) -> Receipt:
        """Change all messages that it edits, and say so in a reply to the first."""
        old, new = message.edits.split(), markup.split(text, markup.TELEGRAM_LIMIT, markup.telegram_length)
        # What is left of a longer one must not stay as it was.
        whole = [*new, *[message.line] * (len(old) - len(new)), message.line]

        def part(number: int) -> Awaitable[str]:
            if number == len(whole) - 1:
                return self._part(message.to, message.line, None, "", replies_to=old[0])
            return self._part(message.to, whole[number], None, old[number] if number < len(old) else "")

        return await parts.in_order(whole, message.arrived, part)

    async def _with_file(self, uploads: Uploads, message: Outgoing, text: str, keyboard: object) -> Receipt:
        """A photo or document with the text under it, or where that is too long, after it; the buttons on the last."""
        split = parts.captioned(text, CAPTION, markup.TELEGRAM_LIMIT, markup.telegram_length)

        def part(number: int) -> Awaitable[str]:
            shown = keyboard if number == len(split) - 1 else None
            if number:
                return self._part(message.to, split[number], shown, "")
            return self._file(uploads, message, split[0], shown)

        return await parts.in_order(split, message.arrived, part)

    async def _file(self, uploads: Uploads, message: Outgoing, caption: str, keyboard: object) -> str:
        parameters: dict[str, object] = {"chat_id": int(message.to)}
        if caption:
            parameters |= {"caption": markup.telegram(caption), "parse_mode": "HTML"}
        if keyboard is not None:
            parameters["reply_markup"] = keyboard
        try:
            return await uploads.send(message.media, parameters)
        except FAULTS as error:
            raise self._about(message.to, named(error)) from error

    async def _pinned(self, to: str, pin: Pin) -> str:
        """A place on a map; its name stands in the text before it, for Telegram shows none."""
        place = {"chat_id": int(to), "latitude": pin.latitude, "longitude": pin.longitude}
        try:
            sent = _sent.decode(await self._post("sendLocation", place))
        except FAULTS as error:
            raise self._about(to, named(error)) from error
        return str(sent.message_id) if isinstance(sent, _Sent) else ""

    async def _part(self, to: str, part: str, keyboard: object, edits: str, replies_to: str = "") -> str:
        parameters: dict[str, object] = {
            "chat_id": int(to),
            "text": _html(part),
            "parse_mode": "HTML",
            "link_preview_options": _NO_PREVIEW,
        }
        if keyboard is not None:
            parameters["reply_markup"] = keyboard
        if replies_to:
            parameters["reply_parameters"] = {"message_id": int(replies_to), "allow_sending_without_reply": True}
        try:
            if edits and (changed := await self._edited(parameters, part, edits)):
                return changed
            sent = _sent.decode(await self._post("sendMessage", parameters, part))
            return str(sent.message_id) if isinstance(sent, _Sent) else ""
        except FAULTS as error:
            raise self._about(to, named(error)) from error

    async def _edited(self, parameters: dict[str, object], part: str, edits: str) -> str:
        try:
            await self._post("editMessageText", parameters | {"message_id": int(edits)}, part)
        except BadRequest as error:
            reason = error.message.lower()
            if "there is no text in the message" in reason and markup.telegram_length(part) <= CAPTION:
                return await self._recaptioned(parameters, part, edits)
            if any(words in reason for words in _CANNOT_EDIT):
                return ""
            if "message is not modified" not in reason:
                raise
        return edits

    async def _recaptioned(self, parameters: dict[str, object], part: str, edits: str) -> str:
        """The same for what stands under a photo or a document."""
        wanted = {name: value for name, value in parameters.items() if name not in ("text", "link_preview_options")}
        try:
            await self._call("editMessageCaption", wanted | {"message_id": int(edits), "caption": parameters["text"]})
        except BadRequest as error:
            return edits if "message is not modified" in error.message.lower() else ""
        return edits

    async def _post(self, method: str, parameters: Mapping[str, object], part: str = "") -> msgspec.Raw:
        try:
            return await self._call(method, parameters)
        except ChatMigrated as moved:
            return await self._call(method, {**parameters, "chat_id": moved.new_chat_id})
        except BadRequest as error:
            if not part or "can't parse entities" not in error.message.lower():
                raise
            bare = {name: value for name, value in parameters.items() if name != "parse_mode"}
            return await self._call(method, bare | {"text": markup.plain(part)})

    async def _call(
        self, method: str, parameters: Mapping[str, object], seconds: float = ANSWER_SECONDS
    ) -> msgspec.Raw:
        return await self._raw.call(self._urls[method], parameters, seconds)

    def _about(self, to: str, error: Exception) -> Exception:
        """A guess at what a 429 is about, for Telegram does not tell.

        The first one is taken to be about its chat; one in another chat while that lasts is about the whole bot.
        """
        if not isinstance(error, Throttled):
            return error
        now = asyncio.get_running_loop().time()
        chat, until = self._flooded
        everybody = chat != to and now < until
        self._flooded = (chat if everybody else to, max(until, now + error.after))
        return Throttled(error.after, chat=not everybody)


def _readable_head(raw: msgspec.Raw) -> _Head | None:
    """None for what has no id: it can neither be told apart nor confirmed."""
    try:
        return _head.decode(raw)
    except msgspec.DecodeError:
        return None


def _keyboard(message: Outgoing) -> object:
    """Inline buttons; or where the contact button is asked for, a keyboard, for one message cannot have both."""
    if message.contact_button:
        rows: list[list[dict[str, object]]] = [[{"text": message.contact_button, "request_contact": True}]]
        rows += [[{"text": button.label} for button in row] for row in _rows(message.options)]
        if message.actions:
            rows.append([{"text": button.label} for button in message.actions])
        return {"keyboard": rows, "one_time_keyboard": True, "resize_keyboard": True}
    if not message.options and not message.actions:
        return None
    shown = _rows(message.options[: BUTTONS - len(message.actions)])
    if message.actions:
        # Three in a row are read on a small phone where they are short; Telegram cuts the others off.
        narrow = len(message.actions) < 3 or all(len(action.label) <= NARROW for action in message.actions)
        shown += [message.actions] if narrow else _rows(message.actions)
    return {"inline_keyboard": [[{"text": b.label, "callback_data": b.token} for b in row] for row in shown]}


def _rows(options: tuple[Button, ...]) -> list[tuple[Button, ...]]:
    """Two in a row where all are short, else one."""
    wide = 2 if len(options) > 1 and all(len(option.label) <= SHORT for option in options) else 1
    return [options[at : at + wide] for at in range(0, len(options), wide)]
