"""One message of one account: which talk takes it, what it leads to, and what comes back after it.

The current talk takes the message; a word that always works is carried out on top of it; what was set aside comes back
when its successor ends. Works on the rows of the batch (intake.py); commits nothing and sends nothing.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot import intake, words
from bot.chat import Conversation, Speaker
from bot.composing import COMMON, Composed, Composer
from bot.hearing import Ears
from bot.intake import Account, Rows
from bot.messages import Incoming, Outgoing
from bot.progress import Progress
from bot.queued import Row, body, release
from bot.replay import replay
from bot.shelf import Shelf
from bot.store import Tx
from bot.talk import Part, Talk, Turn

log = structlog.get_logger(__name__)

AWAY_MS = 3_600_000
"""After a pause this long somebody is told where they are before it goes on."""
JUST_NOW_MS = 60_000
"""A press on a button of a talk that ended so recently is a second tap."""
DEEP = 5
"""Conversations that may follow on each other in one turn, before the menu takes over."""

MENU = "menu"

UNREAD = ("voice", "photo", "video", "document")
"""What somebody sends in the hope that it is looked at."""


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
        if not account.salutation and (account.talk is None or not self.scene.keeps(account.talk)):
            self.below = await self.shelf.below()
        await self._touch(message)
        if flooded:
            self.say("flood")
            await self.repeat()
        elif words.is_salam(message.text):
            self.say("salam")
            await self._heard(message)
        else:
            await self._heard(message)
        self.queue()

    async def _touch(self, message: Incoming) -> None:
        account = self.account
        account.wrote_at = max(account.wrote_at, min(message.at, self.tx.now))
        if (
            account.channel == "whatsapp"
            or account.reachable != "ok"
            or (message.phone and message.phone != account.phone)
        ):
            account.phone = message.phone or account.phone
            account.reachable = "ok"
            account.touched = True
        if account.held:
            await release(self.tx, account.id)
            account.held = 0

    async def _heard(self, message: Incoming) -> None:
        talk = self.account.talk
        if message.token and not (talk is not None and message.token.startswith(f"{talk.id}|")):
            await self._stray_press(message)
        elif talk is not None and talk.conversation in self.scene.conversations:
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
        if word == "thanks":
            self.say("you_are_welcome")
        elif word is not None:
            await self._obey(word)
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
        turn = await replay(progress, self.tx, heard)
        talk.updated = self.tx.now
        if turn.diverged:
            log.warning("talk.diverged", conversation=conversation.name, question=turn.diverged)
        if turn.effects:
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
            await self.open(turn.then.name, turn.then.given)
        elif self.account.talk is None:
            await self._come_back()

    def _compose(self, conversation: Conversation, turn: Turn, talk: Talk) -> None:
        if turn.parts or turn.asked is not None:
            speaker = self.scene.speaker(self.account)
            values = self.scene.composer.values(speaker, self._told(talk))
            self.said.append(self.scene.composer.turn(speaker, conversation.name, turn, talk.id, values))

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
        elif name in ("help", "language", "menu"):
            await self.open(name)
        elif name == "open":
            conversation, _, rest = given.partition(" ")
            await self.open(conversation, rest)
        else:
            await self.repeat()

    async def open(self, name: str, given: str = "") -> None:
        """Begin a conversation on top of what is going on; the one below waits, or comes right back."""
        self.depth += 1
        if self.depth > DEEP or name not in self.scene.conversations:
            name = MENU
        if words.id_number(given):
            self.say_once("id_number_not_needed")
            given = ""
        conversation = self.scene.conversations[name]
        below = self.account.talk
        if conversation.keeps and (kept := await self.shelf.take(name)) is not None:
            self._put_aside(below, kept)
            self.account.talk = kept
            await self.repeat("resume")
            return
        talk = self._new(name, given)
        turn = await self._replay(talk)
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
        if talk is not None and talk.conversation in self.scene.conversations:
            self.account.talk = talk
            await self.repeat("resume")

    async def repeat(self, line: str = "", *, full: bool = False) -> None:
        """Ask the waiting question again, after one line where one is named; the menu where nothing waits."""
        talk = self.account.talk
        if talk is None or talk.conversation not in self.scene.conversations:
            await self.open(MENU)
            return
        turn = await self._replay(talk, resumed=True, full=full)
        if line and turn.asked is not None:
            turn.parts.insert(0, Part((line,)))
        await self._after(turn, talk)

    async def _cancel(self) -> None:
        talk = self.account.talk
        if talk is None:
            self.say("nothing_to_cancel")
            return
        said = any(not answer.get("once") for answer in talk.answers.values())
        keeps = self.scene.keeps(talk) and said
        self.say("draft_kept" if keeps else "cancelled")
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
        id, name, value = (*message.token.split("|", 2), "", "")[:3]
        if name == MENU and MENU in self.scene.conversations:
            await self._press_menu(value, message)
            return
        found = await self.shelf.find(id)
        if found is not None:
            state, conversation, updated = found
            if state != "ended":
                await self.open(conversation)
                return
            self.note = "already_noted"
            if self.tx.now - updated <= JUST_NOW_MS:
                return
        self.say("old_button")
        await self.repeat()

    async def _press_menu(self, value: str, message: Incoming) -> None:
        """The menu remembers nothing, so its old buttons work for ever."""
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

    def say(self, key: str) -> None:
        """Say one common template."""
        values = self.scene.composer.values(self.scene.speaker(self.account), self._told(self.account.talk))
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
            account.channel, account.external_id, text, last.options, last.actions, last.contact_button, self.edits
        )
        id = self.tx.new_id()
        state = "sending" if lane == "reply" else "waiting"
        self.rows.outbox.append((id, account.id, lane, state, body(message), last.template, now, now, 0))
        if lane == "reply":
            self.rows.ready.append(Row(id, account.id, lane, message, now))
        else:
            self.tx.wake()
