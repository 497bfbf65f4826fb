"""Twilio's Content templates as messages are made of them: whether a text goes into one, and as which variables.

Outside WhatsApp's 24-hour window only an approved template arrives (platform.md 2.5). A text that cannot go into one is
announced by the knock, and goes itself when the person answers. Pure: rows are records/contents.py's, sending is the
channel's, which templates there are submissions.py says. Texts come here as WhatsApp shows them (markup.whatsapp).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.messages import Button

Key = tuple[str, str]
"""What a template is for (an announcement's category, a knock, a shape), and its language."""
Standing = Literal["unsubmitted", "pending", "approved", "rejected", "paused", "disabled"]

VALUES = ("sender", "text", "number")
"""What is filled in, in the order of its numbers: {{1}} who announces, {{2}} the text, {{3}} what can be checked."""
KNOCK = "knock_announcement"
KNOCK_OWN_CASE = "knock_own_case"
"""That there is an announcement, or news of the person's own enrolment: an answer brings the message itself."""

LONGEST = 1024
"""Characters of a template, a question with buttons or a list, with everything filled in (platform.md 2.6)."""
BUTTONS, BUTTON = 3, 20
ROWS, ROW = 10, 24
"""How many buttons and rows there may be, and how long their labels (platform.md 2.6)."""

VARIABLE = re.compile(r"\{\{(\d+)\}\}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]| {4,}")


@dataclass(frozen=True, slots=True)
class Approved:
    """A resource of Twilio that may be sent now."""

    sid: str
    key: str
    language: str
    body: str
    category: str = ""
    """What Meta charges it as: UTILITY or MARKETING; empty for shapes, which cost nothing."""


@dataclass(frozen=True, slots=True)
class Review:
    """A resource as Twilio has it, with what Meta makes of it."""

    sid: str
    name: str
    status: Standing
    category: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A template that is ready to go: ContentSid, ContentVariables, and what the person will read."""

    sid: str
    variables: Mapping[str, str]
    text: str
    category: str
    body: str
    """The template itself, with {{1}} for what is filled in."""
    knock: bool = False
    """True: the message itself has to be held until the person answers."""


def fill(template: Approved, values: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The sid and variables of a template with these values (by the names in VALUES); None where they do not fit."""
    given = {str(number): values.get(name, "").strip() for number, name in enumerate(VALUES, 1)}
    # Twilio puts the sample in the place of a variable that is not given: each is, always.
    variables = {number: given.get(number, "") for number in sorted(set(VARIABLE.findall(template.body)), key=int)}
    if any(not value or _BREAKS.search(value) for value in variables.values()):
        return None
    return (template.sid, variables) if _units(filled(template.body, variables)) <= LONGEST else None


def choose(
    templates: Mapping[Key, Approved], category: str, languages: Iterable[str], values: Mapping[str, str]
) -> Filled | None:
    """How an announcement goes to somebody outside the window: the template of its category, else the knock.

    `languages`: the person's, then those that will do (Texts.chain). None: nothing is approved, nobody can be reached.
    """
    return _first(templates, (category, KNOCK), languages, values)


def knock(templates: Mapping[Key, Approved], languages: Iterable[str], sender: str) -> Filled | None:
    """What tells somebody outside the window of news about their own case; the news itself is held meanwhile."""
    return _first(templates, (KNOCK_OWN_CASE,), languages, {"sender": sender})


def ask(
    shapes: Mapping[Key, Approved], languages: Iterable[str], text: str, options: Sequence[Button]
) -> tuple[str, dict[str, str]] | None:
    """A question as up to three buttons or a list of up to ten rows, inside the window; None: as numbered lines."""
    labels = [option.label.strip() for option in options]
    tokens = [option.token for option in options]
    distinct = len(set(labels)) == len(set(tokens)) == len(options)
    if not text.strip() or not all(labels) or not all(tokens) or not distinct or _units(text) > LONGEST:
        return None
    if any(map(_BREAKS.search, labels)):
        return None
    longest = max(map(_units, labels), default=0)
    if 1 <= len(options) <= BUTTONS and longest <= BUTTON:
        kind = f"buttons_{len(options)}"
    elif 1 <= len(options) <= ROWS and longest <= ROW:
        kind = f"list_{len(options)}"
    else:
        return None
    shape = next((shapes[kind, one] for one in languages if (kind, one) in shapes), None)
    if shape is None:
        return None
    flat = [text, *(part for pair in zip(labels, tokens, strict=True) for part in pair)]
    return shape.sid, {str(number): value for number, value in enumerate(flat, 1)}


def for_each(templates: Mapping[Key, Approved], chains: Mapping[str, Iterable[str]]) -> dict[Key, Approved]:
    """The templates under every language: its own, else that of the first in its chain (Texts.chain) that has one."""
    found = {
        (key, language): next((templates[key, one] for one in chain if (key, one) in templates), None)
        for key in dict.fromkeys(key for key, _ in templates)
        for language, chain in chains.items()
    }
    return {name: template for name, template in found.items() if template is not None}


def filled(body: str, variables: Mapping[str, str]) -> str:
    """What a person reads of a template with these variables."""
    return VARIABLE.sub(lambda found: variables[found[1]], body)


def _first(
    templates: Mapping[Key, Approved], keys: Sequence[str], languages: Iterable[str], values: Mapping[str, str]
) -> Filled | None:
    for language in languages:
        for key in keys:
            template = templates.get((key, language))
            made = fill(template, values) if template is not None else None
            if template is not None and made is not None:
                text = filled(template.body, made[1])
                return Filled(*made, text, template.category, template.body, knock=key in (KNOCK, KNOCK_OWN_CASE))
    return None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
