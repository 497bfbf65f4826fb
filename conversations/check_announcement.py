"""Whether an announcement is real: `cek pengumuman PGM-7K4MA`, for anybody."""

from __future__ import annotations

from bot.author import Chat, Joined, Part, Text, conversation, formats
from bot.records import announcement_checks
from bot.records.announcement_checks import Checked


@conversation("check_announcement", words="cek pengumuman, check announcement, cek pgm, check pgm")
async def check(chat: Chat) -> None:
    """Say what was sent under a number; who has none, or one of nobody's, is told what to do."""
    said = await chat.ask("number", Text(max=100), given=chat.given)
    number = announcement_checks.number_of(said)
    if not number:
        await chat.say("no_number")
        return await chat.say("careful")
    found: Checked | None = await chat.look(lambda tx: announcement_checks.find(tx, number))
    if found is None:
        await chat.say("unknown", number=number)
        return await chat.say("careful")
    one, language = found.announcement, chat.speaker.language
    date = formats.date(one.started_at or one.created_at, one.zone, language)
    kind = Joined((Part((f"kind.{one.category}",)),))
    await chat.say(found.state, number=number, kind=kind, date=date, beginning=found.beginning(language))
    if found.corrected_by:
        await chat.say("corrected", corrected_by=found.corrected_by)
    await chat.say("never")
