"""Telegram's HTML as the Bot API reads it: strict about tags, with its own wording for what it refuses."""

from __future__ import annotations

import re
from typing import Any

Entity = dict[str, Any]

_PLAIN = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/]+)\s*(?:=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.\-]+))?""")


class Unparsable(Exception):
    """The text is not the HTML that Telegram reads; the reason is Telegram's own wording."""


def utf16(text: str) -> int:
    """The length that Telegram counts offsets in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def parse(source: str) -> tuple[str, list[Entity]]:
    """The plain text and its entities, trimmed as the server trims it."""
    if "<" not in source and "&" not in source:
        return source.strip(), []
    out: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, Entity | None, int]] = []
    length = position = 0
    while position < len(source):
        start = source.find("<", position)
        piece = _decoded(source[position:] if start < 0 else source[position:start])
        out.append(piece)
        length += utf16(piece)
        if start < 0:
            break
        position = _tag(source, start, length, opened, entities)
    if opened:
        raise Unparsable(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return _trimmed("".join(out), entities)


def _tag(
    source: str, start: int, length: int, opened: list[tuple[str, Entity | None, int]], entities: list[Entity]
) -> int:
    end = source.find(">", start)
    closing = source.startswith("</", start)
    offset = len(source[:start].encode())
    if end < 0:
        raise Unparsable(f"Unclosed {'end' if closing else 'start'} tag at byte offset {offset}")
    if not closing:
        name, _, rest = source[start + 1 : end].partition(" ")
        opened.append((name.lower(), _opening(name.lower(), rest, offset, opened), length))
        return end + 1
    name = source[start + 2 : end].strip().lower()
    if not opened:
        raise Unparsable(f"Unexpected end tag at byte offset {offset}")
    tag, entity, began = opened.pop()
    if name and name != tag:
        raise Unparsable(f'Unmatched end tag at byte offset {offset}, expected "</{tag}>", found "</{name}>"')
    if entity is not None and length > began:
        entity["offset"], entity["length"] = began, length - began
        entities.append(entity)
    return end + 1


def _opening(name: str, rest: str, offset: int, opened: list[tuple[str, Entity | None, int]]) -> Entity | None:
    attributes = {m[1].lower(): _decoded((m[2] or "").strip("\"'")) for m in _ATTRIBUTE.finditer(rest)}
    if name in _PLAIN:
        kind = _PLAIN[name]
        if kind == "blockquote" and "expandable" in attributes:
            kind = "expandable_blockquote"
        if name == "code" and opened and opened[-1][0] == "pre":
            outer = opened[-1][1]
            if outer is not None and attributes.get("class", "").startswith("language-"):
                outer["language"] = attributes["class"][9:]
            return None
        return {"type": kind}
    if name == "a":
        return {"type": "text_link", "url": attributes["href"]} if attributes.get("href") else None
    if name == "span" and attributes.get("class") == "tg-spoiler":
        return {"type": "spoiler"}
    if name == "tg-emoji" and attributes.get("emoji-id"):
        return {"type": "custom_emoji", "custom_emoji_id": attributes["emoji-id"]}
    if name == "span":
        raise Unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    raise Unparsable(f'Unsupported start tag "{name}" at byte offset {offset}')


def _decoded(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return _NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    usable = 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if usable else match[0]


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space around; entities moved and cut with it, outermost first."""
    lead = utf16(text) - utf16(text.lstrip())
    text = text.strip()
    length = utf16(text)
    kept = []
    for entity in entities:
        begin = max(0, entity["offset"] - lead)
        end = min(length, entity["offset"] - lead + entity["length"])
        if end > begin:
            kept.append({**entity, "offset": begin, "length": end - begin})
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, kept
