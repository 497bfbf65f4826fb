"""How we speak (domain.md 7.1), in every catalogue: no reproach, short, and the same said in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.markup import plain
from bot.repertoire import load as collect
from bot.texts import Texts

TEXTS = Texts.load(Path(__file__).parent.parent / "locales")
EVERY = sorted((domain, key) for domain in TEXTS.domains for key in TEXTS.keys(domain))
FORBIDDEN = {
    "id": re.compile(r"\b(salah|gagal|ditolak|error|anda|kamu|tki|tkw|invalid|ilegal)\b", re.I),
    "en": re.compile(r"\b(wrong|failed|rejected|error|invalid|illegal|tki|tkw)\b", re.I),
}
HARMLESS = {("en", "bot", "sorry")}
""" "Something went wrong on our side" blames nobody but us."""
LONGEST = 60
LONGER = {"consent", "review", "help"}
"""What the law or a card makes longer."""
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
MANNERS = {"sapaan", "nickname"}
"""How somebody is addressed differs between languages."""
SAME = ("announcements", "salutation")
"""Questions with options that are called as other templates end."""
NOT_LABELS = re.compile(
    r"\.(again|label|why|what|cannot_skip|name|named|choice\w*|shared|none|programme|mart|did_you_mean|too_short|too_long"
    r"|kind_\w+|number|number_range|rupiah_range|one|hour_quiet|party|moment\w*)$"
)


def forms(language: str, domain: str, key: str) -> tuple[str, ...]:
    return TEXTS.template(language, domain, key).forms


def options() -> list[tuple[str, str, list[str]]]:
    """(catalogue, question, keys of its options) of every question that has a template of its own."""
    found: dict[tuple[str, str], list[str]] = {}
    for domain, key in EVERY:
        base, dot, _ = key.rpartition(".")
        asked = not (NOT_LABELS.search(key) if base not in SAME else re.search(r"\.(label|why|again|choice\w*)$", key))
        known = (domain, base) in EVERY or ("bot", base) in EVERY
        if dot and known and asked and not base.startswith("rejected"):
            found.setdefault((domain, base), []).append(key)
    return [(domain, base, keys) for (domain, base), keys in found.items()]


@pytest.mark.parametrize("language", ["id", "en"])
def test_nobody_is_told_off(language: str) -> None:
    for domain, key in EVERY:
        for text in forms(language, domain, key):
            found = FORBIDDEN[language].search(text)
            assert found is None or (language, domain, key) in HARMLESS, f"{language} {domain}.{key}: {found}"


@pytest.mark.parametrize("language", ["id", "en"])
def test_messages_are_short(language: str) -> None:
    for domain, key in EVERY:
        for text in forms(language, domain, key):
            count = len(plain(text).split())
            assert key in LONGER or count <= LONGEST, f"{language} {domain}.{key}: {count} words"
            assert len(EMOJI.findall(text)) <= 1, f"{language} {domain}.{key}: one emoji is enough"


def test_both_languages_say_the_same() -> None:
    for domain, key in EVERY:
        there = {language for language in ("id", "en") if TEXTS.template(language, domain, key)}
        values = [TEXTS.placeholders(language, domain, key) - MANNERS for language in sorted(there)]
        assert values[0] == values[1], f"{domain}.{key}: {values}"


def test_every_text_is_written_in_both_languages() -> None:
    root = Path(__file__).parent.parent / "locales"
    for path in root.glob("id/LC_MESSAGES/*.po"):
        other = root / "en" / "LC_MESSAGES" / path.name
        keys = [re.findall(r'^msgid "(.+)"$', one.read_text(encoding="utf-8"), re.M) for one in (path, other)]
        assert keys[0] == keys[1], path.name


@pytest.mark.parametrize("language", ["id", "en"])
def test_labels_fit_the_buttons_of_both_channels(language: str) -> None:
    for domain, question, keys in options():
        longest = 20 if len(keys) <= 3 else 24
        for key in keys:
            label = plain(forms(language, domain, key)[0])
            assert len(label) <= longest, f"{language} {domain}.{key}: {label!r} has more than {longest} characters"
        labels = [plain(forms(language, domain, key)[0]).casefold() for key in keys]
        assert len(set(labels)) == len(labels), f"{language} {domain}.{question}: two options have the same label"


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("key", ["back", "skip", "done", "share_contact"])
def test_buttons_around_a_question_fit(language: str, key: str) -> None:
    assert len(forms(language, "bot", key)[0]) <= 20


@pytest.mark.parametrize("language", ["id", "en"])
def test_what_does_not_fit_is_answered_with_what_would(language: str) -> None:
    for key in TEXTS.keys("bot"):
        text = forms(language, "bot", key)[0]
        if key.startswith("rejected.") and "kind_" not in key:
            assert "*" in text or "..." in text or key in EXPLAINED, f"{language} {key}: give an example in bold"


EXPLAINED = {
    "rejected.other", "rejected.choice_exact", "rejected.place", "rejected.place_again", "rejected.place_letters",
    "rejected.place_village", "rejected.too_long", "rejected.id_number", "rejected.rupiah_range",
}  # fmt: skip
"""Those where an example would say nothing, or would give a name away that is not of that district."""


@pytest.mark.parametrize("language", ["id", "en"])
def test_who_stops_in_the_middle_is_told_the_word_that_goes_on(language: str) -> None:
    """Without a text of its own a conversation would send them to the enrolment."""
    for one in collect():
        if one.keeps and one.name != "enrol":
            text = forms(language, "bot", f"{one.name}.draft_kept")[0]
            assert any(f"*{word}*" in text for word in one.words), f"{language} {one.name}: {text}"


def test_every_command_of_the_menu_is_short() -> None:
    for language in ("id", "en"):
        for key in TEXTS.keys("bot"):
            if key.startswith("command."):
                assert len(forms(language, "bot", key)[0]) <= 60
        assert len(forms(language, "bot", "bot.description")[0]) <= 512
        assert len(forms(language, "bot", "bot.short_description")[0]) <= 120
