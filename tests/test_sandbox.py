"""The sandbox is a strict witness: the real libraries work against it, and what the platforms refuse it refuses."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio
import telegram
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import BotCommandScopeAllPrivateChats, InlineKeyboardButton, InlineKeyboardMarkup
from telegram import error as telegram_error
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.sandbox import Call, Phone, Sandbox
from bot.sandbox.html import Unparsable, parse, utf16
from bot.sandbox.twilio_delivery import override, sign

TOKEN = "1:demo"
SID = "AC00000000000000000000000000000001"
FROM = "whatsapp:+14155238886"


@pytest.fixture(autouse=True)
def _retry_after_as_it_will_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot warns about the old type of retry_after wherever it is read."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    running = await Sandbox.start(telegram_token=TOKEN, twilio_sid=SID, status_seconds=0.01, retry_seconds=0.02)
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[telegram.Bot]:
    made = telegram.Bot(TOKEN, base_url=f"{sandbox.url}/bot", base_file_url=f"{sandbox.url}/file/bot")
    async with made:
        yield made


def twilio(sandbox: Sandbox, token: str = "demo") -> Client:
    """The real SDK, its API domain pointing at the sandbox."""
    client = Client(SID, token)
    client.api.base_url = client.messaging.base_url = sandbox.url
    return client


async def call(sandbox: Sandbox, method: str, token: str = TOKEN, **params: Any) -> dict[str, Any]:
    """A Bot API method by JSON."""
    url = f"{sandbox.url}/bot{token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=params) as answer:
        found: dict[str, Any] = await answer.json()
        return {"http": answer.status, **found}


class Inbox:
    """A bot's web server that keeps what it is told; `answers` are given first, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, list[tuple[str, str]], dict[str, str], bytes]] = []
        self.answers: list[int | float] = []

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        form = [(k, str(v)) for k, v in (await request.post()).items()]
        self.got.append((str(request.rel_url), form, dict(request.headers), body))
        status = self.answers.pop(0) if self.answers else 200
        if isinstance(status, float):
            await asyncio.sleep(status)
            status = 200
        return web.Response(status=status)

    def forms(self, name: str) -> list[str]:
        return [dict(form).get(name, "") for _, form, _, _ in self.got]


@asynccontextmanager
async def inbox() -> AsyncIterator[Inbox]:
    kept = Inbox()
    runner = web.ServerRunner(web.Server(kept.answer), shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kept.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield kept
    await runner.cleanup()


async def known(sandbox: Sandbox, name: str = "Peserta 01") -> Phone:
    phone = await sandbox.phone("telegram", name=name, language_code="id")
    await phone.type("halo")
    return phone


# Telegram


@pytest.mark.asyncio
async def test_a_conversation_through_python_telegram_bot(sandbox: Sandbox, bot: telegram.Bot) -> None:
    assert (await bot.get_me()).username == "PijarDemoBot"
    phone = await sandbox.phone("telegram", name="Siti Rahmawati", language_code="id")
    await phone.start("abc-123")
    (update,) = await bot.get_updates(timeout=1)
    assert update.message is not None
    assert update.message.text == "/start abc-123"
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "id"
    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Setuju", callback_data="yes")]])
    await bot.send_message(phone.chat_id, "<b>Halo</b> &lt;3 🙂 <i>ya</i>", parse_mode="HTML", reply_markup=buttons)
    (shown,) = await phone.waits()
    assert shown.text == "Halo <3 🙂 ya"
    assert shown.entities == [{"type": "bold", "offset": 0, "length": 4}, {"type": "italic", "offset": 11, "length": 2}]
    await phone.press("Setuju")
    (pressed,) = await bot.get_updates(offset=update.update_id + 1, timeout=1)
    assert phone.chat[0].ticks == "read"
    query = pressed.callback_query
    assert query is not None
    assert query.data == "yes"
    await query.answer("Terima kasih")
    await query.edit_message_text("Sudah")
    assert phone.toasts[-1] == {"text": "Terima kasih", "alert": False}
    assert (phone.chat[-1].text, phone.chat[-1].buttons, phone.chat[-1].edited) == ("Sudah", [], True)


@pytest.mark.asyncio
async def test_files_profile_and_typing_through_python_telegram_bot(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phone = await known(sandbox)
    await phone.send("photo", data=b"picture", caption="ini")
    updates = await bot.get_updates(timeout=1)
    assert updates[1].message is not None
    file = await bot.get_file(updates[1].message.photo[-1].file_id)
    assert await file.download_as_bytearray() == b"picture"
    sent = await bot.send_document(
        phone.chat_id, b"data", filename="rekap.csv", caption="<b>Rekap</b>", parse_mode="HTML"
    )
    assert sent.document is not None
    await bot.send_document(phone.chat_id, sent.document.file_id)
    await bot.send_photo(phone.chat_id, b"\x89PNG" + bytes(3_000_000))
    await bot.send_location(phone.chat_id, -7.36, 109.9)
    assert [m.kind for m in phone.chat if m.side == "bot"] == ["document", "document", "photo", "location"]
    await bot.send_chat_action(phone.chat_id, "typing")
    assert phone.typing_until > sandbox.world.clock.ms()
    scope = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands([("menu", "Main menu")])
    await bot.set_my_commands([("menu", "Buka menu")], scope=scope, language_code="id")
    assert sandbox.telegram.profile.commands(phone) == [{"command": "menu", "description": "Buka menu"}]
    assert (await bot.get_my_commands())[0].description == "Main menu"
    await bot.delete_my_commands(scope=scope, language_code="id")
    assert sandbox.telegram.profile.commands(phone)[0]["description"] == "Main menu"
    await bot.set_my_name("Pijar", "id")
    assert (await bot.get_my_name("id")).name == "Pijar"
    await bot.set_chat_menu_button(menu_button=telegram.MenuButtonCommands())
    assert (await bot.get_chat(phone.chat_id)).first_name == "Peserta"
    assert await bot.delete_message(phone.chat_id, sent.message_id)


@pytest.mark.parametrize(
    ("method", "params", "code", "words"),
    [
        ("sendMessage", {"chat_id": "X", "text": "a", "txet": 1}, 400, 'unknown parameter "txet"'),
        ("sendMessage", {"text": "a"}, 400, "chat_id is empty"),
        ("sendMessage", {"chat_id": "X"}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": "X", "text": " \n "}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": "X", "text": "a" * 4097}, 400, "message is too long"),
        ("sendMessage", {"chat_id": "X", "text": "🙂" * 2049}, 400, "message is too long"),
        ("sendMessage", {"chat_id": 99, "text": "a"}, 400, "chat not found"),
        (
            "sendMessage",
            {"chat_id": "X", "text": "<b>a", "parse_mode": "HTML"},
            400,
            "can't parse entities: Can't find",
        ),
        ("sendMessage", {"chat_id": "X", "text": "<h1>a</h1>", "parse_mode": "HTML"}, 400, "Unsupported start tag"),
        ("sendMessage", {"chat_id": "X", "text": "a", "parse_mode": "TeX"}, 400, "unsupported parse_mode"),
        ("sendMessage", {"chat_id": "X", "text": "a", "reply_markup": "{"}, 400, "can't parse parameter"),
        ("editMessageText", {"chat_id": "X", "message_id": 9999, "text": "a"}, 400, "message to edit not found"),
        ("editMessageText", {"chat_id": "X", "message_id": 1, "text": "a"}, 400, "message can't be edited"),
        ("answerCallbackQuery", {"callback_query_id": "7"}, 400, "query is too old"),
        ("sendChatAction", {"chat_id": "X", "action": "dancing"}, 400, "wrong parameter action"),
        ("setMyCommands", {"commands": [{"command": "Menu!", "description": "x"}]}, 400, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "menu", "description": ""}]}, 400, "DESCRIPTION_INVALID"),
        ("setWebhook", {"url": "http://example.org/x"}, 400, "HTTPS URL must be provided"),
        ("setWebhook", {"url": "https://example.org:81/x"}, 400, "only on ports"),
        ("getFile", {"file_id": "no"}, 400, "invalid file_id"),
        ("sendTelepathy", {}, 404, "Not Found"),
    ],
)
@pytest.mark.asyncio
async def test_what_telegram_refuses(
    sandbox: Sandbox, method: str, params: dict[str, Any], code: int, words: str
) -> None:
    phone = await known(sandbox)
    filled: dict[str, Any] = {k: phone.chat_id if v == "X" else v for k, v in params.items()}
    answer = await call(sandbox, method, TOKEN, **filled)
    assert (answer["http"], answer["ok"], answer["error_code"]) == (code, False, code)
    assert words in answer["description"]


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "", "callback_data": "a"}, '"text" is empty'),
        ({"text": "a"}, "Text buttons are unallowed"),
        ({"text": "a", "callback": "b"}, 'unknown field "callback"'),
        ({"text": "a", "url": "kemana"}, "Wrong HTTP URL"),
    ],
)
@pytest.mark.asyncio
async def test_buttons_that_telegram_refuses(sandbox: Sandbox, button: dict[str, str], words: str) -> None:
    phone = await known(sandbox)
    markup = {"inline_keyboard": [[button]]}
    answer = await call(sandbox, "sendMessage", chat_id=phone.chat_id, text="a", reply_markup=markup)
    assert words in answer["description"]
    many = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}
    assert (
        "TOO_LONG"
        in (await call(sandbox, "sendMessage", chat_id=phone.chat_id, text="a", reply_markup=many))["description"]
    )


@pytest.mark.asyncio
async def test_tokens_blocks_and_unmodified_messages(sandbox: Sandbox, bot: telegram.Bot) -> None:
    assert (await call(sandbox, "getMe", token="1:other"))["http"] == 401
    assert (await call(sandbox, "getMe", token="junk"))["http"] == 404
    phone = await known(sandbox)
    sent = await bot.send_message(phone.chat_id, "a")
    with pytest.raises(telegram_error.BadRequest, match="not modified"):
        await sent.edit_text("a")
    stranger = await sandbox.phone("telegram", name="Belum Menulis")
    with pytest.raises(telegram_error.BadRequest, match="Chat not found"):
        await bot.send_message(stranger.chat_id, "a")
    await phone.block()
    with pytest.raises(telegram_error.Forbidden, match="blocked by the user"):
        await bot.send_message(phone.chat_id, "a")
    await phone.unblock()
    await bot.send_message(phone.chat_id, "b")
    statuses = [u.my_chat_member.new_chat_member.status for u in await bot.get_updates(timeout=1) if u.my_chat_member]
    assert statuses == ["kicked", "member"]


@pytest.mark.asyncio
async def test_too_many_messages(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phones = [await known(sandbox, f"Peserta {i}") for i in range(3)]
    for _ in range(20):
        await bot.send_message(phones[0].chat_id, "a")
    with pytest.raises(telegram_error.RetryAfter):
        await bot.send_message(phones[0].chat_id, "a")
    sandbox.advance(3)
    for _ in range(15):
        await call(sandbox, "sendMessage", chat_id=phones[1].chat_id, text="a")
    answers = [await call(sandbox, "sendMessage", chat_id=phones[2].chat_id, text="a") for _ in range(16)]
    assert answers[-1]["parameters"] == {"retry_after": 1}
    assert answers[-1]["description"] == "Too Many Requests: retry after 1"
    sandbox.limits.on = False
    assert (await call(sandbox, "sendMessage", chat_id=phones[2].chat_id, text="a"))["ok"]


@pytest.mark.asyncio
async def test_updates_wait_until_they_are_confirmed_or_too_old(sandbox: Sandbox) -> None:
    phone = await known(sandbox)
    sent = await call(
        sandbox,
        "sendMessage",
        chat_id=phone.chat_id,
        text="?",
        reply_markup={"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]},
    )
    await phone.press("Ya", sent["result"]["message_id"])
    first = (await call(sandbox, "getUpdates"))["result"]
    assert [set(u) - {"update_id"} for u in first] == [{"message"}, {"callback_query"}]
    assert first[1]["update_id"] == first[0]["update_id"] + 1
    assert (await call(sandbox, "answerCallbackQuery", callback_query_id=first[1]["callback_query"]["id"]))["ok"]
    sandbox.advance(151)
    late = await call(sandbox, "answerCallbackQuery", callback_query_id=first[1]["callback_query"]["id"])
    assert "query is too old" in late["description"]
    assert len((await call(sandbox, "getUpdates", limit=5))["result"]) == 1
    sandbox.advance(86_400)
    await phone.type("lagi")
    (kept,) = (await call(sandbox, "getUpdates"))["result"]
    assert kept["message"]["text"] == "lagi"
    await phone.redeliver()
    (again,) = (await call(sandbox, "getUpdates", offset=kept["update_id"] + 1))["result"]
    assert again == kept
    sandbox.push("not JSON at all")
    sandbox.push({"callback_query": {"id": "5"}})
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.url}/bot{TOKEN}/getUpdates") as answer:
        assert b"not JSON at all" in await answer.read()


@pytest.mark.asyncio
async def test_two_pollers_and_a_poller_beside_a_webhook(sandbox: Sandbox) -> None:
    first = asyncio.create_task(call(sandbox, "getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(call(sandbox, "getUpdates", timeout=30, offset=1))
    assert "terminated by other getUpdates" in (await first)["description"]
    await known(sandbox)
    assert len((await second)["result"]) == 1
    await call(sandbox, "setWebhook", url="http://127.0.0.1:9/x")
    conflict = await call(sandbox, "getUpdates")
    assert conflict["http"] == 409
    assert "webhook is active" in conflict["description"]


@pytest.mark.asyncio
async def test_a_webhook_is_tried_again_and_keeps_the_order(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        await call(sandbox, "setWebhook", url=f"{bot_side.url}/telegram", secret_token="s3cret")
        bot_side.answers = [500, 503]
        phone = await known(sandbox)
        await phone.type("dua")
        await sandbox.waits_for(lambda: len(bot_side.got) == 4)
        texts = [msgspec.json.decode(body)["message"]["text"] for _, _, _, body in bot_side.got]
        assert texts == ["halo", "halo", "halo", "dua"]
        assert {h["X-Telegram-Bot-Api-Secret-Token"] for _, _, h, _ in bot_side.got} == {"s3cret"}
        await sandbox.waits_for(lambda: not sandbox.telegram.updates.pending)
        info = (await call(sandbox, "getWebhookInfo"))["result"]
        assert (info["pending_update_count"], "503" in info["last_error_message"]) == (0, True)
        await phone.redeliver()
        await sandbox.waits_for(lambda: len(bot_side.got) == 5)
        assert bot_side.got[4][3] == bot_side.got[3][3]


@pytest.mark.asyncio
async def test_a_pressed_button_may_overtake_a_message_by_webhook(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        phone = await known(sandbox)
        markup = {"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}
        await call(sandbox, "sendMessage", chat_id=phone.chat_id, text="?", reply_markup=markup)
        await call(sandbox, "setWebhook", url=bot_side.url, drop_pending_updates=True)
        bot_side.answers = [0.3]
        await phone.type("pelan")
        await phone.type("sesudahnya")
        await phone.press("Ya")
        await sandbox.waits_for(lambda: len(bot_side.got) == 2)
        assert "callback_query" in msgspec.json.decode(bot_side.got[1][3])
        await sandbox.waits_for(lambda: len(bot_side.got) == 3)
        await call(sandbox, "deleteWebhook")
        assert (await call(sandbox, "getWebhookInfo"))["result"]["url"] == ""


@pytest.mark.asyncio
async def test_a_webhook_with_nobody_there_keeps_the_update(sandbox: Sandbox) -> None:
    await call(sandbox, "setWebhook", url="http://127.0.0.1:9/telegram")
    await known(sandbox)
    await sandbox.waits_for(lambda: len(sandbox.calls("message", "telegram-webhook")) >= 2)
    await call(sandbox, "deleteWebhook")
    assert len((await call(sandbox, "getUpdates"))["result"]) == 1


@pytest.mark.asyncio
async def test_what_people_send_besides_text(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phone = await known(sandbox)
    for kind in ("sticker", "photo", "voice", "video", "document", "location", "contact"):
        await phone.send(kind)
    await phone.send("contact", own=False, contact_name="Pak Budi")
    await phone.edit("halo juga", phone.chat[0].id)
    await phone.group("/start@PijarDemoBot", "Arisan")
    updates = await bot.get_updates(timeout=1)
    messages = [u.message for u in updates if u.message is not None]
    assert messages[7].contact is not None
    assert messages[7].contact.user_id == phone.chat_id
    assert messages[8].contact is not None
    assert messages[8].contact.user_id is None
    assert updates[9].edited_message is not None
    assert updates[9].edited_message.text == "halo juga"
    assert messages[9].chat.type == "supergroup"
    await bot.send_message(messages[9].chat.id, "Saya bekerja di chat pribadi")
    assert sandbox.phones[-1].chat[-1].side == "bot"


@pytest.mark.asyncio
async def test_keyboards_and_old_buttons(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phone = await known(sandbox)
    old = await bot.send_message(
        phone.chat_id, "1?", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="old")]])
    )
    await bot.send_message(
        phone.chat_id, "2?", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="new")]])
    )
    await phone.press("Ya")
    await phone.press("Ya", old.message_id)
    await phone.press("gone", old.message_id, stale=True)
    asks = telegram.ReplyKeyboardMarkup([[telegram.KeyboardButton("Kirim nomor", request_contact=True)], ["Lewati"]])
    await bot.send_message(phone.chat_id, "Nomor?", reply_markup=asks)
    await phone.press("Kirim nomor")
    await phone.press("Lewati")
    await bot.send_message(phone.chat_id, "Baik", reply_markup=telegram.ReplyKeyboardRemove())
    assert phone.keyboard is None
    with pytest.raises(LookupError, match="Tidak ada"):
        await phone.press("Tidak ada")
    updates = await bot.get_updates(timeout=1)
    assert [u.callback_query.data for u in updates if u.callback_query] == ["new", "old", "gone"]
    assert updates[-2].message is not None
    assert updates[-2].message.contact is not None
    assert updates[-1].message is not None
    assert updates[-1].message.text == "Lewati"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a &amp; b &#65;&#x42;", "a & b AB"),
        ("&nbsp; stays", "&nbsp; stays"),
        ("<a href='https://x.id'>x</a>", "x"),
        ('<span class="tg-spoiler">x</span>', "x"),
        ("<blockquote expandable>x</blockquote>", "x"),
        ("  <b> x </b>  ", "x"),
    ],
)
def test_html_as_telegram_reads_it(source: str, text: str) -> None:
    assert parse(source)[0] == text
    assert all(e["offset"] + e["length"] <= utf16(text) for e in parse(source)[1])


@pytest.mark.parametrize(
    "source", ["<b>", "a < b", "</b>", "<b><i></b></i>", "<br/>", "<span>x</span>", "<div>x</div>", "<b"]
)
def test_html_that_telegram_refuses(source: str) -> None:
    with pytest.raises(Unparsable):
        parse(source)


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_escaped_text_is_only_text(text: str) -> None:
    assert parse(escape(text)) == (text.strip(), [])


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/abiu &;#x1 \n'\"=", max_size=40))
def test_html_is_read_or_refused_and_nothing_else(source: str) -> None:
    try:
        text, entities = parse(source)
    except Unparsable:
        return
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= utf16(text) for e in entities)


@pytest.mark.asyncio
async def test_a_reply_names_the_message_that_it_quotes(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phone = await known(sandbox)
    asked = await bot.send_message(phone.chat_id, "Benar begitu?")
    answer = await phone.type("ya", asked.message_id)
    update = (await bot.get_updates(timeout=1))[-1]
    assert update.message is not None
    assert update.message.reply_to_message == asked
    assert answer.replies_to == str(asked.message_id)
    said = await bot.send_message(phone.chat_id, "Baik.", reply_to_message_id=update.message.message_id)
    assert said.reply_to_message is not None
    assert (said.reply_to_message.text, said.reply_to_message.reply_to_message) == ("ya", None)
    assert (phone.last and phone.last.replies_to) == answer.id
    with pytest.raises(LookupError):
        await phone.type("ya", 999)


@pytest.mark.asyncio
async def test_a_swiped_reply_on_whatsapp_names_the_message_too(sandbox: Sandbox) -> None:
    async with inbox() as hook:
        sandbox.whatsapp_webhook = hook.url
        phone = await sandbox.phone("whatsapp", name="Peserta 01")
        first = await phone.type("halo")
        create = twilio(sandbox).messages.create
        sent = await asyncio.to_thread(create, to=phone.address, from_=FROM, body="Benar begitu?")
        async with aiohttp.ClientSession() as control:
            url = f"{sandbox.url}/control/phones/{phone.id}/type"
            for id in (sent.sid, first.id):
                assert (await control.post(url, json={"text": "ya", "replies_to": id})).status == 200
            assert (await control.post(url, json={"text": "ya", "replies_to": "SM0"})).status == 400
        await sandbox.waits_for(lambda: len(hook.got) == 3)
    forms = sorted((dict(form) for _, form, _, _ in hook.got), key=lambda form: form["MessageSid"] != first.id)
    quoted = {(form.get("OriginalRepliedMessageSid"), form.get("OriginalRepliedMessageSender")) for form in forms[1:]}
    assert "OriginalRepliedMessageSid" not in forms[0]
    assert quoted == {(sent.sid, FROM), (first.id, phone.address)}


# Twilio


@pytest.mark.asyncio
async def test_whatsapp_both_ways_with_the_twilio_sdk(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        sandbox.whatsapp_webhook = f"{bot_side.url}/whatsapp?x=1#rc=5&rp=all"
        phone = await sandbox.phone("whatsapp", name="Ibu Wati", number="+6281234567890")
        message = await phone.type("halo *semua*")
        await sandbox.waits_for(lambda: message.ticks == "delivered")
        path, form, headers, _ = bot_side.got[0]
        assert path == "/whatsapp?x=1"
        signature = headers["X-Twilio-Signature"]
        assert RequestValidator("demo").validate(f"{bot_side.url}/whatsapp?x=1", dict(form), signature)
        expected = {"From": "whatsapp:+6281234567890", "WaId": "6281234567890", "ProfileName": "Ibu Wati", "To": FROM}
        assert expected.items() <= dict(form).items()
        assert dict(form)["ExternalUserId"].startswith("whatsapp:ID.")
        client = twilio(sandbox)
        callback = f"{bot_side.url}/whatsapp/status"
        sent = await asyncio.to_thread(
            client.messages.create, to=phone.address, from_=FROM, body="Halo", status_callback=callback
        )
        assert (sent.status, sent.sid[:2], sent.error_code) == ("queued", "SM", None)
        await sandbox.waits_for(lambda: len(bot_side.got) == 5)
        assert bot_side.forms("MessageStatus")[1:] == ["queued", "sent", "delivered", "read"]
        assert RequestValidator("demo").validate(
            callback, dict(bot_side.got[4][1]), bot_side.got[4][2]["X-Twilio-Signature"]
        )
        assert (phone.chat[-1].text, phone.chat[-1].ticks) == ("Halo", "read")
        fetched = await asyncio.to_thread(client.messages(sent.sid).fetch)
        assert (fetched.status, fetched.body) == ("read", "Halo")
        redacted = await asyncio.to_thread(lambda: client.messages(sent.sid).update(body=""))
        assert redacted.body == ""
        await asyncio.to_thread(client.messages(sent.sid).delete)
        with pytest.raises(TwilioRestException) as gone:
            await asyncio.to_thread(client.messages(sent.sid).fetch)
        assert (gone.value.status, gone.value.code) == (404, 20404)
        typing = client.messaging.v2.typing_indicator
        done = await asyncio.to_thread(lambda: typing.create(channel="WHATSAPP", message_id=message.id))
        assert done.success
        assert message.ticks == "read"


@pytest.mark.asyncio
async def test_the_list_of_messages_with_filters_and_pages(sandbox: Sandbox) -> None:
    phone = await sandbox.phone("whatsapp", name="A")
    other = await sandbox.phone("whatsapp", name="B")
    for i in range(7):
        await phone.type(f"{i}")
    await other.type("lain")
    client = twilio(sandbox)
    mine = await asyncio.to_thread(client.messages.list, from_=phone.address, to=FROM, page_size=3)
    assert [m.body for m in mine] == ["6", "5", "4", "3", "2", "1", "0"]
    assert mine[0].direction == "inbound"
    now = datetime.fromtimestamp(sandbox.now(), UTC)
    soon, before = now + timedelta(minutes=1), now - timedelta(minutes=1)
    assert await asyncio.to_thread(client.messages.list, date_sent_after=soon) == []
    assert len(await asyncio.to_thread(client.messages.list, date_sent_after=before)) == 8
    assert len(await asyncio.to_thread(client.messages.list, date_sent_before=before)) == 0
    assert len(await asyncio.to_thread(client.messages.list, limit=2)) == 2


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"to": "whatsapp:+6281", "body": "a", "from_": FROM}, 400, 21211),
        ({"to": "+6281234567890", "body": "a", "from_": FROM}, 400, 21211),
        ({"to": "whatsapp:+6281234567890", "body": "a" * 1601, "from_": FROM}, 400, 21617),
        ({"to": "whatsapp:+6281234567890", "from_": FROM}, 400, 21619),
        ({"to": "whatsapp:+6281234567890", "body": "a"}, 400, 21603),
        ({"to": "whatsapp:+6281234567890", "body": "a", "from_": "whatsapp:+1999"}, 400, 63007),
        ({"to": "whatsapp:+6281234567890", "content_sid": "HX1", "from_": FROM}, 400, 21655),
        ({"to": "whatsapp:+6281234567890", "body": "a", "from_": FROM, "shorten_urls": True}, 400, 20001),
        ({"to": "whatsapp:+6281234567890", "body": "a", "from_": FROM, "status_callback": "http://a_b/c"}, 400, 21609),
    ],
)
@pytest.mark.asyncio
async def test_what_twilio_refuses(sandbox: Sandbox, params: dict[str, Any], status: int, code: int) -> None:
    client = twilio(sandbox)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: client.messages.create(**params))
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.asyncio
async def test_bad_credentials_and_too_many_requests(sandbox: Sandbox) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(twilio(sandbox, "other").messages("SM1").fetch)
    assert (refused.value.status, refused.value.code) == (401, 20003)
    sandbox.limits.twilio_per_second = 1
    path = f"{sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(SID, "demo")}
    async with aiohttp.ClientSession(headers=headers) as session:
        answers = [await session.get(path) for _ in range(2)]
        assert [a.status for a in answers] == [200, 429]
        assert (answers[1].headers["Retry-After"], (await answers[1].json())["code"]) == ("1", 20429)


@pytest.mark.asyncio
async def test_outside_the_window_only_templates_arrive(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        phone = await sandbox.phone("whatsapp", name="A")
        await phone.type("halo")
        sandbox.advance(24 * 3600 + 1)
        client = twilio(sandbox)
        send = {"to": phone.address, "from_": FROM, "status_callback": bot_side.url}
        await asyncio.to_thread(lambda: client.messages.create(body="Masih di sana?", **send))
        await sandbox.waits_for(lambda: "undelivered" in bot_side.forms("MessageStatus"))
        assert bot_side.forms("ErrorCode")[-1] == "63016"
        assert phone.last is None
        sandbox.template("HX1", {"twilio/text": {"body": "Halo {{1}}, ada kabar."}}, approved=True)
        await asyncio.to_thread(
            lambda: client.messages.create(content_sid="HX1", content_variables='{"1":"Ibu"}', **send)
        )
        assert (await phone.waits())[0].text == "Halo Ibu, ada kabar."
        with pytest.raises(TwilioRestException, match="ContentVariables"):
            await asyncio.to_thread(
                lambda: client.messages.create(content_sid="HX1", content_variables='{"1":""}', **send)
            )
        await phone.type("saya di sini")
        await asyncio.to_thread(lambda: client.messages.create(body="Baik", **send))
        assert (await phone.waits())[0].text == "Baik"
        await phone.block()
        await asyncio.to_thread(lambda: client.messages.create(body="x", **send))
        await sandbox.waits_for(lambda: "63033" in bot_side.forms("ErrorCode"))


@pytest.mark.asyncio
async def test_quick_replies_lists_media_and_hidden_numbers(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        sandbox.whatsapp_webhook = bot_side.url
        phone = await sandbox.phone("whatsapp", name="Tanpa Nomor", hidden_number=True)
        await phone.send("photo", data=b"picture", caption="foto")
        await phone.send("location", latitude=-8.0, longitude=123.5)
        await sandbox.waits_for(lambda: len(bot_side.got) == 2)
        picture, place = (dict(form) for _, form, _, _ in bot_side.got)
        assert picture["From"] == picture["ExternalUserId"] == phone.address
        assert phone.address.startswith("whatsapp:ID.")
        assert "WaId" not in picture
        assert (picture["NumMedia"], picture["MessageType"], picture["MessageSid"][:2]) == ("1", "image", "MM")
        assert (place["Latitude"], place["MessageType"]) == ("-8.0", "location")
        headers = {"Authorization": aiohttp.encode_basic_auth(SID, "demo")}
        async with aiohttp.ClientSession() as session:
            assert (await session.get(picture["MediaUrl0"])).status == 401
            onward = await session.get(picture["MediaUrl0"], headers=headers, allow_redirects=False)
            assert onward.status == 307
            assert await (await session.get(onward.headers["Location"])).read() == b"picture"
            assert (await session.get(onward.headers["Location"], headers=headers)).status == 400, "one proof too many"
            listed = f"{sandbox.url}/2010-04-01/Accounts/{SID}/Messages/{picture['MessageSid']}/Media"
            (media,) = (await (await session.get(f"{listed}.json", headers=headers)).json())["media_list"]
            assert (await session.delete(f"{listed}/{media['sid']}.json", headers=headers)).status == 204
            assert (await session.get(picture["MediaUrl0"], headers=headers)).status == 404
        actions = [{"title": "{{2}}", "id": "yes"}, {"title": "Tidak", "id": "no"}]
        sandbox.template("HX2", {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}})
        client = twilio(sandbox)
        send = {"to": phone.address, "from_": FROM}
        variables = '{"1":"Setuju?","2":"Setuju"}'
        sent = await asyncio.to_thread(
            lambda: client.messages.create(content_sid="HX2", content_variables=variables, **send)
        )
        await phone.press("Setuju")
        items = [{"item": "Wonosobo", "id": "33.07", "description": "Jawa Tengah"}]
        sandbox.template("HX3", {"twilio/list-picker": {"body": "Di mana?", "button": "Pilih", "items": items}})
        await asyncio.to_thread(lambda: client.messages.create(content_sid="HX3", **send))
        await phone.press("Wonosobo")
        await sandbox.waits_for(lambda: len(bot_side.got) == 4)
        reply, chosen = (dict(form) for _, form, _, _ in bot_side.got[2:])
        assert (reply["ButtonPayload"], reply["Body"], reply["OriginalRepliedMessageSid"]) == (
            "yes",
            "Setuju",
            sent.sid,
        )
        assert (chosen["ListId"], chosen["ListDescription"]) == ("33.07", "Jawa Tengah")


@pytest.mark.asyncio
async def test_twilio_tries_again_only_as_the_url_says(sandbox: Sandbox) -> None:
    async with inbox() as bot_side:
        phone = await sandbox.phone("whatsapp", name="A")
        sandbox.whatsapp_webhook = bot_side.url
        bot_side.answers = [500]
        lost = await phone.type("hilang")
        await sandbox.waits_for(lambda: len(sandbox.calls("inbound")) == 1)
        await asyncio.sleep(0.05)
        assert (len(bot_side.got), lost.ticks) == (1, "sent")
        found = await asyncio.to_thread(twilio(sandbox).messages.list, to=FROM)
        assert [m.sid for m in found] == [lost.id]
        sandbox.whatsapp_webhook = f"{bot_side.url}#rc=2&rp=5xx"
        bot_side.answers = [500]
        kept = await phone.type("sampai")
        await sandbox.waits_for(lambda: kept.ticks == "delivered")
        assert "I-Twilio-Idempotency-Token" in bot_side.got[-1][2]
        assert "I-Twilio-Idempotency-Token" not in bot_side.got[-2][2]
        await phone.redeliver()
        await sandbox.waits_for(lambda: len(bot_side.got) == 4)
        assert bot_side.got[3][1] == bot_side.got[2][1]
        sandbox.whatsapp_webhook = "http://127.0.0.1:9/"
        await phone.type("tak ada siapa-siapa")
        await sandbox.waits_for(lambda: len([c for c in sandbox.calls("inbound") if c.answer == "ct"]) == 2)


def test_connection_overrides_and_signatures() -> None:
    target = override("https://x.id/wa?a=b#rc=9&rp=5xx,rt&ct=2000&rt=1")
    assert (target.url, target.retries, target.connect_ms, target.read_ms) == ("https://x.id/wa?a=b", 5, 2000, 100)
    assert (target.retries_on("5xx"), target.retries_on("ct")) == (True, False)
    form = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030")]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, [*form, ("To", "+18005551212")]) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


# Faults, clock, control


@pytest.mark.asyncio
async def test_faults_of_telegram(sandbox: Sandbox, bot: telegram.Bot) -> None:
    phone = await known(sandbox)
    sandbox.fault("telegram", "sendMessage", status=429, retry_after=7, times=1)
    with pytest.raises(telegram_error.RetryAfter) as slow:
        await bot.send_message(phone.chat_id, "a")
    assert slow.value.retry_after == timedelta(seconds=7)
    sandbox.fault("telegram", "sendMessage", status=403, description="Forbidden: user is deactivated", times=1)
    with pytest.raises(telegram_error.Forbidden, match="deactivated"):
        await bot.send_message(phone.chat_id, "a")
    sandbox.fault("telegram", "sendMessage", body="<html>Bad Gateway", status=502, times=1)
    with pytest.raises(telegram_error.NetworkError):
        await bot.send_message(phone.chat_id, "a")
    sandbox.fault("telegram", "sendMessage", close=True, times=1)
    with pytest.raises(telegram_error.NetworkError):
        await bot.send_message(phone.chat_id, "a")
    assert phone.received == 0
    sandbox.fault("telegram", "sendMessage", close=True, executed=True, times=1)
    with pytest.raises(telegram_error.NetworkError):
        await bot.send_message(phone.chat_id, "a")
    assert phone.received == 1
    slowly = sandbox.fault("telegram", delay_ms=80)
    began = asyncio.get_running_loop().time()
    await bot.send_message(phone.chat_id, "a")
    assert asyncio.get_running_loop().time() - began >= 0.08
    sandbox.heal(slowly)
    assert sandbox.world.faults.all() == []


@pytest.mark.asyncio
async def test_faults_of_twilio(sandbox: Sandbox) -> None:
    phone = await sandbox.phone("whatsapp", name="A")
    await phone.type("halo")
    client = twilio(sandbox)
    sandbox.fault("twilio", "messages.create", status=503, times=1)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: client.messages.create(to=phone.address, from_=FROM, body="a"))
    assert refused.value.status == 503
    sandbox.fault("twilio", "messages.create", error_code=63018, times=1)
    sent = await asyncio.to_thread(lambda: client.messages.create(to=phone.address, from_=FROM, body="a"))
    await sandbox.waits_for(lambda: sandbox.twilio.records.find(sent.sid).status == "undelivered")
    assert (await asyncio.to_thread(client.messages(sent.sid).fetch)).error_code == 63018
    assert phone.last is None


@pytest.mark.asyncio
async def test_the_control_api_does_what_python_does(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(f"{sandbox.url}/control/") as session:

        async def control(path: str, body: Any = None, status: int = 200) -> Any:
            async with session.request("POST" if body is not None else "GET", path, json=body) as answer:
                assert answer.status == status, await answer.text()
                return await answer.json()

        made = await control("phones", {"channel": "telegram", "name": "Peserta 01", "language_code": "en"})
        waits = asyncio.create_task(control(f"phones/{made['id']}/wait?n=1&timeout=5"))
        acts = [
            {"phone": made["id"], "do": "type", "text": "halo"},
            {"phone": made["id"], "do": "send", "kind": "sticker"},
        ]
        assert [m["side"] for m in await control("acts", acts)] == ["person", "person"]
        markup = {"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}
        await call(sandbox, "sendMessage", chat_id=made["chat_id"], text="Hai", reply_markup=markup)
        assert (await waits)[0]["text"] == "Hai"
        await control(f"phones/{made['id']}/press", {"button": "Ya"})
        shown = (await control("phones"))["phones"][0]
        assert [m["text"] for m in shown["chat"]] == ["halo", "👍", "Hai"]
        assert shown["chat"][2]["buttons"] == [[{"label": "Ya", "data": "y"}]]
        news = await control("news?after=0")
        assert [n["kind"] for n in news["news"]][:3] == ["phone", "message", "message"]
        assert (await control(f"news?after={news['seq']}"))["news"] == []
        await control("limits", {"on": False})
        assert not sandbox.limits.on
        await control("limits", {"of": False}, 400)
        await control("settings", {"whatsapp_webhook": "http://127.0.0.1:9/"})
        assert sandbox.whatsapp_webhook == "http://127.0.0.1:9/"
        assert (await control("clock", {"advance": 3600}))["offset"] == 3600
        assert (await control("faults", {"provider": "telegram", "status": 500, "times": 1}))["id"] == 1
        assert (await call(sandbox, "getMe"))["http"] == 500
        assert (await control("log?method=getMe"))[0]["status"] == 500
        await control("updates", {"raw": "{}"})
        await control("phones/t99/type", {"text": "x"}, 400)
        await control("nothing", {}, 404)
        foreign = await session.post("reset", json={}, headers={"Origin": "https://elsewhere.example"})
        assert foreign.status == 403
        await control("reset", {})
        assert (await control("phones"))["phones"] == []
        assert (await call(sandbox, "getMe"))["ok"]


@pytest.mark.asyncio
async def test_news_come_as_they_happen(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.url}/control/events") as events:
        phone = await sandbox.phone("telegram", name="A")
        await phone.type("halo")
        lines: list[dict[str, Any]] = []
        while len(lines) < 2:
            line = await asyncio.wait_for(events.content.readline(), 2)
            if line.startswith(b"data: "):
                lines.append(msgspec.json.decode(line[6:]))
        assert [n["kind"] for n in lines] == ["phone", "message"]
        assert lines[1]["message"]["text"] == "halo"


@pytest.mark.asyncio
async def test_history_is_bounded_and_waits_say_what_came(sandbox: Sandbox) -> None:
    sandbox.world.settings.history = 5
    phone = await known(sandbox)
    for i in range(9):
        await phone.type(f"{i}")
    assert [m.text for m in phone.chat] == ["4", "5", "6", "7", "8"]
    assert len(phone.raw) == 5
    with pytest.raises(TimeoutError, match="0 of 1"):
        await phone.waits(1, timeout=0.01)


@pytest.mark.asyncio
async def test_the_log_tells_what_was_asked_and_answered(sandbox: Sandbox) -> None:
    phone = await known(sandbox)
    await call(sandbox, "sendMessage", chat_id=phone.chat_id, text="a")
    (logged,) = sandbox.calls("sendMessage")
    assert isinstance(logged, Call)
    assert (logged.params["text"], logged.status, logged.answer["text"]) == ("a", 200, "a")


@pytest.mark.asyncio
async def test_a_process_of_its_own_prints_its_address_and_stops_at_once() -> None:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.sandbox",
        "--port",
        "0",
        "--quiet",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ},
    )
    assert started.stdout is not None
    url = (await asyncio.wait_for(started.stdout.readline(), 10)).decode().strip()
    async with aiohttp.ClientSession() as session:
        waiting = asyncio.create_task(session.get(f"{url}/bot1:demo/getUpdates?timeout=50"))
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        started.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(started.wait(), 5) == 0
        assert asyncio.get_running_loop().time() - began < 2
        await asyncio.gather(waiting, return_exceptions=True)
