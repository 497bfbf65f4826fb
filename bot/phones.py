"""Phone numbers as people in Indonesia write them.

The rule for Indonesian numbers is our own (source: phonenumbers 9.0.43, metadata of +62: mobile numbers are an 8, then
1–3 or 5–9, then 7–10 digits); what is foreign is judged by the library. Does not know whether a number is in use.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

import phonenumbers

Kind = Literal["mobile", "foreign", "landline", "service"]

_MOBILE: Final = re.compile(r"8[1-35-9]\d{7,10}")
_SERVICE: Final = re.compile(r"0?80[0-9]\d{3,7}|1\d{2,7}")
"""0800, 0804, 0807, 0809 numbers and short codes (110, 129, 157, 1500630, 14045)."""
_LANDLINE: Final = re.compile(r"0?[2-79]\d{6,10}")
_RUN: Final = re.compile(r"\+?\(?\d(?:[\s.\-–—/()]{0,3}\d)*")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that somebody wrote, and what it is. `e164` is empty for what cannot be a person's own mobile."""

    kind: Kind
    e164: str = ""


def read(text: str) -> Phone | None:
    """The one phone number that the text holds, with or without words around it; None where there is none, or two."""
    runs = _RUN.findall(text if text.isascii() else unicodedata.normalize("NFKC", text))
    if len(runs) != 1 or re.search(r"\d[OoIl]|[OoIl]\d", text):
        return None
    digits = re.sub(r"\D", "", runs[0])
    if runs[0].startswith(("+", "(+")):
        return _international(digits)
    if digits.startswith("00"):
        return _international(digits[2:])
    if _MOBILE.fullmatch(digits.removeprefix("0")):
        return Phone("mobile", f"+62{digits.removeprefix('0')}")
    if digits.startswith("628") and _MOBILE.fullmatch(digits[2:]):
        return Phone("mobile", f"+{digits}")
    if _SERVICE.fullmatch(digits):
        return Phone("service")
    if digits.startswith("0") and _LANDLINE.fullmatch(digits):
        return Phone("landline")
    return _international(digits) if len(digits) >= 10 and not digits.startswith("0") else None


def _international(digits: str) -> Phone | None:
    if digits.startswith("62"):
        national = digits[2:].removeprefix("0")
        if _MOBILE.fullmatch(national):
            return Phone("mobile", f"+62{national}")
        if _SERVICE.fullmatch(national):
            return Phone("service")
        return Phone("landline") if _LANDLINE.fullmatch(national) else None
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    return Phone("foreign", f"+{digits}") if phonenumbers.is_valid_number(number) else None


def pretty(e164: str) -> str:
    """The number as people write it: 0812-3456-7890 in Indonesia, +852 9123 4567 elsewhere."""
    if e164.startswith("+62"):
        local = f"0{e164[3:]}"
        return "-".join(part for part in (local[:4], local[4:8], local[8:]) if part)
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def masked(e164: str) -> str:
    """The number with only its last four digits: 08••-••••-7890."""
    shown = pretty(e164)
    return re.sub(r"\d", "•", shown[2:-4]).join((shown[:2], shown[-4:])) if len(shown) > 6 else "•" * len(shown)
