"""When nobody is written to unasked: at night, and for what goes to many in the hours of prayer of a place, too."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.clockwork.quiet import Quiet
from bot.questions import places
from bot.records.letting_go import Limits
from bot.tables import BadData

QUIET = Quiet((time(20), time(7)))
WONOSOBO, FLORES = "33.07", "53.06"
# 2026-11-27 is a Friday.
CASES = [
    (WONOSOBO, "2026-11-26 17:29", "2026-11-26 17:29"),
    (WONOSOBO, "2026-11-26 17:30", "2026-11-26 19:00"),
    (WONOSOBO, "2026-11-26 12:00", "2026-11-26 12:00"),
    (WONOSOBO, "2026-11-27 12:00", "2026-11-27 13:00"),
    (WONOSOBO, "2026-11-27 20:00", "2026-11-28 07:00"),
    (FLORES, "2026-11-27 18:00", "2026-11-27 18:00"),
    (FLORES, "2026-11-28 22:00", "2026-11-29 11:00"),
    ("99.99", "2026-11-27 12:00", "2026-11-27 12:00"),
]


def moment(written: str, district: str) -> int:
    """Local time there as UTC milliseconds."""
    return int(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(places.zone(district))).timestamp() * 1000)


@pytest.mark.parametrize(("district", "now", "until"), CASES)
def test_what_goes_to_many_waits_for_the_prayers_of_a_place(district: str, now: str, until: str) -> None:
    assert QUIET.for_many(moment(now, district), district) == moment(until, district)


def test_where_there_are_no_quiet_hours_nothing_waits() -> None:
    at = moment("2026-11-27 12:00", WONOSOBO)
    assert Quiet((time(0), time(0))).for_many(at, WONOSOBO) == at
    assert Limits(quiet=(time(0), time(0))).waits(at, WONOSOBO) is None


def test_what_is_somebodys_own_waits_for_the_night_alone() -> None:
    at = moment("2026-11-27 12:00", WONOSOBO)
    assert QUIET.until(at, WONOSOBO) == at


@pytest.mark.parametrize("written", ["17.30-19.00", "19:00-17:30", "friday 11:30-13:00", "25:00-26:00", 5])
def test_hours_that_cannot_be_read_are_told_with_what_to_write(written: object) -> None:
    with pytest.raises(BadData, match="fri 11:30-13:00"):
        places._rest(Path("districts.toml"), "districts[0].rests", written)
