"""One message of one account: which talk takes it, what it leads to, and what comes back after it.

The current talk takes the message; a word that always works is carried out on top of it; what was set aside comes back
when its successor ends. Works on the rows of the batch (intake.py); commits nothing and sends nothing.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot import words
from bot.engine.chat import Conversation
from bot.engine.progress import Progress
from bot.engine.replay import replay
from bot.engine.talk import Part, Talk, Turn
from bot.messages import Incoming, Outgoing
from bot.queued import Row, body, release
from bot.records import announcement_reports, announcements, media
from bot.store import Tx
from bot.turns import intake, putting_off
from bot.turns.composing import COMMON, Composed
from bot.turns.intake import Account, Rows
from bot.turns.pressing import stray
from bot.turns.scene import CONSENT_AGAIN, MENU, Scene
from bot.turns.shelf import Shelf

log = structlog.get_logger(__name__)

AWAY_MS = 3_600_000
"""After a pause this long somebody is told where they are before it goes on."""
DEEP = 5
"""Conversations that may follow on each other in one turn, before the menu takes over."""

UNREAD = ("voice", "photo", "video", "document")
"""What somebody sends in the hope that it is looked at."""


class Visit:
    """One message of one account, or something that we begin, on its way to what comes back."""

    def __init__(self, scene: Scene, tx: Tx, account: Account, message: Incoming | None, rows: Rows) -> None:
        self.scene = scene
        self.shelf = Shelf(tx, account)
        self.tx = tx
        self.account = account
        self.message = message
        self.rows = rows
        self.said: list[Composed] = []
        self.note = ""
        self.edits = ""
        self.depth = 0
        self.below: Talk | None = None
        """What lies below the talk that is open, where only it tells how to call somebody."""

    async def run(self, flooded: bool) -> None:
        message, account = self.message, self.account
        assert message is not None
        if not message.private:
            if account.new:
                self.say("group")
                self.queue()
                account.new = False
            return
        account.quiet = False
        if account.behind and message.fetched is None and not flooded and not words.id_number(message.text):
            await putting_off.put(self.tx, account.id, message)
            return
        if not account.salutation and (account.talk is None or "salutation" not in account.talk.answers):
            self.below = await self.shelf.below()
        there = await self._touch(message)
        if there and words.is_look(message.text):
            self.say(there)
        elif flooded:
            self.say("flood")
            await self.repeat()
        elif words.is_salam(message.text):
            self.say("salam")
            await self._heard(message)
        else:
            await self._heard(message)
        if self.note and not self.said and not message.callback:
            # The channel shows no note by itself, and nobody who presses something is left without an answer.
            self.say(self.note)
        self.queue()

    async def _touch(self, message: Incoming) -> str:
        """Note that they have written, and let go what was held for them: how that is said; empty where nothing was."""
        account = self.account
        intake.wrote(account, message, self.tx.now)
        if not account.held:
            return ""
        account.held = 0
        messages, announcements = await release(self.tx, account.id)
        return "announcement_here" if announcements else "news_here" if messages else ""

    async def _heard(self, message: Incoming) -> None:
        talk = self.account.talk
        if message.token and not (talk is not None and message.token.startswith(f"{talk.id}|")):
            await self._stray_press(message)
        elif message.replies_to and self.account.roles and (word := await self._about_progress(message)):
            await self._obey(word)
        elif talk is not None and self.scene.admits(self.account, talk.conversation):
            away = self.tx.now - talk.updated > AWAY_MS and self.scene.keeps(talk)
            await self._after(await self._replay(talk, heard=message, away=away), talk)
        elif message.kind != "edited":
            if message.kind == "text" and words.id_number(message.text):
                self.say("id_number_not_needed")
            await self._out_of_the_blue(message)

    async def _out_of_the_blue(self, message: Incoming) -> None:
        """Nothing is open: a word that always works, or whatever the menu makes of it."""
        word = self._hears(message.text)
        if message.kind in UNREAD:
            self.say(f"rejected.kind_{message.kind}")
        if word is not None:
            await self._obey(word)
        elif message.late and words.number(message.text) is not None:
            # It chose from something that is over, not from a menu that is yet to be shown.
            self.say("came_late")
            await self.open(MENU)
        else:
            await self.open(MENU, message.text)

    async def _replay(
        self,
        talk: Talk,
        *,
        heard: Incoming | None = None,
        away: bool = False,
        resumed: bool = False,
        full: bool = False,
    ) -> Turn:
        conversation = self.scene.conversations[talk.conversation]
        speaker = self.scene.speaker(self.account)
        today = datetime.fromtimestamp(self.tx.now / 1000, ZoneInfo(speaker.zone)).date().isoformat()
        progress = Progress(
            conversation,
            talk,
            speaker,
            self.scene.composer.texts,
            self._hears,
            now=self.tx.now,
            today=today,
            message=self.message.message if self.message is not None else "",
            away=away,
            resumed=resumed,
            full=full,
        )
        self.tx.changed.clear()
        turn = await replay(progress, self.tx, heard)
        talk.updated = self.tx.now
        if turn.took is not None:
            await media.keep(self.tx, turn.took, self.account.id)
        if turn.wants and heard is not None:
            await putting_off.put(self.tx, self.account.id, heard, turn.wants)
            self.account.behind = True
        if turn.diverged:
            log.warning("talk.diverged", conversation=conversation.name, question=turn.diverged)
        if not self.tx.changed.isdisjoint(intake.RELOADED):
            await intake.reload(self.tx, self.account)
        return turn

    def _hears(self, text: str) -> str | None:
        talk = self.account.talk
        word = self.scene.ears.hear(text, self.account.roles)
        if word == "greeting" and (talk is None or not self.scene.keeps(talk)):
            return "menu"
        return word

    async def _after(self, turn: Turn, talk: Talk) -> None:
        """Say what the turn says, and go on where it leads."""
        self.note = turn.note or self.note
        if turn.edits and self.message is not None:
            self.edits = self.message.message
        if turn.silent:
            return
        if turn.command:
            await self._obey(turn.command)
            return
        conversation = self.scene.conversations[talk.conversation]
        self._compose(conversation, turn, talk)
        if turn.asked is not None:
            return
        if turn.forget:
            await self.shelf.forget(talk)
        else:
            self.shelf.put(talk, "ended")
        if turn.then is not None:
            if turn.then.anew:
                await self.shelf.let_go(turn.then.name)
            await self.open(turn.then.name, turn.then.given)
        elif self.account.talk is None:
            await self._come_back()

    def _compose(self, conversation: Conversation, turn: Turn, talk: Talk) -> None:
        if turn.parts or turn.asked is not None:
            speaker = self.scene.speaker(self.account)
            values = self.scene.composer.values(speaker, self._told(talk))
            self.said.append(self.scene.composer.turn(speaker, conversation.domain, turn, talk.id, values))

    async def _obey(self, word: str) -> None:
        """Carry out a word that always works."""
        name, _, given = word.partition(":")
        if name == "cancel":
            await self._cancel()
        elif name == "restart":
            await self._restart()
        elif name == "language" and given:
            self.account.language = given
            self.account.chose_language = self.account.touched = True
            self.say("language_set")
            await self.repeat(full=True)
        elif name == "source":
            await intake.came_by(self.tx, self.account.id, given)
            await self.open(MENU)
        elif name in ("stop", "resume", "leave"):
            await self.open("updates", name)
        elif name == "thanks":
            self.say("you_are_welcome")
        elif name in ("help", "language", "menu"):
            await self.open(name)
        elif name == "open":
            conversation, _, rest = given.partition(" ")
            await self.open(conversation, rest)
        elif name == "next" and (kept := await self.shelf.kept(MENU)):
            await self.open(kept)
        else:
            await self.repeat()

    async def open(self, name: str, given: str = "") -> None:
        """Begin a conversation on top of what is going on; the one below waits, or comes right back."""
        self.depth += 1
        if self.depth > DEEP or not self.scene.admits(self.account, name):
            name = MENU
        if words.id_number(given):
            self.say_once("id_number_not_needed")
            given = ""
        conversation = self.scene.conversations[name]
        below = self.account.talk
        if below is not None and "salutation" in below.answers:
            self.below = below
        if given and conversation.instead is not None:
            waits = await self.shelf.waiting(name)
            said = {question: answer["v"] for question, answer in waits.answers.items()} if waits else None
            if (instead := conversation.instead(given, said)) is not None:
                await self.open(*instead)
                return
        if conversation.keeps and (kept := await self.shelf.take(name)) is not None:
            self._put_aside(below, kept)
            self.account.talk = kept
            await self.repeat("resume")
            return
        talk = self._new(name, given)
        turn = await self._replay(talk)
        wrote = self.message is not None
        if wrote and turn.then is None and self.scene.asks_first(self.account, name, below, self.tx.now):
            self.account.talk = below
            await self.open(CONSENT_AGAIN, f"{name} {given}")
            return
        if name == MENU:
            talk.given = ""
        if turn.asked is not None or turn.then is not None:
            self._put_aside(below, talk)
            await self._after(turn, talk)
            return
        self._compose(conversation, turn, talk)
        self.account.talk = below
        if below is None:
            await self._come_back()
        elif below.conversation != MENU:
            await self.repeat()

    def _new(self, name: str, given: str = "") -> Talk:
        self.account.talk = Talk(secrets.token_hex(5), self.account.id, name, given=given, started=self.tx.now)
        return self.account.talk

    def _put_aside(self, below: Talk | None, above: Talk) -> None:
        if below is not None and below is not above:
            self.shelf.put(below, "aside" if self.scene.keeps(below) else "ended")

    async def _come_back(self) -> None:
        """What was set aside comes back."""
        talk = await self.shelf.take_aside()
        if talk is not None and self.scene.admits(self.account, talk.conversation):
            self.account.talk = talk
            await self.repeat("resume")

    async def repeat(self, line: str = "", *, full: bool = False) -> None:
        """Ask the waiting question again, after one line where one is named; the menu where nothing waits."""
        talk = self.account.talk
        if talk is None or not self.scene.admits(self.account, talk.conversation):
            await self.open(MENU)
            return
        turn = await self._replay(talk, resumed=True, full=full)
        if line and turn.asked is not None:
            turn.parts.insert(0, Part((line,)))
        await self._after(turn, talk)

    async def _cancel(self) -> None:
        talk = self.account.talk
        going = ""
        if self.account.roles:
            going = await announcements.going(self.tx, self.account.id, soon=talk is not None)
        if going:
            self.say("announcement_not_cancelled", {"number": going})
        if talk is None:
            if not going:
                self.say("nothing_to_cancel")
            return
        said = any(not answer.get("once") for answer in talk.answers.values())
        keeps = self.scene.keeps(talk) and said
        key = "draft_kept" if keeps else "cancelled"
        own = f"{talk.conversation}.{key}"
        self.say(own if self.scene.composer.texts.has(COMMON, own) else key)
        self.shelf.put(talk, "draft" if keeps else "ended")
        if not keeps:
            await self._come_back()

    async def _restart(self) -> None:
        talk = self.account.talk
        if talk is not None:
            self.shelf.put(talk, "ended")
        await self.open(talk.conversation if talk is not None else MENU)

    async def _stray_press(self, message: Incoming) -> None:
        """A button of a talk that is not the current one."""
        led = await stray(self.scene, self.shelf, self.account, message.token, self.tx.now)
        self.note = led.note or self.note
        if led.menu is not None:
            await self._press_menu(led.menu, message)
        elif led.opens is not None:
            await self.open(*led.opens)
        elif not led.silent:
            self.say("old_button")
            await self.repeat()

    async def _about_progress(self, message: Incoming) -> str | None:
        """A reply to the message that shows how far an announcement is: `jeda` means that one."""
        number = await announcement_reports.shown_in(self.tx, self.account.id, message.replies_to)
        return self._hears(f"{message.text} {number}") if number else None

    async def _press_menu(self, value: str, message: Incoming) -> None:
        """The menu as it is now, with this pressed."""
        below = self.account.talk
        talk = self._new(MENU)
        await self._replay(talk)
        self._put_aside(below, talk)
        pressed = dataclasses.replace(message, token=f"{talk.id}|{MENU}|{value}")
        await self._after(await self._replay(talk, heard=pressed), talk)

    def _told(self, talk: Talk | None) -> Mapping[str, Mapping[str, object]]:
        """What somebody has told of themselves, in this talk or in one that it lies on top of."""
        below = [one for one, state in self.account.gone if state == "aside"]
        open_now = [one for one in (talk, self.account.talk, *below, self.below) if one is not None]
        return next((one.answers for one in open_now if "salutation" in one.answers), {})

    def say(self, key: str, given: Mapping[str, object] | None = None) -> None:
        """Say one common template."""
        known = self.scene.composer.values(self.scene.speaker(self.account), self._told(self.account.talk))
        values = {**known, **(given or {})}
        text = self.scene.composer.texts.say(self.account.language, COMMON, key, values)
        self.said.append(Composed(text, template=f"{COMMON}.{key}"))

    def say_once(self, key: str) -> None:
        """Say one common template, unless it was said just now."""
        if not any(one.template == f"{COMMON}.{key}" for one in self.said):
            self.say(key)

    def queue(self, lane: str = "reply") -> None:
        """Put all that was said into one message for the outbox."""
        if not self.said:
            return
        last = self.said[-1]
        text = "\n\n".join(one.text for one in self.said if one.text)
        account, now = self.account, self.tx.now
        message = Outgoing(
            account.channel,
            account.external_id,
            text,
            last.options,
            (*last.actions, *(button for one in self.said for button in one.offers)),
            last.contact_button,
            self.edits,
            pin=next((one.pin for one in reversed(self.said) if one.pin is not None), None),
            # Without a button that says "done", several are chosen by writing their numbers.
            language="" if last.several else account.language,
        )
        id = self.tx.new_id()
        state = "sending" if lane == "reply" else "waiting"
        self.rows.outbox.append((id, account.id, lane, state, body(message), last.template, now, now, 0))
        if lane == "reply":
            self.rows.ready.append(Row(id, account.id, lane, message, now))
        else:
            self.tx.wake()
