"""Neutral markup: what authors write renders, what people typed does nothing, long texts lose nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import markup
from bot.messages import Button

JOINER = "\u2060"
# Texts that have much of what matters.
typed = st.text(st.sampled_from("*_~`\\<>&-.•1 aB\n/:#") | st.characters(exclude_categories=["Cs"]), max_size=80)
pieces = st.lists(
    st.sampled_from(
        ["*tebal*", "_miring_", "*tebal _miring_ lagi*", "kata", "data_saya", "\\*", "\\_", "https://x.id/a_b", "<&>",
         "🙂", "\\", " ", " ", "\n", "\n\n", "• butir", "*", "_", "3 * 4"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


class Strict(HTMLParser):
    """Fails where Telegram would: on a tag that is not closed in order, or is not one of ours."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.tags = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in ("b", "i")
        assert not attrs
        self.open.append(tag)
        self.tags += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> Strict:
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert not parser.open
    assert not re.search(r"&(?!amp;|lt;|gt;)", html)
    return parser


@pytest.mark.parametrize(
    ("neutral", "telegram", "whatsapp", "plain"),
    [
        ("Halo", "Halo", "Halo", "Halo"),
        ("*Halo* Ibu", "<b>Halo</b> Ibu", "*Halo* Ibu", "Halo Ibu"),
        ("(_ya_)", "(<i>ya</i>)", "(_ya_)", "(ya)"),
        ("*a _b_ c*", "<b>a <i>b</i> c</b>", "*a _b_ c*", "a b c"),
        ("_*a*_", "<i><b>a</b></i>", "_*a*_", "a"),
        ("• satu\n• dua", "• satu\n• dua", "• satu\n• dua", "• satu\n• dua"),
        ("3 * 4 * 5", "3 * 4 * 5", f"3 *{JOINER} 4 *{JOINER} 5", "3 * 4 * 5"),
        ("data_saya_itu", "data_saya_itu", f"data_{JOINER}saya_{JOINER}itu", "data_saya_itu"),
        ("*satu\ndua*", "*satu\ndua*", f"*{JOINER}satu\ndua*{JOINER}", "*satu\ndua*"),
        (r"\*bukan\*", "*bukan*", f"*{JOINER}bukan*{JOINER}", "*bukan*"),
        (r"*a\*b*", "<b>a*b</b>", f"*a*{JOINER}b*", "a*b"),
        ("a < b & c", "a &lt; b &amp; c", "a < b & c", "a < b & c"),
        ("~a~ `b`", "~a~ `b`", f"~{JOINER}a~{JOINER} `{JOINER}b`{JOINER}", "~a~ `b`"),
        ("https://t.me/p_bot?a=1&b=_2", "https://t.me/p_bot?a=1&amp;b=_2", "https://t.me/p_bot?a=1&b=%5F2",
         "https://t.me/p_bot?a=1&b=_2"),
        ("*https://t.me/p_bot*", "<b>https://t.me/p_bot</b>", "*https://t.me/p_bot*", "https://t.me/p_bot"),
        ("\\", "\\", "\\", "\\"),
        ("a\\\nb", "a\\\nb", "a\\\nb", "a\\\nb"),
    ],
)  # fmt: skip
def test_neutral_markup_renders(neutral: str, telegram: str, whatsapp: str, plain: str) -> None:
    assert markup.telegram(neutral) == telegram
    assert markup.whatsapp(neutral) == whatsapp
    assert markup.plain(neutral) == plain


@pytest.mark.parametrize(
    ("text", "whatsapp"),
    [
        ("- satu", f"-{JOINER} satu"),
        ("a\n> b", f"a\n>{JOINER} b"),
        ("1. a\n 2) b", f"1.{JOINER} a\n 2){JOINER} b"),
        ("* a", f"*{JOINER} a"),
        ("Rp12.000", "Rp12.000"),
        ("12.000", "12.000"),
        ("10-12", "10-12"),
        ("*123#", f"*{JOINER}123#"),
        ("https://x.id/a_b/_c", "https://x.id/a_b/%5Fc"),
        ("https://x.id/\\a", "https://x.id/\\a"),
    ],
)
def test_what_people_type_is_text(text: str, whatsapp: str) -> None:
    assert markup.whatsapp(markup.escape(text)) == whatsapp
    assert markup.plain(markup.escape(text)) == text


@settings(deadline=None)
@given(typed)
def test_escaped_text_is_inert(text: str) -> None:
    escaped = markup.escape(text)
    assert markup.plain(escaped) == text
    html = parsed(markup.telegram(escaped))
    assert html.tags == 0
    assert html.text == text
    for marker in re.finditer(r"[*_~`]", re.sub(r"https?://\S+", "", markup.whatsapp(escaped))):
        assert marker.string[marker.end() : marker.end() + 1] == JOINER
    for line in markup.whatsapp(escaped).split("\n"):
        assert not re.match(r"\s*(?:[-*>] |\d+[.)] )", line)


@settings(deadline=None)
@given(typed, typed)
def test_escaped_text_is_inert_inside_a_template(one: str, two: str) -> None:
    first, second = markup.escape(one), markup.escape(two)
    html = parsed(markup.telegram(f"Halo {first}, *nama* {second} _ya_"))
    assert html.tags == 2
    assert html.text == f"Halo {one}, nama {two} ya"
    bold = parsed(markup.telegram(f"*a{first}b*"))
    assert bold.tags == ("\n" not in one)


@settings(deadline=None)
@given(pieces)
def test_telegram_always_parses(neutral: str) -> None:
    assert parsed(markup.telegram(neutral)).text == markup.plain(neutral)


def words(text: str) -> str:
    return re.sub(r"\s+", "", text)


@settings(deadline=None, max_examples=150)
@given(pieces, st.integers(12, 60))
def test_parts_fit_and_lose_nothing(neutral: str, limit: int) -> None:
    for length in (markup.telegram_length, markup.whatsapp_length):
        parts = markup.split(neutral, limit, length)
        assert all(length(part) <= limit for part in parts)
        assert words("".join(markup.plain(part) for part in parts)) == words(markup.plain(neutral))
        for part in parts:
            parsed(markup.telegram(part))


@settings(deadline=None, max_examples=100)
@given(typed, st.integers(12, 30))
def test_parts_of_what_people_typed_are_inert(text: str, limit: int) -> None:
    parts = markup.split(markup.escape(text), limit, markup.telegram_length)
    assert all(parsed(markup.telegram(part)).tags == 0 for part in parts)
    assert words("".join(markup.plain(part) for part in parts)) == words(text)


def test_a_cut_closes_and_opens_what_is_bold() -> None:
    assert markup.split("*aaa bbb _ccc ddd_ eee fff*", 10, markup.telegram_length) == [
        "*aaa bbb*",
        "*_ccc ddd_*",
        "*eee fff*",
    ]


def test_runs_side_by_side_stay_two() -> None:
    assert markup.split("*_miring__miring_**tebal*", 12, markup.telegram_length) == ["*_miring__miring_*", "*tebal*"]


def test_paragraphs_are_kept_together() -> None:
    text = "satu dua\ntiga\n\nempat lima\n\nenam"
    assert markup.split(text, 16, markup.telegram_length) == ["satu dua\ntiga", "empat lima\n\nenam"]


def test_a_long_text_is_split_quickly_and_to_the_brim() -> None:
    text = "*" + "kata " * 4000 + "akhir*"
    parts = markup.split(text, markup.TELEGRAM_LIMIT, markup.telegram_length)
    assert len(parts) == 5
    assert [markup.telegram_length(part) for part in parts[:4]] == [4094, 4094, 4094, 4094]


def test_length_counts_as_the_channels_do() -> None:
    assert markup.telegram_length("*🙂* &") == 4
    assert markup.whatsapp_length("*🙂* \\*") == 7


def test_options_are_numbered_lines() -> None:
    options = (Button("a", "Setuju"), Button("b", "Data_saya", "lihat *semua*"))
    assert markup.numbered(options) == "1. Setuju\n2. Data\\_saya – lihat \\*semua\\*"
    assert markup.numbered(()) == ""
