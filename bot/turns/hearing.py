"""Which word that always works a text is: the global words, and the words that open conversations.

`hear` answers with `back`, `skip`, `cancel`, `later`, `help`, `menu`, `greeting`, `stop`, `resume`, `leave`,
`next`, `thanks`, `language`, `language:en`, `restart`, `source:<code>` or `open:<conversation> <what stood behind it>`;
else None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot import words
from bot.engine.chat import Conversation
from bot.records import announcements, certificates, invitations, memberships
from bot.records import roles as rights

Roles = Sequence[tuple[str, str]]


class Ears:
    """Knows the words of all conversations; staff's words are heard only from who has the right."""

    def __init__(self, conversations: Iterable[Conversation]) -> None:
        self._opens: dict[str, tuple[Conversation, ...]] = {}
        # What needs a right comes first: whoever has it means that.
        for conversation in sorted(conversations, key=lambda one: not one.role):
            for word in conversation.words:
                folded = words.fold(word)
                self._opens[folded] = (*self._opens.get(folded, ()), conversation)
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
            if SOURCE.fullmatch(code) is None or words.id_number(code):
                return "menu"
            return f"open:{CARD} {code}" if memberships.read_card(code) else f"source:{code}"
        if memberships.read_card(text):
            return f"open:{CARD} {memberships.read_card(text)}"
        if (brought := _behind_a_greeting(text)) is not None:
            return f"open:{CARD} {brought}" if memberships.read_card(brought) else f"source:{brought}"
        if NUMBERED.search(text) and (told := _told_of(text, roles)) is not None:
            return told
        if CERTIFIED.search(text) and len(text.split()) <= BESIDE and (code := certificates.code_in(text)):
            return f"open:{CERTIFICATE} {code}"
        if not slash and words.distress(text):
            return f"open:{EMERGENCY}"
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
            if core in self._opens:
                conversation = self._whose(core, roles)
                return f"open:{conversation.name}" if conversation is not None else None
        if (one := self._about_one(text, roles)) is not None:
            return f"open:{one.name} {announcements.number_in(text)}"
        parts = text.removeprefix("/").split()
        for count in range(min(self._longest, len(parts) - 1), 0, -1):
            conversation = self._whose(words.fold(" ".join(parts[:count])), roles)
            if conversation is None:
                continue
            rest = parts[count:]
            if conversation.takes is not None:
                if (said := _behind(text, count)) and conversation.takes(said):
                    return f"open:{conversation.name} {said}"
                if not slash:
                    continue
            # Where sentences are weighed a figure is no code: "jam 10" answers a question.
            coded = conversation.takes is None and _is_code(rest)
            if slash or conversation.role or (count > 1 and len(rest) <= FEW) or coded:
                return f"open:{conversation.name} {' '.join(rest)}"
        return None

    def _whose(self, word: str, roles: Roles) -> Conversation | None:
        """The conversation that a word opens for somebody with these roles."""
        return next((one for one in self._opens.get(word, ()) if may_open(one, roles)), None)

    def _about_one(self, text: str, roles: Roles) -> Conversation | None:
        """What words before the number of an announcement open: "batalkan PGM-7K4MA" is "batalkan pengumuman"."""
        at = text.upper().find(announcements.PREFIX)
        if at <= 0 or not announcements.number_in(text):
            return None
        before = words.fold(text[:at].removeprefix("/")).split()
        opened = (
            self._whose(f"{core} {words.fold(noun)}", roles) for core in words.cores(before) for noun in ANNOUNCEMENT
        )
        return next((one for one in opened if one is not None), None)


ANNOUNCEMENT = ("pengumuman", "announcement")

JOIN = "staff_join"
"""The conversation that takes an invitation: the code of a deep link, or the words of its catalogue."""

CARD = "member_card"
"""The conversation that takes the code of a member's card, scanned or typed."""

CERTIFICATE = "certificate"
"""The conversation that checks the code of a certificate."""

EMERGENCY = "emergency"
"""The conversation for somebody in danger, whatever else was being talked about."""

CERTIFIED = re.compile(r"(?<![a-z])pia(?![a-z])", re.IGNORECASE)
"""Whether the code of a certificate may stand in a text."""

BESIDE = 6
"""Words that the code of a certificate and those around it may be: "tolong cek piagam pia 7k4m9 c"."""

SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""The code of a poster or a card whose link was opened, such as `poe-larantuka`."""

GREETED = re.compile(r"\s*(\S[^()]{0,59}?)\s*\(([a-z][a-z0-9_-]{0,63})\)\s*")
"""The same code as a link to WhatsApp writes it for the person to send: "Halo (poe-larantuka)"."""

FEW = 3
"""Words that may stand behind an opening of two: more of them are a sentence."""

PLAIN_MENU = frozenset({"menu", "start"})
"""Asking for the menu itself; every other greeting means: are you there?"""


REPORT, CHECK, CANCEL = "announcements", "check_announcement", "announce_cancel"
"""Conversations about one announcement: the second for anybody, the others for staff."""

NUMBERED = re.compile("pgm", re.IGNORECASE)
"""Whether a number of an announcement may stand in a text."""


def may_open(conversation: Conversation, roles: Roles) -> bool:
    """Whether somebody with these roles may be in a conversation."""
    return not conversation.role or any(rights.may(role, conversation.role) for role, _ in roles)


def _told_of(text: str, roles: Roles) -> str | None:
    """Who wants to know of the announcement whose number stands there; None where the words around it mean nothing."""
    number, rest = announcements.split(text)
    if number and words.intent(rest) == "stop":
        # Of their own announcement if it can be; for everybody else a stop is a stop, whatever stands beside it.
        return f"open:{CANCEL} {number}" if any(rights.may(role, "umumkan") for role, _ in roles) else "stop"
    meant = words.of_announcement(rest.removeprefix("/")) if number else None
    if meant is None:
        return None
    staff = meant == "report" and any(rights.may(role, "pengumuman") for role, _ in roles)
    return f"open:{REPORT if staff else CHECK} {number}"


def _behind_a_greeting(text: str) -> str | None:
    """The code of a link that writes a greeting; whatever else stands in brackets is none."""
    found = GREETED.fullmatch(text) if ")" in text else None
    if found is None or not _is_code([found[2]]) or words.id_number(found[2]):
        return None
    greeting = found[1]
    hello = words.intent(greeting) == "menu" or words.intent(greeting.split()[0]) == "menu"
    return found[2] if hello else None


def _behind(text: str, count: int) -> str:
    """What stands behind the first words, with its lines."""
    return text.split(maxsplit=count)[count].strip()


def _is_code(rest: Sequence[str]) -> bool:
    """One word that nobody writes in a sentence: it has a digit or a dash."""
    return len(rest) == 1 and any(letter.isdigit() or letter in "-_" for letter in rest[0])
