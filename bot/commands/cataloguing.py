"""`pijar texts`: keeps the catalogues in step with the code, line by line, so that order and comments stay as they are.

Adds what is missing with an empty text and marks what nothing uses. Translates nothing and deletes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bot.commands import lint, mentions
from bot.texts import Texts, read

LOCALES = mentions.ROOT / "locales"
UNUSED = "#. unused"
"""Stands above a template that nothing in the code names any more."""

HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals};\\n"
"""

PLURALS = {"id": "nplurals=1; plural=0"}
"""The plural forms of languages; those of English where nothing stands here."""


def run(only_check: bool) -> int:
    """Bring the catalogues in step, or only tell what is not; 1 where they are not in step and stay so."""
    changed = update(LOCALES, write=not only_check)
    for path, notes in changed.items():
        for note in notes:
            print(f"{path.relative_to(LOCALES.parent)}: {note}")
    print("The catalogues are in step." if not changed else "Not written." if only_check else "Written.")
    return 1 if changed and only_check else 0


def update(folder: Path, *, write: bool) -> Mapping[Path, list[str]]:
    """What was, or would be, changed: for each file a line for each template."""
    texts = Texts.load(folder)
    wanted = _wanted(texts)
    unused = lint.unused(texts)
    changed: dict[Path, list[str]] = {}
    for language in texts.languages:
        for domain in sorted({*texts.domains, *wanted}):
            path = folder / language / "LC_MESSAGES" / f"{domain}.po"
            before = path.read_text(encoding="utf-8") if path.exists() else _header(language)
            known = {entry.key for entry in read(before, str(path))}
            missing = {key: place for key, place in wanted.get(domain, {}).items() if key not in known}
            idle = {key for where, key in unused if where == domain and key in known}
            after, notes = edited(before, missing, idle)
            if notes:
                changed[path] = notes
                if write:
                    path.write_text(after, encoding="utf-8")
    return changed


def edited(text: str, missing: Mapping[str, str], unused: set[str]) -> tuple[str, list[str]]:
    """A catalogue with the missing keys at its end, each with its place, and marks at exactly the unused ones."""
    notes = []
    lines = text.rstrip("\n").split("\n")
    made: list[str] = []
    for line in lines:
        found = re.fullmatch(r'msgid "(.+)"', line)
        if found is not None:
            top = _comments(made)
            marked = UNUSED in made[top:]
            if found[1] in unused and not marked:
                made.insert(top, UNUSED)
                notes.append(f"{found[1]!r} is unused")
            elif found[1] not in unused and marked:
                del made[made.index(UNUSED, top)]
                notes.append(f"{found[1]!r} is used again")
        made.append(line)
    for key, place in missing.items():
        made += ["", f"#: {place}", f'msgid "{key}"', 'msgstr ""']
        notes.append(f"{key!r} added, without a text")
    return "\n".join(made) + "\n", notes


def _comments(lines: list[str]) -> int:
    """Where the comments begin that stand right above what comes next."""
    at = len(lines)
    while at and lines[at - 1].startswith("#"):
        at -= 1
    return at


def _wanted(texts: Texts) -> dict[str, dict[str, str]]:
    """By domain the keys that should be there, with the first place that names them."""
    wanted: dict[str, dict[str, str]] = {}
    for one in mentions.mentions():
        for domain in one.domains:
            if not one.begins and not texts.has(domain, one.key):
                wanted.setdefault(domain, {}).setdefault(one.key, one.place.partition(":")[0])
    for domain in texts.domains:
        for key in texts.keys(domain):
            wanted.setdefault(domain, {}).setdefault(key, "another language")
    return wanted


def _header(language: str) -> str:
    return HEADER.format(language=language, plurals=PLURALS.get(language, "nplurals=2; plural=(n != 1)"))
