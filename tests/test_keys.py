"""Keys: what is sealed opens only for whom it should, through a change of secrets too."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import keys
from bot.keys import Keys, Undecipherable

OLD, NEW = "dummy-old-secret-dummy-old-secret-", "dummy-new-secret-dummy-new-secret-"
PHONE = "+620000000000"


@settings(deadline=None)
@given(st.text(max_size=50), st.text(max_size=10))
def test_what_is_encrypted_comes_back(text: str, about: str) -> None:
    ring = Keys([NEW])
    sealed = ring.encrypt(text, about)
    assert ring.decrypt(sealed, about) == text
    assert len(text) < 4 or text not in sealed


def test_equal_texts_are_not_seen_to_be_equal() -> None:
    ring = Keys([NEW])
    assert ring.encrypt(PHONE, "phone") != ring.encrypt(PHONE, "phone")


def test_a_value_opens_only_for_what_it_is_about() -> None:
    ring = Keys([NEW])
    with pytest.raises(Undecipherable):
        ring.decrypt(ring.encrypt(PHONE, "phone"), "ticket")


@pytest.mark.parametrize(
    "broken", ["", "x", "zzzzzzzz.AAAA", "{id}.", "{id}.%%%", "{id}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
def test_garbage_is_told_as_such(broken: str) -> None:
    ring = Keys([NEW])
    name = ring.encrypt("", "x").partition(".")[0]
    with pytest.raises(Undecipherable) as caught:
        ring.decrypt(broken.format(id=name), "x")
    assert PHONE not in str(caught.value)


def test_an_altered_value_does_not_open() -> None:
    ring = Keys([NEW])
    sealed = ring.encrypt(PHONE, "phone")
    other = "A" if sealed[20] != "A" else "B"
    with pytest.raises(Undecipherable):
        ring.decrypt(sealed[:20] + other + sealed[21:], "phone")


def test_secrets_can_be_changed() -> None:
    before, during, after = Keys([OLD]), Keys([NEW, OLD]), Keys([NEW])
    old = before.encrypt(PHONE, "phone")
    assert during.decrypt(old, "phone") == PHONE
    assert not during.current(old)
    new = during.encrypt(during.decrypt(old, "phone"), "phone")
    assert during.current(new)
    assert after.decrypt(new, "phone") == PHONE
    with pytest.raises(Undecipherable, match="taken out too early"):
        after.decrypt(old, "phone")
    assert before.index("phone", PHONE) in during.indexes("phone", PHONE)
    assert during.index("phone", PHONE) == after.index("phone", PHONE) == during.indexes("phone", PHONE)[0]
    assert during.verify("link", "a", before.sign("link", "a"))
    assert not after.verify("link", "a", before.sign("link", "a"))


def test_an_index_is_equal_for_equal_texts_of_one_purpose() -> None:
    ring = Keys([NEW])
    assert ring.index("nik", "0000000000000000") == ring.index("nik", "0000000000000000")
    assert ring.index("nik", "0000000000000000") != ring.index("phone", "0000000000000000")
    assert ring.index("a", "b\0c") != ring.index("a\0b", "d")
    assert len(ring.index("nik", "0")) == 32


def test_a_signature_is_for_one_text_and_purpose() -> None:
    ring = Keys([NEW])
    signature = ring.sign("media", "file-1")
    assert len(signature) == 16
    assert signature.isalnum()
    assert signature == signature.lower()
    assert ring.verify("media", "file-1", signature)
    assert not ring.verify("media", "file-2", signature)
    assert not ring.verify("invite", "file-1", signature)
    assert not ring.verify("media", "file-1", signature[:-1] + ("a" if signature[-1] != "a" else "b"))
    for wrong in ("", "a", "é" * 16, "a" * 200):
        assert not ring.verify("media", "file-1", wrong)
    assert ring.verify("media", "file-1", ring.sign("media", "file-1", 16))


def test_subkeys_are_hkdf() -> None:
    for purpose in (b"sign", b"index"):
        expected = HKDF(SHA256(), 32, b"pijar", purpose).derive(NEW.encode())
        assert getattr(keys._derived(NEW), purpose.decode()) == expected


def test_no_secret_is_an_error() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Keys([])
