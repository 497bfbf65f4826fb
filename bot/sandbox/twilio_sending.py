"""Messages.json POST: what Twilio refuses at once, what it accepts and fails later, and the statuses it reports."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.media import File, type_of
from bot.sandbox.phones import Message, Phone
from bot.sandbox.twilio_content import Contents
from bot.sandbox.twilio_delivery import Delivery
from bot.sandbox.twilio_person import WhatsAppLine
from bot.sandbox.twilio_records import Record, Records, TwilioError, new_sid
from bot.sandbox.twilio_templates import Shown, Template, show
from bot.sandbox.world import World

_KNOWN = frozenset(
    (
        "To",
        "From",
        "Body",
        "StatusCallback",
        "MediaUrl",
        "ContentSid",
        "ContentVariables",
        "MessagingServiceSid",
        "ValidityPeriod",
        "PersistentAction",
        "SmartEncoded",
        "ProvideFeedback",
        "MaxPrice",
        "Attempt",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "RiskCheck",
        "TrafficType",
    )
)
_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128})")
_REASONS = {
    63003: "Channel could not find To address",
    63016: "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp,"
    " please use a Message Template.",
    63018: "Rate limit exceeded for Channel",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
    63033: "Recipient blocked to receive message",
    63040: "Template has been rejected",
    63041: "Template is paused",
    63049: "Meta chose not to deliver this WhatsApp marketing message",
}
_SHOWABLE = ("image/jpeg", "image/png", "application/pdf")
_IMAGE_BYTES = 5 * 1024 * 1024
_MEDIA_BYTES = 16 * 1024 * 1024
_WINDOW_SECONDS = 24 * 3600.0
_UNAPPROVED = {"rejected": 63040, "paused": 63041, "disabled": 63041}


class Sending:
    """Takes messages from the bot to phones."""

    def __init__(
        self, world: World, records: Records, line: WhatsAppLine, delivery: Delivery, contents: Contents
    ) -> None:
        self._world = world
        self._records = records
        self._line = line
        self._delivery = delivery
        self._contents = contents

    def create(self, params: dict[str, Any], fails_with: int | None = None) -> Record:
        """Accept a message (queued) or refuse it; what goes wrong later is told by the status callback."""
        self._check(params)
        template = self._contents.usable(params["ContentSid"]) if params.get("ContentSid") else None
        shown = show(template, params.get("ContentVariables", "")) if template else Shown(params.get("Body", ""))
        now = self._world.clock.now()
        media = params.get("MediaUrl", [])
        sid = new_sid(media=bool(media))
        sender = params.get("From") or f"whatsapp:{self._world.settings.whatsapp_from}"
        record = Record(sid, sender, params["To"], shown.text, "outbound-api", "queued", now, now)
        record.callback, record.media = params.get("StatusCallback", ""), media
        record.service = params.get("MessagingServiceSid")
        self._records.add(record)
        phone = self._line.phones.get(params["To"])
        code = fails_with or self._obstacle(phone, template)
        message = None
        if phone is not None and code is None:
            record.priced = self._price(phone, template)
            if media:
                self._world.spawn(self._bring(record, phone, shown, media[0]))
                return record
            message = self._show(phone, record, shown, params.get("PersistentAction", []))
        if message is not None or record.callback or code is not None:
            self._world.spawn(self._report(record, phone, message, code))
        return record

    def _check(self, params: dict[str, Any]) -> None:
        if unknown := set(params) - _KNOWN:
            raise TwilioError(400, 20001, f"Unknown parameter: {min(unknown)}")
        to = params.get("To", "")
        if not to:
            raise TwilioError(400, 21604, "A 'To' phone number is required.")
        if not _ADDRESS.fullmatch(to):
            raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not params.get("From") and not params.get("MessagingServiceSid"):
            raise TwilioError(400, 21603, "A 'From' phone number is required.")
        if params.get("From") and params["From"] != f"whatsapp:{self._world.settings.whatsapp_from}":
            raise TwilioError(400, 63007, "Twilio could not find a Channel with the specified From address")
        body = params.get("Body", "")
        if not body and not any(params.get(name) for name in ("MediaUrl", "ContentSid", "PersistentAction")):
            raise TwilioError(400, 21619, "A text message body or media urls must be specified.")
        if len(body) > 1600:
            raise TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if len(params.get("MediaUrl", [])) > 1:
            raise TwilioError(400, 21623, "Number of media files exceeds allowed limit")
        if callback := params.get("StatusCallback"):
            host = urlsplit(callback).hostname
            if not host or "_" in host:
                raise TwilioError(400, 21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")
        if (validity := params.get("ValidityPeriod")) and not 1 <= int(validity) <= 36_000:
            raise TwilioError(400, 21664, "The ValidityPeriod is invalid")

    def _obstacle(self, phone: Phone | None, template: Template | None) -> int | None:
        """The code of what keeps this message from arriving, if anything."""
        if phone is None:
            return 63024
        if phone.blocked:
            return 63033
        if template is not None and template.approved:
            american = (phone.number or "").startswith("+1")
            if american and template.approval.category == "MARKETING":
                return 63049
            return None if self._open(phone) or self._world.pace.whatsapp_begin(phone.id) else 63018
        if self._open(phone):
            return None
        return _UNAPPROVED.get(template.approval.status, 63016) if template else 63016

    def _open(self, phone: Phone) -> bool:
        """Whether the person has written within a day."""
        last = phone.last_inbound
        return last is not None and self._world.clock.now() - last < _WINDOW_SECONDS

    def _price(self, phone: Phone, template: Template | None) -> str:
        """The category that Meta charges a message under; empty where it charges nothing."""
        if template is None or not template.approved:
            return ""
        category = template.approval.category.lower()
        return "" if category == "utility" and self._open(phone) else category

    async def _bring(self, record: Record, phone: Phone, shown: Shown, url: str) -> None:
        """Fetch what goes along, and let it arrive; a document comes without words, as on WhatsApp."""
        file, code = await self._fetched(record, url)
        if file is None:
            await self._report(record, phone, None, code)
            return
        record.media = [file.id]
        kind = "photo" if file.mime.startswith("image/") else "document"
        text = shown.text if kind == "photo" else ""
        message = Message(record.sid, "bot", text, int(record.created * 1000), kind=kind, buttons=shown.buttons)
        message.media = {"kind": kind, "url": f"/control/media/{file.id}", "name": file.name, "mime": file.mime}
        await self._report(record, phone, phone.add(message), None)

    async def _fetched(self, record: Record, url: str) -> tuple[File | None, int | None]:
        """The file at a MediaUrl; or the code of what Twilio or WhatsApp does not like about it."""
        try:
            async with self._world.session().get(url, timeout=aiohttp.ClientTimeout(total=15)) as answer:
                data, mime = await answer.read(), answer.content_type
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None, 63019
        self._world.record("twilio-media", "GET", {"url": url}, answer.status, len(data))
        if answer.status != 200:
            return None, 63019
        most = _IMAGE_BYTES if mime.startswith("image/") else _MEDIA_BYTES
        if mime not in _SHOWABLE or type_of(data) != mime or len(data) > most:
            return None, 63021
        return self._world.files.put("ME" + record.sid[2:], "", data, f"file.{mime.split('/')[1]}", mime), None

    def _show(self, phone: Phone, record: Record, shown: Shown, actions: list[str]) -> Message:
        message = Message(record.sid, "bot", shown.text, int(record.created * 1000), buttons=shown.buttons)
        message.list_title, message.priced = shown.list_title, record.priced
        if actions and (found := re.match(r"geo:(-?[\d.]+),(-?[\d.]+)(?:\|(.*))?", actions[0])):
            message.kind = "location"
            message.location = {"latitude": float(found[1]), "longitude": float(found[2]), "label": found[3] or ""}
        return phone.add(message)

    async def _report(self, record: Record, phone: Phone | None, message: Message | None, code: int | None) -> None:
        steps = self._world.settings.statuses if code is None else ("queued", "undelivered")
        for status in steps:
            if status != "queued":
                await asyncio.sleep(self._world.settings.status_seconds)
                record.status, record.updated = status, self._world.clock.now()
            if status == "undelivered":
                record.error_code, record.error_message = code, _REASONS.get(code or 0, "Unknown error")
            if message is not None and phone is not None and status != "queued":
                message.ticks = status
                phone.changed(message, "status")
            if record.callback:
                await self._delivery.post(record.callback, self._form(record), f"status.{status}")

    def _form(self, record: Record) -> list[tuple[str, str]]:
        form = [
            ("ApiVersion", "2010-04-01"),
            ("MessageStatus", record.status),
            ("SmsStatus", record.status),
            ("SmsSid", record.sid),
            ("MessageSid", record.sid),
            ("AccountSid", self._world.settings.twilio_sid),
            ("From", record.sender),
            ("To", record.to),
            ("ChannelPrefix", "whatsapp"),
            ("ChannelInstallSid", "XE" + record.sid[2:]),
        ]
        if record.status == "read":
            form.append(("EventType", "READ"))
        if record.error_code is not None:
            form.append(("ErrorCode", str(record.error_code)))
            form.append(("ChannelStatusMessage", record.error_message or ""))
        return form
