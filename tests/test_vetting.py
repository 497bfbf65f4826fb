"""What is kept of a file that somebody sends, and what is not."""

from __future__ import annotations

import time
from io import BytesIO

import pytest
from PIL import Image

from bot import vetting
from bot.vetting import NotKept, vet
from tests.pictures import PDF, SECRET, SVG, bomb, photo, see_through

BOTH = ("photo", "document")


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_photo_is_kept_without_what_was_hidden_in_it() -> None:
    given = photo(900, 600)
    assert SECRET.encode() in given
    assert opened(given).getexif().get_ifd(0x8825)
    made, kept = vet(given, BOTH)
    assert SECRET.encode() not in made
    assert not opened(made).getexif()
    assert b"Exif" not in made
    assert not {"comment", "exif", "icc_profile"} & opened(made).info.keys()
    assert (kept.kind, kept.type, kept.width, kept.height) == ("photo", "image/jpeg", 900, 600)
    assert kept.size == len(made)
    assert kept.id.endswith(".jpg")


def test_a_photo_stands_upright_and_is_made_small() -> None:
    made, kept = vet(photo(4000, 3000, orientation=6), BOTH)
    assert (kept.width, kept.height) == (1200, 1600)
    assert opened(made).size == (1200, 1600)
    assert len(made) < vetting.SMALL


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_pictures_become_a_jpeg(form: str) -> None:
    made, kept = vet(photo(form=form), BOTH)
    assert opened(made).format == "JPEG"
    assert kept.type == "image/jpeg"


def test_what_is_see_through_becomes_white() -> None:
    made, _ = vet(see_through(), BOTH)
    corner = opened(made).getpixel((2, 2))
    assert isinstance(corner, tuple)
    assert min(corner) > 240


def test_even_noise_becomes_small() -> None:
    made, kept = vet(photo(1200, 1200, noise=True), BOTH)
    assert len(made) <= vetting.SMALL
    assert max(kept.width, kept.height) >= 800


def test_a_pdf_is_kept_as_it_is_under_its_name() -> None:
    made, kept = vet(PDF, BOTH, r"C:\berkas\Undangan RAT <2026>.pdf")
    assert (made, kept.kind, kept.type, kept.name) == (PDF, "document", "application/pdf", "Undangan RAT 2026")
    for number in ("3307 0101 0190 0001", "3307_0101_0190_0001", "33.07 - 01 (0101900001)"):
        assert vet(PDF, BOTH, f"KTP {number}.pdf")[1].name == "", "no number of anybody"


@pytest.mark.parametrize(
    ("data", "wanted", "reason"),
    [
        pytest.param(b"Selamat pagi, ini tulisan.", BOTH, "file_type", id="words called .jpg"),
        pytest.param(SVG, BOTH, "file_type", id="an SVG"),
        pytest.param(b"", BOTH, "file_type", id="nothing"),
        pytest.param(b"\x00\x00\x00\x18ftypmp42" + bytes(64), BOTH, "file_type", id="a video"),
        pytest.param(b"GIF89a" + bytes(64), BOTH, "file_type", id="a GIF"),
        pytest.param(b"PK\x03\x04" + bytes(64), BOTH, "file_type", id="an archive"),
        pytest.param(PDF, ("photo",), "file_type", id="a document where a photo is wanted"),
        pytest.param(b"%PDF-1.4 nothing more", BOTH, "file_broken", id="half a document"),
        pytest.param(photo()[:2000], BOTH, "file_broken", id="half a photo"),
        pytest.param(b"\xff\xd8\xff" + b"x" * 500, BOTH, "file_broken", id="words that begin like a photo"),
        pytest.param(photo(2000, 40), BOTH, "file_broken", id="a line"),
        pytest.param(photo() + bytes(5 * 1024**2), BOTH, "file_large", id="more than five megabytes"),
        pytest.param(bomb(), BOTH, "file_large", id="a bomb"),
    ],
)
def test_what_is_not_kept(data: bytes, wanted: tuple[str, ...], reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(NotKept) as caught:
        vet(data, wanted)
    assert caught.value.reason == reason
    assert time.monotonic() - began < 0.5
