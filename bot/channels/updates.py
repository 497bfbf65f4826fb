"""Telegram's updates, read into messages.

Each update is decoded alone and only where we look (core.telegram.org/bots/api#update), so that one that cannot be read
stops no other. Talks to nobody: telegram.py does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.channels import Unreadable
from bot.messages import Attached, Contact, Incoming, Kind, Status

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""What we ask Telegram to send us."""


_ABSENT = msgspec.Raw()


class _User(msgspec.Struct):
    id: int
    first_name: str = ""
    last_name: str | None = None
    language_code: str | None = None
    is_bot: bool = False


class _Chat(msgspec.Struct):
    id: int
    type: str = "private"


class _Contact(msgspec.Struct):
    phone_number: str
    user_id: int | None = None


class _Reference(msgspec.Struct):
    message_id: int = 0


class _File(msgspec.Struct):
    file_id: str
    file_size: int = 0
    mime_type: str = ""
    file_name: str = ""
    width: int = 0


class _Message(msgspec.Struct):
    message_id: int
    chat: _Chat
    date: int = 0
    sender: _User | None = msgspec.field(name="from", default=None)
    edit_date: int | None = None
    text: str | None = None
    caption: str | None = None
    reply_to_message: _Reference | None = None
    contact: _Contact | None = None
    location: msgspec.Raw = _ABSENT
    photo: msgspec.Raw = _ABSENT
    voice: msgspec.Raw = _ABSENT
    audio: msgspec.Raw = _ABSENT
    video: msgspec.Raw = _ABSENT
    video_note: msgspec.Raw = _ABSENT
    animation: msgspec.Raw = _ABSENT
    document: msgspec.Raw = _ABSENT
    sticker: msgspec.Raw = _ABSENT


class _Location(msgspec.Struct):
    latitude: float
    longitude: float


class _Callback(msgspec.Struct):
    id: str
    sender: _User = msgspec.field(name="from")
    data: str = ""
    message: _Message | None = None


class _Member(msgspec.Struct):
    status: str


class _MemberUpdated(msgspec.Struct):
    chat: _Chat
    new_chat_member: _Member
    old_chat_member: _Member | None = None
    date: int = 0


class _Update(msgspec.Struct):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Callback | None = None
    my_chat_member: _MemberUpdated | None = None


_decoder = msgspec.json.Decoder(_Update)
_file = msgspec.json.Decoder(_File)
_sizes = msgspec.json.Decoder(list[_File])
_location = msgspec.json.Decoder(_Location)
_keys_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("photo", "photo"),
    ("voice", "voice"),
    ("audio", "voice"),
    ("video", "video"),
    ("video_note", "video"),
    ("animation", "video"),  # an animation carries a document too: it comes first
    ("document", "document"),
    ("sticker", "sticker"),
    ("location", "location"),
)
# What Telegram reports about a chat although nobody said anything: no answer is expected.
_SERVICE = frozenset(
    {
        "pinned_message",
        "message_auto_delete_timer_changed",
        "chat_background_set",
        "write_access_allowed",
        "connected_website",
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "proximity_alert_triggered",
        "boost_added",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "giveaway_created",
        "giveaway_completed",
    }
)
_GONE = frozenset({"kicked", "left"})
_ADDRESSED = re.compile(r"(/\w+)@(\w+)")


def read(raw: bytes | msgspec.Raw | Mapping[str, Any], bot: str, username: str, now: int) -> list[Incoming | Status]:
    """What one update says: nothing, or one thing; raises Unreadable.

    `bot` is the bot's id; `username` may be empty while it is not known; `now` in milliseconds is the time of what
    Telegram gives no time for: a pressed button.
    """
    body = msgspec.json.encode(raw) if isinstance(raw, Mapping) else raw
    try:
        update = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unreadable(body, bot) from None
    key = f"tg:{bot}:{update.update_id}"
    if update.message is not None:
        return _message(key, update.message, username, body)
    if update.callback_query is not None:
        return [_pressed(key, update.callback_query, now)]
    if update.edited_message is not None:
        return _edited(key, update.edited_message)
    if update.my_chat_member is not None:
        return _membership(key, update.my_chat_member)
    return []


def _message(key: str, message: _Message, username: str, body: bytes | msgspec.Raw) -> list[Incoming | Status]:
    if message.chat.type == "channel" or message.sender is None or message.sender.is_bot:
        return []
    kind: Kind = "text"
    text = message.text
    contact = None
    if text is None:
        text = message.caption or ""
        if message.contact is not None:
            kind = "contact"
            contact = Contact(_e164(message.contact.phone_number), message.contact.user_id == message.sender.id)
        else:
            found = next((kind for name, kind in _KINDS if getattr(message, name)), None)
            if found is None and not _SERVICE.isdisjoint(_keys_decoder.decode(_keys_decoder.decode(body)["message"])):
                return []
            kind = found or "other"
    elif text.startswith("/"):
        addressed = _ADDRESSED.match(text)
        if addressed is not None:
            if username and addressed[2].lower() != username.lower():
                return []
            text = addressed[1] + text[addressed.end() :]
    media = _attached(message, kind) if kind in ("photo", "document") else None
    return [_incoming(key, message, message.sender, kind, text, message.date, contact, media)]


def _attached(message: _Message, kind: Kind) -> Attached | None:
    """The file of a document, or the largest that Telegram has made of a photo."""
    try:
        if kind == "document":
            one = _file.decode(message.document)
        else:
            one = max(_sizes.decode(message.photo), key=lambda size: size.width)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    return Attached(one.file_id, one.file_size, one.mime_type, one.file_name)


def _incoming(
    key: str,
    message: _Message,
    sender: _User,
    kind: Kind,
    text: str,
    date: int,
    contact: Contact | None = None,
    media: Attached | None = None,
) -> Incoming:
    return Incoming(
        key=key,
        channel="telegram",
        sender=str(message.chat.id),
        at=date * 1000,
        kind=kind,
        text=text,
        message=str(message.message_id),
        contact=contact,
        place=_place(message.location) if kind == "location" else None,
        language=sender.language_code or "",
        name=_name(sender),
        private=message.chat.type == "private",
        replies_to=str(message.reply_to_message.message_id) if message.reply_to_message is not None else "",
        media=media,
    )


def _place(location: msgspec.Raw) -> tuple[float, float] | None:
    try:
        found = _location.decode(location)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found.latitude, found.longitude


def _edited(key: str, message: _Message) -> list[Incoming | Status]:
    text = message.text if message.text is not None else message.caption
    # A live location is an edit every few seconds; without words there is nothing to take back.
    if text is None or message.chat.type == "channel" or message.sender is None or message.sender.is_bot:
        return []
    return [_incoming(key, message, message.sender, "edited", text, message.edit_date or message.date)]


def _pressed(key: str, callback: _Callback, now: int) -> Incoming:
    message = callback.message
    return Incoming(
        key=key,
        channel="telegram",
        sender=str(callback.sender.id if message is None else message.chat.id),
        at=now,
        kind="button",
        token=callback.data,
        callback=callback.id,
        message="" if message is None else str(message.message_id),
        language=callback.sender.language_code or "",
        name=_name(callback.sender),
        private=message is None or message.chat.type == "private",
    )


def _membership(key: str, changed: _MemberUpdated) -> list[Incoming | Status]:
    chat = str(changed.chat.id)
    gone = changed.new_chat_member.status in _GONE
    if changed.chat.type == "private":
        return [Status(key, "telegram", "blocked" if gone else "unblocked", sender=chat, at=changed.date * 1000)]
    added = not gone and (changed.old_chat_member is None or changed.old_chat_member.status in _GONE)
    if changed.chat.type == "channel" or not added:
        return []
    return [Incoming(key, "telegram", chat, changed.date * 1000, kind="other", private=False)]


def _name(user: _User) -> str:
    return f"{user.first_name} {user.last_name}" if user.last_name else user.first_name


def _e164(phone: str) -> str:
    digits = "".join(character for character in phone if character.isdigit())
    return f"+{digits}" if digits else ""


def _unreadable(body: bytes | msgspec.Raw, bot: str) -> Unreadable:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unreadable(f"tg:{bot}:?", {"": "not JSON"})
    if not isinstance(found, dict):
        return Unreadable(f"tg:{bot}:?", {"": type(found).__name__})
    shape = {str(name)[:40]: _shape(value, 4) for name, value in found.items()}
    number = found.get("update_id")
    return Unreadable(f"tg:{bot}:{number if isinstance(number, int) else '?'}", shape)


def _shape(value: object, depth: int) -> object:
    if isinstance(value, dict) and depth:
        return {str(name)[:40]: _shape(inner, depth - 1) for name, inner in list(value.items())[:40]}
    if isinstance(value, list) and depth:
        return [_shape(inner, depth - 1) for inner in value[:1]]
    return type(value).__name__
