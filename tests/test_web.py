"""Webhooks: nothing is acknowledged before it is committed, and what is forged leaves nothing but a count."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator

from bot import repertoire
from bot.commands.demo import free_port
from bot.config import Settings
from bot.running import Running
from bot.sandbox import Sandbox

SECRET = "a-secret-of-the-webhook"
TOKEN = "demo"
SID = "AC00000000000000000000000000000001"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

pytestmark = pytest.mark.asyncio


class Door:
    """A running bot with webhooks on both channels, and somebody who knocks."""

    def __init__(self, running: Running, database: Path, sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
        self.running = running
        self.database = database
        self.sandbox = sandbox
        self.client = client
        self.url = running.settings.public_url

    def sql(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement).fetchall()

    async def telegram(self, body: object, headers: dict[str, str] | None = None) -> int:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with self.client.post(f"{self.url}/telegram", data=data, headers=headers or HEADERS) as answer:
            return answer.status

    async def twilio(self, path: str, form: dict[str, str], signature: str | None = None, query: str = "") -> int:
        url = f"{self.url}{path}{query}"
        signed = RequestValidator(TOKEN).compute_signature(url, form) if signature is None else signature
        headers = {"X-Twilio-Signature": signed} if signed else {}
        async with self.client.post(url, data=form, headers=headers) as answer:
            return answer.status

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()

    async def count(self, name: str) -> float:
        _, page = await self.get("/metrics")
        return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(f"{name}_total"))


@pytest_asyncio.fixture
async def door(database: Path) -> AsyncIterator[Door]:
    port = free_port()
    webhook = f"http://127.0.0.1:{port}/whatsapp"
    sandbox = await Sandbox.start(twilio_sid=SID, twilio_token=TOKEN, status_seconds=0.01, whatsapp_webhook=webhook)
    settings = Settings.load(
        None, telegram_bot_token="1:demo", telegram_api_url=sandbox.url, telegram_mode="webhook",
        telegram_webhook_secret=SECRET, twilio_account_sid=SID, twilio_auth_token=TOKEN,
        twilio_whatsapp_from="+14155238886", twilio_api_url=sandbox.url, public_url=f"http://127.0.0.1:{port}",
        port=port, database_url=f"sqlite+aiosqlite:///{database}", organisation_name="Contoh", programme_name="Contoh",
        retention_text="2030", contact_text="Contoh", secret_key="x" * 32,
    )  # fmt: skip
    running = Running(settings, repertoire.load())
    await running.start()
    async with aiohttp.ClientSession() as client:
        yield Door(running, database, sandbox, client)
    await running.stop()
    await sandbox.stop()


def update(number: int, text: str = "halo") -> dict[str, Any]:
    person = {"id": 42, "is_bot": False, "first_name": "Peserta 01", "language_code": "id"}
    chat = {"id": 42, "type": "private", "first_name": "Peserta 01"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "chat": chat, "from": person, "text": text},
    }


def message(sid: str, body: str = "halo") -> dict[str, str]:
    return {
        "MessageSid": sid, "SmsMessageSid": sid, "AccountSid": SID, "From": "whatsapp:+62800000001", "Body": body,
        "To": "whatsapp:+14155238886", "NumMedia": "0", "ProfileName": "Peserta 02", "WaId": "62800000001",
    }  # fmt: skip


async def test_an_update_is_committed_when_it_is_acknowledged(door: Door) -> None:
    assert await door.telegram(update(1)) == 200
    assert door.sql("SELECT count(*) FROM handled") == [(1,)]
    assert door.sql("SELECT count(*) FROM outbox") == [(1,)]


async def test_an_update_that_comes_twice_is_answered_once(door: Door) -> None:
    assert await asyncio.gather(*(door.telegram(update(1)) for _ in range(3))) == [200, 200, 200]
    assert door.sql("SELECT count(*) FROM outbox") == [(1,)]


@pytest.mark.parametrize("headers", [{"X-Telegram-Bot-Api-Secret-Token": "another"}, {"X-Else": "none"}])
async def test_a_forged_update_leaves_a_count(door: Door, headers: dict[str, str]) -> None:
    assert await door.telegram(update(1), headers) == 403
    assert door.sql("SELECT (SELECT count(*) FROM handled) + (SELECT count(*) FROM accounts)") == [(0,)]
    assert await door.count("pijar_forged") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"update_id": "x"}', b"\xff\xfe", b"x" * (1024 * 1024 + 1)])
async def test_what_nobody_can_read_holds_up_nothing(door: Door, body: bytes) -> None:
    assert await door.telegram(body) == 200
    assert await door.count("pijar_unreadable") == 1
    assert door.sql("SELECT count(*) FROM handled") == [(0,)]


async def test_a_signed_message_is_taken(door: Door) -> None:
    assert await door.twilio("/whatsapp", message("SM1")) == 200
    assert await door.twilio("/whatsapp", message("SM1")) == 200
    assert await door.twilio("/whatsapp", message("SM2"), query="?a=1&b=%20") == 200
    assert door.sql("SELECT key FROM handled ORDER BY key") == [("wa:SM1",), ("wa:SM2",)]


@pytest.mark.parametrize("signature", ["", "bm90IHRoaXMgb25l"])
@pytest.mark.parametrize("path", ["/whatsapp", "/whatsapp/status"])
async def test_a_forged_message_leaves_a_count(door: Door, path: str, signature: str) -> None:
    assert await door.twilio(path, message("SM1"), signature) == 403
    assert door.sql("SELECT count(*) FROM handled") == [(0,)]
    assert await door.count("pijar_forged") == 1


async def test_our_address_comes_from_the_settings(door: Door) -> None:
    """A request that was signed for the address it came to, which is not ours, is forged."""
    form = message("SM1")
    signature = RequestValidator(TOKEN).compute_signature("https://evil.example/whatsapp", form)
    headers = {"X-Twilio-Signature": signature, "Host": "evil.example", "X-Forwarded-Proto": "https"}
    async with door.client.post(f"{door.url}/whatsapp", data=form, headers=headers) as answer:
        assert answer.status == 403


async def test_a_signed_form_without_an_id_is_counted(door: Door) -> None:
    assert await door.twilio("/whatsapp", {"Body": "halo"}) == 200
    assert await door.count("pijar_unreadable") == 1
    assert door.sql("SELECT count(*) FROM handled") == [(0,)]


async def test_a_status_reaches_the_message(door: Door) -> None:
    phone = await door.sandbox.phone("whatsapp", name="Peserta 02")
    await phone.type("halo")
    await phone.waits()
    await door.sandbox.waits_for(lambda: door.sql("SELECT delivery FROM outbox") == [("read",)])
    ((sid,),) = door.sql("SELECT provider_id FROM outbox")
    assert await door.twilio("/whatsapp/status", {"MessageSid": sid, "MessageStatus": "sent"}) == 200
    assert door.sql("SELECT delivery FROM outbox") == [("read",)]


async def both(door: Door) -> list[int]:
    """A message on each channel, at the same time."""
    return list(await asyncio.gather(door.telegram(update(1)), door.twilio("/whatsapp", message("SM1"))))


async def test_nothing_is_acknowledged_while_the_database_is_locked(door: Door) -> None:
    with closing(sqlite3.connect(door.database, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        assert await both(door) == [503, 503]
        status, told = await door.get("/healthz")
        assert (status, json.loads(told)["database"]["ok"]) == (503, False)
        other.rollback()
    assert await both(door) == [200, 200]
    assert (await door.get("/healthz"))[0] == 200


async def test_pages_for_whoever_watches_show_nobody(door: Door) -> None:
    await door.telegram(update(1, "Peserta 01 0812-3456-7890"))
    status, told = await door.get("/healthz")
    assert (status, json.loads(told)["well"]) == (200, True)
    _, metrics = await door.get("/metrics")
    assert "pijar_messages_total 1.0" in metrics
    assert not any(one in told + metrics for one in ("Peserta", "7890", "+62"))


async def test_there_is_nothing_else(door: Door) -> None:
    assert (await door.get("/"))[0] == 404
    assert (await door.get("/telegram"))[0] == 405


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_who_knocks_while_the_bot_ends_is_not_left_at_an_open_door(door: Door, turns: int) -> None:
    """asyncio drops a connection that it takes in while the server closes; a status that comes then was one."""
    faults: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["message"]))
    with closing(socket.create_connection(("127.0.0.1", door.running.port))) as late:
        late.setblocking(False)
        for _ in range(turns):
            await asyncio.sleep(0)
        await door.running.stop()
        await asyncio.sleep(0)
        assert faults == []
        # Reset where nobody had let it in yet.
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(late, 1), 5) == b""
    gc.collect()
