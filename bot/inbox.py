"""A batch of incoming messages → turns of talks → rows to send, in one transaction.

Acknowledging is the caller's part, once `take` has returned: nothing is acknowledged before it is committed. Words are
composing.py's part, rows are intake.py's, sending is outbox.py's.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.log import place
from bot.messages import Incoming
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.queued import Row
from bot.schema import parked
from bot.store import Store, Tx, Unavailable
from bot.turns import intake, putting_off
from bot.turns.turns import Turns

log = structlog.get_logger(__name__)

BATCH = 100
"""Messages from which on no more are taken into a batch."""
FLOOD = 20
"""Unanswered messages of one person after which the rest is not answered one by one …"""
FLOOD_SECONDS = 10.0
"""… within this time."""


@dataclass(slots=True)
class _Waiting:
    messages: Sequence[Incoming]
    done: asyncio.Future[None] | None
    """None where more of what was handed over with it follows: whatever fails takes along all that waits behind it."""

    def end(self, fault: Exception | None = None) -> None:
        """Tell whoever waits for it."""
        if self.done is None or self.done.done():
            return
        if fault is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(fault)


@dataclass(slots=True)
class _Flood:
    since: float
    unanswered: int = 0
    said: bool = False


@dataclass(slots=True)
class Batch:
    """What a committed batch leaves to do: rows to send, presses to acknowledge."""

    rows: list[Row] = field(default_factory=list)
    presses: list[tuple[str, str, str]] = field(default_factory=list)
    accounts: list[intake.Account] = field(default_factory=list)


class Inbox:
    """Takes messages in. One batch at a time; what arrives meanwhile is the next batch."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        turns: Turns,
        metrics: Metrics,
        press: Callable[[str, str, str], None],
    ) -> None:
        self.store = store
        self.outbox = outbox
        self.turns = turns
        self.metrics = metrics
        self.press = press
        """Acknowledges a pressed button: channel, callback, note."""
        self.met: Callable[[Sequence[intake.Account]], None] = lambda accounts: None
        """Told of the accounts of each committed batch."""
        self._working = False
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._floods: dict[tuple[str, str], _Flood] = {}
        self._calm: dict[str, tuple[str, str]] = {}
        outbox.answered = self._answered

    @property
    def busy(self) -> bool:
        """Whether anything is being taken in."""
        return self._working or not self._waiting.empty()

    async def take(self, messages: Sequence[Incoming]) -> None:
        """Take messages in, in this order; returns once they are committed. Raises Unavailable when they are not."""
        done = asyncio.get_running_loop().create_future()
        for at in range(0, len(messages), BATCH):
            last = at + BATCH >= len(messages)
            self._waiting.put_nowait(_Waiting(messages[at : at + BATCH], done if last else None))
        if messages:
            await done

    async def run(self) -> None:
        """Work off what is waiting, batch by batch. Ends by being cancelled."""
        while True:
            self._working = False
            batch = [await self._waiting.get()]
            self._working = True
            messages = [*batch[0].messages]
            while len(messages) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
                messages += batch[-1].messages
            try:
                await self._batch(messages, self._flooded(messages))
            except Exception as fault:
                if not isinstance(fault, Unavailable):
                    log.error("inbox.batch", fault=place(fault))
                # What arrived behind these must not overtake them: it comes again with them.
                while not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                self._uncounted(messages)
                for one in batch:
                    one.end(fault)
            else:
                for one in batch:
                    one.end()

    async def _batch(self, messages: list[Incoming], flooded: Mapping[str, bool]) -> None:
        started = time.perf_counter()
        try:
            done = await self.store.run(lambda tx: self._work(tx, messages, flooded))
        except Unavailable:
            raise
        except Exception:
            if len(messages) == 1:
                await self._park(messages[0])
                return
            for message in messages:
                await self._batch([message], flooded)
            return
        self.metrics.batch(len(messages), time.perf_counter() - started)
        known = {account.id: (account.channel, account.external_id) for account in done.accounts}
        self._calm.update((row.account, known[row.account]) for row in done.rows)
        self.outbox.hand(done.rows)
        self.met(done.accounts)
        for channel, callback, note in done.presses:
            self.press(channel, callback, note)

    async def _work(self, tx: Tx, messages: Sequence[Incoming], flooded: Mapping[str, bool]) -> Batch:
        fresh, known = await intake.claim(tx, messages)
        await putting_off.taken(tx, messages)
        batch = Batch()
        if not fresh:
            return batch
        mine: list[Incoming] = []
        for message in messages:
            if message.key in fresh:
                fresh.discard(message.key)
                mine.append(message)
        accounts = await self._accounts(tx, mine, intake.accounts_of(known))
        rows = intake.Rows()
        for message in mine:
            account = accounts[(message.channel, message.sender)]
            if message.key in flooded and not flooded[message.key]:
                if message.callback:
                    batch.presses.append((message.channel, message.callback, ""))
                continue
            await self.turns.message(tx, account, message, rows, batch.presses, flooded=message.key in flooded)
        present = list({account.id: account for account in accounts.values()}.values())
        touched = [one for one in present if one.touched and (one.chose_language or not one.new)]
        if touched:
            intake.touch(tx, touched)
        for account in present:
            self.turns.store(account, rows, tx.now)
        intake.save(tx, rows)
        batch.rows = rows.ready
        batch.accounts = present
        return batch

    async def _accounts(
        self, tx: Tx, messages: Sequence[Incoming], accounts: dict[tuple[str, str], intake.Account]
    ) -> dict[tuple[str, str], intake.Account]:
        """Everybody who wrote one of these: who is known already, and new accounts for the others."""
        who = {(message.channel, message.sender): message for message in messages}
        accounts = {key: account for key, account in accounts.items() if key in who}
        renamed = [
            (m.channel, m.phone, m.sender)
            for key, m in who.items()
            if key not in accounts and m.phone not in ("", m.sender)
        ]
        if renamed and await intake.rename(tx, renamed):
            accounts = await intake.load(tx, who)
        numbers = [m.phone for key, m in who.items() if key not in accounts and m.phone == m.sender]
        if numbers:
            # Fetched from a log that names people by number only, while they are known by another id.
            known = {key: id for key, id in (await intake.by_number(tx, numbers)).items() if key in who}
            accounts |= await intake.load(tx, [id for id in known.values() if id not in accounts])
            accounts |= {key: accounts[id] for key, id in known.items()}
        new = []
        for key, message in who.items():
            if key not in accounts:
                language = self.turns.first_language(message.language)
                account = intake.Account(secrets.token_hex(8), key[0], key[1], message.phone, language, new=True)
                account.wrote_at = min(message.at, tx.now)
                accounts[key] = account
                new.append(account)
        if new:
            intake.create(tx, new)
        return accounts

    # One person flooding

    def _flooded(self, messages: Sequence[Incoming]) -> dict[str, bool]:
        """Keys of messages beyond what one person may have unanswered; true for the one at which this is said."""
        now = 0.0
        found: dict[str, bool] = {}
        for message in messages:
            if message.fetched is not None:
                continue
            # When it was written: what waited while we were away is no flood.
            who, now = (message.channel, message.sender), message.at / 1000
            flood = self._floods.get(who)
            if flood is None or abs(now - flood.since) > FLOOD_SECONDS:
                flood = self._floods[who] = _Flood(now)
            flood.unanswered += 1
            if flood.unanswered > FLOOD:
                found[message.key] = not flood.said
                flood.said = True
        if len(self._floods) > 10_000:
            self._floods = {who: flood for who, flood in self._floods.items() if now - flood.since <= FLOOD_SECONDS}
        return found

    def _uncounted(self, messages: Sequence[Incoming]) -> None:
        """These were not taken and will come again: that makes nobody a flood."""
        for message in messages:
            flood = self._floods.get((message.channel, message.sender))
            if flood is not None and message.fetched is None:
                flood.unanswered -= 1
                flood.said = flood.said and flood.unanswered > FLOOD

    def _answered(self, account: str) -> None:
        """All that this account is to be told has gone out: it starts with a clean count."""
        who = self._calm.pop(account, None)
        flood = self._floods.get(who) if who else None
        if who and flood is not None and not flood.said:
            del self._floods[who]

    async def _park(self, message: Incoming) -> None:
        """Our code could not handle this message: keep where, leave the person where they were, and say sorry."""
        fault = place(sys.exc_info()[1])
        log.error("inbox.parked", key=message.key, fault=fault)
        self.metrics.parked()

        async def work(tx: Tx) -> Batch:
            fresh, known = await intake.claim(tx, [message])
            await putting_off.taken(tx, [message])
            if not fresh:
                return Batch()
            accounts = await self._accounts(tx, [message], intake.accounts_of(known))
            account = accounts[(message.channel, message.sender)]
            conversation = account.talk.conversation if account.talk else ""
            row = {
                "key": message.key,
                "account_id": account.id,
                "conversation": conversation,
                "fault": fault,
                "at": tx.now,
            }
            await tx.add(parked, row)
            rows = intake.Rows()
            self.turns.sorry(tx, account, rows)
            intake.save(tx, rows)
            return Batch(rows.ready)

        async def bare(tx: Tx) -> None:
            await putting_off.taken(tx, [message])
            if (await intake.claim(tx, [message]))[0]:
                await tx.add(parked, {"key": message.key, "fault": fault, "at": tx.now})

        try:
            self.outbox.hand((await self.store.run(work)).rows)
        except Unavailable:
            raise
        except Exception as worse:
            # Not even the account can be read: what cannot be answered must at least stop nobody else.
            log.error("inbox.parked_without_a_word", key=message.key, fault=place(worse))
            await self.store.run(bare)
