"""Links that open a chat with the bot and bring a code, for a QR code on a picture.

Where the bot is reached is told once, when it starts (running.py); until then, and where there is no such channel, a
link is the code alone, which can be typed.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

_TO: Final = {"telegram": "https://t.me/{name}?start={code}", "whatsapp": "https://wa.me/{name}?text={words}"}
_HELLO: Final = "Halo ({code})"
"""What a link to WhatsApp writes; hearing.py knows the code behind any greeting."""

_names: dict[str, str] = {}


def reached_by(channel: str, name: str) -> None:
    """The bot is called so on this channel: its username, or its number without the plus."""
    _names[channel] = name


def to(code: str, channel: str) -> str:
    """The link by this channel, else by another that there is; the code itself where there is none."""
    for one in (channel, *_TO):
        if one in _TO and (name := _names.get(one)):
            return _TO[one].format(name=name, code=code, words=quote(_HELLO.format(code=code)))
    return code
