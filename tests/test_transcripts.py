"""The test of a conversation is the conversation: on both channels, once, twice, and with a fresh bot each time.

In Indonesian in all these ways; in English, where only the words differ, once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogue import Player, Transcript, comparable, stage

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))
WAYS = ("once", "twice", "fresh")
CASES = [
    pytest.param(path, channel, way, id=f"{path.stem}-{channel}-{way}")
    for path in FILES
    for channel in ("telegram", "whatsapp")
    for way in (WAYS if path.stem.endswith(".id") else WAYS[:1])
    if Transcript.read(path).only in ("", channel)
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("path", "channel", "way"), CASES)
async def test_transcript(path: Path, channel: str, way: str, request: pytest.FixtureRequest) -> None:
    transcript = Transcript.read(path)
    async with stage() as on:
        went = await Player(on, transcript, channel, twice=way == "twice", fresh=way == "fresh").play()
    if request.config.getoption("--update") and way == "once" and channel == (transcript.only or "telegram"):
        transcript.update(went)
        return
    assert comparable(went, channel) == comparable(transcript.expected, channel)


@pytest.mark.asyncio
@pytest.mark.parametrize("way", WAYS)
async def test_with_buttons_and_lists_on_whatsapp_the_words_are_the_same(way: str) -> None:
    transcript = Transcript.read(FOLDER / "enrol-whatsapp.id.txt")
    async with stage() as on:
        await on.shaped()
        player = Player(on, transcript, "whatsapp", twice=way == "twice", fresh=way == "fresh")
        went = await player.play()
        kinds = {call.params["MessageType"] for call in on.sandbox.calls("inbound")}
        bodies = [message.text for phone in on.sandbox.phones for message in phone.chat if message.buttons]
    assert comparable(went, "whatsapp") == comparable(transcript.expected, "whatsapp")
    assert kinds == {"text", "button", "interactive"}
    assert player.pressed[:2] == ["Setuju", "Ibu"]
    assert len(player.pressed) > 6
    assert all(len(body) <= 1024 and "\n1. " in body for body in bodies)
