"""What can be seen to be wrong in conversations and catalogues without running them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot import submissions
from bot.commands import mentions
from bot.commands.mentions import Mention
from bot.texts import COMMON, Entry, Texts, read

ALWAYS = frozenset(
    ["organisation", "programme", "retention", "days", "contact", "sapaan", "nickname", "channel", "card", "n"]
)
"""Values that the engine gives to every template (composing.py, running.py)."""

ADDRESS = frozenset(["sapaan", "nickname"])
"""Values that a language may leave out: each speaks to people in its own way."""

FORBIDDEN = {
    "time": "chat.now",
    "random": "chat.random",
    "secrets": "an effect: chat.once",
    "uuid": "an effect: chat.once",
    "asyncio": "chat: a conversation awaits nothing else",
    "aiohttp": "the outbox: a conversation does not use the network",
    "requests": "the outbox: a conversation does not use the network",
    "os": "the settings",
}
"""What a conversation may not import, and what it uses instead."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
CLOCKS = frozenset({"now", "today", "utcnow"})
MINE = ("bot.author", "bot.records", "conversations")
"""What a conversation may import of ours."""


def problems(texts: Texts, root: Path = mentions.ROOT) -> list[str]:
    """Everything that is wrong, one line each with its place."""
    found: list[str] = []
    for path in sorted((root / "conversations").glob("*.py")):
        found += source(path.read_text(encoding="utf-8"), f"conversations/{path.name}")
    found += named(texts, mentions.mentions(root))
    found += compared(root / "locales")
    found += submissions.problems(texts)
    return found


def source(text: str, name: str) -> Iterator[str]:
    """Clocks, chance and foreign modules in one conversation's source."""
    for node in ast.walk(ast.parse(text)):
        line = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for one in node.names:
                yield from _imported(one.name, line)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(node.module or "", line)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = node.func.value
            owner = whose.attr if isinstance(whose, ast.Attribute) else getattr(whose, "id", "")
            if node.func.attr in CLOCKS and owner in ("datetime", "date"):
                yield f"{line}: {owner}.{node.func.attr}() is a clock of its own; use chat.now"


def _imported(module: str, line: str) -> Iterator[str]:
    first = module.partition(".")[0]
    if first in FORBIDDEN:
        yield f"{line}: imports {module}; use {FORBIDDEN[first]}"
    elif first == "bot" and module != "bot" and not module.startswith(MINE):
        yield f"{line}: imports {module}; a conversation imports bot.author and bot.records"


def named(texts: Texts, found: Iterable[Mention]) -> Iterator[str]:
    """Templates that the code names and no catalogue has, or that do not fit what they are used for."""
    for one in found:
        for domain in one.domains:
            if one.begins:
                if not any(key.startswith(one.key) for key in texts.keys(domain) | texts.keys(COMMON)):
                    yield f"{one.place}: no template of {domain} begins with {one.key!r}"
                continue
            if not texts.has(domain, one.key):
                yield f"{one.place}: {domain} has no template {one.key!r}; pijar texts adds it"
                continue
            yield from _fits(texts, domain, one)


def _fits(texts: Texts, domain: str, one: Mention) -> Iterator[str]:
    for language in texts.languages:
        if one.given is not None:
            missing = texts.placeholders(language, domain, one.key) - one.given - ALWAYS
            if missing:
                yield f"{one.place}: {language}/{domain} {one.key!r} wants {_names(missing)}, which it is not given"
        for form in texts.template(language, domain, one.key).forms if one.longest else ():
            if len(form) > one.longest:
                yield f"{one.place}: {language}/{domain} {one.key!r} has {len(form)} characters; {one.longest} fit"


def compared(folder: Path) -> Iterator[str]:
    """Templates that a language lacks, or that name other values there."""
    kept = {
        (path.parent.parent.name, path.stem): {
            one.key: one for one in read(path.read_text(encoding="utf-8"), str(path))
        }
        for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))
    }
    languages = sorted({language for language, _ in kept})
    for domain in sorted({domain for _, domain in kept}):
        keys = dict.fromkeys(key for language in languages for key in kept.get((language, domain), {}) if key)
        for key in keys:
            entries = {language: kept.get((language, domain), {}).get(key) for language in languages}
            written = {language: one for language, one in entries.items() if one is not None and all(one.forms)}
            for language in entries.keys() - written.keys():
                yield f"locales/{language}/LC_MESSAGES/{domain}.po: {key!r} has no text"
            if len({_values(one) for one in written.values()}) > 1:
                yield f"locales/*/LC_MESSAGES/{domain}.po: {key!r} does not name the same values in each language"


def _values(entry: Entry) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(" ".join(entry.forms))) - ADDRESS


def unused(texts: Texts, root: Path = mentions.ROOT) -> list[tuple[str, str]]:
    """Templates that nothing in the code could be naming: (domain, key)."""
    whole, begun = mentions.words(root)
    starts = {piece.rpartition(".")[2] for piece in begun} | {piece.partition(".")[0] for piece in begun}

    def known(part: str) -> bool:
        return part in whole or part in starts or any(len(one) > 3 and part.startswith(one) for one in starts)

    return [
        (domain, key)
        for domain in texts.domains
        for key in sorted(texts.keys(domain))
        if not all(known(part) for part in key.split("."))
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
