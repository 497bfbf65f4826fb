"""Twilio's own log of messages: what it has of ours, and to blank what it keeps of somebody (design.md 8).

A message of which nothing is left is no matter, nor is one that is blank already: this may be done again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

PAGE = 500
_NOT_YET = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT)
"""How Twilio answers for a message that is still on its way (error 20009)."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message of ours as Twilio remembers it."""

    sid: str
    text: str
    state: str
    error: str


async def told(messages: Any, sender: str, address: str, since: datetime) -> list[Told]:
    """Our messages to `address` since then, oldest first. Raises what the SDK does."""
    found = await messages.stream_async(from_=sender, to=address, date_sent_after=since, page_size=PAGE)
    # Twilio lists the newest first.
    newest = [Told(str(one.sid), one.body or "", str(one.status), str(one.error_code or "")) async for one in found]
    return newest[::-1]


async def blank(messages: Any, sender: str, address: str, until: datetime) -> int:
    """Blank the messages from `address` up to `until` and all to it, media too; how many were not ready for it.

    `messages` is the SDK's list of messages, `sender` our own address. Raises what the SDK does.
    """
    theirs = await messages.stream_async(from_=address, to=sender, date_sent_before=until, page_size=PAGE)
    left = [await _gone(messages, record) async for record in theirs]
    ours = await messages.stream_async(from_=sender, to=address, page_size=PAGE)
    left += [await _gone(messages, record) async for record in ours]
    return left.count(False)


async def _gone(messages: Any, record: Any) -> bool:
    """Whether a message has neither text nor media any more."""
    try:
        if record.body:
            await messages(record.sid).update_async(body="")
        if str(record.num_media or "0") != "0":
            for media in await messages(record.sid).media.list_async():
                await media.delete_async()
    except Exception as error:
        status = getattr(error, "status", 0)
        if status in _NOT_YET:
            return False
        if status != HTTPStatus.NOT_FOUND:
            raise
    return True
