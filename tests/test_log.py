"""The log shows no personal data and no secret, whoever writes the line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import log

# Made up, but of the right form.
TOKEN = "1234567890:AAdummydummydummydummydummydummydum"
SECRET = "dummy-secret-of-thirty-two-letters"
PHONES = ("+62 812-0000-1111", "+6281200001111", "081200001111", "0812 0000 1111", "62812000011112", "+852 5555 0000")
SIXTEEN = ("3307014101900001", "3307 0141 0190 0001", "3307-0141-0190-0001", "3307.0141.0190.0001")
LEAKS = (*PHONES, *SIXTEEN, TOKEN, SECRET, "siti.contoh@example.org", "ID.4566012345678901", "whatsapp:+6281200001111")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("info", "json", [SECRET], stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    for name in log.CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("leak", LEAKS)
def test_nothing_leaks_from_any_place_of_a_line(written: io.StringIO, leak: str) -> None:
    logger = structlog.get_logger("bot.test")
    logger.info(f"event about {leak}")
    logger.info("event", detail=f"x {leak}, y", deep={"list": [{"inner": leak}], leak: 1}, pair=(leak,))
    logging.getLogger("aiohttp.server").warning("request from %s failed", leak)
    logging.getLogger("other").info("a", extra={"thing": leak})
    try:
        raise ValueError(f"cannot send to {leak}")
    except ValueError:
        logger.exception("failed")
        logging.getLogger("telegram.ext").exception("failed %s", "here")
    assert len(lines(written)) == 6
    assert leak not in written.getvalue()
    assert leak.removeprefix("whatsapp:") not in written.getvalue()


def test_values_under_personal_keys_are_never_written(written: io.StringIO) -> None:
    structlog.get_logger().info("event", full_name="Siti Contoh", text="halo", person=7, nested={"Nama": "Siti Contoh"})
    line = lines(written)[0]
    assert (line["full_name"], line["text"], line["nested"]["Nama"], line["person"]) == (
        log.MASK,
        log.MASK,
        log.MASK,
        7,
    )


def test_numbers_that_are_integers_are_masked_too(written: io.StringIO) -> None:
    structlog.get_logger().info("event", a=3307014101900001, b=6281200001111)
    line = lines(written)[0]
    assert (line["a"], line["b"]) == (log.MASK, log.MASK)


@pytest.mark.parametrize(
    "harmless",
    ["tg:123456789:987654321", "wa:SM0123456789abcdef0123456789abcdef", "2026-11-23T05:20:00.123456Z", "127.0.0.1:8080",
     "WSB-7K4M9-C", "conversations/enrol.py:42", "took 0.123 s", "20:00-07:00", "v1.2.3", "3 of 15"],
)  # fmt: skip
def test_what_is_needed_stays(written: io.StringIO, harmless: str) -> None:
    structlog.get_logger().info("event", detail=harmless)
    assert lines(written)[0]["detail"] == harmless


def test_times_and_counts_stay(written: io.StringIO) -> None:
    structlog.get_logger().info("event", at=1795411200123, count=1000, ok=True, share=0.5, none=None)
    line = lines(written)[0]
    assert (line["at"], line["count"], line["ok"], line["share"], line["none"]) == (
        1795411200123,
        1000,
        True,
        0.5,
        None,
    )
    assert line["level"] == "info"
    assert line["timestamp"].startswith("20")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"https://api.telegram.org/bot{TOKEN}/sendMessage", "AAdummy"),
        ("postgresql+asyncpg://pijar:hunter2secret@db/pijar", "hunter2"),
        ("Authorization: Basic QUMwMDAwOmR1bW15", "QUMw"),
        ("https://x.example/media/1?sig=abcdefgh12345678", "abcdefgh"),
        ("INSERT failed\n[parameters: ('Siti Contoh', 'Desa Contoh')]\n(Background)", "Siti"),
    ],
)
def test_secrets_inside_texts_are_masked(text: str, gone: str) -> None:
    assert gone not in log.Redactor().text(text)


def test_the_level_and_the_text_format(written: io.StringIO) -> None:
    stream = io.StringIO()
    log.configure("warning", "text", [], stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", phone=PHONES[0], detail=PHONES[1])
    try:
        hidden = PHONES[2]
        raise ValueError(f"cannot send to {hidden}")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "Traceback" in stream.getvalue()
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
    assert not any(phone in stream.getvalue() for phone in PHONES)


def test_a_line_holds_what_was_logged_and_nothing_of_the_machinery(written: io.StringIO) -> None:
    structlog.get_logger("bot.test").info("event", count=1)
    assert json.loads(written.getvalue()).keys() == {"event", "level", "timestamp", "count"}


def test_a_fault_is_told_by_type_and_place_and_not_by_what_somebody_wrote() -> None:
    try:
        raise KeyError("Siti Contoh")
    except KeyError as fault:
        told = log.place(fault)
    assert told.startswith("KeyError at test_log.py:")
    assert "Siti" not in told
