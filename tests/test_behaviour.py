"""What must hold whatever happens around a conversation: failing providers, a database that is gone, people in a hurry.

The real bot against the sandbox over HTTP, in one process. Killing it is test_crash.py's part, forgery test_web.py's.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import event, text

from bot.author import Chat, Phone, Text, conversation
from bot.config import Settings
from bot.inbox import BATCH
from bot.messages import Incoming, Outgoing, Receipt
from bot.queued import body
from bot.repertoire import load as collect
from bot.running import Running
from bot.sandbox.phones import Phone as Handset
from bot.store import Unavailable
from bot.texts import Texts
from tests.dialogue import Clock, Stage, empty_database, free_port, stage
from tests.wording import wording

CHANNELS = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])


@conversation("errand", words="errand", steps="name kind phone", keeps=True)
async def errand(chat: Chat) -> None:
    """Three questions of different kinds."""
    await chat.ask("name", Text(2, 40))
    await chat.choose("kind", ["one", "two", "three"])
    await chat.ask("phone", Phone())
    await chat.say("done")


@conversation("echo", words="echo")
async def echo(chat: Chat) -> None:
    """Say what stood behind the word."""
    await chat.say("echo", words=chat.given)


@conversation("broken", words="broken")
async def broken(chat: Chat) -> None:
    """Our own mistake."""
    raise RuntimeError("this conversation cannot be held")


CATALOGUES = {
    "errand": {
        "name": "Q-NAME", "kind": "Q-KIND", "kind.one": "Satu", "kind.two": "Dua", "kind.three": "Tiga",
        "phone": "Q-PHONE", "done": "DONE",
    },
    "echo": {"echo": "ECHO {words}"},
}  # fmt: skip


@functools.cache
def words() -> Texts:
    """The bot's catalogues with ours, made once."""
    return wording(CATALOGUES)


class Scene(Stage):
    """A stage whose bot has our conversations, too."""

    @property
    def bot(self) -> Running:
        """The bot that is up."""
        assert self.running is not None
        return self.running

    async def up(self) -> Running:
        """Start the bot with nothing but what the database holds."""
        more = [*collect(), errand, echo, broken]
        self.running = Running(self.settings, more, clock=self.clock, texts=words())
        await self.running.start()
        return self.running

    @property
    def file(self) -> str:
        """The database."""
        return self.settings.database_url.partition("///")[2]

    def sql(self, statement: str) -> Any:
        """One value of the database, read beside the bot."""
        with closing(sqlite3.connect(self.file)) as database:
            return database.execute(statement).fetchone()[0]

    async def phones(self, count: int, channel: str = "telegram") -> list[Handset]:
        """So many people."""
        return [await self.sandbox.phone(channel, name=f"Peserta {number:02}") for number in range(1, count + 1)]

    async def until(self, happened: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until something is true, whoever makes it so."""
        ends = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < ends, "what was waited for did not happen"
            await asyncio.sleep(0.01)

    async def health(self) -> tuple[int, Any]:
        """What /healthz says."""
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
            return answer.status, await answer.json()

    async def say(self, phone: Handset, *texts: str) -> None:
        """One person says these things, each after the answer to the one before."""
        for one in texts:
            await phone.type(one)
            await self.settled(phone)
            self.clock.now += 5000

    async def locked(self) -> sqlite3.Connection:
        """Somebody else writes to the database and does not come to an end."""
        lock = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")
        return lock

    async def settled(self, *phones: Handset) -> None:
        """Return once what these have written is taken in and answered."""

        await self.sandbox.waits_for(lambda: all(_taken(phone) for phone in phones), 10)
        await self.quiet()


def _taken(phone: Handset) -> bool:
    """Whether all that somebody has written on WhatsApp was acknowledged; on Telegram `quiet` knows."""
    mine = [message for message in phone.chat if message.side == "person"]
    return phone.channel != "whatsapp" or all(message.ticks != "sent" for message in mine)


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """A stage with our conversations."""
    async with stage(Scene) as made:
        assert isinstance(made, Scene)
        yield made


def heard(phone: Handset) -> list[str]:
    """What the bot has said, without what stands behind the first line."""
    return [message.text.replace("\u2060", "") for message in phone.chat if message.side == "bot"]


# Deliveries


@pytest.mark.asyncio
@CHANNELS
async def test_a_delivery_that_comes_twice_is_answered_once(channel: str) -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, channel)
        for said in ("errand", "Peserta Satu", "2"):
            await on.say(phone, said)
            count = len(heard(phone))
            await phone.redeliver()
            await phone.redeliver()
            await on.settled(phone)
            assert len(heard(phone)) == count
        assert "Q-PHONE" in heard(phone)[-1]


@pytest.mark.asyncio
async def test_two_taps_are_one_answer_and_a_toast() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        await on.say(phone, "errand", "Peserta Satu")
        await phone.press("Dua")
        await phone.press("Dua")
        await on.settled(phone)
        assert [text for text in heard(phone) if "Q-PHONE" in text] == heard(phone)[2:]
        assert any(toast["text"] for toast in phone.toasts)


@pytest.mark.asyncio
async def test_a_button_of_an_older_question_is_offered_as_a_change() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        await on.say(phone, "errand", "Peserta Satu", "2")
        await phone.press("Tiga")
        await on.settled(phone)
        assert "Q-PHONE" in heard(phone)[-1]
        assert "Tiga" in heard(phone)[-1]
        await phone.type("ya")
        await on.settled(phone)
        assert '"three"' in on.sql("SELECT answers FROM talks WHERE state = 'current'")


@pytest.mark.asyncio
async def test_an_edited_message_changes_the_answer_it_gave() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        await on.say(phone, "errand", "Pesrta")
        await phone.edit("Peserta Satu")
        await on.settled(phone)
        assert "Peserta Satu" in heard(phone)[-1]
        assert "Q-KIND" in heard(phone)[-1]


@pytest.mark.asyncio
async def test_a_press_beside_a_message_loses_neither() -> None:
    async with scene() as on:
        phones = await on.phones(10)
        for said in ("errand", "Peserta Satu"):
            for phone in phones:
                await phone.type(said)
            await on.settled()
            on.clock.now += 5000
        for phone in phones:
            await phone.press("Dua")
            await phone.type("+62 812 000 0001")
        await on.settled()
        for phone in phones:
            assert [text for text in heard(phone) if "DONE" in text]


@pytest.mark.asyncio
async def test_one_update_that_nobody_can_read_stops_no_other() -> None:
    async with scene() as on:
        before, after = await on.phones(2)
        await before.type("echo a1")
        on.sandbox.push({"message": {"chat": "not a chat"}})
        on.sandbox.push({"callback_query": 5})
        on.sandbox.push({"something_new": {"a": 1}})
        await after.type("echo b2")
        await on.settled()
        assert heard(before)[0].startswith("ECHO a1")
        assert heard(after)[0].startswith("ECHO b2")


@pytest.mark.asyncio
@CHANNELS
async def test_replies_come_in_the_order_of_the_messages(channel: str) -> None:
    async with scene() as on:
        phones = await on.phones(3, channel)
        on.sandbox.fault(method="sendMessage", delay_ms=20)
        for number in range(8):
            for phone in phones:
                await phone.type(f"echo a{number}")
                if channel == "whatsapp":
                    await on.until(lambda phone=phone: _taken(phone))  # type: ignore[misc]
        await on.settled(*phones)
        for phone in phones:
            echoes = [text.split()[1] for text in heard(phone) if text.startswith("ECHO")]
            assert echoes == [f"a{number}" for number in range(8)]


# Providers


@pytest.mark.asyncio
async def test_a_slow_provider_holds_up_nobody() -> None:
    async with scene() as on:
        phones = await on.phones(40)
        on.sandbox.fault("telegram", "sendMessage", delay_ms=500)
        began = time.monotonic()
        for phone in phones:
            await phone.type("echo a1")
        await on.until(lambda: all(heard(phone) for phone in phones))
        assert time.monotonic() - began < 40 * 0.5 / 4
        assert all(len(heard(phone)) == 1 for phone in phones)


@pytest.mark.asyncio
async def test_a_429_is_waited_for_and_the_message_comes_once() -> None:
    async with scene() as on:
        flooded, other = await on.phones(2)
        on.sandbox.fault("telegram", "sendMessage", status=429, retry_after=1, times=1)
        began = time.monotonic()
        await flooded.type("echo a1")
        await on.until(lambda: len(on.sandbox.calls("sendMessage")) == 1)
        await other.type("echo b1")
        await on.until(lambda: bool(heard(other)))
        assert time.monotonic() - began < 0.9
        await on.until(lambda: bool(heard(flooded)))
        assert time.monotonic() - began >= 0.95
        await on.quiet()
        assert (len(heard(flooded)), len(heard(other))) == (1, 1)


@pytest.mark.asyncio
async def test_who_has_blocked_us_is_let_alone_until_they_write() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        told = "Forbidden: bot was blocked by the user"
        on.sandbox.fault("telegram", "sendMessage", status=403, description=told, times=1)
        await phone.type("echo a1")
        await on.settled()
        assert on.sql("SELECT reachable FROM accounts") == "blocked"
        assert len(on.sandbox.calls("sendMessage")) == 1
        await phone.type("echo a2")
        await on.settled()
        assert [text for text in heard(phone) if text.startswith("ECHO a2")]
        assert on.sql("SELECT reachable FROM accounts") == "ok"


@pytest.mark.asyncio
async def test_a_provider_that_fails_gets_it_again_and_the_person_once() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        on.sandbox.fault("telegram", "sendMessage", status=502, times=3)
        await phone.type("echo a1")
        await on.until(lambda: bool(heard(phone)))
        await on.quiet()
        assert len(heard(phone)) == 1
        assert on.sql("SELECT state FROM outbox") == "sent"


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", [{"body": "<html>garbage"}, {"close": True}, {"close": True, "executed": True}])
async def test_a_reply_that_nobody_can_tell_of_goes_once_more(fault: dict[str, Any]) -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        on.sandbox.fault("telegram", "sendMessage", times=1, **fault)
        await phone.type("echo a1")
        await on.until(lambda: len(on.sandbox.calls("sendMessage")) == 2)
        await on.quiet()
        assert len(heard(phone)) == 1 + bool(fault.get("executed"))


@pytest.mark.asyncio
async def test_a_reply_that_nobody_can_ever_tell_of_is_uncertain_and_holds_up_no_other() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        fault = on.sandbox.fault("telegram", "sendMessage", body="garbage")
        await phone.type("echo a1")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE state = 'uncertain'") == 1)
        on.sandbox.heal(fault)
        await phone.type("echo a2")
        await on.settled()
        assert heard(phone)[-1].startswith("ECHO a2")


class Gate:
    """The way to the provider, which can be closed: nobody listens then."""

    def __init__(self, port: int, to: int) -> None:
        self.port = port
        self.to = to
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let everything through."""
        self._server = await asyncio.start_server(self._through, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Let nothing through, and break what is open."""
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._writers |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._writers -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()


@pytest.mark.asyncio
async def test_a_provider_that_is_gone_is_waited_for_and_nothing_is_lost() -> None:
    async with scene() as on:
        await on.down()
        gate = Gate(free_port(), int(on.sandbox.url.rpartition(":")[2]))
        await gate.open()
        on.settings = on.settings.model_copy(update={"telegram_api_url": f"http://127.0.0.1:{gate.port}"})
        await on.up()
        phones = await on.phones(5)
        for phone in phones:
            await phone.type("echo a1")
        await on.settled()
        await gate.close()
        for phone in phones:
            await phone.type("echo a2")
        await asyncio.sleep(1.0)
        await gate.open()
        await on.until(lambda: all(any("a2" in text for text in heard(phone)) for phone in phones), 20)
        await on.quiet()
        for phone in phones:
            assert [text.split()[1] for text in heard(phone) if text.startswith("ECHO")] == ["a1", "a2"]
        await on.down()
        await gate.close()


# The database


@pytest.mark.asyncio
async def test_a_locked_database_takes_nothing_says_so_and_recovers() -> None:
    async with scene() as on:
        phones = await on.phones(3)
        lock = await on.locked()
        for phone in phones:
            await phone.type("echo a1")
        await on.until(lambda: bool(on.bot.store.fault))
        status, report = await on.health()
        assert (status, report["database"]["ok"]) == (503, False)
        assert len(on.sandbox.telegram.updates.pending) == 3
        lock.execute("ROLLBACK")
        lock.close()
        await on.until(lambda: all(heard(phone) for phone in phones), 15)
        await on.quiet()
        assert all(len(heard(phone)) == 1 for phone in phones)
        assert (await on.health())[0] == 200


@pytest.mark.asyncio
async def test_what_fills_several_batches_is_taken_as_a_whole_or_comes_again() -> None:
    async with scene() as on:
        many = [
            Incoming(f"tg:m{one}", "telegram", f"{one}", at=on.clock(), text="echo a1", message=f"{one}")
            for one in range(2 * BATCH + 50)
        ]
        lock = await on.locked()
        takes = [on.bot.inbox.take(some) for some in (many, many[:1])]
        told = await asyncio.wait_for(asyncio.gather(*takes, return_exceptions=True), 10)
        assert [type(one) for one in told] == [Unavailable, Unavailable]
        assert not on.bot.inbox.busy
        lock.execute("ROLLBACK")
        lock.close()
        await on.bot.inbox.take(many)
        assert on.sql("SELECT count(*) FROM handled") == len(many)
        await on.quiet()


@pytest.mark.asyncio
async def test_a_full_disk_takes_nothing_says_so_and_recovers() -> None:
    async with scene() as on:
        engine = on.bot.store.engine.sync_engine
        phones = await on.phones(60)
        with closing(sqlite3.connect(on.file)) as filler:
            most = filler.execute("PRAGMA page_count").fetchone()[0]

        def full(connection: Any, _: Any) -> None:
            connection.execute(f"PRAGMA max_page_count = {most}").close()

        await on.bot.store.run(lambda tx: _full(tx, most))
        event.listen(engine, "connect", full)
        for phone in phones:
            await phone.type("errand")
        await on.until(lambda: bool(on.bot.store.fault))
        assert "full" in on.bot.store.fault
        assert (await on.health())[0] == 503
        assert len(on.sandbox.telegram.updates.pending) == 60
        event.remove(engine, "connect", full)
        await on.until(lambda: all(heard(phone) for phone in phones), 20)
        await on.quiet()
        assert all(len(heard(phone)) == 1 for phone in phones)
        assert (await on.health())[0] == 200


async def _full(tx: Any, most: int) -> None:
    tx.raw._conn.execute(f"PRAGMA max_page_count = {most}")


@pytest.mark.asyncio
@CHANNELS
async def test_whatsapp_and_telegram_bring_again_what_was_not_taken(channel: str) -> None:
    async with scene() as on:
        on.sandbox.whatsapp_webhook += "#rc=5&rp=all"
        (phone,) = await on.phones(1, channel)
        lock = await on.locked()
        await phone.type("echo a1")
        await on.until(lambda: bool(on.bot.store.fault))
        lock.execute("ROLLBACK")
        lock.close()
        await on.until(lambda: bool(heard(phone)), 15)
        await on.settled(phone)
        assert len(heard(phone)) == 1


# People


@pytest.mark.asyncio
async def test_a_whatsapp_sender_without_a_number_is_answered() -> None:
    async with scene() as on:
        phone = await on.sandbox.phone("whatsapp", name="Peserta 01", hidden_number=True)
        await on.say(phone, "errand", "Peserta Satu")
        assert "Q-KIND" in heard(phone)[-1]
        assert on.sql("SELECT phone FROM accounts") == ""


@pytest.mark.asyncio
@CHANNELS
async def test_somebody_elses_contact_is_not_taken_for_their_own(channel: str) -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, channel)
        await on.say(phone, "errand", "Peserta Satu", "2")
        await phone.send("contact", own=False, contact_number="+6281200000099")
        await on.settled(phone)
        assert "DONE" not in "".join(heard(phone))
        assert "Q-PHONE" in heard(phone)[-1]
        if channel == "telegram":
            await phone.send("contact", own=True)
            await on.settled(phone)
            assert any("DONE" in text for text in heard(phone))


@pytest.mark.asyncio
async def test_who_floods_is_told_once_and_slows_nobody() -> None:
    async with scene() as on:
        flooder, *others = await on.phones(11)
        await flooder.type("errand")
        await on.settled()
        on.sandbox.fault("telegram", "sendMessage", delay_ms=100)
        before = len(heard(flooder))
        for number in range(100):
            await flooder.type(f"9{number}")
        began = time.monotonic()
        for phone in others:
            await phone.type("echo a1")
        await on.until(lambda: all(heard(phone) for phone in others))
        took = time.monotonic() - began
        await on.quiet()
        answers = heard(flooder)[before:]
        assert took < 2.0
        assert 2 <= len(answers) <= 25
        assert "Q-" in answers[-1]
        assert on.sql("SELECT count(*) FROM handled") == 111
        assert all(len(heard(phone)) == 1 for phone in others)


@pytest.mark.asyncio
async def test_a_reply_never_waits_behind_notices() -> None:
    async with scene() as on:
        known = await on.phones(120)
        (writer,) = await on.phones(1)
        for phone in known:
            await phone.type("echo a1")
        await on.settled()
        await on.bot.store.run(_notices)
        for listener in on.bot.store.listeners:
            listener()
        await on.until(lambda: sum(text == "NOTICE" for phone in known for text in heard(phone)) >= 20)
        began = time.monotonic()
        await writer.type("echo b1")
        await on.until(lambda: bool(heard(writer)))
        assert time.monotonic() - began < 1.0
        assert sum(text == "NOTICE" for phone in known for text in heard(phone)) < 110


async def _notices(tx: Any) -> None:
    """One for everybody."""
    told = body(Outgoing("telegram", "0", "NOTICE"))
    await tx.execute(
        text(
            "INSERT INTO outbox (id, account_id, lane, state, body, due_at, created_at)"
            " SELECT :id + rowid, id, 'notice', 'waiting', :body, :now, :now FROM accounts"
        ),
        {"id": tx.now * 1000 + 500_000, "body": told, "now": tx.now},
    )


@pytest.mark.asyncio
async def test_what_whatsapp_could_not_deliver_is_fetched() -> None:
    async with scene() as on:
        known, new = await on.phones(2, "whatsapp")
        await known.type("errand")
        await on.settled(known)
        await on.down()
        await known.type("Peserta Satu")
        await new.type("echo b1")
        await on.until(lambda: len(on.sandbox.calls("inbound")) >= 3)
        await on.up()
        await on.until(lambda: len(heard(known)) == 2 and len(heard(new)) == 1)
        await on.quiet()
        assert "Q-KIND" in heard(known)[-1]
        assert heard(new)[0].startswith("ECHO b1")
        await new.type("echo b2")
        await on.settled(new)
        assert on.sql("SELECT count(*) FROM accounts") == 2


@pytest.mark.asyncio
async def test_messages_of_one_second_are_fetched_in_their_order() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await phone.type("echo a0")
        await on.settled(phone)
        await on.down()
        for number in range(1, 5):
            await phone.type(f"echo a{number}")
        await on.until(lambda: len(on.sandbox.calls("inbound")) >= 5)
        await on.up()
        await on.until(lambda: len(heard(phone)) == 5)
        assert [text.split()[1] for text in heard(phone)] == [f"a{number}" for number in range(5)]


@pytest.mark.asyncio
async def test_a_mistake_of_ours_parks_one_message_and_loses_no_other() -> None:
    async with scene() as on:
        before, offender, after = await on.phones(3)
        await offender.type("errand")
        await on.settled()
        await before.type("echo a1")
        await offender.type("/broken")
        await after.type("echo b1")
        await on.settled()
        assert heard(before)[0].startswith("ECHO a1")
        assert heard(after)[0].startswith("ECHO b1")
        assert len(heard(offender)) == 2
        assert on.sql("SELECT count(*) FROM parked") == 1
        assert "cannot be held" not in on.sql("SELECT fault FROM parked")
        await offender.type("Peserta Satu")
        await on.settled()
        assert "Q-KIND" in heard(offender)[-1]


@pytest.mark.asyncio
async def test_somebody_whose_talk_cannot_be_read_stops_nobody_else() -> None:
    async with scene() as on:
        broken_talk, other = await on.phones(2)
        await on.say(broken_talk, "errand")
        with closing(sqlite3.connect(on.file)) as database, database:
            database.execute("UPDATE talks SET answers = 'not JSON'")
        await broken_talk.type("Peserta Satu")
        await other.type("echo b1")
        await on.until(lambda: bool(heard(other)))
        await on.settled()
        assert on.sql("SELECT count(*) FROM parked") == 1


@pytest.mark.asyncio
async def test_what_was_not_taken_makes_nobody_a_flood() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        lock = await on.locked()
        for number in range(9):
            await phone.type(f"echo a{number}")
        await on.until(lambda: len(on.sandbox.calls("getUpdates")) >= 4, 20)
        lock.execute("ROLLBACK")
        lock.close()
        await on.until(lambda: len(heard(phone)) >= 9, 20)
        await on.settled()
        assert [text.split()[1] for text in heard(phone) if text.startswith("ECHO")] == [f"a{n}" for n in range(9)]


# What nobody can put into words


async def _queue(tx: Any, account: str, packed: object, state: str = "waiting", lane: str = "notice") -> None:
    """One row of the outbox as other parts of the bot write it."""
    await tx.execute(
        text(
            "INSERT INTO outbox (id, account_id, lane, state, body, due_at, created_at)"
            " VALUES (:id, :account, :lane, :state, :body, :now, :now)"
        ),
        {
            "id": tx.new_id(),
            "account": account,
            "lane": lane,
            "state": state,
            "body": json.dumps(packed),
            "now": tx.now,
        },
    )
    tx.wake()


POISON = {"say": ["errand", "no_such_text", {}]}


@pytest.mark.asyncio
async def test_a_notice_that_cannot_be_put_into_words_stops_no_other() -> None:
    async with scene() as on:
        phones = await on.phones(2)
        for phone in phones:
            await phone.type("echo a1")
        await on.settled()
        first, second = (await on.bot.store.run(_accounts))[:2]
        await on.bot.store.run(lambda tx: _queue(tx, first, POISON))
        await on.bot.store.run(lambda tx: _queue(tx, second, {"text": "NOTICE"}))
        await on.until(lambda: any("NOTICE" in heard(phone) for phone in phones))
        assert on.sql("SELECT count(*) FROM outbox WHERE state = 'failed' AND reason <> ''") == 1


@pytest.mark.asyncio
async def test_a_notice_that_cannot_be_put_into_words_does_not_keep_the_bot_from_starting() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        await phone.type("echo a1")
        await on.settled()
        (account,) = await on.bot.store.run(_accounts)
        await on.down()
        with closing(sqlite3.connect(on.file)) as database, database:
            database.execute(
                "INSERT INTO outbox (id, account_id, lane, state, body, due_at, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (on.clock.now * 1000 + 9, account, "notice", "sending", json.dumps(POISON), on.clock.now, on.clock.now),
            )
        await on.up()
        await phone.type("echo a2")
        await on.settled()
        assert heard(phone)[-1].startswith("ECHO a2")


@pytest.mark.asyncio
async def test_a_reminder_that_fails_keeps_no_other_from_being_sent() -> None:
    async with scene() as on:
        first, second = await on.phones(2)
        for phone in (first, second):
            await on.say(phone, "errand", "Peserta Satu")
        with closing(sqlite3.connect(on.file)) as database, database:
            database.execute(
                "UPDATE talks SET answers = '[]' WHERE account_id = (SELECT id FROM accounts WHERE external_id = ?)",
                (first.chat_id,),
            )
        count = len(heard(second))
        await on.wait((on.sql("SELECT max(nudge_at) FROM talks") - on.clock.now) / 1000 + 1)
        await on.until(lambda: len(heard(second)) > count)


async def _accounts(tx: Any) -> list[str]:
    """The ids of all accounts."""
    return [row["id"] for row in await tx.rows(text("SELECT id FROM accounts ORDER BY external_id"))]


# Whatever happens


class Wire:
    """A channel that keeps what it is given."""

    name = "terminal"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: Outgoing) -> Receipt:
        """Keep it."""
        self.sent.append(message)
        return Receipt((str(len(self.sent)),))

    async def acknowledge(self, callback: str, note: str = "") -> None:
        """Nothing to show it on."""


WORDS = """errand|Peserta Satu|1|2|Tiga|+62 812 000 0001|ubah 1|kembali|lewati|batal|menu|entah|bantuan|english|ya|tidak
mulai baru|echo a1|halo|stop|daftar|setuju|1980""".replace("\n", "|")
SAYS = st.sampled_from(WORDS.split("|")).map(lambda words: ("says", words))
PRESSES = st.integers(0, 9).map(lambda which: ("presses", which))
STEPS = st.lists(st.one_of(SAYS, PRESSES), max_size=14)
TROUBLE = st.lists(st.sampled_from(["", "again", "earlier", "restart", "restart"]), min_size=14, max_size=14)


async def _lived(path: Path, steps: list[tuple[str, Any]], trouble: list[str]) -> tuple[list[str], list[Any]]:
    """What somebody was told, and what is stored at the end, with this trouble after each step."""
    clock, wire = Clock(), Wire()
    shutil.copy(await empty_database(), path)
    settings = Settings.load(
        None, database_url=f"sqlite+aiosqlite:///{path}", port=0, organisation_name="Koperasi Contoh",
        programme_name="Program Contoh", retention_text="2050", contact_text="Kantor Contoh",
        secret_key="0123456789abcdef0123456789abcdef", telegram_bot_token="1:unused",
    )  # fmt: skip

    async def up() -> Running:
        made = Running(settings, [*collect(), errand, echo], clock=clock, channels={"terminal": wire}, texts=words())
        await made.start()
        return made

    running, taken = await up(), list[Incoming]()
    for number, ((how, what), then) in enumerate(zip(steps, trouble, strict=False), 1):
        clock.now += 5000
        last = wire.sent[-1] if wire.sent else Outgoing("terminal", "1", "")
        buttons = (*last.options, *last.actions)
        token = buttons[what % len(buttons)].token if how == "presses" and buttons else ""
        said = what if how == "says" else ""
        heard = Incoming(f"wire:{number}", "terminal", "1", clock.now, "button" if token else "text", said, token)
        taken.append(dataclasses.replace(heard, message=str(number)))
        await running.take(taken[-1:])
        await running.idle()
        if then == "restart":
            await running.stop()
            running = await up()
        elif then:
            await running.take(taken[-1:] if then == "again" else taken)
            await running.idle()
    await running.stop()
    with closing(sqlite3.connect(path)) as database:
        query = (
            "SELECT conversation, state, answers, pending, failed FROM talks WHERE state <> 'ended' ORDER BY updated_at"
        )
        rows = database.execute(query).fetchall()
    return [message.text for message in wire.sent], [(*row[:2], _named(row[2]), *row[3:]) for row in rows]


def _named(answers: str) -> dict[str, Any]:
    """Answers by name; what an effect gave is by chance."""
    return {name: None if one.get("once") else one for name, one in json.loads(answers).items()}


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(STEPS, TROUBLE)
def test_restarts_and_second_deliveries_change_nothing(steps: list[tuple[str, Any]], trouble: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        calm = asyncio.run(_lived(Path(name) / "calm.db", steps, [""] * len(steps)))
        assert asyncio.run(_lived(Path(name) / "troubled.db", steps, trouble)) == calm
