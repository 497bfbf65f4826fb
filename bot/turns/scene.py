"""What every visit finds: the conversations, the words that open them, how things are put, and where people are.

Data and questions about it; a message's way through it is visit.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.engine.chat import Conversation, Speaker
from bot.engine.talk import Talk
from bot.turns.composing import Composer
from bot.turns.hearing import Ears, may_open
from bot.turns.intake import Account

MENU = "menu"
CONSENT_AGAIN = "consent_again"
AFTER_CONSENT = frozenset({"menu", "status", "enrol"})
"""What waits until somebody has been asked again about a consent whose text has changed; nothing else does."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What every visit needs to know: the conversations, the words that open them, and how things are put."""

    conversations: Mapping[str, Conversation]
    ears: Ears
    composer: Composer
    zone: Callable[[str], str]
    """The time zone of a district."""

    def keeps(self, talk: Talk) -> bool:
        """Whether a talk is set aside and resumed rather than dropped."""
        conversation = self.conversations.get(talk.conversation)
        return conversation is not None and conversation.keeps

    def speaker(self, account: Account) -> Speaker:
        """What a conversation may know of who is in the chat."""
        return Speaker(
            account.id,
            account.channel,
            account.external_id,
            account.language,
            account.phone,
            account.person,
            account.salutation,
            account.nickname,
            self.zone(account.district),
            account.roles,
        )

    def admits(self, account: Account, name: str) -> bool:
        """Whether there is such a conversation and this account may be in it: a role may end in the middle of one."""
        conversation = self.conversations.get(name)
        return conversation is not None and may_open(conversation, account.roles)

    def opened(self, account: Account, name: str, given: str) -> tuple[str, str]:
        """What a button that opens a conversation leads this account to: the menu, where it may not be in that one."""
        wanted = self.conversations.get(name)
        able = wanted is not None and (wanted.role or wanted.words) and may_open(wanted, account.roles)
        return (name, given) if able else (MENU, "")

    def asks_first(self, account: Account, name: str, below: Talk | None, now: int) -> bool:
        """Whether a consent whose text has changed is asked about before `name`; never in the middle of something."""
        if account.consent_due is None or account.consent_due > now or name not in AFTER_CONSENT:
            return False
        return CONSENT_AGAIN in self.conversations and (below is None or not self.keeps(below))
