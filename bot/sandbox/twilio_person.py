"""What a person does on a WhatsApp phone, as the forms that Twilio posts to the bot."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from bot.sandbox.phones import Button, Content, Message, Phone
from bot.sandbox.twilio_delivery import Delivery
from bot.sandbox.twilio_records import Record, Records, new_sid
from bot.sandbox.world import World

Form = list[tuple[str, str]]
_KINDS = {"photo": "image", "voice": "audio", "contact": "contacts"}


class WhatsAppLine:
    """WhatsApp between its phones and the bot's webhook."""

    def __init__(self, world: World, records: Records, delivery: Delivery) -> None:
        self.phones: dict[str, Phone] = {}  # by every address they answer to
        self._world = world
        self._records = records
        self._delivery = delivery
        self._numbers = count(1)
        self._last: dict[str, tuple[Form, Message]] = {}

    def join(self, name: str, number: str | None, hidden: bool, language_code: str | None, label: str) -> Phone:
        """A new person with WhatsApp; with a hidden number the bot sees a business-scoped user id only."""
        phone = self._world.new_phone("whatsapp", name, self)
        phone.number = number or f"+62812{34_000_000 + next(self._numbers)}"
        digits = int(hashlib.sha256(phone.number.encode()).hexdigest()[:13], 16)
        phone.bsuid = f"ID.{digits:016d}"
        phone.hidden_number, phone.language_code, phone.label = hidden, language_code, label
        if not hidden:
            self.phones[f"whatsapp:{phone.number}"] = phone
        self.phones[f"whatsapp:{phone.bsuid}"] = phone
        phone.refreshed()
        return phone

    def text(self, phone: Phone, text: str, quoted: Message | None = None) -> Message:
        """A typed message, by a swipe as the reply to another."""
        form: Form = [("Body", text), ("MessageType", "text")]
        if quoted is not None:
            sender = f"whatsapp:{self._world.settings.whatsapp_from}" if quoted.side == "bot" else phone.address
            form += [("OriginalRepliedMessageSid", quoted.id), ("OriginalRepliedMessageSender", sender)]
        shown = Message("", "person", text, 0, replies_to=quoted.id if quoted else "")
        return self._say(phone, shown, form)

    def send(self, phone: Phone, content: Content) -> Message:
        """A sticker, photo, voice, video, document, location or contact."""
        shown = Message("", "person", content.caption, 0, kind=content.kind)
        kind = _KINDS.get(content.kind, content.kind)
        form: Form = [("Body", content.caption), ("MessageType", kind)]
        if content.kind == "location":
            shown.location = {"latitude": content.latitude, "longitude": content.longitude}
            form += [("Latitude", f"{content.latitude}"), ("Longitude", f"{content.longitude}")]
            return self._say(phone, shown, form)
        data = content.data
        if content.kind == "contact":
            own = content.own and not content.contact_number
            number = content.contact_number or (phone.number or "" if own else "+6281299990000")
            card_name = phone.name if own else content.contact_name or "Orang Lain"
            shown.contact = {"name": card_name, "number": number, "own": own}
            data = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{card_name}\r\nTEL:{number}\r\nEND:VCARD\r\n".encode()
        return self._say(phone, shown, form, content, data)

    def press(self, phone: Phone, message: Message | None, message_id: str, button: Button) -> None:
        """A pressed quick reply or a chosen row of a list."""
        shown = Message("", "person", button.label, 0)
        form: Form = [("Body", button.label), ("OriginalRepliedMessageSid", message_id)]
        form.append(("OriginalRepliedMessageSender", f"whatsapp:{self._world.settings.whatsapp_from}"))
        if message is not None and message.list_title:
            form += [("MessageType", "interactive"), ("ListId", button.data), ("ListTitle", button.label)]
            if button.description:
                form.append(("ListDescription", button.description))
        else:
            form += [("MessageType", "button"), ("ButtonText", button.label), ("ButtonPayload", button.data)]
        self._say(phone, shown, form)

    def edit(self, phone: Phone, message: Message, text: str) -> Message:
        """WhatsApp lets people edit, but Twilio does not tell the bot: only the phone changes."""
        message.text, message.edited = text, True
        phone.changed(message)
        return message

    def block(self, phone: Phone, blocked: bool) -> None:
        """Block or unblock the bot; the bot is not told."""
        phone.blocked = blocked
        phone.refreshed()

    def redeliver(self, phone: Phone) -> None:
        """Twilio posts the last message of this person once more."""
        if phone.id not in self._last:
            raise LookupError("this person has not done anything yet")
        form, message = self._last[phone.id]
        self._world.spawn(self._deliver(phone, form, message, again=True))

    def group(self, phone: Phone, text: str, title: str) -> Message:
        """Twilio knows no groups."""
        raise LookupError("WhatsApp groups do not reach a bot")

    def _say(
        self, phone: Phone, shown: Message, form: Form, content: Content | None = None, data: bytes | None = None
    ) -> Message:
        settings, now = self._world.settings, self._world.clock.now()
        sid = new_sid(media=content is not None)
        to = f"whatsapp:{settings.whatsapp_from}"
        common: Form = [
            ("MessageSid", sid),
            ("SmsSid", sid),
            ("SmsMessageSid", sid),
            ("AccountSid", settings.twilio_sid),
            ("From", phone.address),
            ("To", to),
            ("ProfileName", phone.name),
            ("ExternalUserId", f"whatsapp:{phone.bsuid}"),
            ("NumSegments", "1"),
            ("SmsStatus", "received"),
            ("ApiVersion", "2010-04-01"),
        ]
        if not phone.hidden_number:
            common.append(("WaId", (phone.number or "").removeprefix("+")))
        media_id = "ME" + sid[2:]
        media = self._media(shown, sid, media_id, content, data) if content is not None else [("NumMedia", "0")]
        phone.blocked, phone.known, phone.last_inbound = False, True, now
        body = dict(form)["Body"]
        record = Record(sid, phone.address, to, body, "inbound", "received", now, now)
        record.media = [media_id] if content is not None else []
        self._records.add(record)
        shown.id, shown.time = sid, int(now * 1000)
        phone.add(shown)
        whole = common + form + media
        self._last[phone.id] = (whole, shown)
        self._world.spawn(self._deliver(phone, whole, shown))
        return shown

    def _media(self, shown: Message, sid: str, media_id: str, content: Content, data: bytes | None) -> Form:
        file = self._world.files.put(media_id, content.kind, data, content.name, content.mime)
        if shown.contact is None:
            media: dict[str, Any] = {"kind": content.kind, "url": f"/control/media/{media_id}"}
            shown.media = {**media, "name": file.name, "mime": file.mime}
        path = f"/2010-04-01/Accounts/{self._world.settings.twilio_sid}/Messages/{sid}/Media/{media_id}"
        return [("NumMedia", "1"), ("MediaContentType0", file.mime), ("MediaUrl0", self._world.url + path)]

    async def _deliver(self, phone: Phone, form: Form, message: Message, again: bool = False) -> None:
        webhook = self._world.settings.whatsapp_webhook
        if not webhook:
            return
        taken = await self._delivery.post(webhook, form, "inbound", again)
        if taken and message.ticks == "sent":
            message.ticks = "delivered"
            phone.changed(message, "status")
