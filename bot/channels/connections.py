"""The pool of connections to a provider, and what a broken one says about whether anything was sent."""

from __future__ import annotations

import aiohttp

CONNECTIONS = 320
"""Enough for 50 ms a call at several thousand calls a second; the outbox bounds what is really in flight."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0


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
