"""The vocabulary between the parts: what came in, what goes out, what a channel said about it.

Imports nothing of ours and knows no channel; dicts of providers end in the adapters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",  # typed words, a command, a deep link's "/start code"
    "button",  # a pressed button; `token` says which
    "contact",
    "location",
    "photo",
    "voice",
    "video",
    "document",
    "sticker",
    "edited",  # the person changed an earlier message; `message` is that one's id, `text` the new words
    "other",  # anything else a channel may carry: a poll, a dice, a deleted message
]

Lane = Literal["reply", "notice", "announcement"]
"""Who goes first: a reply before a notice about the person's own case before an announcement."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A shared phone number. `own` is true only where the channel proves that it is the sender's."""

    phone: str
    own: bool


@dataclass(frozen=True, slots=True)
class Attached:
    """A photo or document that came with a message, as its channel tells of it: nobody has looked at it yet."""

    reference: str
    """Where it is to be had: Telegram's file_id, Twilio's MediaUrl."""
    size: int = 0
    """Bytes; 0 where it is not told."""
    type: str = ""
    name: str = ""
    """As its sender called it, or their app."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was looked at, made safe and written down (files.py)."""

    id: str
    kind: Literal["photo", "document"]
    type: str
    size: int
    """Bytes."""
    width: int = 0
    height: int = 0
    name: str = ""
    """What a document is called."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message that was put off for a file comes again: with the file, with why there is none, or just after it."""

    row: int
    file: Kept | None = None
    fault: str = ""
    """Names the template `rejected.<fault>`."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from a person, as any channel tells it."""

    key: str
    """The provider's id of this delivery, unique over all channels; the same key is handled once."""
    channel: str
    sender: str
    """Whom to answer: Telegram's chat id; WhatsApp's BSUID where present, else the number in E.164."""
    at: int
    """When the provider says it was sent: UTC, milliseconds."""
    kind: Kind = "text"
    text: str = ""
    token: str = ""
    callback: str = ""
    """What a press is answered by at once (Telegram's callback query id)."""
    message: str = ""
    """The provider's id of this message; of the original where edited; of the message that carries a pressed button."""
    contact: Contact | None = None
    language: str = ""
    """IETF tag of the person's app; a first guess only."""
    name: str = ""
    """Name of the profile: chosen by the sender, never proof of anything."""
    phone: str = ""
    """The sender's own number in E.164 where the channel shows it, else empty."""
    private: bool = True
    """False in a group."""
    replies_to: str = ""
    """Id of the message of ours that the person quoted, where they did."""
    late: bool = False
    """It was lost and fetched long after it was written: the chat may have gone on without it."""
    media: Attached | None = None
    """What a photo or a document brings along."""
    fetched: Fetched | None = None
    """It was put off, and is now taken in once more."""
    place: tuple[float, float] | None = None
    """Latitude and longitude that were sent, in degrees."""


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message we sent, or of our right to write to somebody."""

    key: str
    channel: str
    state: Literal["queued", "sent", "delivered", "read", "failed", "undelivered", "blocked", "unblocked"]
    provider_id: str = ""
    """Id of the message that this is about; empty for `blocked` and `unblocked`."""
    sender: str = ""
    error: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Button:
    """One thing to choose: `token` comes back when it is pressed (≤ 64 bytes), `label` is read by people."""

    token: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """A place on a map, in degrees, with what it is called."""

    latitude: float
    longitude: float
    label: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one person in neutral markup (markup.py); a channel renders, splits and sends it."""

    channel: str
    to: str
    text: str
    options: tuple[Button, ...] = ()
    """Shown as numbered lines, and as buttons where the channel has them."""
    actions: tuple[Button, ...] = ()
    """Ways around the question (back, skip): buttons where the channel has them, else nothing; never numbered."""
    contact_button: str = ""
    """Label of a button that shares the person's own contact, where the channel has one."""
    edits: str = ""
    """Id of an earlier message of ours that this one replaces, where the channel can; else it is sent anew."""
    arrived: tuple[str, ...] = ()
    """Ids of the parts that are there already: only the rest is sent."""
    content: tuple[str, str] | None = None
    """WhatsApp: the sid of the Content template that goes instead, and its variables as JSON; `text` is its words."""
    language: str = ""
    """Which language its words are in; empty: the options go as numbered lines, whatever else the channel has."""
    media: str = ""
    """Id of a kept file (files.py) that goes along: the text stands under it where it fits, else alone."""
    pin: Pin | None = None
    """A place that is shown on a map behind the text; not beside `media`."""
    line: str = ""
    """`edits` may name several messages then: all of them are put right, and this is said in a reply to the first."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message: its ids, one for each part that it was split into."""

    ids: tuple[str, ...]
