"""The data files: complete, consistent, and refused with a remedy where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import words
from bot.questions import places
from bot.tables import BadData

FILE = places.DATA / "districts.toml"


def test_districts_and_kecamatan_of_kemendagri() -> None:
    counts = {one.value: len(places.kecamatan(one.value)) for one in places.districts()}
    assert counts == {"33.07": 15, "32.15": 30, "52.03": 21, "53.06": 19}
    for option in places.districts():
        one = places.district(option.value)
        assert sum(each.desa for each in one.kecamatan) == one.villages_total
        numbers = [each.code.removeprefix(f"{one.code}.") for each in one.kecamatan]
        assert numbers == [f"{at:02}" for at in range(1, len(numbers) + 1)]


def test_zones_and_names() -> None:
    assert places.zone("33.07.04.1015") == places.zone("32.15") == "Asia/Jakarta"
    assert places.zone("52.03.18") == "Asia/Makassar"
    assert places.zone("") == places.zone("other") == "Asia/Jakarta"
    assert (places.zone_label("33.07"), places.zone_label("53.06.01")) == ("WIB", "WITA")
    assert places.name("33.07") == "Wonosobo"
    assert places.name("53.06.09") == "Wotan Ulumando"
    assert places.name("53.06.09.2012") == "Tanatukan"
    assert places.name("99.99") == "99.99"
    assert places.district("53.06.09.2012").short == "FLT"


@pytest.mark.parametrize(
    ("within", "typed", "name"),
    [
        ("53.06", "wotan ulumado", "Wotan Ulumando"), ("53.06", "Wotan Ulu Mado", "Wotan Ulumando"),
        ("52.03", "Suela", "Suwela"), ("32.15", "Talagasari", "Telagasari"), ("32.15", "kotabaru", "Kota Baru"),
        ("53.06", "ilebura", "Ile Bura"), ("53.06", "lewo lema", "Lewolema"), ("33.07", "sukoharjo", "Sukoharjo"),
        ("33.07", "Wonosobo Kota", "Wonosobo"),
    ],
)  # fmt: skip
def test_old_spellings(within: str, typed: str, name: str) -> None:
    found = places.search(typed, places.kecamatan(within))
    assert found.how == "exact"
    assert [places.name(places.kecamatan(within)[at].value) for at in found.indexes] == [name]


def test_villages_lie_in_their_kecamatan() -> None:
    assert [one.value for one in places.villages("53.06.09")] == ["53.06.09.2012"]
    assert places.search("Tana Tukan", places.villages("53.06.09")).how == "exact"
    assert len(places.villages("52.03")) == 8
    assert places.villages("33.07.01") == ()


def test_names_are_unambiguous_inside_a_district() -> None:
    for one in places.districts():
        options = places.kecamatan(one.value)
        for at, option in enumerate(options):
            for name in places.names(option):
                assert words.find(name, [places.names(each) for each in options], tolerant=False) == [at], name


def test_codes_have_labels_and_no_two_the_same_name() -> None:
    lists = [
        places.countries(), places.sectors(), places.livelihoods(), places.interests(), places.product_categories(),
        places.household_relations(),
    ]  # fmt: skip
    assert [len(one) for one in lists] == [21, 11, 12, 9, 11, 6]
    for options in lists:
        seen: dict[str, str] = {}
        for option in options:
            assert option.label is not None
            assert all(0 < len(option.label[language]) <= 24 for language in ("id", "en"))
            for name in map(words.fold, places.names(option)):
                assert seen.setdefault(name.replace(" ", ""), option.value) == option.value, name
    assert places.label("countries", "HKG", "en") == "Hong Kong"
    assert places.label("countries", "HKG", "sas") == "Hong Kong"
    assert places.label("countries", "???", "id") == "???"


def test_typical_countries_come_first_and_other_last() -> None:
    assert [one.value for one in places.countries("33.07")][:4] == ["HKG", "TWN", "SGP", "MYS"]
    assert places.countries("33.07")[-1].value == places.countries()[-1].value == "OTH"
    known = {one.value for one in places.countries()}
    assert all(set(places.district(one.value).typical) <= known for one in places.districts())


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('code = "33.07"', 'code = "3307"', r"districts\[0\]\.code: '3307' does not fit; write a Kemendagri code"),
        ('code = "33.07.02"', 'code = "33.08.02"', r"districts\[0\]\.kecamatan\[1\]\.code: '33.08.02'"),
        ('code = "33.07.02"', 'code = "33.07.01"', "stands there twice"),
        ('name = "Kepil"', 'name = ""', r"kecamatan\[1\]\.name"),
        ('zone = "Asia/Makassar"', 'zone = "Asia/Atlantis"', "has no label; write one of Asia/Jakarta"),
        ('code = "33.07.04.1015"', 'code = "33.99.04.1015"', r"villages\[0\]\.code"),
        ('short = "KRW"', 'short = "WSB"', "twice"),
        ('short = "KRW"', 'short = "k1"', "two to four capitals"),
        ('default_zone = "Asia/Jakarta"', "", "default_zone: None does not fit"),
        ("[zones]", "[zones", "cannot be read"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where_and_what_to_do(tmp_path: Path, good: str, bad: str, says: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert good in text
    path = tmp_path / "districts.toml"
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(BadData, match=says) as raised:
        places.read_districts(path)
    assert str(path) in str(raised.value)


def test_broken_codes_say_where(tmp_path: Path) -> None:
    path = tmp_path / "codes.toml"
    path.write_text('[sectors]\npabrik = { id = "Pabrik" }\n', encoding="utf-8")
    with pytest.raises(BadData, match=r"sectors\.pabrik\.en: '' does not fit; write a label of 1 to 24"):
        places.read_codes(path)
    with pytest.raises(BadData, match="cannot be read"):
        places.read_codes(tmp_path / "none.toml")


def test_a_new_district_simply_works(tmp_path: Path) -> None:
    path = tmp_path / "districts.toml"
    added = """
[[districts]]
code = "73.09"
short = "MRS"
name = "Maros"
province = "Sulawesi Selatan"
zone = "Asia/Makassar"
kecamatan = [{ code = "73.09.01", name = "Mandai" }]
"""
    path.write_text(FILE.read_text(encoding="utf-8") + added, encoding="utf-8")
    atlas = places.read_districts(path)
    assert atlas.districts["73.09"].name == "Maros"
    assert atlas.places["73.09.01"].name == "Mandai"
