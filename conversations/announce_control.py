"""An announcement on its way: cancelled, paused, resumed; by words, or by a button that says which."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, Tx, conversation
from bot.records import announcements, roles
from bot.records.announcements import Announcement

STATES = {
    "cancel": ("waiting", "scheduled", "sending", "paused"),
    "pause": ("scheduled", "sending"),
    "resume": ("paused",),
}
"""What can be done, and in which states."""

DEEDS = {"cancel": announcements.cancel, "pause": announcements.pause, "resume": announcements.resume}


@conversation("announce_control", role="umumkan")
async def control(chat: Chat) -> None:
    """Do what `chat.given` says (`cancel PGM-7K4MA`): at once, for it was said in so many words."""
    account = chat.speaker.account
    deed = await chat.choose("deed", ["cancel", "pause", "resume"], given=chat.given.partition(" ")[0])
    number = announcements.number_in(chat.given)
    if not number:
        running = await chat.once("running", lambda tx: _running(tx, account, STATES[deed]))
        if not running:
            return await chat.say(f"none.{deed}")
        number = running[0]
        if len(running) > 1:
            number = await chat.choose("which", [Option(one, {"id": one, "en": one}) for one in running], exact=True)
    told = await chat.once("done", lambda tx: _do(tx, account, deed, number))
    await chat.say(told, number=number)


@conversation(
    "announce_cancel",
    words="batal pengumuman, batalkan pengumuman, hentikan pengumuman, cancel announcement",
    role="umumkan",
)
async def cancel(chat: Chat) -> Any:
    """`batal pengumuman`, `batalkan PGM-7K4MA`."""
    return chat.then("announce_control", given=f"cancel {chat.given}")


@conversation("announce_pause", words="jeda pengumuman, pause announcement", role="umumkan")
async def pause(chat: Chat) -> Any:
    """`jeda pengumuman`, `jeda PGM-7K4MA`."""
    return chat.then("announce_control", given=f"pause {chat.given}")


@conversation(
    "announce_resume",
    words="lanjut pengumuman, lanjutkan pengumuman, resume announcement, continue announcement",
    role="umumkan",
)
async def resume(chat: Chat) -> Any:
    """`lanjut pengumuman`, `lanjut PGM-7K4MA`."""
    return chat.then("announce_control", given=f"resume {chat.given}")


async def _running(tx: Tx, account: str, states: tuple[str, ...]) -> list[str]:
    staff = await roles.of(tx, account)
    mine = await announcements.running(tx, staff.code) if staff else []
    return [one.number for one in mine if one.state in states]


async def _do(tx: Tx, account: str, deed: str, number: str) -> str:
    """What to say of it: `early` while nothing of it has gone out, else `midway`, or why it was not done."""
    staff = await roles.of(tx, account)
    found: Announcement | None = await announcements.get(tx, number)
    if staff is None or found is None:
        return "unknown"
    outcome = await DEEDS[deed](tx, number, staff.code)
    if outcome == "done":
        return f"midway.{deed}" if found.started_at is not None else f"early.{deed}"
    return "unknown" if outcome in ("unknown", "not_allowed") else f"already.{deed}"
