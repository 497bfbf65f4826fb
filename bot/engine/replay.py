"""The engine: runs a conversation from the top over its recorded answers, and takes a message to the pending question.

Pure: effects and queries are awaited as they are handed over, nothing else is. Never awaits anything foreign: a
conversation that does (a sleep, a request) fails at once and loudly. How a message is understood is taking.py's part;
putting the turn into words and rows is the inbox's.
"""

from __future__ import annotations

import re
from typing import Any

from bot.engine.chat import REQUIRED, Ask, Chat, Forget, Look, Offer, Once, Place, Say, Then, Write
from bot.engine.progress import Again, Progress, Waits
from bot.engine.taking import take
from bot.engine.talk import Part, Turn, digest
from bot.messages import Incoming
from bot.questions.asking import Candidates, Rejected, Value

_ESCAPED = re.compile(r"\\(.)")
"""What takes the meaning from a character in markup, which a text that is kept has none of."""


class ForeignAwait(TypeError):
    """A conversation awaits only its chat. Put the network into the outbox and the database into `chat.once`."""


class AskedTwice(ValueError):
    """One replay asks for the same name twice. Give each item of a list a name of its own."""


async def replay(progress: Progress, tx: Any, heard: Incoming | None = None) -> Turn:
    """Run the conversation over its answers, take the message, and go on to the next question or the end."""
    run = _Run(progress, heard)
    while True:
        talk = progress.talk
        chat = Chat(progress.speaker, talk.answers, now=progress.now, talk=talk.id, given=talk.given, proofs=run.proof)
        script: Any = progress.conversation.script(chat)
        try:
            return await run.drive(script, tx)
        except Waits:
            return progress.turn
        except Again:
            progress.start()
            run.names.clear()
        finally:
            script.close()


class _Run:
    """The coroutine's other half: carries out what it hands over."""

    def __init__(self, progress: Progress, heard: Incoming | None) -> None:
        self.progress = progress
        self.talk = progress.talk
        self.turn = progress.turn
        self.heard = heard
        self.names: set[str] = set()

    async def drive(self, script: Any, tx: Any) -> Turn:
        reply: Any = None
        while True:
            try:
                operation = script.send(reply)
            except StopIteration as end:
                return self._end(end.value)
            reply = None
            match operation:
                case Ask():
                    reply = self._ask(operation)
                case Say():
                    said = self.turn.parts if self.progress.fresh else self.progress.stale
                    said.append(Part((operation.key,), operation.values))
                case Offer():
                    if self.progress.fresh:
                        self.turn.offers.append(operation)
                case Place():
                    if self.progress.fresh:
                        self.turn.place = operation
                case Once():
                    reply = await self._once(operation, tx)
                case Look():
                    reply = await operation.query(tx)
                case Write():
                    reply = self._written(operation)
                case Forget():
                    self.turn.forget = True
                case _:
                    name = self.progress.conversation.name
                    raise ForeignAwait(f"conversation {name!r} awaited {operation!r}; it awaits only its chat")

    def _end(self, result: Any) -> Turn:
        if self.heard is not None:
            self.turn.diverged = (self.talk.pending or {}).get("q", "")
        if not self.turn.parts:
            self.turn.parts.extend(self.progress.stale)
        self.talk.pending = None
        self.turn.then = result if isinstance(result, Then) else None
        return self.turn

    def _written(self, write: Write) -> str:
        domain = self.progress.conversation.domain
        text = self.progress.wording.say(write.language, domain, write.key, write.values)
        return _ESCAPED.sub(r"\1", text)

    async def _once(self, once: Once, tx: Any) -> Value:
        self._name(once.name)
        record = self.talk.answers.get(once.name)
        if record is None:
            record = self.talk.answers[once.name] = {"v": await once.effect(tx), "once": True}
        self.progress.sealed = len(self.progress.order)
        return record["v"]

    def _name(self, name: str) -> None:
        if name in self.names:
            raise AskedTwice(
                f"conversation {self.progress.conversation.name!r} uses the name {name!r} twice in one run"
            )
        self.names.add(name)

    def _ask(self, ask: Ask) -> Value:
        """The answer, from the record or from this message; or the turn ends here."""
        self._name(ask.name)
        progress = self.progress
        if ask.name in progress.conversation.steps:
            progress.step = progress.conversation.steps.index(ask.name) + 1
        record = self.talk.answers.get(ask.name)
        if record is not None and ask.about is not None and record.get("a") != digest(ask.about):
            del self.talk.answers[ask.name]
            record = None
        if record is not None:
            progress.order.append(ask)
            return record["v"]
        if ask.default is not REQUIRED and self._is_past():
            return ask.default
        if ask.given:
            value = ask.question.read(progress.said(ask, ask.given))
            if not isinstance(value, Rejected | Candidates):
                progress.record(ask, value)
                self.talk.answers[ask.name]["g"] = True
                return value
        heard, self.heard = self.heard, None
        if heard is None:
            progress.wait(ask)
        waiting = (self.talk.pending or {}).get("q")
        if waiting != ask.name:
            self.turn.diverged = waiting or ""
            self.turn.say("new_question")
            progress.wait(ask)
        return take(progress, ask, heard)

    def _is_past(self) -> bool:
        """An effect further down has happened already: what is asked here was added by a release."""
        return any(record.get("once") and name not in self.names for name, record in self.talk.answers.items())

    def proof(self, name: str) -> dict[str, Any]:
        record = self.talk.answers.get(name, {})
        return {
            "channel": self.progress.speaker.channel,
            "message": record.get("m") or self.progress.message,
            "language": record.get("l", self.progress.speaker.language),
            "hash": record.get("h", ""),
        }
