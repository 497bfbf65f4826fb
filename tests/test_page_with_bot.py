"""The page of phones with the real bot behind it: somebody enrols by buttons, a coordinator on WhatsApp is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, async_playwright, expect

from tests.dialogue import Stage, phone_account, stage
from tests.prepared import carry_out
from tests.test_page import CHROMIUM, FLAGS, in_browser


@pytest_asyncio.fixture(loop_scope="module")
async def on() -> AsyncIterator[Stage]:
    async with stage() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield started
        await started.close()


async def write(phone: Locator, text: str, answer: str) -> None:
    field = phone.get_by_role("textbox")
    await field.fill(text)
    await field.press("Enter")
    await expect(phone.locator(".theirs .text").last).to_contain_text(answer)


@in_browser
async def test_an_enrolment_from_greeting_to_the_coordinator(on: Stage, browser: Browser) -> None:
    person = await on.sandbox.phone("telegram", name="Peserta 01")
    staff = await on.sandbox.phone("whatsapp", name="Koordinator 01")
    assert on.running is not None
    await carry_out(on.running, "staff", phone_account(staff, "whatsapp"), "Koordinator 01", "coordinator 33.07", "id")
    page = await browser.new_page(viewport={"width": 1280, "height": 860}, locale="id-ID")
    await page.goto(on.sandbox.url)
    phone, coordinator = page.locator(f"#phone-{person.id}"), page.locator(f"#phone-{staff.id}")
    await write(coordinator, "halo", "Ada yang bisa kami bantu?")
    await phone.get_by_role("button", name="Mulai").click()
    await phone.get_by_role("button", name="Daftar program").click()
    await phone.get_by_role("button", name="Setuju", exact=True).click()
    await expect(phone.locator(".theirs .text").last).to_contain_text("Langkah 2 dari 15")
    await write(phone, "1985", "Langkah 3 dari 15")
    await phone.get_by_role("button", name="Ibu", exact=True).click()
    await expect(phone.locator(".theirs .text").last).to_contain_text("Langkah 4 dari 15")
    said = ["Peserta Satu", "-", "2", "3", "1", "kaliwiro", "Lempongsari", "4", "1", "1", "1", "1", "4"]
    steps = [5, 6, 7, 8, 9, 10, 12, 12, 13, 13, 13, 14, 15]
    for text, step in zip(said, steps, strict=True):
        before = await phone.locator(".theirs").count()
        await write(phone, text, f"Langkah {step} dari 15")
        await expect(phone.locator(".theirs")).to_have_count(before + 1)
    await phone.get_by_role("log").get_by_role("button", name="Kirim", exact=True).click()
    await write(phone, "lewati", "WSB-")
    await expect(coordinator.locator(".theirs .text").last).to_contain_text("Pendaftaran baru")
    await expect(coordinator.locator(".theirs strong").last).to_contain_text("WSB-")
    await page.close()


if CHROMIUM is None:
    pytest.skip("no Chromium here: set CHROMIUM to its path", allow_module_level=True)
