"""The page of phones and the bot in a process of its own: announce, approve, receive, report, all typed and tapped."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, TimeoutError, async_playwright, expect

from bot.commands import demo
from bot.migrate import ensure
from bot.records import people
from bot.running import now_ms
from bot.sandbox import Sandbox
from bot.sandbox.phones import Phone
from bot.store import Store
from tests.dialogue import phone_account
from tests.prepared import carry_out
from tests.test_page import CHROMIUM, FLAGS, in_browser

LONG = "Peserta 03 yang namanya panjang sekali dari Adonara Timur, Flores Timur"
TEXT = "Penyerahan *alat jahit* hari Jumat jam 9 di kantor desa <Kaliwiro>.\nBawa undangan ini: https://contoh.id/a_b_c"
BEYOND = (
    "[...document.querySelectorAll('.bar *, .shown *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
)
SAYS = """([phone, after, texts]) => [...document.querySelectorAll(`#phone-${phone} .theirs .text`)].slice(after)
    .some(one => texts.every(text => one.innerText.includes(text)))"""


@dataclass
class Beside:
    """The database, opened beside the bot that is about to use it."""

    store: Store


@dataclass
class Office:
    """Five phones: two coordinators, two people of Kaliwiro, and one who reads English."""

    sandbox: Sandbox
    author: Phone
    second: Phone
    telegram: Phone
    whatsapp: Phone
    english: Phone


@pytest_asyncio.fixture(loop_scope="module")
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    url, port = f"sqlite+aiosqlite:///{tmp_path / 'pijar.db'}", demo.free_port()
    people.seal_with([demo.SECRET])
    await asyncio.to_thread(ensure, url)
    webhook = f"http://127.0.0.1:{port}/whatsapp#rc=5&rp=all"
    sandbox = await Sandbox.start(
        telegram_token=demo.TOKEN, twilio_sid=demo.TWILIO, whatsapp_from=demo.NUMBER, whatsapp_webhook=webhook
    )
    made = Office(
        sandbox,
        await sandbox.phone("telegram", name="Koordinator 01"),
        await sandbox.phone("whatsapp", name="Koordinator 02"),
        await sandbox.phone("telegram", name="Peserta 01"),
        await sandbox.phone("whatsapp", name="Peserta 02"),
        await sandbox.phone("telegram", name=LONG, language_code="en"),
    )
    store = Store(url, now_ms)
    await store.open()
    for phone in (made.author, made.second):
        await prepare(store, phone, "staff", "coordinator 33.07")
    for phone in (made.telegram, made.whatsapp, made.english):
        await prepare(store, phone, "enrolled", "33.07.04 verified 3d")
        await prepare(store, phone, "agreed", "1 all")
    await store.close()
    log = (tmp_path / "bot.log").open("wb")
    environment = demo.settings(sandbox.url, port, url)
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.commands.demo_bot", sandbox.url),
        cwd=tmp_path,
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        await well(port)
        yield made
    finally:
        bot.terminate()
        await bot.wait()
        log.close()
        await sandbox.stop()


async def prepare(store: Store, phone: Phone, what: str, rest: str) -> None:
    who = phone_account(phone, phone.channel)
    await carry_out(Beside(store), what, who, phone.name[:10], rest, phone.language_code or "id")


async def well(port: int) -> None:
    """Return once the bot says that it is well."""
    async with aiohttp.ClientSession() as client, asyncio.timeout(30):
        while True:
            with suppress(aiohttp.ClientConnectionError):
                async with client.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield started
        await started.close()


class Hand:
    """What somebody does on one phone of the page, and what they read there."""

    def __init__(self, page: Page, phone: Phone) -> None:
        self.phone = phone
        self.on: Locator = page.locator(f"#phone-{phone.id}")
        self.read = self.on.locator(".theirs .text")

    async def writes(self, text: str, *answers: str) -> None:
        """Type a message; the answer that comes then says all this."""
        before = await self.read.count()
        field = self.on.get_by_role("textbox")
        await field.fill(text)
        await field.press("Enter")
        await self.gets(*answers, after=before)

    async def taps(self, label: str, *answers: str) -> None:
        """Press the newest button of this name; the answer that comes then says all this."""
        before = await self.read.count()
        await self.on.get_by_role("log").get_by_role("button", name=label, exact=True).last.click()
        await self.gets(*answers, after=before)

    async def gets(self, *texts: str, after: int = 0) -> None:
        """Some message behind so many says all this."""
        try:
            await self.on.page.wait_for_function(SAYS, arg=[self.phone.id, after, list(texts)], timeout=15_000)
        except TimeoutError:
            said = (await self.read.all_inner_texts())[after:]
            raise AssertionError(f"{self.phone.name} did not read {texts}, but {said}") from None

    async def text(self) -> str:
        """The last message."""
        return await self.read.last.inner_text()


async def opened(browser: Browser, office: Office, width: int, **look: str) -> Page:
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale="id-ID", **look)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(office.sandbox.url)
    return page


@in_browser
async def test_from_the_words_to_the_report(office: Office, browser: Browser, tmp_path: Path) -> None:
    broken: list[str] = []
    page = await opened(browser, office, 2000, color_scheme="light")
    page.on("pageerror", lambda reason: broken.append(str(reason)))
    author, second = Hand(page, office.author), Hand(page, office.second)
    telegram, whatsapp, english = (Hand(page, one) for one in (office.telegram, office.whatsapp, office.english))
    for reader in (telegram, whatsapp, english):
        await reader.writes("status", "terverifikasi" if reader is not english else "verified")
    await second.writes("P", "umumkan")
    # The words, as people type them.
    await author.writes("umumin dong kak", "Pengumuman tentang apa")
    await author.writes("kabar bantuan", "Tulis pengumumannya")
    await author.writes("iya kak", "Masih terlalu pendek")
    await author.writes(TEXT, "bahasa Inggris")
    await author.taps("Lewati", "foto atau berkas PDF")
    await author.writes("gak usah", "Untuk siapa?")
    await author.writes("semua", "Kirim ke semua orang")
    await author.writes(
        "1", "Pratinjau PGM-", "3 orang di Kab. Wonosobo", "3 langsung terkirim", "Yang bisa menyetujui: 1"
    )
    preview = await author.text()
    number = re.findall(r"PGM-[2-9A-Z]{5}", preview)[0]
    assert TEXT in preview
    assert "1 orang yang membaca bahasa Inggris menerima teks Indonesia ini." in preview
    await author.taps("Tes ke saya", "Kabar bantuan", TEXT)
    await author.taps("Minta persetujuan", "Sudah kami tanyakan ke 1 orang")
    await expect(author.on.get_by_role("button", name=f"Batalkan {number}", exact=True)).to_be_visible()
    await page.screenshot(path=tmp_path / "1-asked.png")
    # A second coordinator, who says it in so many words.
    await second.gets("minta persetujuan", number, "Bagaimana dengan")
    assert TEXT in (await second.text()).replace("\u2060", "")
    await second.writes("oke", "jawaban yang jelas")
    await second.writes("setuju", "disetujui dan dikirim pada waktunya")
    await author.gets("Kabar baik", "dalam 60 detik")
    for reader in (telegram, whatsapp, english):
        await expect(reader.read.filter(has_text=number)).to_have_count(0)
    await page.get_by_role("button", name="+1 menit").click()
    for reader in (telegram, whatsapp, english):
        await reader.gets("Kabar bantuan", number, "kantor desa <Kaliwiro>")
        await expect(reader.read.filter(has_text=number)).to_have_count(1)
        await expect(reader.on.locator(".theirs a").last).to_have_attribute("href", "https://contoh.id/a_b_c")
    await author.gets("selesai dikirim", "Terkirim: 3")
    # Anybody can ask whether it is real; an old button of the preview says what has become of it.
    await whatsapp.writes(f"cek pengumuman {number.lower()}", number)
    await english.writes(f"is {number} real?", number)
    await author.taps("Minta persetujuan", "sudah selesai dikirim")
    await author.taps("Laporan", "Untuk 3 orang", "Terkirim: 3", "Telegram: 2", "WhatsApp: 1")
    await page.screenshot(path=tmp_path / "2-report.png")
    await page.get_by_role("button", name="Terang atau gelap").click()
    await page.get_by_role("button", name="English").click()
    await page.screenshot(path=tmp_path / "3-dark-english.png")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.context.close()
    assert broken == []
    await on_a_phone(office, browser, tmp_path)


async def on_a_phone(office: Office, browser: Browser, tmp_path: Path) -> None:
    """The same conversations at the width of a phone: nothing sticks out, in either language, by day and by night."""
    for scheme in ("light", "dark"):
        page = await opened(browser, office, 390, color_scheme=scheme)
        for phone in (office.author, office.second, office.whatsapp, office.english):
            await page.locator(f"#tab-{phone.id}").click()
            await expect(page.locator(f"#phone-{phone.id} .theirs").last).to_be_visible()
            assert await page.evaluate(f"{BEYOND}.map(e => e.className)") == []
            await page.screenshot(path=tmp_path / f"4-{scheme}-{phone.id}.png")
        await page.get_by_role("button", name="English").click()
        assert await page.evaluate(f"{BEYOND}.map(e => e.className)") == []
        await page.context.close()


if CHROMIUM is None:
    pytest.skip("no Chromium here: set CHROMIUM to its path", allow_module_level=True)
