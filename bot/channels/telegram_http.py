"""python-telegram-bot's request layer over aiohttp: a tenth of the CPU of its default (platform.md 1.4).

Errors come out as python-telegram-bot's own, but for three that it does not tell apart; `named` makes ours of them.
Knows no method of the API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

import aiohttp
import msgspec
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.channels import Blocked, Refused, Throttled, Unauthorized, Uncertain, Unreachable
from bot.channels.connections import ANSWER_SECONDS, patience, unsent
from bot.channels.posting import Address

_GONE = (
    "chat not found",
    "user is deactivated",
    "bot was blocked",
    "bot was kicked",
    "peer_id_invalid",
    "user not found",
)


class NotSent(NetworkError):
    """No connection: Telegram has surely not seen the request."""


class Cut(NetworkError):
    """The connection broke after the request went out."""


class Flooded(TelegramError):
    """429. python-telegram-bot's RetryAfter warns of its own deprecation whenever it is made."""

    def __init__(self, after: float) -> None:
        super().__init__(f"Too Many Requests: retry after {after:g}")
        self.after = after


class Upload(msgspec.Struct):
    """A file on its way."""

    field: str
    name: str
    type: str
    data: bytes


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")
    description: str | None = None
    parameters: _Parameters | None = None


_answer = msgspec.json.Decoder(_Answer)


class Request(BaseRequest):
    """What `telegram.Bot` sends through, once it may `use` a session."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._addresses: dict[str, Address] = {}
        self._timeouts: dict[float | None, aiohttp.ClientTimeout] = {}

    @property
    def read_timeout(self) -> float:
        return ANSWER_SECONDS

    def use(self, session: aiohttp.ClientSession | None) -> None:
        """Send through this session, which its owner closes; through none: not at all."""
        self._session, self._addresses = session, {}

    async def initialize(self) -> None:
        """Nothing: the session is opened and closed by its owner."""

    async def shutdown(self) -> None:
        """Nothing: the session is opened and closed by its owner."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One call, its parameters as JSON; raises NotSent, Cut, TimedOut, Flooded."""
        if method != "POST" or (request_data is not None and request_data.contains_files):
            raise NotImplementedError("files go by `upload` and come by `download`")
        parameters = {} if request_data is None else request_data.parameters
        return await self._exchange(url, msgspec.json.encode(parameters), read_timeout)

    async def _exchange(self, url: str, body: bytes | aiohttp.FormData, seconds: Any) -> tuple[int, bytes]:
        if self._session is None:
            raise NotSent("the channel is not open")
        try:
            if isinstance(body, bytes):
                address = self._addresses.get(url)
                if address is None:
                    address = self._addresses[url] = Address(self._session, URL(url, encoded=True))
                status, payload = await address.post(body, self._timeout(seconds))
            else:
                where = URL(url, encoded=True)
                async with self._session.post(where, data=body, timeout=self._timeout(seconds)) as response:
                    status, payload = response.status, await response.read()
        except (aiohttp.ClientError, OSError) as error:
            if unsent(error):
                raise NotSent(type(error).__name__) from error
            if isinstance(error, TimeoutError):
                raise TimedOut from error
            raise Cut(type(error).__name__) from error
        if status == 429:
            raise Flooded(_retry_after(payload))
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and not payload.lstrip().startswith(
            b"{"
        ):
            # Telegram says no in JSON. This is a gateway on the way there: nobody has blocked us.
            raise NetworkError(f"HTTP {status}")
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The answer as Python objects; unlike the default it logs no body."""
        try:
            return msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TelegramError("the answer is not JSON") from error

    def _timeout(self, seconds: Any) -> aiohttp.ClientTimeout:
        wanted = ANSWER_SECONDS if seconds is BaseRequest.DEFAULT_NONE else seconds
        known = self._timeouts.get(wanted)
        if known is None:
            known = self._timeouts[wanted] = patience(wanted)
        return known


class RawRequest(Request):
    """The same, but `result` stays undecoded bytes (msgspec.Raw): for the path of every message."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The answer with its result as msgspec.Raw."""
        try:
            answer = _answer.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TelegramError("the answer is not JSON") from error
        parameters = msgspec.to_builtins(answer.parameters) if answer.parameters is not None else None
        return {"result": answer.result, "description": answer.description, "parameters": parameters}

    async def call(self, url: str, parameters: Mapping[str, object], seconds: float) -> msgspec.Raw:
        """One call and its result; raises what python-telegram-bot makes of an answer that is none."""
        return await self._asked(url, msgspec.json.encode(parameters), seconds)

    async def upload(self, url: str, parameters: Mapping[str, object], file: Upload, seconds: float) -> msgspec.Raw:
        """The same with a file in it."""
        form = aiohttp.FormData(quote_fields=False)
        for name, value in parameters.items():
            form.add_field(name, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        form.add_field(file.field, file.data, filename=file.name, content_type=file.type)
        return await self._asked(url, form, seconds)

    async def _asked(self, url: str, body: bytes | aiohttp.FormData, seconds: float) -> msgspec.Raw:
        status, payload = await self._exchange(url, body, seconds)
        if status != HTTPStatus.OK:
            return cast(msgspec.Raw, await _Answered(status, payload).post(url))
        return cast(msgspec.Raw, self.parse_json_payload(payload)["result"])


class _Answered(RawRequest):
    """An answer that is here already, for python-telegram-bot to tell what is wrong with it."""

    def __init__(self, status: int, payload: bytes) -> None:
        super().__init__()
        self._answer = status, payload

    async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        """The answer, without asking."""
        return self._answer


FAULTS = (TelegramError, msgspec.DecodeError, UnicodeDecodeError)
"""What a call, or the reading of its answer, may raise."""


@contextmanager
def errors() -> Iterator[None]:
    """Raise what `named` makes of Telegram's errors."""
    try:
        yield
    except FAULTS as error:
        raise named(error) from error


def named(error: Exception) -> Exception:
    """Telegram's error as one of ours, named for the next move; says nothing of what was sent."""
    if isinstance(error, Flooded):
        return Throttled(error.after)
    if isinstance(error, InvalidToken):
        return Unauthorized("TELEGRAM_BOT_TOKEN", "Telegram does not know this token; ask @BotFather for it")
    if isinstance(error, Forbidden):
        return Blocked(error.message, "invalid" if "deactivated" in error.message.lower() else "blocked")
    if isinstance(error, BadRequest):
        gone = any(words in error.message.lower() for words in _GONE)
        return Blocked(error.message, "invalid") if gone else Refused(error.message)
    if isinstance(error, ChatMigrated):
        return Refused("the group has moved twice")
    if isinstance(error, Conflict):
        return Unreachable("another process asks for this bot's updates, or a webhook is set")
    if isinstance(error, TimedOut | Cut):
        return Uncertain(type(error).__name__)
    if isinstance(error, NetworkError):  # no connection, or a 5xx
        return Unreachable(error.message if isinstance(error, NotSent) else type(error).__name__)
    return Uncertain("an answer that cannot be read")


def _retry_after(payload: bytes) -> float:
    try:
        parameters = _answer.decode(payload).parameters
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 1.0
    return (parameters and parameters.retry_after) or 1.0
