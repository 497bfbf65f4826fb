"""The menu: a greeting, and what can be done here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.author import Chat, Choice, Option, asides, conversation, formats
from bot.records import roles

CHOICES = ("enrol", "status", "tips", "calculate", "mart", "sell", "my_data", "contacts", "help", "language")
"""Each is the name of a conversation. Old buttons of the menu go on working, so none is left out lightly.

Ten at most: a list on WhatsApp has no more."""


@dataclass(frozen=True)
class Menu:
    """The choices, and what people write instead of choosing.

    The value is the conversation that answers, and behind it what is handed to it: "mart_item gula".
    """

    choices: Choice

    free = False

    @property
    def accepts(self) -> Any:
        return self.choices.accepts

    def options(self) -> tuple[Option, ...]:
        return self.choices.options()

    def show(self, value: Any, language: str) -> str | None:
        return self.choices.show(value, language)

    def read(self, said: Any) -> Any:
        """A thing that is asked for ("jual keripik"), else a choice, else what a few words seem to mean."""
        found = asides.asked_for(said.text) if said.text not in CHOICES else asides.Meaning("")
        value = self.choices.read(said) if not found.name else None
        if not found.name and getattr(value, "reason", "") == "choice":
            found = asides.meaning(said.text)
        return f"{found.name} {found.given}".strip() if found.name else value


MENU = Menu(Choice(tuple(map(Option, CHOICES))))


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
    name, _, given = chosen.partition(" ")
    return await chat.say("nothing") if name == asides.NOTHING else chat.then(name, given)
