"""Data files (TOML), which not only programmers fill in: what does not fit is told with file, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any


class BadData(ValueError):
    """A data file cannot be used: which file, which key, and what to write there."""


class Table:
    """One table of a file, read value by value."""

    def __init__(self, path: Path, place: str, values: Mapping[str, Any], keys: Collection[str]) -> None:
        """`keys`: those that it may have; raises BadData where there is another."""
        self.path = path
        self.place = place
        self.values = values
        if strange := sorted(set(values) - set(keys)):
            raise self.bad(f".{strange[0]}: is not known; write one of {', '.join(keys)}")

    def bad(self, what: str) -> BadData:
        """What is to be put right in this table."""
        return BadData(f"{self.path}: {self.place}{what}")

    def wrong(self, key: str, remedy: str) -> BadData:
        """What is to be written under a key instead of what stands there."""
        return self.bad(f".{key}: {self.values.get(key)!r} does not fit; write {remedy}")

    def text(self, key: str, pattern: str, remedy: str, needed: bool = False) -> str:
        """A text that fits the pattern as a whole; empty where there is none, unless it is needed. Raises BadData."""
        value = self.values.get(key, "")
        if not isinstance(value, str) or not ((value == "" and not needed) or re.fullmatch(pattern, value)):
            raise self.wrong(key, remedy)
        return value

    def day(self, key: str) -> date | None:
        """A date, or None where there is none. Raises BadData."""
        value = self.values.get(key) or None
        if value is not None and type(value) is not date:
            raise self.wrong(key, "a date such as 2026-11-23, without quotes, or nothing")
        return value


def read(path: Path) -> dict[str, Any]:
    """What stands in a file; raises BadData where it cannot be read, with line and column."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: cannot be read ({error}); put the file that came with the programme there") from error


def each(path: Path, name: str, id: str, keys: Collection[str]) -> Iterator[Table]:
    """The tables [[name]] of a file, at least one, called by what stands under `id`. Raises BadData."""
    found = read(path).get(name)
    if not isinstance(found, list) or not found:
        raise BadData(f"{path}: {name}: {found!r} does not fit; write at least one [[{name}]] table")
    places: set[str] = set()
    for at, values in enumerate(found):
        if not isinstance(values, dict):
            raise BadData(f"{path}: {name}[{at}]: {values!r} does not fit; write it as a [[{name}]] table")
        table = Table(path, str(values.get(id) or f"{name}[{at}]"), values, keys)
        if table.place in places:
            raise table.bad(": stands there twice; keep one")
        places.add(table.place)
        yield table
