"""Faults that tests switch on: a provider that is slow, refuses, breaks off or talks garbage."""

from __future__ import annotations

import asyncio
import random
from fnmatch import fnmatchcase
from itertools import count

import msgspec


class Fault(msgspec.Struct):
    """One fault; `provider` may be "*", `method` a pattern ("send*"); it ends after `times` uses (None: never)."""

    provider: str = "*"  # telegram, twilio
    method: str = "*"  # sendMessage, messages.create, ...
    delay_ms: float = 0
    status: int | None = None
    error_code: int | None = None  # twilio, without a status: taken with 201, and failed with this code afterwards
    description: str | None = None
    retry_after: int | None = None
    body: str | None = None  # answered as it stands, instead of JSON
    close: bool = False  # break the connection instead of answering
    executed: bool = False  # do the work first, then fail: the caller cannot know
    probability: float = 1.0
    times: int | None = None
    skip: int = 0  # lets so many calls through first
    id: int = 0

    @property
    def breaks(self) -> bool:
        """Whether the caller gets something other than the true answer."""
        return self.close or self.body is not None or self.status is not None


class Faults:
    """The faults that are on now."""

    __slots__ = ("_ids", "_on", "_random")

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._ids = count(1)
        self._random = random.Random(7)

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on; the answer carries its id."""
        fault.id = next(self._ids)
        self._on.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> None:
        """Switch one fault off, or all of them."""
        self._on = [] if fault_id is None else [fault for fault in self._on if fault.id != fault_id]

    def all(self) -> list[Fault]:
        """The faults that are on, oldest first."""
        return list(self._on)

    async def strike(self, provider: str, method: str) -> Fault | None:
        """Wait as long as the faults of this call say; the one that breaks it or marks it, if any."""
        if not self._on:
            return None
        delay, chosen = 0.0, None
        for fault in list(self._on):
            if fault.provider not in ("*", provider) or not fnmatchcase(method, fault.method):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._on.remove(fault)
            delay += fault.delay_ms
            if chosen is None and (fault.breaks or fault.error_code is not None):
                chosen = fault
        if delay:
            await asyncio.sleep(delay / 1000)
        return chosen
