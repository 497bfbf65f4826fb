"""What people write out of the blue, and the conversation that answers it: data/answers.toml.

Only words; what is answered stands in the catalogues. Read once, when first asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.vocabulary import fold


@dataclass(frozen=True, slots=True)
class Aside:
    """The forms of one thing that people write."""

    opens: tuple[str, ...]
    """The whole message, wherever somebody is."""
    meant: tuple[str, ...]
    """Some words of a short message, where nothing else is asked; those that open it among them."""


def read(path: Path) -> Mapping[str, Aside]:
    """Read a file of asides, by the name of the conversation; a form that would have two meanings is refused."""
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    no = data.pop("no")
    made: dict[str, Aside] = {}
    meanings: dict[str, str] = {}
    for name, table in data.items():
        either = table.get("either", [])
        both = [form for one in either for word in no for form in (f"{one} {word}", f"{word} {one}")]
        opens = tuple(table.get("opens", ()))
        aside = Aside(opens, (*opens, *table["meant"], *either, *both))
        for form in aside.meant:
            if meanings.setdefault(fold(form), name) != name:
                raise ValueError(f"{path}: {form!r} stands under {meanings[fold(form)]} and {name}; leave it under one")
        made[name] = aside
    return made


@cache
def asides() -> Mapping[str, Aside]:
    """All of them, by the name of the conversation that answers; "nothing" is answered by none."""
    return read(Path(__file__).resolve().parent.parent / "data" / "answers.toml")
