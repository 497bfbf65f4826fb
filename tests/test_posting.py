"""bot.channels.posting against a server by hand: what it sends, and what it makes of an answer or of none."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from bot.channels.connections import patience, pool, unsent
from bot.channels.posting import Address

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each request with the next of `answers`; empty: it closes the connection instead."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heard: list[bytes] = []
        self.connections = 0
        self.last = 0
        """Closes the connection behind this answer."""
        self.url = URL()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await _head(reader):
            length = int(head.lower().rpartition(b"content-length: ")[2].split(b"\r\n")[0])
            self.heard.append(head + await reader.readexactly(length))
            answer = self.answers.pop(0)
            if not answer:
                break
            writer.write(answer)
            if len(self.heard) == self.last:
                break
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = URL(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/bot1:x/sendMessage", encoded=True)
    yield made
    listening.close()


@pytest_asyncio.fixture
async def address(server: Server) -> AsyncIterator[Address]:
    session = pool()
    yield Address(session, server.url)
    await session.close()


@pytest.mark.asyncio
async def test_requests_go_over_one_connection_with_what_a_session_sends(server: Server, address: Address) -> None:
    server.answers = [ANSWER, ANSWER]
    assert await address.post(b'{"a":1}', patience(5)) == (200, b"{}")
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert body == b'{"a":1}'
    assert head.startswith(f"POST /bot1:x/sendMessage HTTP/1.1\r\nHost: 127.0.0.1:{server.url.port}\r\n".encode())
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert head.count(b"Content-Length") == 1
    assert server.connections == 1


@pytest.mark.asyncio
async def test_answers_in_pieces_compressed_or_with_a_hint_before_are_read(server: Server, address: Address) -> None:
    packed = gzip.compress(b'{"ok":true}')
    server.answers = [
        b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(packed), packed),
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + ANSWER,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        ANSWER,
    ]
    assert await address.post(b"{}", patience(5)) == (502, b"abcde")
    assert await address.post(b"{}", patience(5)) == (200, b'{"ok":true}')
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    assert server.connections == 1
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    assert server.connections == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}"],
    ids=["none", "no HTTP", "cut short"],
)
async def test_what_went_out_and_was_not_answered_may_have_arrived(
    server: Server, address: Address, answer: bytes
) -> None:
    server.answers = [answer, ANSWER]
    with pytest.raises((aiohttp.ClientError, TimeoutError)) as told:
        await address.post(b"{}", patience(-4.5))
    assert not unsent(told.value)
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    assert server.connections == 2


@pytest.mark.asyncio
async def test_a_connection_that_was_closed_while_nobody_used_it_is_not_used(server: Server, address: Address) -> None:
    server.answers = [ANSWER, ANSWER]
    server.last = 1
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    await asyncio.sleep(0.1)
    assert await address.post(b"{}", patience(5)) == (200, b"{}")
    assert server.connections == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(6))
async def test_who_does_not_wait_any_more_leaves_no_connection_behind(server: Server, turns: int) -> None:
    """Cancelled before, while and after it was sent; of so few connections each is needed again."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        address = Address(session, server.url)
        server.answers = [ANSWER, b"HTTP/1.1 200 OK\r\n"]
        assert await address.post(b"{}", patience(5)) == (200, b"{}")
        impatient = asyncio.create_task(address.post(b"{}", patience(5)))
        for _ in range(turns):
            await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        server.answers = [ANSWER] * 3
        assert await address.post(b"{}", patience(5)) == (200, b"{}")


@pytest.mark.asyncio
async def test_no_connection_is_known_from_no_answer(server: Server) -> None:
    session = pool()
    nobody = Address(session, URL("http://127.0.0.1:1/bot1:x/sendMessage", encoded=True))
    with pytest.raises(aiohttp.ClientError) as told:
        await nobody.post(b"{}", patience(5))
    assert unsent(told.value)
    await session.close()


@pytest.mark.asyncio
async def test_an_answer_that_does_not_come_is_a_time_out(server: Server, address: Address) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\n"]
    with pytest.raises(TimeoutError) as told:
        await address.post(b"{}", patience(-4.8))
    assert not unsent(told.value)
