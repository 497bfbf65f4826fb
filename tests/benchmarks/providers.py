"""Telegram and Twilio as the stand-in plays them: updates out by polling or webhook, messages in, a delay on sending.

Everything is kept until the bot confirms it, as the real ones do: a bot that is killed finds it again.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import msgspec

from tests.benchmarks.standin import Callers, Respond, Server

TOKEN = "123456:bench"
SECRET = "0123456789abcdef"
ACCOUNT = "AC" + "0" * 32
AUTH = "bench"
NUMBER = "+14155238886"

Heard = Callable[[int, str], None]
"""Told of each message of the bot that reached somebody: chat, text."""


class _Sent(msgspec.Struct):
    chat_id: int = 0
    text: str = ""


class _Get(msgspec.Struct):
    offset: int = 0
    limit: int = 100
    timeout: float = 0


_sent = msgspec.json.Decoder(_Sent)
_get = msgspec.json.Decoder(_Get)
_NAMED = re.compile(r"^whatsapp:(\+62|ID\.)")
_ME = b'{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"Contoh","username":"contoh_bot"}}'
_SENDS = ("sendMessage", "editMessageText")
_TOO_MANY = msgspec.json.encode({
    "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1},
})  # fmt: skip


class Providers:
    """Both providers on one port. `webhook`: the bot's address, where updates are posted instead of polled."""

    def __init__(
        self, heard: Heard, *, delay: float = 0.0, webhook: str = "", statuses: bool = False, retries: int = 5,
        limit: int = 0,
    ) -> None:  # fmt: skip
        self.heard = heard
        self.delay = delay
        self.webhook = webhook
        self.statuses = statuses
        """Whether Twilio reports queued, sent and delivered of each message."""
        self.retries = retries
        """How often Twilio posts a message again that was not taken, before it gives up."""
        self.limit = limit
        """How many messages Telegram takes in a second, whichever; 429 beyond. 0: any number."""
        self.refused = 0
        """How many were one too many."""
        self.url = ""
        self.polled = asyncio.Event()
        """Set by the first getUpdates."""
        self.sends = 0
        self.callers: Callers | None = None
        self.pending: deque[tuple[int, bytes]] = deque()
        self.records: deque[dict[str, object]] = deque(maxlen=2000)
        """Twilio's log of what people wrote, newest last."""
        self._poller: tuple[Respond, _Get] | None = None
        self._ids = itertools.count(1)
        self._queues: dict[int, deque[bytes]] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sids = itertools.count(1)
        self._taken: deque[float] = deque()
        self._sent: dict[str, list[dict[str, object]]] = {}
        """Twilio's log of what the bot wrote, by address."""

    async def start(self) -> None:
        """Serve on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Server(self._answer), "127.0.0.1", 0, backlog=2048)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop at once."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.callers is not None:
            self.callers.close()

    # What people write

    def telegram(self, chat: int, text: str) -> None:
        """Somebody writes on Telegram."""
        number = next(self._ids)
        said = {
            "message_id": number,
            "from": {"id": chat, "is_bot": False, "first_name": f"Peserta {chat}", "language_code": "id"},
            "chat": {"id": chat, "type": "private", "first_name": f"Peserta {chat}"},
            "date": int(time.time()),
            "text": text,
        }
        raw = msgspec.json.encode({"update_id": 1000 + number, "message": said})
        if self.webhook:
            self._queue(chat, raw)
            return
        self.pending.append((1000 + number, raw))
        if self._poller is not None:
            # What is written in the same moment comes in one answer.
            asyncio.get_running_loop().call_soon(self._poll)

    def whatsapp(self, chat: int, text: str) -> None:
        """Somebody writes on WhatsApp."""
        sid = f"SM{next(self._ids):032x}"
        sender = f"whatsapp:+62{chat:011d}"
        form = [
            ("MessageSid", sid), ("SmsSid", sid), ("AccountSid", ACCOUNT), ("From", sender),
            ("To", f"whatsapp:{NUMBER}"), ("Body", text), ("NumMedia", "0"), ("ProfileName", f"Peserta {chat}"),
            ("WaId", sender[10:]), ("MessageType", "text"), ("ExternalUserId", f"whatsapp:ID.{chat:016d}"),
        ]  # fmt: skip
        self.records.append({
            "sid": sid, "direction": "inbound", "from": sender, "to": f"whatsapp:{NUMBER}", "body": text,
            "num_media": "0", "status": "received", "date_sent": formatdate(), "date_created": formatdate(),
        })  # fmt: skip
        self._spawn(self._form("/whatsapp", form, self.retries))

    # What the bot asks

    def _answer(self, method: str, path: str, body: bytes, respond: Respond) -> None:
        if path.startswith("/bot"):
            name = path.rpartition("/")[2]
            if name == "getUpdates":
                self._poller = (respond, _get.decode(body))
                self.polled.set()
                self._poll(at_once=False)
            elif name in _SENDS:
                sent = _sent.decode(body)
                if self.limit and not self._takes():
                    self.refused += 1
                    respond(_TOO_MANY, b"429 Too Many Requests")
                    return
                result = b'{"ok":true,"result":{"message_id":%d}}' % next(self._ids)
                self._later(sent.chat_id, sent.text, result, respond)
            elif name == "getMe":
                respond(_ME)
            else:
                respond(b'{"ok":true,"result":true}')
        elif method == "POST":
            fields = parse_qs(body.decode())
            sid = f"SM{'f' * 8}{next(self._sids):024x}"
            status = fields.get("StatusCallback", [""])[0]
            answer = msgspec.json.encode({"sid": sid, "status": "queued", "direction": "outbound-api"})
            to, text = fields["To"][0], fields.get("Body", fields.get("ContentVariables", [""]))[0]
            self._sent.setdefault(to, []).append({
                "sid": sid, "direction": "outbound-api", "from": f"whatsapp:{NUMBER}", "to": to, "body": text,
                "num_media": "0", "status": "sent", "date_sent": formatdate(), "date_created": formatdate(),
            })  # fmt: skip
            self._later(int(_NAMED.sub("", to)), text, answer, respond)
            if self.statuses:
                self._spawn(self._report(sid, to, urlsplit(status).path))
        elif (asked := parse_qs(urlsplit(path).query)).get("From") == [f"whatsapp:{NUMBER}"]:
            found = self._sent.get(asked.get("To", [""])[0], [])[::-1]
            respond(msgspec.json.encode({"messages": found, "page": 0, "page_size": 500, "next_page_uri": None}))
        else:
            newest_first = list(reversed(self.records))
            respond(msgspec.json.encode({"messages": newest_first, "page": 0, "page_size": 500, "next_page_uri": None}))

    def _takes(self) -> bool:
        """Whether Telegram takes one more in the second that is just going by."""
        now, taken = time.perf_counter(), self._taken
        while taken and taken[0] <= now - 1:
            taken.popleft()
        if len(taken) >= self.limit:
            return False
        taken.append(now)
        return True

    def _poll(self, at_once: bool = True) -> None:
        if self._poller is None:
            return
        respond, asked = self._poller
        while self.pending and self.pending[0][0] < asked.offset:
            self.pending.popleft()
        if not self.pending:
            return
        self._poller = None
        some = itertools.islice(self.pending, asked.limit)
        respond(b'{"ok":true,"result":[%b]}' % b",".join([raw for _, raw in some]))

    def _later(self, chat: int, text: str, answer: bytes, respond: Respond) -> None:
        """A slow provider: both the bot and the person wait."""
        self.sends += 1
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._arrive, chat, text, answer, respond)
        else:
            self._arrive(chat, text, answer, respond)

    def _arrive(self, chat: int, text: str, answer: bytes, respond: Respond) -> None:
        respond(answer)
        self.heard(chat, text)

    # What the providers post

    def _queue(self, chat: int, raw: bytes) -> None:
        """One chat's updates go one after the other, each until it is taken (platform.md 1.2)."""
        queue = self._queues.get(chat)
        if queue is not None:
            queue.append(raw)
            return
        self._queues[chat] = deque((raw,))
        self._spawn(self._push(chat))

    async def _push(self, chat: int) -> None:
        headers = b"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: %b\r\n" % SECRET.encode()
        queue = self._queues[chat]
        while queue:
            pause = 0.05
            while not 200 <= await self._callers().post("/telegram", headers, queue[0], 60.0) < 300:
                await asyncio.sleep(pause)
                pause = min(0.2, pause * 2)
            queue.popleft()
        del self._queues[chat]

    async def _form(self, path: str, form: list[tuple[str, str]], retries: int) -> None:
        """As a webhook with #rc=5&rp=all: some attempts within 15 seconds, then never again."""
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in form).encode()
        signed = f"{self.webhook}{path}" + "".join(name + value for name, value in sorted(form))
        signature = base64.b64encode(hmac.new(AUTH.encode(), signed.encode(), hashlib.sha1).digest())
        headers = b"Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: %b\r\n" % signature
        for attempt in range(retries + 1):
            if 200 <= await self._callers().post(path, headers, body) < 300:
                return
            await asyncio.sleep(0.05 * 2**attempt)

    async def _report(self, sid: str, to: str, path: str) -> None:
        for status in ("queued", "sent", "delivered"):
            await asyncio.sleep(0.1)
            form = [("MessageSid", sid), ("MessageStatus", status), ("To", to), ("AccountSid", ACCOUNT)]
            await self._form(path, form, self.retries)

    def _callers(self) -> Callers:
        if self.callers is None:
            self.callers = Callers(self.webhook)
        return self.callers

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
