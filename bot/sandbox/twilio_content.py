"""Twilio's Content API: what a template may be made of, and the resources as Twilio's JSON has them.

Plays the types that a bot for chat needs; the others are refused as unknown. What WhatsApp makes of a template is
twilio_reviews.py's.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from bot.sandbox.twilio_records import TwilioError
from bot.sandbox.twilio_reviews import Reviews
from bot.sandbox.twilio_templates import VARIABLE, Template
from bot.sandbox.world import World

Json = dict[str, Any]
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_KEY = re.compile(r"[A-Za-z0-9_]{1,16}")
_KNOWN = frozenset({"friendly_name", "language", "variables", "types"})
_FIELDS = {
    "twilio/text": {"body"},
    "twilio/media": {"body", "media"},
    "twilio/quick-reply": {"body", "actions"},
    "twilio/call-to-action": {"body", "actions"},
    "twilio/list-picker": {"body", "button", "items", "multiple_selection"},
}
_ACTION = {
    "twilio/quick-reply": {"type", "title", "id"},
    "twilio/call-to-action": {"type", "title", "url", "phone", "code", "id"},
}


def method_of(verb: str, parts: list[str]) -> tuple[str, str]:
    """The name of a call and the sid it is about; ("", "") where there is nothing at this path."""
    sid = parts[1] if len(parts) > 1 else ""
    match (verb, parts[0], parts[2:], bool(sid)):
        case ("GET", "ContentAndApprovals", [], False):
            return "content.approvals", ""
        case ("POST", "Content", [], False):
            return "content.create", ""
        case ("GET", "Content", [], False):
            return "content.list", ""
        case ("GET" | "DELETE", "Content", [], True):
            return f"content.{'fetch' if verb == 'GET' else 'delete'}", sid
        case ("GET", "Content", ["ApprovalRequests"], True):
            return "content.approval", sid
        case ("POST", "Content", ["ApprovalRequests", "whatsapp"], True):
            return "content.submit", sid
    return "", ""


class Contents:
    """The Content resources of the account, in the order in which they were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.templates: dict[str, Template] = {}
        self.reviews = Reviews(world)

    def usable(self, sid: str) -> Template:
        """The template that a message names, as it stands now, or 21655."""
        if sid not in self.templates:
            raise TwilioError(400, 21655, "The ContentSid is Invalid")
        return self.reviews.now(self.templates[sid])

    def named(self, which: str) -> Template:
        """The newest template with this sid, friendly name or name at WhatsApp; LookupError where there is none."""
        for template in reversed(self.templates.values()):
            if which in (template.sid, template.friendly_name, template.approval.name):
                return self.reviews.now(template)
        raise LookupError(f"there is no template {which!r}")

    def do(self, method: str, sid: str, params: Json) -> tuple[int, Any]:
        """Do one call: the status and what is answered."""
        match method:
            case "content.create":
                return 201, self._shape(self._create(params))
            case "content.list" | "content.approvals":
                return 200, self._page(params, method == "content.approvals")
            case "content.fetch":
                return 200, self._shape(self._find(sid))
            case "content.submit":
                return 201, self.reviews.submit(self._find(sid), params, self.templates.values())
            case "content.approval":
                shown = self.reviews.shape(self._find(sid))
                about = {"sid": sid, "account_sid": self._world.settings.twilio_sid}
                return 200, {**about, "whatsapp": shown, "url": f"{self._url(sid)}/ApprovalRequests"}
        self._find(sid)
        del self.templates[sid]
        return 204, None

    def _find(self, sid: str) -> Template:
        if sid not in self.templates:
            raise TwilioError(404, 20404, f"The requested resource /v1/Content/{sid} was not found")
        return self.reviews.now(self.templates[sid])

    def _create(self, params: Json) -> Template:
        given = _checked(params)
        sid = f"HX{secrets.token_hex(16)}"
        template = Template(sid, **given, created=self._world.clock.now())
        self.templates[sid] = template
        return template

    def _page(self, query: Json, approvals: bool) -> Json:
        if unknown := set(query) - {"PageSize", "Page", "PageToken"}:
            raise _refused(f"Unknown parameter: {min(unknown)}")
        size, number = min(1000, max(1, int(query.get("PageSize") or 50))), int(query.get("Page") or 0)
        newest = list(reversed(self.templates.values()))
        some = [self.reviews.now(one) for one in newest[number * size : (number + 1) * size]]
        base = f"{self._world.url}/v1/{'ContentAndApprovals' if approvals else 'Content'}"

        def page(which: int) -> str:
            return f"{base}?{urlencode({'PageSize': size, 'Page': which, 'PageToken': f'PT{which}'})}"

        meta = {
            "key": "contents",
            "url": page(number),
            "page": number,
            "page_size": size,
            "first_page_url": page(0),
            "next_page_url": page(number + 1) if len(newest) > (number + 1) * size else None,
            "previous_page_url": page(number - 1) if number else None,
        }
        return {"meta": meta, "contents": [self._shape(one, approvals) for one in some]}

    def _shape(self, template: Template, approvals: bool = False) -> Json:
        made = datetime.fromtimestamp(int(template.created), UTC).isoformat().replace("+00:00", "Z")
        whole: Json = {
            "sid": template.sid,
            "account_sid": self._world.settings.twilio_sid,
            "friendly_name": template.friendly_name,
            "language": template.language,
            "variables": template.variables,
            "types": template.types,
            "date_created": made,
            "date_updated": made,
        }
        if approvals:
            return {**whole, "approval_requests": self.reviews.shape(template)}
        url = self._url(template.sid)
        links = {"approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests"}
        return {**whole, "url": url, "links": links}

    def _url(self, sid: str) -> str:
        return f"{self._world.url}/v1/Content/{sid}"


def _checked(params: Json) -> Json:
    """The parameters of a new resource, without what is null; TwilioError where Twilio would not take them."""
    if unknown := set(params) - _KNOWN:
        raise _refused(f"Unknown parameter: {min(unknown)}")
    language, variables = params.get("language"), params.get("variables") or {}
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise _refused("Invalid language")
    if not isinstance(params.get("friendly_name") or "", str):
        raise _refused("Invalid friendly_name")
    if not isinstance(variables, dict) or len(variables) > 100:
        raise _refused("Invalid variables. There can be at most 100")
    for name, sample in variables.items():
        if not _KEY.fullmatch(name) or not isinstance(sample, str) or not 1 <= len(sample) <= 1600:
            raise _refused(f"Invalid variable {name!r}")
    types = params.get("types")
    given = {key: _present(fields) for key, fields in types.items() if fields} if isinstance(types, dict) else {}
    if not given:
        raise _refused("Invalid types. At least one content type definition is required")
    for key, fields in given.items():
        _check_type(key, fields)
    if len(set(VARIABLE.findall(str(given)))) > 100:
        raise _refused("There can be at most 100 variables")
    return {
        "friendly_name": params.get("friendly_name") or "",
        "language": language,
        "variables": variables,
        "types": given,
    }


def _check_type(key: str, fields: Json) -> None:
    if key not in _FIELDS:
        raise _refused(f"Invalid types. Unknown content type {key}")
    if unknown := set(fields) - _FIELDS[key]:
        raise _refused(f"Invalid types. {key} has no field {min(unknown)}")
    if key != "twilio/media" or "body" in fields:
        _text(fields, "body", 1600 if key == "twilio/text" else 1024)
    if key == "twilio/media" and not fields.get("media"):
        raise _refused("Invalid types. twilio/media needs media")
    if key in _ACTION:
        for action in _several(fields, "actions"):
            if unknown := set(action) - _ACTION[key]:
                raise _refused(f"Invalid types. An action of {key} has no field {min(unknown)}")
            _text(action, "title", 20)
            _text(action, "id", 256, needed=False)
    if key == "twilio/list-picker":
        _text(fields, "button", 20)
        for item in _several(fields, "items"):
            if unknown := set(item) - {"id", "item", "description"}:
                raise _refused(f"Invalid types. An item of {key} has no field {min(unknown)}")
            _text(item, "id", 200)
            _text(item, "item", 24)
            _text(item, "description", 72, needed=False)


def _several(fields: Json, name: str) -> list[Json]:
    found = fields.get(name)
    if not isinstance(found, list) or not 1 <= len(found) <= 10:
        raise _refused(f"Invalid types. {name} must have 1 to 10 elements")
    return found


def _text(fields: Json, name: str, most: int, needed: bool = True) -> None:
    """What is not a variable must fit; what a variable brings is seen when it is sent."""
    found = fields.get(name)
    if found is None and not needed:
        return
    if not isinstance(found, str) or not found or len(VARIABLE.sub("", found)) > most:
        raise _refused(f"Invalid types. {name} must have 1 to {most} characters")


def _present(value: Any) -> Any:
    """Without nulls, which the libraries send for everything that is not set."""
    if isinstance(value, dict):
        return {key: _present(one) for key, one in value.items() if one is not None}
    return [_present(one) for one in value] if isinstance(value, list) else value


def _refused(message: str) -> TwilioError:
    return TwilioError(400, 20001, message)
