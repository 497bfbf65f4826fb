"""Who an announcement is for: counted for the preview, planned as rows, and both are the same."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import queued
from bot.records import audience as asked
from bot.records import counting, people, plans
from bot.records.announcements import Announcement
from bot.records.audience import GONE, HAVE_IT, REASONS, Audience, Part, Query
from bot.records.counting import Counts, Pace, Way
from tests.populace import CHANNELS, HOUR, NUMBER, Chat, Somebody, announce, announced, settle
from tests.rows import NOW

OLD = NOW - 30 * HOUR
"""Outside WhatsApp's window."""
PACE = Pace({"telegram": 29.0, "whatsapp": 80.0}, 250)
BOTH: Mapping[str, Way] = {"id": "template", "en": "knock"}
Until = Callable[[int, str], int]


def at_once(now: int, district: str) -> int:
    return now


@pytest.fixture
def db(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(_memory(database)) as connection:
        yield connection


def _memory(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with closing(sqlite3.connect(database)) as empty:
        empty.backup(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def count(db: sqlite3.Connection, ways: Mapping[str, Way] = BOTH, until: Until = at_once, pace: Pace = PACE) -> Counts:
    return counting.count(db, announced(db), NOW - 60_000, until, ways, channels=CHANNELS, pace=pace)


def plan(db: sqlite3.Connection, size: int = 100, until: Until = at_once, number: str = NUMBER) -> None:
    while not announced(db, number).planned:
        for stretch in plans.read(db, number, NOW, (size, size), channels=CHANNELS, quiet_until=until):
            assert plans.write(db, stretch, NOW) is not None


def rows(db: sqlite3.Connection, *columns: str, number: str = NUMBER) -> list[Any]:
    """These columns of its deliveries, in the order of the people; bare where it is one."""
    query = f"SELECT {', '.join(columns)} FROM deliveries WHERE announcement = ? ORDER BY person_id"
    found = db.execute(query, (number,)).fetchall()
    return [row[0] for row in found] if len(columns) == 1 else found


def who(db: sqlite3.Connection, audience: Audience, **given: Any) -> list[str]:
    """Whom it is for: planned, and thrown away."""
    announce(db, audience, **given)
    plan(db)
    found = rows(db, "person_id")
    db.execute("DELETE FROM announcements")
    return found


# One person once


def test_somebody_with_two_chats_has_one_delivery_where_it_is_free(db: sqlite3.Connection) -> None:
    shut = Chat("w", "whatsapp", wrote=OLD)
    settle(db, [Somebody("p", (shut, Chat("t", wrote=OLD - HOUR)))])
    announce(db)
    plan(db)
    assert rows(db, "person_id", "account_id", "state") == [("p", "t", "waiting")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Chat("b", "whatsapp", wrote=OLD), Chat("a", reachable="blocked")),
        (Chat("b", "whatsapp", wrote=OLD), Chat("a", programme="stopped")),
        (Chat("b", "whatsapp", wrote=OLD), Chat("a", programme="never")),
        (Chat("b", "whatsapp", wrote=NOW - HOUR), Chat("a", wrote=NOW - 2 * HOUR)),
        (Chat("b", "whatsapp", wrote=NOW - HOUR), Chat("a", "whatsapp", wrote=NOW - 2 * HOUR)),
        (Chat("a"), Chat("b")),
        (Chat("b", reachable="blocked"), Chat("a", programme="never")),
    ],
)
def test_of_two_chats_it_is_the_one_that_wants_it_then_the_free_one_then_the_last_used(
    db: sqlite3.Connection, first: Chat, second: Chat
) -> None:
    settle(db, [Somebody("p", (second, first))])
    announce(db)
    plan(db)
    assert rows(db, "account_id") == [first.id]


def test_a_household_with_one_phone_has_one_delivery_and_the_figures_say_so(db: sqlite3.Connection) -> None:
    phone = Chat("t")
    settle(db, [Somebody("p1", (phone,)), Somebody("p2", (phone,)), Somebody("p3", (phone,), district="32.15")])
    announce(db, Audience(("33.07", "32.15")))
    counts = count(db)
    assert (counts.people, counts.free, counts.shared) == (3, 1, 2)
    plan(db)
    assert rows(db, "person_id", "account_id") == [("p3", "t")]
    assert announced(db).counted == {"planned": {"people": 3, "shared": 2, "skipped": {"no_chat": 0}}}


# Why not


def test_every_reason_for_which_somebody_is_left_out(db: sqlite3.Connection) -> None:
    people = {
        "ok": (Chat("1"),), "no_opt_in": (Chat("2", programme="never"),), "stopped": (Chat("3", programme="stopped"),),
        "blocked": (Chat("4", reachable="blocked"),), "invalid": (Chat("5", reachable="invalid"),),
        "unreachable": (Chat("6", reachable="unreachable"),), "no_chat": (), "elsewhere": (Chat("7", "terminal"),),
    }  # fmt: skip
    settle(db, [Somebody(name, chats) for name, chats in people.items()])
    announce(db)
    plan(db)
    expected = {name: name for name in ("no_opt_in", "stopped", "blocked", "invalid", "unreachable")}
    expected |= {"ok": "", "elsewhere": "unreachable"}
    assert dict(rows(db, "person_id", "reason")) == expected
    assert {state for reason, state in rows(db, "reason", "state") if reason} == {"skipped"}
    counts = count(db)
    assert counts.skipped == {
        "no_opt_in": 1, "stopped": 1, "blocked": 1, "invalid": 1, "unreachable": 2, "no_chat": 1,
    }  # fmt: skip
    assert (counts.people, counts.free) == (8, 1)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("event", ["both", "programme"]),
        ("mart_promo", ["both", "mart"]),
        ("safety", ["both", "mart", "programme"]),
        ("tips", []),
    ],
)
def test_a_category_goes_to_whoever_opted_in_to_its_topic(
    db: sqlite3.Connection, category: str, expected: list[str]
) -> None:
    chats = {
        "both": Chat("1"), "programme": Chat("2", mart="never"), "mart": Chat("3", programme="never"),
        "none": Chat("4", programme="never", mart="stopped"),
    }  # fmt: skip
    settle(db, [Somebody(name, (chat,)) for name, chat in chats.items()])
    announce(db, category=category)
    plan(db)
    assert [person for person, state in rows(db, "person_id", "state") if state == "waiting"] == expected


def test_the_stop_of_a_topic_counts_and_not_that_of_another(db: sqlite3.Connection) -> None:
    settle(db, [Somebody("p", (Chat("t", mart="stopped"),))])
    announce(db)
    plan(db)
    assert rows(db, "state") == ["waiting"]


# Where, and who


LIVES = {
    "w": ("33.07", "33.07.04", "33.07.04.1015"), "w2": ("33.07", "33.07.05", ""), "k": ("32.15", "32.15.01", ""),
    "f": ("53.06", "", ""), "elsewhere": ("", "", ""),
}  # fmt: skip


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        (("33.07",), ["w", "w2"]),
        (("33.07.04",), ["w"]),
        (("33.07.04.1015",), ["w"]),
        (("33.07.06",), []),
        (("33.07.05", "33.07.04.1015", "32.15"), ["k", "w", "w2"]),
        (("33",), ["w", "w2"]),
        (("33.07", "53.06"), ["f", "w", "w2"]),
        (("",), ["elsewhere", "f", "k", "w", "w2"]),
        ((), ["elsewhere", "f", "k", "w", "w2"]),
        (("33.0",), []),
    ],
)
def test_only_people_of_its_areas(db: sqlite3.Connection, areas: tuple[str, ...], expected: list[str]) -> None:
    settle(db, [Somebody(name, (Chat(name),), *place) for name, place in LIVES.items()])
    assert who(db, Audience(areas)) == expected


def test_an_audience_lies_within_a_coordinators_areas_or_does_not() -> None:
    assert Audience(("33.07.04", "33.07")).within(("33.07",))
    assert Audience(("33.07",)).within(("",))
    assert not Audience(("33.07", "32.15")).within(("33.07",))
    assert not Audience(("33.07",)).within(("33.07.04",))
    assert not Audience().within(("33.07",))


def test_filters_are_combined(db: sqlite3.Connection) -> None:
    fits = Somebody("fits", (Chat("1", "whatsapp", "en"),), user_type=("family", "returnee"), interests=("a", "b"))
    others = [
        Somebody("other_type", (Chat("2", "whatsapp", "en"),), user_type=("family",), interests=("a",)),
        Somebody("other_wish", (Chat("3", "whatsapp", "en"),), interests=("c",)),
        Somebody("no_wish", (Chat("4", "whatsapp", "en"),)),
        Somebody("not_yet", (Chat("5", "whatsapp", "en"),), interests=("a",), enrolments=(("submitted", NOW),)),
        Somebody(
            "before", (Chat("6", "whatsapp", "en"),), interests=("a",), enrolments=(("verified", 1), ("active", 2))
        ),
        Somebody("not_enrolled", (Chat("7", "whatsapp", "en"),), enrolments=()),
        Somebody("elsewhere", (Chat("8", language="en"),), interests=("a",)),
        Somebody("no_english", (Chat("9", "whatsapp"),), interests=("a",)),
        Somebody("away", (Chat("0", "whatsapp", "en"),), "32.15", interests=("a",)),
        Somebody("no_chat", (), interests=("a",)),
    ]
    settle(db, [fits, *others])
    audience = Audience(("33.07",), ("returnee", "aspiring"), ("verified",), ("a", "z"), "whatsapp", "en")
    assert who(db, audience) == ["fits"]
    announce(db, audience)
    assert count(db).people == 1


def test_whom_the_programme_has_lost_is_in_no_audience(db: sqlite3.Connection) -> None:
    gone = [Somebody(status, (Chat(status),), enrolments=((status, NOW),)) for status in GONE]
    back = Somebody("back", (Chat("back"),), enrolments=(("withdrawn", NOW - 1), ("submitted", NOW)))
    settle(db, [*gone, back])
    assert who(db, Audience()) == ["back"]
    assert who(db, Audience(statuses=("withdrawn", "submitted"))) == ["back"]


def test_not_yet_received_means_neither_they_nor_their_household(db: sqlite3.Connection) -> None:
    phone = Chat("shared")
    settle(db, [Somebody("has", (phone,)), Somebody("same_phone", (phone,)), Somebody("two", (Chat("a"), Chat("b")))])
    settle(db, [Somebody(name, (Chat(name),)) for name in ("failed", "held", "unsure", "never")])
    announce(db, number="PGM-EARLY")
    plan(db, number="PGM-EARLY")
    for state, person in (
        ("sent", "has"),
        ("sent", "two"),
        ("failed", "failed"),
        ("held", "held"),
        ("uncertain", "unsure"),
    ):
        db.execute("UPDATE deliveries SET state = ? WHERE person_id = ?", (state, person))
    db.execute("DELETE FROM deliveries WHERE person_id = 'never'")
    announce(db, Audience(not_received="PGM-EARLY"))
    plan(db)
    assert rows(db, "person_id") == ["failed", "held", "never"]


def test_a_correction_is_for_those_who_have_read_the_wrong_one_and_where(db: sqlite3.Connection) -> None:
    states = {"a": "sent", "b": "uncertain", "c": "failed", "d": "held", "e": "skipped", "f": "sent", "g": "sent"}
    settle(db, [Somebody(name, (Chat(f"chat{name}"), Chat(f"new{name}", wrote=NOW - 1))) for name in states])
    announce(db, number="PGM-WRQNG")
    plan(db, number="PGM-WRQNG")
    for person, state in states.items():
        db.execute("UPDATE deliveries SET state = ? WHERE person_id = ?", (state, person))
    # What has happened since: one has blocked us, one writes elsewhere, one has said stop, one has moved.
    db.execute("UPDATE accounts SET reachable = 'blocked' WHERE id = 'chata'")
    db.execute("UPDATE accounts SET last_inbound_at = last_inbound_at + 9 WHERE id = 'newb'")
    db.execute("UPDATE subscriptions SET paused = true WHERE account_id = 'chatf'")
    db.execute("UPDATE persons SET district = '32.15' WHERE id = 'g'")
    announce(db, Audience(("33.07",)), corrects="PGM-WRQNG")
    counts = count(db)
    plan(db, size=2)
    assert rows(db, "person_id", "account_id", "state", "reason") == [
        ("a", "chata", "skipped", "blocked"), ("b", "chatb", "waiting", ""), ("f", "chatf", "skipped", "stopped"),
        ("g", "chatg", "waiting", ""),
    ]  # fmt: skip
    assert (counts.people, counts.free, counts.skipped) == (4, 2, {"blocked": 1, "stopped": 1})
    assert HAVE_IT == ("sent", "uncertain")


# When


def test_quiet_hours_are_those_of_the_district_and_safety_does_not_wait(db: sqlite3.Connection) -> None:
    settle(db, [Somebody("w", (Chat("1"),)), Somebody("l", (Chat("2"),), "52.03"), Somebody("e", (Chat("3"),), "")])
    later = {"33.07": NOW + HOUR, "": NOW + 2 * HOUR}
    until: Until = lambda now, district: later.get(district, now)  # noqa: E731
    announce(db, Audience())
    plan(db, until=until)
    assert dict(rows(db, "person_id", "due_at")) == {"w": NOW + HOUR, "l": NOW, "e": NOW + 2 * HOUR}
    counts = count(db, until=until)
    assert (counts.people, counts.free, counts.deferred) == (3, 3, 2)
    db.execute("DELETE FROM announcements")
    announce(db, Audience(), category="safety")
    plan(db, until=until)
    assert set(rows(db, "due_at")) == {NOW}
    assert count(db, until=until).deferred == 0


def test_the_window_is_looked_at_for_the_time_when_it_goes(db: sqlite3.Connection) -> None:
    settle(db, [Somebody("p", (Chat("w", "whatsapp", wrote=NOW - 20 * HOUR),))])
    announce(db)
    assert count(db).free == 1
    assert count(db, until=lambda now, district: NOW + 11 * HOUR).template == 1
    assert asked.WINDOW_MS == queued.WINDOW_MS


# The preview


def test_how_each_gets_it_and_who_reads_it_in_indonesian(db: sqlite3.Connection) -> None:
    chats = [
        Chat("1"), Chat("2", language="en"), Chat("3", "whatsapp"), Chat("4", "whatsapp", wrote=OLD),
        Chat("5", "whatsapp", "en", wrote=OLD), Chat("6", "whatsapp", "jv", wrote=OLD),
    ]  # fmt: skip
    settle(db, [Somebody(one.id, (one,)) for one in chats])
    announce(db, texts='{"id": "Halo"}')
    counts = count(db)
    assert (counts.people, counts.free, counts.template, counts.knock, counts.held) == (6, 3, 1, 1, 1)
    assert counts.languages == {"en": 2, "jv": 1}
    assert counts.chats == {"telegram": {"id": 1, "en": 1}, "whatsapp": {"id": 2, "en": 1, "jv": 1}}
    assert counts.districts == {"33.07": 6}
    nothing = count(db, ways={})
    assert (nothing.template, nothing.knock, nothing.held) == (0, 0, 3)
    db.execute("""UPDATE announcements SET texts = '{"id": "Halo", "en": "Hello"}'""")
    assert count(db).languages == {"jv": 1}


def test_an_audience_in_more_districts_than_one_query_has_room_for(db: sqlite3.Connection) -> None:
    districts = [f"{11 + one // 50}.{one % 50 + 1:02}" for one in range(514)]
    settle(db, [Somebody(one, (Chat(one),), one) for one in districts])
    announce(db, Audience(("",)))
    assert (count(db).people, count(db).free) == (514, 514)


def test_how_long_it_takes_and_what_comes_too_late_for_a_promo(db: sqlite3.Connection) -> None:
    settle(db, [Somebody(f"t{number}", (Chat(f"t{number}"),)) for number in range(58)])
    settle(db, [Somebody(f"w{number}", (Chat(f"w{number}", "whatsapp", wrote=OLD),)) for number in range(7)])
    announce(db)
    assert count(db).seconds == 2
    few = count(db, pace=Pace(PACE.rates, 3))
    assert (few.days, few.seconds) == (2, 2 * 24 * 3600)
    db.execute("UPDATE announcements SET category = 'mart_promo', ends_at = ?", (NOW + HOUR,))
    assert (count(db).over, count(db, pace=Pace(PACE.rates, 3)).over) == (0, 4)
    night: Until = lambda now, district: max(now, NOW + 2 * HOUR)  # noqa: E731
    assert count(db, until=night, pace=Pace(PACE.rates, 3)).over == 65


def test_what_was_sent_by_template_today_counts_for_the_day(db: sqlite3.Connection) -> None:
    settle(db, [Somebody(f"w{number}", (Chat(f"w{number}", "whatsapp", wrote=OLD),)) for number in range(4)])
    announce(db, number="PGM-EARLY")
    plan(db, number="PGM-EARLY")
    db.execute(
        "UPDATE deliveries SET state = 'sent', way = 'knock', settled_at = ? WHERE person_id < 'w2'", (NOW - HOUR,)
    )
    announce(db)
    assert count(db, pace=Pace(PACE.rates, 4)).days == 1
    assert count(db, pace=Pace(PACE.rates, 6)).days == 0


def test_an_announcement_to_nobody(db: sqlite3.Connection) -> None:
    announce(db)
    assert count(db) == Counts()
    plan(db)
    assert rows(db, "id") == []


# However the people are


OPT = st.sampled_from(("wanted", "wanted", "stopped", "never"))
CHATS = st.builds(
    Chat, id=st.just(""), channel=st.sampled_from((*CHANNELS, "terminal")), language=st.sampled_from(("id", "en")),
    programme=OPT, mart=OPT, reachable=st.sampled_from(("ok", "ok", "ok", "blocked", "invalid", "unreachable")),
    wrote=st.sampled_from((NOW, NOW - HOUR, OLD, OLD - HOUR)),
)  # fmt: skip
DISTRICTS = ("33.07", "32.15", "")
PEOPLE = st.builds(
    Somebody, id=st.just(""), chats=st.lists(st.integers(0, 7), max_size=3, unique=True),  # which of the chats
    district=st.sampled_from(DISTRICTS), kecamatan=st.sampled_from(("33.07.01", "33.07.02")),
    enrolments=st.dictionaries(st.integers(1, 3), st.sampled_from(("verified", "active", "withdrawn")), max_size=2).map(
        lambda sent: tuple((status, at) for at, status in sent.items())
    ),
    user_type=st.sampled_from((("returnee",), ("family",), ("returnee", "family"))),
)  # fmt: skip
AUDIENCES = st.builds(
    Audience, areas=st.sampled_from(((), ("33.07",), ("33.07.01", "32.15"), ("33.07.02",))),
    user_types=st.sampled_from(((), ("family",))), statuses=st.sampled_from(((), ("active", "verified"))),
    channel=st.sampled_from(("", "", "whatsapp")), language=st.sampled_from(("", "", "en")),
)  # fmt: skip


def _meant(person: Somebody, audience: Audience) -> bool:
    """Whether somebody is in an audience, said in another way than in SQL."""
    status = max(person.enrolments, key=lambda one: one[1])[0] if person.enrolments else ""
    return (
        any(one in ("", person.district, person.kecamatan) for one in audience.areas or ("",))
        and status not in GONE
        and (not audience.statuses or status in audience.statuses)
        and (not audience.user_types or bool(person.enrolments and set(person.user_type) & set(audience.user_types)))
    )


def _why_not(chat: Chat) -> str:
    if chat.programme != "wanted":
        return "stopped" if chat.programme == "stopped" else "no_opt_in"
    if chat.channel not in CHANNELS:
        return "unreachable"
    return "" if chat.reachable == "ok" else chat.reachable


def _is_free(chat: Chat) -> bool:
    return chat.channel != "whatsapp" or chat.wrote > NOW - queued.WINDOW_MS


def _expected(people: list[Somebody], audience: Audience) -> dict[str, Any]:
    """What the figures and the rows should be: the chat and the reason of each person, the first of a phone first."""
    rows: dict[str, tuple[str, str]] = {}
    others: Counter[str] = Counter()
    for person in sorted(people, key=lambda one: (one.district, one.id)):
        chats = [
            one
            for one in person.chats
            if audience.channel in ("", one.channel) and audience.language in ("", one.language)
        ]
        if not _meant(person, audience) or (not chats and (audience.channel or audience.language)):
            continue
        rank = lambda one: (REASONS.index(_why_not(one)), not _is_free(one), -one.wrote, one.id)  # noqa: E731
        best = min(chats, key=rank, default=None)
        if best is None or best.id in rows:
            others["no_chat" if best is None else _why_not(best)] += 1
        else:
            rows[best.id] = (person.id, _why_not(best))
    return {"rows": rows, "others": others}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chats=st.lists(CHATS, min_size=8, max_size=8),
    folk=st.lists(PEOPLE, max_size=14),
    audience=AUDIENCES,
    size=st.integers(1, 5),
)
def test_figures_and_rows_are_the_same_and_add_up_to_the_people(
    database: Path, chats: list[Chat], folk: list[Any], audience: Audience, size: int
) -> None:
    named = [Chat(f"c{number}", *list(vars(one).values())[1:]) for number, one in enumerate(chats)]
    folk = [
        Somebody(f"p{number:02}", tuple(named[chat] for chat in one.chats), *list(vars(one).values())[2:])
        for number, one in enumerate(folk)
    ]
    folk = [Somebody(**{**vars(one), "kecamatan": one.kecamatan if one.district == "33.07" else ""}) for one in folk]
    expected = _expected(folk, audience)
    with closing(_memory(database)) as db:
        settle(db, folk)
        announce(db, audience)
        counts = count(db)
        plan(db, size)
        planned = {
            account: (person, reason) for account, person, reason in rows(db, "account_id", "person_id", "reason")
        }
        kept = (announced(db).counted or {})["planned"]
    assert planned == expected["rows"]
    others: Counter[str] = expected["others"]
    alone = others["no_chat"]
    assert kept == {
        "people": len(planned) + others.total(), "shared": others.total() - alone, "skipped": {"no_chat": alone},
    }  # fmt: skip
    reasons = others + Counter(reason for _, reason in planned.values())
    reached = counts.free + counts.template + counts.knock + counts.held
    assert (counts.people, reached) == (kept["people"], sum(not reason for _, reason in planned.values()))
    assert counts.people == reached + counts.shared + sum(counts.skipped.values())
    assert (counts.shared, counts.skipped) == (others[""], {why: n for why, n in reasons.items() if why and n})
    free = sum(
        not reason and _is_free(next(one for one in named if one.id == id)) for id, (_, reason) in planned.items()
    )
    assert counts.free == free


# However many they are


def _steps(db: sqlite3.Connection, statement: str, values: Any) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def _query(db: sqlite3.Connection, found: Announcement) -> tuple[str, dict[str, Any]]:
    return Query(db, found, CHANNELS, lambda district: NOW).select([Part("33.07", "a", "b"), Part("32.15")])


@pytest.mark.parametrize("corrects", ["", "PGM-WRQNG"])
def test_people_are_found_by_index_in_their_order_and_nothing_is_walked_through(
    db: sqlite3.Connection, corrects: str
) -> None:
    settle(db, [Somebody("p", (Chat("t"),))])
    audience = Audience(("33.07", "32.15"), ("family",), ("active",), ("a",), "telegram", "id", "PGM-EARLY")
    steps = _steps(db, *_query(db, announce(db, audience, corrects=corrects)))
    assert not _walks(steps)
    of_part = "ix_persons_district_id (district=? AND id>? AND id<?)"
    begins = "sqlite_autoindex_deliveries_1 (announcement=? AND account_id>? AND account_id<?)" if corrects else of_part
    assert any(one.endswith(begins) for one in steps), steps
    assert not any("FOR GROUP BY" in one for one in steps), steps


def test_rows_are_made_and_missed_by_index(db: sqlite3.Connection) -> None:
    values = {"rows": "[]", "number": NUMBER, "now": NOW}
    for statement in (plans._INSERT, plans._OTHERS):
        assert not _walks(_steps(db, statement, values))
    for statement in people._UNANNOUNCED:
        steps = _steps(db, statement, {"person": "p", "now": NOW})
        assert any("uq_deliveries_person (announcement=? AND person_id=?)" in one for one in steps), steps


def _walks(steps: list[str]) -> list[str]:
    """Steps that look at every row of a table."""
    return [one for one in steps if one.startswith("SCAN") and "VIRTUAL TABLE" not in one and "subquery" not in one]


def test_districts_are_found_without_looking_at_everybody(db: sqlite3.Connection) -> None:
    steps = _steps(db, asked.DISTRICTS, {})
    assert set(_walks(steps)) == {"SCAN one"}, steps
    assert any("persons USING COVERING INDEX" in one for one in steps), steps
