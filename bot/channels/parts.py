"""A message that is sent in several parts: one after the other, and none that has arrived a second time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot import markup
from bot.channels import Halfway
from bot.messages import Receipt


def captioned(text: str, caption: int, limit: int, length: Callable[[str], int]) -> list[str]:
    """The parts of a message with a file: the first is written under it; empty where the text is too long for that.

    `caption`: how much may stand there; `limit`: how much in each of the messages after it.
    """
    return [text] if length(text) <= caption else ["", *markup.split(text, limit, length)]


async def in_order(parts: Sequence[str], arrived: Sequence[str], send: Callable[[int], Awaitable[str]]) -> Receipt:
    """Send what has not arrived: `send` takes a part's place in `parts` and gives its id.

    Raises what `send` does; Halfway once this has brought something further.
    """
    ids = [*arrived]
    for number in range(len(ids), len(parts)):
        try:
            ids.append(await send(number))
        except Exception as fault:
            if len(ids) == len(arrived):
                raise
            raise Halfway(tuple(ids), fault) from fault
    return Receipt(tuple(ids))
