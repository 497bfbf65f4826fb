"""The page of phones, tips and the mart: a lesson, a pin on a map, an offer with a photo, and what is drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.records import pictures
from bot.sandbox.phones import Phone
from bot.store import Tx
from tests.dialogue import Stage, phone_account, stage
from tests.prepared import _account, carry_out
from tests.test_page import CHROMIUM, FLAGS, in_browser
from tests.test_page_announcements import BEYOND, Hand
from tests.test_pictures import FACTS
from tests.test_pin import placed

assert placed

LONG = "Maria Goreti Bernadeta Theresia Lamawuran Kopong Tupen Boro"
PRODUCT = "Keripik singkong balado pedas manis renyah bungkus besar asli"[:60]
WHOLE = """one => Math.abs(one.naturalWidth / one.naturalHeight / (one.clientWidth / one.clientHeight) - 1) < 0.01
    && one.getBoundingClientRect().right < innerWidth && one.naturalWidth === 1080"""
"""A drawn picture is shown as it is, and nothing of it is cut off."""

INDONESIAN = (
    "catat jual 25rb", "catat beli tepung 12.500 kemarin", "catatan minggu ini", "Rp12.500", "hemat", "Gambarnya"
)  # fmt: skip
ENGLISH = (
    "note sold 25k", "note bought flour 12,500 yesterday", "notes this week", "Rp12,500", "data saver", "The picture is"
)  # fmt: skip
"""Notes of two days, asking for the chart, an amount, sparing data, and what is said then in place of a picture."""


@dataclass
class Shop:
    """A mart manager, and two who make things, one on each channel."""

    on: Stage
    manager: Phone
    telegram: Phone
    whatsapp: Phone
    english: Phone

    @property
    def readers(self) -> tuple[Phone, ...]:
        return self.telegram, self.whatsapp, self.english

    async def prepare(self, phone: Phone, what: str, rest: str) -> None:
        assert self.on.running is not None
        who, name = phone_account(phone, phone.channel), phone.name
        await carry_out(self.on.running, what, who, name, rest, phone.language_code or "id")
        await self.on.quiet()

    async def gives_a_card(self, phone: Phone) -> None:
        async def work(tx: Tx) -> None:
            account = await _account(tx, phone_account(phone, phone.channel), "id")
            await pictures.order(tx, account, *FACTS["card"], "picture", "here")

        assert self.on.running is not None
        await self.on.running.store.run(work)
        await self.on.quiet()


@pytest_asyncio.fixture(loop_scope="module")
async def shop(placed: None) -> AsyncIterator[Shop]:
    async with stage() as on:
        await on.shaped()
        made = Shop(
            on,
            await on.sandbox.phone("telegram", name="Pengelola 01", language_code="id"),
            await on.sandbox.phone("telegram", name=LONG, language_code="id"),
            await on.sandbox.phone("whatsapp", name="Peserta 02"),
            await on.sandbox.phone("telegram", name="Peserta 03", language_code="en"),
        )
        await made.prepare(made.manager, "staff", "mart 33.07")
        for phone in made.readers:
            await made.prepare(phone, "enrolled", "33.07.04 verified 3d")
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield started
        await started.close()


class Buyer(Hand):
    """A hand that also opens WhatsApp's lists, and sends what is not written."""

    async def picks(self, title: str, label: str, *answers: str) -> None:
        """Press a button; on WhatsApp, where it stands in a list, open the list first."""
        if self.phone.channel == "telegram":
            return await self.taps(label, *answers)
        before = await self.read.count()
        await self.on.get_by_role("log").get_by_role("button", name=title, exact=True).last.click()
        await self.on.get_by_role("dialog").get_by_role("button", name=label).click()
        await self.gets(*answers, after=before)

    async def sends(self, what: str, *answers: str) -> None:
        """Choose something in the menu of the clip; the answer says all this."""
        before = await self.read.count()
        await self.on.get_by_role("button", name="Lampirkan").click()
        await self.on.get_by_role("menuitem", name=what, exact=True).click()
        await self.gets(*answers, after=before)


async def opened(browser: Browser, shop: Shop, width: int, scheme: str = "light") -> Page:
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale="id-ID", color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(shop.on.sandbox.url)
    return page


@in_browser
async def test_a_lesson_a_pin_and_an_offer_with_a_photo(shop: Shop, browser: Browser, tmp_path: Path) -> None:
    broken: list[str] = []
    page = await opened(browser, shop, 1640)
    page.on("pageerror", lambda reason: broken.append(str(reason)))
    manager = Buyer(page, shop.manager)
    await manager.writes("jam", "Apa yang mau diubah")
    for phone in (shop.telegram, shop.whatsapp):
        maker = Buyer(page, phone)
        await maker.writes("tips", "Mau belajar apa")
        await maker.picks("Pilih", "Mulai Lagi 0/5", "pelajaran\u00a01\u00a0dari\u00a05", "Hari ini:")
        await maker.taps("Ke pertanyaan", "Mana yang termasuk modal usaha?")
        await maker.taps("Uang, ilmu, kenalan", "Tepat, Ibu!")
        await maker.writes("mart", "SBMI Mart Kaliwiro")
        await expect(maker.on.locator(".theirs .map")).to_have_attribute("aria-label", "Lokasi: -7.4511, 109.8544")
        await page.screenshot(path=tmp_path / f"1-{phone.channel}.png")
        await offers(maker)
        await manager.gets("Tawaran titip jual", PRODUCT, f"Dari {phone.name}")
        photo = manager.on.locator(".theirs").last.locator("img.picture")
        await expect(photo).to_be_visible()
        await page.screenshot(path=tmp_path / f"2-{phone.channel}.png")
        await manager.taps("Terima", f"{PRODUCT} diterima")
        await maker.gets("Kabar baik, Ibu!", f"menerima {PRODUCT}")
        await page.screenshot(path=tmp_path / f"3-{phone.channel}.png")
    await page.context.close()
    assert broken == []


async def offers(maker: Buyer) -> None:
    """Titip jual, with a photo from the menu of the clip."""
    await maker.writes("jual", "Nama barangnya")
    for words, question in (
        (PRODUCT, "Jenis barangnya"), ("makanan kering", "Isi satu kemasan"), ("200 gram", "Harga titip"),
        ("12rb", "berapa kemasan"), ("20", "Tahan berapa hari"), ("30", "Izin apa"), ("belum ada", "Kirim satu foto"),
    ):  # fmt: skip
        await maker.writes(words, question)
    await maker.sends("Foto", "Ini yang kami kirim", "Foto: 📷")
    # The card of answers is too long for WhatsApp's buttons: there it is a word.
    say = maker.taps if maker.phone.channel == "telegram" else maker.writes
    await say("Kirim", "sudah sampai di SBMI Mart Kaliwiro")


@in_browser
async def test_what_is_drawn_is_shown_whole(shop: Shop, browser: Browser, tmp_path: Path) -> None:
    page = await opened(browser, shop, 1640)
    for phone in shop.readers:
        reader = Buyer(page, phone)
        today, yesterday, week, amount, spare, see = ENGLISH if phone is shop.english else INDONESIAN
        await reader.writes(today, amount[:2])
        await reader.writes(yesterday, amount)
        await shop.prepare(phone, "certified", "C5")
        await shop.gives_a_card(phone)
        await reader.writes(week, amount)
        await expect(reader.on.locator("img.picture")).to_have_count(3, timeout=15_000)
        await reader.writes(spare, "KB")
        await reader.writes(week, see)
    await page.screenshot(path=tmp_path / "4-drawn.png")
    await page.context.close()
    for scheme in ("light", "dark"):
        page = await opened(browser, shop, 390, scheme)
        for phone in shop.readers:
            await page.locator(f"#tab-{phone.id}").click()
            drawn = page.locator(f"#phone-{phone.id} img.picture")
            await expect(drawn).to_have_count(3)
            for one in await drawn.all():
                await one.scroll_into_view_if_needed()
                await page.wait_for_function("one => one.complete && one.naturalWidth", arg=await one.element_handle())
                assert await one.evaluate(WHOLE)
            assert await page.evaluate(f"{BEYOND}.map(e => e.className)") == []
            await page.screenshot(path=tmp_path / f"5-{scheme}-{phone.id}.png")
        await page.context.close()


if CHROMIUM is None:
    pytest.skip("no Chromium here: set CHROMIUM to its path", allow_module_level=True)
