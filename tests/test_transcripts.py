"""The test of a conversation is the conversation: on both channels, once, twice, and with a fresh bot each time.

In Indonesian with every message delivered twice on Telegram, and on WhatsApp with a bot that has just been started
before each; in English, where only the words differ, once on each. `--every-way` plays all of them in every way.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogue import Player, Transcript, comparable, stage

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))
WAYS = ("once", "twice", "fresh")
HARDEST = {"telegram": ("twice",), "whatsapp": ("fresh",)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each transcript in the ways that are asked for; `--update` writes what once leads to."""
    if "transcript" not in metafunc.fixturenames:
        return
    every = metafunc.config.getoption("--every-way") or metafunc.config.getoption("--update")
    cases = [
        pytest.param(path, channel, way, id=f"{path.stem}-{channel}-{way}")
        for path in FILES
        for channel in HARDEST
        if (only := Transcript.read(path).only) in ("", channel)
        for way in (
            (WAYS if every else WAYS[1:] if only else HARDEST[channel]) if path.stem.endswith(".id") else WAYS[:1]
        )
    ]
    metafunc.parametrize(("transcript", "channel", "way"), cases)


@pytest.mark.asyncio
async def test_transcript(transcript: Path, channel: str, way: str, request: pytest.FixtureRequest) -> None:
    dialogue = Transcript.read(transcript)
    async with stage() as on:
        went = await Player(on, dialogue, channel, twice=way == "twice", fresh=way == "fresh").play()
    if request.config.getoption("--update") and way == "once" and channel == (dialogue.only or "telegram"):
        dialogue.update(went)
        return
    assert comparable(went, channel) == comparable(dialogue.expected, channel)


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
