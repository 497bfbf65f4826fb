"""The conversations that the bot has: every `Conversation` that stands in a file of the folder conversations/."""

from __future__ import annotations

import importlib
import pkgutil

from bot.engine.chat import Conversation

FOLDER = "conversations"


class TwoOfAName(ValueError):
    """Two conversations have the same name; talks are found by it, so it must be theirs alone."""


def load(folder: str = FOLDER) -> list[Conversation]:
    """The conversations of a package of files, each once, in the order of the files' names; raises TwoOfAName."""
    package = importlib.import_module(folder)
    found: dict[str, Conversation] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        for value in vars(importlib.import_module(f"{folder}.{name}")).values():
            if isinstance(value, Conversation) and found.setdefault(value.name, value) is not value:
                raise TwoOfAName(f"{folder}/{name}.py: another conversation is called {value.name!r} already")
    return list(found.values())
