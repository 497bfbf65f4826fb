"""The Twilio SDK's HTTP client over aiohttp: with a time-out, without retries, and with errors that say what was sent.

The SDK's own ignores its time-out, repeats POSTs, form-encodes JSON and drops Retry-After (platform.md 2.8).
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

from bot.channels import Refused, Throttled, Uncertain, Unreachable
from bot.channels.connections import ANSWER_SECONDS, download, patience, pool, unsent

API_URL = "https://api.twilio.com"


class TwilioHttp(AsyncHttpClient):  # type: ignore[misc]
    """One pool of connections to Twilio, or to `base` in the place of every Twilio product. Needs a running loop."""

    def __init__(self, base: str = "") -> None:
        super().__init__(logging.getLogger("twilio.http"), True, ANSWER_SECONDS)
        self._base = base.rstrip("/")
        self._urls: dict[str, URL] = {}
        self._authorization: dict[tuple[str, str], str] = {}
        self._session = pool()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One call; raises Throttled for a 429, Unreachable where nothing was sent, Uncertain where no answer came."""
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = self._basic(auth)
        body: dict[str, Any] = {"data": _encoded(data, sent.get("Content-Type", ""))} if data else {}
        if timeout is not None:
            body["timeout"] = patience(timeout)
        try:
            async with self._session.request(
                method, self._url(url), params=params, headers=sent, allow_redirects=allow_redirects, **body
            ) as response:
                text = await response.text("utf-8", "replace")
        except (aiohttp.ClientError, OSError) as error:
            raise (Unreachable if unsent(error) else Uncertain)(type(error).__name__) from error
        if response.status == 429:
            raise Throttled(_seconds(response.headers.get("Retry-After", "")))
        return Response(response.status, text, response.headers)

    async def download(self, url: str, most: int, auth: tuple[str, str]) -> bytes:
        """A file that somebody has sent, up to `most` bytes; raises TooLarge, Refused, Unreachable.

        Only from Twilio itself, for nobody else may see who we are.
        """
        address = URL(url)
        if address.origin() != URL(self._base or API_URL).origin():
            raise Refused("not at Twilio")
        return await download(self._session, address, most, {"Authorization": self._basic(auth)})

    def _url(self, url: str) -> URL:
        known = self._urls.get(url)
        if known is None:
            known = URL(url)
            if self._base:
                known = URL(self._base + known.raw_path_qs, encoded=True)
            if len(self._urls) < 100:  # addresses of single messages must not pile up
                self._urls[url] = known
        return known

    def _basic(self, auth: tuple[str, str]) -> str:
        known = self._authorization.get(auth)
        if known is None:
            joined = base64.b64encode(":".join(auth).encode()).decode()
            known = self._authorization[auth] = f"Basic {joined}"
        return known


def _encoded(data: Mapping[str, Any], content_type: str) -> bytes:
    # yarl's quoting is in C: aiohttp's own form encoding is the costliest part of sending a message.
    return msgspec.json.encode(data) if "json" in content_type else URL.build(query=data).raw_query_string.encode()


def _seconds(header: str) -> float:
    try:
        return max(0.5, float(header))
    except ValueError:
        return 1.0
