"""A second coordinator looks at an announcement: agrees, does not and says why, or words it otherwise."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, Prose, Tx, conversation, formats
from bot.records import announcements, letting_go, roles
from bot.records.announcements import Announcement
from conversations import preview

APPROVE = Option("approve", aliases=("setuju", "saya setuju", "disetujui", "approve", "approved", "agree", "i agree"))
REWORD = Option("reword", aliases=("ubah", "ubah teks", "ganti teks", "change", "reword"))
REJECT = Option("reject", aliases=("tidak setuju", "tdk setuju", "gak setuju", "ga setuju", "tolak", "reject"))


@conversation("announce_approve", words="setujui, approve", role="setujui", texts="announce_send")
async def approve(chat: Chat) -> Any:
    """Show what waits as it will go; the one who agrees is never the one who wrote it."""
    account, language = chat.speaker.account, chat.speaker.language
    waiting: list[Announcement] = await chat.look(lambda tx: letting_go.decidable(tx, account))
    number = announcements.number_in(chat.given)
    if not number:
        listed = await chat.once("listed", lambda tx: _numbers(tx, account))
        if not listed:
            return await chat.say("nothing_waits")
        number = listed[0]
        if len(listed) > 1:
            number = await chat.choose("which", [Option(one, {"id": one, "en": one}) for one in listed])
    found = next((one for one in waiting if one.number == number), None)
    if found is None:
        return await chat.say("not_waiting", number=number)
    seen = await chat.once("seen", lambda tx: _counted(tx, number))
    await chat.say("from", code=found.author, number=number)
    before = letting_go.agreed(found)
    if before < found.reached:
        shown = {"before": formats.number(before, language), "now": formats.number(found.reached, language)}
        await chat.say("grown", **shown)
    await chat.say("message", message=preview.message(found, language))
    await chat.say("counts", lines=preview.counts(found, language))
    if found.send_at is not None:
        told = {"date": formats.date(found.send_at, found.zone, language)}
        await chat.say("at_time", clock=formats.clock(found.send_at, found.zone, language), **told)
    code = await chat.once("code", lambda tx: _code(tx, account))
    decision = await chat.choose("decision", [APPROVE, REWORD, REJECT], exact=True, number=number)
    if decision == "approve":
        outcome = await chat.once("approved", lambda tx: letting_go.approve(tx, number, code, seen))
    elif decision == "reject":
        reason = await chat.ask("reason", Prose(5, 300))
        outcome = await chat.once("rejected", lambda tx: letting_go.reject(tx, number, code, reason, seen))
    else:
        texts = await _reworded(chat, found)
        if texts == found.texts:
            return chat.then("announce_approve", given=number)
        outcome = await chat.once("reworded", lambda tx: letting_go.suggest(tx, number, code, texts, seen))
    await chat.say(f"decided.{decision}" if outcome == "done" else f"not_decided.{outcome}", number=number)


async def _reworded(chat: Chat, found: Announcement) -> dict[str, str]:
    """New words in each language that it has; one that is skipped stays as it is."""
    texts = dict(found.texts)
    texts["id"] = await chat.ask("reword_id", Prose(), optional=True) or found.texts["id"]
    if "en" in found.texts:
        texts["en"] = await chat.ask("reword_en", Prose(), optional=True) or found.texts["en"]
    return texts


async def _numbers(tx: Tx, account: str) -> list[str]:
    return [one.number for one in await letting_go.decidable(tx, account)]


async def _counted(tx: Tx, number: str) -> int | None:
    found = await announcements.get(tx, number)
    return found.counted_at if found is not None else None


async def _code(tx: Tx, account: str) -> str:
    staff = await roles.of(tx, account)
    return staff.code if staff is not None else ""
