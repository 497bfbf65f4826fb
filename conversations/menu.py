"""The menu: a greeting, and what can be done here."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, conversation, formats

CHOICES = ("enrol", "status", "my_data", "help", "language")
"""Each is the name of a conversation. Old buttons of the menu go on working, so none is left out lightly."""


@conversation("menu", words="menu")
async def menu(chat: Chat) -> Any:
    """Greet by the part of the day, by name where it is known, and go where the person wants to."""
    part = formats.part_of_day(chat.now, chat.speaker.zone)
    await chat.say(f"{part}.named" if chat.speaker.nickname else part)
    if not chat.speaker.person:
        await chat.say("intro")
    return chat.then(await chat.choose("menu", CHOICES))
