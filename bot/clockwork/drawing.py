"""Draws the pictures that were ordered, off the event loop and one after the other, and has each sent once.

What is left to do are rows (records/pictures.py), so a restart loses none; the row goes in the transaction that queues
the message. Who has asked for few pictures gets the words, how large the picture is, and a button that shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.clockwork import inscribing
from bot.clockwork.inscribing import DOMAIN
from bot.engine.chat import Speaker
from bot.files import Files, content_type, new_id
from bot.log import place
from bot.messages import Kept
from bot.records import media, notices, pictures
from bot.records.pictures import Ordered
from bot.store import Store, Tx, Unavailable
from bot.turns.composing import Composer, marked

log = structlog.get_logger(__name__)

T = TypeVar("T")

FAULT_SECONDS = 1.0


class Drawing:
    """Draws what waits, for as long as it runs."""

    def __init__(self, store: Store, composer: Composer, files: Files, begun: asyncio.Event) -> None:
        """`begun`: from then on nobody deletes files that no row names yet."""
        self.store = store
        self.composer = composer
        self.files = files
        self._begun = begun
        self._wake = asyncio.Event()
        self._working = False
        store.listeners.append(self._wake.set)

    @property
    def busy(self) -> bool:
        """Whether something is being drawn, or about to be looked for."""
        return self._working or self._wake.is_set()

    async def run(self) -> None:
        """Run until cancelled; what is not drawn then is drawn after the next start."""
        self._working = True
        await self._begun.wait()
        while True:
            self._working = True
            self._wake.clear()
            for one in await self._stubborn(self._waiting):
                await self._one(one)
            self._working = False
            await self._wake.wait()

    async def _waiting(self) -> list[Ordered]:
        return await self.store.run(lambda tx: tx.driver(pictures.waiting))

    async def _one(self, one: Ordered) -> None:
        """Draw one picture, write it down, and queue its message."""
        await self._stubborn(lambda: self.store.run(lambda tx: pictures.try_it(tx, one.id)))
        made = await self._drawn(one)
        file = None
        if made is not None:
            file = Kept(id := new_id(pictures.ENDING), "photo", content_type(id), len(made))
            await self._stubborn(lambda: asyncio.to_thread(self.files.write, id, made))
        if not await self._sent(one, file) and file is not None:
            await asyncio.to_thread(self.files.remove, [file.id])

    async def _sent(self, one: Ordered, file: Kept | None) -> bool:
        """Whether its message is queued; what cannot be put into words holds up no other picture."""
        try:
            return await self._stubborn(lambda: self.store.run(lambda tx: self._send(tx, one, file)))
        except Exception as fault:
            log.error("drawing.wording", picture=one.id, fault=place(fault))
            await self._stubborn(lambda: self.store.run(lambda tx: pictures.done(tx, one.id)))
            return False

    async def _drawn(self, one: Ordered) -> bytes | None:
        """The picture; None where it cannot be drawn."""
        if one.attempts >= pictures.MOST_ATTEMPTS:
            log.error("drawing.given_up", picture=one.id)
            return None
        try:
            return await asyncio.to_thread(inscribing.draw, one, self.composer)
        except Exception as fault:
            log.error("drawing.fault", picture=one.id, fault=place(fault))
            return None

    async def _send(self, tx: Tx, one: Ordered, file: Kept | None) -> bool:
        """Queue the message of a picture; False where nobody waits for it any more."""
        if not await pictures.done(tx, one.id):
            return False
        if file is None:
            await notices.tell(tx, one.account, DOMAIN, "undrawn", {"caption": self._caption(one)}, lane="reply")
            return True
        await media.keep(tx, file, one.account)
        if await pictures.is_sparing(tx, one.account):
            await pictures.hold_back(tx, one.account, file.id, one.kind)
            values = {"caption": self._caption(one), "size": -(-file.size // 1000)}
            opens = [("see", "picture", file.id)]
            await notices.tell(tx, one.account, DOMAIN, "spared", values, opens=opens, lane="reply")
        else:
            await notices.tell(tx, one.account, one.domain, one.key, one.values, media=file.id, lane="reply")
        return True

    def _caption(self, one: Ordered) -> dict[str, str]:
        """The words below the picture, as a value of another template."""
        speaker = Speaker(
            one.account,
            one.channel,
            one.external_id,
            one.language,
            salutation=one.salutation,
            nickname=one.nickname,
        )
        values = {name: marked(value, one.language) for name, value in one.values.items()}
        return {"neutral": self.composer.say(speaker, one.domain, one.key, values)}

    async def _stubborn(self, work: Callable[[], Awaitable[T]]) -> T:
        """What a full disk or a locked database keeps from happening is tried until it does."""
        while True:
            try:
                return await work()
            except (Unavailable, OSError) as fault:
                log.warning("drawing.later", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)
