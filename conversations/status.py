"""Where an enrolment stands: what its status means, since when, and what comes next."""

from __future__ import annotations

from bot.author import Chat, conversation, formats
from bot.records import enrolments


@conversation("status", words="status, cek status, status saya, my status, check status")
async def status(chat: Chat) -> None:
    """Tell the status of everybody enrolled from this chat, the running enrolments only where there are any."""
    account, speaker = chat.speaker.account, chat.speaker
    found = await chat.look(lambda tx: enrolments.of_account(tx, account))
    if not found:
        return await chat.say("none")
    for one in [one for one in found if one.live] or found[:1]:
        since = formats.date(one.since, speaker.zone, speaker.language)
        await chat.say(one.status, reference=one.reference, name=one.name, since=since)
