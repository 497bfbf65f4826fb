"""Catalogues: which template is found, what is put into it, and how dates and amounts are written."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import formats, texts
from bot.markup import Neutral
from bot.texts import Malformed, MissingText, MissingValue, Texts

HEADER = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Plural-Forms: {}\\n"\n\n'
ONE = "nplurals=1; plural=0;"
TWO = "nplurals=2; plural=(n != 1);"


def entry(key: str, text: str) -> str:
    return f'msgid "{key}"\nmsgstr "{text}"\n\n'


@pytest.fixture
def catalogue(tmp_path: Path) -> Texts:
    files = {
        ("id", "enrol"): HEADER.format("id", ONE)
        + entry("full_name", "Siapa *nama lengkap* {sapaan}?")
        + entry("menu", "Menu pendaftaran")
        + entry("only_id", "Hanya Indonesia")
        + 'msgid "days"\nmsgid_plural "days"\nmsgstr[0] "{n} hari"\n',
        ("en", "enrol"): HEADER.format("en", TWO)
        + entry("full_name", "What is your *full name*, {sapaan}?")
        + entry("menu", "Enrolment menu")
        + entry("untranslated", "")
        + "#, fuzzy\n"
        + entry("guessed", "A guess")
        + 'msgid "days"\nmsgid_plural "days"\nmsgstr[0] "{n} day"\nmsgstr[1] "{n} days"\n',
        ("id", "bot"): HEADER.format("id", ONE) + entry("menu", "Menu utama") + entry("back", "Kembali")
        + entry("guessed", "Ditulis") + entry("untranslated", "Belum diterjemahkan"),
        ("sas", "bot"): HEADER.format("sas", ONE) + entry("back", "Tulak") + entry("menu", "Menu Sasak"),
    }  # fmt: skip
    for (language, domain), content in files.items():
        path = tmp_path / language / "LC_MESSAGES" / f"{domain}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Texts.load(tmp_path)


@pytest.mark.parametrize(
    ("language", "domain", "key", "expected"),
    [
        ("id", "enrol", "full_name", "Siapa *nama lengkap* Ibu?"),
        ("en", "enrol", "full_name", "What is your *full name*, Ibu?"),
        ("en-GB", "enrol", "full_name", "What is your *full name*, Ibu?"),
        ("en_US", "enrol", "full_name", "What is your *full name*, Ibu?"),
        ("sas", "enrol", "full_name", "Siapa *nama lengkap* Ibu?"),
        ("sas", "enrol", "back", "Tulak"),
        ("sas", "enrol", "menu", "Menu pendaftaran"),  # the conversation's own, before a Sasak one of the bot
        ("zz", "enrol", "full_name", "Siapa *nama lengkap* Ibu?"),
        ("en", "enrol", "only_id", "Hanya Indonesia"),
        ("en", "nowhere", "back", "Kembali"),
        ("en", "enrol", "untranslated", "Belum diterjemahkan"),
        ("en", "enrol", "guessed", "Ditulis"),
    ],
)
def test_the_nearest_template_is_found(catalogue: Texts, language: str, domain: str, key: str, expected: str) -> None:
    for _ in range(2):
        assert catalogue.say(language, domain, key, {"sapaan": "Ibu"}) == expected


def test_values_are_escaped_unless_neutral(catalogue: Texts) -> None:
    assert catalogue.say("id", "enrol", "full_name", {"sapaan": "*Ibu*"}) == "Siapa *nama lengkap* \\*Ibu\\*?"
    assert catalogue.say("id", "enrol", "full_name", {"sapaan": Neutral("*Ibu*")}) == "Siapa *nama lengkap* *Ibu*?"
    assert catalogue.say("id", "enrol", "full_name", {"sapaan": 7}) == "Siapa *nama lengkap* 7?"


@pytest.mark.parametrize(
    ("language", "n", "expected"),
    [("id", 1, "1 hari"), ("id", 2, "2 hari"), ("en", 1, "1 day"), ("en", 2, "2 days"), ("en", 0, "0 days")],
)
def test_plurals_are_chosen_by_n(catalogue: Texts, language: str, n: int, expected: str) -> None:
    assert catalogue.say(language, "enrol", "days", {"n": n}) == expected


def test_what_is_missing_is_named(catalogue: Texts) -> None:
    with pytest.raises(MissingText, match=r'no text for "nope" in "enrol".*locales/id/LC_MESSAGES/enrol\.po'):
        catalogue.say("en", "enrol", "nope", {})
    with pytest.raises(
        MissingValue, match=r'"full_name" of locales/en/LC_MESSAGES/enrol\.po needs \{sapaan\}; given: x'
    ):
        catalogue.say("en", "enrol", "full_name", {"x": "secret value"})
    with pytest.raises(MissingValue, match="a whole number n"):
        catalogue.say("en", "enrol", "days", {})


def test_keys_can_be_asked_for(catalogue: Texts) -> None:
    assert catalogue.languages == ("en", "id", "sas")
    assert catalogue.domains == ("bot", "enrol")
    assert catalogue.find("en", "enrol", "full_name.x", "back", "menu") == "back"
    assert catalogue.find("en", "enrol", "nope") is None
    assert catalogue.has("enrol", "back")
    assert not catalogue.has("enrol", "nope")
    assert catalogue.keys("enrol") == {"full_name", "menu", "only_id", "days"}
    assert catalogue.placeholders("en", "enrol", "full_name") == {"sapaan"}


def test_the_digest_is_that_of_the_wording(catalogue: Texts) -> None:
    wording = "Siapa *nama lengkap* {sapaan}?"
    assert catalogue.digest("id", "enrol", "full_name") == hashlib.sha256(wording.encode()).hexdigest()
    assert catalogue.digest("sas", "enrol", "full_name") == catalogue.digest("id", "enrol", "full_name")
    assert catalogue.digest("en", "enrol", "full_name") != catalogue.digest("id", "enrol", "full_name")


def test_languages_of_apps_are_not_remembered(catalogue: Texts) -> None:
    for code in ("xa", "xb", "en-AU"):
        catalogue.say(code, "enrol", "menu", {})
    assert not catalogue._ready


def test_the_reader_agrees_with_babels() -> None:
    text = (
        HEADER.format("en", TWO)
        + '# a note\n#: enrol.py:3\n#. more\nmsgid "a"\nmsgstr ""\n"satu\\n"\n"\\"dua\\" \\\\ tiga\\t"\n'
        + 'msgid "b"\nmsgstr "• é 🙂"\n#, fuzzy\nmsgid "c"\nmsgstr "c"\n\n#~ msgid "old"\n#~ msgstr "x"\n'
        + 'msgid "days"\nmsgid_plural "days"\nmsgstr[0] "{n} day"\nmsgstr[1] "{n} days"'
    )
    ours = {one.key: one for one in texts.read(text, "x.po") if one.key}
    babels = {
        one.id if isinstance(one.id, str) else one.id[0]: one for one in read_po(io.BytesIO(text.encode())) if one.id
    }
    assert ours.keys() == {key for key, one in babels.items() if not one.fuzzy}
    for key, one in ours.items():
        string = babels[key].string
        assert one.forms == ((string,) if isinstance(string, str) else tuple(string or ()))
        assert one.plural == babels[key].pluralizable


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\t\\"')))
def test_any_text_is_read_as_babel_reads_it(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    assert [one.forms for one in texts.read(f'msgid "a"\nmsgstr "{quoted}"\n', "x.po")] == [(text,)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', r'x\.po:\d+: "a" stands there twice'),
        ('"loose"\n', r"x\.po:1: a text that belongs to no msgid"),
        ('msgid "a"\nmsgstr b\n', r"x\.po:2: a text must stand between"),
        ('msgid "a"\nnonsense\n', r"x\.po:2: neither a msgid"),
        ('msgctxt "a"\nmsgid "a"\n', r"x\.po:1: msgctxt is not expected"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(Malformed, match=expected):
        list(texts.read(text, "x.po"))


AFTERNOON = int(datetime(2022, 11, 3, 6, 5, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("language", "full", "short", "clock"),
    [
        ("id", "Kamis, 3 November 2022", "3 Nov 2022", "pukul 14.05 WITA"),
        ("en", "Thursday, 3 November 2022", "3 Nov 2022", "2:05 pm WITA"),
        ("en-GB", "Thursday, 3 November 2022", "3 Nov 2022", "2:05 pm WITA"),
        ("sas", "Kamis, 3 November 2022", "3 Nov 2022", "pukul 14.05 WITA"),
        ("jv", "Kamis, 3 November 2022", "3 Nov 2022", "pukul 14.05 WITA"),
    ],
)
def test_dates_and_times(language: str, full: str, short: str, clock: str) -> None:
    zone = "Asia/Makassar"
    assert formats.date(AFTERNOON, zone, language) == full
    assert formats.date(date(2022, 11, 3), zone, language) == full
    assert formats.short_date(AFTERNOON, zone, language) == short
    assert formats.clock(AFTERNOON, zone, language) == clock


def test_other_zones_have_their_offset() -> None:
    assert formats.clock(AFTERNOON, "Asia/Jakarta", "id") == "pukul 13.05 WIB"
    assert formats.clock(AFTERNOON, "Asia/Jayapura", "en") == "3:05 pm WIT"
    assert formats.clock(AFTERNOON, "Asia/Hong_Kong", "id") == "pukul 14.05 UTC+8"
    assert formats.clock(AFTERNOON, "Asia/Kolkata", "en") == "11:35 am UTC+5:30"


@pytest.mark.parametrize(
    ("amount", "indonesian", "english"),
    [
        (12000, "Rp12.000", "Rp12,000"),
        (0, "Rp0", "Rp0"),
        (-500, "-Rp500", "-Rp500"),
        (1500000, "Rp1.500.000", "Rp1,500,000"),
    ],
)
def test_rupiah(amount: int, indonesian: str, english: str) -> None:
    assert formats.rupiah(amount, "id") == indonesian
    assert formats.rupiah(amount, "en") == english


@pytest.mark.parametrize(
    ("value", "indonesian", "english"), [(1234.5, "1.234,5", "1,234.5"), (7, "7", "7"), (2.0, "2", "2")]
)
def test_numbers(value: float, indonesian: str, english: str) -> None:
    assert formats.number(value, "su") == indonesian
    assert formats.number(value, "en") == english


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(3, "malam"), (4, "pagi"), (10, "pagi"), (11, "siang"), (14, "siang"), (15, "sore"), (17, "sore"), (18, "malam")],
)
def test_the_part_of_the_day_is_that_of_the_place(hour: int, expected: str) -> None:
    there = int(datetime(2022, 11, 3, hour, 59, tzinfo=UTC).timestamp() * 1000) - 8 * 3600_000
    assert formats.part_of_day(there, "Asia/Makassar") == expected


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [(5, "1 menit", "1 minute"), (3600, "1 jam", "1 hour"), (86400, "1 hari", "1 day"), (3 * 86400, "3 hari", "3 days"),
     (14 * 86400, "2 minggu", "2 weeks")],
)  # fmt: skip
def test_how_long_ago(seconds: int, indonesian: str, english: str) -> None:
    assert formats.ago(0, seconds * 1000, "id") == indonesian
    assert formats.ago(0, seconds * 1000, "sas") == indonesian
    assert formats.ago(0, seconds * 1000, "en") == english
