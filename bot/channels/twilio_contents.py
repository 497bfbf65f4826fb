"""Twilio's Content API: list, create, submit and delete templates.

Plain JSON over TwilioHttp: the SDK's classes drop type keys that they do not know without a word (platform.md 2.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from bot.channels import Refused, Unauthorized, Uncertain
from bot.contents import Review, Standing

if TYPE_CHECKING:
    from bot.channels.twilio_http import TwilioHttp

API = "https://content.twilio.com"
PAGE = 500
_STANDINGS: Mapping[str, Standing] = {
    "": "unsubmitted",
    "unsubmitted": "unsubmitted",
    "received": "pending",
    "pending": "pending",
    "in_review": "pending",
    "in_appeal": "pending",
    "approved": "approved",
    "rejected": "rejected",
    "paused": "paused",
}
"""In whatever case (platform.md 2.5). What is not listed (disabled, deleted, something new) cannot be sent."""


class TwilioContents:
    """The templates of one account. Every method raises Throttled, Unreachable, Uncertain, Unauthorized or Refused."""

    def __init__(self, account: str, token: str, api_url: str = "") -> None:
        self._auth = (account, token)
        self._api_url = api_url
        self._http: TwilioHttp | None = None

    async def open(self) -> None:
        """Make the client; asks Twilio nothing."""
        # The SDK under it is costly to import: a bot that is on Telegram only never pays (platform.md 2.8).
        from bot.channels.twilio_http import TwilioHttp

        self._http = TwilioHttp(self._api_url)

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
        self._http = None

    async def every(self) -> list[Review]:
        """Every resource of the account with its review, the newest first."""
        found: list[Review] = []
        following: str | None = f"/v1/ContentAndApprovals?PageSize={PAGE}"
        while following:
            page = await self._call("GET", following)
            found += [_review(one) for one in page["contents"]]
            following = page["meta"].get("next_page_url")
        return found

    async def create(self, name: str, language: str, types: Mapping[str, Any], samples: Mapping[str, str]) -> str:
        """Make a resource; its sid."""
        whole = {"friendly_name": name, "language": language, "variables": dict(samples), "types": dict(types)}
        made = await self._call("POST", "/v1/Content", whole)
        return str(made["sid"])

    async def submit(self, sid: str, name: str, category: str) -> None:
        """Hand a resource to Meta for approval."""
        await self._call("POST", f"/v1/Content/{sid}/ApprovalRequests/whatsapp", {"name": name, "category": category})

    async def delete(self, sid: str) -> None:
        """Delete a resource, at WhatsApp too; nothing where it is gone already."""
        await self._call("DELETE", f"/v1/Content/{sid}")

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        assert self._http is not None, "open it first"
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = path if path.startswith("http") else f"{API}{path}"
        answer = await self._http.request(method, url, data=body, headers=headers, auth=self._auth)
        if answer.status_code < 300:
            return _decoded(answer.text) if answer.text else {}
        if answer.status_code == 401:
            raise Unauthorized("TWILIO_AUTH_TOKEN", "Twilio does not take TWILIO_ACCOUNT_SID with this token")
        if answer.status_code >= 500:
            raise Uncertain(f"HTTP {answer.status_code}")
        if answer.status_code == 404 and method == "DELETE":
            return {}
        told = _decoded(answer.text)
        raise Refused(f"Twilio {told.get('code', answer.status_code)}: {told.get('message', 'no reason given')}")


def _review(one: Mapping[str, Any]) -> Review:
    asked = one.get("approval_requests") or {}
    whatsapp = asked.get("whatsapp") or asked
    status = str(whatsapp.get("status") or "").lower()
    standing = _STANDINGS.get(status, "disabled")
    reason = str(whatsapp.get("rejection_reason") or "")
    if status not in (*_STANDINGS, "disabled") and not reason:
        reason = status
    return Review(
        sid=str(one["sid"]),
        name=str(one.get("friendly_name") or ""),
        status=standing,
        category=str(whatsapp.get("category") or "").upper(),
        reason=reason,
    )


def _decoded(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Uncertain("an answer that is not Twilio's") from error
