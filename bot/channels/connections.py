"""The pool of connections to a provider, and what a broken one says about whether anything was sent."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from yarl import URL

from bot.channels import Refused, TooLarge, Unreachable

CONNECTIONS = 540
"""Enough for 50 ms a call at several thousand calls a second. outbox.py bounds what is really in flight, delivering.py
beside it: an answer finds a connection however much is announced."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
HOPS = 3
"""Redirects that a file may lie behind."""
_LATER = (404, 408, 425, 429)
"""Besides 5xx: a file may not lie where it is told to for a moment."""


def pool() -> aiohttp.ClientSession:
    """Connections that are kept for a minute, with time-outs and without cookies; needs a running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, ttl_dns_cache=300, keepalive_timeout=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=patience(ANSWER_SECONDS),
    )


def patience(seconds: float | None) -> aiohttp.ClientTimeout:
    """So long for an answer, and five seconds more for a connection; None waits for ever."""
    total = None if seconds is None else seconds + CONNECT_SECONDS
    return aiohttp.ClientTimeout(total=total, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)


def unsent(error: BaseException) -> bool:
    """True if the provider has surely not seen the request: no connection was made, or it was closed before a word.

    aiohttp writes a small request at once, and raises ClientConnectionResetError instead where the connection closes.
    """
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return True
    return isinstance(error.__cause__ or error, aiohttp.ClientConnectionResetError)


async def download(session: aiohttp.ClientSession, url: URL, most: int, headers: Mapping[str, str]) -> bytes:
    """A file of up to `most` bytes; `headers` are for the first address alone, not for where that one sends us.

    Raises TooLarge, Refused, Unreachable. Says nothing of the address, which may have a secret in it.
    """
    try:
        for hop in range(HOPS + 1):
            async with session.get(url, headers=headers if hop == 0 else {}, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308):
                    url = _onward(response)
                    continue
                if response.status in _LATER or response.status >= 500:
                    raise Unreachable(f"HTTP {response.status}")
                if response.status != 200:
                    raise Refused(f"HTTP {response.status}")
                return await _body(response, most)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from None
    raise Refused("sent on too often")


def _onward(response: aiohttp.ClientResponse) -> URL:
    onward = response.url.join(URL(response.headers.get("Location", "")))
    if onward.scheme != "https" and response.url.scheme == "https":
        raise Refused("sent on without encryption")
    return onward


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if (response.content_length or 0) > most:
        raise TooLarge(f"{response.content_length} bytes")
    found = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        found += chunk
        if len(found) > most:
            raise TooLarge(f"more than {most} bytes")
    return bytes(found)
