"""Marts: the file, opening hours, what managers change, and who is told when one opens."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.__main__ import main
from bot.questions import marts, opening_hours
from bot.questions.asking import Rejected, Said
from bot.questions.marts import read_marts
from bot.questions.opening_hours import DayHours, Span, Week, read_week
from bot.questions.questions import Clearable, Location, Text
from bot.records import marts as records
from bot.records import people
from bot.schema import audit, mart_waiting, outbox
from bot.store import Tx
from bot.tables import BadData
from tests.office import Office, office

WHOLE = {0: (480, 1020), 1: (480, 1020), 2: (480, 1020), 3: (480, 1020), 4: (480, 1020), 5: (480, 1020)}
WEDNESDAY = date(2040, 1, 11)
JAKARTA = "Asia/Jakarta"

MART = """
[[marts]]
code = "contoh"
name = "Mart Contoh"
district = "33.07"
status = "planned"
"""


# The file


def test_the_marts_of_the_programme_are_as_known() -> None:
    known = marts.everywhere()
    assert {one.district for one in known.values()} == {"33.07", "32.15", "52.03", "53.06"}
    assert [one.code for one in known.values() if one.status == "open"] == ["kaliwiro"]
    kaliwiro = known["kaliwiro"]
    assert (kaliwiro.trading_since, kaliwiro.official_opening) == (date(2022, 10, 12), date(2022, 11, 3))
    assert not any(one.hours or one.pin or one.contact for one in known.values())


def test_a_mart_is_found_by_its_district_and_by_its_name() -> None:
    found = marts.of_district("33.07.04.1015")
    assert found is not None
    assert (found.code, found.zone) == ("kaliwiro", JAKARTA)
    assert marts.of_district("") is None
    assert marts.of_district("99.99") is None
    for said, code in (("kaliwiro", "kaliwiro"), ("lotim", "lombok-timur"), ("mart", ""), ("sbmi mart", "")):
        assert marts.named(said) == code, said


@pytest.mark.parametrize(
    ("was", "is_now", "told"),
    [
        ('status = "planned"', 'status = "soon"', "contoh.status: 'soon' does not fit; write one of planned"),
        ('district = "33.07"', 'district = "33.99"', "contoh.district: '33.99' does not fit; write the code of"),
        ('district = "33.07"', "", "contoh.district: None does not fit; write the code of a district"),
        ('code = "contoh"', 'code = "Contoh 1"', "Contoh 1.code: 'Contoh 1' does not fit; write small letters"),
        ('status = "planned"', 'status = "planned"\nlatitude = -97.1', "contoh.latitude: -97.1 does not fit"),
        ('status = "planned"', 'status = "planned"\nlatitude = -7.1', "contoh: latitude and longitude belong together"),
        ('status = "planned"', 'status = "planned"\nhours = { senin = "8-17" }', "contoh.hours.senin: '8-17' does"),
        ('status = "planned"', 'status = "planned"\nhours = { monday = "08.00-12.00, 11.00-17.00" }',
         "contoh.hours.monday: '08.00-12.00, 11.00-17.00' does not fit"),
        ('status = "planned"', 'status = "planned"\nopening = "x"', "contoh.opening: is not known; write one of code"),
        ('status = "planned"', 'status = "planned"\nlink = "toko"', "contoh.link: 'toko' does not fit; write a link"),
        ('status = "planned"', 'status = "planned"\ntrading_since = "2022"', "contoh.trading_since: '2022' does"),
        ('status = "planned"', f'status = "planned"\n{MART}', "contoh: stands there twice; keep one"),
        (MART, "marts = []", "marts: [] does not fit; write at least one"),
        (MART, 'marts = ["contoh"]', "marts[0]: 'contoh' does not fit; write it as a [[marts]] table"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_names_file_mart_and_remedy(tmp_path: Path, was: str, is_now: str, told: str) -> None:
    path = tmp_path / "marts.toml"
    path.write_text(MART.replace(was, is_now), encoding="utf-8")
    with pytest.raises(BadData) as caught:
        read_marts(path)
    assert str(caught.value).startswith(f"{path}: {told}")


def test_a_slip_in_the_file_is_told_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "marts.toml"
    path.write_text(MART.replace("planned", "soon"), encoding="utf-8")
    monkeypatch.setattr(marts, "FILE", path)
    monkeypatch.setattr("sys.argv", ["pijar", "check"])
    marts.everywhere.cache_clear()
    with pytest.raises(SystemExit, match="2"):
        main()
    marts.everywhere.cache_clear()


def test_hours_and_coordinates_of_the_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "marts.toml"
    more = 'latitude = -7.45\nlongitude = 109.85\nhours = { monday = "07.00-17.00", sunday = "closed" }\n'
    path.write_text(MART + more, encoding="utf-8")
    path.write_text(path.read_text().replace("sunday =", 'friday = "08.00-11.30, 13.00-17.00", sunday ='))
    mart = read_marts(path)["contoh"]
    assert mart.pin == (-7.45, 109.85)
    assert dict(mart.hours) == {0: (420, 1020), 4: (480, 690, 780, 1020), 6: None}


# Hours as people write them


@pytest.mark.parametrize(
    ("said", "week"),
    [
        ("Senin-Sabtu 8-17, Minggu tutup", {**WHOLE, 6: None}),
        ("senin s/d sabtu jam 08.00 - 17.00; minggu libur", {**WHOLE, 6: None}),
        ("Mon-Sat 8am to 5pm, closed Sunday", {**WHOLE, 6: None}),
        ("setiap hari jam 8 pagi sampai 5 sore", {**WHOLE, 6: (480, 1020)}),
        ("8-5", {**WHOLE, 6: (480, 1020)}),
        ("jumat libur", {4: None}),
        ("Senin, Rabu dan Jumat 08.00–15.00", {0: (480, 900), 2: (480, 900), 4: (480, 900)}),
        ("Sabtu-Senin 9-12", {0: (540, 720), 5: (540, 720), 6: (540, 720)}),
        ("Senin-Sabtu buka 8 tutup 17, Minggu tutup", {**WHOLE, 6: None}),
        ("Jumat 8-17, tutup 12-13", {}),
        ("Jumat 08.00-12.00, 13.00-17.00", {4: (480, 720, 780, 1020)}),
        (
            "Senin-Kamis 8-17, Jumat 8-11.30 dan 1-5, Minggu tutup",
            {**dict.fromkeys(range(4), (480, 1020)), 4: (480, 690, 780, 1020), 6: None},
        ),
        ("Fri 8am-12pm and 1pm-5pm", {4: (480, 720, 780, 1020)}),
        ("setiap hari 8-17, istirahat 12-13", dict.fromkeys(range(7), (480, 720, 780, 1020))),
        ("Senin 8-12, 11-17", {}),
        ("Senin 8-10, 11-13, 14-17", {}),
        ("Senin 8-17 istirahat", {}),
        ("istirahat 12-13", {}),
        ("setiap hari 24 jam", dict.fromkeys(range(7), (0, 1440))),
        ("Jumat 8-11.30, 1-5 sore", {4: (480, 690, 780, 1020)}),
        ("Fri 8:00–11:30 am and 1:00–5:00 pm", {4: (480, 690, 780, 1020)}),
        ("Sabtu 8-9 malam", {5: (480, 1260)}),
        ("Sabtu 5-9 malam", {5: (300, 1260)}),
        ("Sabtu 08.00-00.00", {5: (480, 1440)}),
        ("Sat 8am to midnight", {5: (480, 1440)}),
        ("Sabtu 8 pagi sampai tengah malam", {5: (480, 1440)}),
        ("Sat 8 am-12 am", {5: (480, 1440)}),
        ("senin", {}),
        ("senin 8-17 selasa", {}),
        ("senin 8-17, senin 9-12", {}),
        ("tutup", {}),
        ("besok", {}),
        ("buka 8", {}),
        ("senin 25-30", {}),
    ],
)
def test_a_week_as_managers_write_it(said: str, week: dict[int, Span]) -> None:
    assert read_week(said) == week
    if not week:
        assert Week().read(Said(said)) == Rejected("week")


@given(
    st.dictionaries(
        st.integers(0, 6),
        st.none()
        | st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1] and span[1] > 720)
        | st.sets(st.integers(0, 1440), min_size=4, max_size=4)
        .map(lambda found: tuple(sorted(found)))
        .filter(lambda span: span[1] > 720),
        min_size=1,
    )
)
def test_a_week_that_is_written_out_reads_back(week: dict[int, Span]) -> None:
    for language, closed, between in (("id", "tutup", " dan "), ("en", "closed", " and ")):
        shown = ", ".join(
            f"{days} {between.join('–'.join(pair) for pair in zip(ends[::2], ends[1::2], strict=True)) or closed}"
            for days, span in records.week(week, language)
            for ends in [records.written(span, language)]
        )
        assert read_week(shown) == week, shown


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("8-12", [480, 720]),
        ("libur", "closed"),
        ("seperti biasa", "usual"),
        ("usual", "usual"),
        ("as always", None),
        # "tutup" here is when, not that it is.
        ("buka jam 8, tutup jam 12", [480, 720]),
        ("open 8 closes at 12", [480, 720]),
        ("tidak tutup", None),
        ("tutup jam 12", None),
        ("8-12 dan 13-17", [480, 720, 780, 1020]),
        ("8-12, 1-5", [480, 720, 780, 1020]),
        ("8-17 istirahat 12-13", [480, 720, 780, 1020]),
        ("8-12, 11-17", None),
        ("8-17 istirahat 17-18", None),
        ("8-10, 11-13, 14-17", None),
        ("8-12 tutup", None),
    ],
)
def test_the_hours_of_a_day(said: str, value: object) -> None:
    found = DayHours().read(Said(said))
    assert found == (Rejected("day_hours") if value is None else value)


@pytest.mark.parametrize(
    ("span", "id", "en"),
    [
        ((480, 1020), "08.00–17.00", "8:00 am–5:00 pm"),
        ((480, 690, 780, 1020), "08.00–11.30 13.00–17.00", "8:00–11:30 am 1:00–5:00 pm"),
        ((1080, 1260), "18.00–21.00", "6:00 pm–9:00 pm"),
        ((0, 1440), "00.00–24.00", "12:00 am–midnight"),
        ((30, 60), "00.30–01.00", "12:30 am–1:00 am"),
        (None, "", ""),
    ],
)
def test_hours_as_on_a_shops_door(span: Span, id: str, en: str) -> None:
    for language, shown in (("id", id), ("en", en)):
        ends = opening_hours.written(span, language)
        assert " ".join(map("–".join, zip(ends[::2], ends[1::2], strict=True))) == shown


def test_days_that_follow_each_other_and_are_alike_are_one() -> None:
    mart = marts.mart("kaliwiro")
    assert mart is not None
    days = [
        records.Day(date(2040, 1, 12), None, "Lebaran"), records.Day(date(2040, 1, 13), None, "Lebaran"),
        records.Day(date(2040, 1, 14), None, "Rapat"), records.Day(date(2040, 1, 16), None, "Rapat"),
        records.Day(date(2040, 1, 18), None, ""), records.Day(date(2040, 1, 19), (480, 720), ""),
    ]  # fmt: skip
    found = records.days_ahead(records.Standing(mart, "open", {}, days), at(WEDNESDAY, 9))
    assert [(one.on.day, one.until and one.until.day) for one in found] == [
        (12, 13), (14, None), (16, None), (18, None), (19, None)
    ]  # fmt: skip
    # A run that has begun before the last day that is asked for is told whole.
    short = records.days_ahead(records.Standing(mart, "open", {}, days), at(WEDNESDAY, 9), 1)
    assert [(one.on.day, one.until and one.until.day) for one in short] == [(12, 13)]


# What they say of a moment


def at(day: date, hour: int, minute: int = 0) -> int:
    """UTC milliseconds of an hour in Jakarta."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp() * 1000) - 7 * 3_600_000


@pytest.mark.parametrize(
    ("now", "days", "is_open", "change"),
    [
        (at(WEDNESDAY, 9), {}, True, at(WEDNESDAY, 17)),
        (at(WEDNESDAY, 7, 59), {}, False, at(WEDNESDAY, 8)),
        (at(WEDNESDAY, 17), {}, False, at(date(2040, 1, 12), 8)),
        (at(date(2040, 1, 14), 18), {}, False, at(date(2040, 1, 16), 8)),
        (at(WEDNESDAY, 9), {WEDNESDAY: None}, False, at(date(2040, 1, 12), 8)),
        (at(WEDNESDAY, 9), {WEDNESDAY: (600, 660)}, False, at(WEDNESDAY, 10)),
        (at(WEDNESDAY, 10, 30), {WEDNESDAY: (600, 660)}, True, at(WEDNESDAY, 11)),
        (at(WEDNESDAY, 9), {WEDNESDAY: (480, 720, 780, 1020)}, True, at(WEDNESDAY, 12)),
        (at(WEDNESDAY, 12), {WEDNESDAY: (480, 720, 780, 1020)}, False, at(WEDNESDAY, 13)),
        (at(WEDNESDAY, 13), {WEDNESDAY: (480, 720, 780, 1020)}, True, at(WEDNESDAY, 17)),
        (at(WEDNESDAY, 17), {WEDNESDAY: (480, 720, 780, 1020)}, False, at(date(2040, 1, 12), 8)),
    ],
)
def test_open_until_or_closed_until(now: int, days: dict[date, Span], is_open: bool, change: int) -> None:
    found = opening_hours.at(now, JAKARTA, {**WHOLE, 6: None}, days)
    assert (found.open, found.until or found.next) == (is_open, change)


def test_who_is_open_past_midnight_does_not_close_today() -> None:
    day_and_night: dict[int, Span] = dict.fromkeys(range(7), (0, 1440))
    found = opening_hours.at(at(WEDNESDAY, 9), JAKARTA, day_and_night, {})
    assert (found.open, found.until) == (True, None)
    closed_tomorrow = opening_hours.at(at(WEDNESDAY, 9), JAKARTA, day_and_night, {date(2040, 1, 12): None})
    assert (closed_tomorrow.open, closed_tomorrow.until) == (True, at(date(2040, 1, 12), 0))


def test_what_is_not_known_is_not_guessed() -> None:
    assert opening_hours.at(at(WEDNESDAY, 9), JAKARTA, {}, {}).open is None
    wednesday_alone = opening_hours.at(at(WEDNESDAY, 18), JAKARTA, {2: (480, 1020)}, {})
    assert (wednesday_alone.open, wednesday_alone.next) == (False, None)
    never = opening_hours.at(at(WEDNESDAY, 9), JAKARTA, dict.fromkeys(range(7)), {})
    assert (never.open, never.next) == (False, None)


# Managers


async def _deeds(here: Office) -> list[tuple[str, str, str]]:
    rows = await here.run(lambda tx: tx.rows(select(audit).order_by(audit.c.id)))
    return [(row["action"], row["object"], row["purpose"]) for row in rows]


@pytest.mark.asyncio
async def test_a_mart_is_kept_by_its_own_managers_alone_and_every_change_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        await here.staff("C1", "coordinator", "33.07")
        await here.account("P1")
        for other in ("M2", "C1", "P1"):
            assert not await here.run(lambda tx, who=other: records.set_hours(tx, who, "kaliwiro", {0: None}))  # type: ignore[misc]
            assert await here.run(lambda tx, who=other: records.set_status(tx, who, "kaliwiro", "closed")) is None  # type: ignore[misc]
            assert not await here.run(lambda tx, who=other: records.set_days(tx, who, "kaliwiro", ["2040-01-12"], None))  # type: ignore[misc]
        assert await _deeds(here) == []
        assert await here.run(lambda tx: records.set_hours(tx, "M1", "kaliwiro", {0: (480, 1020), 6: None}))
        assert await here.run(lambda tx: records.set_hours(tx, "M1", "kaliwiro", {0: (540, 1020)}))
        assert await here.run(lambda tx: records.set_days(tx, "M1", "kaliwiro", ["2040-01-12"], None, "Rapat"))
        assert await here.run(lambda tx: records.set_days(tx, "M1", "kaliwiro", ["2040-01-12"], (480, 720)))
        assert await here.run(lambda tx: records.set_status(tx, "M1", "kaliwiro", "temporarily_closed")) == 0
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert (known.status, known.hours) == ("temporarily_closed", {0: (540, 1020), 6: None})
        assert [(one.span, one.reason) for one in known.days] == [((480, 720), "")]
        assert await _deeds(here) == [
            ("mart_hours", "kaliwiro", ""),
            ("mart_hours", "kaliwiro", ""),
            ("mart_day", "kaliwiro", "2040-01-12"),
            ("mart_day", "kaliwiro", "2040-01-12"),
            ("mart_status", "kaliwiro", "temporarily_closed"),
        ]


@pytest.mark.asyncio
async def test_several_days_are_kept_and_taken_back_at_once(tmp_path: Path) -> None:
    lebaran = [f"2040-01-{day}" for day in (12, 13, 14)]
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        assert await here.run(lambda tx: records.set_days(tx, "M1", "kaliwiro", ["2040-01-13"], (480, 720)))
        assert await here.run(lambda tx: records.set_days(tx, "M1", "kaliwiro", lebaran, None, "Lebaran"))
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert [(one.on.day, one.span) for one in known.days] == [(12, None), (13, None), (14, None)]
        assert await here.run(lambda tx: records.clear_days(tx, "M1", "kaliwiro", lebaran[1:]))
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert [one.on.day for one in known.days] == [12]
        assert await _deeds(here) == [
            ("mart_day", "kaliwiro", "2040-01-13"),
            ("mart_day", "kaliwiro", "2040-01-12/2040-01-14"),
            ("mart_day_as_usual", "kaliwiro", "2040-01-13/2040-01-14"),
        ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("kaliwiro buka jam berapa", "kaliwiro"),
        ("lotim udah buka?", "lombok-timur"),
        ("alamat mart karawang dimana", "karawang"),
        ("SBMI Mart Flores Timur", "flores-timur"),
        ("karawang atau wonosobo?", ""),
        ("mart buka jam berapa", ""),
        ("", ""),
    ],
)
def test_a_question_names_a_mart(said: str, code: str) -> None:
    assert marts.mentioned(said) == code


@pytest.mark.asyncio
async def test_where_a_mart_is_its_managers_say_and_what_they_have_not_said_stays_as_in_the_file(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "32.15")
        await here.account("P1")
        for other in ("M2", "P1"):
            assert not await here.run(lambda tx, who=other: records.set_place(tx, who, "kaliwiro", "address", "Jl. X"))  # type: ignore[misc]
        assert await _deeds(here) == []
        before = marts.mart("kaliwiro")
        assert before is not None
        place = [-7.4512, 109.8523]
        assert await here.run(lambda tx: records.set_place(tx, "M1", "kaliwiro", "pin", place))
        assert await here.run(lambda tx: records.set_hours(tx, "M1", "kaliwiro", {4: (480, 690, 780, 1020)}))
        assert await here.run(lambda tx: records.set_place(tx, "M1", "kaliwiro", "landmark", "depan pasar"))
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert (known.mart.pin, known.mart.landmark) == ((-7.4512, 109.8523), "depan pasar")
        assert (known.mart.address, known.mart.contact) == (before.address, "")
        assert known.hours == {4: (480, 690, 780, 1020)}
        assert [one[:2] for one in await _deeds(here)] == [
            ("mart_pin", "kaliwiro"),
            ("mart_hours", "kaliwiro"),
            ("mart_landmark", "kaliwiro"),
        ]
        with pytest.raises(ValueError, match="status"):
            await here.run(lambda tx: records.set_place(tx, "M1", "kaliwiro", "status", "open"))


@pytest.mark.asyncio
async def test_what_managers_take_away_is_gone_also_where_the_file_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kaliwiro = marts.mart("kaliwiro")
    assert kaliwiro is not None
    whole = replace(kaliwiro, landmark="depan masjid", latitude=-7.45, longitude=109.85, contact="kasir")
    monkeypatch.setattr(marts, "mart", lambda code: whole)
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        for what in ("address", "landmark", "contact", "pin"):
            assert await here.run(lambda tx, one=what: records.set_place(tx, "M1", "kaliwiro", one, ""))  # type: ignore[misc]
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert (known.mart.address, known.mart.landmark, known.mart.contact, known.mart.pin) == ("", "", "", None)
        assert ("mart_pin", "kaliwiro", "cleared") in await _deeds(here)
        await here.run(lambda tx: records.set_place(tx, "M1", "kaliwiro", "pin", [-7.5, 109.5]))
        known = await here.run(lambda tx: records.standing(tx, "kaliwiro"))
        assert known is not None
        assert known.mart.pin == (-7.5, 109.5)


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("hapus", True),
        ("Hapus saja kak", True),
        ("tolong hapus alamatnya", True),
        ("delete it", True),
        ("remove the contact", True),
        ("hapus data", False),
        ("Jl. Hapus No. 5, Desa Contoh", False),
        ("depan masjid", False),
    ],
)
def test_what_is_there_may_be_taken_away_in_place_of_an_answer(said: str, gone: bool) -> None:
    assert (Clearable(Text(3, 100)).read(Said(said)) == "") is gone


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (Said("", "location", place=(-7.4512, 109.8523)), [-7.4512, 109.8523]),
        (Said("-7.4512, 109.8523"), [-7.4512, 109.8523]),
        (Said("https://maps.google.com/?q=-7.4512,109.8523"), [-7.4512, 109.8523]),
        (Said("https://www.google.com/maps/@-7.45123,109.85234,17z"), [-7.45123, 109.85234]),
        (Said("109.8523, -7.4512"), None),
        (Said("-7, 109"), None),
        (Said("di pasar"), None),
        (Said("", "location"), None),
        (Said("", "location", place=(52.1, 4.3)), None),
    ],
)
def test_a_place_on_the_map_is_sent_or_typed(said: Said, place: list[float] | None) -> None:
    assert Location().read(said) == (Rejected("location") if place is None else place)


# Who waits


async def _told(here: Office) -> list[tuple[str, str]]:
    rows = await here.run(lambda tx: tx.rows(select(outbox).order_by(outbox.c.id)))
    return [(row["account_id"], json.loads(row["body"])["say"][1]) for row in rows]


@pytest.mark.asyncio
async def test_who_waits_is_told_once_when_it_opens(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("G1", "programme")
        for chat in ("P1", "P2", "P3"):
            await here.account(chat)
            assert await here.run(lambda tx, who=chat: records.wait(tx, who, "karawang"))  # type: ignore[misc]
        assert await here.run(lambda tx: records.wait(tx, "P1", "karawang"))
        assert await here.run(lambda tx: records.wait(tx, "P1", "lombok-timur"))
        assert not await here.run(lambda tx: records.wait(tx, "P1", "kaliwiro"))
        assert await here.run(lambda tx: records.forget(tx, "P3")) == ["SBMI Mart Karawang"]
        assert await here.run(lambda tx: records.waiting(tx, "karawang")) == 2
        assert await here.run(lambda tx: records.set_status(tx, "G1", "karawang", "opening_soon")) == 0
        assert await _told(here) == []
        assert await here.run(lambda tx: records.set_status(tx, "G1", "karawang", "open")) == 2
        assert await here.run(lambda tx: records.set_status(tx, "G1", "karawang", "open")) == 0
        assert await _told(here) == [("P1", "opened_somewhere"), ("P2", "opened_somewhere")]
        assert await here.run(lambda tx: records.waits(tx, "P1", "lombok-timur"))


@pytest.mark.parametrize(
    ("steps", "told", "waits"),
    [
        (["closed"], "not_coming", False),
        (["opening_soon", "planned"], "put_off", False),
        (["opening_soon", "temporarily_closed"], "put_off", False),
        (["temporarily_closed", "closed"], "closed_for_good", False),
        (["temporarily_closed", "open"], "opened_somewhere", False),
        (["opening_soon"], "", True),
        # Nothing of what has not gone yet is true any more.
        (["open", "closed"], "closed_for_good", False),
        (["closed", "open"], "opened_somewhere", False),
        (["closed", "planned"], "", True),
        (["opening_soon", "planned", "opening_soon"], "", True),
        (["closed", "closed"], "not_coming", False),
        (["closed", "planned", "open"], "opened_somewhere", False),
    ],
)
@pytest.mark.asyncio
async def test_who_waits_is_told_what_became_of_the_mart_and_only_what_is_true(
    tmp_path: Path, steps: list[str], told: str, waits: bool
) -> None:
    async with office(tmp_path) as here:
        await here.staff("G1", "programme")
        await here.account("P1")
        await here.run(lambda tx: records.wait(tx, "P1", "karawang"))
        for step in steps:
            expected = await here.run(lambda tx: records.waiting(tx, "karawang"))
            assert expected == 1
            await here.run(lambda tx, status=step: records.set_status(tx, "G1", "karawang", status))  # type: ignore[misc]
        assert await _told(here) == ([("P1", told)] if told else [])
        assert await here.run(lambda tx: records.waits(tx, "P1", "karawang")) is waits


@pytest.mark.asyncio
async def test_news_that_has_gone_stays_and_other_marts_are_left_alone(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("G1", "programme")
        for mart in ("karawang", "flores-timur"):
            await here.account(mart)
            await here.run(lambda tx, code=mart: records.wait(tx, code, code))  # type: ignore[misc]
            assert await here.run(lambda tx, code=mart: records.set_status(tx, "G1", code, "open")) == 1  # type: ignore[misc]
        await here.run(lambda tx: tx.execute(update(outbox).values(state="sent")))
        assert await here.run(lambda tx: records.set_status(tx, "G1", "karawang", "closed")) == 0
        assert len(await _told(here)) == 2
        assert not await here.run(lambda tx: records.wait(tx, "karawang", "karawang"))


@pytest.mark.asyncio
async def test_nothing_stays_of_somebody_who_waited_and_was_deleted(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.enrolled("Peserta 01", "32.15.15", account=await here.account("P1"))
        await here.enrolled("Peserta 02", "32.15.15", account=await here.account("P2"))
        await here.enrolled("Peserta 03", "32.15.15", account="P2")
        for chat in ("P1", "P2"):
            await here.run(lambda tx, who=chat: records.wait(tx, who, "karawang"))  # type: ignore[misc]
        for chat in ("P1", "P2"):
            person = (await here.run(lambda tx, who=chat: people.of_account(tx, who)))[0].id  # type: ignore[misc]
            await here.run(lambda tx, who=person: people.erase(tx, who))  # type: ignore[misc]
        # Somebody else still writes from the second chat, and it may be they who wait.
        assert await here.run(_waiting) == ["P2"]


async def _waiting(tx: Tx) -> list[str]:
    return [row["account_id"] for row in await tx.rows(select(mart_waiting))]


@pytest.mark.asyncio
async def test_the_mart_of_a_person_is_that_of_their_district(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.enrolled("Peserta 01", "52.03.18", account=await here.account("P1"))
        person = (await here.run(lambda tx: people.of_account(tx, "P1")))[0].id
        assert await here.run(lambda tx: records.near(tx, person)) == "lombok-timur"
        assert await here.run(lambda tx: records.near(tx, "")) == ""
        assert await here.run(lambda tx: records.near(tx, "", [("mart", "32.15")])) == "karawang"
