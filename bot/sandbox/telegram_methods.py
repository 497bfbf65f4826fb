"""What the Bot API methods do to phones; each takes checked parameters and gives the `result`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from bot.sandbox import html, telegram_keyboards
from bot.sandbox.media import is_picture
from bot.sandbox.phones import Message, Phone
from bot.sandbox.telegram_parameters import Parameters, TelegramError, Upload, bad
from bot.sandbox.telegram_person import TelegramLine, bot_id, quote
from bot.sandbox.world import World

_ACTIONS = frozenset(
    (
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    )
)
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message"
)


class Methods:
    """Sending, editing, answering and looking up."""

    def __init__(self, world: World, line: TelegramLine) -> None:
        self._world = world
        self._line = line
        self._files = 0

    def me(self) -> dict[str, Any]:
        """The bot as a User."""
        settings = self._world.settings
        return {
            "id": bot_id(self._world),
            "is_bot": True,
            "first_name": settings.bot_name,
            "username": settings.bot_username,
        }

    def get_me(self, params: Parameters) -> dict[str, Any]:
        """getMe."""
        return {
            **self.me(),
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def send_message(self, params: Parameters) -> dict[str, Any]:
        """sendMessage."""
        text, entities = self._text(params)
        phone = self._open(params)
        return self._put(phone, Message("", "bot", text, 0, entities=entities), {"text": text}, params)

    def send_location(self, params: Parameters) -> dict[str, Any]:
        """sendLocation."""
        if not (-90 <= params["latitude"] <= 90 and -180 <= params["longitude"] <= 180):
            raise bad("bad location: wrong latitude or longitude")
        location = {"latitude": params["latitude"], "longitude": params["longitude"]}
        phone = self._open(params)
        shown = Message("", "bot", "", 0, kind="location", location=location)
        return self._put(phone, shown, {"location": location}, params)

    def send_photo(self, params: Parameters) -> dict[str, Any]:
        """sendPhoto, by upload, file_id or URL."""
        return self._send_file("photo", params)

    def send_document(self, params: Parameters) -> dict[str, Any]:
        """sendDocument, by upload, file_id or URL."""
        return self._send_file("document", params)

    def edit_text(self, params: Parameters) -> dict[str, Any]:
        """editMessageText."""
        text, entities = self._text(params)
        phone, message, raw = self._editable(params)
        markup = telegram_keyboards.read(params.get("reply_markup"))
        if raw.get("text") == text and raw.get("entities", []) == entities and raw.get("reply_markup") == markup.inline:
            raise bad(_SAME)
        if "text" not in raw:
            raise bad("there is no text in the message to edit")
        raw["text"] = message.text = text
        message.entities = entities
        raw.pop("entities", None)
        if entities:
            raw["entities"] = entities
        return self._edited(phone, message, raw, markup)

    def edit_caption(self, params: Parameters) -> dict[str, Any]:
        """editMessageCaption: what stands under a photo or a document."""
        caption, entities = _caption(params)
        phone, message, raw = self._editable(params)
        markup = telegram_keyboards.read(params.get("reply_markup"))
        if "photo" not in raw and "document" not in raw:
            raise bad("there is no caption in the message to edit")
        if raw.get("caption", "") == caption and raw.get("reply_markup") == markup.inline:
            raise bad(_SAME)
        raw["caption"] = message.text = caption
        message.entities = entities
        raw.pop("caption_entities", None)
        if entities:
            raw["caption_entities"] = entities
        return self._edited(phone, message, raw, markup)

    def edit_markup(self, params: Parameters) -> dict[str, Any]:
        """editMessageReplyMarkup; without reply_markup the buttons go."""
        phone, message, raw = self._editable(params)
        markup = telegram_keyboards.read(params.get("reply_markup"))
        if raw.get("reply_markup") == markup.inline:
            raise bad(_SAME)
        return self._edited(phone, message, raw, markup)

    def delete_message(self, params: Parameters) -> bool:
        """deleteMessage; a bot can delete what is younger than 48 hours."""
        phone = self._chat(params["chat_id"])
        message = phone.find(str(params["message_id"]))
        if message is None:
            raise bad("message to delete not found")
        if self._world.clock.ms() - message.time > 48 * 3_600_000:
            raise bad("message can't be deleted")
        return phone.remove(message.id)

    def answer_callback(self, params: Parameters) -> bool:
        """answerCallbackQuery, as long as the query is young enough."""
        if html.utf16(params.get("text") or "") > 200:
            raise bad("MESSAGE_TOO_LONG")
        query = self._line.queries.get(params["callback_query_id"])
        patience = self._world.settings.callback_answer_seconds
        if query is None or self._world.clock.now() - query.pressed > patience:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        query.phone.toast(params.get("text") or "", params.get("show_alert", False))
        return True

    def chat_action(self, params: Parameters) -> bool:
        """sendChatAction: shown for five seconds or until a message comes."""
        if params["action"] not in _ACTIONS:
            raise bad("wrong parameter action in request")
        phone = self._open(params, paced=False)
        phone.typing(self._world.clock.ms() + 5000)
        return True

    def get_chat(self, params: Parameters) -> dict[str, Any]:
        """getChat."""
        phone = self._chat(params["chat_id"])
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return {
            **self._line.chat(phone),
            "accent_color_id": phone.chat_id % 7,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, False),
        }

    def get_file(self, params: Parameters) -> dict[str, Any]:
        """getFile: where the file can be fetched."""
        file = self._world.files.get(params["file_id"])
        if file is None:
            raise bad("invalid file_id")
        if len(file.data) > 20 * 1024 * 1024:
            raise bad("file is too big")
        size = len(file.data)
        path = f"files/{file.id}/{file.name}"
        return {"file_id": file.id, "file_unique_id": f"AQAD{file.id[-8:]}", "file_size": size, "file_path": path}

    def _text(self, params: Parameters) -> tuple[str, list[html.Entity]]:
        return _formatted(params, "text", "entities", 4096, "message text is empty", "message is too long")

    def _send_file(self, kind: str, params: Parameters) -> dict[str, Any]:
        caption, entities = _caption(params)
        phone = self._open(params)
        given = params[kind]
        if isinstance(given, str) and given.startswith("attach://"):
            given = params.get(given[9:])
        if isinstance(given, Upload):
            self._files += 1
            file_id = f"BQACAgUAAxkDAAI{self._files:09d}"
            file = self._world.files.put(file_id, kind, given.data, given.name, given.mime)
        elif isinstance(given, str) and (known := self._world.files.get(given)):
            file = known
        elif isinstance(given, str) and urlsplit(given).scheme in ("http", "https"):
            raise bad("failed to get HTTP URL content")  # nothing leaves this computer
        else:
            raise bad("wrong file identifier/HTTP URL specified")
        if kind == "photo" and len(file.data) > 10 * 1024 * 1024:
            raise TelegramError(413, "Request Entity Too Large")
        if kind == "photo" and not is_picture(file.data):
            raise bad("IMAGE_PROCESS_FAILED")
        media = {"kind": kind, "url": f"/control/media/{file.id}", "name": file.name, "mime": file.mime}
        base: dict[str, Any] = {"file_id": file.id, "file_unique_id": f"AQAD{file.id[-8:]}"}
        base["file_size"] = len(file.data)
        shape = [{**base, "width": 320, "height": 200}] if kind == "photo" else {**base, "file_name": file.name}
        content: dict[str, Any] = {kind: shape}
        if caption:
            content["caption"] = caption
        if entities:
            content["caption_entities"] = entities
        shown = Message("", "bot", caption, 0, kind=kind, entities=entities, media=media)
        return self._put(phone, shown, content, params)

    def _put(self, phone: Phone, shown: Message, content: dict[str, Any], params: Parameters) -> dict[str, Any]:
        """Show a message on the phone; the Message object for the bot."""
        markup = telegram_keyboards.read(params.get("reply_markup"))
        replied = params.get("reply_parameters")
        if (
            replied
            and not replied.get("allow_sending_without_reply")
            and not phone.find(str(replied.get("message_id")))
        ):
            raise bad("message to be replied not found")
        message_id, now = self._line.message_id(), self._world.clock.now()
        raw: dict[str, Any] = {
            "message_id": message_id,
            "from": self.me(),
            "chat": self._line.chat(phone),
            "date": int(now),
            **content,
        }
        if shown.entities and "text" in raw:
            raw["entities"] = shown.entities
        if markup.inline:
            raw["reply_markup"] = markup.inline
        if params.get("protect_content"):
            raw["has_protected_content"] = True
        if replied and (quoted := phone.find(str(replied.get("message_id")))):
            raw["reply_to_message"], shown.replies_to = quote(phone, quoted.id), quoted.id
        shown.id, shown.time, shown.buttons, shown.ticks = str(message_id), int(now * 1000), markup.rows, "read"
        if markup.keyboard is not None or (markup.removes and phone.keyboard is not None):
            phone.keyboard = markup.keyboard
            phone.add(shown, raw)
            phone.refreshed()
        else:
            phone.add(shown, raw)
        return raw

    def _editable(self, params: Parameters) -> tuple[Phone, Message, dict[str, Any]]:
        phone = self._open(params)
        message = phone.find(str(params["message_id"]))
        if message is None:
            raise bad("message to edit not found")
        if message.side != "bot":
            raise bad("message can't be edited")
        return phone, message, {**phone.raw[message.id]}

    def _edited(
        self, phone: Phone, message: Message, raw: dict[str, Any], markup: telegram_keyboards.Markup
    ) -> dict[str, Any]:
        raw.pop("reply_markup", None)
        if markup.inline:
            raw["reply_markup"] = markup.inline
        raw["edit_date"] = int(self._world.clock.now())
        message.buttons, message.edited = markup.rows, "text" in raw or "caption" in raw
        phone.raw[message.id] = raw
        phone.changed(message)
        return raw

    def _chat(self, chat_id: int | str) -> Phone:
        phone = self._line.phones.get(chat_id) if isinstance(chat_id, int) else None
        if phone is None or not phone.known:
            raise bad("chat not found")
        return phone

    def _open(self, params: Parameters, *, paced: bool = True) -> Phone:
        """The chat, when the bot may write to it now."""
        phone = self._chat(params["chat_id"])
        if phone.blocked:
            raise TelegramError(403, "Forbidden: bot was blocked by the user")
        if paced and (wait := self._world.pace.telegram(phone.chat_id)):
            raise TelegramError(429, f"Too Many Requests: retry after {wait}", wait)
        return phone


def _caption(params: Parameters) -> tuple[str, list[html.Entity]]:
    if not params.get("caption"):
        return "", []
    return _formatted(params, "caption", "caption_entities", 1024, "", "message caption is too long")


def _formatted(
    params: Parameters, name: str, entities_name: str, most: int, empty: str, too_long: str
) -> tuple[str, list[html.Entity]]:
    mode = (params.get("parse_mode") or "").lower()
    source = params.get(name) or ""
    if mode not in ("", "html"):
        raise bad("the sandbox reads HTML only" if mode.startswith("markdown") else "unsupported parse_mode")
    if len(source.encode()) > 4 * most * 4:
        raise bad(too_long)
    if mode:
        try:
            text, entities = html.parse(source)
        except html.Unparsable as reason:
            raise bad(f"can't parse entities: {reason}") from None
    else:
        text, entities = source.strip(), params.get(entities_name) or []
    if not text:
        raise bad(empty)
    if html.utf16(text) > most:
        raise bad(too_long)
    if len(entities) > 100:
        raise bad("too many entities")
    return text, msgspec.to_builtins(entities)
