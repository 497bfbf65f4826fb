"""Catalogues of conversations that only tests hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.texts import Texts
from tests.benchmarks.bot import texts as together


def wording(catalogues: Mapping[str, Mapping[str, str]]) -> Texts:
    """The bot's catalogues with these beside them, in Indonesian, by domain and key."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "id" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for domain, entries in catalogues.items():
            made = [f"msgid {json.dumps(key)}\nmsgstr {json.dumps(text)}\n" for key, text in entries.items()]
            (folder / f"{domain}.po").write_text("\n".join(made), encoding="utf-8")
        return together(Path(name))
