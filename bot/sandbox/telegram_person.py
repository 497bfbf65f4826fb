"""What a person does on a Telegram phone, as the updates that the bot gets for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec

from bot.sandbox.html import utf16
from bot.sandbox.phones import Button, Content, Message, Phone
from bot.sandbox.telegram_updates import Update, Updates
from bot.sandbox.world import World

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?")


class Query(msgspec.Struct):
    """A pressed button that waits for its answer."""

    id: str
    phone: Phone
    pressed: float
    data: str


class TelegramLine:
    """Telegram between its phones and the bot."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.phones: dict[int, Phone] = {}
        self.queries: dict[str, Query] = {}
        self._world = world
        self._updates = updates
        self._message_ids = count(1)
        self._query_ids = count(4_382_000_000_000_000_001)
        self._users = count(5_500_000_001)  # above 32 bits, as real ones are
        self._groups = count(1_900_000_001)
        self._last: dict[str, Update] = {}

    def join(self, name: str, language_code: str | None, label: str) -> Phone:
        """A new person with Telegram; the bot does not know them before they write."""
        phone = self._world.new_phone("telegram", name, self)
        phone.chat_id = next(self._users)
        phone.language_code = language_code
        phone.label = label
        self.phones[phone.chat_id] = phone
        phone.refreshed()
        return phone

    def message_id(self) -> int:
        """The next message id of this bot's account."""
        return next(self._message_ids)

    def person(self, phone: Phone) -> dict[str, Any]:
        """The User object."""
        first, _, rest = phone.name.partition(" ")
        found: dict[str, Any] = {"id": phone.chat_id, "is_bot": False, "first_name": first}
        if rest:
            found["last_name"] = rest
        if phone.username:
            found["username"] = phone.username
        if phone.language_code:
            found["language_code"] = phone.language_code
        return found

    def chat(self, phone: Phone) -> dict[str, Any]:
        """The Chat object."""
        if phone.kind == "group":
            return {"id": phone.chat_id, "type": "supergroup", "title": phone.name}
        found = self.person(phone)
        del found["is_bot"]
        found.pop("language_code", None)
        found["type"] = "private"
        return found

    def text(self, phone: Phone, text: str, quoted: Message | None = None) -> Message:
        """A typed message; the app cuts it at 4096 characters, and a keyboard that shows once goes away with it."""
        if not text.strip():
            raise ValueError("the app does not send an empty message")
        if len(text) > 4096:
            self.text(phone, text[:4096], quoted)
            return self.text(phone, text[4096:])
        content: dict[str, Any] = {"text": text}
        if entities := _commands(text):
            content["entities"] = entities
        shown = Message("", "person", text, 0, entities=entities)
        if quoted is not None:
            content["reply_to_message"], shown.replies_to = quote(phone, quoted.id), quoted.id
        if phone.keyboard and phone.keyboard.get("one_time"):
            phone.keyboard = None
            phone.refreshed()
        return self._say(phone, content, shown)

    def send(self, phone: Phone, content: Content) -> Message:
        """A sticker, photo, voice, video, document, location or contact."""
        shown = Message("", "person", content.caption, 0, kind=content.kind)
        if content.kind == "location":
            shown.location = {"latitude": content.latitude, "longitude": content.longitude}
            return self._say(phone, {"location": shown.location}, shown)
        if content.kind == "contact":
            own = content.own and not content.contact_number
            number = content.contact_number or (f"62812{phone.chat_id % 10**8:08d}" if own else "6281299990000")
            first = phone.name if own else content.contact_name or "Orang Lain"
            contact: dict[str, Any] = {"phone_number": number, "first_name": first}
            if own:
                contact["user_id"] = phone.chat_id
            shown.contact = {"name": first, "number": number, "own": own}
            return self._say(phone, {"contact": contact}, shown)
        raw = self._media(shown, content)
        if content.caption:
            raw["caption"] = content.caption
        return self._say(phone, raw, shown)

    def press(self, phone: Phone, message: Message | None, message_id: str, button: Button) -> None:
        """A pressed inline button; on a message that is gone it comes without its content."""
        if phone.blocked:
            self.block(phone, False)
        query = Query(str(next(self._query_ids)), phone, self._world.clock.now(), button.data)
        self.queries[query.id] = query
        if len(self.queries) > 10_000:
            del self.queries[next(iter(self.queries))]
        shown = phone.raw.get(message_id) if message is not None else None
        if shown is None:
            shown = {"message_id": int(message_id or 0), "chat": self.chat(phone), "date": 0}
        content = {
            "id": query.id,
            "from": self.person(phone),
            "message": shown,
            "chat_instance": str(-phone.chat_id * 31),
            "data": button.data,
        }
        self._push(phone, "callback_query", f"callback:{phone.chat_id}", content)

    def edit(self, phone: Phone, message: Message, text: str) -> Message:
        """An edited own message."""
        raw = {**phone.raw.get(message.id, {}), "edit_date": int(self._world.clock.now())}
        if message.kind == "text":
            raw["text"] = text
            raw.pop("entities", None)
            if entities := _commands(text):
                raw["entities"] = entities
        else:
            raw["caption"] = text
        phone.raw[message.id] = raw
        message.text, message.edited, message.entities = text, True, _commands(text)
        self._push(phone, "edited_message", f"chat:{phone.chat_id}", raw)
        phone.changed(message)
        return message

    def block(self, phone: Phone, blocked: bool) -> None:
        """Block or unblock the bot."""
        if phone.blocked == blocked:
            return
        phone.blocked = blocked
        bot = {"id": bot_id(self._world), "is_bot": True, "first_name": self._world.settings.bot_name}
        bot["username"] = self._world.settings.bot_username
        member, kicked = {"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}
        content = {
            "chat": self.chat(phone),
            "from": self.person(phone),
            "date": int(self._world.clock.now()),
            "old_chat_member": member if blocked else kicked,
            "new_chat_member": kicked if blocked else member,
        }
        self._push(phone, "my_chat_member", f"member:{phone.chat_id}", content)
        phone.refreshed()

    def redeliver(self, phone: Phone) -> None:
        """The last update of this person comes again, under the same id."""
        if phone.id not in self._last:
            raise LookupError("this person has not done anything yet")
        self._updates.again(self._last[phone.id])

    def group(self, phone: Phone, text: str, title: str) -> Message:
        """A message in a group; the group is a phone of its own, under its title."""
        group = next((p for p in self.phones.values() if p.kind == "group" and p.name == title), None)
        if group is None:
            group = self._world.new_phone("telegram", title, self)
            group.kind, group.chat_id = "group", -1_000_000_000_000 - next(self._groups)
            self.phones[group.chat_id] = group
            group.refreshed()
        content: dict[str, Any] = {"text": text}
        if entities := _commands(text):
            content["entities"] = entities
        return self._say(group, content, Message("", "person", text, 0, author=phone.name), sender=phone)

    def _say(self, phone: Phone, content: dict[str, Any], shown: Message, sender: Phone | None = None) -> Message:
        if phone.blocked:
            self.block(phone, False)  # writing to a blocked bot unblocks it, as the app asks first
        message_id, now = self.message_id(), self._world.clock.now()
        raw = {
            "message_id": message_id,
            "from": self.person(sender or phone),
            "chat": self.chat(phone),
            "date": int(now),
            **content,
        }
        shown.id, shown.time = str(message_id), int(now * 1000)
        phone.known = True
        phone.add(shown, raw)
        self._push(phone, "message", f"chat:{phone.chat_id}", raw, lambda: _read(phone, shown))
        return shown

    def _push(self, phone: Phone, kind: str, queue: str, content: Any, taken: Callable[[], None] | None = None) -> None:
        update = self._updates.add(kind, queue, content, taken)
        if update is not None:
            self._last[phone.id] = update

    def _media(self, shown: Message, content: Content) -> dict[str, Any]:
        kind = content.kind
        file_id = f"AgACAgUAAxkBAAI{next(self._query_ids)}"
        file = self._world.files.put(file_id, kind, content.data, content.name, content.mime)
        shown.media = {"kind": kind, "url": f"/control/media/{file_id}", "name": file.name, "mime": file.mime}
        base: dict[str, Any] = {"file_id": file_id, "file_unique_id": f"AQAD{file_id[-8:]}"}
        base["file_size"] = len(file.data)
        if kind == "photo":
            return {"photo": [{**base, "width": 320, "height": 200}]}
        if kind == "sticker":
            shown.text = "👍"
            size = {"width": 512, "height": 512, "type": "regular", "is_animated": False, "is_video": False}
            return {"sticker": {**base, **size, "emoji": "👍"}}
        base["mime_type"] = file.mime
        if kind == "voice":
            return {"voice": {**base, "duration": 4}}
        if kind == "video":
            return {"video": {**base, "width": 640, "height": 360, "duration": 5}}
        if kind == "document":
            return {"document": {**base, "file_name": file.name}}
        raise ValueError(f"a phone cannot send {kind!r}")


def bot_id(world: World) -> int:
    """The bot's user id, the part of its token before the colon."""
    head = world.settings.telegram_token.partition(":")[0]
    return int(head) if head.isdigit() else 1


def quote(phone: Phone, message_id: str) -> dict[str, Any]:
    """The message that another one quotes; what that one quoted itself is left out."""
    return {name: value for name, value in phone.raw[message_id].items() if name != "reply_to_message"}


def _read(phone: Phone, message: Message) -> None:
    message.ticks = "read"
    phone.changed(message, "status")


def _commands(text: str) -> list[dict[str, Any]]:
    if "/" not in text:
        return []
    found = []
    for match in _COMMAND.finditer(text):
        offset, length = utf16(text[: match.start()]), len(match[0])
        found.append({"type": "bot_command", "offset": offset, "length": length})
    return found
