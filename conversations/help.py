"""Help: what can be typed, and a person to talk to."""

from __future__ import annotations

from bot.author import Chat, conversation
from bot.records import roles


@conversation("help", words="kontak, contact, hubungi kami")
async def help_(chat: Chat) -> None:
    """Say how to reach a person and which words always work; what was going on goes on after it."""
    await chat.say("help")
    if roles.allowed(chat.speaker.roles, "belum"):
        await chat.say("staff_lead")
    elif roles.allowed(chat.speaker.roles, "antrean"):
        await chat.say("staff")
    if roles.allowed(chat.speaker.roles, "setujui"):
        await chat.say("announcing_lead")
    elif roles.allowed(chat.speaker.roles, "umumkan"):
        await chat.say("announcing")
    if roles.allowed(chat.speaker.roles, "jam"):
        await chat.say("shop")
    elif roles.allowed(chat.speaker.roles, "anggota"):
        await chat.say("shop_members")
