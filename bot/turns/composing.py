"""Puts a turn into words: its parts and its question become one message in neutral markup, with what can be pressed.

Knows the catalogues and the settings that texts may name; sends and stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot import formats
from bot.engine.chat import Speaker
from bot.engine.talk import BACK, DONE, SKIP, Asked, Joined, Line, Part, Turn
from bot.markup import Neutral, escape, plain
from bot.messages import Button, Pin
from bot.records.announcements import Announcement, Reading
from bot.records.counting import Form
from bot.texts import Texts

COMMON = "bot"
"""The catalogue of what any conversation may say."""
ANNOUNCEMENT = "announcement"
"""The catalogue of what stands around the text of an announcement."""
TEXT = "text"
OPENS = "open"
"""Begins the token of a button that opens a conversation: `open|<conversation>|<what is given to it>`."""
PAID_FOR_BY_NOBODY = ("assistance", "job")
"""What swindlers like to ask money for."""


@dataclass(frozen=True, slots=True)
class Composed:
    """One message, ready for any channel."""

    text: str
    options: tuple[Button, ...] = ()
    actions: tuple[Button, ...] = ()
    contact_button: str = ""
    template: str = ""
    several: bool = False
    """More than one of the options may be chosen."""
    offers: tuple[Button, ...] = ()
    """What stays to be pressed whatever is said after it."""
    pin: Pin | None = None
    """A place on a map that goes behind it."""


class Composer:
    """Words for turns. `facts` are values that every template may name: organisation, programme, contact …

    `translated` are those of them that have other words in a language.
    """

    def __init__(
        self,
        texts: Texts,
        facts: Mapping[str, object],
        translated: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.texts = texts
        self._facts = dict(facts)
        self._translated = {language: {**facts, **own} for language, own in (translated or {}).items()}

    def facts(self, language: str) -> Mapping[str, object]:
        """What every template of this language may name."""
        return self._translated.get(language, self._facts)

    def values(self, speaker: Speaker, answers: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, object]:
        """What every template may name, for this person; what they have just said of themselves comes first."""
        said = answers or {}
        salutation = _said(said, "salutation") or speaker.salutation or "kakak"
        return {
            **self.facts(speaker.language),
            "sapaan": self.texts.say(speaker.language, COMMON, f"salutation.{salutation}", {}),
            "nickname": _said(said, "nickname") or speaker.nickname,
            "channel": CHANNELS.get(speaker.channel, speaker.channel),
        }

    def say(self, speaker: Speaker, domain: str, key: str, values: Mapping[str, object] | None = None) -> str:
        """One template by itself."""
        return self.texts.say(speaker.language, domain, key, {**self.values(speaker), **(values or {})})

    def turn(self, speaker: Speaker, domain: str, turn: Turn, talk: str, values: Mapping[str, object]) -> Composed:
        """The whole turn as one message."""
        blocks = [self._part(speaker.language, domain, part, values) for part in turn.parts]
        template = ".".join((domain, turn.parts[-1].keys[0])) if turn.parts else domain
        asked = turn.asked
        offers = tuple(
            self.opening(speaker.language, domain, one.key, one.conversation, one.given, {**values, **one.values})
            for one in turn.offers
        )
        pin = self._pin(speaker.language, domain, turn, values)
        if asked is None:
            return Composed("\n\n".join(blocks), template=template, offers=offers, pin=pin)
        blocks.append(self._question(speaker.language, domain, asked, values))
        options = (
            ()
            if asked.card
            else tuple(
                Button(f"{talk}|{asked.name}|{one.value}", f"✓ {one.label}" if one.value in asked.ticked else one.label)
                for one in asked.options
            )
        )
        contact = ""
        if asked.takes_contact:
            contact = self.texts.say(speaker.language, domain, "share_contact", values)
        return Composed(
            "\n\n".join(blocks),
            options,
            self._actions(speaker.language, domain, asked, talk),
            contact,
            f"{domain}.{asked.name}",
            asked.many,
            offers,
            pin,
        )

    def _pin(self, language: str, domain: str, turn: Turn, values: Mapping[str, object]) -> Pin | None:
        """What the turn shows on a map."""
        if (place := turn.place) is None:
            return None
        named = self.texts.say(language, domain, place.key, {**values, **place.values})
        return Pin(place.latitude, place.longitude, plain(named))

    def opening(
        self, language: str, domain: str, key: str, conversation: str, given: str, values: Mapping[str, object]
    ) -> Button:
        """A button that opens a conversation, with what is given to it."""
        return Button(f"{OPENS}|{conversation}|{given}", self.texts.say(language, domain, key, values))

    def announcement(self, one: Announcement, language: str) -> Neutral:
        """An announcement as whoever reads `language` gets it: for the preview, the test and each delivery alike."""
        spoken, zone = one.spoken(language), one.zone
        facts = {**self.facts(spoken), "number": one.number, "corrects": one.corrects, "until": ""}
        if one.ends_at is not None:
            there = formats.date(one.ends_at, zone, spoken), formats.clock(one.ends_at, zone, spoken)
            facts["until"] = ", ".join(there)
        keys = (
            f"header.{one.category}", "corrected" if one.corrects else "", TEXT, "until" if one.ends_at else "",
            "free" if one.category in PAID_FOR_BY_NOBODY else "", "footer",
        )  # fmt: skip
        said = [
            escape(one.texts[spoken]) if key == TEXT else self.texts.say(spoken, ANNOUNCEMENT, key, facts)
            for key in keys
            if key
        ]
        return Neutral("\n\n".join(said))

    def _filled(self, language: str, domain: str, values: Mapping[str, object]) -> dict[str, object]:
        """Values with announcements and joined templates put into words."""
        return {name: self._worded(language, domain, value) for name, value in values.items()}

    def _worded(self, language: str, domain: str, value: object) -> object:
        if type(value) is Reading:
            return self.announcement(value.announcement, value.language)
        if type(value) is Form:
            return Neutral(value.text)
        if type(value) is Joined:
            facts = self.facts(language)
            return Neutral(value.between.join(self._part(language, domain, one, facts) for one in value.parts))
        return value

    def _part(self, language: str, domain: str, part: Part, values: Mapping[str, object]) -> str:
        key = self.texts.find(language, domain, *part.keys) or part.keys[-1]
        if part.values:
            values = {**values, **self._filled(language, domain, part.values)}
        return self.texts.say(language, domain, key, values)

    def _question(self, language: str, domain: str, asked: Asked, values: Mapping[str, object]) -> str:
        lines = []
        if asked.step:
            lines.append(f"_{self.texts.say(language, COMMON, 'step', {'n': asked.step, 'total': asked.steps})}_")
        if asked.card:
            values = {**values, "card": self.card(language, domain, asked.card)}
        key = f"{asked.name}.again" if asked.again else asked.name
        if asked.again and not self.texts.has(domain, key):
            key = asked.name
        if asked.values:
            values = {**values, **self._filled(language, domain, asked.values)}
        if asked.instead is not None:
            lines.append(self._part(language, domain, asked.instead, values))
        else:
            lines.append(self.texts.say(language, domain, key, values))
        if asked.many:
            lines.append(self.texts.say(language, COMMON, "many_hint", {}))
        if asked.optional:
            lines.append(self.texts.say(language, COMMON, "skip_hint", {}))
        return "\n".join(lines)

    def card(self, language: str, domain: str, lines: tuple[Line, ...]) -> Neutral:
        """The lines of a review card, numbered."""
        made = []
        for line in lines:
            label = self.texts.say(language, domain, f"{line.name}.label", {})
            made.append(
                f"{line.number}. {label}: *{escape(line.shown)}*" if line.shown else f"{line.number}. {label}: –"
            )
        return Neutral("\n".join(made))

    def _actions(self, language: str, domain: str, asked: Asked, talk: str) -> tuple[Button, ...]:
        names = []
        if asked.card:
            for one in asked.options:
                names.append((one.value, one.label))
        if asked.many:
            names.append((DONE, self.texts.say(language, COMMON, "done", {})))
        if asked.can_go_back:
            names.append((BACK, self.texts.say(language, COMMON, "back", {})))
        if asked.optional:
            names.append((SKIP, self.texts.say(language, COMMON, "skip", {})))
        return tuple(Button(f"{talk}|{asked.name}|{value}", label) for value, label in names)


CHANNELS = {"telegram": "Telegram", "whatsapp": "WhatsApp", "terminal": "Terminal"}
"""Names of products, the same in every language."""


def marked(value: object, language: str) -> object:
    """A value of a row: `{"rupiah": …}` an amount, `{"day": …}` a day or an hour of it, `{"neutral": …}` markup."""
    if not isinstance(value, dict):
        return value
    if "day" in value:
        return formats.day_and_hour(value["day"], value.get("zone", "UTC"), language)
    return formats.rupiah(value["rupiah"], language) if "rupiah" in value else Neutral(value["neutral"])


def _said(answers: Mapping[str, Mapping[str, object]], name: str) -> object:
    return answers[name]["v"] if name in answers else ""
