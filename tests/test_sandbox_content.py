"""The sandbox's Content API is a strict witness: the real library works with it, what Twilio refuses it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import aiohttp
import pytest
import pytest_asyncio
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.sandbox import Phone, Sandbox

SID = "AC00000000000000000000000000000001"
T = TypeVar("T")
TEXT = {"twilio/text": {"body": "Halo Kakak, ada kabar dari {{1}} untuk kita semua ya."}}


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    running = await Sandbox.start(twilio_sid=SID, status_seconds=0.01)
    yield running
    await running.stop()


def whole(**other: Any) -> dict[str, Any]:
    return {"friendly_name": "kabar", "language": "id", "variables": {"1": "Mart Contoh"}, "types": TEXT, **other}


async def post(sandbox: Sandbox, path: str, body: Any, token: str = "demo", form: bool = False) -> tuple[int, Any]:
    headers = {"Authorization": aiohttp.encode_basic_auth(SID, token)}
    given = {"data": body} if form else {"json": body}
    async with aiohttp.ClientSession(headers=headers) as session:
        answer = await session.post(f"{sandbox.url}{path}", **given)
        return answer.status, await answer.json()


async def made(sandbox: Sandbox, **other: Any) -> str:
    status, answer = await post(sandbox, "/v1/Content", whole(**other))
    assert status == 201, answer
    return str(answer["sid"])


async def submit(sandbox: Sandbox, sid: str, name: str = "kabar", category: str = "UTILITY") -> tuple[int, Any]:
    return await post(sandbox, f"/v1/Content/{sid}/ApprovalRequests/whatsapp", {"name": name, "category": category})


def library(sandbox: Sandbox) -> Client:
    client = Client(SID, "demo")
    client.api.base_url = client.content.base_url = sandbox.url
    return client


async def sync(call: Callable[[], T]) -> T:
    return await asyncio.to_thread(call)


@pytest.mark.asyncio
async def test_the_library_creates_submits_lists_and_deletes(sandbox: Sandbox) -> None:
    content = library(sandbox).content.v1
    request = ContentList.ContentCreateRequest({**whole(), "types": ContentList.Types(TEXT)})
    resource = await sync(lambda: content.contents.create(request))
    assert (resource.friendly_name, resource.types) == ("kabar", TEXT)
    unsubmitted = await sync(lambda: content.contents(resource.sid).approval_fetch().fetch())
    assert unsubmitted.whatsapp["status"] == "unsubmitted"
    asked = ApprovalCreateList.ContentApprovalRequest({"name": "kabar", "category": "UTILITY"})
    received = await sync(lambda: content.contents(resource.sid).approval_create.create(asked))
    assert (received.status, received.name, received.content_type) == ("received", "kabar", "twilio/text")
    sandbox.review("kabar", "approved", "MARKETING")
    (listed,) = await sync(content.content_and_approvals.list)
    assert (listed.approval_requests["status"], listed.approval_requests["category"]) == ("approved", "MARKETING")
    assert [one.sid for one in await sync(content.contents.list)] == [resource.sid]
    assert await sync(lambda: content.contents(resource.sid).delete())
    with pytest.raises(TwilioRestException) as gone:
        await sync(lambda: content.contents(resource.sid).fetch())
    assert (gone.value.status, gone.value.code) == (404, 20404)


@pytest.mark.asyncio
async def test_lists_come_in_pages(sandbox: Sandbox) -> None:
    sids = [await made(sandbox, friendly_name=f"kabar {number}") for number in range(5)]
    content = library(sandbox).content.v1
    found = await sync(lambda: content.content_and_approvals.list(page_size=2))
    assert [one.sid for one in found] == sids[::-1]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"types": {}}, "At least one"),
        ({"types": {"twilio_text": {"body": "x"}}}, "twilio_text"),
        ({"types": {"twilio/text": {"text": "x"}}}, "no field text"),
        ({"types": {"twilio/text": {"body": "x" * 1601}}}, "1600"),
        ({"types": {"twilio/quick-reply": {"body": "x", "actions": []}}}, "1 to 10"),
        ({"types": {"twilio/quick-reply": {"body": "x", "actions": [{"title": "y"}] * 11}}}, "1 to 10"),
        ({"types": {"twilio/quick-reply": {"body": "x" * 1025, "actions": [{"title": "y"}]}}}, "1024"),
        ({"types": {"twilio/quick-reply": {"body": "x", "actions": [{"title": "y" * 21}]}}}, "20"),
        ({"types": {"twilio/list-picker": {"body": "x", "items": [{"item": "y", "id": "z"}]}}}, "button"),
        ({"types": {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": "y"}]}}}, "id"),
        (
            {"types": {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": "y" * 25, "id": "z"}]}}},
            "24",
        ),
        ({"language": "Indonesia"}, "language"),
        ({"variables": {"1": ""}}, "variable"),
        ({"variables": {"a name": "x"}}, "variable"),
        ({"variables": {str(number): "x" for number in range(101)}}, "100"),
        ({"name": "x"}, "Unknown parameter"),
    ],
    ids=str,
)
async def test_what_twilio_would_not_make_is_refused(sandbox: Sandbox, other: dict[str, Any], told: str) -> None:
    status, answer = await post(sandbox, "/v1/Content", whole(**other))
    assert (status, answer["status"], answer["code"]) == (400, 400, 20001)
    assert told in answer["message"]
    assert sandbox.templates == []


@pytest.mark.asyncio
async def test_forms_and_other_credentials_are_refused(sandbox: Sandbox) -> None:
    status, answer = await post(sandbox, "/v1/Content", {"language": "id"}, form=True)
    assert (status, answer["message"]) == (400, "The body of this request must be application/json")
    status, answer = await post(sandbox, "/v1/Content", whole(), token="another")
    assert (status, answer["code"]) == (401, 20003)
    status, answer = await post(sandbox, "/v1/Content/HX1/Other", {})
    assert (status, answer["code"]) == (404, 20404)


@pytest.mark.asyncio
async def test_names_and_categories_are_checked_and_a_rejected_name_is_spent(sandbox: Sandbox) -> None:
    one = await made(sandbox)
    assert (await submit(sandbox, one, "Kabar Baru"))[0] == 400
    assert (await submit(sandbox, one, category="PROMO"))[0] == 400
    assert (await submit(sandbox, one))[0] == 201
    assert (await submit(sandbox, one))[0] == 400
    english = await made(sandbox, language="en")
    assert (await submit(sandbox, english))[0] == 201
    assert (await submit(sandbox, await made(sandbox)))[0] == 400
    sandbox.review(one, "rejected", reason="PROMOTIONAL")
    status, answer = await submit(sandbox, await made(sandbox, language="ms"))
    assert (status, "rejected" in answer["message"]) == (400, True)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "variables", "reason"),
    [
        ("{{1}} mengabari kita semua hari ini ya", {"1": "x"}, "begins or ends"),
        ("Halo Kakak, ini kabar dari *{{1}}*.", {"1": "x"}, "begins or ends"),
        ("Halo Kakak, kabar {{1}} *{{2}}* untuk kita semua", {"1": "x", "2": "y"}, "side by side"),
        ("Halo, {{1}} ya", {"1": "x"}, "too few words"),
        ("Halo Kakak, ada kabar dari {{1}} ya", {}, "no sample"),
        (f"Halo {'x' * 1020}", {}, "1024"),
    ],
)
async def test_what_meta_rejects_at_sight(sandbox: Sandbox, body: str, variables: dict[str, str], reason: str) -> None:
    sid = await made(sandbox, types={"twilio/text": {"body": body}}, variables=variables)
    assert (await submit(sandbox, sid))[1]["status"] == "received"
    (template,) = sandbox.templates
    assert template.approval.status == "rejected"
    assert reason in template.approval.reason


@pytest.mark.asyncio
async def test_a_list_cannot_be_submitted(sandbox: Sandbox) -> None:
    fields = {"body": "{{1}}", "button": "Pilih", "items": [{"item": "{{2}}", "id": "{{3}}", "description": None}]}
    sid = await made(sandbox, types={"twilio/list-picker": fields, "twilio/text": None}, variables=None)
    assert (await submit(sandbox, sid))[0] == 400


@pytest.mark.asyncio
async def test_settings_decide_by_themselves_and_the_control_api_too(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(f"{sandbox.url}/control/") as control:
        decided = {"approval_seconds": 60, "approval_category": "MARKETING"}
        assert (await control.post("settings", json=decided)).status == 200
        await submit(sandbox, await made(sandbox))
        assert sandbox.templates[0].approval.status == "pending"
        sandbox.advance(61)
        (listed,) = await (await control.get("templates")).json()
        assert (listed["approval"]["status"], listed["approval"]["category"]) == ("approved", "MARKETING")
        paused = await control.post("reviews", json={"which": "kabar", "status": "paused", "reason": "quality"})
        assert (await paused.json())["approval"]["status"] == "paused"
        assert (await control.post("reviews", json={"which": "nothing"})).status == 400
        assert (await control.post("reviews", json={"which": "kabar", "status": "great"})).status == 400
        assert await (await control.get("prices")).json() == {}


async def _silent(sandbox: Sandbox, number: str | None = None) -> Phone:
    phone = await sandbox.phone("whatsapp", name="Peserta 01", number=number)
    await phone.type("halo")
    sandbox.advance(25 * 3600)
    return phone


async def _send(sandbox: Sandbox, phone: Phone, sid: str, variables: str = '{"1":"Mart"}') -> Any:
    create = library(sandbox).messages.create
    to, sender = phone.address, "whatsapp:+14155238886"
    sent = await sync(lambda: create(to=to, from_=sender, content_sid=sid, content_variables=variables))
    fetch = library(sandbox).messages(sent.sid).fetch
    for _ in range(50):
        found = await sync(fetch)
        if found.status in ("read", "undelivered"):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found.status)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "code"),
    [("", 63016), ("pending", 63016), ("approved", None), ("paused", 63041), ("disabled", 63041), ("rejected", 63040)],
)
async def test_only_what_is_approved_now_arrives_outside_the_window(
    sandbox: Sandbox, status: str, code: int | None
) -> None:
    sid = await made(sandbox)
    if status:
        await submit(sandbox, sid)
        sandbox.review(sid, status)
    phone = await _silent(sandbox)
    assert (await _send(sandbox, phone, sid)).error_code == code
    assert (phone.last is None) == (code is not None)


@pytest.mark.asyncio
async def test_marketing_reaches_no_american_number(sandbox: Sandbox) -> None:
    sid = await made(sandbox)
    await submit(sandbox, sid, category="MARKETING")
    sandbox.review(sid)
    assert (await _send(sandbox, await _silent(sandbox, "+14155550100"), sid)).error_code == 63049


@pytest.mark.asyncio
@pytest.mark.parametrize("value", ['""', "null", '"a\\nb"', '"a\\tb"', '"a     b"', "7"])
async def test_parameters_of_an_approved_template_are_one_line(sandbox: Sandbox, value: str) -> None:
    sid = await made(sandbox)
    await submit(sandbox, sid)
    sandbox.review(sid)
    phone = await _silent(sandbox)
    with pytest.raises(TwilioRestException) as refused:
        await _send(sandbox, phone, sid, f'{{"1":{value}}}')
    assert refused.value.code == 21656


@pytest.mark.asyncio
async def test_a_deleted_template_cannot_be_sent(sandbox: Sandbox) -> None:
    sid = await made(sandbox)
    phone = await _silent(sandbox)
    await sync(lambda: library(sandbox).content.v1.contents(sid).delete())
    with pytest.raises(TwilioRestException) as refused:
        await _send(sandbox, phone, sid)
    assert refused.value.code == 21655


@pytest.mark.asyncio
async def test_in_session_there_are_three_buttons_all_different(sandbox: Sandbox) -> None:
    phone = await sandbox.phone("whatsapp", name="Peserta 01")
    await phone.type("halo")
    for titles in (["a", "b", "c", "d"], ["a", "a"]):
        actions = [{"title": title, "id": f"{at}"} for at, title in enumerate(titles)]
        sid = await made(sandbox, types={"twilio/quick-reply": {"body": "{{1}}", "actions": actions}})
        with pytest.raises(TwilioRestException) as refused:
            await _send(sandbox, phone, sid)
        assert refused.value.code == 63013


@pytest.mark.asyncio
async def test_only_so_many_people_may_be_written_to_first_in_a_day(sandbox: Sandbox) -> None:
    sandbox.limits.whatsapp_people_per_day = 2
    sid = await made(sandbox)
    await submit(sandbox, sid)
    sandbox.review(sid)
    first, second, third = [await _silent(sandbox) for _ in range(3)]
    near = await sandbox.phone("whatsapp", name="Peserta 04")
    await near.type("halo")
    assert [(await _send(sandbox, one, sid)).error_code for one in (first, near, first)] == [None, None, None]
    sandbox.advance(12 * 3600)
    assert [(await _send(sandbox, one, sid)).error_code for one in (second, third)] == [None, 63018]
    assert third.last is None
    sandbox.advance(12 * 3600)
    assert [(await _send(sandbox, one, sid)).error_code for one in (third, first, near)] == [None, 63018, 63018]
    await first.type("halo")
    assert (await _send(sandbox, first, sid)).error_code is None
    async with aiohttp.ClientSession(f"{sandbox.url}/control/") as control:
        assert (await (await control.post("limits", json={"whatsapp_people_per_day": 0})).json())["on"]
    assert (await _send(sandbox, near, sid)).error_code is None
