"""A lean stand-in for Telegram and Twilio, so that what is measured is the bot: HTTP by hand, and nothing checked.

The sandbox is the strict one. Serves loopback only; what a provider does is in providers.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit


class Respond(Protocol):
    """Answers one request with a JSON body; may be called later."""

    def __call__(self, body: bytes, status: bytes = b"200 OK") -> None: ...


Answer = Callable[[str, str, bytes, Respond], None]
"""Takes method, path, body, and how to answer."""


class Server(asyncio.Protocol):
    """One connection of the bot to the provider."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            start = end + 4
            length = _length(head)
            if len(self.buffer) < start + length:
                return
            body, self.buffer = self.buffer[start : start + length], self.buffer[start + length :]
            method, path, _ = head[: head.index(b"\r\n")].decode("latin-1").split(" ", 2)
            self.answer(method, path, body, self.respond)

    def respond(self, body: bytes, status: bytes = b"200 OK") -> None:
        """Answer; nothing happens where the bot has gone meanwhile."""
        if self.transport is not None:
            self.transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


class Caller(asyncio.Protocol):
    """One connection of the provider to the bot."""

    def __init__(self) -> None:
        self.buffer = b""
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._done(0)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end >= 0 and len(self.buffer) >= end + 4 + _length(self.buffer[:end]):
            status = int(self.buffer[9:12])
            self.buffer = b""
            self._done(status)

    def _done(self, status: int) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(status)


class Callers:
    """Posts to the bot over a pool of connections."""

    def __init__(self, url: str, most: int = 100) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: deque[Caller] = deque()
        self._slots = asyncio.Semaphore(most)

    async def post(self, path: str, headers: bytes, body: bytes, seconds: float = 15.0) -> int:
        """The status of the answer; 0 where there was none."""
        async with self._slots:
            caller = await self._caller()
            if caller is None or caller.transport is None:
                return 0
            caller.waiting = asyncio.get_running_loop().create_future()
            caller.transport.write(
                b"POST %b HTTP/1.1\r\nHost: %b:%d\r\nContent-Length: %d\r\n%b\r\n%b"
                % (path.encode(), self.host.encode(), self.port, len(body), headers, body)
            )
            try:
                status = await asyncio.wait_for(caller.waiting, seconds)
            except TimeoutError:
                caller.transport.abort()
                return 0
            if caller.transport is not None:
                self._idle.append(caller)
            return status

    async def _caller(self) -> Caller | None:
        while self._idle:
            caller = self._idle.popleft()
            if caller.transport is not None and not caller.transport.is_closing():
                return caller
        with suppress(OSError):
            _, made = await asyncio.get_running_loop().create_connection(Caller, self.host, self.port)
            return made
        return None

    def close(self) -> None:
        """Close what is idle."""
        for caller in self._idle:
            if caller.transport is not None:
                caller.transport.abort()
        self._idle.clear()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    if at < 0:
        return 0
    end = head.find(b"\r\n", at)
    return int(head[at + 15 : end if end >= 0 else None])
