"""Puts a turn into words: its parts and its question become one message in neutral markup, with what can be pressed.

Knows the catalogues and the settings that texts may name; sends and stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat import Speaker
from bot.markup import Neutral, escape
from bot.messages import Button
from bot.talk import BACK, DONE, SKIP, Asked, Line, Part, Turn
from bot.texts import Texts

COMMON = "bot"
"""The catalogue of what any conversation may say."""


@dataclass(frozen=True, slots=True)
class Composed:
    """One message, ready for any channel."""

    text: str
    options: tuple[Button, ...] = ()
    actions: tuple[Button, ...] = ()
    contact_button: str = ""
    template: str = ""


class Composer:
    """Words for turns. `facts` are values that every template may name: organisation, programme, contact …"""

    def __init__(self, texts: Texts, facts: Mapping[str, object]) -> None:
        self.texts = texts
        self.facts = dict(facts)

    def values(self, speaker: Speaker, answers: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, object]:
        """What every template may name, for this person; what they have just said of themselves comes first."""
        said = answers or {}
        salutation = _said(said, "salutation") or speaker.salutation or "kakak"
        return {
            **self.facts,
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
        if asked is None:
            return Composed("\n\n".join(blocks), template=template)
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
        )

    def _part(self, language: str, domain: str, part: Part, values: Mapping[str, object]) -> str:
        key = self.texts.find(language, domain, *part.keys) or part.keys[-1]
        return self.texts.say(language, domain, key, {**values, **part.values} if part.values else values)

    def _question(self, language: str, domain: str, asked: Asked, values: Mapping[str, object]) -> str:
        lines = []
        if asked.step:
            lines.append(f"_{self.texts.say(language, COMMON, 'step', {'n': asked.step, 'total': asked.steps})}_")
        if asked.card:
            values = {**values, "card": self.card(language, domain, asked.card)}
        key = f"{asked.name}.again" if asked.again else asked.name
        if asked.again and not self.texts.has(domain, key):
            key = asked.name
        lines.append(self.texts.say(language, domain, key, {**values, **asked.values} if asked.values else values))
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


def _said(answers: Mapping[str, Mapping[str, object]], name: str) -> object:
    return answers[name]["v"] if name in answers else ""
