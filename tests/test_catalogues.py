"""The catalogues: complete in every language, in step with the code, and inside the channels' limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot import markup
from bot.commands import lint, mentions
from bot.texts import Texts, read

LOCALES = Path(__file__).parent.parent / "locales"
TEXTS = Texts.load(LOCALES)
FILES = sorted(LOCALES.glob("*/LC_MESSAGES/*.po"))
LABELS = ("back", "skip", "done", "share_contact")
"""Buttons of the engine."""


def test_there_are_catalogues() -> None:
    assert {"id", "en"} <= set(TEXTS.languages)
    assert "bot" in TEXTS.domains


def test_every_language_has_every_template_with_the_same_values() -> None:
    assert list(lint.compared(LOCALES)) == []


def test_every_template_that_the_code_names_is_there_and_fits() -> None:
    assert list(lint.named(TEXTS, mentions.mentions())) == []


def test_nothing_is_unused() -> None:
    assert lint.unused(TEXTS) == []


@pytest.mark.parametrize("language", TEXTS.languages)
@pytest.mark.parametrize("key", LABELS)
def test_buttons_of_the_engine_fit(language: str, key: str) -> None:
    assert len(TEXTS.say(language, "bot", key, {})) <= mentions.BUTTON


@pytest.mark.parametrize("language", TEXTS.languages)
def test_what_telegram_shows_of_the_bot_fits(language: str) -> None:
    for domain in TEXTS.domains:
        for key in TEXTS.keys(domain):
            if key.startswith("command."):
                assert 3 <= len(TEXTS.say(language, domain, key, {})) <= 256, key
    assert len(TEXTS.say(language, "bot", "bot.description", _values("bot.description", language))) <= 512
    assert len(TEXTS.say(language, "bot", "bot.short_description", _values("bot.short_description", language))) <= 120


def _values(key: str, language: str) -> dict[str, object]:
    return dict.fromkeys(TEXTS.placeholders(language, "bot", key), "x" * 30)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_template_fits_one_message(path: Path) -> None:
    """With values of thirty characters it is well inside WhatsApp's 1,600, so that the question after it fits, too."""
    for entry in read(path.read_text(encoding="utf-8"), str(path)):
        for form in entry.forms if entry.key else ():
            filled = re.sub(r"\{\w+\}", "x" * 30, form)
            assert len(markup.whatsapp(filled)) <= 1500, entry.key
            assert form == form.strip(), f"{entry.key} begins or ends with a space"
