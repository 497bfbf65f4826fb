"""Turns of a batch: what each message of an account leads to, and what we begin ourselves, as rows to store.

A single message's way is visit.py's part; the batch and its transaction are inbox.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.engine.chat import Conversation
from bot.messages import Incoming, Lane
from bot.store import Tx
from bot.turns import intake
from bot.turns.composing import COMMON, Composer
from bot.turns.hearing import Ears
from bot.turns.intake import Account, Rows
from bot.turns.scene import Scene
from bot.turns.visit import Visit

NUDGE_MS = 20 * 3_600_000
"""A question that waits this long is asked about once: inside WhatsApp's free day."""


class Turns:
    """Turns messages into talks' next states and messages to send."""

    def __init__(
        self,
        conversations: Iterable[Conversation],
        composer: Composer,
        *,
        default_language: str,
        zone: Callable[[str], str],
        calm: Callable[[int, str], int],
    ) -> None:
        """`zone`: the time zone of a district; `calm`: the last moment at or before one that is not in quiet hours."""
        by_name = {one.name: one for one in conversations}
        self.scene = Scene(by_name, Ears(by_name.values()), composer, zone)
        self.texts = composer.texts
        self.default_language = default_language
        self.calm = calm

    def first_language(self, tag: str) -> str:
        """The language to begin in: the app's, where we have it, else the default."""
        code = tag.partition("-")[0].lower()
        return code if code in self.texts.languages else self.default_language

    async def message(
        self,
        tx: Tx,
        account: Account,
        message: Incoming,
        rows: Rows,
        presses: list[tuple[str, str, str]],
        *,
        flooded: bool = False,
    ) -> None:
        """Take one message of this account to its end: the answer is queued in `rows`."""
        one = Visit(self.scene, tx, account, message, rows)
        await one.run(flooded)
        if message.callback:
            note = self.texts.say(account.language, COMMON, one.note, {}) if one.note else ""
            presses.append((message.channel, message.callback, note))

    async def begin(
        self, tx: Tx, account: Account, conversation: str, given: str, rows: Rows, lane: Lane = "notice"
    ) -> None:
        """Begin a conversation with somebody who did not ask for it now; `reply`: who waits for it."""
        one = Visit(self.scene, tx, account, None, rows)
        await one.open(conversation, given)
        one.queue(lane)

    async def nudge(self, tx: Tx, account: Account, rows: Rows) -> None:
        """Remind somebody once of the question that waits."""
        one = Visit(self.scene, tx, account, None, rows)
        await one.repeat("nudge")
        one.queue("notice")

    def sorry(self, tx: Tx, account: Account, rows: Rows) -> None:
        """Say that our side could not handle a message; the talk stays where it is."""
        one = Visit(self.scene, tx, account, None, rows)
        one.say("sorry")
        one.queue()

    def store(self, account: Account, rows: Rows, now: int) -> None:
        """Put the talks of an account into `rows`, as they stand after the batch."""
        for past, state in account.gone:
            rows.talks.append(intake.talk_row(past, state, None, now))
        account.gone.clear()
        talk = account.talk
        if talk is not None and talk.updated == now:
            nudge = (
                self.calm(now + NUDGE_MS, account.district) if self.scene.keeps(talk) and not account.quiet else None
            )
            rows.talks.append(intake.talk_row(talk, "current", nudge, now))
