"""How far one run of a conversation has come, and the moves it allows: take an answer, wait, go back, change one.

Holds the talk (changed in place) and the turn that grows; runs nothing and awaits nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from bot.engine.chat import Ask, Conversation, Speaker
from bot.engine.display import Display, Wording
from bot.engine.talk import Asked, Part, Talk, Turn, digest
from bot.messages import Incoming
from bot.questions.asking import Said, Value

Hears = Callable[[str], str | None]
"""Which word that always works this text is, if any: `back`, `skip`, `cancel`, `help`, `greeting`, `open:status` …"""


class Waits(Exception):
    """The turn is complete: a question waits."""


class Again(Exception):
    """Answers have changed: run from the top."""


class Progress:
    """One run of one talk: what was answered so far, and what this turn says."""

    def __init__(
        self,
        conversation: Conversation,
        talk: Talk,
        speaker: Speaker,
        wording: Wording,
        hears: Hears,
        *,
        now: int,
        today: str = "",
        message: str = "",
        away: bool = False,
        resumed: bool = False,
        full: bool = False,
    ) -> None:
        self.conversation = conversation
        self.talk = talk
        self.speaker = speaker
        self.wording = wording
        self.hears = hears
        self.now = now
        self.today = today
        self.message = message
        """The provider's id of the message that this turn takes."""
        self.away = away
        """The person comes back after a long pause: say where they are before going on."""
        self.resumed = resumed
        """Ask the waiting question again, without what was said before it."""
        self.full = full or away
        """Put the waiting question in full even if it was asked just now: the last time was in another language."""
        self.display = Display(wording, conversation.domain, speaker.language)
        self.turn = Turn()
        self.fresh = not talk.answers and talk.pending is None
        """What is said now is new: the talk begins, or an answer was taken in this turn."""
        self.start()

    def start(self) -> None:
        """Begin at the top."""
        self.stale: list[Part] = []
        """What is not new, but all there is to say where the conversation is over without taking the message."""
        self.order: list[Ask] = []
        """The questions answered so far in this run."""
        self.sealed = 0
        """How many of them lie before the last effect that has happened: they cannot be changed any more."""
        self.step = 0

    def said(self, ask: Ask, text: str, heard: Incoming | None = None) -> Said:
        """What a question gets to read."""
        if heard is None:
            return Said(text, own_phone=self.speaker.phone, shown=self.display.named(ask), today=self.today)
        file = heard.fetched.file if heard.fetched is not None else None
        kept = file.id if file is not None else ""
        return Said(
            text, heard.kind, heard.contact, self.speaker.phone, self.display.named(ask), self.today, kept, heard.place
        )

    def record(self, ask: Ask, value: Value, heard: Incoming | None = None) -> Value:
        """Take an answer: what was said before it is not said any more."""
        talk = self.talk
        talk.answers[ask.name] = self._made(ask, value, heard.message if heard is not None else "")
        talk.in_batch = True
        talk.failed = 0
        if heard is not None and heard.fetched is not None:
            self.turn.took = heard.fetched.file
        words = heard is not None and heard.kind == "text" and ask.question.free
        talk.pending = {"q": "", "last": {"q": ask.name, "t": heard.text}} if words and heard else None
        self.turn.parts.clear()
        self.turn.offers.clear()
        self.turn.place = None
        self.stale.clear()
        self.fresh = True
        if self.away:
            self.turn.say("resume")
        self.order.append(ask)
        return value

    def _made(self, ask: Ask, value: Value, message: str) -> dict[str, Any]:
        """An answer as it is kept (talk.Talk)."""
        record: dict[str, Any] = {"v": value}
        if ask.about is not None:
            record["a"] = digest(ask.about)
        if message:
            record["m"] = message
        if getattr(ask.question, "exact", False):
            record["h"] = self.wording.digest(self.speaker.language, self.conversation.domain, ask.name)
            record["l"] = self.speaker.language
        return record

    def pending(self, ask: Ask) -> dict[str, Any]:
        """What is kept of the question that waits."""
        before = self.talk.pending or {}
        pending: dict[str, Any] = {"q": ask.name, "at": self.now}
        if before.get("q") == ask.name:
            kept = ("at", "was", "c", "doubt", "said", "ticked", "m")
            pending.update({key: before[key] for key in kept if key in before})
        elif before.get("last"):
            pending["last"] = before["last"]
        return pending

    def wait(self, ask: Ask, *, keep: bool = False, **more: Any) -> NoReturn:
        """End the turn with this question. `keep`: candidates that were shown for it stay."""
        again = (self.talk.pending or {}).get("q") == ask.name and not self.full
        pending = self.pending(ask) | more
        if more.keys() & {"c", "offer"}:
            # Another question for as long as it is open: a "2" written before was not meant for these.
            pending["at"] = self.now
        if not keep:
            pending.pop("c", None)
        if "c" not in pending or ("c" in more and "doubt" not in more):
            pending.pop("doubt", None)
        self.talk.pending = pending
        if self.resumed:
            self.turn.parts.clear()
        candidates = pending.get("c")
        self.turn.asked = Asked(
            ask.name,
            ask.values,
            self.display.candidates(candidates) if candidates else self.display.options(ask),
            tuple(pending.get("ticked", ())),
            many=bool(getattr(ask.question, "many", False)) and not candidates,
            optional=ask.optional,
            can_go_back=len(self.order) > self.sealed or "was" in pending,
            step=self.step,
            steps=len(self.conversation.steps) if self.step else 0,
            card=self.display.card(self.lines(), self.talk.answers) if ask.kind == "review" else None,
            takes_contact="contact" in ask.question.accepts,
            again=again,
            instead=Part((pending["doubt"][0],), pending["doubt"][1]) if "doubt" in pending else None,
        )
        raise Waits

    def lines(self) -> list[Ask]:
        """The answers that stand on the review card, in order."""
        return [ask for ask in self.order if self.display.has_line(ask)]

    def back(self, ask: Ask) -> NoReturn:
        """Forget the last answer; or where one was being changed, put the old one back."""
        pending = self.talk.pending or {}
        was = pending.get("was")
        if was is None and "doubt" in pending:
            # Back from whether it is right to the question itself.
            self.wait(ask)
        if was is not None:
            self.talk.answers[ask.name] = was
        elif len(self.order) > self.sealed:
            self._forget(self.order[-1])
        else:
            self.turn.say("cannot_go_back")
            self.wait(ask)
        self.talk.pending = None
        raise Again

    def _forget(self, ask: Ask) -> dict[str, Any]:
        """Take an answer out; what came with the command and was that answer is not to give it again."""
        was = self.talk.answers.pop(ask.name)
        if was.get("g"):
            self.talk.given = ""
        return was

    def change(self, waiting: Ask, ask: Ask, value: Value = None, message: str = "") -> NoReturn:
        """Forget one answer, or put another in its place, with the reviews that showed it; then run again."""
        if self.order.index(ask) < self.sealed:
            self.turn.say("already_done")
            self.wait(waiting)
        was = self._forget(ask)
        for one in self.order:
            if one.kind == "review":
                self.talk.answers.pop(one.name, None)
        if value is None:
            self.talk.pending = {"q": ask.name, "was": was}
        else:
            self.talk.answers[ask.name] = self._made(ask, value, message)
            self.talk.pending = None
        raise Again
