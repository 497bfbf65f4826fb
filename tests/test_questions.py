"""Texts, names, phones and references as people answer them; and that nothing typed raises in any question."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import phones, references
from bot.messages import Contact
from bot.questions import places, questions
from bot.questions.asking import Candidates, Question, Rejected
from bot.questions.questions import (
    BirthYear,
    Choice,
    Kecamatan,
    Listed,
    Nickname,
    Number,
    PersonName,
    Phone,
    Reference,
    Rupiah,
    Text,
    Village,
    Year,
    YesNo,
)
from tests.answers import outcome, said, shown

OWN = "+6281234567890"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0812-3456-7890", OWN), ("0812 3456 7890", OWN), ("+62 812-3456-7890", OWN), ("6281234567890", OWN),
        ("81234567890", OWN), ("0062 812 3456 7890", OWN), ("+62 0812 3456 7890", OWN),
        ("nomor saya 0812-3456-7890 ya", OWN), ("(0812) 3456 7890", OWN), ("62812345678", "+62812345678"),
        ("08123456789012", "!phone"), ("0286 321234", "!landline"), ("+62 286 321234", "!landline"),
        ("+852 9123 4567", ("+85291234567",)), ("+886 912 345 678", ("+886912345678",)),
        ("+60 12 345 6789", ("+60123456789",)), ("+966 50 123 4567", ("+966501234567",)),
        ("0800-1000", "!service_number"), ("129", "!service_number"), ("1500630", "!service_number"),
        ("157", "!service_number"), ("O81234567890", "!phone"), ("081234567890 081298765432", "!phone"),
        ("3307044505909999", "!id_number"), ("ya", "!phone"), ("besok", "!phone"), ("0811", "!phone"),
        ("084123456789", "!phone"),
    ],
)  # fmt: skip
def test_phone(typed: str, value: Any) -> None:
    assert outcome(Phone(), typed) == value


def test_phone_from_the_channel_and_from_contacts() -> None:
    for typed in ["ya", "iya kak", "nomor ini", "pakai nomor ini saja", "yes"]:
        assert outcome(Phone(), typed, own_phone=OWN) == OWN, typed
    assert outcome(Phone(), "0813 9999 8888", own_phone=OWN) == "+6281399998888"
    assert outcome(Phone(), "", kind="contact", contact=Contact("6281234567890", True)) == OWN
    assert outcome(Phone(), "", kind="contact", contact=Contact("+85291234567", True)) == "+85291234567"
    assert outcome(Phone(), "", kind="contact", contact=Contact("6281234567890", False)) == "!contact_not_own"
    assert Phone().accepts == {"text", "contact"}


def test_phones_are_shown_in_the_indonesian_way() -> None:
    assert Phone().show(OWN, "id") == "0812-3456-7890"
    assert Phone().show("+85291234567", "id") == "+852 9123 4567"
    assert phones.masked(OWN) == "08••-••••-7890"


@given(st.from_regex(r"8[1-35-9][0-9]{7,10}", fullmatch=True), st.sampled_from(["0", "+62", "62", "0062", ""]))
def test_every_mobile_number_in_every_form(national: str, prefix: str) -> None:
    assert outcome(Phone(), prefix + national) == f"+62{national}"
    assert outcome(Phone(), str(Phone().show(f"+62{national}", "id"))) == f"+62{national}"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("Siti Aminah", "Siti Aminah"), ("  siti   AMINAH ", "siti AMINAH"), ("Suparmi", "Suparmi"),
        ("nama saya Siti Aminah", "Siti Aminah"), ("Nama: Siti", "Siti"), ("Nama lengkap saya Siti", "Siti"),
        ("saya Budi", "Budi"), ("my name is Ann O’Neil", "Ann O'Neil"),
        ("H. Lalu Ahmad, S.Pd.", "H. Lalu Ahmad S.Pd."),
        ("Nur'aini binti Abd. Rahman-Said", "Nur'aini binti Abd. Rahman-Said"), ("Siti Aminah kak", "Siti Aminah"),
        ("Siti 😊", "Siti"), ("Siti\nAminah", "Siti Aminah"), ("陳大文", "陳大文"), ("Sayati", "Sayati"),
        ("Imam", "Imam"), ("Nama Siti", "Nama Siti"), ("𝓢𝓲𝓽𝓲", "Siti"), ("Saya", "Saya"), ("Yayuk", "Yayuk"),
        ("Ni Luh Ayu", "Ni Luh Ayu"), ("Siti 2", "!name_digits"), ("Siti²", "!name_digits"),
        ("https://x.id", "!name_link"), ("@siti_a", "!name_link"), ("kenapa?", "!name"), ("...", "!name"),
        ("oke siap", "!name"), ("udah", "!name"), ("sama dengan KTP", "!name"), ("sama aja", "!name"),
        ("Sama", "Sama"), ("S", "!too_short"),
        ("a" * 81, "!too_long"), ("3307044505909999", "!id_number"), ("", "!name"),
    ],
)  # fmt: skip
def test_person_name(typed: str, value: Any) -> None:
    assert outcome(PersonName(), typed) == value


def test_nickname() -> None:
    assert outcome(Nickname(), "Ti") == "Ti"
    assert outcome(Nickname(), "panggil Ti aja") == "Ti"
    assert outcome(Nickname(), "T") == "T"
    assert outcome(Nickname(), "a" * 31) == "!too_long"
    for typed in ["sama", "Sama aja", "sama kak", "same", "same as my full name"]:
        assert outcome(Nickname("Peserta Sembilan"), typed) == "Peserta", typed
    assert outcome(Nickname("Hj. Peserta Sembilan"), "sama") == "Peserta"
    assert outcome(Nickname("Peserta"), "Samsi") == "Samsi"


def test_text() -> None:
    assert outcome(Text(3, 10), "  halo \n\n kak ") == "halo\nkak"
    assert outcome(Text(3, 10), "ya") == "!too_short"
    assert outcome(Text(3, 10), "x" * 11) == "!too_long"
    assert outcome(Text(), "NIK saya 3307 0445 0590 9999") == "!id_number"
    assert outcome(Text(2, 60, named=True), "oke siap") == "!name"
    assert outcome(Text(2, 60, named=True), "kota Lembata") == "kota Lembata"
    assert outcome(Text(), "hubungi 0812-3456-7890") == "hubungi 0812-3456-7890"


def test_reference() -> None:
    made = references.new("WSB", lambda below: below // 2)
    assert outcome(Reference(), f"kode {made.lower()}") == made
    assert outcome(Reference(), "WSB-00000-0") == "!reference"


EVERY: list[Question] = [
    Text(), PersonName(), Nickname(), Number(0, 20), BirthYear(), Year(), Choice(places.sectors()), YesNo(),
    Choice(places.household_relations(), exact=True), Choice(places.interests(), many=True), Listed(places.countries()),
    Kecamatan("33.07"), Village("33.07.04"), Phone(), Reference(), Rupiah(100, 10**8),
]  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        ["46", "tahun", "tidak", "setuju", "1", ",", "dan", "rb", "jt", ".", "-", "0812", "kali", "'79", "+62", "٣"]
    ),
    max_size=6,
)


@pytest.mark.parametrize("question", EVERY, ids=lambda one: type(one).__name__)
@given(text=st.one_of(st.text(max_size=40), PIECES.map(" ".join), PIECES.map("".join)))
@settings(max_examples=60, deadline=None)
def test_nothing_typed_raises_and_every_value_survives(question: Question, text: str) -> None:
    """A value is JSON, is shown in both languages, and a candidate picked is read to a value."""
    answer = question.read(said(text, shown=shown(question.options())))
    if isinstance(answer, Rejected):
        assert answer.reason.isidentifier()
        return
    if isinstance(answer, Candidates):
        assert answer.options
        for one in answer.options:
            assert one.label
            assert len(one.value.encode()) <= 32, "a button carries it"
            again = question.read(said(one.value, shown=shown(answer.options)))
            assert not isinstance(again, Rejected | Candidates)
            json.dumps(again)
        return
    assert json.loads(json.dumps(answer)) == answer
    for language in ("id", "en"):
        display = question.show(answer, language)
        assert display is None or isinstance(display, str)


@given(st.text(max_size=80))
def test_a_name_holds_only_what_names_hold(text: str) -> None:
    name = PersonName().read(said(text))
    if isinstance(name, str):
        assert 2 <= len(name) <= 80
        assert not any(char.isnumeric() or char in "\n<>*_?/@" for char in name)


def test_every_reason_is_listed() -> None:
    """The list at the top of questions.py is what the catalogues are written from."""
    folder = Path(questions.__file__).parent
    used = {
        reason
        for name in ("questions", "choices", "quantities", "rupiah")
        for line in (folder / f"{name}.py").read_text(encoding="utf-8").splitlines()
        if "Rejected(" in line
        for reason in re.findall(r'"([a-z_]{4,})"(?!:)', line)
    }
    listed = set(re.findall(r"[a-z]+(?:_[a-z]+)*", (questions.__doc__ or "").split("with their values:")[1]))
    assert used - {"district"} <= listed
