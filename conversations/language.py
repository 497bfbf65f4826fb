"""The language of this chat."""

from __future__ import annotations

from bot.author import Chat, conversation, places
from bot.records import people


@conversation("language")
async def language(chat: Chat) -> None:
    """Ask which language, and use it from now on; what was going on goes on in it."""
    chosen = await chat.choose("language", places.LANGUAGES)
    await chat.once("chosen", lambda tx: people.speaks(tx, chat.speaker.account, chosen))
    await chat.say("language_set")
