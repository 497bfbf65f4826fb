"""Phones: what a person sees on one, and what a person can do with it.

A phone knows nothing of HTTP: what is done on it goes to a line (Telegram's or WhatsApp's), which tells the bot."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from bot.sandbox.journal import Journal


class Button(msgspec.Struct, omit_defaults=True):
    """One button: `kind` is callback, url, contact, location, text, copy or reply; `data` is what pressing sends."""

    label: str
    kind: str = "callback"
    data: str = ""
    description: str = ""


class Message(msgspec.Struct, omit_defaults=True):
    """One message as the person sees it; `time` in milliseconds, offsets of entities in UTF-16 units."""

    id: str
    side: str  # person, bot, service
    text: str
    time: int
    kind: str = "text"
    entities: list[dict[str, Any]] = []
    buttons: list[list[Button]] = []
    list_title: str = ""
    ticks: str = "sent"  # sent, delivered, read, undelivered
    edited: bool = False
    media: dict[str, Any] | None = None
    location: dict[str, Any] | None = None
    contact: dict[str, Any] | None = None
    error_code: int | None = None
    author: str = ""
    replies_to: str = ""  # id of the message that this one quotes
    priced: str = ""  # WhatsApp: the category of template that this message is charged as


class Content(msgspec.Struct, kw_only=True):
    """What a person sends that is not typed text; `data` replaces the sample file."""

    kind: str  # sticker, photo, voice, video, document, location, contact
    caption: str = ""
    data: bytes | None = None
    mime: str = ""
    name: str = ""
    latitude: float = -7.3587
    longitude: float = 109.9030
    contact_name: str = ""
    contact_number: str = ""
    own: bool = True


class Line(Protocol):
    """How what a person does reaches the bot."""

    def text(self, phone: Phone, text: str, quoted: Message | None = None) -> Message: ...
    def send(self, phone: Phone, content: Content) -> Message: ...
    def press(self, phone: Phone, message: Message | None, message_id: str, button: Button) -> None: ...
    def edit(self, phone: Phone, message: Message, text: str) -> Message: ...
    def block(self, phone: Phone, blocked: bool) -> None: ...
    def redeliver(self, phone: Phone) -> None: ...
    def group(self, phone: Phone, text: str, title: str) -> Message: ...


class Phone:
    """One phone with its one chat with the bot."""

    def __init__(self, phone_id: str, channel: str, name: str, line: Line, journal: Journal, history: int) -> None:
        self.id = phone_id
        self.channel = channel
        self.name = name
        self.kind = "private"
        self.label = ""
        self.language_code: str | None = None
        self.chat_id = 0  # Telegram's, of the person or the group
        self.username: str | None = None
        self.number: str | None = None  # +62...
        self.bsuid = ""
        self.hidden_number = False
        self.blocked = False
        self.known = False  # whether the bot may write at all
        self.last_inbound: float | None = None
        self.typing_until = 0
        self.keyboard: dict[str, Any] | None = None
        self.toasts: deque[dict[str, Any]] = deque(maxlen=20)
        self.received = 0  # messages of the bot so far
        self.raw: dict[str, dict[str, Any]] = {}  # the provider's own form of each message
        self._line = line
        self._journal = journal
        self._history = history
        self._chat: dict[str, Message] = {}
        self._unread: deque[Message] = deque(maxlen=history)
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def chat(self) -> list[Message]:
        """The messages that are kept, oldest first."""
        return list(self._chat.values())

    @property
    def last(self) -> Message | None:
        """The last message of the bot."""
        return next((m for m in reversed(self._chat.values()) if m.side == "bot"), None)

    @property
    def address(self) -> str:
        """How WhatsApp names this person to the bot."""
        return f"whatsapp:{self.bsuid if self.hidden_number else self.number}"

    def find(self, message_id: str) -> Message | None:
        """The message with this id, if it is still kept."""
        return self._chat.get(message_id)

    def newest_first(self) -> Iterator[Message]:
        """The messages from the newest back."""
        return reversed(self._chat.values())

    def add(self, message: Message, raw: dict[str, Any] | None = None) -> Message:
        """Show a message on the phone."""
        self._chat[message.id] = message
        if raw is not None:
            self.raw[message.id] = raw
        if len(self._chat) > self._history:
            oldest = next(iter(self._chat))
            del self._chat[oldest]
            self.raw.pop(oldest, None)
        if message.side == "bot":
            self.received += 1
            self.typing_until = 0
            self._unread.append(message)
            self._wake()
        self._journal.add("message", self.id, message)
        return message

    def changed(self, message: Message, kind: str = "edit") -> None:
        """Tell whoever looks that a message of this phone changed."""
        self._journal.add(kind, self.id, message)

    def remove(self, message_id: str) -> bool:
        """Take a message away; False when it is not there."""
        message = self._chat.pop(message_id, None)
        self.raw.pop(message_id, None)
        if message is not None:
            self._journal.add("delete", self.id, message)
        return message is not None

    def typing(self, until_ms: int) -> None:
        """Show that the bot is typing until then, in sandbox milliseconds."""
        self.typing_until = until_ms
        self._journal.add("typing", self.id, {"until": until_ms})

    def toast(self, text: str, alert: bool) -> None:
        """Show the answer to a pressed button."""
        self.toasts.append({"text": text, "alert": alert})
        self._journal.add("toast", self.id, {"text": text, "alert": alert})

    def refreshed(self) -> None:
        """Tell whoever looks that something about the phone itself changed."""
        self._journal.add("phone", self.id, self.summary())

    def summary(self) -> dict[str, Any]:
        """The phone without its chat."""
        return {
            "id": self.id,
            "channel": self.channel,
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "language_code": self.language_code,
            "chat_id": self.chat_id,
            "username": self.username,
            "number": self.number,
            "bsuid": self.bsuid,
            "hidden_number": self.hidden_number,
            "address": self.address if self.channel == "whatsapp" else "",
            "blocked": self.blocked,
            "keyboard": self.keyboard,
            "typing_until": self.typing_until,
            "received": self.received,
        }

    async def type(self, text: str, replies_to: str | int = "") -> Message:
        """Write a text and send it; `replies_to` is the id of a message that it quotes (swiped to answer)."""
        quoted = self._chat.get(str(replies_to))
        if replies_to and quoted is None:
            raise LookupError(f"no message {replies_to!r} on this phone to reply to")
        return self._line.text(self, text, quoted)

    async def start(self, payload: str = "") -> Message:
        """Open the bot by its link: /start with the payload on Telegram, the text of a wa.me link on WhatsApp."""
        if self.channel == "telegram":
            return self._line.text(self, f"/start {payload}".strip())
        return self._line.text(self, payload or "Halo")

    async def press(self, button: str, message_id: str | int | None = None, *, stale: bool = False) -> None:
        """Press a button by label or data, on the newest message that has it or on the one named.

        `stale` presses data that is not on the message any more, as a slow client does."""
        if stale:
            known = self._chat.get(str(message_id))
            return self._line.press(self, known, str(message_id), Button(button, "callback", button))
        found = self._button(button, None if message_id is None else str(message_id))
        if found is None:
            seen = [b.label for m in self._chat.values() for row in m.buttons for b in row]
            raise LookupError(f"no button {button!r} on this phone; there are {seen[-12:]}")
        message, chosen = found
        if chosen.kind == "contact":
            await self.send("contact", own=True)
        elif chosen.kind == "location":
            await self.send("location")
        elif chosen.kind == "text":
            self._line.text(self, chosen.label)
        elif chosen.kind in ("callback", "reply"):
            self._line.press(self, message, message.id if message else "", chosen)

    def _button(self, wanted: str, message_id: str | None) -> tuple[Message | None, Button] | None:
        messages = [self._chat[message_id]] if message_id in self._chat else []
        for message in self.newest_first() if message_id is None else messages:
            for row in message.buttons:
                for button in row:
                    if wanted in (button.label, button.data):
                        return message, button
        if message_id is None and self.keyboard:
            for row in self.keyboard["buttons"]:
                for button in row:
                    if wanted == button.label:
                        return None, button
        return None

    async def edit(self, text: str, message_id: str | int | None = None) -> Message:
        """Change the text of an own message, by default the last one."""
        mine = (m for m in self.newest_first() if m.side == "person" and message_id in (None, m.id, _number(m.id)))
        message = next(mine, None)
        if message is None:
            raise LookupError("no message of this person to edit")
        return self._line.edit(self, message, text)

    async def send(self, kind: str, **content: Any) -> Message:
        """Send a sticker, photo, voice, video, document, location or contact; `content` as in Content."""
        return self._line.send(self, Content(kind=kind, **content))

    async def block(self) -> None:
        """Block the bot."""
        self._line.block(self, True)

    async def unblock(self) -> None:
        """Unblock the bot."""
        self._line.block(self, False)

    async def redeliver(self) -> None:
        """Let the provider deliver the last thing this person did once more."""
        self._line.redeliver(self)

    async def group(self, text: str, title: str = "Keluarga") -> Message:
        """Write in a group of which the bot is a member."""
        return self._line.group(self, text, title)

    async def waits(self, n_messages: int = 1, timeout: float = 5.0) -> list[Message]:
        """The next messages of the bot that no earlier call returned; TimeoutError when they do not come."""
        while len(self._unread) < n_messages:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((n_messages, future))
            try:
                await asyncio.wait_for(future, timeout)
            except TimeoutError:
                said = [m.text for m in self._unread]
                raise TimeoutError(f"{self.name}: {len(said)} of {n_messages} messages came: {said}") from None
            finally:
                self._waiting = [w for w in self._waiting if w[1] is not future]
        return [self._unread.popleft() for _ in range(n_messages)]

    def _wake(self) -> None:
        for wanted, future in self._waiting:
            if len(self._unread) >= wanted and not future.done():
                future.set_result(None)


def _number(message_id: str) -> int | None:
    return int(message_id) if message_id.isdigit() else None
