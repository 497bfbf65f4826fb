"""Which word that always works a text is: the global words, and the words that open conversations.

`hear` answers with `back`, `skip`, `cancel`, `help`, `menu`, `greeting`, `stop`, `resume`, `leave`, `next`, `thanks`,
`language`, `language:en`, `restart`, `source:<code>` or `open:<conversation> <what stood behind it>`; else None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot import words
from bot.chat import Conversation
from bot.records import invitations
from bot.records import roles as rights

Roles = Sequence[tuple[str, str]]


class Ears:
    """Knows the words of all conversations; staff's words are heard only from who has the right."""

    def __init__(self, conversations: Iterable[Conversation]) -> None:
        self._opens: dict[str, Conversation] = {}
        for conversation in conversations:
            for word in conversation.words:
                self._opens[words.fold(word)] = conversation
        self._spoken = frozenset(part for word in self._opens for part in word.split())
        self._longest = max((len(word.split()) for word in self._opens), default=1)

    def hear(self, text: str, roles: Roles = ()) -> str | None:
        """The word that this text is, for somebody with these roles."""
        if not text or len(text) > 300:
            return None
        slash = text.startswith("/")
        if slash and text[1:6].lower() == "start":
            code = text[6:].strip()
            if invitations.is_token(code):
                return f"open:{JOIN} {code}"
            return f"source:{code}" if SOURCE.fullmatch(code) else "menu"
        if (opened := self._opened(text, slash, roles)) is not None:
            return opened
        if words.restart(text):
            return "restart"
        word = words.intent(text)
        if word == "menu" and words.fold(text) not in PLAIN_MENU:
            return "greeting"
        return word

    def _opened(self, text: str, slash: bool, roles: Roles) -> str | None:
        folded = words.fold(text.removeprefix("/").replace("_", " ") if slash else text)
        spoken = folded.split()
        if self._spoken.isdisjoint(spoken):
            return None
        for core in words.cores(spoken):
            if (conversation := self._opens.get(core)) is not None:
                return f"open:{conversation.name}" if _may(conversation, roles) else None
        parts = text.removeprefix("/").split()
        for count in range(min(self._longest, len(parts) - 1), 0, -1):
            conversation = self._opens.get(words.fold(" ".join(parts[:count])))
            if conversation is None or not _may(conversation, roles):
                continue
            rest = parts[count:]
            if slash or conversation.role or (count > 1 and len(rest) <= FEW) or _is_code(rest):
                return f"open:{conversation.name} {' '.join(rest)}"
        return None


JOIN = "staff_join"
"""The conversation that takes an invitation: the code of a deep link, or the words of its catalogue."""

SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""The code of a poster or a card whose link was opened, such as `poe-larantuka`."""

FEW = 3
"""Words that may stand behind an opening of two: more of them are a sentence."""

PLAIN_MENU = frozenset({"menu", "start"})
"""Asking for the menu itself; every other greeting means: are you there?"""


def _may(conversation: Conversation, roles: Roles) -> bool:
    return not conversation.role or any(rights.may(role, conversation.role) for role, _ in roles)


def _is_code(rest: Sequence[str]) -> bool:
    """One word that nobody writes in a sentence: it has a digit or a dash."""
    return len(rest) == 1 and any(letter.isdigit() or letter in "-_" for letter in rest[0])
