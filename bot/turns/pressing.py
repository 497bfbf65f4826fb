"""Where a button leads that is not of the current talk: it may be of an announcement, of the menu, of a talk long over.

Decides only; visit.py goes there.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.turns.composing import OPENS
from bot.turns.intake import Account
from bot.turns.scene import MENU, Scene
from bot.turns.shelf import Shelf

JUST_NOW_MS = 60_000
"""A press on a button of a talk that ended so recently is a second tap."""


@dataclass(frozen=True, slots=True)
class Led:
    """Where a press leads; to nothing, where nobody knows the button any more."""

    opens: tuple[str, str] | None = None
    """A conversation, and what is given to it."""
    menu: str | None = None
    """What was pressed in the menu: it remembers nothing, so its old buttons work for ever."""
    note: str = ""
    silent: bool = False
    """The note is all there is to say."""


async def stray(scene: Scene, shelf: Shelf, account: Account, token: str, now: int) -> Led:
    """What this account meant by a button whose token is of another talk."""
    id, name, value = (*token.split("|", 2), "", "")[:3]
    if id == OPENS:
        return Led(opens=scene.opened(account, name, value))
    if name == MENU and MENU in scene.conversations:
        return Led(menu=value)
    found = await shelf.find(id)
    if found is None:
        return Led()
    state, conversation, given, updated = found
    if state != "ended":
        return Led(opens=(conversation, ""))
    just_now = now - updated <= JUST_NOW_MS
    if given and not just_now:
        # Of an announcement: shown as it is now, it says better than we could what has become of it.
        return Led(opens=scene.opened(account, conversation, given))
    return Led(note="already_noted", silent=just_now)
