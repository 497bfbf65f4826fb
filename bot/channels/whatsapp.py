"""WhatsApp through Twilio: signed webhooks in, messages out, and what was missed fetched again.

Decides nothing about the 24-hour window: Twilio's error does, the outbox before it. Sends no Content templates yet.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from bot import markup
from bot.channels import Blocked, Forged, Refused, Throttled, Unauthorized, Uncertain, Unreachable, WindowClosed
from bot.messages import Incoming, Kind, Outgoing, Receipt, Status

if TYPE_CHECKING:
    from bot.channels.twilio_http import TwilioHttp

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
_TYPES: Mapping[str, Kind] = {"image": "photo", "audio": "voice", "video": "video"}
# platform.md 2.7; what is not listed is refused.
_MEANINGS: Mapping[int, type[Exception]] = {
    63016: WindowClosed,
    63017: Throttled,
    63018: Throttled,
    20429: Throttled,
    63003: Blocked,
    63024: Blocked,
    63033: Blocked,
    21211: Blocked,
    21614: Blocked,
    21610: Blocked,
    63009: Unreachable,
    63010: Unreachable,
    63012: Unreachable,
    30008: Unreachable,
    20003: Unauthorized,
}


def meaning(code: int | str) -> type[Exception]:
    """The error of ours that a code of Twilio's stands for, whether it came at once or in a status."""
    return _MEANINGS.get(int(code) if str(code).isdigit() else 0, Refused)


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
    ) -> None:
        """The first token signs our requests, any may sign Twilio's: rotation, SharedKeys. `clock` in milliseconds."""
        self.sender = _PREFIX + _bare(sender)
        self.webhook_url = f"{public_url.rstrip('/')}/whatsapp"
        self.status_url = f"{self.webhook_url}/status"
        self._account = account
        self._token = tokens[0]
        self._validators = [RequestValidator(token) for token in tokens]
        self._api_url = api_url
        self._clock = clock
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
        return Incoming(
            key=f"wa:{fields.get('MessageSid') or fields.get('SmsSid', '')}",
            channel="whatsapp",
            sender=sender,
            at=self._clock(),
            kind="button" if token else _kind(fields),
            text=(fields.get("ButtonText") or fields.get("ListTitle") or fields.get("Body") or "").replace("\0", ""),
            token=token,
            message=fields.get("OriginalRepliedMessageSid" if token else "MessageSid", ""),
            name=fields.get("ProfileName", ""),
            phone=phone,
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
        """Send, in as many parts as it needs, the options as numbered lines; `edits` is sent anew."""
        text = f"{message.text}\n\n{markup.numbered(message.options)}" if message.options else message.text
        bodies = [markup.whatsapp(text)]
        if len(bodies[0]) * 2 > markup.WHATSAPP_LIMIT:
            bodies = [
                markup.whatsapp(part) for part in markup.split(text, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
            ]
        sids: list[str] = []
        for number, body in enumerate(bodies, 1):
            try:
                sids.append(await self._create(_PREFIX + message.to, body))
            except (Throttled, Unreachable) as error:
                if not sids:
                    raise
                # The first parts are out: to call this unsent would send them twice.
                raise Uncertain(f"part {number} of {len(bodies)} did not go out: {error}") from error
        return Receipt(tuple(sids))

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
            raise _named(error) from error
        # Twilio lists the newest first, and its times have no fractions of a second.
        found.reverse()
        for message in sorted(found, key=lambda message: message.at):
            yield message

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

    async def _create(self, to: str, body: str) -> str:
        try:
            sent = await self._messages.create_async(
                to=to, from_=self.sender, body=body, status_callback=self.status_url
            )
        except Exception as error:
            raise _named(error) from error
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


def _named(error: Exception) -> Exception:
    """An error of the SDK as ours; those of twilio_http.py are ours already."""
    if isinstance(error, Throttled | Unreachable | Uncertain):
        return error
    status, code = getattr(error, "status", 0), getattr(error, "code", 0) or 0
    if not status:
        # No status: an answer that the SDK could not read, or a page that it could not fetch.
        return Uncertain(type(error).__name__)
    if status >= 500:
        return Uncertain(f"HTTP {status}")
    kind = meaning(code)
    if kind is Throttled:
        return Throttled(10.0)
    if kind is Unauthorized or status == 401:
        return Unauthorized("TWILIO_AUTH_TOKEN", "Twilio does not take TWILIO_ACCOUNT_SID with this token")
    return kind(f"Twilio {code or status}: https://www.twilio.com/docs/api/errors/{code}" if code else f"HTTP {status}")


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
