"""Short answers to what people ask again and again; whatever else they ask, a person answers.

What they write stands in data/answers.toml, the answers in bot.po. They promise nothing that the programme has not
promised, and end with what to do next.
"""

from __future__ import annotations

from bot.author import Chat, Conversation, asides, conversation


def answered(about: str) -> Conversation:
    """The conversation that says `asked.<about>` and is over."""
    name = f"asked_{about}"

    @conversation(name, words=", ".join(asides.asides()[name].opens))
    async def answer(chat: Chat) -> None:
        await chat.say(f"asked.{about}")

    return answer


cost, time, who, benefit, trust, savings, us = map(
    answered, ("cost", "time", "who", "benefit", "trust", "savings", "us")
)
