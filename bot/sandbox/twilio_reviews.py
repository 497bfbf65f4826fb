"""WhatsApp's review of templates: what may be submitted, and what becomes of it.

Settings decide by themselves after a time (`approval_...` of world.Settings); a control call decides at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.sandbox.twilio_records import TwilioError
from bot.sandbox.twilio_templates import VARIABLE, Approval, Template
from bot.sandbox.world import World

CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
STATUSES = ("pending", "approved", "rejected", "paused", "disabled")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_NEVER = ("twilio/list-picker",)
"""Types that are only for who has written within a day."""


class Reviews:
    """Meta, as far as templates go."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spent: set[str] = set()  # names that were rejected: never again

    def submit(self, template: Template, params: dict[str, Any], others: Iterable[Template]) -> dict[str, Any]:
        """Take a template for review; TwilioError where it is not taken, rejected later where it is malformed."""
        name, category = params.get("name"), params.get("category")
        extra = {key for key, value in params.items() if value is not None}
        if unknown := extra - {"name", "category", "allow_category_change", "send_ttl_seconds"}:
            raise _refused(f"Unknown parameter: {min(unknown)}")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _refused("Invalid name. Only lower case letters, digits and underscores")
        if category not in CATEGORIES:
            raise _refused(f"Invalid category. It must be one of {', '.join(CATEGORIES)}")
        if template.approval.status != "unsubmitted":
            raise _refused("This content has already been submitted for approval")
        if name in self._spent:
            raise _refused(f"The name {name} belongs to a rejected template and cannot be used again")
        if any(one.approval.name == name and one.language == template.language for one in others):
            raise _refused(f"A template {name} in {template.language} already exists")
        if any(kind in template.types for kind in _NEVER):
            raise _refused("This content type cannot be submitted to WhatsApp for approval")
        template.approval = Approval(name, category, "pending", at=self._world.clock.now())
        if reason := _malformed(template):
            self.decide(template, "rejected", reason=f"INVALID_FORMAT: {reason}")
        return {**self.shape(template), "status": "received", "rejection_reason": ""}

    def decide(self, template: Template, status: str, category: str = "", reason: str = "") -> Template:
        """What Meta makes of a template, now; ValueError for what it cannot make."""
        approval = template.approval
        if status not in STATUSES or (category and category not in CATEGORIES):
            raise ValueError(f"no status {status!r} or category {category!r}: {STATUSES}, {CATEGORIES}")
        if approval.status == "unsubmitted":
            raise ValueError("it has not been submitted")
        approval.status, approval.reason = status, reason
        approval.category = category or approval.category
        if status == "rejected":
            self._spent.add(approval.name)
        return template

    def now(self, template: Template) -> Template:
        """The template, decided on if its time has come."""
        settings, approval = self._world.settings, template.approval
        after = settings.approval_seconds
        if approval.status == "pending" and after is not None and self._world.clock.now() - approval.at >= after:
            self.decide(template, settings.approval_verdict, settings.approval_category, settings.approval_reason)
        return template

    def shape(self, template: Template) -> dict[str, Any]:
        """The review in Twilio's JSON."""
        approval = template.approval
        return {
            "type": "whatsapp",
            "name": approval.name,
            "category": approval.category,
            "content_type": next(iter(template.types)),
            "status": approval.status,
            "rejection_reason": approval.reason,
            "allow_category_change": True,
        }


def _malformed(template: Template) -> str:
    """Why Meta would reject it at sight; empty where it would not."""
    used = set(VARIABLE.findall(str(template.types)))
    if missing := used - set(template.variables):
        return f"no sample for {min(missing)}"
    for kind, fields in template.types.items():
        body = str(fields.get("body", ""))
        found = VARIABLE.findall(body)
        if len(body) > 1024:
            return f"the body of {kind} has more than 1024 characters"
        if re.search(rf"^\W*{VARIABLE.pattern}|{VARIABLE.pattern}\W*$", body):
            return f"the body of {kind} begins or ends with a variable"
        if re.search(rf"{VARIABLE.pattern}[\s*_~]*{VARIABLE.pattern}", body):
            return f"the body of {kind} has two variables side by side"
        if found and len(re.findall(r"\w+", VARIABLE.sub(" ", body))) < 2 * len(set(found)) + 1:
            return f"the body of {kind} has too few words for {len(set(found))} variables"
        if found != sorted(found):
            return f"the variables of {kind} are not in order"
    return ""


def _refused(message: str) -> TwilioError:
    return TwilioError(400, 20001, message)
