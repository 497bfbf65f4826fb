"""JSON posted over a session's connections, past what a session does for cookies, redirects, proxies and forms.

That was a fifth of what a turn costs. The pool, TLS and the reading of answers are aiohttp's; errors are a session's.
"""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL


class Address:
    """Where a session posts again and again: what is the same in every request is made once."""

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        assert session.connector is not None
        self._connector = session.connector
        headers = {"Content-Type": "application/json"}
        self._request = aiohttp.ClientRequest("POST", url, headers=headers, session=session)
        lines = [f"POST {url.raw_path_qs} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self._request.headers.items() if name != "Content-Length"]
        self._head = "\r\n".join([*lines, "Content-Length: "]).encode()

    async def post(self, body: bytes, timeout: aiohttp.ClientTimeout) -> tuple[int, bytes]:
        """Status and body of the answer; raises as a session does. `timeout.total` is for the answer alone."""
        try:
            connection = await self._connector.connect(self._request, [], timeout)
        except TimeoutError as late:
            raise aiohttp.ConnectionTimeoutError from late
        try:
            # The loop looks at the connection first: if it was closed while we worked, nothing is sent into it.
            await asyncio.sleep(0)
            protocol, transport = connection.protocol, connection.transport
            if protocol is None or transport is None or transport.is_closing():
                raise aiohttp.ClientConnectionResetError("closing")
            protocol.set_response_params(read_until_eof=True)
            transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
            async with asyncio.timeout(timeout.total):
                message, content = await protocol.read()
                while 100 <= message.code < 200:
                    message, content = await protocol.read()
                answer = await content.read()
        except BaseException as fault:
            connection.close()
            if isinstance(fault, HttpProcessingError):
                raise aiohttp.ClientPayloadError(fault.message) from fault
            raise
        connection.release()
        return message.code, answer
