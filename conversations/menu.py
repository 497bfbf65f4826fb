"""The menu: a greeting, and what can be done here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.author import Chat, Choice, Option, asides, conversation, formats
from bot.records import roles

CHOICES = ("enrol", "status", "tips", "calculate", "mart", "sell", "my_data", "contacts", "help", "language")
"""Each is the name of a conversation. Old buttons of the menu go on working, so none is left out lightly.

Ten at most: a list on WhatsApp has no more."""

NOTHING = "nothing"
"""Somebody only says "ok sip" (data/answers.toml)."""
FEW = 6
"""Words of a question that is short enough to be guessed; what is longer is for a person."""


@dataclass(frozen=True)
class Menu:
    """The choices, and what people write instead of choosing; the value is the conversation that answers."""

    choices: Choice
    others: tuple[Choice, ...]

    free = False

    @property
    def accepts(self) -> Any:
        return self.choices.accepts

    def options(self) -> tuple[Option, ...]:
        return self.choices.options()

    def show(self, value: Any, language: str) -> str | None:
        return self.choices.show(value, language)

    def read(self, said: Any) -> Any:
        """A choice where it is one, else what a few words seem to mean."""
        value = self.choices.read(said)
        if getattr(value, "reason", "") != "choice":
            return value
        for other in self.others:
            found = other.read(replace(said, shown=()))
            if isinstance(found, str) and len(said.text.split()) <= FEW:
                return found
        return value


MENU = Menu(
    Choice(tuple(map(Option, CHOICES))),
    (
        Choice((Option(NOTHING, aliases=asides()[NOTHING].meant),), exact=True),
        Choice(tuple(Option(name, aliases=one.meant) for name, one in asides().items() if name != NOTHING)),
    ),
)


@conversation("menu", words="menu")
async def menu(chat: Chat) -> Any:
    """Greet by the part of the day, by name where it is known, and go where the person wants to."""
    part = formats.part_of_day(chat.now, chat.speaker.zone)
    await chat.say(f"{part}.named" if chat.speaker.nickname else part)
    if roles.allowed(chat.speaker.roles, "antrean"):
        await chat.say("staff")
    elif roles.allowed(chat.speaker.roles, "rekap"):
        await chat.say("staff_figures")
    elif roles.allowed(chat.speaker.roles, "umumkan"):
        await chat.say("staff_mart")
    elif not chat.speaker.person:
        await chat.say("intro")
    chosen = await chat.ask("menu", MENU, given=chat.given)
    return await chat.say("nothing") if chosen == NOTHING else chat.then(chosen)
