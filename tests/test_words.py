"""What people type, and what it is taken for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import vocabulary, words

TYPED = {
    "back": "kembali, kmbli, balik, back, sebelumnya, 0, #, Kembali!, KEMBALI, kembaliii, kembali dong kak, /kembali",
    "skip": "lewati, skip, lewat, -, kosong, lewati saja, skip kak, –",
    "later": "nanti, nanti aja, nanti dulu kak, besok aja, lain kali, later, maybe later, not now",
    "cancel": "batal, btl, cancel, gajadi, ga jadi, gak jadi, tidak jadi, batal ya, /batal, gak jadi deh kak, tolong"
    " batal",
    "help": "bantuan, bantu, bntu, tolong, tlg, help, admin, cs, operator, petugas, orang, ngomong sama orang, tolong"
    " kak",
    "menu": "kak, min, bang, kak min, pak, menu, halo, hallo, hai, hi, hello, p, P, ping, PING!!!, tes, test,"
    " assalamualaikum, ass, asw, aslm,"
    " samlekum, selamat pagi, pagi, siang, shalom, om swastiastu, permisi, punten, kulo nuwun, tabe, tabeq,"
    " /start, start, halo kak, Assalamu'alaikum wr. wb., halo selamat pagi kak, /menu@PijarBot, haloooo, met"
    " siang bu, assalamu'alaikum pak",
    "stop": "stop, stp, berhenti, unsubscribe, jangan kirim lagi, STOP, stop ya kak, /stop",
    "leave": "keluar, exit, /keluar, keluar kak",
    "resume": "mulai, langganan, MULAI",
    "again": "ulang, ulangi kak",
    "next": "lanjut, lnjt, next, terus, trs, lanjutkan, gas, lanjut kak, gasss",
    "thanks": "makasih, makasi, mksh, mksih, trims, tq, thx, terima kasih, trimakasih, suwun, matur nuwun, hatur nuhun,"
    " tampi asih, terimakasih banyak, makasih ya kak, 🙏, terima kasih banyak bu",
    "language": "bahasa, language",
    "language:id": "indonesia, bahasa indonesia, bhs indonesia, pake bhs indo, pakai bahasa indonesia kak",
    "language:en": "english, inggris, bahasa inggris, English please, english pls, bhs inggris, pake bahasa"
    " inggris, pake bhs inggris dong, ganti ke bahasa inggris",
}


ALL_TYPED = [(one.strip(), meaning) for meaning, many in TYPED.items() for one in many.split(", ")]


@pytest.mark.parametrize(("typed", "meant"), ALL_TYPED)
def test_words_that_always_work(typed: str, meant: str) -> None:
    assert words.intent(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "saya berhenti kerja tahun 2019", "uang kembali", "Siti Aminah", "stop kerja di pabrik", "bantuan tunai",
        "mulai usaha", "keluar negeri", "lanjut sekolah", "orang tua", "tidak", "ya", "ok", "sip", "", "   ", "😀",
        "1", "kembali ke desa", "bang Udin", "pak tani", "nanti malam pulang", "besok kerja",
        "Pagi Harahap", "Bu Menur", "saya mau berhenti", "halo nama saya Siti",
        "x" * 5000, "lewat pos", "batal nikah",
    ],
)  # fmt: skip
def test_sentences_are_not_commands(typed: str) -> None:
    assert words.intent(typed) is None


def test_salam_is_answered_with_salam() -> None:
    for typed in ["Assalamualaikum", "ass", "asslamualaikum wr wb", "samlekum", "Assalamu'alaikum kak, mau daftar"]:
        assert words.is_salam(typed), typed
    for typed in ["halo", "asam", "assa", "ass saya sakit", ""]:
        assert not words.is_salam(typed), typed


YES = """ya, y, iya, iy, iyah, yaa, yup, yoi, ok, oke, okey, okeh, sip, siap, boleh, setuju, dah, betul, benar, bener,
bnr, bner, yes, inggih, nggih, enggih, muhun, sumuhun, aok, 👍, 👍🏾, iya kak, ya betul, ok siap, YAAA!"""
NO = """tidak, tdk, tdak, ga, gak, gk, g, nggak, ngga, ngg, enggak, engga, kagak, ndak, nda, ora, mboten, henteu, teu,
endek, ndeq, belum, blm, blom, jangan, no, gak mau kak, tidak setuju, belum dulu, 👎, tidak terima kasih"""


@pytest.mark.parametrize("typed", YES.replace("\n", " ").split(", "))
def test_yes(typed: str) -> None:
    assert words.yes(typed) is True


@pytest.mark.parametrize("typed", NO.replace("\n", " ").split(", "))
def test_no(typed: str) -> None:
    assert words.yes(typed) is False


@pytest.mark.parametrize(
    "typed", ["gak jadi", "tidak jadi", "mungkin", "tidak tahu", "no 3", "kak", "", "ya tidak", "ok tapi nanti dulu"]
)
def test_neither_yes_nor_no(typed: str) -> None:
    assert words.yes(typed) is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3", 3), ("3.", 3), ("no 3", 3), ("nomor 3", 3), ("No. 3", 3), ("yang 3", 3), ("tiga", 3), ("telu", 3),
        ("tilu", 3), ("dua belas", 12), ("sebelas", 11), ("three", 3), ("pilih 2", 2), ("nomer dua kak", 2), ("２", 2),
        ("٣", 3), ("1️⃣", 1), ("🔟", 10), ("(4)", 4), ("03", 3), ("ketiga", 3), ("yang kedua", 2),
        ("dua puluh lima", 25), ("twenty five", 25), ("saya pilih nomor 2", 2), ("0", 0), ("999999999", 999999999),
        ("1234567890", None), ("1,3", None), ("12.500", None), ("tiga anak", None), ("", None), ("satu satu", None),
    ],
)  # fmt: skip
def test_number(typed: str, number: int | None) -> None:
    assert words.number(typed) == number


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("1,3 dan 5", [1, 3, 5]), ("1 3 5", [1, 3, 5]), ("1.3.5", [1, 3, 5]), ("135", [135]), ("1&3", [1, 3]),
        ("1-3", [1, 2, 3]), ("satu sama tiga", [1, 3]), ("nomor 2 dan nomor 4 kak", [2, 4]), ("3, 3, 1", [3, 1]),
        ("dua belas", [12]), ("1-3-5", [1, 3, 5]), ("1 dan pelatihan", None), ("", None), ("kak", None),
    ],
)  # fmt: skip
def test_numbers(typed: str, numbers: list[int] | None) -> None:
    assert words.numbers(typed) == numbers


def test_change_names_a_line() -> None:
    for typed in ["ubah 3", "Ubah no 3", "ganti no. 3 kak", "edit 3", "change 3", "/ubah 3", "mau ubah nomor tiga",
                  "nomor 3 salah", "3 ubah"]:  # fmt: skip
        assert words.change(typed) == 3, typed
    for typed in ["ubah", "3", "ganti baju 3", "tahun 2019 salah paham", "", "ubah nama"]:
        assert words.change(typed) is None, typed


def test_change_names_a_line_by_its_name() -> None:
    for typed, name in {
        "ubah desa": "desa", "Ganti nama kak": "nama", "change village": "vilage", "ubah no hp": "no hp",
        "desanya salah": "desa", "nama saya salah": "nama", "mau ganti nama jadi Siti": "nama", "edit my name": "name",
        "ubah": "", "desa": "", "ubah ke 3": "", "salah": "", "saya ganti": "",
    }.items():  # fmt: skip
        assert words.changes(typed) == name, typed
    names = words.line_names(["Nomor HP", "Phone number"])
    assert {"Nomor HP", "no hp", "wa", "mobile"} <= set(names)
    assert words.line_names(["Catatan"]) == ("Catatan",)


ASKED = {
    "why": "kenapa, kenapa ya, Kenapa?, knp kak, buat apa, untuk apa ya, utk apa, mengapa, why, why?, what for, why"
    " do you ask",
    "what": "apa, ap, gimana, gmn ya, gmana, bagaimana, berapa, brp, kapan, kpn, di mana, dimana,"
    " dmn, maksudnya?, ??, what",
    "": "Kenapa Siti, Apandi, 1980, gimana hujan, siapa namanya itu, hmm, ..., 🙏, Siti?",
}


@pytest.mark.parametrize("kind", ASKED)
def test_a_question_about_the_question(kind: str) -> None:
    for typed in ASKED[kind].split(", "):
        assert words.asks(typed) == kind, typed
    for typed in [
        "kenapa harus isi nama",
        "kak, kenapa tanya desa?",
        "buat apa nama lengkap",
        "why do you need my name",
    ]:
        assert words.wonders(typed), typed
    for typed in ["Siti kenapa", "untung", "buat kue", "", "Apa Adanya"]:
        assert not words.wonders(typed), typed


def test_what_leaves_a_question_open() -> None:
    for typed in ["tidak", "gak ada", "lupa", "gak tau kak", "saya lupa", "rahasia", "none", "not sure", "gak mau"]:
        assert words.declines(typed), typed
    for typed in ["ya", "Tidar", "lupa tahun 2019", "nol koma", "", "hong kong"]:
        assert not words.declines(typed), typed


def test_the_same_as_before() -> None:
    for typed in ["sama", "Sama aja", "sama kak", "same", "sama dengan nama lengkap", "the same", "itu aja"]:
        assert words.is_same(typed), typed
    for typed in ["Sama'un", "sama suami", "Samsiah", "", "sama-sama"]:
        assert not words.is_same(typed), typed


def test_what_is_nobodys_name() -> None:
    for typed in ["ok", "oke siap", "udah", "sip kak", "terserah", "tidak tahu", "iya iya", "👍", "kirim"]:
        assert words.is_no_name(typed), typed
    for typed in ["Siti", "Yayuk", "Oki", "Siapudin", "Baik Siti", "No", "Ina", "Ama", "Bener", "", "Nok", "Mama Ok"]:
        assert not words.is_no_name(typed), typed


def test_levels_of_an_address() -> None:
    assert words.levels("Kab. Wonosobo, kec Kertek") == {"district": "wonosobo", "kecamatan": "kertek"}
    assert words.levels("Kertek kabupaten") == {"": "kertek", "district": ""}
    assert words.levels("dsn Krajan desa Lipursari") == {"village": "krajan lipursari"}
    assert words.levels("Wonosobo") == {"": "wonosobo"}


def test_restart() -> None:
    assert all(map(words.restart, ["mulai baru", "ulang dari awal", "start over", "dari awal", "Mulai baru ya kak"]))
    assert not any(map(words.restart, ["mulai", "awal bulan", "", "baru pulang", "baru", "ulang"]))


VILLAGES = [
    ["Sakra"], ["Sakra Timur"], ["Kota Baru", "Kotabaru"], ["Wadaslintang"], ["Suwela", "Suela"], ["Balaweling I"],
    ["Balaweling II"], ["Kaliwiro"], ["Kalikajar"], ["Klari"],
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sakra", [0]), ("SAKRA TIMUR", [1]), ("kec. sakra timur kak", [1]), ("kotabaru", [2]), ("kota baru", [2]),
        ("wadas", [3]), ("wodaslintang", [3]), ("suela", [4]), ("Balaweling II", [6]), ("balaweling i", [5]),
        ("kali", [7, 8]), ("kaliwro", [7]), ("timur", [1]), ("klri", [9]), ("kla", [9]), ("kxa", []), ("xyz", []),
        ("", []), ("tidak sakra", []), ("kotabaruu", [2]),
    ],
)  # fmt: skip
def test_find_tolerantly(typed: str, found: list[int]) -> None:
    assert words.find(typed, VILLAGES, tolerant=True) == found


def test_short_names_allow_no_typo() -> None:
    assert words.find("hl", [["hk"]], tolerant=True) == []
    assert words.find("sgx", [["sgp"]], tolerant=True) == []


CONSENT = [["Setuju", "Agree"], ["Tidak setuju", "Do not agree"], ["Mau tanya dulu"]]


def test_a_negation_is_never_lost() -> None:
    for typed in ["tidak setuju", "gak setuju", "tidka setuju", "saya tidak setuju", "jangan setuju", "do not agree",
                  "tdk setujuu"]:  # fmt: skip
        assert 0 not in words.find(typed, CONSENT, tolerant=True), typed
    assert words.find("setuju", [CONSENT[1]], tolerant=True) == []
    for typed in ["setuju", "Setuju.", "setuju kak"]:
        assert words.find(typed, CONSENT, tolerant=False) == [0], typed
    for typed in ["setuju aja lah nanti", "stuju", "setu", "saya setuju", "ya"]:
        assert words.find(typed, CONSENT, tolerant=False) == [], typed
    assert words.find("iya kak setuju", [["Iya setuju"], ["Tidak setuju"]], tolerant=False) == [0]
    assert words.find("iya kak tidak setuju", [["Iya setuju"], ["Setuju"]], tolerant=False) == []


@given(st.sampled_from(sorted(vocabulary.VOCABULARY.negations)), st.text(max_size=12))
def test_no_negated_text_means_the_bare_word(negation: str, more: str) -> None:
    assert 0 not in words.find(f"{negation} setuju {more}", CONSENT[:1], tolerant=True)


def test_id_numbers_are_recognised() -> None:
    for typed in [
        "3307044505909999", "3307 0445 0590 9999", "NIK saya 3307.04.450590.9999 ya", "33070445-0590-9999",
        "３３０７０４４５０５９０９９９９", "KTP:3307044505909999", "3307044505909999 3307044505901111",
        "33O7044505909999",
        "33 07 04 45 05 90 99 99",
    ]:  # fmt: skip
        assert words.id_number(typed), typed
    for typed in [
        "081234567890", "+62 812 3456 7890", "0062 812 3456 78901", "330704450590999", "33070445059099991",
        "12-03-1979",
        "WSB-7K4M9-C", "", "empat ratus", "33.07.04.1015",
    ]:  # fmt: skip
        assert not words.id_number(typed), typed


def test_mask_leaves_no_long_number() -> None:
    assert words.mask("nik 3307 0445 0590 9999, hp 0812-3456-7890, umur 46") == "nik …, hp …, umur 46"


@given(st.text(max_size=80))
@settings(max_examples=400)
def test_folding_is_stable_and_nothing_raises(text: str) -> None:
    folded = words.fold(text)
    assert words.fold(folded) == folded
    assert " ".join(folded.split()) == folded
    reads: tuple[Callable[[str], object], ...] = (
        words.intent, words.yes, words.number, words.numbers, words.change, words.restart, words.is_salam, words.is_all,
        words.is_nothing, words.is_still, words.is_this, words.id_number, words.mask, words.changes, words.asks,
        words.wonders, words.declines, words.is_same, words.is_no_name, words.levels, words.orders_change,
    )  # fmt: skip
    for read in reads:
        read(text)
    words.find(text, VILLAGES, tolerant=True)


@given(st.sampled_from([one for one, _ in ALL_TYPED]), st.sampled_from(["kak", "ya bu", "dong", "pak 🙏", "!"]))
def test_politeness_changes_no_command(typed: str, polite: str) -> None:
    if words.fold(typed) not in ("#", "-", "🙏", "0"):
        assert words.intent(f"{typed} {polite}") == words.intent(typed)


def test_no_word_has_two_meanings(tmp_path: Path) -> None:
    text = (Path(vocabulary.__file__).parent.parent / "data" / "words.toml").read_text(encoding="utf-8")
    broken = tmp_path / "words.toml"
    broken.write_text(text.replace('leave = ["keluar"', 'leave = ["stop"'), encoding="utf-8")
    with pytest.raises(ValueError, match="'stop' stands under intents"):
        vocabulary.read(broken)
