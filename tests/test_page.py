"""The page of phones in a real browser: what people type, press and see."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox import Sandbox

SID = "AC00000000000000000000000000000001"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


def _chromium() -> str | None:
    told, usual = os.environ.get("CHROMIUM"), "/usr/bin/chromium"
    if told:
        return told
    return usual if Path(usual).exists() else next((found for name in NAMES if (found := shutil.which(name))), None)


CHROMIUM = _chromium()
Test = TypeVar("Test", bound=Callable[..., Any])


def in_browser(test: Test) -> Test:
    """Run in the browser that the tests of this module share; skipped where there is none."""
    skipped = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: set CHROMIUM to its path")
    marked: Test = pytest.mark.asyncio(loop_scope="module")(skipped(test))
    return marked


class Echo:
    """A tiny bot on both channels: it greets with buttons and repeats what it hears."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = aiohttp.ClientSession()

    async def telegram(self, method: str, **params: Any) -> Any:
        async with self.session.post(f"{self.sandbox.url}/bot1:demo/{method}", json=params) as answer:
            return (await answer.json())["result"]

    async def whatsapp(self, to: str, body: str) -> None:
        url = f"{self.sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
        form = {"To": to, "From": "whatsapp:+14155238886", "Body": body}
        headers = {"Authorization": aiohttp.encode_basic_auth(SID, "demo")}
        async with self.session.post(url, data=form, headers=headers) as answer:
            assert answer.status == 201

    async def run(self) -> None:
        offset = 0
        while True:
            for update in await self.telegram("getUpdates", offset=offset, timeout=20):
                offset = update["update_id"] + 1
                await self.hear(update)

    async def hear(self, update: dict[str, Any]) -> None:
        if query := update.get("callback_query"):
            await self.telegram("answerCallbackQuery", callback_query_id=query["id"], text="Sudah dicatat")
            about = {"chat_id": query["message"]["chat"]["id"], "message_id": query["message"]["message_id"]}
            await self.telegram("editMessageText", text=f"Pilihan: {query['data']}", **about)
        elif (message := update.get("message")) and "text" in message:
            buttons = {"inline_keyboard": [[{"text": "Setuju", "callback_data": "setuju"}]]}
            said = message["text"].replace("&", "&amp;").replace("<", "&lt;")
            text = f"<b>Halo</b>, Anda menulis: {said}"
            chat = message["chat"]["id"]
            await self.telegram("sendMessage", chat_id=chat, text=text, parse_mode="HTML", reply_markup=buttons)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    running = await Sandbox.start(twilio_sid=SID, status_seconds=0.01)
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def echo(sandbox: Sandbox) -> AsyncIterator[Echo]:
    bot = Echo(sandbox)
    running = asyncio.create_task(bot.run())
    yield bot
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await bot.session.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="id-ID", color_scheme="light")
    opened = await context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda reason: broken.append(str(reason)))
    opened.on("request", lambda asked: broken.append(asked.url) if not asked.url.startswith(sandbox.url) else None)
    opened.set_default_timeout(5000)
    yield opened
    await context.close()
    assert broken == []


@in_browser
async def test_typing_and_pressing_on_a_telegram_phone(sandbox: Sandbox, echo: Echo, page: Page) -> None:
    person = await sandbox.phone("telegram", name="Siti Rahmawati", label="Purna migran")
    await page.goto(sandbox.url)
    phone = page.locator(f"#phone-{person.id}")
    await phone.get_by_role("button", name="Mulai").click()
    await expect(phone.locator(".theirs .text")).to_have_text("Halo, Anda menulis: /start")
    field = phone.get_by_role("textbox")
    await field.fill("<img src=x onerror=alert(1)> & *bintang*")
    await field.press("Enter")
    await expect(phone.locator(".theirs .text").nth(1)).to_contain_text("<img src=x onerror=alert(1)> & *bintang*")
    assert await phone.locator(".text img").count() == 0
    await expect(phone.locator(".theirs strong").first).to_have_text("Halo")
    await expect(phone.locator(".mine .ticks").last).to_have_attribute("aria-label", "dibaca")
    await phone.get_by_role("button", name="Setuju").first.click()
    await expect(phone.locator(".toast")).to_have_text("Sudah dicatat")
    await expect(phone.locator(".theirs .text").first).to_have_text("Pilihan: setuju")
    await expect(phone.locator(".theirs .foot").first).to_contain_text("diedit")
    await page.reload()
    await expect(phone.locator(".message")).to_have_count(4)


@in_browser
async def test_a_whatsapp_phone_shows_its_formatting_and_ticks(sandbox: Sandbox, echo: Echo, page: Page) -> None:
    person = await sandbox.phone("whatsapp", name="Ibu Sumarni")
    await page.goto(sandbox.url)
    phone = page.locator(f"#phone-{person.id}")
    await phone.get_by_role("textbox").fill("halo")
    await phone.get_by_role("button", name="Kirim", exact=True).click()
    await expect(phone.locator(".mine .text")).to_have_text("halo")
    await echo.whatsapp(person.address, "*Tebal* _miring_ a_b_c *123#\n- butir\n```kode```")
    text = phone.locator(".theirs .text")
    await expect(text.locator("strong")).to_have_text("Tebal")
    await expect(text.locator("em")).to_have_text("miring")
    await expect(text.locator(".bullet")).to_have_text("butir")
    await expect(text).to_contain_text("a_b_c *123#")
    person.chat[0].ticks = "read"
    person.changed(person.chat[0], "status")
    await expect(phone.locator(".ticks.read")).to_be_visible()
    await phone.get_by_role("button", name="Lampirkan").click()
    await page.get_by_role("menuitem", name="Lokasi").click()
    await expect(phone.locator(".map")).to_be_visible()
    await phone.get_by_role("button", name="Pilihan lain").click()
    await page.get_by_role("menuitem", name="Blokir bot").click()
    await expect(phone.locator(".blocked")).to_be_visible()
    await phone.get_by_role("button", name="Buka blokir").click()
    await expect(phone.get_by_role("textbox")).to_be_visible()


@in_browser
async def test_a_new_phone_the_language_the_clock_and_the_dark(sandbox: Sandbox, echo: Echo, page: Page) -> None:
    await page.goto(sandbox.url)
    await expect(page.get_by_text("Belum ada ponsel")).to_be_visible()
    await page.get_by_role("button", name="Tambah ponsel").click()
    await page.get_by_label("Nama orangnya").fill("Maria Goreti Lamawuran Boleng-Tukan dari Adonara Timur")
    await page.get_by_text("WhatsApp", exact=True).click()
    await page.get_by_label("Nomor disembunyikan").check()
    await page.get_by_role("button", name="Buat").click()
    await expect(page.locator(".phone")).to_have_count(1)
    assert sandbox.phones[0].hidden_number
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_text("Nothing leaves this computer")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    before = sandbox.now()
    await page.get_by_role("button", name="+20 hours").click()
    await sandbox.waits_for(lambda: sandbox.now() > before + 71_999)
    await page.get_by_role("button", name="Light or dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_text("Nothing leaves this computer")).to_be_visible()


@in_browser
async def test_at_phone_width_one_phone_at_a_time(sandbox: Sandbox, echo: Echo, page: Page) -> None:
    first = await sandbox.phone("telegram", name="Siti Rahmawati")
    second = await sandbox.phone("whatsapp", name="Maria Goreti Lamawuran Boleng-Tukan dari Adonara Timur")
    await page.set_viewport_size({"width": 390, "height": 780})
    await page.goto(sandbox.url)
    await expect(page.locator(f"#phone-{first.id}")).to_be_visible()
    await expect(page.locator(f"#phone-{second.id}")).to_be_hidden()
    await page.get_by_role("tab", name="Siti").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(f"#phone-{second.id}")).to_be_visible()
    await expect(page.get_by_role("tab", name="Maria")).to_have_attribute("aria-selected", "true")
    await first.type("halo")
    await expect(page.locator(f"#tab-{first.id}.fresh")).to_be_visible()
    await page.get_by_role("tab", name="Siti").click()
    assert await page.locator(f"#phone-{first.id} textarea").evaluate("one => one.clientHeight < 50")
    beyond = "[...document.querySelectorAll('.bar *, .shown *')].filter(e => e.getBoundingClientRect().right > 391)"
    for language in ("English", "Bahasa Indonesia"):
        await page.get_by_role("button", name=language).click()
        assert await page.evaluate(f"{beyond}.length") == 0


@in_browser
async def test_by_keyboard_alone_menus_editing_and_the_contact_button(sandbox: Sandbox, echo: Echo, page: Page) -> None:
    person = await sandbox.phone("telegram", name="Pak Darto")
    await person.type("halo")
    await person.waits()
    await echo.telegram("setMyCommands", commands=[{"command": "menu", "description": "Buka menu"}])
    keys = {"keyboard": [[{"text": "Kirim nomor saya", "request_contact": True}]]}
    await echo.telegram("sendMessage", chat_id=person.chat_id, text="Nomor Anda?", reply_markup=keys)
    await page.goto(sandbox.url)
    phone = page.locator(f"#phone-{person.id}")
    await phone.get_by_role("button", name="Kirim nomor saya").press("Enter")
    await expect(phone.locator(".mine .attachment")).to_contain_text("Pak Darto")
    await phone.get_by_role("button", name="Perintah bot").press("Enter")
    await expect(page.get_by_role("menuitem", name="/menu")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(phone.locator(".mine .text").last).to_have_text("/menu")
    await phone.get_by_role("button", name="Ubah pesan").first.press("Enter")
    await expect(phone.get_by_role("textbox")).to_have_value("halo")
    await phone.get_by_role("textbox").fill("halo, diubah")
    await page.keyboard.press("Enter")
    await expect(phone.locator(".mine .text").first).to_have_text("halo, diubah")
    await echo.telegram("sendChatAction", chat_id=person.chat_id, action="typing")
    await expect(phone.locator(".state")).to_have_text("sedang mengetik…")


@in_browser
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_a_message_is_answered_with_a_quote(sandbox: Sandbox, echo: Echo, page: Page, channel: str) -> None:
    person = await sandbox.phone(channel, name="Pak Darto")
    await person.type("halo")
    if channel == "telegram":
        await person.waits()
    else:
        await echo.whatsapp(person.address, "*Apa kabar?*\nBaik ya")
    await page.goto(sandbox.url)
    phone = page.locator(f"#phone-{person.id}")
    await phone.locator(".theirs").last.hover()
    await phone.locator(".theirs").last.get_by_role("button", name="Balas pesan ini").click()
    await expect(phone.locator(".editing")).to_contain_text("Membalas")
    field = phone.get_by_role("textbox")
    await expect(field).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(phone.locator(".editing")).to_be_hidden()
    await phone.locator(".theirs").last.get_by_role("button", name="Balas pesan ini").press("Enter")
    await field.fill("baik")
    await field.press("Enter")
    quoted = phone.locator(".mine .quoted").last
    await expect(quoted).to_contain_text("Pijar")
    await expect(quoted).to_contain_text("Halo, Anda menulis: halo" if channel == "telegram" else "Apa kabar? Baik ya")
    await expect(phone.locator(".editing")).to_be_hidden()
    await field.fill("lagi")
    await field.press("Enter")
    await expect(phone.locator(".mine").last.locator(".text")).to_have_text("lagi")
    assert await phone.locator(".mine").last.locator(".quoted").count() == 0


@in_browser
async def test_the_page_finds_its_way_after_a_reset_and_a_restart(sandbox: Sandbox, page: Page) -> None:
    await sandbox.phone("telegram", name="Siti Rahmawati")
    await page.goto(sandbox.url)
    await expect(page.locator(".phone")).to_have_count(1)
    sandbox.reset()
    await expect(page.locator(".phone")).to_have_count(0)
    port = int(sandbox.url.rsplit(":", 1)[1])
    await sandbox.stop()
    again = await Sandbox.start(port=port)
    await again.phone("telegram", name="Yohanes Boli")
    await expect(page.get_by_role("heading", name="Yohanes Boli")).to_be_visible()
    await page.goto("about:blank")
    await again.stop()


def test_the_page_says_the_same_in_both_languages_and_in_kind_words() -> None:
    source = (Path(__file__).parent.parent / "bot" / "sandbox" / "page" / "texts.js").read_text()
    indonesian, english = source.split("\n  en: {")
    keys = [
        [line.split(":")[0].strip() for line in part.splitlines() if '": "' in line or ': "' in line]
        for part in (indonesian, english.split("export const NAMES")[0])
    ]
    assert keys[0] == keys[1]
    assert not [word for word in ("salah", "gagal", "ditolak", "error") if f" {word}" in source.lower()]
