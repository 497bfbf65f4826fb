"""WhatsApp: signed forms → messages, messages → requests, Twilio's answers → our errors; the SDK on the sandbox."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from multidict import MultiDict

from bot.channels import (
    Blocked,
    Forged,
    Halfway,
    Refused,
    Throttled,
    Unauthorized,
    Uncertain,
    Unfit,
    Unreachable,
    WindowClosed,
    twilio_log,
)
from bot.channels.twilio_errors import meaning
from bot.channels.twilio_http import TwilioHttp
from bot.channels.whatsapp import WhatsApp
from bot.messages import Attached, Button, Incoming, Outgoing, Status
from bot.sandbox import Message, Phone, Sandbox

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1795411300000
TOKEN, OLD, SHARED = "dummy-token", "dummy-old-token", "dummy-shared-key"
PUBLIC = "https://bot.example.org"
URL = f"{PUBLIC}/whatsapp"
ACCOUNT = "AC00000000000000000000000000000001"


def table(name: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in json.loads((PAYLOADS / f"{name}.json").read_text())]


def signature(form: list[tuple[str, str]], url: str = URL, token: str = TOKEN, algorithm: str = "sha1") -> str:
    """What Twilio computes (twilio.com/docs/usage/security): the URL, then names and values, sorted."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), algorithm)).decode()


@pytest.fixture
def reader() -> WhatsApp:
    return WhatsApp(ACCOUNT, [TOKEN, OLD, SHARED], "+14155238886", PUBLIC + "/", clock=lambda: NOW)


@pytest.mark.parametrize("case", table("whatsapp"))
def test_a_form_becomes_a_message(reader: WhatsApp, case: dict[str, Any]) -> None:
    form = list(case["form"].items())
    fields = dict(case["expected"])
    if "media" in fields:
        fields["media"] = Attached(**fields["media"])
    if "place" in fields:
        fields["place"] = tuple(fields["place"])
    wanted = Incoming(**fields)
    assert reader.parse(form, signature(form)) == wanted
    assert reader.parse(MultiDict(form), signature(form), URL) == wanted


@pytest.mark.parametrize("case", table("whatsapp_status"))
def test_a_form_becomes_a_status(reader: WhatsApp, case: dict[str, Any]) -> None:
    form = list(case["form"].items())
    assert reader.parse_status(form, signature(form, URL + "/status")) == Status(**case["expected"])


FORM = [("MessageSid", "SM1"), ("From", "whatsapp:+620000000001"), ("Body", "halo & é"), ("Body", "dua"), ("Empty", "")]


def test_the_published_example_is_valid() -> None:
    """twilio.com/docs/usage/security#validating-requests, with its own token and result."""
    form = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
            ("To", "+18005551212")]  # fmt: skip
    twilio = WhatsApp(ACCOUNT, ["12345"], "+14155238886", "https://mycompany.com")
    twilio.parse(form, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "https://mycompany.com/myapp.php?foo=1&bar=2")


@pytest.mark.parametrize(
    ("made", "header"),
    [
        (signature(FORM), ""),
        (signature(FORM, token=OLD), ""),
        (signature(FORM, token=SHARED, algorithm="sha256"), "key=webhooks_sharedkey_0,algorithm=HMAC_SHA256"),
        (signature(FORM, f"{PUBLIC}:443/whatsapp"), ""),
    ],
)
def test_a_signature_of_ours_is_taken(reader: WhatsApp, made: str, header: str) -> None:
    assert reader.parse(FORM, made, URL, header).text == "halo & é"


def test_the_query_is_signed_and_the_fragment_is_not(reader: WhatsApp) -> None:
    made = signature(FORM, URL + "?foo=Bar")
    assert reader.parse(FORM, made, URL + "?foo=Bar#rc=5&rp=all").key == "wa:SM1"
    with pytest.raises(Forged):
        reader.parse(FORM, made, URL)


@pytest.mark.parametrize(
    ("made", "header"),
    [
        (None, ""),
        ("", ""),
        ("x", ""),
        ("é" * 28, ""),
        (signature(FORM, token="another"), ""),
        (signature(FORM[:-2]), ""),
        (signature(FORM, "https://evil.example/whatsapp"), ""),
        (signature(FORM), "key=x,algorithm=HMAC_SHA256"),
        (signature(FORM), "key=x,algorithm=HMAC_MD5"),
    ],
)
def test_any_other_signature_is_forged(reader: WhatsApp, made: str | None, header: str) -> None:
    with pytest.raises(Forged):
        reader.parse(FORM, made, URL, header)
    with pytest.raises(Forged):
        reader.parse_status(FORM, made, URL, header)


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start(status_seconds=0.01)
    sandbox.limits.on = False
    yield sandbox
    await sandbox.stop()


@pytest_asyncio.fixture
async def whatsapp(sandbox: Sandbox) -> AsyncIterator[WhatsApp]:
    agreed = sandbox.world.settings
    whatsapp = WhatsApp(agreed.twilio_sid, [agreed.twilio_token, OLD], agreed.whatsapp_from, sandbox.url, sandbox.url)
    await whatsapp.open()
    yield whatsapp
    await whatsapp.close()


@pytest_asyncio.fixture
async def phone(sandbox: Sandbox) -> Phone:
    phone = await sandbox.phone("whatsapp", name="Contoh Satu")
    await phone.type("Halo")
    return phone


def to(phone: Phone, text: str, **more: Any) -> Outgoing:
    return Outgoing("whatsapp", phone.bsuid if phone.hidden_number else phone.number or "", text, **more)


def last(phone: Phone) -> Message:
    assert phone.last is not None
    return phone.last


@pytest.mark.asyncio
async def test_a_text_is_sent_in_whatsapps_markup(sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone) -> None:
    receipt = await whatsapp.send(to(phone, "*Halo* \\_Siti\\_ & <b>"))
    (call,) = sandbox.calls("messages.create")
    assert call.params == {
        "To": f"whatsapp:{phone.number}",
        "From": "whatsapp:+14155238886",
        "Body": "*Halo* _\u2060Siti_\u2060 & <b>",
        "StatusCallback": f"{sandbox.url}/whatsapp/status",
    }
    assert receipt.ids == (last(phone).id,)


@pytest.mark.asyncio
async def test_a_hidden_number_is_answered_by_its_id(sandbox: Sandbox, whatsapp: WhatsApp) -> None:
    phone = await sandbox.phone("whatsapp", hidden_number=True)
    await phone.type("Halo")
    await whatsapp.send(to(phone, "halo"))
    assert sandbox.calls("messages.create")[0].params["To"] == f"whatsapp:{phone.bsuid}"
    assert last(phone).text == "halo"


@pytest.mark.asyncio
async def test_options_are_lines_and_actions_are_left_out(whatsapp: WhatsApp, phone: Phone) -> None:
    options = (Button("a", "Setuju"), Button("b", "Tidak_setuju", "boleh *kapan saja*"))
    await whatsapp.send(
        to(phone, "Boleh?", options=options, actions=(Button("back", "Kembali"),), contact_button="Nomor")
    )
    assert last(phone).text.replace("\u2060", "") == "Boleh?\n\n1. Setuju\n2. Tidak_setuju – boleh *kapan saja*"


@pytest.mark.asyncio
async def test_a_long_text_goes_in_parts(whatsapp: WhatsApp, phone: Phone) -> None:
    text = "*" + "kata\\_ " * 300 + "akhir*\n\n" + "lagi"
    receipt = await whatsapp.send(to(phone, text))
    shown = [message.text for message in phone.chat if message.side == "bot"]
    assert len(receipt.ids) == len(shown) == 2
    assert all(len(one) <= 1600 for one in shown)
    assert shown[0].startswith("*")
    assert shown[0].endswith("*")


@pytest.mark.asyncio
async def test_a_press_on_whatsapp_needs_no_answer(sandbox: Sandbox, whatsapp: WhatsApp) -> None:
    await whatsapp.acknowledge("x", "y")
    assert not sandbox.log


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 400, "error_code": 63016}, WindowClosed),
        ({"status": 400, "error_code": 63018}, Throttled),
        ({"status": 429, "error_code": 20429, "retry_after": 3}, Throttled),
        ({"status": 429, "body": "<html>"}, Throttled),
        ({"status": 400, "error_code": 63003}, Blocked),
        ({"status": 400, "error_code": 63024}, Blocked),
        ({"status": 400, "error_code": 21211}, Blocked),
        ({"status": 400, "error_code": 21614}, Blocked),
        ({"status": 400, "error_code": 21610}, Blocked),
        ({"status": 400, "error_code": 63013}, Unfit),
        ({"status": 400, "error_code": 21655}, Unfit),
        ({"status": 400, "error_code": 99999}, Refused),
        ({"status": 400, "body": "<html>"}, Refused),
        ({"status": 401, "error_code": 20003}, Unauthorized),
        ({"status": 500, "error_code": 20500}, Uncertain),
        ({"status": 503, "body": "<html>"}, Uncertain),
        ({"status": 201, "body": "garbage"}, Uncertain),
        ({"status": 201, "body": "[]"}, Uncertain),
        ({"close": True, "executed": True}, Uncertain),
    ],
)
async def test_answers_become_errors_named_for_the_next_move(
    sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.fault("twilio", "messages.create", **fault)
    with pytest.raises(error) as caught:
        await whatsapp.send(to(phone, "rahasia"))
    assert type(caught.value) is error
    assert "rahasia" not in str(caught.value)
    assert str(phone.number) not in str(caught.value)
    assert len(sandbox.calls("messages.create")) == 1, "a POST must never be repeated"
    if isinstance(caught.value, Throttled) and "retry_after" in fault:
        assert caught.value.after == 3
    if isinstance(caught.value, Unauthorized):
        assert caught.value.setting == "TWILIO_AUTH_TOKEN"


@pytest.mark.asyncio
async def test_a_slow_answer_leaves_it_uncertain(
    sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert whatsapp._http is not None
    monkeypatch.setattr(whatsapp._http._session, "_timeout", aiohttp.ClientTimeout(total=0.1))
    sandbox.fault("twilio", "messages.create", delay_ms=400)
    with pytest.raises(Uncertain):
        await whatsapp.send(to(phone, "halo"))


@pytest.mark.asyncio
async def test_no_connection_is_surely_not_sent(sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone) -> None:
    await sandbox.stop()
    with pytest.raises(Unreachable):
        await whatsapp.send(to(phone, "halo"))
    with pytest.raises(Unreachable):
        await anext(whatsapp.missed(0))


@pytest.mark.asyncio
async def test_after_a_later_part_that_fails_only_the_rest_is_sent(
    sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone
) -> None:
    sandbox.fault("twilio", "messages.create", skip=1, status=429, retry_after=7, times=2)
    long = to(phone, "kata " * 1000)
    with pytest.raises(Halfway, match="part 2: wait 7 s") as caught:
        await whatsapp.send(long)
    assert isinstance(caught.value.fault, Throttled)
    with pytest.raises(Throttled):
        await whatsapp.send(replace(long, arrived=caught.value.ids))
    receipt = await whatsapp.send(replace(long, arrived=caught.value.ids))
    assert receipt.ids == tuple(message.id for message in phone.chat if message.side == "bot")
    assert len(receipt.ids) == 4
    assert (await whatsapp.send(replace(long, text="pendek", arrived=receipt.ids))) == receipt


@pytest.mark.asyncio
async def test_the_log_of_one_address_is_blanked(
    sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_log, "PAGE", 2)
    other, log = await sandbox.phone("whatsapp"), sandbox.twilio.records
    for number in range(3):
        await phone.type(f"rahasia {number}")
        await whatsapp.send(to(phone, f"jawaban {number}"))
        await whatsapp.send(to(other, "tetap"))
    photo = await phone.send("photo", data=b"picture", caption="ini")
    await other.type("tetap")
    until = int(sandbox.now() * 1000)
    await sandbox.waits_for(lambda: last(phone).ticks == "read")
    sandbox.world.settings.statuses = ("queued",)
    (underway,) = (await whatsapp.send(to(phone, "masih jalan"))).ids
    sandbox.advance(120)
    await phone.type("kemudian")

    assert await whatsapp.redact(phone.number or "", until) == 1
    kept = [record["body"] for record in log.page({"PageSize": "100"})["messages"] if record["body"]]
    assert kept == ["kemudian", "masih jalan", "tetap", "tetap", "tetap", "tetap"]
    assert log.media(photo.id)["media_list"] == []

    log.find(underway).status = "delivered"
    before = len(sandbox.calls("messages.update"))
    assert await whatsapp.redact(phone.number or "", until) == 0
    assert len(sandbox.calls("messages.update")) == before + 1, "what is blank is not blanked again"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"method": "messages.update", "status": 503}, Uncertain),
        ({"method": "messages.update", "status": 429, "retry_after": 1}, Throttled),
        ({"method": "messages.list", "status": 401}, Uncertain),
        ({"method": "messages.list", "close": True}, Uncertain),
    ],
)
async def test_a_log_that_cannot_be_blanked_now(
    sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.fault("twilio", **fault)
    with pytest.raises(error):
        await whatsapp.redact(phone.number or "", int(sandbox.now() * 1000))


@pytest.mark.asyncio
async def test_a_message_that_is_gone_from_the_log_is_blank(sandbox: Sandbox, whatsapp: WhatsApp, phone: Phone) -> None:
    sandbox.fault("twilio", "messages.update", status=404)
    assert await whatsapp.redact(phone.number or "", int(sandbox.now() * 1000)) == 0


@pytest.mark.asyncio
async def test_what_was_missed_is_fetched_in_order(sandbox: Sandbox, whatsapp: WhatsApp) -> None:
    phone = await sandbox.phone("whatsapp")
    hidden = await sandbox.phone("whatsapp", hidden_number=True)
    await phone.type("terlalu lama")
    sandbox.advance(3600)
    since = int(sandbox.now() * 1000) - 60_000
    sids = []
    for number in range(3):
        sids.append((await phone.type(f"pesan {number}")).id)
        sandbox.advance(5)
    await whatsapp.send(to(phone, "jawaban"))
    await hidden.type("tersembunyi")
    await phone.send("photo")
    found = [one async for one in whatsapp.missed(since)]
    assert [one.key for one in found][:3] == [f"wa:{sid}" for sid in sids]
    assert [one.text for one in found][:4] == ["pesan 0", "pesan 1", "pesan 2", "tersembunyi"]
    assert [one.kind for one in found] == ["text"] * 4 + ["other"]
    assert (found[0].sender, found[0].phone) == (phone.number, phone.number)
    assert (found[3].sender, found[3].phone) == (hidden.bsuid, "")
    assert since <= found[0].at <= found[-1].at


@pytest.mark.asyncio
async def test_what_the_sandbox_signs_is_taken(sandbox: Sandbox) -> None:
    """A second witness: the sandbox computes its signatures by itself."""
    agreed = sandbox.world.settings
    taken: list[Incoming | Status] = []

    async def take(request: web.Request) -> web.Response:
        form = list((await request.post()).items())
        fields = [(name, str(value)) for name, value in form]
        given = request.headers.get("X-Twilio-Signature")
        read = ours.parse_status if request.path.endswith("/status") else ours.parse
        taken.append(read(fields, given))
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/whatsapp", take), web.post("/whatsapp/status", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    ours = WhatsApp(agreed.twilio_sid, ["new", agreed.twilio_token], agreed.whatsapp_from, base, sandbox.url)
    sandbox.whatsapp_webhook = f"{base}/whatsapp#rc=5&rp=all"
    phone = await sandbox.phone("whatsapp", name="Contoh Satu")
    await phone.type("Halo & salam")
    await phone.send("location")
    await phone.send("sticker")
    await sandbox.waits_for(lambda: len(taken) == 3)
    messages = {one.kind: one for one in taken if isinstance(one, Incoming)}
    assert messages.keys() == {"text", "location", "sticker"}
    assert messages["text"].text == "Halo & salam"
    assert (messages["text"].sender, messages["text"].phone) == (phone.bsuid, phone.number)
    ours._token = agreed.twilio_token
    await ours.open()
    receipt = await ours.send(Outgoing("whatsapp", messages["text"].sender, "halo"))
    await sandbox.waits_for(lambda: any(isinstance(one, Status) and one.state == "delivered" for one in taken))
    assert {one.provider_id for one in taken if isinstance(one, Status)} == set(receipt.ids)
    await ours.close()
    await runner.cleanup()


@pytest.mark.asyncio
async def test_the_client_sends_json_as_json_and_maps_every_product() -> None:
    got: list[tuple[str, str, str, str]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        got.append(
            (request.method, request.path_qs, request.headers.get("Content-Type", ""), (await request.read()).decode())
        )
        return web.json_response({"a": 1}, headers={"X-Kept": "yes"})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = TwilioHttp(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    response = await http.request(
        "POST", "https://content.twilio.com/v1/Content", data={"a": ["é"]}, headers={"Content-Type": "application/json"}
    )
    await http.request("GET", "https://api.twilio.com/x.json?a=%2Bb", params={"To": "whatsapp:+1"}, auth=("u", "p"))
    form = {"Body": "a&b=c;d+e %41 é🙂\n#~\"'\u2060/?:@", "To": "whatsapp:+62", "MediaUrl": ["x", "y"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    await http.request("POST", "https://api.twilio.com/y", data=form, headers=headers)
    assert response.status_code == 200
    assert response.headers["X-Kept"] == "yes"
    assert parse_qs(got[2][3], strict_parsing=True) == {
        name: value if isinstance(value, list) else [value] for name, value in form.items()
    }
    assert got[0] == ("POST", "/v1/Content", "application/json", '{"a":["é"]}')
    assert got[1][1] in ("/x.json?a=%2Bb&To=whatsapp:%2B1", "/x.json?a=%2Bb&To=whatsapp%3A%2B1")
    await http.close()
    await runner.cleanup()


def test_codes_of_later_failures_have_a_meaning() -> None:
    assert meaning("63016") is WindowClosed
    assert meaning(63024) is Blocked
    assert meaning("63018") is Throttled
    assert meaning("") is meaning("x") is meaning(1) is Refused
