"""Where an enrolment stands: what its status means, since when, and what comes next."""

from __future__ import annotations

from bot.author import Chat, conversation, formats
from bot.records import enrolments

WORDS = """
status, cek status, status saya, status pendaftaran, cek pendaftaran, pendaftaran saya, sudah daftar belum,
sudah daftar blm, kok lama, my status, check status, am i enrolled
"""


@conversation("status", words=WORDS)
async def status(chat: Chat) -> None:
    """Tell the status of everybody enrolled from this chat, the running enrolments only where there are any."""
    account, speaker = chat.speaker.account, chat.speaker
    found = await chat.look(lambda tx: enrolments.of_account(tx, account))
    if not found:
        return await chat.say("none")
    for one in [one for one in found if one.live] or found[:1]:
        since = formats.date(one.since, speaker.zone, speaker.language)
        await chat.say(one.status, reference=one.reference, name=one.name, since=since)
