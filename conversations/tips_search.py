"""Looking for a lesson: `cari modal`."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Choice, Option, Rejected, Sought, asides, conversation, courses, search

MOST_WORDS = 6
"""Behind "cari": what is longer is a sentence about something else."""


def a_few_words(said: str) -> bool:
    """Whether what stands behind "cari" is something to look for."""
    return len(said.split()) <= MOST_WORDS


class Listed(Choice):
    """Courses or lessons to choose from; other words that lessons know are looked for."""

    def read(self, said: Any) -> Any:
        """An option, or what to look for behind a star, which no option begins with."""
        value = super().read(said)
        if not isinstance(value, Rejected) or value.reason != "choice" or asides.asked_for(said.text).name:
            return value
        return f"*{said.text}" if a_few_words(said.text) and search(said.text, "") else value


@conversation(
    "tips_search",
    words="cari, cari tips, cari pelajaran, search, find, search tips, find tips, search lesson",
    takes=a_few_words,
)
async def tips_search(chat: Chat) -> Any:
    """Show the lessons that fit the words; where none does, the courses or other words."""
    wanted = await chat.ask("wanted", Sought(2, 60), given=chat.given)
    found = [one for id in search(wanted, chat.speaker.language) if (one := courses.lesson(id)) is not None]
    if not found:
        await chat.say("nothing", wanted=wanted)
        again = await chat.choose("instead", ["courses", "again"]) == "again"
        return chat.then("tips_search" if again else "tips")
    hits = Listed((*(Option(one.id, one.title) for one in found), Option("courses")))
    chosen = await chat.ask("hit", hits, wanted=wanted)
    if chosen.startswith("*"):
        return chat.then("tips_search", chosen[1:])
    return chat.then("tips") if chosen == "courses" else chat.then("lesson", chosen)
