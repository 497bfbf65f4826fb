"""The conversation that is measured: ten questions as an enrolment has them, and a row at the end.

Each question names the answer before it, so that whoever reads along sees an answer that comes from a wrong state.
"""

from __future__ import annotations

from bot.author import Chat, Text, Tx, conversation
from bot.schema import audit

STEPS = tuple(f"q{number}" for number in range(1, 11))
CHOICES = {3: 4, 6: 5, 9: 3}
"""The questions that are choices, with how many there are."""


@conversation("bench", words="bench", steps=" ".join(STEPS), keeps=True)
async def bench(chat: Chat) -> None:
    """Ask ten things, keep one row, say all answers."""
    before, said = "–", []
    for number, name in enumerate(STEPS, 1):
        if number in CHOICES:
            options = [f"o{which}" for which in range(1, CHOICES[number] + 1)]
            before = await chat.choose(name, options, before=before)
        else:
            before = await chat.ask(name, Text(2, 80), before=before)
        said.append(str(before))
    await chat.once("kept", lambda tx: _keep(tx, chat.speaker.account, chat.talk))
    await chat.say("done", answers=" ".join(said))


async def _keep(tx: Tx, account: str, talk: str) -> None:
    await tx.add(audit, {"at": tx.now, "actor": account, "action": "bench", "object": talk})
