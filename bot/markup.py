"""Neutral markup and what each channel makes of it.

Neutral markup is text with `*bold*`, `_italic_` and lines that start with "• "; a backslash takes the meaning from the
character after it. As on WhatsApp a marker counts only next to a space or punctuation, hugs its words and does not span
lines. There are no links, headings or tables: no channel needs them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping

from bot.messages import Button

TELEGRAM_LIMIT = 4096
"""UTF-16 units of a text after its entities are parsed (core.telegram.org/bots/api#sendmessage)."""
WHATSAPP_LIMIT = 1600
"""Characters of a body (Twilio error 21617)."""

_JOINER = "\u2060"
_URL = r"ttps?://(?:\\[\\*_~`](?=[A-Za-z0-9\\_&=/?%#-])|[^\s\\*_~`<>\"]|_(?=[A-Za-z0-9_&=/?%#-])|~(?=[A-Za-z0-9/]))+"
# Each alternative starts with a literal character: only so does the engine jump from one candidate to the next.
_MARKUP = re.compile(
    r"\\(?P<escaped>\S)"
    r"|\*(?<![^\W_]\*)(?=\S)(?P<bold>(?:\\.|[^\\\n])+?)(?<=\S)\*(?![^\W_])"
    r"|_(?<![^\W_]_)(?=\S)(?P<italic>(?:\\.|[^\\\n])+?)(?<=\S)_(?![^\W_])"
    rf"|h(?P<url>{_URL})"
    r"|&|<|>|\*|_|~|`"
)
_ESCAPABLE = re.compile(r"[\\*_~`]|^[^\S\n]*(?:[->]|\d{1,9}[.)](?=\s|$))", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_ACTIVE_IN_URL = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[*~`]")


class Neutral(str):
    """Text that is neutral markup already: inserted into a template as it stands."""

    __slots__ = ()


def escape(text: str) -> str:
    """Text that shows exactly `text`, whatever people typed: no markup, no list, no quote, on no channel."""
    if _ESCAPABLE.search(text) is None:
        return text
    return _ESCAPABLE.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)


def telegram(neutral: str) -> str:
    """HTML for parse_mode=HTML; always well-formed."""
    return _TELEGRAM(neutral)


def whatsapp(neutral: str) -> str:
    """WhatsApp's own markup; it has no escape, so a word joiner (U+2060) follows what must mean nothing."""
    return _WHATSAPP(neutral)


def plain(neutral: str) -> str:
    """The words alone."""
    return _PLAIN(neutral)


def numbered(options: Iterable[Button]) -> str:
    """One line an option, `1. Label` or `1. Label – description`, in neutral markup."""
    lines = []
    for number, option in enumerate(options, 1):
        line = f"{number}. {escape(option.label)}"
        lines.append(f"{line} – {escape(option.description)}" if option.description else line)
    return "\n".join(lines)


def telegram_length(neutral: str) -> int:
    """What Telegram counts: UTF-16 units without the markup."""
    return _units(_PLAIN(neutral))


def whatsapp_length(neutral: str) -> int:
    """What Twilio counts, or more: UTF-16 units of the body, with the markup."""
    return _units(_WHATSAPP(neutral))


def split(neutral: str, limit: int, length: Callable[[str], int]) -> list[str]:
    """Parts that each fit, cut between paragraphs, else lines, else words; bold and italic go on in the next part.

    Only white space at a cut is lost. `length` is the one of the channel: telegram_length, whatsapp_length.
    """
    return [part for part in _parts(neutral, limit, length, ("\n\n", "\n")) if part.strip()]


def _renderer(
    special: str,
    bare: Mapping[str, str],
    escaped: Mapping[str, str],
    bold: tuple[str, str],
    italic: tuple[str, str],
    url: Callable[[str], str],
) -> Callable[[str], str]:
    """A function that renders; text without a `special` character is returned untouched, and that is most of it."""
    search, substitute = re.compile(special).search, _MARKUP.sub

    def replaced(found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind is None:
            return bare.get(found[0], found[0])
        if kind == "escaped":
            return escaped.get(found[kind], found[kind])
        if kind == "url":
            return url(_ESCAPED.sub(r"\1", found[0]))
        marker = bold if kind == "bold" else italic
        return f"{marker[0]}{rendered(found[kind])}{marker[1]}"

    def rendered(neutral: str) -> str:
        return substitute(replaced, neutral) if search(neutral) else neutral

    return rendered


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TELEGRAM = _renderer(
    r"[\\*_&<>]", _ENTITIES, _ENTITIES, ("<b>", "</b>"), ("<i>", "</i>"), lambda url: url.replace("&", "&amp;")
)
_WHATSAPP = _renderer(
    r"[\\*_~`]",
    {character: character + _JOINER for character in "*_~`"},
    {character: character + _JOINER for character in "*_~`->.)"},
    ("*", "*"),
    ("_", "_"),
    # A word joiner would break the link; a percent-encoded character is the same link.
    lambda url: _ACTIVE_IN_URL.sub(lambda found: f"%{ord(found[0]):02X}", url),
)
_PLAIN = _renderer(r"[\\*_]", {}, {}, ("", ""), ("", ""), lambda url: url)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _parts(neutral: str, limit: int, length: Callable[[str], int], separators: tuple[str, ...]) -> list[str]:
    if length(neutral) <= limit:
        return [neutral]
    if not separators:
        return _cut(list(_atoms(neutral)), limit, length)
    parts: list[str] = []
    current: str | None = None
    for piece in neutral.split(separators[0]):
        joined = piece if current is None else f"{current}{separators[0]}{piece}"
        if length(joined) <= limit:
            current = joined
            continue
        if current is not None:
            parts.append(current)
        *whole, current = _parts(piece, limit, length, separators[1:])
        parts += whole
    return [*parts, current or ""]


_Runs = tuple[re.Match[str], ...]
"""The bold and italic runs that something stands in, from the outermost; two equal ones side by side are not one."""
_Atom = tuple[str, _Runs]
"""What may not be cut (a character, an escaped one, a link), with its runs."""


def _atoms(neutral: str, runs: _Runs = ()) -> Iterator[_Atom]:
    position = 0
    for found in _MARKUP.finditer(neutral):
        yield from ((_inert(character), runs) for character in neutral[position : found.start()])
        position = found.end()
        if found.lastgroup in ("bold", "italic"):
            yield from _atoms(found[found.lastgroup], (*runs, found))
        else:
            # A marker that stands for itself could turn into markup next to a cut.
            yield _inert(found[0]) if len(found[0]) == 1 else found[0], runs
    yield from ((_inert(character), runs) for character in neutral[position:])


def _cut(atoms: list[_Atom], limit: int, length: Callable[[str], int]) -> list[str]:
    parts = []
    start = 0
    while start < len(atoms):
        fits = bisect_right(
            range(start + 1, min(len(atoms), start + limit) + 1), limit, key=lambda end: length(_text(atoms[start:end]))
        )
        end = start + fits
        if end == start:
            if len(atoms[start][0]) <= 2:
                raise ValueError(f"no character fits into a limit of {limit}")
            link, runs = atoms[start]
            atoms[start : start + 1] = [(_inert(character), runs) for character in _ESCAPED.sub(r"\1", link)]
            continue
        if end < len(atoms):
            end = next((at for at in range(end, start, -1) if atoms[at][0].isspace()), end)
        parts.append(_text(atoms[start:end]))
        start = end
        while start < len(atoms) and atoms[start][0].isspace():
            start += 1
    return parts


def _inert(character: str) -> str:
    return f"\\{character}" if character in "\\*_" else character


def _text(atoms: list[_Atom]) -> str:
    """Neutral markup of some atoms: what was cut open is closed and opened again, white space at the ends left out."""
    first, last = 0, len(atoms)
    while first < last and atoms[first][0].isspace():
        first += 1
    while last > first and atoms[last - 1][0].isspace():
        last -= 1
    pieces: list[str] = []
    opened: _Runs = ()
    for text, runs in atoms[first:last]:
        if runs != opened:
            common = 0
            while common < min(len(runs), len(opened)) and runs[common] is opened[common]:
                common += 1
            pieces += [run[0][0] for run in reversed(opened[common:])]
            pieces += [run[0][0] for run in runs[common:]]
            opened = runs
        pieces.append(text)
    pieces += [run[0][0] for run in reversed(opened)]
    return "".join(pieces)
