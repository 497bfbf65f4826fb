"""`pijar talk`: what is saved there is a transcript that passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import repertoire
from bot.commands import terminal
from tests.dialogue import Player, Transcript, comparable, stage


async def _saved(database: Path, folder: Path, language: str, lines: list[str]) -> Path:
    session = terminal.Session(
        terminal.settings(f"sqlite+aiosqlite:///{database}"), repertoire.load(), transcripts=folder
    )
    await session.running.start()
    try:
        session.begin_again(language)
        for line in lines:
            await (session.wait(line[1:]) if line.startswith("@") else session.type(line))
        return session.save("said")
    finally:
        await session.running.stop()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("id", ["halo", "[Daftar program]", "[Setuju]", "1985", "@2h", "2", "batal"]),
        ("en", ["/start", "my data", "help"]),
    ],
)
async def test_what_is_saved_passes(database: Path, tmp_path: Path, language: str, lines: list[str]) -> None:
    path = await _saved(database, tmp_path, language, lines)
    transcript = Transcript.read(path)
    async with stage() as on:
        went = await Player(on, transcript, "telegram").play()
    assert comparable(went, "telegram") == comparable(transcript.expected, "telegram")
    assert went.count("> ") >= len([line for line in lines if not line.startswith("@")])
