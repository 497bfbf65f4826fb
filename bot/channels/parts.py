"""A message that is sent in several parts: one after the other, and none that has arrived a second time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot import markup
from bot.channels import Halfway
from bot.messages import Outgoing, Receipt


def captioned(text: str, caption: int, limit: int, length: Callable[[str], int]) -> list[str]:
    """The parts of a message with a file: the first is written under it; empty where the text is too long for that.

    `caption`: how much may stand there; `limit`: how much in each of the messages after it.
    """
    return [text] if length(text) <= caption else ["", *markup.split(text, limit, length)]


def pinned(message: Outgoing) -> list[str]:
    """The part behind the text that shows a place on a map, named by its label; none where there is no place."""
    return [message.pin.label] if message.pin is not None else []


MISSING = "-"
"""Stands in the place of the id of a part that did not arrive, where later ones have."""


async def in_order(parts: Sequence[str], arrived: Sequence[str], send: Callable[[int], Awaitable[str]]) -> Receipt:
    """Send what has not arrived: `send` takes a part's place in `parts` and gives its id.

    `arrived`: the ids of the first parts, MISSING for one that is to be sent again. Raises what `send` does; Halfway
    once this has brought something further.
    """
    ids = [*arrived]
    for number in range(len(parts)):
        if number < len(ids) and ids[number] != MISSING:
            continue
        try:
            sent = await send(number)
        except Exception as fault:
            if ids == [*arrived]:
                raise
            raise Halfway(tuple(ids), fault) from fault
        ids[number : number + 1] = [sent]
    return Receipt(tuple(ids))
