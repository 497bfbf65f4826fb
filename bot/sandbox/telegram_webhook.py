"""Telegram's webhook: one update after the other within a queue, queues in parallel, retried until it is too old."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.telegram_parameters import Parameters, bad
from bot.sandbox.telegram_updates import Update, Updates
from bot.sandbox.world import World

_ANSWER_SECONDS = 60.0
_LONGEST_WAIT = 60.0


class Webhook:
    """Delivers updates while a webhook is set."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.secret = ""
        self.max_connections = 40
        self.last_error: tuple[int, str] | None = None
        self._world = world
        self._updates = updates
        self._queues: dict[str, deque[Update]] = {}
        self._slots = asyncio.Semaphore(40)
        self._generation = 0
        updates.pushed = self.push

    def set(self, params: Parameters) -> bool:
        """setWebhook; an empty url is deleteWebhook."""
        url = params.get("url") or ""
        if not url:
            return self.delete(params)
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (local and parts.scheme == "http"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not local and (parts.port or 443) not in (443, 80, 88, 8443):
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = params.get("secret_token") or ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        if params.get("allowed_updates") is not None:
            self._updates.allowed = list(params["allowed_updates"])
        if params.get("drop_pending_updates"):
            self._updates.drop()
        self.secret = secret
        self.max_connections = min(100, max(1, params.get("max_connections") or 40))
        self._slots = asyncio.Semaphore(self.max_connections)
        self._restart(url)
        for update in list(self._updates.pending.values()):
            self.push(update)
        return True

    def delete(self, params: Parameters) -> bool:
        """deleteWebhook: updates wait for getUpdates again."""
        if params.get("drop_pending_updates"):
            self._updates.drop()
        self._restart("")
        return True

    def info(self) -> dict[str, Any]:
        """getWebhookInfo."""
        self._updates.expire()
        found: dict[str, Any] = {
            "url": self._updates.webhook_url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
        }
        if self._updates.webhook_url:
            found["max_connections"] = self.max_connections
        if self.last_error and self._updates.webhook_url:
            found["last_error_date"], found["last_error_message"] = self.last_error
        if self._updates.allowed:
            found["allowed_updates"] = self._updates.allowed
        return found

    def push(self, update: Update) -> None:
        """Put an update at the end of its queue."""
        queue = self._queues.get(update.queue)
        if queue is not None:
            queue.append(update)
            return
        self._queues[update.queue] = deque((update,))
        self._world.spawn(self._work(update.queue, self._generation))

    def _restart(self, url: str) -> None:
        self._generation += 1
        self._queues = {}
        self.last_error = None
        self._updates.webhook_url = url
        self._updates.close()

    async def _work(self, name: str, generation: int) -> None:
        queue = self._queues[name]
        while queue and generation == self._generation:
            update, attempts = queue[0], 0
            while generation == self._generation:
                if update.expires <= self._world.clock.now():
                    self._updates.pending.pop(update.id, None)
                    break
                async with self._slots:
                    wait = await self._post(update)
                if wait is None:
                    self._updates.confirm(update)
                    break
                # the first retry comes at once, then 2, 4, 8 ... seconds
                base = self._world.settings.retry_seconds
                own = min(_LONGEST_WAIT, base * 2.0 ** (attempts - 1)) if attempts else 0.0
                attempts += 1
                await self._world.clock.sleep(max(wait, own))
            queue.popleft()
        if generation == self._generation:
            del self._queues[name]

    async def _post(self, update: Update) -> float | None:
        """Deliver once: None when it was taken, else how long the bot asks to wait."""
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        status, wait = 0, 0.0
        try:
            async with self._world.session().post(
                self._updates.webhook_url, data=update.body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                await answer.read()
                status = answer.status
                after = answer.headers.get("Retry-After", "")
                wait = min(3600.0, float(after)) if after.isdigit() else 0.0
                reason = f"Wrong response from the webhook: {status} {answer.reason}"
        except TimeoutError:
            reason = "Read timeout expired"
        except (aiohttp.ClientError, OSError):
            reason = "Connection refused"
        self._world.record("telegram-webhook", update.kind, update.id, status, reason if status // 100 != 2 else "")
        if status // 100 == 2:
            return None
        self.last_error = (int(time.time() + self._world.clock.offset), reason)
        return wait
