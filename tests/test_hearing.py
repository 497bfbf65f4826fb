"""The words that open conversations, and the codes that come with a link."""

from __future__ import annotations

import pytest

from bot.hearing import Ears
from bot.repertoire import load

ears = Ears(load())
COORDINATOR = (("coordinator", "33.07"),)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/start", "menu"),
        ("/start poe-larantuka", "source:poe-larantuka"),
        ("/start <b>", "menu"),
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


@pytest.mark.parametrize("text", ["/cek WSB-7K4M9-C", "cek WSB-7K4M9-C", "check Siti", "antrean", "/queue"])
def test_staff_words_are_heard_from_staff_only(text: str) -> None:
    assert (ears.hear(text, COORDINATOR) or "").startswith("open:staff_")
    assert not (ears.hear(text) or "").startswith("open:staff_")


def test_an_invitation_is_told_from_other_codes() -> None:
    token = "ptg_" + "a" * 32
    assert ears.hear(f"/start {token}") == f"open:staff_join {token}"
