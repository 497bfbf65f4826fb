"""Content templates: what a ContentSid shows on a phone once its variables are filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from bot.sandbox.phones import Button
from bot.sandbox.twilio_records import TwilioError

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,16})\s*\}\}")
_UNFIT = re.compile(r"[\n\r\t]| {5,}")
"""What Meta takes in no parameter of an approved template."""


class Approval(msgspec.Struct):
    """What WhatsApp makes of a template: unsubmitted, pending, approved, rejected, paused, disabled."""

    name: str = ""
    category: str = ""
    status: str = "unsubmitted"
    reason: str = ""
    at: float = 0.0  # when it was submitted, in seconds since the epoch


class Template(msgspec.Struct):
    """A template in Content API form: `types` maps twilio/text, twilio/quick-reply ... to their fields."""

    sid: str
    types: dict[str, dict[str, Any]]
    variables: dict[str, str] = {}
    friendly_name: str = ""
    language: str = "id"
    created: float = 0.0
    approval: Approval = msgspec.field(default_factory=Approval)

    @property
    def approved(self) -> bool:
        """Whether it goes out as a template, also to who has not written for a day."""
        return self.approval.status == "approved"


class Shown(msgspec.Struct):
    """A template with its variables in place."""

    text: str
    buttons: list[list[Button]] = []
    list_title: str = ""


def show(template: Template, given: str) -> Shown:
    """Fill in ContentVariables (a JSON object); TwilioError 21656 when they are not usable."""
    values = dict(template.variables)
    if given:
        try:
            decoded = msgspec.json.decode(given.encode(), type=dict[str, str])
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise _invalid() from None
        values.update(decoded)
    if any(not 1 <= len(value) <= 1600 or (template.approved and _UNFIT.search(value)) for value in values.values()):
        raise _invalid()

    def fill(text: str) -> str:
        missing = set(VARIABLE.findall(text)) - set(values)
        if missing:
            raise _invalid()
        return VARIABLE.sub(lambda m: values[m[1]], text)

    for kind in ("twilio/list-picker", "twilio/quick-reply", "twilio/call-to-action", "twilio/media", "twilio/text"):
        if fields := template.types.get(kind):
            return _shown(kind, fields, fill, template.approved)
    raise TwilioError(400, 21655, "The ContentSid is Invalid")


def _shown(kind: str, fields: dict[str, Any], fill: Callable[[str], str], approved: bool) -> Shown:
    text = fill(fields.get("body") or "")
    rows: list[list[Button]] = []
    if kind == "twilio/list-picker":
        items = fields.get("items", [])
        for item in items:
            label = _short(fill(item["item"]), 24)
            described = _short(fill(item.get("description") or ""), 72)
            rows.append([Button(label, "reply", _short(fill(item["id"]), 200), described)])
        if not 1 <= len(items) <= 10:
            raise _content()
        _distinct([row[0].data for row in rows])
        return Shown(_short(text, 1024), rows, _short(fill(fields.get("button", "")), 20))
    for action in fields.get("actions", []):
        label = _short(fill(action["title"]), 20)
        if kind == "twilio/quick-reply":
            rows.append([Button(label, "reply", _short(fill(action.get("id") or label), 256))])
        else:
            rows.append([Button(label, "url", fill(action.get("url") or action.get("phone", "")))])
    if len(rows) > (10 if approved and kind == "twilio/quick-reply" else 3):
        raise _content()
    _distinct([row[0].label for row in rows])
    _distinct([row[0].data for row in rows])
    return Shown(_short(text, 1600 if kind == "twilio/text" and not approved else 1024), rows)


def _distinct(values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise _content()


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise _content()
    return text


def _invalid() -> TwilioError:
    return TwilioError(400, 21656, "The ContentVariables Parameter is invalid")


def _content() -> TwilioError:
    return TwilioError(400, 63013, "This message send failed because it violates Channel provider's policy.")
