"""What waits for a decision in one's own area, the oldest first; pick one, then decide."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, conversation
from bot.records import queue, roles

ACTIONS = {
    "verify": ("verifikasi", "staff_verify"),
    "request": ("lengkapi", "staff_request"),
    "not_yet": ("belum", "staff_not_yet"),
    "view": ("lihat", "staff_view"),
}
"""What can be done with a card: the right it takes, and the conversation that does it."""


@conversation("staff_queue", words="antrean, antrian, queue", role="antrean")
async def waiting(chat: Chat) -> Any:
    """Show five masked cards, open the one that is picked, and go on to what is to be done with it."""
    account = chat.speaker.account
    page = await chat.once("listed", lambda tx: queue.waiting(tx, account))
    if not page["hits"]:
        return await chat.say("empty")
    await chat.say("waiting", n=page["total"])
    for one in await chat.look(lambda tx: queue.cards(tx, account, "antrean", page["hits"])):
        shown = one.shown(chat.now)
        await chat.say("card" if shown["n"] else "card_today", **shown)
    reference = await chat.choose("pick", [_option(one) for one in page["hits"]])
    await chat.once("opened", lambda tx: queue.open(tx, account, "antrean", reference))
    card = await chat.look(lambda tx: queue.find(tx, account, "antrean", reference))
    if card is None or card.status != "submitted":
        return await chat.say("decided", reference=reference)
    can = [action for action, (command, _) in ACTIONS.items() if roles.allowed(chat.speaker.roles, command)]
    action = await chat.choose("action", can, exact=True, **card.shown(chat.now))
    return chat.then(ACTIONS[action][1], given=reference)


def _option(reference: str) -> Option:
    return Option(reference, {"id": reference, "en": reference})
