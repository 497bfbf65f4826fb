"""Looking somebody up: masked cards by reference, name or telephone, and one whole card with a purpose."""

from __future__ import annotations

from bot.author import Chat, Reference, Text, conversation
from bot.records import queue

PURPOSES = ("verify", "contact", "correct", "other")


@conversation("staff_check", words="cek, check", role="cek")
async def check(chat: Chat) -> None:
    """Find people of one's own area; at most five masked cards, each look recorded."""
    account = chat.speaker.account
    who = await chat.ask("who", Text(max=80), given=chat.given)
    found = await chat.once("looked_up", lambda tx: queue.search(tx, account, who))
    cards = await chat.look(lambda tx: queue.cards(tx, account, "cek", found["hits"]))
    if not cards:
        return await chat.say("nobody")
    for card in cards:
        await chat.say(f"card.{card.status}", **card.shown(chat.now))
    await chat.say("narrow" if found["more"] else "next")


@conversation("staff_view", words="lihat, view", role="lihat")
async def view(chat: Chat) -> None:
    """Show one whole card, for a purpose that is recorded."""
    account = chat.speaker.account
    first, rest = queue.split(chat.given)
    if chat.given and not first:
        await chat.say("rejected.reference")
    reference = await chat.ask("reference", Reference(), given=first)
    if await chat.look(lambda tx: queue.find(tx, account, "lihat", reference)) is None:
        return await chat.say("unknown", reference=reference)
    purpose = await chat.choose("purpose", PURPOSES, given=rest, reference=reference)
    await chat.once("opened", lambda tx: queue.open(tx, account, "lihat", reference, purpose))
    card = await chat.look(lambda tx: queue.find(tx, account, "lihat", reference))
    if card is None:
        return await chat.say("unknown", reference=reference)
    await chat.say("whole", **card.whole(chat.now))
    await chat.say(f"status.{card.status}", reference=reference)
