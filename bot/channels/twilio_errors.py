"""What Twilio's error codes and the SDK's errors mean to us (platform.md 2.7). What is not listed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.channels import Blocked, Refused, Throttled, Unauthorized, Uncertain, Unfit, Unreachable, WindowClosed

_MEANINGS: Mapping[int, type[Exception]] = {
    63016: WindowClosed,
    63017: Throttled,
    63018: Throttled,
    20429: Throttled,
    63003: Blocked,
    63024: Blocked,
    63032: Blocked,
    63033: Blocked,
    63050: Blocked,
    21211: Blocked,
    21612: Blocked,
    21614: Blocked,
    21610: Blocked,
    63009: Unreachable,
    63010: Unreachable,
    63012: Unreachable,
    30008: Unreachable,
    20003: Unauthorized,
    **dict.fromkeys((21654, 21655, 21656, 63005, 63013, 63021, 63027, 63028, 63030, 63040, 63041), Unfit),
}
UNFETCHED = "63019"
"""A picture could not be fetched from us: we were just starting, or slow. It goes once more (platform.md 2.7)."""
TIER = 63018
"""Too fast, or too many people today who had not written themselves: Twilio does not say which."""


def meaning(code: int | str) -> type[Exception]:
    """The error of ours that a code of Twilio's stands for, whether it came at once or in a status."""
    return _MEANINGS.get(int(code) if str(code).isdigit() else 0, Refused)


def why(code: int | str) -> Literal["blocked", "invalid", "stopped"]:
    """What a code that means Blocked says of the person."""
    number = int(code) if str(code).isdigit() else 0
    return "stopped" if number in (21610, 63050) else "blocked" if number in (63032, 63033) else "invalid"


def named(error: Exception) -> Exception:
    """An error of the SDK as ours; those of twilio_http.py are ours already."""
    if isinstance(error, Throttled | Unreachable | Uncertain):
        return error
    status, code = getattr(error, "status", 0), getattr(error, "code", 0) or 0
    if not status:
        # No status: an answer that the SDK could not read, or a page that it could not fetch.
        return Uncertain(type(error).__name__)
    if status >= 500:
        return Uncertain(f"HTTP {status}")
    kind = meaning(code)
    if kind is Throttled:
        return Throttled(10.0, tier=code == TIER)
    if kind is Unauthorized or status == 401:
        return Unauthorized("TWILIO_AUTH_TOKEN", "Twilio does not take TWILIO_ACCOUNT_SID with this token")
    reason = f"Twilio {code or status}: https://www.twilio.com/docs/api/errors/{code}" if code else f"HTTP {status}"
    return Blocked(reason, why(code)) if kind is Blocked else kind(reason)
