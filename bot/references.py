"""Reference numbers such as WSB-7K4M9-C: short enough to say over a telephone, and a slip is noticed.

Five random characters and one that checks them. The alphabet has 23 characters, a prime: the check finds every single
wrong character and every exchange of two neighbours among the last six (weights differ, and none is zero modulo 23).
Left out are 0 O, 1 I L (never guessed: who types one is asked again), B S Z U V that look like 8 5 2 and each other,
and N D G that sound like M, T and J. Says nothing about whether a reference exists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "23456789ACEFHJKMPQRTWXY"
LENGTH: Final = 5
"""Random characters: 6.4 million references a district."""

_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)}
_SPACED: Final = r"[\s.\-–—_/]*"
_WRITTEN: Final = re.compile(
    rf"(?<![A-Z0-9])([A-Z]{{2,4}}){_SPACED}((?:[{ALPHABET}]{_SPACED}){{{LENGTH}}}[{ALPHABET}])(?![A-Z0-9])"
)


def new(prefix: str, randbelow: Callable[[int], int]) -> str:
    """A new reference; `prefix` is the `short` of the district. Whether it is taken already, the caller finds out."""
    body = "".join(ALPHABET[randbelow(len(ALPHABET))] for _ in range(LENGTH))
    return f"{prefix}-{body}-{_check(prefix, body)}"


def read(text: str) -> str | None:
    """The reference that the text holds, as we write it: any case, with or without dashes and spaces. Else None."""
    upper = unicodedata.normalize("NFKC", text).upper()
    squeezed = re.sub(r"[^A-Z0-9]", "", upper)
    found = [squeezed] if len(squeezed) <= 4 + LENGTH + 1 else []
    found += ["".join(parts) for parts in _WRITTEN.findall(upper)]
    made = {good for one in found if (good := _whole(re.sub(r"[^A-Z0-9]", "", one)))}
    return made.pop() if len(made) == 1 else None


def _whole(squeezed: str) -> str | None:
    prefix, body, check = squeezed[: -LENGTH - 1], squeezed[-LENGTH - 1 : -1], squeezed[-1:]
    if not re.fullmatch("[A-Z]{2,4}", prefix) or any(char not in _VALUE for char in body + check):
        return None
    return f"{prefix}-{body}-{check}" if _check(prefix, body) == check else None


def _check(prefix: str, body: str) -> str:
    """The character that makes the sum of all characters, weighted with powers of 7 from the last one, zero modulo 23.

    With 7 the prefixes WSB, KRW, LTM and FLT also weigh differently: a wrong one of them is noticed.
    """
    values = [*(ord(char) - ord("A") for char in prefix), *(_VALUE[char] for char in body)]
    total = sum(value * 7**place for place, value in enumerate(reversed(values), 1))
    return ALPHABET[-total % len(ALPHABET)]
