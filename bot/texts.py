"""What the bot says: templates by language, conversation and key, from locales/<language>/LC_MESSAGES/<domain>.po.

A msgid is a key ("full_name", "consent.agree"), its msgstr a template in neutral markup with {named} values. Dates,
times and amounts are formats.py's; which template is used when is not decided here.
"""

from __future__ import annotations

import gettext
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.markup import Neutral, escape

COMMON = "bot"
"""The domain that every conversation falls back on."""
LAST = "en"

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BACKSLASH = re.compile(r"\\(.)")
_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class MissingText(KeyError):
    """No template has this key; the message tells the file to write it in."""

    def __str__(self) -> str:
        return str(self.args[0])


class MissingValue(KeyError):
    """A template names a value that it was not given; the message tells which."""

    def __str__(self) -> str:
        return str(self.args[0])


class Malformed(Exception):
    """A .po file that cannot be read; the message has its name and line."""


class Entry(NamedTuple):
    """One template: one form, or as many as the language has plurals."""

    key: str
    forms: tuple[str, ...]
    plural: bool


class _Template:
    """An entry made ready: per form, literal texts and names of values in turn."""

    __slots__ = ("choose", "forms", "place")

    def __init__(self, entry: Entry, choose: Callable[[int], int], place: str) -> None:
        self.forms = [_PLACEHOLDER.split(form) for form in entry.forms]
        self.choose = choose if entry.plural else None
        self.place = place

    def fill(self, values: Mapping[str, object]) -> str:
        pieces = self.forms[0] if self.choose is None else self.forms[self.choose(_count(values, self.place))]
        if len(pieces) == 1:
            return pieces[0]
        pieces = pieces.copy()
        try:
            for at in range(1, len(pieces), 2):
                value = values[pieces[at]]
                pieces[at] = value if type(value) is Neutral else escape(value if type(value) is str else str(value))
        except KeyError:
            raise MissingValue(
                f"{self.place} needs {{{pieces[at]}}}; given: {', '.join(values) or 'nothing'}"
            ) from None
        return "".join(pieces)


class Texts:
    """Every template of every language."""

    def __init__(
        self,
        entries: Mapping[tuple[str, str], Mapping[str, Entry]],
        plurals: Mapping[tuple[str, str], str],
        default: str,
    ) -> None:
        self.default = default
        self.languages = tuple(sorted({language for language, _ in entries}))
        self.domains = tuple(sorted({domain for _, domain in entries}))
        self._entries = entries
        self._plurals = plurals
        self._keys = {
            domain: frozenset[str]().union(*(entries.get((language, domain), ()) for language in self.languages))
            for domain in self.domains
        }
        self._ready: dict[tuple[str, str, str], _Template] = {}

    @classmethod
    def load(cls, folder: Path | str, default: str = "id") -> Texts:
        """Read every .po file under `folder`; raises Malformed."""
        entries: dict[tuple[str, str], dict[str, Entry]] = {}
        plurals: dict[tuple[str, str], str] = {}
        for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
            place = (path.parent.parent.name, path.stem)
            found = entries[place] = {}
            for entry in read(path.read_text(encoding="utf-8"), str(path)):
                if not entry.key:
                    plurals[place] = _plural_rule(entry.forms[0])
                elif all(entry.forms):
                    found[entry.key] = entry
        return cls(entries, plurals, default)

    def say(self, language: str, domain: str, key: str, values: Mapping[str, object]) -> str:
        """The text in neutral markup, values escaped unless they are Neutral; raises MissingText, MissingValue.

        Looks in the conversation's domain and then in `bot`; in each through the languages of `chain`.
        """
        template = self._ready.get((language, domain, key)) or self._prepare(language, domain, key)
        return template.fill(values)

    def find(self, language: str, domain: str, *keys: str) -> str | None:
        """The first of the keys that exists, for this domain or in `bot`."""
        return next((key for key in keys if self.has(domain, key)), None)

    def has(self, domain: str, key: str) -> bool:
        """True where `say` finds this key, in whatever language."""
        return key in self._keys.get(domain, ()) or key in self._keys.get(COMMON, ())

    def keys(self, domain: str) -> frozenset[str]:
        """The keys of a domain itself, over all languages."""
        return self._keys.get(domain, frozenset())

    def written(self, language: str, domain: str) -> frozenset[str]:
        """The keys of a domain that have a text in this very language."""
        return frozenset(self._entries.get((language, domain), ()))

    def template(self, language: str, domain: str, key: str) -> Entry:
        """The entry that `say` would fill: for lint and for proof; raises MissingText."""
        return self._locate(language, domain, key)[1]

    def placeholders(self, language: str, domain: str, key: str) -> frozenset[str]:
        """The names of the values that a template needs, without the `n` that chooses a plural."""
        return frozenset(
            name for form in self.template(language, domain, key).forms for name in _PLACEHOLDER.findall(form)
        )

    def digest(self, language: str, domain: str, key: str) -> str:
        """SHA-256 of the template's wording, in hex: what a consent is kept with."""
        return hashlib.sha256("\0".join(self.template(language, domain, key).forms).encode()).hexdigest()

    def chain(self, language: str) -> tuple[str, ...]:
        """Where a text is looked for: the language, the same without its region, the default, English, any."""
        tag = language.replace("_", "-")
        wider = [tag[:at] for at in range(len(tag), 0, -1) if at == len(tag) or tag[at] == "-"]
        return tuple(
            dict.fromkeys(
                [language, *wider, *(tag.replace("-", "_") for tag in wider), self.default, LAST, *self.languages]
            )
        )

    def _locate(self, language: str, domain: str, key: str) -> tuple[tuple[str, str], Entry]:
        for where in dict.fromkeys((domain, COMMON)):
            if key in self._keys.get(where, ()):
                for tongue in self.chain(language):
                    entry = self._entries.get((tongue, where), {}).get(key)
                    if entry is not None:
                        return (tongue, where), entry
        raise MissingText(
            f'no text for "{key}" in "{domain}" or "{COMMON}": add msgid "{key}" to '
            f"locales/{self.default}/LC_MESSAGES/{domain}.po, and to the other languages"
        )

    def _prepare(self, language: str, domain: str, key: str) -> _Template:
        place, entry = self._locate(language, domain, key)
        name = f'"{key}" of locales/{place[0]}/LC_MESSAGES/{place[1]}.po'
        template = _Template(entry, _plural(self._plurals.get(place, "0"), len(entry.forms)), name)
        # The languages that people's apps name are not known beforehand: what is kept must not grow with them.
        if language in self.languages:
            self._ready[language, domain, key] = template
        return template


def read(text: str, name: str) -> Iterator[Entry]:
    """The entries of a .po file; fuzzy and obsolete ones are left out. The header has the key "".

    The part of the format that our files use: no msgctxt. Babel's reader, against which the tests hold it, is three
    times as slow, import included.
    """
    parts: dict[str, str] = {}
    field, fuzzy, seen = "", False, set[str]()

    def entry() -> Iterator[Entry]:
        key, forms = parts["msgid"], tuple(value for part, value in parts.items() if part.startswith("msgstr"))
        if key in seen:
            raise Malformed(f'{name}:{number}: "{key}" stands there twice')
        seen.add(key)
        if not fuzzy or not key:
            yield Entry(key, forms, "msgid_plural" in parts)

    for number, line in enumerate([*text.split("\n"), "#"], 1):
        if line.startswith('"'):
            if not field:
                raise Malformed(f"{name}:{number}: a text that belongs to no msgid")
            parts[field] += _unquoted(line, name, number)
        elif line.startswith("msg"):
            word, _, quoted = line.partition(" ")
            if word == "msgid" and "msgid" in parts:
                yield from entry()
                parts, fuzzy = {}, False
            if word in parts or (word not in _FIELDS and not word.startswith("msgstr[")):
                raise Malformed(f"{name}:{number}: {word} is not expected here")
            field, parts[word] = word, _unquoted(quoted, name, number)
        elif line.startswith("#"):
            if field.startswith("msgstr"):
                yield from entry()
                parts, field, fuzzy = {}, "", False
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.strip():
            raise Malformed(f"{name}:{number}: neither a msgid nor a msgstr nor a comment")


_FIELDS = frozenset({"msgid", "msgid_plural", "msgstr"})


def _unquoted(quoted: str, name: str, number: int) -> str:
    quoted = quoted.strip()
    if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
        raise Malformed(f"{name}:{number}: a text must stand between quotation marks")
    inner = quoted[1:-1]
    return _BACKSLASH.sub(lambda found: _UNESCAPED.get(found[1], found[1]), inner) if "\\" in inner else inner


def _plural_rule(header: str) -> str:
    found = re.search(r"^Plural-Forms:.*?plural=([^;\n]+)", header, re.MULTILINE)
    return found[1].strip() if found else "0"


@cache
def _plural(rule: str, forms: int) -> Callable[[int], int]:
    choose: Callable[[int], int] = gettext.c2py(rule)
    return lambda n: min(choose(n), forms - 1)


def _count(values: Mapping[str, object], place: str) -> int:
    n = values.get("n")
    if not isinstance(n, int):
        raise MissingValue(f"{place} needs a whole number n to choose its plural")
    return n
