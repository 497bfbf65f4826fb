"""What is chosen: options, lists, kecamatan and villages, as people answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot.questions import places
from bot.questions.asking import Candidates, Option, Shown
from bot.questions.questions import Choice, Kecamatan, Listed, Village, YesNo
from tests.answers import outcome, said, shown

CONSENT = (
    Option("agree", {"id": "Setuju", "en": "Agree"}),
    Option("refuse", {"id": "Tidak setuju", "en": "Do not agree"}),
)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("setuju", "agree"), ("SETUJU!", "agree"), ("setuju kak", "agree"), ("agree", "agree"), ("1", "agree"),
        ("yang 2", "refuse"), ("tidak setuju", "refuse"), ("do not agree", "refuse"), ("gak setuju", "!choice_exact"),
        ("saya setuju tapi", "!choice_exact"), ("stuju", "!choice_exact"), ("setu", "!choice_exact"),
        ("ya", "!choice_exact"), ("ok", "!choice_exact"), ("3", "!choice_number"),
    ],
)  # fmt: skip
def test_an_exact_choice(typed: str, value: Any) -> None:
    question = Choice(CONSENT, exact=True)
    assert outcome(question, typed, shown=shown(question.options())) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", "agree"), ("Setuju", "agree"), ("Kertek", "33.07.08"), ("kertk", "33.07.08"),
        ("warga kertek aja", "33.07.08"),
        ("kertek dan leksono", ["33.07.08", "33.07.05"]), ("Kertek, Leksono", ["33.07.08", "33.07.05"]),
        ("wonosobo", ("33.07", "33.07.09")), ("kec wonosobo", "33.07.09"), ("Selong", "!choice"),
        ("Kertek dan Selong", "!choice"), ("9", "!choice_number"),
    ],
)  # fmt: skip
def test_a_choice_with_others_that_may_be_named(typed: str, value: Any) -> None:
    question = Choice(CONSENT, also=places.within(["33.07"]))
    assert outcome(question, typed, shown=shown(question.options())) == value


def test_places_that_may_be_named_look_different_and_lie_inside() -> None:
    everywhere = places.within([""])
    labels = [(one.label or {})["id"] for one in everywhere]
    assert len(set(labels)) == len(labels) > 80
    assert [one.value for one in places.within(["33.07.05"])] == ["33.07.05"]
    assert Choice((), also=everywhere).show(["33.07", "33.07.05"], "id") == "Kab. Wonosobo, Kec. Leksono"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("sawit", "perkebunan"), ("pembantu", "rumah_tangga"), ("ABK", "kapal"), ("jaga nenek", "perawat"),
        ("kerja di pabrik", "pabrik"), ("pabrk", "pabrik"), ("3", "perkebunan"), ("tiga", "perkebunan"),
        ("plantation", "perkebunan"), ("bukan pabrik", "!choice"), ("12", "!choice_number"), ("rahasia", "!choice"),
        ("perke", "perkebunan"), ("per", ("perawat", "perkebunan", "kapal", "pertanian")),
    ],
)  # fmt: skip
def test_a_choice(typed: str, value: Any) -> None:
    question = Choice(places.sectors())
    assert outcome(question, typed, shown=shown(question.options())) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,3 dan 5", ["pelatihan", "kembangkan_usaha", "anggota_koperasi"]),
        ("5 1", ["pelatihan", "anggota_koperasi"]), ("pelatihan, titip jual", ["pelatihan", "titip_jual"]),
        ("koperasi dan kerja di mart", ["anggota_koperasi", "kerja_di_mart"]),
        ("pelatihan koperasi", ["pelatihan", "anggota_koperasi"]),
        ("semua", [one.value for one in places.interests()]), ("2", ["mulai_usaha"]),
        ("training & peer group", ["pelatihan", "teman_sebaya"]), ("1 dan 12", "!choice_number"),
        ("pelatihan dan xyz", "!choice_many"), ("apa saja", "!choice_many"),
        ("usaha", ("mulai_usaha", "kembangkan_usaha")),
    ],
)  # fmt: skip
def test_several_choices(typed: str, value: Any) -> None:
    question = Choice(places.interests(), many=True)
    assert outcome(question, typed, shown=shown(question.options())) == value


def test_yes_and_no() -> None:
    options = (Shown("yes", "Ya", ("Ya", "Yes")), Shown("no", "Tidak", ("Tidak", "No")))
    meant = {"yes": "ya, iya kak, muhun, 👍, 1", "no": "gak, belum, mboten, 2", "!choice": "gak jadi, mungkin"}
    for value, many in meant.items():
        for typed in many.split(", "):
            assert outcome(YesNo(), typed, shown=options) == value, typed


def test_choices_show_their_labels() -> None:
    assert Choice(CONSENT).show("agree", "en") == "Agree"
    assert Choice(CONSENT).show("agree", "sas") == "Setuju"
    assert Choice((Option("a"),)).show("a", "id") is None
    several = Choice(places.interests(), many=True)
    assert several.show(["pelatihan", "titip_jual"], "id") == "Ikut pelatihan, Titip jual di mart"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("hongkong", "HKG"), ("HK", "HKG"), ("arab", "SAU"), ("saudi", "SAU"), ("taiwan", "TWN"), ("malay", "MYS"),
        ("sabah", "MYS"), ("1", "HKG"), ("9", "OTH"), ("kerja di hongkong", "HKG"), ("dubai", "ARE"), ("jepan", "JPN"),
        ("korea", "KOR"), ("lain", "OTH"), ("selandia baru", "!listed"), ("inggris", "!listed"),
        ("12", "!choice_number"), ("mal", ("MYS", "MDV")),
    ],
)  # fmt: skip
def test_listed(typed: str, value: Any) -> None:
    question = Listed(places.countries("33.07"))
    assert len(question.options()) == 9
    assert outcome(question, typed, shown=shown(question.options())) == value


@pytest.mark.parametrize(
    ("district", "typed", "value"),
    [
        ("33.07", "kaliwiro", "33.07.04"), ("33.07", "Kec. Kaliwiro", "33.07.04"), ("33.07", "kaliwro", ("33.07.04",)),
        ("33.07", "kali", ("33.07.04", "33.07.07", "33.07.15")), ("33.07", "wadas", "33.07.01"),
        ("33.07", "wonosobo", "33.07.09"), ("33.07", "sukoharjo", "33.07.14"), ("33.07", "3", "!place_letters"),
        ("33.07", "cikampek", "!place"), ("33.07", "gar", ("33.07.12",)), ("33.07", "plobangan", ("33.07.06",)),
        ("52.03", "surabaya", ("52.03.18",)), ("32.15", "cikarang", ("32.15.15",)),
        ("52.03", "sakra", ("52.03.02", "52.03.18", "52.03.19")), ("52.03", "sakra timur", "52.03.18"),
        ("52.03", "sakra timr", ("52.03.02", "52.03.18", "52.03.19")), ("52.03", "saya di sakra timur", "52.03.18"),
        ("53.06", "adonara tegah", ("53.06.17", "53.06.08", "53.06.10", "53.06.18")),
        ("52.03", "labuan haji", ("52.03.17",)),
        ("53.06", "adonara", ("53.06.17", "53.06.08", "53.06.10", "53.06.18")), ("53.06", "wotan ulumado", "53.06.09"),
        ("53.06", "solor", ("53.06.06", "53.06.07", "53.06.19")), ("32.15", "karawang", ("32.15.01", "32.15.26")),
        ("99.99", "x", "!place"), ("33.07", "kabupaten wonosobo", "!place_district"),
        ("33.07", "kab. Wonosobo kak", "!place_district"), ("33.07", "kabupaten", "!place_district"),
        ("33.07", "kab karawang", "!place_other_district"), ("33.07", "kec wonosobo", "33.07.09"),
        ("33.07", "kecamatan Wonosobo", "33.07.09"), ("33.07", "Wonosobo Kota", "33.07.09"),
        ("33.07", "kab wonosobo kec kertek", "33.07.08"), ("33.07", "kertek kab wonosobo", "33.07.08"),
        ("33.07", "kertek, wonosobo", "33.07.08"), ("33.07", "kec. kaliwiro desa pucungkerep", "33.07.04"),
        ("33.07", "desa lipursari", ("33.07.05",)), ("33.07", "kelurahan kaliwiro", ("33.07.04",)),
        ("33.07", "desa kepil", ("33.07.02",)), ("33.07", "desa entah", "!place_village"),
        ("33.07", "sama", "33.07.09"), ("52.03", "sama", "!place"), ("32.15", "kab karawang", "!place_district"),
        ("33.07", "regency", "!place_district"),
    ],
)  # fmt: skip
def test_kecamatan(district: str, typed: str, value: Any) -> None:
    assert outcome(Kecamatan(district), typed) == value


def test_a_doubtful_kecamatan_is_confirmed() -> None:
    question = Kecamatan("52.03")
    asked = question.read(said("sakra"))
    assert isinstance(asked, Candidates)
    picks = {"sakra": "52.03.02", "1": "52.03.02", "sakra barat": "52.03.19", "jerowaru": "52.03.20"}
    for typed, value in picks.items():
        assert outcome(question, typed, shown=shown(asked.options)) == value
    one = question.read(said("labuan haji"))
    assert isinstance(one, Candidates)
    assert outcome(question, "bukan", shown=shown(one.options)) == "!place_again"
    assert question.show("52.03.17", "en") == "Labuhan Haji"


@pytest.mark.parametrize(
    ("kecamatan", "typed", "value"),
    [
        ("53.06.09", "Tana Tukan", {"code": "53.06.09.2012"}), ("53.06.09", "tanatukan", {"code": "53.06.09.2012"}),
        ("53.06.09", "desa tana tukan", {"code": "53.06.09.2012"}),
        ("53.06.09", "tanatukn", ("53.06.09.2012", "text:tanatukn")),
        ("52.03.18", "Surabaya", {"code": "52.03.18.2002"}), ("52.03.18", "surabaya utara", {"code": "52.03.18.2008"}),
        ("33.07.04", "dusun Lempongsari RT 11/RW 05", {"text": "dusun Lempongsari RT 11/RW 05"}),
        ("33.07.04", "Kaliwiro Kulon", {"text": "Kaliwiro Kulon"}), ("33.07.01", "Erorejo", {"text": "Erorejo"}),
        ("53.06.06", "Balaweling 1", {"code": "53.06.06.2008"}),
        ("53.06.06", "Balaweling II", ("53.06.06.2008", "text:Balaweling II")), ("33.07.01", "desa mana?", "!village"),
        ("33.07.01", "5", "!village"), ("33.07.01", "x" * 61, "!too_long"),
        ("33.07.01", "3307044505909999", "!id_number"), ("33.07.04", "sama kak", {"code": "33.07.04.1015"}),
        ("33.07.01", "same", {"text": "Wadaslintang"}), ("33.07.01", "ok", "!village"),
        ("33.07.01", "gak tau", "!village"),
        ("33.07.04", "kecamatan kaliwiro", "!village"), ("33.07.04", "kab wonosobo", "!village"),
        ("33.07.04", "kel kaliwiro kec kaliwiro", {"code": "33.07.04.1015"}), ("33.07.01", "Baru", {"text": "Baru"}),
        ("33.07.04", "Krajan kec kaliwiro", {"text": "Krajan kec kaliwiro"}),
    ],
)  # fmt: skip
def test_village(kecamatan: str, typed: str, value: Any) -> None:
    assert outcome(Village(kecamatan), typed) == value


def test_village_keeps_what_was_typed() -> None:
    question = Village("53.06.09")
    asked = question.read(said("tanatukn"))
    assert isinstance(asked, Candidates)
    assert outcome(question, "1", shown=shown(asked.options)) == {"code": "53.06.09.2012"}
    assert outcome(question, "2", shown=shown(asked.options)) == {"text": "tanatukn"}
    assert question.show({"code": "53.06.09.2012"}, "id") == "Tanatukan"
    assert question.show({"text": "dusun Baru"}, "id") == "dusun Baru"
