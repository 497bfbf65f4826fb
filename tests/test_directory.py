"""The referral directory: nothing is shown that nobody has checked lately, and a file that will not do says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.questions import directory
from bot.tables import BadData
from tests.dialogue import BEGIN, stage

ENTRY = """
[[entries]]
id = "ojk"
needs = ["scam"]
name = { id = "Kontak OJK", en = "OJK contact" }
about = { id = "investasi", en = "investments" }
phone = "157"
whatsapp = "081-157-157-157"
source = "a letter"
verified_on = 2039-11-25
verified_by = "PTG-2345"
expires_on = ""
"""
HERE = """
[[entries]]
id = "office-here"
needs = ["scam"]
name = { id = "Kantor sini" }
district = "53.06"
address = "Jl. Contoh 1"
source = "a letter"
verified_on = 2039-11-25
verified_by = "PTG-2345"
"""
OTHERS = "".join(ENTRY.replace('"ojk"', f'"other-{at}"').replace("Kontak OJK", f"Lain {at}") for at in range(3))


def moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 5, tzinfo=UTC).timestamp() * 1000)


Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Makes a text the directory, until the test is over."""
    path = tmp_path / "referrals.toml"

    def written(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        directory.entries.cache_clear()

    monkeypatch.setattr(directory, "FILE", path)
    written(ENTRY)
    yield written
    directory.entries.cache_clear()


def test_nothing_that_we_ship_is_shown() -> None:
    for need in directory.NEEDS:
        for district in ("", "33.07", "32.15", "52.03", "53.06"):
            shown, waiting = directory.of_need(need, BEGIN, district)
            assert shown == []
            assert waiting or (need == "papers" and not district)
    assert directory.phone("ojk", BEGIN) == ""
    assert "112" not in {one.phone for one in directory.entries().values()}


def test_a_number_is_shown_for_six_months_and_not_a_day_longer(write: Write) -> None:
    checked = date(2039, 11, 25)
    for days, phone in ((-1, ""), (0, "157"), (183, "157"), (184, "")):
        assert directory.phone("ojk", moment(checked + timedelta(days=days))) == phone, days
    assert directory.phone("nobody", moment(checked)) == ""
    write(ENTRY.replace('expires_on = ""', "expires_on = 2039-12-01"))
    assert directory.phone("ojk", moment(date(2039, 12, 1))) == "157"
    assert directory.phone("ojk", moment(date(2039, 12, 2))) == ""


def test_the_entries_of_a_district_come_first_and_nowhere_else(write: Write) -> None:
    write(ENTRY + HERE)

    def shown(district: str) -> list[str]:
        return [one.id for one in directory.of_need("scam", BEGIN, district)[0]]

    assert shown("53.06") == ["office-here", "ojk"]
    assert shown("33.07") == shown("") == ["ojk"]
    assert directory.of_need("papers", BEGIN, "53.06") == ([], [])


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('needs = ["scam"]', 'needs = ["cash"]', "ojk.needs: ['cash'] does not fit; write a list of some of violence"),
        ('needs = ["scam"]', "needs = []", "ojk.needs"),
        ('"Kontak OJK"', '"Kontak OJK untuk semua orang di sini"', "ojk.name"),
        ('phone = "157"', 'phone = "satu lima tujuh"', "ojk.phone: 'satu lima tujuh' does not fit; write a number"),
        ('phone = "157"', 'web = "https://contoh.id"', "ojk.web: 'https://contoh.id' does not fit; write an address w"),
        ('source = "a letter"', 'source = ""', "ojk.source: '' does not fit; write where the contact was found"),
        ("verified_on = 2039-11-25", 'verified_on = "2039-11-25"', "ojk.verified_on: '2039-11-25' does not fit; write"),
        ('verified_by = "PTG-2345"', 'verified_by = ""', "ojk.verified_by"),
        ('phone = "157"\nwhatsapp = "081-157-157-157"', "", "ojk: is verified without a contact"),
        ('source = "a letter"', 'source = "a"\nfax = "1"', "ojk.fax: is not known; write one of id, needs"),
        ('source = "a letter"', 'source = "a"\ndistrict = "99.99"', "ojk.district: '99.99' does not fit"),
        ('id = "ojk"', 'id = "O J K"', "O J K.id: 'O J K' does not fit"),
    ],
)
def test_a_file_that_will_not_do_names_entry_and_remedy(
    before: str, after: str, complaint: str, tmp_path: Path
) -> None:
    assert before in ENTRY
    path = tmp_path / "referrals.toml"
    path.write_text(ENTRY.replace(before, after), encoding="utf-8")
    with pytest.raises(BadData) as told:
        directory.read_referrals(path)
    assert str(told.value).startswith(f"{path}: {complaint}")


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    path = tmp_path / "referrals.toml"
    for text, complaint in (("", "entries: None"), ("entries = [", "cannot be read"), (ENTRY * 2, "ojk: stands there")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadData, match=complaint):
            directory.read_referrals(path)


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_people_read_who_checked_a_number_and_when(channel: str, write: Write) -> None:
    async with stage() as on:
        phone = await on.sandbox.phone(channel, name="Peserta 01", language_code="id")
        await phone.type("nomor penting")
        await on.quiet()
        await phone.type("penipuan")
        await on.quiet()
        said = phone.chat[-1].text.replace("*", "").replace("_", "").splitlines()
    assert said[2:6] == [
        "Kontak OJK – investasi",
        "• Telepon 157",
        "• WhatsApp 081-157-157-157",
        "Dicek 25 Nov 2039 oleh PTG-2345",
    ]


@pytest.mark.asyncio
async def test_where_it_matters_people_are_asked_where_they_live(write: Write) -> None:
    write(ENTRY + HERE)
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01", language_code="en")
        for said in ("contacts", "2", "Flores Timur"):
            await phone.type(said)
            await on.quiet()
        text = phone.chat[-1].text
    assert text.index("Kantor sini") < text.index("OJK contact")
    assert "Jl. Contoh 1" in text


@pytest.mark.asyncio
async def test_of_many_services_one_is_picked(write: Write) -> None:
    write(ENTRY + OTHERS)
    async with stage() as on:
        phone = await on.sandbox.phone("telegram", name="Peserta 01", language_code="id")
        for said in ("rujukan", "penipuan"):
            await phone.type(said)
            await on.quiet()
        assert [one.label for row in phone.chat[-1].buttons for one in row][:2] == ["Kontak OJK", "Lain 0"]
        await phone.press("Lain 1")
        await on.quiet()
        assert "Lain 1 – investasi" in phone.chat[-1].text
