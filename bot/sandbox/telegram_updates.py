"""Updates that wait for the bot, in the two ways it may take them: getUpdates here, webhooks in telegram_webhook."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from bot.sandbox.telegram_parameters import Parameters, TelegramError, bad
from bot.sandbox.world import World

# all but these are sent when allowed_updates is empty
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_SECONDS = {"callback_query": 150.0, "shipping_query": 150.0, "pre_checkout_query": 150.0, "inline_query": 30.0}
_DAY = 86_400.0


class Update(msgspec.Struct):
    """One update as it goes over the wire; `taken` is called when the bot has confirmed it."""

    id: int
    kind: str
    queue: str
    body: bytes
    expires: float
    taken: Callable[[], None] | None = None


class Updates:
    """Keeps updates until they are confirmed or too old."""

    def __init__(self, world: World, first_id: int = 100_000_001) -> None:
        self.next_id = first_id
        self.allowed: list[str] = []
        self.webhook_url = ""
        self.pending: dict[int, Update] = {}
        self.pushed: Callable[[Update], None] | None = None
        self._world = world
        self._again: list[Update] = []
        self._poller: asyncio.Future[None] | None = None
        self._generation = 0
        self._last: tuple[int, float, float] = (-1, 0.0, 0.0)  # offset, began, ended of the last getUpdates

    def add(self, kind: str, queue: str, content: Any, taken: Callable[[], None] | None = None) -> Update | None:
        """Queue an update of this kind for the bot; None when it did not ask for such."""
        if (kind not in self.allowed) if self.allowed else (kind in _NOT_BY_DEFAULT):
            return None
        update_id, self.next_id = self.next_id, self.next_id + 1
        body = msgspec.json.encode({"update_id": update_id, kind: content})
        return self._put(Update(update_id, kind, queue, body, self._expiry(kind), taken))

    def add_raw(self, body: bytes) -> Update:
        """Queue something that need not be a proper update; an object gets an update_id when it has none."""
        update_id, self.next_id = self.next_id, self.next_id + 1
        if body.startswith(b"{") and b'"update_id"' not in body:
            rest = body[1:].lstrip()
            body = b'{"update_id":%d%s%s' % (update_id, b"" if rest.startswith(b"}") else b",", rest)
        return self._put(Update(update_id, "raw", "raw", body, self._expiry("raw")))

    def again(self, update: Update) -> None:
        """Deliver an update once more, as after an acknowledgement that was lost."""
        if self.webhook_url and self.pushed is not None:
            self.pending[update.id] = update
            self.pushed(update)
        else:
            self._again.append(update)
            self._wake()

    def expire(self) -> None:
        """Forget what is too old."""
        now = self._world.clock.now()
        for update_id in [key for key, update in self.pending.items() if update.expires <= now]:
            del self.pending[update_id]

    def confirm(self, update: Update) -> None:
        """The bot has taken this update."""
        self.pending.pop(update.id, None)
        if update.taken is not None:
            update.taken()
            update.taken = None

    def drop(self) -> None:
        """Forget everything that waits."""
        self.pending.clear()
        self._again.clear()

    def close(self) -> None:
        """Let a waiting poller go."""
        self._generation += 1
        self._wake()

    async def get(self, params: Parameters) -> msgspec.Raw:
        """getUpdates: the updates from `offset` on, at once or when one comes within `timeout` seconds (at most 50)."""
        if self.webhook_url:
            raise TelegramError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
                " webhook first",
            )
        offset, limit, timeout = self._read(params)
        self._confirm_before(offset)
        self.close()  # the one that came earlier is told that there are two
        generation = self._generation
        if not self.pending and not self._again and timeout > 0:
            await self._wait(timeout)
            if generation != self._generation and not self._world.stopping:
                raise TelegramError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        found = self._some(offset, limit)
        self._last = (offset, self._last[1], time.monotonic())
        return msgspec.Raw(b"[" + b",".join([update.body for update in found]) + b"]")

    def _read(self, params: Parameters) -> tuple[int, int, float]:
        offset, limit = params.get("offset", 0), params.get("limit", 100)
        timeout = min(50.0, max(0.0, float(params.get("timeout", 0))))
        if not 1 <= limit <= 100:
            limit = 100  # the server corrects it silently
        if params.get("allowed_updates") is not None:
            if not isinstance(params["allowed_updates"], list):
                raise bad("can't parse allowed_updates: array expected")
            self.allowed = params["allowed_updates"]
        before, began, ended = self._last
        now = time.monotonic()
        if offset == before and self._world.pace.limits.on:
            # a bot that asks for the same again and again is slowed down
            if now < ended + 0.5:
                limit = 1
            if timeout < 3 and now < began + 3:
                timeout = 3.0
        self._last = (offset, now, ended)
        return offset, limit, timeout

    def _confirm_before(self, offset: int) -> None:
        if offset > 0:
            for update in _until(self.pending, offset):
                self.confirm(update)
        elif offset < 0:
            for update in list(islice(self.pending.values(), max(0, len(self.pending) + offset))):
                self.confirm(update)

    def _some(self, offset: int, limit: int) -> list[Update]:
        again, self._again = self._again[:limit], self._again[limit:]
        now = self._world.clock.now()
        found: list[Update] = again
        stale = []
        for update in self.pending.values():
            if len(found) >= limit:
                break
            if update.expires <= now:
                stale.append(update.id)
            elif update.id >= offset:
                found.append(update)
        for update_id in stale:
            del self.pending[update_id]
        return found

    async def _wait(self, seconds: float) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poller = mine
        try:
            await asyncio.wait_for(mine, seconds)
        except TimeoutError:
            pass
        finally:
            if self._poller is mine:
                self._poller = None

    def _put(self, update: Update) -> Update:
        self.pending[update.id] = update
        if self.webhook_url and self.pushed is not None:
            self.pushed(update)
        else:
            self._wake()
        return update

    def _wake(self) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    def _expiry(self, kind: str) -> float:
        return self._world.clock.now() + _SECONDS.get(kind, _DAY)


def _until(pending: dict[int, Update], offset: int) -> list[Update]:
    """Ids rise, so the confirmed ones stand in front."""
    found = []
    for update_id, update in pending.items():
        if update_id >= offset:
            break
        found.append(update)
    return found
