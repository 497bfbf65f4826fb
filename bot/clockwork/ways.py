"""How an announcement goes to somebody: its words in each language, made once; outside WhatsApp's window the template.

The words are the composer's, what fits a template contents.py's. Reads and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from bot import contents, markup, submissions
from bot.contents import Approved, Key
from bot.messages import Outgoing
from bot.records.announcements import Announcement

KEPT = 50
"""Announcements whose words are kept ready."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that is ready to go; it still wants an address. knock: the announcement itself waits for an answer."""

    message: Outgoing
    knock: bool
    shown: str = ""
    """As the person will read it, in neutral markup."""


class _Ready:
    """One announcement in the languages that were asked for."""

    __slots__ = ("announcement", "bytes", "filled", "messages", "parts")

    def __init__(self, announcement: Announcement, bytes: int) -> None:
        self.announcement = announcement
        self.bytes = bytes
        """Of its photo."""
        self.messages: dict[tuple[str, str, bool], Outgoing] = {}
        self.parts: dict[tuple[str, str, bool], int] = {}
        self.filled: dict[str, Template | None] = {}


class Ways:
    """Announcements ready to go."""

    def __init__(
        self,
        words: Callable[[Announcement, str], str],
        chain: Callable[[str], Iterable[str]],
        sender: Callable[[str], str],
        corrected: Callable[[str], str] = lambda language: "",
        spared: Callable[[str, int], str] = lambda language, kilobytes: "",
    ) -> None:
        """`words` puts one into neutral markup, `chain` tells which languages will do for one, `sender` who speaks.

        `corrected`: what is said beside a message that has been put right in its place. `spared`: in place of a photo.
        """
        self._words = words
        self._chain = chain
        self._sender = sender
        self._corrected = corrected
        self._spared = spared
        self._templates: Mapping[Key, Approved] = {}
        self._ready: dict[str, _Ready] = {}

    def __contains__(self, number: str) -> bool:
        return number in self._ready

    def ready(self, number: str) -> bool:
        """Whether it is taken up; what was asked for last is kept the longest."""
        found = self._ready.pop(number, None)
        if found is not None:
            self._ready[number] = found
        return found is not None

    def __getitem__(self, number: str) -> Announcement:
        return self._ready[number].announcement

    def add(self, announcement: Announcement, bytes: int = 0) -> None:
        """Take one up, with the size of its photo; its words do not change any more, unless another one corrects it."""
        while len(self._ready) >= KEPT:
            del self._ready[next(iter(self._ready))]
        self._ready[announcement.number] = _Ready(announcement, bytes)

    def approve(self, templates: Mapping[Key, Approved]) -> None:
        """These templates may be sent from now on, and no others."""
        if templates != self._templates:
            self._templates = dict(templates)
            for ready in self._ready.values():
                ready.filled.clear()

    def message(self, number: str, channel: str, language: str, sparing: bool = False) -> Outgoing:
        """The announcement itself, for somebody who reads `language`; it still wants an address.

        sparing: without its photo, but with how large that is.
        """
        ready = self._ready[number]
        found = ready.messages.get((channel, language, sparing))
        if found is None:
            text, media = self._words(ready.announcement, language), ready.announcement.media
            if sparing and media:
                text, media = f"{text}\n\n{self._spared(language, -(-ready.bytes // 1000))}", ""
            found = ready.messages[channel, language, sparing] = Outgoing(channel, "", text, media=media)
            ready.parts[channel, language, sparing] = _parts(found)
        return found

    def parts(self, number: str, channel: str, language: str, sparing: bool = False) -> int:
        """How many messages it takes the channel."""
        self.message(number, channel, language, sparing)
        return self._ready[number].parts[channel, language, sparing]

    def correction(self, message: Outgoing, ids: str, language: str) -> Outgoing:
        """A message that takes the place of an earlier one with these ids, and says so beside it."""
        return replace(message, edits=ids, line=self._corrected(language))

    def template(self, number: str, language: str) -> Template | None:
        """What goes to who has not written for a day: the template, else the knock; None where neither is approved."""
        ready = self._ready[number]
        if language not in ready.filled:
            ready.filled[language] = self._fill(ready.announcement, language)
        return ready.filled[language]

    def knock(self, language: str) -> Outgoing | None:
        """What tells somebody who has not written for a day that news of theirs waits; None: it is not approved."""
        sender = markup.whatsapp(markup.escape(self._sender(language).strip()))
        found = contents.knock(self._templates, self._chain(language), sender)
        if found is None or found.category == submissions.MARKETING:
            return None
        return Outgoing("whatsapp", "", found.text, content=(found.sid, msgspec.json.encode(found.variables).decode()))

    def _fill(self, announcement: Announcement, language: str) -> Template | None:
        spoken = announcement.spoken(language)
        plain = {"sender": self._sender(spoken), "text": announcement.texts[spoken], "number": announcement.number}
        neutral = {name: markup.escape(value.strip()) for name, value in plain.items()}
        values = {name: markup.whatsapp(value) for name, value in neutral.items()}
        languages = dict.fromkeys((spoken, *self._chain(language)))
        # A template has no place for a photo: whoever answers the knock gets the whole. Who gets a correction has it.
        category = contents.KNOCK if announcement.media and not announcement.corrects else announcement.category
        found = contents.choose(self._templates, category, languages, values)
        if found is None:
            return None
        variables = msgspec.json.encode(found.variables).decode()
        shown = contents.filled(found.body, {str(at): neutral[name] for at, name in enumerate(contents.VALUES, 1)})
        return Template(Outgoing("whatsapp", "", found.text, content=(found.sid, variables)), found.knock, shown)


def _parts(message: Outgoing) -> int:
    whatsapp = message.channel == "whatsapp"
    limit = markup.WHATSAPP_LIMIT if whatsapp else markup.TELEGRAM_LIMIT
    length = markup.whatsapp_length if whatsapp else markup.telegram_length
    return len(markup.split(message.text, limit, length)) + bool(message.media)


def addressed(message: Outgoing, to: str, arrived: Iterable[str] = ()) -> Outgoing:
    """The same message to somebody, without the parts that have arrived."""
    return replace(message, to=to, arrived=tuple(arrived))
