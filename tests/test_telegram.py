"""Telegram: recorded updates → messages, messages → requests, Telegram's answers → our errors; on the sandbox."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from bot import markup
from bot.channels import Blocked, Forged, Halfway, Refused, Throttled, Unauthorized, Uncertain, Unreachable, Unreadable
from bot.channels.telegram import Telegram
from bot.messages import Attached, Button, Contact, Incoming, Outgoing, Status
from bot.sandbox import Message, Phone, Sandbox

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1795411300000
SECRET = "dummy-webhook-secret"


def table(name: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in json.loads((PAYLOADS / f"{name}.json").read_text())]


def expected(fields: dict[str, Any]) -> Incoming | Status:
    if fields.pop("type") == "Status":
        return Status(**fields)
    if "contact" in fields:
        fields["contact"] = Contact(**fields["contact"])
    if "media" in fields:
        fields["media"] = Attached(**fields["media"])
    if "place" in fields:
        fields["place"] = tuple(fields["place"])
    return Incoming(**fields)


@pytest.fixture
def reader() -> Telegram:
    telegram = Telegram("42:dummy", secret=SECRET, clock=lambda: NOW)
    telegram.username = "PijarContohBot"
    return telegram


@pytest.mark.parametrize("case", table("telegram"))
def test_an_update_becomes_a_message(reader: Telegram, case: dict[str, Any]) -> None:
    wanted = [expected(dict(one)) for one in case["expected"]]
    for form in (case["update"], json.dumps(case["update"]).encode(), msgspec.Raw(json.dumps(case["update"]).encode())):
        assert reader.parse(form) == wanted


@pytest.mark.parametrize("case", table("telegram_unreadable"))
def test_an_update_that_cannot_be_read_is_told_by_its_shape(reader: Telegram, case: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as caught:
        reader.parse(case["raw"].encode())
    assert (caught.value.key, caught.value.shape) == (case["key"], case["shape"])
    assert "rahasia" not in str(caught.value) + str(caught.value.shape)


def test_the_secret_is_checked(reader: Telegram) -> None:
    reader.verify(SECRET)
    for wrong in (None, "", "x", SECRET + "x", "é"):
        with pytest.raises(Forged):
            reader.verify(wrong)
    with pytest.raises(Forged):
        Telegram("42:dummy").verify("")


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start()
    sandbox.limits.on = False
    yield sandbox
    await sandbox.stop()


@pytest_asyncio.fixture
async def telegram(sandbox: Sandbox) -> AsyncIterator[Telegram]:
    telegram = Telegram(sandbox.world.settings.telegram_token, sandbox.url, SECRET)
    await telegram.open()
    yield telegram
    await telegram.close()


@pytest_asyncio.fixture
async def phone(sandbox: Sandbox, telegram: Telegram) -> Phone:
    phone = await sandbox.phone(name="Contoh Satu")
    await phone.type("/start")
    (number, _), *_ = await telegram.updates(None, 1)
    await telegram.updates(number + 1, 0)
    return phone


def to(phone: Phone, text: str, **more: Any) -> Outgoing:
    return Outgoing("telegram", str(phone.chat_id), text, **more)


def last(phone: Phone) -> Message:
    assert phone.last is not None
    return phone.last


def sent(sandbox: Sandbox, method: str = "sendMessage") -> list[dict[str, Any]]:
    return [call.params for call in sandbox.calls(method)]


ABC = (Button("t|q|a", "Setuju"), Button("t|q|b", "Tidak"), Button("t|q|c", "Tanya dulu"))
BACK = (Button("back", "Kembali"), Button("skip", "Lewati"))


@pytest.mark.asyncio
async def test_updates_come_raw_with_their_ids(sandbox: Sandbox, telegram: Telegram) -> None:
    phone = await sandbox.phone(name="Contoh Satu")
    await phone.type("satu")
    sandbox.push({"message": {"nonsense": True}})
    await phone.type("dua")
    found = await telegram.updates(None, 1)
    assert len(found) == 3
    assert [number for number, _ in found] == sorted(number for number, _ in found)
    texts = []
    for _, raw in found:
        try:
            texts += [one.text for one in telegram.parse(raw) if isinstance(one, Incoming)]
        except Unreadable:
            texts.append("unreadable")
    assert texts == ["satu", "unreadable", "dua"]
    assert await telegram.updates(found[-1][0] + 1, 0) == []
    asked = sandbox.calls("getUpdates")[0].params
    assert set(asked["allowed_updates"]) == {"message", "edited_message", "callback_query", "my_chat_member"}


@pytest.mark.asyncio
async def test_a_text_is_sent_as_html_without_preview(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    receipt = await telegram.send(to(phone, "*Halo* \\_Siti\\_ <b> & https://x.example"))
    assert sent(sandbox) == [
        {
            "chat_id": phone.chat_id,
            "text": "<b>Halo</b> _Siti_ &lt;b&gt; &amp; https://x.example",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
    ]
    assert receipt.ids == (last(phone).id,)
    assert last(phone).text == "Halo _Siti_ <b> & https://x.example"


@pytest.mark.asyncio
async def test_options_are_lines_and_buttons(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    await telegram.send(to(phone, "Boleh?", options=ABC, actions=BACK))
    assert last(phone).text == "Boleh?\n\n1. Setuju\n2. Tidak\n3. Tanya dulu"
    assert [[button.label for button in row] for row in last(phone).buttons] == [
        ["Setuju", "Tidak"],
        ["Tanya dulu"],
        ["Kembali", "Lewati"],
    ]
    assert last(phone).buttons[0][1].data == "t|q|b"


@pytest.mark.asyncio
async def test_long_labels_have_a_row_each(telegram: Telegram, phone: Phone) -> None:
    options = (Button("a", "Pekerja migran yang pulang"), Button("b", "Keluarga"))
    await telegram.send(to(phone, "Siapa?", options=options))
    assert [len(row) for row in last(phone).buttons] == [1, 1]
    await telegram.send(to(phone, "Tawaran", actions=(Button("a", "Minta contoh"), *BACK)))
    assert [len(row) for row in last(phone).buttons] == [2, 1]


@pytest.mark.asyncio
async def test_a_hundred_buttons_at_most(telegram: Telegram, phone: Phone) -> None:
    options = tuple(Button(f"o{number}", f"Desa {number}") for number in range(120))
    await telegram.send(to(phone, "Desa?", options=options, actions=BACK))
    buttons = [button.label for row in last(phone).buttons for button in row]
    assert len(buttons) == 100
    assert buttons[-2:] == ["Kembali", "Lewati"]
    assert "120. Desa 119" in last(phone).text


@pytest.mark.asyncio
async def test_the_contact_button_is_a_keyboard_for_once(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    await telegram.send(to(phone, "Nomor?", contact_button="Bagikan nomor", actions=BACK))
    assert sent(sandbox)[0]["reply_markup"] == {
        "keyboard": [[{"text": "Bagikan nomor", "request_contact": True}], [{"text": "Kembali"}, {"text": "Lewati"}]],
        "one_time_keyboard": True,
        "resize_keyboard": True,
    }


@pytest.mark.asyncio
async def test_a_long_text_goes_in_parts_with_the_buttons_last(telegram: Telegram, phone: Phone) -> None:
    text = "*" + "kata 🙂 " * 900 + "akhir*"
    receipt = await telegram.send(to(phone, text, actions=BACK))
    shown = [message for message in phone.chat if message.side == "bot"]
    assert len(receipt.ids) == len(shown) == 2
    assert " ".join(one.text for one in shown) == markup.plain(text)
    assert not shown[0].buttons
    assert shown[1].buttons
    assert all(message.entities for message in shown)


@pytest.mark.asyncio
async def test_an_edit_replaces(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    (first,) = (await telegram.send(to(phone, "satu", actions=BACK))).ids
    assert (await telegram.send(to(phone, "*dua*", edits=first))).ids == (first,)
    assert last(phone).text == "dua"
    assert not last(phone).buttons
    assert (await telegram.send(to(phone, "*dua*", edits=first))).ids == (first,)  # not modified
    assert len(sent(sandbox)) == 1
    (anew,) = (await telegram.send(to(phone, "tiga", edits="99999"))).ids
    assert anew == last(phone).id != first
    (contact,) = (await telegram.send(to(phone, "empat", edits=first, contact_button="Nomor"))).ids
    assert contact != first


@pytest.mark.asyncio
async def test_a_press_is_answered_and_never_raises(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    await telegram.send(to(phone, "Boleh?", options=ABC))
    await phone.press("Setuju")
    ((_, raw),) = await telegram.updates(None, 1)
    (pressed,) = telegram.parse(raw)
    assert isinstance(pressed, Incoming)
    assert (pressed.kind, pressed.token, pressed.sender) == ("button", "t|q|a", str(phone.chat_id))
    await telegram.acknowledge(pressed.callback, "Tercatat")
    assert sent(sandbox, "answerCallbackQuery")[0]["text"] == "Tercatat"
    await telegram.acknowledge("1")
    sandbox.fault("telegram", "answerCallbackQuery", close=True)
    await telegram.acknowledge("2")
    await telegram.close()
    await telegram.acknowledge("3")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429, "retry_after": 3}, Throttled),
        ({"status": 429, "body": "<html>"}, Throttled),
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, Blocked),
        ({"status": 403, "description": "Forbidden: user is deactivated"}, Blocked),
        ({"status": 400, "description": "Bad Request: chat not found"}, Blocked),
        ({"status": 400, "description": "Bad Request: message is too long"}, Refused),
        ({"status": 400, "description": "Bad Request: not enough rights to send text messages to the chat"}, Refused),
        ({"status": 401, "description": "Unauthorized"}, Unauthorized),
        ({"status": 404, "description": "Not Found"}, Unauthorized),
        ({"status": 409, "description": "Conflict"}, Unreachable),
        ({"status": 500, "description": "Internal Server Error"}, Unreachable),
        ({"status": 502, "body": "<html>Bad Gateway</html>"}, Unreachable),
        *(({"status": status, "body": "<html>Not from here</html>"}, Unreachable) for status in (400, 401, 403, 404)),
        ({"status": 200, "body": "garbage"}, Uncertain),
        ({"status": 200, "body": '{"ok": true, "result": "garbage"}'}, Uncertain),
        ({"close": True, "executed": True}, Uncertain),
    ],
)
async def test_answers_become_errors_named_for_the_next_move(
    sandbox: Sandbox, telegram: Telegram, phone: Phone, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.fault("telegram", "sendMessage", **fault)
    with pytest.raises(error) as caught:
        await telegram.send(to(phone, "rahasia"))
    assert type(caught.value) is error
    assert "rahasia" not in str(caught.value)
    if isinstance(caught.value, Throttled):
        assert caught.value.after == fault.get("retry_after", 1)
    if isinstance(caught.value, Unauthorized):
        assert caught.value.setting == "TELEGRAM_BOT_TOKEN"
    sandbox.heal()
    await telegram.send(to(phone, "lagi"))


@pytest.mark.asyncio
async def test_a_429_is_about_its_chat_until_a_second_one_has_it(
    sandbox: Sandbox, telegram: Telegram, phone: Phone
) -> None:
    other = await sandbox.phone(name="Contoh Dua")
    sandbox.fault("telegram", "sendMessage", status=429, retry_after=5)
    told = []
    for chat in (phone, phone, other, phone):
        with pytest.raises(Throttled) as caught:
            await telegram.send(to(chat, "x"))
        told.append(caught.value.chat)
    assert told == [True, True, False, True]


@pytest.mark.asyncio
async def test_a_slow_answer_leaves_it_uncertain(
    sandbox: Sandbox, telegram: Telegram, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request in (telegram._request, telegram._raw):
        monkeypatch.setattr(request, "_timeout", lambda _: aiohttp.ClientTimeout(total=0.1))
    sandbox.fault("telegram", "*", delay_ms=400)
    with pytest.raises(Uncertain):
        await telegram.send(to(phone, "x"))
    with pytest.raises(Unreachable):
        await telegram.updates(None, 0)


@pytest.mark.asyncio
async def test_no_connection_is_surely_not_sent(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    await sandbox.stop()
    with pytest.raises(Unreachable):
        await telegram.send(to(phone, "x"))
    with pytest.raises(Unreachable):
        await telegram.updates(None, 0)
    with pytest.raises(Unreachable):
        await telegram.check()


@pytest.mark.asyncio
async def test_markup_that_telegram_does_not_take_goes_as_plain_text(
    sandbox: Sandbox, telegram: Telegram, phone: Phone
) -> None:
    reason = "Bad Request: can't parse entities: Unsupported start tag"
    sandbox.fault("telegram", "sendMessage", status=400, description=reason, times=1)
    await telegram.send(to(phone, "*Halo* Ibu", actions=BACK))
    assert last(phone).text == "Halo Ibu"
    assert not last(phone).entities
    assert last(phone).buttons


@pytest.mark.asyncio
async def test_a_group_that_moved_is_followed(sandbox: Sandbox, telegram: Telegram, phone: Phone) -> None:
    moved = {"ok": False, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
             "parameters": {"migrate_to_chat_id": phone.chat_id}}  # fmt: skip
    sandbox.fault("telegram", "sendMessage", status=400, body=json.dumps(moved), times=1)
    await telegram.send(Outgoing("telegram", "-123", "halo"))
    assert last(phone).text == "halo"


@pytest.mark.asyncio
async def test_after_a_later_part_that_fails_only_the_rest_is_sent(
    sandbox: Sandbox, telegram: Telegram, phone: Phone
) -> None:
    (first,) = (await telegram.send(to(phone, "pendek"))).ids
    sandbox.fault("telegram", "sendMessage", status=500, times=1)
    long = to(phone, "kata " * 3000, actions=BACK, edits=first)
    with pytest.raises(Halfway) as caught:
        await telegram.send(long)
    assert caught.value.ids == (first,)
    assert isinstance(caught.value.fault, Unreachable)
    receipt = await telegram.send(replace(long, arrived=caught.value.ids))
    shown = [message for message in phone.chat if message.side == "bot"]
    assert receipt.ids == tuple(message.id for message in shown)
    assert [bool(message.buttons) for message in shown] == [False, False, False, True]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error"),
    [({"status": 401}, Unauthorized), ({"status": 409}, Unreachable), ({"body": "garbage"}, Unreachable),
     ({"status": 429, "retry_after": 2}, Throttled), ({"close": True}, Unreachable), ({"status": 502}, Unreachable),
     ({"body": '{"ok":true,"result":{"a":1}}'}, Unreachable)],
)  # fmt: skip
async def test_polling_has_fewer_kinds_of_errors(
    sandbox: Sandbox, telegram: Telegram, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.fault("telegram", "getUpdates", **fault)
    with pytest.raises(error):
        await telegram.updates(None, 0)


@pytest.mark.asyncio
async def test_an_update_without_an_id_stops_nothing(sandbox: Sandbox, telegram: Telegram) -> None:
    sandbox.fault("telegram", "getUpdates", body='{"ok":true,"result":[{"x":1},{"update_id":5},7]}')
    assert [number for number, _ in await telegram.updates(None, 0)] == [5]


@pytest.mark.asyncio
async def test_the_menu_the_words_and_the_webhook_are_set(sandbox: Sandbox, telegram: Telegram) -> None:
    assert await telegram.check() == telegram.username == sandbox.world.settings.bot_username
    await telegram.menu({"id": [("daftar", "Ikut program")], "": [("daftar", "Ikut program")]})
    await telegram.menu({"id": [("cek", "Cari orang")]}, chat="5500000001")
    calls = sent(sandbox, "setMyCommands")
    assert [(call.get("language_code"), call["scope"]["type"]) for call in calls] == [
        ("id", "all_private_chats"),
        (None, "all_private_chats"),
        ("id", "chat"),
    ]
    assert calls[0]["commands"] == [{"command": "daftar", "description": "Ikut program"}]
    await telegram.describe("id", "Layanan contoh", "Contoh")
    assert sent(sandbox, "setMyDescription")[0]["description"] == "Layanan contoh"
    await telegram.receive_at("https://bot.example.org/telegram")
    assert sent(sandbox, "setWebhook")[0]["secret_token"] == SECRET
    await telegram.receive_at("")
    assert len(sandbox.calls("deleteWebhook")) == 1


def test_every_field_is_looked_at() -> None:
    fields = asdict(Incoming("k", "telegram", "1", 0))
    seen = {
        name
        for case in json.loads((PAYLOADS / "telegram.json").read_text())
        for one in case["expected"]
        for name in one
    }
    assert fields.keys() - seen == {"phone", "late", "fetched"}
