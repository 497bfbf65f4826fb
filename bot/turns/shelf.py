"""The talks of one account that are not the current one: set aside, kept as drafts, or just ended in this batch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from bot.engine.talk import Talk
from bot.queued import unsay
from bot.records import announcements, redactions
from bot.schema import talks
from bot.store import Tx
from bot.turns import intake
from bot.turns.intake import Account

_COLUMNS = tuple(
    talks.c[name]
    for name in ("id", "conversation", "answers", "pending", "failed", "given", "started_at", "updated_at")
)


class Shelf:
    """Puts talks away and takes them back; what this batch put away is not in the table yet."""

    def __init__(self, tx: Tx, account: Account) -> None:
        self.tx = tx
        self.account = account

    def put(self, talk: Talk, state: str) -> None:
        """Take a talk off the chat: `aside`, `draft` or `ended`, which keeps no answers.

        Of what was given to it the number of an announcement stays, so that its old buttons show that one.
        """
        if state == "ended":
            talk.answers, talk.pending, talk.given = {}, None, announcements.number_in(talk.given)
        elif talk.pending is not None:
            # Asked anew when it comes back: what is written in between is not meant for it.
            talk.pending.pop("at", None)
            if talk.pending.pop("doubt", None):
                # What was never confirmed is not kept.
                talk.pending.pop("c", None)
        talk.updated = self.tx.now
        self._drop(talk)
        self.account.gone.append((talk, state))
        if self.account.talk is talk:
            self.account.talk = None

    async def take(self, conversation: str) -> Talk | None:
        """The talk of this conversation that is current, set aside or kept as a draft."""
        talk = await self.waiting(conversation)
        if talk is not None and talk is not self.account.talk:
            self._drop(talk)
        return talk

    async def let_go(self, conversation: str) -> None:
        """End whatever waits of this conversation."""
        while (talk := await self.waiting(conversation)) is not None:
            self.put(talk, "ended")

    async def waiting(self, conversation: str) -> Talk | None:
        """The same, left where it is."""
        current = self.account.talk
        if current is not None and current.conversation == conversation:
            return current
        for talk, state in self.account.gone:
            if talk.conversation == conversation and state != "ended":
                return talk
        return await self._fetch(talks.c.conversation == conversation, talks.c.state.in_(("aside", "draft")))

    async def take_aside(self) -> Talk | None:
        """The talk that was set aside last."""
        aside = [talk for talk, state in self.account.gone if state == "aside"]
        talk = aside[-1] if aside else await self._fetch(talks.c.state == "aside")
        if talk is not None:
            self._drop(talk)
        return talk

    async def kept(self, menu: str) -> str:
        """The conversation that was last stopped and can go on; none while anything but the menu is open."""
        if self.account.talk is not None and self.account.talk.conversation != menu:
            return ""
        kept = [talk for talk, state in self.account.gone if state != "ended"]
        talk = kept[-1] if kept else await self._fetch(talks.c.state.in_(("aside", "draft")))
        return talk.conversation if talk is not None else ""

    async def below(self) -> Talk | None:
        """The last talk set aside or kept in which somebody has said how to be called, left where it is."""
        if not self.account.shelved:
            # Asked in most turns: even a query that is only put together and not run would be felt.
            return None
        return await self._fetch(talks.c.state.in_(("aside", "draft")), talks.c.answers.contains('"salutation"'))

    async def find(self, id: str) -> tuple[str, str, str, int] | None:
        """State, conversation, what was given and last change of a talk of this account, by its id."""
        for talk, state in self.account.gone:
            if talk.id == id:
                return state, talk.conversation, talk.given, talk.updated
        query = select(talks.c.state, talks.c.conversation, talks.c.given, talks.c.updated_at)
        row = (await self.tx.execute(query.where(talks.c.id == id, talks.c.account_id == self.account.id))).first()
        return (row.state, row.conversation, row.given, row.updated_at) if row is not None else None

    async def forget(self, talk: Talk) -> None:
        """Leave no trace of a talk, nor of the words that were said in it, here and in the provider's log."""
        self._drop(talk)
        if self.account.talk is talk:
            self.account.talk = None
        await self.tx.execute(delete(talks).where(talks.c.id == talk.id))
        await unsay(self.tx, self.account.id, talk.started)
        await redactions.ask(self.tx, self.account.id)

    def _drop(self, talk: Talk) -> None:
        self.account.gone = [(one, state) for one, state in self.account.gone if one is not talk]

    async def _fetch(self, *conditions: Any) -> Talk | None:
        if not self.account.shelved:
            return None
        gone = [talk.id for talk, _ in self.account.gone]
        query = (
            select(*_COLUMNS)
            .where(talks.c.account_id == self.account.id, talks.c.id.not_in(gone), *conditions)
            .order_by(talks.c.updated_at.desc())
            .limit(1)
        )
        row = (await self.tx.execute(query)).first()
        return intake.talk_of(self.account.id, tuple(row)) if row is not None else None
