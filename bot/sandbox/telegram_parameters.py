"""The parameters of each Bot API method (10.0), and reading them from a request as the server does.

The real server ignores what it does not know; here an unknown name is refused, so that a typo is found."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

Parameters = dict[str, Any]


class TelegramError(Exception):
    """A refusal in the server's own wording."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad(description: str) -> TelegramError:
    """A 400."""
    return TelegramError(400, f"Bad Request: {description}")


# name:kind, * after the kind for required; i integer, f float, b boolean, s string, c chat, j JSON, u upload or string
_SEND = (
    " business_connection_id:s message_thread_id:i direct_messages_topic_id:i disable_notification:b protect_content:b"
    " allow_paid_broadcast:b message_effect_id:s suggested_post_parameters:j reply_parameters:j reply_markup:j"
)
_CAPTION = " caption:s parse_mode:s caption_entities:j"
_LANGUAGE = " language_code:s"
_TABLE = {
    "getMe": "",
    "getUpdates": "offset:i limit:i timeout:i allowed_updates:j",
    "setWebhook": "url:s certificate:u ip_address:s max_connections:i allowed_updates:j drop_pending_updates:b"
    " secret_token:s",
    "deleteWebhook": "drop_pending_updates:b",
    "getWebhookInfo": "",
    "sendMessage": "chat_id:c* text:s parse_mode:s entities:j link_preview_options:j" + _SEND,
    "editMessageText": "chat_id:c* message_id:i* business_connection_id:s inline_message_id:s text:s parse_mode:s"
    " entities:j link_preview_options:j reply_markup:j",
    "editMessageCaption": "chat_id:c* message_id:i* business_connection_id:s inline_message_id:s"
    " show_caption_above_media:b reply_markup:j" + _CAPTION,
    "editMessageReplyMarkup": "chat_id:c* message_id:i* business_connection_id:s inline_message_id:s reply_markup:j",
    "answerCallbackQuery": "callback_query_id:s* text:s show_alert:b url:s cache_time:i",
    "sendChatAction": "chat_id:c* action:s* business_connection_id:s message_thread_id:i",
    "setMyCommands": "commands:j* scope:j" + _LANGUAGE,
    "getMyCommands": "scope:j" + _LANGUAGE,
    "deleteMyCommands": "scope:j" + _LANGUAGE,
    "setMyName": "name:s" + _LANGUAGE,
    "getMyName": _LANGUAGE,
    "setMyDescription": "description:s" + _LANGUAGE,
    "getMyDescription": _LANGUAGE,
    "setMyShortDescription": "short_description:s" + _LANGUAGE,
    "getMyShortDescription": _LANGUAGE,
    "setChatMenuButton": "chat_id:c menu_button:j",
    "getChatMenuButton": "chat_id:c",
    "getFile": "file_id:s*",
    "sendPhoto": "chat_id:c* photo:u* show_caption_above_media:b has_spoiler:b" + _CAPTION + _SEND,
    "sendDocument": "chat_id:c* document:u* thumbnail:u disable_content_type_detection:b" + _CAPTION + _SEND,
    "sendLocation": "chat_id:c* latitude:f* longitude:f* horizontal_accuracy:f live_period:i heading:i"
    " proximity_alert_radius:i" + _SEND,
    "deleteMessage": "chat_id:c* message_id:i*",
    "getChat": "chat_id:c*",
}


def _table() -> dict[str, tuple[str, dict[str, str], tuple[str, ...]]]:
    methods = {}
    for method, line in _TABLE.items():
        kinds = dict(word.split(":") for word in line.split())
        required = tuple(name for name, kind in kinds.items() if kind.endswith("*"))
        methods[method.lower()] = (method, {name: kind[0] for name, kind in kinds.items()}, required)
    return methods


METHODS = _table()


class Upload(msgspec.Struct):
    """A file that came with the request."""

    name: str
    mime: str
    data: bytes


async def read(request: web.BaseRequest) -> Parameters:
    """The parameters of a request as they came: from the query, a form or JSON."""
    found: Parameters = dict(request.query) if request.query_string else {}
    if request.method != "POST" or not request.can_read_body:
        return found
    kind = request.content_type
    if kind.startswith("multipart/"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                found[name] = Upload(value.filename, value.content_type, value.file.read())
            else:
                found[name] = value
        return found
    body = await request.read()
    if kind == "application/json":
        try:
            decoded = msgspec.json.decode(body) if body else {}
        except msgspec.DecodeError:
            raise bad("can't parse JSON object: " + "invalid JSON") from None
        if not isinstance(decoded, dict):
            raise bad("expected an object of parameters")
        found.update(decoded)
    elif body:
        found.update(parse_qsl(body.decode(), keep_blank_values=True))
    return found


def checked(method: str, raw: Parameters) -> Parameters:
    """The parameters in their types; TelegramError for unknown, missing or unreadable ones."""
    _, kinds, required = METHODS[method]
    found: Parameters = {}
    for name, value in raw.items():
        kind = kinds.get(name)
        if kind is None:
            if isinstance(value, Upload):
                found[name] = value  # the target of an attach://
                continue
            raise bad(f'unknown parameter "{name}"')
        if value is not None:
            found[name] = _typed(name, kind, value)
    for name in required:
        if found.get(name) in (None, ""):
            raise bad(f"{name} is empty" if name == "chat_id" else f'parameter "{name}" is required')
    return found


def _typed(name: str, kind: str, value: Any) -> Any:
    try:
        if kind == "s":
            if isinstance(value, (dict, list)):
                raise bad(f'parameter "{name}" must be a string')
            return value if isinstance(value, str) else str(value)
        if kind == "i":
            return int(float(value)) if isinstance(value, str) and "." in value else int(value)
        if kind == "f":
            return float(value)
        if kind == "b":
            return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes", "y")
        if kind == "c":
            return value if isinstance(value, str) and value.startswith("@") else int(value)
        if kind == "j" and isinstance(value, str):
            return msgspec.json.decode(value) if value else None
    except (ValueError, TypeError):
        raise bad(f'can\'t parse parameter "{name}"') from None
    return value
