"""Reference numbers: what is misheard or mistyped is noticed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import references
from bot.references import ALPHABET

RANDOM = random.Random(7)
PREFIXES = ("WSB", "KRW", "LTM", "FLT", "KAB", "XY", "ABCD")
SAMPLE = [references.new(prefix, RANDOM.randrange) for prefix in PREFIXES for _ in range(40)]


def test_the_shape() -> None:
    assert references.new("WSB", lambda below: below - 1).startswith("WSB-YYYYY-")
    assert not set(ALPHABET) & set("01OIL")
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert all(references.read(one) == one for one in SAMPLE)


def test_every_single_wrong_character_is_noticed() -> None:
    for reference in SAMPLE:
        at_body = reference.index("-") + 1
        for at in [*range(at_body, at_body + 5), len(reference) - 1]:
            for char in ALPHABET:
                if char != reference[at]:
                    assert references.read(f"{reference[:at]}{char}{reference[at + 1 :]}") is None


def test_every_exchange_of_neighbours_is_noticed() -> None:
    for reference in SAMPLE:
        prefix, body, check = reference.split("-")
        tail = body + check
        for at in range(5):
            if tail[at] != tail[at + 1]:
                swapped = f"{tail[:at]}{tail[at + 1]}{tail[at]}{tail[at + 2 :]}"
                assert references.read(f"{prefix}-{swapped[:5]}-{swapped[5]}") is None


def test_a_wrong_district_is_noticed() -> None:
    districts = {"WSB", "KRW", "LTM", "FLT"}
    for reference in SAMPLE:
        prefix, rest = reference.split("-", 1)
        for other in districts - {prefix} if prefix in districts else ():
            assert references.read(f"{other}-{rest}") is None


@pytest.mark.parametrize("reference", SAMPLE[::40])
def test_however_it_is_written(reference: str) -> None:
    bare = reference.replace("-", "")
    for typed in [
        reference.lower(), bare, bare.lower(), f" {reference} ", reference.replace("-", " "),
        reference.replace("-", " - "),
        reference.replace("-", "–"), " ".join(bare), f"kode saya {reference} ya kak", f"Nomor: {reference}.",
        reference.replace("-", "/"),
    ]:  # fmt: skip
        assert references.read(typed) == reference, typed


def test_what_looks_alike_is_asked_again() -> None:
    for typed in [
        "WSB-0K4M9-C", "WSB-OK4M9-C", "WSB-1K4M9-C", "W5B-7K4M9-C", "", "WSB", "WSB-7K4M9", "halo kak", "7K4M9-C", "🙏",
        f"{SAMPLE[0]} {SAMPLE[1]}",
    ]:  # fmt: skip
        assert references.read(typed) is None, typed


@given(st.text(max_size=60))
def test_nothing_raises(text: str) -> None:
    found = references.read(text)
    assert found is None or references.read(found) == found


@given(
    st.sampled_from(["WSB", "KRW", "LTM", "FLT"]),
    st.lists(st.integers(0, 22), min_size=5, max_size=5),
    st.integers(0, 5),
    st.integers(1, 22),
)
def test_single_substitutions_at_random(prefix: str, body: list[int], at: int, step: int) -> None:
    values = iter(body)
    bare = references.new(prefix, lambda _: next(values)).replace("-", "")
    at += len(prefix)
    wrong = ALPHABET[(ALPHABET.index(bare[at]) + step) % 23]
    assert references.read(f"{bare[:at]}{wrong}{bare[at + 1 :]}") is None
