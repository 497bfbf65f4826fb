"""Twilio's log of messages, in the JSON of its REST API."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from bot.sandbox.world import World

_MOST = 50_000
FINAL = frozenset({"delivered", "read", "undelivered", "failed", "canceled", "received"})
_LIST = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"})


class TwilioError(Exception):
    """A refusal with Twilio's own code."""

    def __init__(self, status: int, code: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class Record(msgspec.Struct):
    """One message as Twilio remembers it; times in seconds since the epoch."""

    sid: str
    sender: str
    to: str
    body: str
    direction: str  # inbound, outbound-api
    status: str
    created: float
    updated: float
    media: list[str] = []
    error_code: int | None = None
    error_message: str | None = None
    callback: str = ""
    service: str | None = None
    priced: str = ""  # the category that Meta charges it under; empty: nothing


class Records:
    """Keeps the last messages of the account, newest last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records: dict[str, Record] = {}
        self.account = world.settings.twilio_sid

    def add(self, record: Record) -> Record:
        """Remember a message."""
        self._records[record.sid] = record
        if len(self._records) > _MOST:
            del self._records[next(iter(self._records))]
        return record

    def find(self, sid: str) -> Record:
        """The message, or 20404."""
        record = self._records.get(sid)
        if record is None:
            path = f"/2010-04-01/Accounts/{self.account}/Messages/{sid}.json"
            raise TwilioError(404, 20404, f"The requested resource {path} was not found")
        return record

    def known(self, sid: str) -> Record | None:
        """The message, if it is still kept."""
        return self._records.get(sid)

    def prices(self) -> dict[str, int]:
        """How many messages Meta charged for, by category."""
        return dict(Counter(record.priced for record in self._records.values() if record.priced))

    def update(self, sid: str, params: dict[str, str]) -> Record:
        """Blank a body, or cancel what is scheduled."""
        record = self.find(sid)
        if unknown := set(params) - {"Body", "Status"}:
            raise TwilioError(400, 20001, f"Unknown parameter: {min(unknown)}")
        if params.get("Body", "") != "":
            raise TwilioError(400, 20001, "Body can only be set to an empty string")
        if record.status not in FINAL:
            raise TwilioError(400, 20009, "Cannot delete this message resource before it has completed")
        if "Body" in params:
            record.body, record.updated = "", self._world.clock.now()
        return record

    def delete(self, sid: str) -> None:
        """Forget a message for good."""
        if self.find(sid).status not in FINAL:
            raise TwilioError(400, 20009, "Cannot delete this message resource before it has completed")
        del self._records[sid]

    def media(self, sid: str) -> dict[str, Any]:
        """What came with a message and is still kept, as Twilio lists it."""
        record, found = self.find(sid), []
        for media_id in record.media:
            file = self._world.files.get(media_id)
            if file is not None:
                uri = f"/2010-04-01/Accounts/{self.account}/Messages/{sid}/Media/{media_id}.json"
                made = _rfc2822(record.created)
                times = {"date_created": made, "date_updated": made}
                about = {"sid": media_id, "parent_sid": sid, "account_sid": self.account}
                found.append({**about, **times, "content_type": file.mime, "uri": uri})
        return {"media_list": found, "page": 0, "page_size": 50, "next_page_uri": None}

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """One page of the list, newest first."""
        if unknown := set(query) - _LIST:
            raise TwilioError(400, 20001, f"Unknown parameter: {min(unknown)}")
        size = min(1000, max(1, int(query.get("PageSize") or 50)))
        number, token = int(query.get("Page") or 0), query.get("PageToken", "")
        found, more = self._matching(query, size, token.removeprefix("PA"))
        base = f"/2010-04-01/Accounts/{self.account}/Messages.json"
        keep = {k: v for k, v in query.items() if k not in ("Page", "PageToken", "PageSize")}
        here = f"{base}?{urlencode({**keep, 'PageSize': size, 'Page': number})}"
        following = None
        if more:
            last = {"PageSize": size, "Page": number + 1, "PageToken": "PA" + found[-1].sid}
            following = f"{base}?{urlencode({**keep, **last})}"
        return {
            "messages": [self.shape(record) for record in found],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(0, len(found) - 1),
            "uri": here,
            "first_page_uri": f"{base}?{urlencode({**keep, 'PageSize': size, 'Page': 0})}",
            "next_page_uri": following,
            "previous_page_uri": None,
        }

    def _matching(self, query: dict[str, str], size: int, after: str) -> tuple[list[Record], bool]:
        to, sender = query.get("To"), query.get("From")
        lowest, highest = _range(query)
        found: list[Record] = []
        skipping = after in self._records
        for record in reversed(self._records.values()):
            if skipping:
                skipping = record.sid != after
                continue
            if (to and record.to != to) or (sender and record.sender != sender):
                continue
            if not lowest <= record.created < highest:
                continue
            if len(found) == size:
                return found, True
            found.append(record)
        return found, False

    def shape(self, record: Record) -> dict[str, Any]:
        """The message in Twilio's JSON."""
        uri = f"/2010-04-01/Accounts/{self.account}/Messages/{record.sid}"
        created, updated = _rfc2822(record.created), _rfc2822(record.updated)
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": record.body,
            "date_created": created,
            "date_sent": None if record.status in ("queued", "accepted") else created,
            "date_updated": updated,
            "direction": record.direction,
            "error_code": record.error_code,
            "error_message": record.error_message,
            "from": record.sender,
            "messaging_service_sid": record.service,
            "num_media": str(len(record.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "sid": record.sid,
            "status": record.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": record.to,
            "uri": f"{uri}.json",
        }


def new_sid(media: bool = False) -> str:
    """A message sid."""
    return ("MM" if media else "SM") + secrets.token_hex(16)


def _rfc2822(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC))


def _range(query: dict[str, str]) -> tuple[float, float]:
    """From (inclusive) and to (exclusive); Twilio reads a date without a time as the whole day."""
    lowest, highest = 0.0, float("inf")
    if text := query.get("DateSent>"):
        lowest = _moment(text)[0]
    if text := query.get("DateSent<"):
        highest = _moment(text)[1]
    if text := query.get("DateSent"):
        lowest, highest = _moment(text)
    return lowest, highest


def _moment(text: str) -> tuple[float, float]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError(400, 20001, f"Invalid date: {text}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    span = timedelta(days=1) if len(text) == 10 else timedelta(seconds=1)
    return moment.timestamp(), (moment + span).timestamp()
