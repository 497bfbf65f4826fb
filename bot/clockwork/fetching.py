"""Photos and documents that a question asked for: fetched outside of any turn, looked at, and taken in as the answer.

What its sender writes meanwhile waits with it, up to ten seconds: so it is not read before the photo is.
What is left to do are rows (putting_off.py), so a restart loses none. Also deletes the files that nobody needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from bot import vetting
from bot.channels import Refused, Throttled, TooLarge, Unauthorized, Uncertain, Unreachable
from bot.files import MOST_BYTES, Files
from bot.log import place
from bot.messages import Fetched, Incoming, Kept
from bot.records import media
from bot.store import Store, Tx, Unavailable
from bot.turns import putting_off
from bot.turns.putting_off import PutOff
from bot.vetting import NotKept

log = structlog.get_logger(__name__)

PATIENCE = 10.0
"""Seconds that later messages of the same person wait."""
PAUSES = (0.0, 1.0, 4.0, 15.0)
"""Seconds before each try to reach a provider; after the last one the person is told."""
FAULT_SECONDS = 1.0
AT_ONCE = 4
"""Files that are fetched at the same time."""

LOST = "file_lost"
LARGE = "file_large"


class Source(Protocol):
    """A channel that gives out what was sent to us."""

    async def fetch(self, reference: str, most: int) -> bytes:
        """A file of up to `most` bytes; raises TooLarge, Refused, Unreachable, Uncertain, Throttled, Unauthorized."""


Take = Callable[[Sequence[Incoming]], Awaitable[None]]


class Fetching:
    """Fetches what messages bring, and takes those messages in again."""

    def __init__(self, store: Store, take: Take, sources: Mapping[str, Source], files: Files) -> None:
        """`take` commits messages, as the inbox does."""
        self.store = store
        self.take = take
        self.sources = sources
        self.files = files
        self.begun = asyncio.Event()
        """What a crash has left is deleted: whoever writes files of their own waits for it."""
        self._wake = asyncio.Event()
        self._looking = False
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._told: set[asyncio.Task[None]] = set()
        self._following: dict[str, asyncio.Lock] = {}
        self._fetches = asyncio.Semaphore(AT_ONCE)
        self._unpacks = asyncio.Lock()
        store.listeners.append(self._wake.set)
        files.learned = self._learned

    @property
    def busy(self) -> bool:
        """Whether something is being fetched, or about to be looked for."""
        return self._looking or self._wake.is_set() or bool(self._tasks or self._told)

    async def run(self) -> None:
        """Run until cancelled; what is not done then is done after the next start."""
        self._looking = True
        try:
            await self._stubborn(self._begin)
            self.begun.set()
            while True:
                self._looking = True
                self._wake.clear()
                await self._stubborn(self._look)
                self._looking = False
                await self._wake.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), *self._told, return_exceptions=True)

    async def _begin(self) -> None:
        """Know what there is, and delete what a crash has left of files that were no answer yet."""
        rows = await self.store.run(media.all_of)
        self.files.telegram.update({row["id"]: row["telegram_file_id"] for row in rows if row["telegram_file_id"]})
        self.files.names.update({row["id"]: row["name"] for row in rows if row["name"]})
        strays = await asyncio.to_thread(self.files.strays, {row["id"] for row in rows})
        await asyncio.to_thread(self.files.remove, strays)

    async def _look(self) -> None:
        waiting, dropped = await self.store.run(_look)
        fetching = {one.account for one in waiting if one.wants and one.holds}
        for one in waiting:
            if one.wants and one.id not in self._tasks:
                self._spawn(one.id, self._one(one))
        for account in {one.account for one in waiting if not one.wants} - fetching:
            await self._follow(account)
        if dropped:
            await asyncio.to_thread(self.files.remove, dropped)
            await self.store.run(lambda tx: media.gone(tx, dropped))

    def _spawn(self, id: int, work: Any) -> None:
        task = self._tasks[id] = asyncio.create_task(work)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.pop(id, None)
            # What was put off after it had been looked at has been waiting for this.
            self._wake.set()

        task.add_done_callback(done)

    async def _one(self, one: PutOff) -> None:
        """Fetch one file, and take its message in again, with all that was written since."""
        fetch = asyncio.create_task(self._fetched(one))
        try:
            done, _ = await asyncio.wait({fetch}, timeout=PATIENCE)
            if not done:
                await self._stubborn(lambda: self.store.run(lambda tx: putting_off.wait_no_longer(tx, one.id)))
                self._wake.set()
            file, fault = await fetch
        finally:
            fetch.cancel()
        again = one.again(Fetched(one.id, file, fault))
        await self._follow(one.account, again)
        if file is not None:
            await self._stubborn(lambda: self._settle(file))

    async def _settle(self, file: Kept) -> None:
        """A file that no question took is not kept."""
        if not await self.store.run(lambda tx: media.known(tx, file.id)):
            await asyncio.to_thread(self.files.remove, [file.id])
        elif file.name:
            self.files.names[file.id] = file.name

    async def _follow(self, account: str, first: Incoming | None = None) -> None:
        """Take in what this person has written, in its order, after the message that it waited for."""

        async def work() -> None:
            rows, _ = await self.store.run(_look)
            behind = [one.again(Fetched(one.id)) for one in rows if one.account == account and not one.wants]
            messages = [first, *behind] if first is not None else behind
            if messages:
                await self.take(messages)

        lock = self._following.setdefault(account, asyncio.Lock())
        async with lock:
            await self._stubborn(work)
        if not lock.locked():
            self._following.pop(account, None)

    async def _fetched(self, one: PutOff) -> tuple[Kept | None, str]:
        """The file of a message, written down; or why there is none."""
        await self._stubborn(lambda: self.store.run(lambda tx: putting_off.try_it(tx, one.id)))
        if one.attempts >= putting_off.MOST_ATTEMPTS:
            log.error("fetching.given_up", row=one.id)
            return None, LOST
        try:
            # One keeps its place until it is written down: what is fetched and waits to be unpacked lies in memory.
            async with self._fetches:
                data = await self._download(one)
                # One at a time: unpacked, a photo takes a hundred times its size.
                async with self._unpacks:
                    return await asyncio.to_thread(self._keep, data, one), ""
        except TooLarge:
            return None, LARGE
        except NotKept as fault:
            log.info("fetching.not_kept", row=one.id, reason=fault.reason)
            return None, fault.reason
        except Exception as fault:
            log.warning("fetching.lost", row=one.id, fault=place(fault))
            return None, LOST

    def _keep(self, data: bytes, one: PutOff) -> Kept:
        named = one.message.media.name if one.message.media is not None else ""
        made, kept = vetting.vet(data, one.wants.split(), named)
        self.files.write(kept.id, made)
        return kept

    async def _download(self, one: PutOff) -> bytes:
        source = self.sources.get(one.message.channel)
        if source is None or one.message.media is None:
            raise Refused("there is nowhere to fetch it from")
        for pause in PAUSES:
            await asyncio.sleep(pause)
            try:
                return await source.fetch(one.message.media.reference, MOST_BYTES)
            except (Unreachable, Uncertain, Throttled, Unauthorized) as fault:
                log.warning("fetching.later", row=one.id, fault=type(fault).__name__)
        raise Refused("the provider was not there")

    def _learned(self, id: str, telegram: str) -> None:
        async def work() -> None:
            await self._stubborn(lambda: self.store.run(lambda tx: media.learn(tx, id, telegram)))

        task = asyncio.create_task(work())
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def _stubborn(self, work: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                await work()
                return
            except Unavailable:
                await asyncio.sleep(FAULT_SECONDS)
            except Exception as fault:
                log.error("fetching.fault", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)


async def _look(tx: Tx) -> tuple[list[PutOff], list[str]]:
    return await tx.driver(lambda driver: (putting_off.waiting(driver), media.dropped(driver)))
