"""How one message is understood by the question that waits: as its answer, as a word that always works, as a change.

In this order: a button by what it carries; an open offer or candidates; `ubah 3`, `ubah desa`; the question's own
options; the words that always work; a question about the question; the question's reading of it; for one that may be
skipped a "tidak tahu". Where any words may be an answer that is kept, one word that opens something ("jam", "kartu") is
asked back; a choice that keeps nothing is left for what is clearly asked instead. Knows no channel and stores nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from bot import words
from bot.engine import either, lines
from bot.engine.chat import Ask
from bot.engine.either import OPEN, THIS, WORD
from bot.engine.progress import Progress, Waits
from bot.engine.talk import BACK, DONE, SKIP
from bot.files import MOST_BYTES
from bot.messages import Attached, Incoming
from bot.questions import asides
from bot.questions.asking import CHANGE, Candidates, Doubt, Rejected, Value
from bot.questions.rupiah import Sum, pretty


def take(progress: Progress, ask: Ask, heard: Incoming) -> Value:
    """The answer that this message gives; or the turn ends with what it led to instead."""
    taking = _Taking(progress, ask)
    if heard.token:
        return taking.press(heard)
    if heard.kind == "edited":
        heard = taking.edited(heard)
    if heard.late and taking.precedes(heard):
        taking.overtaken(heard)
    if heard.kind not in ask.question.accepts:
        # Where a photo is awaited, "please answer in words" would lead astray.
        awaits = getattr(ask.question, "wants", ())
        taking.reject(Rejected("file_type") if awaits else Rejected(f"kind_{heard.kind}"), heard)
    if heard.media is not None:
        taking.attached(heard, heard.media)
    return taking.text(heard) if heard.kind == "text" else taking.read(heard)


EARLIER_MS = 5_000
"""What was written so long before a question was not meant for it; less may be the clocks, or one of two pieces."""

SHORT = 100
"""Characters of what may still be an excuse, and no answer of several sentences."""
OF_A_QUESTION = ("back", "skip", "next", "again", "greeting", "thanks", "restart")
"""Words that mean the question they were written to, or would undo what came after it."""


class _Taking:
    """One message at one question."""

    def __init__(self, progress: Progress, ask: Ask) -> None:
        self.progress = progress
        self.ask = ask
        self.turn = progress.turn
        self.pending = progress.talk.pending or {}

    def wait(self, *keys: str) -> NoReturn:
        """Say one thing, where one is named, and ask again."""
        if keys:
            self.turn.say(*keys)
        self.progress.wait(self.ask)

    def text(self, heard: Incoming) -> Value:
        """Words: an answer, or one of the things that words can always do."""
        text = heard.text
        if words.id_number(text):
            self.wait("id_number_not_needed")
        self._joined(heard)
        known = self._candidate(heard)
        if known is not None:
            return self.progress.record(self.ask, known, heard)
        outranks = getattr(self.ask.question, "outranks", None)
        if outranks is not None and not text.startswith("/") and outranks(text):
            if self.progress.away and len(text) <= SHORT and "\n" not in text.strip():
                self._after_a_while(heard)
            return self.read(heard)
        lines.change(self.progress, self.ask, text)
        word = self.progress.hears(text)
        if word is not None:
            own = None if text.startswith("/") else self._exactly(text)
            if own is None and not text.startswith("/") and either.weigh(self.progress, self.ask, heard, word):
                return self.read(heard)
            if own is not None or (word in ("skip", "later") and self.ask.optional):
                return self.progress.record(self.ask, own, heard)
            self._obey(word)
        self._for_another(text)
        self._explains(text)
        if self.progress.away and self.ask.question.free:
            self._after_a_while(heard)
        return self.read(heard)

    def attached(self, heard: Incoming, media: Attached) -> None:
        """A file is looked at before it is an answer: the turn ends until it is here, or with why it will not do."""
        fetched = heard.fetched
        if fetched is not None and fetched.fault:
            self.reject(Rejected(fetched.fault, {"mb": MOST_BYTES // 1024**2}), heard)
        if fetched is None or fetched.file is None:
            if media.size > MOST_BYTES:
                self.reject(Rejected("file_large", {"mb": MOST_BYTES // 1024**2}), heard)
            self.turn.wants = " ".join(getattr(self.ask.question, "wants", ()))
            self.turn.silent = True
            raise Waits

    def precedes(self, heard: Incoming) -> bool:
        """Whether this was clearly written before the question that waits was first asked."""
        return heard.at + EARLIER_MS < int(self.pending.get("at", 0))

    def overtaken(self, heard: Incoming) -> NoReturn:
        """A message to a question that is past answers none; a word that always works still does."""
        talk = self.progress.talk
        if heard.kind == "text":
            if words.id_number(heard.text):
                self.wait("id_number_not_needed")
            if talk.in_batch:
                self._joined(heard)
            word = self.progress.hears(heard.text)
            if word is not None and word not in OF_A_QUESTION:
                self._obey(word)
        if talk.told_late:
            self.turn.silent = True
            raise Waits
        talk.told_late = True
        self.turn.say("came_late")
        self.progress.wait(self.ask, keep=True)

    def read(self, heard: Incoming) -> Value:
        """The question's own reading."""
        value = self._reading(heard)
        if isinstance(value, Candidates):
            either.which(self.progress, self.ask, value)
        if isinstance(value, Rejected):
            if self.ask.optional and words.declines(heard.text):
                return self.progress.record(self.ask, None, heard)
            self._elsewhere(value, heard.text)
            self.reject(value, heard)
        return self.progress.record(self.ask, value, heard)

    def _elsewhere(self, rejected: Rejected, text: str) -> None:
        """A choice that keeps nothing is left for what is clearly asked instead: "ada gula?" where a mart is chosen."""
        tests = getattr(self.ask.question, "tests", False)
        if rejected.reason != "choice" or self.progress.conversation.keeps or tests:
            return
        meant = asides.meaning(text)
        if meant.sure and meant.name != asides.NOTHING:
            self._obey(f"open:{meant.name} {meant.given}".strip())

    def _for_another(self, text: str) -> None:
        """ "Jual madu" while an offer of something else is being written: what opens this one is about another."""
        if self.progress.conversation.instead is None:
            return
        meant, question = asides.asked_for(text), self.ask.question
        if meant.name not in (self.progress.conversation.name, asides.CASH):
            return
        if (
            question.free
            or question.options()
            or isinstance(question.read(self.progress.said(self.ask, text)), Rejected)
        ):
            self._obey(f"open:{meant.name} {meant.given}")

    def _explains(self, text: str) -> None:
        """ "Kenapa?" is a question about the question: a line why it is asked, and the question again."""
        name = self.ask.name
        asked = words.asks(text)
        told = self.progress.wording.has(self.progress.conversation.domain, f"{name}.why")
        if asked == "why" or (told and self.ask.question.free and words.wonders(text)):
            self.turn.say(f"{name}.why", "why")
        elif asked == "what":
            self.turn.say(f"{name}.what", "offer_help")
        else:
            return
        self.progress.wait(self.ask, keep=True)

    def _after_a_while(self, heard: Incoming) -> None:
        """Any words could be a name, and "sorry, I was busy" is none: what comes after a pause is asked back."""
        if not isinstance(self._reading(heard), Rejected | Candidates):
            self.turn.say("resume")
            self.turn.say(f"{self.ask.name}.did_you_mean", "did_you_mean")
            # What was said may be longer than a button can carry.
            shown = dict.fromkeys(self._languages(), heard.text)
            self.progress.wait(self.ask, keep=True, c=[[THIS, shown]], said=heard.text)
        self.wait("resume")

    def _languages(self) -> Sequence[str]:
        return self.progress.wording.languages

    def reject(self, rejected: Rejected, heard: Incoming) -> NoReturn:
        """Say kindly that it does not fit; the second time in a row, where to find a person.

        Whoever comes back after a pause has forgotten what waits: they are told that it does, and have not failed.
        """
        talk = self.progress.talk
        if self.progress.away:
            self.turn.say("resume")
            if heard.kind == "text":
                self.progress.wait(self.ask, keep=True, m=heard.message)
        else:
            talk.failed += 1
        keys = (f"{whose}.{reason}" for whose in (self.ask.name, "rejected") for reason in rejected.reasons)
        self.turn.say(
            *keys, "rejected.other", **{name: self._written(value) for name, value in rejected.values.items()}
        )
        if talk.failed >= 2:
            self.turn.say("offer_help")
        self.progress.wait(self.ask, keep=True, m=heard.message)

    def _written(self, value: object) -> object:
        return pretty(value, self.progress.speaker.language) if isinstance(value, Sum) else value

    def _reading(self, heard: Incoming) -> Value:
        return self.ask.question.read(self.progress.said(self.ask, heard.text, heard))

    def _candidate(self, heard: Incoming) -> Value | None:
        """An answer to "did you mean", or to an offered change."""
        text = heard.text
        offer = self.pending.get("offer")
        if offer is not None:
            agreed = words.yes(text)
            if agreed:
                self._take_up(offer, heard)
            if agreed is False:
                self.wait()
        candidates = self.progress.display.candidates(self.pending.get("c", ()))
        if not candidates:
            return None
        agreed = words.yes(text) if len(candidates) == 1 or "doubt" in self.pending else None
        if agreed is False and len(candidates) > 1:
            return self._picked(CHANGE)
        number = 1 if agreed else words.number(text)
        if number is not None and 1 <= number <= len(candidates):
            return self._picked(candidates[number - 1].value)
        found = words.find(text, [one.names for one in candidates], tolerant=True)
        return self._picked(candidates[found[0]].value) if len(found) == 1 else None

    def _picked(self, value: str) -> Value:
        """A candidate that was picked, as the question's own canonical value."""
        if value.startswith(WORD):
            self._obey(value.removeprefix(WORD))
        if value == CHANGE:
            self.wait()
        if value == OPEN:
            self._obey(self.progress.hears(self.pending.get("said", "")) or "menu")
        shown = self.progress.display.candidates(self.pending.get("c", ()))
        said = self.pending.get("said", value) if value == THIS else value
        read = self.ask.question.read(dataclasses.replace(self.progress.said(self.ask, said), shown=shown))
        return either.which(self.progress, self.ask, read) if isinstance(read, Candidates) else read

    def _exactly(self, text: str) -> Value | None:
        """The question's own options come before the words that always work, and so does a number that is an answer."""
        question = self.ask.question
        if text.strip().isdigit():
            value = question.read(self.progress.said(self.ask, text))
            return None if isinstance(value, Rejected | Candidates) else value
        if question.free:
            return None
        shown = self.progress.display.named(self.ask)
        found = words.find(text, [one.names for one in shown], tolerant=False)
        if len(found) != 1:
            return None
        value = shown[found[0]].value
        return [value] if getattr(question, "many", False) else value

    def _obey(self, word: str) -> NoReturn:
        if word == "back":
            self.progress.back(self.ask)
        if word == "skip":
            self.wait(f"{self.ask.name}.cannot_skip", "cannot_skip")
        if word in ("again", "greeting") or (word == "next" and self.progress.conversation.keeps):
            self.wait("resume")
        if word == "thanks" and self.progress.conversation.keeps:
            # Elsewhere a thank-you ends it: a menu of ten lines again would be no answer to one.
            self.wait("you_are_welcome")
        self.turn.command = "cancel" if word == "later" else word
        self.wait()

    # Buttons

    def press(self, heard: Incoming) -> Value:
        """A button says which question and which option it meant."""
        # Whoever speaks to Telegram without its app can press what there is not.
        _, name, value = (*heard.token.split("|", 2), "", "")[:3]
        if name == self.ask.name:
            return self._press_here(value, heard)
        record = self.progress.talk.answers.get(name)
        before = next((ask for ask in self.progress.order if ask.name == name), None)
        if before is None or record is None or value.startswith("<"):
            self._old_button()
        offered = self._offered(before, value, record["v"])
        if offered == record["v"]:
            self.turn.note = "already_noted"
            self.turn.silent = True
            raise Waits
        if self.progress.order.index(before) < self.progress.sealed:
            self.turn.note = "already_done"
            self.wait("already_done")
        self.turn.say("offer_change", answer=self.progress.display.value(before, offered))
        self.progress.wait(self.ask, offer={"q": name, "v": offered})

    def _offered(self, before: Ask, value: str, recorded: Value) -> Value:
        """What an earlier question's button would make of its answer: that option, or one more where there are many."""
        said = self.progress.said(before, value)
        read = before.question.read(said)
        if isinstance(read, Rejected | Candidates):
            self._old_button()
        if not isinstance(read, list):
            return read
        chosen = {*read, *(recorded or ())}
        return [option.value for option in said.shown if option.value in chosen]

    def _take_up(self, offer: Mapping[str, Any], heard: Incoming) -> None:
        """A change that was offered is wanted; a release may have taken the question away meanwhile."""
        before = next((ask for ask in self.progress.order if ask.name == offer["q"]), None)
        if before is not None:
            self.progress.change(self.ask, before, offer["v"], heard.message)

    def _press_here(self, value: str, heard: Incoming) -> Value:
        if value == BACK:
            self.progress.back(self.ask)
        if value == SKIP and self.ask.optional:
            return self.progress.record(self.ask, None, heard)
        shown = [option.value for option in self.ask.question.options()]
        candidates = [one[0] for one in self.pending.get("c", ())]
        many = bool(getattr(self.ask.question, "many", False))
        ticked = self.pending.get("ticked", [])
        if many and value == DONE:
            if not ticked:
                self.reject(Rejected("choose_one"), heard)
            return self.progress.record(self.ask, [one for one in shown if one in ticked], heard)
        if value in candidates:
            return self.progress.record(self.ask, self._picked(value), heard)
        if value not in shown:
            self._old_button()
        if many:
            ticks = [one for one in ticked if one != value] if value in ticked else [*ticked, value]
            self.turn.edits = True
            self.progress.wait(self.ask, keep=True, ticked=ticks)
        return self.progress.record(self.ask, value, heard)

    def _old_button(self) -> NoReturn:
        self.turn.note = "old_button"
        self.wait("old_button")

    # Messages that change what was said before

    def edited(self, heard: Incoming) -> Incoming:
        """An edited message changes the answer it gave; one that did not fit is read again; others change nothing."""
        as_text = dataclasses.replace(heard, kind="text")
        if self.pending.get("m") == heard.message:
            return as_text
        answers = self.progress.talk.answers
        for before in self.progress.order[self.progress.sealed :]:
            if answers[before.name].get("m") == heard.message and "text" in before.question.accepts:
                value = before.question.read(self.progress.said(before, heard.text))
                if isinstance(value, Doubt):
                    self.progress.change(self.ask, before)
                if not isinstance(value, Rejected | Candidates):
                    self._note_change("changed", before, value, heard.message)
        self.turn.silent = True
        raise Waits

    def _joined(self, heard: Incoming) -> None:
        """A name sent in two messages: the second was on its way before the next question could be read.

        That is certain of what came in one batch. Of what the channel dates before our question it is so only where it
        does not answer that question: clocks differ.
        """
        last = self.pending.get("last")
        order = self.progress.order[self.progress.sealed :]
        if not last or not order or order[-1].name != last["q"]:
            return
        before = order[-1]
        talk = self.progress.talk
        if not talk.in_batch and not (heard.at + 1000 <= talk.updated and self._misses(heard)):
            return
        text = heard.text
        if self.progress.hears(text) is not None or words.change(text) is not None or words.changes(text):
            return
        if words.asks(text) or words.wonders(text) or words.is_no_name(text):
            return
        value = before.question.read(self.progress.said(before, f"{last['t']} {heard.text}"))
        if not isinstance(value, Rejected | Candidates):
            self._note_change("joined", before, value)

    def _note_change(self, key: str, before: Ask, value: Value, message: str = "") -> NoReturn:
        self.turn.say(key, answer=self.progress.display.value(before, value))
        self.progress.change(self.ask, before, value, message)

    def _misses(self, heard: Incoming) -> bool:
        return not self.ask.question.free and isinstance(self._reading(heard), Rejected)
