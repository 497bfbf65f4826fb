"""WhatsApp through Twilio: signed webhooks in, messages out, and what was missed fetched again.

Decides nothing about the 24-hour window: Twilio's error does, the outbox before it. Buttons and lists are Content
resources (contents.py); where there are none, and where Twilio does not take one, options go as numbered lines alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import structlog
from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from bot import contents, files, markup
from bot.channels import Forged, Unfit, Unreachable, WindowClosed, parts, twilio_log
from bot.channels.twilio_errors import named
from bot.files import Files
from bot.messages import Attached, Incoming, Kind, Outgoing, Pin, Receipt, Status

if TYPE_CHECKING:
    from bot.channels.twilio_http import TwilioHttp

log = structlog.get_logger(__name__)

Form = Mapping[str, str] | Sequence[tuple[str, str]]
State = Literal["queued", "sent", "delivered", "read", "failed", "undelivered"]

_PREFIX = "whatsapp:"
_STATES: Mapping[str, State] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
CAPTION = 1024
"""Characters under a photo; Twilio would take more, Meta does not (platform.md 2.6)."""
_TYPES: Mapping[str, Kind] = {"image": "photo", "audio": "voice", "video": "video"}


_body = lru_cache(maxsize=8)(markup.whatsapp)
"""An announcement is rendered once, not for everybody who gets it."""


class WhatsApp:
    """The WhatsApp channel: one sender of one Twilio account."""

    name = "whatsapp"

    def __init__(
        self,
        account: str,
        tokens: Sequence[str],
        sender: str,
        public_url: str,
        api_url: str = "",
        clock: Callable[[], int] = lambda: time.time_ns() // 10**6,
        files: Files | None = None,
    ) -> None:
        """The first token signs our requests, any may sign Twilio's: rotation, SharedKeys. `clock` in milliseconds.

        `files` may be sent, by a link.
        """
        self.sender = _PREFIX + _bare(sender)
        self.webhook_url = f"{public_url.rstrip('/')}/whatsapp"
        self.status_url = f"{self.webhook_url}/status"
        self._account = account
        self._token = tokens[0]
        self._validators = [RequestValidator(token) for token in tokens]
        self._api_url = api_url
        self._clock = clock
        self._files = files
        self.shapes: Mapping[contents.Key, contents.Approved] = {}
        """The buttons and lists that there are, by kind and language."""
        self._http: TwilioHttp | None = None
        self._messages: Any = None

    async def open(self) -> None:
        """Make the client; asks Twilio nothing."""
        # 90 ms and 19 MB (platform.md 2.8): a bot that is on Telegram only never pays.
        from twilio.rest import Client

        from bot.channels.twilio_http import TwilioHttp

        self._http = TwilioHttp(self._api_url)
        self._messages = Client(self._account, self._token, http_client=self._http).messages

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
        self._http = self._messages = None

    def parse(self, form: Form, signature: str | None, url: str = "", settings: str = "") -> Incoming:
        """One message of the webhook at `url` (our public one, with its query); raises Forged.

        `settings` is the header X-Twilio-Webhooks-Signature-Settings, if there is one.
        """
        fields = self._verified(form, signature, url or self.webhook_url, settings)
        sender, phone = _address(fields.get("From", ""), fields.get("ExternalUserId", ""))
        token = fields.get("ButtonPayload") or fields.get("ListId") or ""
        kind: Kind = "button" if token else _kind(fields)
        return Incoming(
            key=f"wa:{fields.get('MessageSid') or fields.get('SmsSid', '')}",
            channel="whatsapp",
            sender=sender,
            at=self._clock(),
            kind=kind,
            text=(fields.get("ButtonText") or fields.get("ListTitle") or fields.get("Body") or "").replace("\0", ""),
            token=token,
            message=fields.get("OriginalRepliedMessageSid" if token else "MessageSid", ""),
            replies_to="" if token else fields.get("OriginalRepliedMessageSid", ""),
            name=fields.get("ProfileName", ""),
            phone=phone,
            place=_place(fields) if kind == "location" else None,
            media=_attached(fields) if kind in ("photo", "document") else None,
        )

    def parse_status(self, form: Form, signature: str | None, url: str = "", settings: str = "") -> Status:
        """What became of a message of ours; raises Forged. A later call may tell of an earlier state."""
        fields = self._verified(form, signature, url or self.status_url, settings)
        sid, state = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        return Status(
            key=f"wa:{sid}:{state}",
            channel="whatsapp",
            state=_STATES.get(state, "queued"),
            provider_id=sid,
            sender=_address(fields.get("To", ""), fields.get("ExternalUserId", ""))[0],
            error=fields.get("ErrorCode", ""),
            at=self._clock(),
        )

    async def send(self, message: Outgoing) -> Receipt:
        """Send, in as many parts as it needs, the options as numbered lines, and as buttons or a list where they fit.

        `edits` is sent anew. A message with `content` goes as that template.
        """
        if message.content is not None:
            sid, variables = message.content
            made = await self._create(_PREFIX + message.to, content_sid=sid, content_variables=variables)
            return Receipt((made,))
        text = f"{message.text}\n\n{markup.numbered(message.options)}" if message.options else message.text
        if message.media and self._files is not None and message.media in self._files:
            return await self._with_file(self._files, message, text)
        to, body = _PREFIX + message.to, _body(text)
        if message.pin is not None:
            return await self._with_pin(message, message.pin, text, body)
        if message.options and message.language and not message.arrived:
            asked = contents.ask(self.shapes, (message.language,), body, message.options)
            sid = await self._ask(to, *asked) if asked is not None else ""
            if sid:
                return Receipt((sid,))
        if len(body) * 2 <= markup.WHATSAPP_LIMIT and not message.arrived:
            return Receipt((await self._create(to, body),))
        split = markup.split(text, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
        return await parts.in_order(
            split, message.arrived, lambda number: self._create(to, markup.whatsapp(split[number]))
        )

    async def _with_pin(self, message: Outgoing, pin: Pin, text: str, body: str) -> Receipt:
        """The text with its options, and behind it a place on a map under its name."""
        split = markup.split(text, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
        asks = message.options and message.language and len(split) == 1
        asked = contents.ask(self.shapes, (message.language,), body, message.options) if asks else None
        place = f"geo:{pin.latitude},{pin.longitude}|{pin.label.replace('|', ' ')}"

        def part(number: int) -> Awaitable[str]:
            if number == len(split):
                return self._create(_PREFIX + message.to, pin.label, persistent_action=[place])
            return self._shaped(_PREFIX + message.to, asked, markup.whatsapp(split[number]))

        return await parts.in_order([*split, *parts.pinned(message)], message.arrived, part)

    async def _with_file(self, known: Files, message: Outgoing, text: str) -> Receipt:
        """A photo with the text under it; where that is too long, and with any document, the text goes before it.

        Before, for a file is fetched first, and what is sent behind it would overtake it.
        """
        to, split = _PREFIX + message.to, _beside_file(message.media, text)

        def part(number: int) -> Awaitable[str]:
            last = number == len(split) - 1
            given: dict[str, Any] = {"media_url": [known.link(message.media)]} if last else {}
            return self._create(to, markup.whatsapp(split[number]), **given)

        return await parts.in_order(split, message.arrived, part)

    def bodies(self, message: Outgoing) -> list[str]:
        """The texts of the messages that one without options and places takes, in order; empty for a file alone."""
        if message.media and self._files is not None and message.media in self._files:
            split = _beside_file(message.media, message.text)
        else:
            split = markup.split(message.text, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
        return [markup.whatsapp(one) for one in split]

    async def fetch(self, reference: str, most: int) -> bytes:
        """What a MediaUrl stands for, up to `most` bytes; raises TooLarge, Refused, Unreachable."""
        if self._http is None:
            raise Unreachable("the channel is not open")
        return await self._http.download(reference, most, (self._account, self._token))

    async def acknowledge(self, callback: str, note: str = "") -> None:
        """Nothing: WhatsApp's buttons need no answer."""

    async def missed(self, since: int) -> AsyncIterator[Incoming]:
        """Every message to us since `since` (UTC milliseconds), oldest first; a webhook's has the same key.

        Their sender is the number where it is visible: Twilio's log has no BSUID beside it. Raises as `send` does.
        """
        after = datetime.fromtimestamp(since / 1000, UTC)
        found = []
        try:
            async for record in await self._messages.stream_async(to=self.sender, date_sent_after=after, page_size=500):
                if record.direction == "inbound":
                    found.append(self._fetched(record))
        except Exception as error:
            raise named(error) from error
        # Twilio lists the newest first, and its times have no fractions of a second.
        found.reverse()
        for message in sorted(found, key=lambda message: message.at):
            yield message

    async def told(self, address: str, since: int) -> list[twilio_log.Told]:
        """What Twilio's log has of our messages to an address since then (UTC milliseconds), oldest first.

        Raises as `send` does.
        """
        after = datetime.fromtimestamp(since / 1000, UTC)
        try:
            found = await twilio_log.told(self._messages, self.sender, _PREFIX + address, after)
        except Exception as error:
            raise named(error) from error
        return [replace(one, state=_STATES.get(one.state, "queued")) for one in found]

    async def redact(self, address: str, until: int) -> int:
        """Blank what Twilio's log keeps of an address: what we wrote, and what came up to `until` (UTC milliseconds).

        How many messages were not ready for it yet. Raises as `send` does.
        """
        # What came later may have to be fetched from that log; a minute is for clocks that differ.
        before = datetime.fromtimestamp(until / 1000 + 60, UTC)
        try:
            return await twilio_log.blank(self._messages, self.sender, _PREFIX + address, before)
        except Exception as error:
            raise named(error) from error

    def _fetched(self, record: Any) -> Incoming:
        sender, phone = _address(record.from_ or "", "")
        sent = record.date_sent or record.date_created
        return Incoming(
            key=f"wa:{record.sid}",
            channel="whatsapp",
            sender=sender,
            at=int(sent.timestamp() * 1000) if sent else self._clock(),
            kind="text" if str(record.num_media or "0") == "0" else "other",
            text=record.body or "",
            message=record.sid,
            phone=phone,
        )

    async def _shaped(self, to: str, asked: tuple[str, Mapping[str, str]] | None, lines: str) -> str:
        """Send a question with its buttons or list, else as lines."""
        return (await self._ask(to, *asked) if asked is not None else "") or await self._create(to, lines)

    async def _ask(self, to: str, content: str, variables: Mapping[str, str]) -> str:
        """Send a question with its buttons or list; empty where Twilio does not take it so."""
        given = json.dumps(variables, ensure_ascii=False)
        try:
            return await self._create(to, content_sid=content, content_variables=given)
        except (Unfit, WindowClosed) as reason:
            log.warning("whatsapp.as_lines", reason=str(reason))
            return ""

    async def _create(self, to: str, body: str = "", **other: Any) -> str:
        what = {"body": body, **other} if body else other
        try:
            sent = await self._messages.create_async(to=to, from_=self.sender, status_callback=self.status_url, **what)
        except Exception as error:
            raise named(error) from error
        return str(sent.sid)

    def _verified(self, form: Form, signature: str | None, url: str, settings: str) -> MultiDict[str]:
        """The form as fields, if one of our tokens has signed it: SHA-1 by default, SHA-256 for a SharedKey."""
        fields = MultiDict(form)
        algorithm = get_signature_algorithm(settings)
        # `validate(…, None)` is a TypeError; without the fragment, which Twilio reads and does not sign.
        address = url.partition("#")[0]
        if not signature or not any(one.validate(address, fields, signature, algorithm) for one in self._validators):
            raise Forged("the signature is missing or another one")
        return fields


def _beside_file(media: str, text: str) -> list[str]:
    """The parts of a message with a file; the last is what stands under it."""
    caption = CAPTION if files.kind(media) == "photo" else 0
    first, *rest = parts.captioned(text, caption, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
    return [*(one for one in rest if one), first]


def _bare(address: str) -> str:
    return address.removeprefix(_PREFIX).strip()


def _address(address: str, external: str) -> tuple[str, str]:
    """Whom to answer, and the number if it shows: a person may hide it behind a BSUID (platform.md 2.1)."""
    visible = _bare(address)
    phone = visible if visible[:1] == "+" else f"+{visible}" if visible.isdigit() else ""
    return _bare(external) or phone or visible, phone


def _kind(fields: Mapping[str, str]) -> Kind:
    if fields.get("Latitude"):
        return "location"
    if fields.get("NumMedia", "0") in ("", "0"):
        return "text" if fields.get("Body") else "other"
    content = fields.get("MediaContentType0", "").partition(";")[0].lower()
    if content == "image/webp":
        return "sticker"
    if content in ("text/vcard", "text/x-vcard", "text/directory"):
        return "contact"
    return _TYPES.get(content.partition("/")[0], "document")


def _place(fields: Mapping[str, str]) -> tuple[float, float] | None:
    there = fields.get("Latitude", ""), fields.get("Longitude", "")
    fits = all(one.removeprefix("-").replace(".", "", 1).isdecimal() for one in there)
    return (float(there[0]), float(there[1])) if fits else None


def _attached(fields: Mapping[str, str]) -> Attached | None:
    url = fields.get("MediaUrl0", "")
    return Attached(url, type=fields.get("MediaContentType0", "")) if url else None
