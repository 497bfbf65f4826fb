"""The words that open conversations, and the codes that come with a link."""

from __future__ import annotations

import pytest

from bot import references
from bot.repertoire import load
from bot.turns.hearing import Ears

ears = Ears(load())
COORDINATOR = (("coordinator", "33.07"),)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/start", "menu"),
        ("/start a3307010101900001", "menu"),
        ("Halo (nik-3307010101900001)", None),
        ("/start poe-larantuka", "source:poe-larantuka"),
        ("/start <b>", "menu"),
        ("Halo (poe-larantuka)", "source:poe-larantuka"),
        ("Halo Pijar (poe-larantuka)", "source:poe-larantuka"),
        ("assalamualaikum kak (rt05) ", "source:rt05"),
        ("Hello (poe-larantuka)", "source:poe-larantuka"),
        ("Halo (kak)", "greeting"),
        ("Halo (WSB-7K4M9-C)", None),
        ("Halo (poe-larantuka) (poe-x)", None),
        (f"Halo ({'a-' * 33})", None),
        ("nama saya Peserta (rt-05)", None),
        ("menu", "open:menu"),
        ("halo kak", "greeting"),
        ("P", "greeting"),
        ("daftar", "open:enrol"),
        ("/daftar", "open:enrol"),
        ("/data_saya", "open:my_data"),
        ("data saya", "open:my_data"),
        ("cek petugas PTG-7K4M", "open:officer PTG-7K4M"),
        ("saya berhenti kerja tahun 2019", None),
        ("uang kembali", None),
        ("mulai baru", "restart"),
        ("english", "language:en"),
    ],
)
def test_what_anybody_may_say(text: str, heard: str | None) -> None:
    assert ears.hear(text) == heard


@pytest.mark.parametrize("text", ["jam 10", "Jam 5 sore", "pukul 10"])
def test_an_hour_is_an_answer_and_not_the_hours_of_the_mart(text: str) -> None:
    assert ears.hear(text) is None
    assert ears.hear(text, [("mart", "33.07")]) is None
    assert ears.hear("jam", [("mart", "33.07")]) == "open:mart_hours"
    assert ears.hear("jam", []) == "open:mart"


@pytest.mark.parametrize("text", ["/cek WSB-7K4M9-C", "cek WSB-7K4M9-C", "check Siti", "antrean", "/queue"])
def test_staff_words_are_heard_from_staff_only(text: str) -> None:
    assert (ears.hear(text, COORDINATOR) or "").startswith("open:staff_")
    assert not (ears.hear(text) or "").startswith("open:staff_")


def test_an_invitation_is_told_from_other_codes() -> None:
    token = "ptg_" + "a" * 32
    assert ears.hear(f"/start {token}") == f"open:staff_join {token}"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("batalkan PGM-7K4MA", "open:announce_cancel PGM-7K4MA"),
        ("/batalkan pgm 7k4ma", "open:announce_cancel PGM-7K4MA"),
        ("batal pengumuman", "open:announce_cancel"),
        ("jeda PGM-7K4MA", "open:announce_pause PGM-7K4MA"),
        ("resume PGM-7K4MA", "open:announce_resume PGM-7K4MA"),
        ("ubah PGM-7K4MA", "open:announce_change PGM-7K4MA"),
        ("setujui PGM-7K4MA", "open:announce_approve PGM-7K4MA"),
        ("batal", "cancel"),
    ],
)
def test_a_number_tells_what_the_words_before_it_are_about(text: str, heard: str) -> None:
    assert ears.hear(text, COORDINATOR) == heard
    assert not (ears.hear(text) or "").startswith("open:announce")


@pytest.mark.parametrize(
    ("text", "anybody", "staff"),
    [
        ("cek pengumuman PGM-7K4MA", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("cek pgm 7k4ma", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("Apa benar pgm-7k4ma?", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("is PGM-7K4MA real?", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("PGM-7K4MA ini bener kak?", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("stop PGM-7K4MA", "stop", "open:announce_cancel PGM-7K4MA"),
        ("berhenti pgm-7k4ma kak", "stop", "open:announce_cancel PGM-7K4MA"),
        ("hentikan PGM-7K4MA", None, "open:announce_cancel PGM-7K4MA"),
        ("umumin dong kak", None, "open:announce"),
        ("buat pengumuman", None, "open:announce"),
        ("jangan kirim pengumuman", "stop", "stop"),
        ("check announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA", "open:check_announcement PGM-7K4MA"),
        ("pgm 7k4ma kak", "open:check_announcement PGM-7K4MA", "open:announcements PGM-7K4MA"),
        ("/pengumuman PGM-7K4MA", "open:check_announcement PGM-7K4MA", "open:announcements PGM-7K4MA"),
        ("cek pengumuman 7k4ma", "open:check_announcement 7k4ma", "open:check_announcement 7k4ma"),
        ("pengumuman", "open:updates", "open:announcements"),
        ("koreksi pgm 7k4ma", None, "open:announce_correct pgm 7k4ma"),
        ("jeda PGM-7K4MA ya", None, "open:announce_pause PGM-7K4MA"),
        ("jeda", None, None),
        ("batal", "cancel", "cancel"),
        ("lanjut", "next", "next"),
        ("saya sudah baca PGM-7K4MA tapi belum paham", None, None),
    ],
)
def test_words_with_the_number_of_an_announcement_mean_it(text: str, anybody: str | None, staff: str | None) -> None:
    assert ears.hear(text) == anybody
    assert ears.hear(text, COORDINATOR) == staff


CERTIFIED = references.new("PIA", lambda most: 5 % most)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        (CERTIFIED, True),
        (CERTIFIED.lower().replace("-", " "), True),
        (f"tolong cek piagam {CERTIFIED}", True),
        (f"/cek {CERTIFIED}", True),
        (f"certificate {CERTIFIED}", True),
        (f"piagam saya hilang, kodenya tadinya {CERTIFIED} kalau tidak lupa", False),
        (f"{CERTIFIED[:-1]}{'A' if CERTIFIED[-1] != 'A' else 'C'}", False),
        ("pia", False),
    ],
)
def test_the_code_of_a_certificate_is_checked_whatever_stands_beside_it(text: str, heard: bool) -> None:
    assert (ears.hear(text) == f"open:certificate {CERTIFIED}") == heard


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("stop tips", "open:series_end"), ("Stop Tips!", "open:series_end"), ("/stop tips", "open:series_end"),
        ("berhenti langganan tips", "open:series_end"), ("stop", "stop"), ("berhenti langganan", "stop"),
        ("langganan tips", "open:series"), ("langganan", "resume"), ("hemat", "open:sparing"),
        ("gambar", "open:picture"), ("tips", "open:tips"),
    ],
)  # fmt: skip
def test_words_of_the_series_and_of_saving_data(text: str, opens: str) -> None:
    assert ears.hear(text) == opens


@pytest.mark.parametrize("text", ["jam 10", "catat 2", "mart 3", "tahun 2019"])
def test_a_figure_behind_a_word_that_weighs_sentences_opens_nothing(text: str) -> None:
    assert ears.hear(text) is None


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("saya dipukul suami", "open:emergency"), ("kak tolong saya diancam majikan", "open:emergency"),
        ("my husband beats me", "open:emergency"), ("KDRT", "open:emergency"), ("/dipukul", None),
        ("apa dipukul itu kekerasan?", None), ("sambal digeprek", None), ("jangan chat saya lagi", "stop"),
        ("promo apa hari ini", "open:promos"), ("kapan buka?", "open:mart"), ("mau belajar usaha", "open:learn"),
    ],
)  # fmt: skip
def test_danger_is_heard_wherever_somebody_is(text: str, opens: str | None) -> None:
    assert ears.hear(text) == opens
