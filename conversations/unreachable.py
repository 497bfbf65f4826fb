"""Whom no message reaches any more, in one's own area, village by village: to be called or visited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from bot.author import Chat, Joined, Part, conversation, formats
from bot.records import roles
from bot.records import unreachable as records
from bot.records.call_lists import RIGHT
from bot.records.unreachable import Entry

AFTER = "+"
"""Begins the id of the person behind whom the list goes on; nobody types it."""
WORDS = "takterhubung, tak terhubung, tidak terhubung, unreachable, not reachable"


@conversation("unreachable", words=WORDS, role=records.COMMAND)
async def unreachable(chat: Chat) -> Any:
    """Show five masked people, open their numbers where that is allowed, and go on to the next five."""
    account = chat.speaker.account
    after = chat.given.removeprefix(AFTER) if chat.given.startswith(AFTER) else ""
    page = await chat.once("listed", lambda tx: records.listed(tx, account, after))
    people = await chat.look(lambda tx: records.entries(tx, account, page["ids"]))
    if not people:
        return await chat.say("no_more" if after else "nobody")
    if not after:
        await chat.say("total", n=page["total"])
    await _villages(chat, people, lambda one: _line(chat, one))
    can = ["numbers"] if roles.allowed(chat.speaker.roles, RIGHT) else []
    can += ["next", "enough"] if page["more"] else ["enough"]
    what = await chat.choose("what", can)
    if what == "numbers":
        await chat.once("opened", lambda tx: records.opened(tx, account, page["ids"]))
        called = await chat.look(lambda tx: records.entries(tx, account, page["ids"], RIGHT))
        await _villages(chat, called, _call)
        await chat.say("care")
        if not page["more"]:
            return None
        what = await chat.choose("onward", ["next", "enough"])
    return chat.then("unreachable", AFTER + page["ids"][-1]) if what == "next" else await chat.say("fine")


async def _villages(chat: Chat, people: Sequence[Entry], line: Callable[[Entry], Part]) -> None:
    for (village, kecamatan), entries in groupby(people, lambda one: (one.village, one.kecamatan)):
        lines = Joined(tuple(line(one) for one in entries), "\n")
        await chat.say("village", village=village or "–", kecamatan=kecamatan or "–", lines=lines)


def _line(chat: Chat, one: Entry) -> Part:
    if not one.since:
        return Part((f"entry.{one.why}",), {"who": one.masked})
    day = formats.short_date(date.fromisoformat(one.since), "UTC", chat.speaker.language)
    return Part((f"entry_since.{one.why}",), {"who": one.masked, "day": day})


def _call(one: Entry) -> Part:
    return Part(("call",), {"name": one.called, "phone": one.phone or "–"})
