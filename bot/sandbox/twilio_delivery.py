"""Twilio's requests to the bot: signed forms, 15 seconds in all, retried only as the URL's fragment says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qs, urldefrag, urlencode

import aiohttp
import msgspec

from bot.sandbox.world import World

_TOTAL_SECONDS = 15.0


class Override(msgspec.Struct):
    """A webhook URL with what its fragment changes (times in milliseconds)."""

    url: str
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_ms: int = 5000
    read_ms: int = 15000

    def retries_on(self, outcome: str) -> bool:
        """Whether this outcome (ct, rt, 4xx, 5xx) is tried again."""
        return "all" in self.policy or outcome in self.policy


def override(configured: str) -> Override:
    """Take the fragment of a configured URL apart: #rc=5&rp=all&ct=2000&rt=5000."""
    url, fragment = urldefrag(configured)
    values = {name: found[0] for name, found in parse_qs(fragment).items()}
    return Override(
        url,
        min(5, max(0, int(values.get("rc", 1)))),
        frozenset(values.get("rp", "ct").split(",")),
        min(10_000, max(100, int(values.get("ct", 5000)))),
        min(15_000, max(100, int(values.get("rt", 15_000)))),
    )


def sign(token: str, url: str, form: list[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the URL and the sorted names and values."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Delivery:
    """Posts forms to the bot."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def post(self, configured: str, form: list[tuple[str, str]], name: str, again: bool = False) -> bool:
        """Deliver one form; False when the bot did not take it and Twilio gives up."""
        target = override(configured)
        settings = self._world.settings
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": sign(settings.twilio_token, target.url, form),
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        idempotency = secrets.token_hex(16)
        body, started = urlencode(form).encode(), self._world.clock.monotonic()
        for attempt in range(target.retries + 1):
            if attempt or again:
                headers["I-Twilio-Idempotency-Token"] = idempotency
            left = _TOTAL_SECONDS - (self._world.clock.monotonic() - started)
            if left <= 0:
                return False
            outcome, status = await self._once(target, body, headers, left)
            self._world.record("twilio-webhook", name, dict(form), status, outcome)
            if not outcome:
                return True
            if not target.retries_on(outcome):
                return False
            await self._world.clock.sleep(min(0.2 * 2.0**attempt, max(0.0, left)))
        return False

    async def _once(self, target: Override, body: bytes, headers: dict[str, str], left: float) -> tuple[str, int]:
        """What went wrong (ct, rt, 4xx, 5xx; "" when it was taken) and the status."""
        timeout = aiohttp.ClientTimeout(
            total=left, sock_connect=min(left, target.connect_ms / 1000), sock_read=min(left, target.read_ms / 1000)
        )
        try:
            async with self._world.session().post(
                target.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                await answer.read()
                return "" if answer.status < 400 else f"{answer.status // 100}xx", answer.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return "ct", 0
        except (aiohttp.ClientError, TimeoutError, OSError):
            return "rt", 0
