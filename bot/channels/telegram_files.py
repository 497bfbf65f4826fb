"""Photos and documents to and from Telegram: uploaded once, and sent by Telegram's own id for them from then on.

Splits and paces nothing. Errors are python-telegram-bot's, as everywhere below telegram.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from telegram.error import BadRequest

from bot import files
from bot.channels.telegram_http import RawRequest, Upload
from bot.files import Files

CAPTION = 1024
"""Most characters under a photo or a document, once they are rendered (platform.md 1.1)."""
UPLOAD_SECONDS = 60.0
"""For five megabytes up a slow line."""

METHODS = {"photo": "sendPhoto", "document": "sendDocument"}

Post = Callable[[str, Mapping[str, object]], Awaitable[msgspec.Raw]]
"""Calls a method with parameters."""


class _File(msgspec.Struct, frozen=True):
    file_id: str = ""
    width: int = 0


class _Sent(msgspec.Struct):
    message_id: int = 0
    photo: list[_File] = []
    document: _File = _File()


_sent = msgspec.json.Decoder(_Sent)


class Uploads:
    """Kept files on their way to Telegram."""

    def __init__(self, request: RawRequest, url: str, known: Files, post: Post) -> None:
        """`url` is where methods are called, `post` how."""
        self.files = known
        self._request = request
        self._url = url
        self._post = post
        self._uploading: dict[str, asyncio.Lock] = {}

    def __contains__(self, id: str) -> bool:
        return id in self.files

    async def send(self, id: str, parameters: Mapping[str, object]) -> str:
        """Send a file with these parameters; the id of the message. Raises FileNotFoundError."""
        found = await self._known(id, parameters)
        if not found:
            lock = self._uploading.setdefault(id, asyncio.Lock())
            async with lock:
                # Whoever waited here for the first upload does not upload it again.
                found = await self._known(id, parameters) or await self._upload(id, parameters)
            self._uploading.pop(id, None)
        return found

    async def _known(self, id: str, parameters: Mapping[str, object]) -> str:
        """Send it by Telegram's id; empty where there is none, or Telegram does not know it any more."""
        telegram = self.files.telegram.get(id)
        if telegram is None:
            return ""
        kind = files.kind(id)
        try:
            sent = await self._post(METHODS[kind], {**parameters, kind: telegram})
        except BadRequest as error:
            if "file" not in error.message.lower():
                raise
            self.files.telegram.pop(id, None)
            return ""
        return str(_sent.decode(sent).message_id)

    async def _upload(self, id: str, parameters: Mapping[str, object]) -> str:
        kind = files.kind(id)
        ending = id.rpartition(".")[2]
        name = f"{self.files.names.get(id) or kind}.{ending}"
        file = Upload(kind, name, files.content_type(id), await self.files.read(id))
        raw = await self._request.upload(f"{self._url}/{METHODS[kind]}", parameters, file, UPLOAD_SECONDS)
        sent = _sent.decode(raw)
        sizes = sorted(sent.photo, key=lambda size: size.width) or [sent.document]
        self.files.has_told(id, sizes[-1].file_id)
        return str(sent.message_id)
