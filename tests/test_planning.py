"""Announcements before they go out: counted, planned into rows while nobody waits, started on time, taken up again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from bot import markup
from bot.clockwork.planning import LEAST, MOST, Planning
from bot.clockwork.ways import Template, Ways
from bot.records import announcements, contents, counting, letting_go, people, plans, roles
from bot.records.announcements import Announcement
from bot.records.audience import Audience
from bot.records.counting import Pace
from bot.running import LOCALES
from bot.store import Store, Tx
from bot.submissions import Submission, submissions
from bot.texts import Texts
from bot.turns.composing import Composer
from conversations import preview
from tests.populace import CHANNELS, HOUR, NUMBER, Chat, Somebody, announce, announced, settle
from tests.rows import NOW

pytestmark = pytest.mark.asyncio

T = TypeVar("T")
MINUTE = 60_000


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@asynccontextmanager
async def opened(database: Path, clock: Clock) -> AsyncIterator[Store]:
    store = Store(f"sqlite+aiosqlite:///{database}", clock)
    await store.open()
    yield store
    await store.close()


def planning(store: Store) -> Planning:
    ways = lambda: Ways(lambda one, language: one.texts["id"], lambda language: (language,), lambda language: "Kami")  # noqa: E731
    pace = Pace({"telegram": 29.0, "whatsapp": 80.0})
    return Planning(
        store, channels=CHANNELS, quiet_until=lambda now, district: now, ways=ways, languages=("id", "en"), pace=pace
    )


async def with_driver(store: Store, work: Callable[[sqlite3.Connection], T]) -> T:
    return await store.run(lambda tx: tx.driver(work))


async def peopled(store: Store, count: int, shared: int = 0) -> None:
    """So many people in two districts; some of them with the phone of the one before."""
    folk = [
        Somebody(f"p{one:05}", (Chat(f"c{one if one >= shared else one // 2 * 2:05}"),), ("33.07", "52.03")[one % 2])
        for one in range(count)
    ]
    await with_driver(store, lambda db: settle(db, folk))


async def scheduled(store: Store, **given: Any) -> None:
    await with_driver(store, lambda db: announce(db, Audience(), **{"send_at": NOW + MINUTE, **given}))


async def drafted(store: Store, chat: str) -> str:
    """A draft of the staff member in this chat; its number."""
    audience: dict[str, Any] = {}
    return await store.run(
        lambda tx: announcements.create(
            tx, category="event", texts={"id": "Halo"}, audience=audience, author="S1", account=chat
        )
    )


async def it(store: Store, number: str = NUMBER) -> Announcement:
    return await with_driver(store, lambda db: announced(db, number))


async def rows(store: Store, columns: str = "id, account_id, person_id, channel, state, reason, due_at") -> list[Any]:
    """The deliveries, as they were made."""
    return await with_driver(store, lambda db: db.execute(f"SELECT {columns} FROM deliveries ORDER BY id").fetchall())


async def some_of(store: Store, one: Planning, stretches: int) -> None:
    """Plan so many stretches, then stop as if killed."""
    written = 0
    write = one._write

    async def until_then(stretch: plans.Stretch) -> bool:
        nonlocal written
        if written == stretches:
            raise asyncio.CancelledError
        written += 1
        return await write(stretch)

    one._write = until_then  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await one.plan()


# Counting


async def test_a_draft_is_counted_and_its_author_shown_at_once(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 5)
        await with_driver(store, lambda db: settle(db, [Somebody("author", (Chat("chat"),), "")]))
        number = await drafted(store, "chat")
        await planning(store).count()
        found = await it(store, number)
        assert found.counted is not None
        assert (found.counted["people"], found.counted["free"], found.reached) == (6, 6, 6)
        assert found.counted_at == NOW
        opened_ones = await with_driver(
            store, lambda db: db.execute("SELECT account_id, lane, body FROM outbox").fetchall()
        )
        assert [(one[0], one[1], json.loads(one[2])) for one in opened_ones] == [
            ("chat", "reply", {"open": ["announce_send", number]})
        ]
        await planning(store).count()
        assert len(await with_driver(store, lambda db: db.execute("SELECT 1 FROM outbox").fetchall())) == 1


async def test_a_draft_that_changes_while_it_is_counted_is_counted_again(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 4)
        number = await drafted(store, "c00000")
        one = planning(store)
        ways = one._ways

        async def meanwhile(tx: Tx, found: Announcement) -> dict[str, Template]:
            if not found.audience:
                await announcements.revise(tx, number, audience={"areas": ["52.03"]})
            return await ways(tx, found)

        one._ways = meanwhile  # type: ignore[method-assign, assignment]
        await one.count()
        assert (await it(store, number)).counted is None
        await one.count()
        found = await it(store, number)
        assert found.counted is not None
        assert found.counted["people"] == 2


async def test_the_preview_has_what_whatsapp_lets_through_to_those_who_have_not_written(database: Path) -> None:
    """In each language that somebody is to get it in so, and in no other; word for word."""
    said = {"id": "Rapat *besok* di a_b_c \\\\o/", "en": "Meeting\ntomorrow"}
    texts = Texts.load(LOCALES)
    notices = [one for one in submissions(texts) if one.shape == "text"]
    async with opened(database, Clock()) as store:
        old = partial(Chat, channel="whatsapp", wrote=NOW - 30 * HOUR)
        chats = [old("a"), old("b"), old("c", language="en"), Chat("d", "whatsapp"), Chat("e")]
        await with_driver(store, lambda db: settle(db, [Somebody(f"p{one.id}", (one,)) for one in chats]))
        await with_driver(store, lambda db: db.executemany(_CONTENT, [_content(one) for one in notices]))
        await with_driver(
            store, lambda db: announce(db, Audience(), state="draft", texts=json.dumps(said), counted=None)
        )
        one = planning(store)
        one.ways = lambda: Ways(lambda one, language: "", texts.chain, lambda language: "Kami & kita")
        await one.count()
        draft = await it(store)
        found = counting.forms(draft)
        assert [(form.way, form.count) for form in found] == [("template", 2), ("knock", 1)]
        assert markup.plain(found[0].text).split("\n\n")[1] == said["id"]
        assert found[
            1
        ].text == "Hello, there is a new announcement from *Kami & kita*. Reply *VIEW* to read it, or " + (
            "*berhenti* if you want no more of these."
        )
        ways = one.ways()
        ways.approve(await store.run(contents.approved))
        ways.add(draft)
        for language, form in zip(("id", "en"), found, strict=True):
            sent = ways.template(NUMBER, language)
            assert sent is not None
            assert markup.whatsapp(form.text) == sent.message.text
        shown = Composer(texts, {"organisation": "Kami"})._worded("id", "announce_send", preview.message(draft, "id"))
        assert all(form.text in str(shown) for form in found)


_CONTENT = (
    "INSERT INTO contents (sid, key, language, shape, name, body, text_hash, latest, status, created_at, checked_at)"
)
_CONTENT += " VALUES (?, ?, ?, 'text', ?, ?, '', true, 'approved', 0, 0)"


def _content(one: Submission) -> tuple[str, ...]:
    return (one.name, one.key, one.language, one.name, one.body)


# Planning


async def test_it_is_planned_in_the_minute_before_and_started_on_time(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 10)
        await scheduled(store, send_at=NOW + HOUR)
        one = planning(store)
        assert await one.plan() == NOW + HOUR - MINUTE
        assert await rows(store) == []
        clock.now = NOW + HOUR - MINUTE
        assert await one.plan() == NOW + HOUR
        assert ((await it(store)).state, (await it(store)).planned) == ("scheduled", True)
        assert {row[4:] for row in await rows(store)} == {("waiting", "", NOW + HOUR)}
        clock.now = NOW + HOUR
        assert await one.plan() is None
        assert ((await it(store)).state, (await it(store)).started_at) == ("sending", NOW + HOUR)


async def test_it_is_started_on_time_however_much_is_left_to_plan(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 600)
        await scheduled(store)
        one = planning(store)
        write = one._write
        started: list[int] = []

        async def watched(stretch: plans.Stretch) -> bool:
            clock.now += 40_000
            if (await it(store)).state == "sending":
                started.append(len(await rows(store)))
            return await write(stretch)

        one._write = watched  # type: ignore[method-assign]
        one.size = 100
        await one.plan()
        assert 0 < started[0] < 400
        assert len(await rows(store)) == 600


async def test_the_first_rows_are_there_before_the_others_are_read(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 2000)
        await scheduled(store, send_at=NOW)
        one = planning(store)
        await some_of(store, one, 1)
        assert 0 < len(await rows(store)) <= MOST


async def test_who_sends_is_told_when_there_are_rows(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 10)
        await scheduled(store, state="sending", send_at=NOW)
        seen: list[str] = []
        store.listeners.append(lambda: seen.append("woken"))
        await planning(store).plan()
        assert seen == ["woken"] * 2


@pytest.mark.parametrize("stretches", [1, 2, 5])
async def test_what_was_interrupted_goes_on_and_comes_to_the_same_rows(database: Path, stretches: int) -> None:
    other = _copy(database)
    made = []
    for path in (database, other):
        async with opened(path, Clock()) as store:
            await peopled(store, 900, shared=300)
            await scheduled(store)
            if path is other:
                first = planning(store)
                first.size = LEAST
                await some_of(store, first, stretches)
                assert 0 < len(await rows(store)) < 900
        async with opened(path, Clock()) as store:
            await planning(store).plan()
            made.append((await rows(store), (await it(store)).counted))
    assert made[0] == made[1]
    assert len(made[0][0]) == 750
    assert made[0][1] == {"planned": {"people": 900, "shared": 150, "skipped": {"no_chat": 0}}}


async def test_two_at_once_are_planned_in_turn(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 1500)
        await scheduled(store)
        await scheduled(store, number="PGM-33333")
        await planning(store).plan()
        order = [row[0] for row in await rows(store, "announcement")]
        assert sorted(order) == [NUMBER] * 1500 + ["PGM-33333"] * 1500
        assert order not in (sorted(order), sorted(order, reverse=True))


async def test_what_is_cancelled_or_paused_meanwhile(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 500)
        await scheduled(store)
        one = planning(store)
        one.size = LEAST
        await some_of(store, one, 2)
        before = len(await rows(store))
        state = "UPDATE announcements SET state = ?"
        await with_driver(store, lambda db: db.execute(state, ("cancelled",)).rowcount)
        await planning(store).plan()
        assert len(await rows(store)) == before
        await with_driver(store, lambda db: db.execute(state, ("paused",)).rowcount)
        await planning(store).plan()
        assert len(await rows(store)) == 500
        assert (await it(store)).state == "paused"


async def test_one_that_cannot_be_planned_holds_up_no_other(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 5)
        await scheduled(store, category="forgotten")
        await scheduled(store, number="PGM-33333")
        assert await planning(store).plan() is not None
        assert (await it(store, "PGM-33333")).planned
        assert not (await it(store)).planned


async def test_one_that_repeats_has_its_next_row_once(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 3)
        await scheduled(store, repeats="weekly")
        await planning(store).plan()
        clock.now += MINUTE
        await planning(store).plan()
        numbers = await with_driver(
            store, lambda db: [row[0] for row in db.execute("SELECT number FROM announcements")]
        )
        (again,) = set(numbers) - {NUMBER}
        found = await it(store, again)
        assert (found.state, found.send_at, found.repeats) == ("scheduled", clock.now + 7 * 24 * HOUR, "weekly")
        clock.now += 7 * 24 * HOUR
        await planning(store).plan()
        assert len(await rows(store)) == 6
        counted = (await it(store, again)).counted
        assert counted is not None
        assert counted["planned"]["people"] == 3
        count = "SELECT count(*) FROM announcements"
        assert (await with_driver(store, lambda db: db.execute(count).fetchone()))[0] == 3


async def test_one_that_has_grown_since_it_was_counted_waits_for_another_to_agree(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, letting_go.limits().above + 1)
        few = {"counted": '{"people": 5}', "counted_at": NOW - 2 * HOUR}
        await scheduled(store, **few)
        await scheduled(store, number="PGM-AGREE", approver="PTG-OTHER", **few)
        await scheduled(store, number="PGM-SAFE2", category="safety", **few)
        await scheduled(store, number="PGM-FRESH", **{**few, "counted_at": NOW})
        clock.now += MINUTE
        await planning(store).plan()
        found = {one: await it(store, one) for one in (NUMBER, "PGM-AGREE", "PGM-SAFE2", "PGM-FRESH")}
        assert [one.state for one in found.values()] == ["waiting", "waiting", "sending", "sending"]
        assert (found[NUMBER].reached, found[NUMBER].counted_at) == (letting_go.limits().above + 1, clock.now)
        assert not [row for row in await rows(store, "announcement") if row[0] == NUMBER]


async def test_whose_people_have_rows_is_not_counted_again_however_late_it_goes(database: Path) -> None:
    """It went out no minute later, for we were away: figures of what was planned are kept, and add up."""
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, letting_go.limits().above + 1)
        fresh = {"counted": '{"people": 5}', "counted_at": NOW}
        await scheduled(store, send_at=NOW + MINUTE, **fresh)
        await planning(store).plan()
        planned = (await it(store)).counted
        assert planned is not None
        assert planned["planned"]["people"] == letting_go.limits().above + 1
        clock.now += 3 * HOUR
        await planning(store).plan()
        found = await it(store)
        assert (found.state, found.counted) == ("sending", planned)


@pytest.mark.parametrize(
    ("agreed_to", "state"),
    [(60, "sending"), (55, "sending"), (54, "waiting"), (200, "sending")],
)
async def test_one_that_was_approved_for_fewer_is_asked_about_again(database: Path, agreed_to: int, state: str) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 60)
        await with_driver(store, lambda db: settle(db, [Somebody("author", (Chat("chat"),), "")]))
        counted = {"counted": json.dumps({"people": agreed_to}), "counted_at": NOW - 2 * HOUR}
        given = {"approver": "PTG-OTHER", "decided_at": NOW - HOUR, "account_id": "chat", "category": "assistance"}
        await with_driver(
            store, lambda db: announce(db, Audience(("33.07", "52.03")), send_at=NOW + MINUTE, **counted, **given)
        )
        clock.now += MINUTE
        await planning(store).plan()
        found = await it(store)
        assert (found.state, found.approver) == (state, "" if state == "waiting" else "PTG-OTHER")
        assert (found.reached, letting_go.agreed(found)) == (60, agreed_to)
        told = await with_driver(
            store, lambda db: [json.loads(row[0]) for row in db.execute("SELECT body FROM outbox")]
        )
        if state == "sending":
            assert told == []
            return
        values = {"number": NUMBER, "before": agreed_to, "now": 60}
        assert told == [{"say": ["announce_told", "grown_again", values]}]
        await with_driver(store, lambda db: settle(db, [Somebody("other", (Chat("b"),), "")]))
        code = await store.run(lambda tx: roles.add(tx, "b", "programme", "", name="Koordinator 02"))
        assert await store.run(lambda tx: letting_go.approve(tx, NUMBER, code, found.counted_at)) == "done"
        assert letting_go.agreed(await it(store)) == 60
        clock.now += MINUTE
        await planning(store).plan()
        assert (await it(store)).state == "sending"


async def test_who_agrees_late_is_asked_once_more_and_then_told_what_has_grown(database: Path) -> None:
    """However late they answer and however many enrol meanwhile; the next of one that repeats is asked about anew."""
    clock, people = Clock(), 0
    async with opened(database, clock) as store:

        async def grow(count: int) -> None:
            nonlocal people
            folk = [Somebody(f"p{people + one:05}", (Chat(f"c{people + one:05}"),), "33.07") for one in range(count)]
            people += count
            await with_driver(store, lambda db: settle(db, folk))

        async def told() -> list[tuple[str, str]]:
            found = "SELECT account_id, template FROM outbox WHERE template LIKE 'announce_told.grown%' ORDER BY id"
            return await with_driver(store, lambda db: [tuple(row) for row in db.execute(found)])

        await grow(10)
        await with_driver(
            store, lambda db: settle(db, [Somebody(one, (Chat(one),), "") for one in ("author", "other")])
        )
        author, other = [
            await store.run(partial(roles.add, account=one, role="programme", area="")) for one in ("author", "other")
        ]
        given = {"counted": json.dumps({"people": 10}), "counted_at": NOW, "state": "waiting", "category": "assistance"}
        await scheduled(store, author=author, account_id="author", repeats="weekly", **given)
        states = []
        for _ in range(3):
            clock.now += 3 * HOUR
            await grow(20)
            seen = (await it(store)).counted_at
            assert await store.run(lambda tx, seen=seen: letting_go.approve(tx, NUMBER, other, seen)) == "done"  # type: ignore[misc]
            clock.now += MINUTE
            await planning(store).plan()
            states.append((await it(store)).state)
            if states[-1] == "sending":
                break
        assert states == ["waiting", "sending"]
        since = "announce_told.grown_since"
        assert await told() == [("author", "announce_told.grown_again"), ("author", since), ("other", since)]
        (again,) = [one for one in await store.run(announcements.live) if one.state == "scheduled"]
        assert letting_go.TWICE not in (again.counted or {})


@pytest.mark.parametrize(("category", "hour", "recorded"), [("safety", 21, 1), ("safety", 9, 0), ("event", 21, 0)])
async def test_that_safety_goes_out_in_quiet_hours_is_recorded(
    database: Path, category: str, hour: int, recorded: int
) -> None:
    clock = Clock()
    clock.now = int(datetime(2026, 11, 23, hour, tzinfo=ZoneInfo("Asia/Jakarta")).timestamp() * 1000)
    async with opened(database, clock) as store:
        await peopled(store, 1)
        await scheduled(store, category=category, send_at=clock.now, author="PTG-CHIEF")
        await planning(store).plan()
        found = "SELECT actor, object, purpose FROM audit WHERE action = 'announce_in_quiet_hours'"
        noted = await with_driver(store, lambda db: [tuple(row) for row in db.execute(found)])
        assert noted == [("PTG-CHIEF", NUMBER, "safety")] * recorded


async def test_past_the_number_that_one_alone_may_write_to_it_is_asked_about_again(database: Path) -> None:
    clock = Clock()
    above = letting_go.limits().above
    async with opened(database, clock) as store:
        await peopled(store, above + 1)
        counted = {"counted": json.dumps({"people": above}), "counted_at": NOW - 2 * HOUR}
        await scheduled(store, approver="PTG-OTHER", category="assistance", **counted)
        clock.now += MINUTE
        await planning(store).plan()
        assert (await it(store)).state == "waiting"


async def test_one_whose_author_has_left_does_not_go_out(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 3)
        await scheduled(store, author="PTG-GONE", repeats="weekly")
        gone = "INSERT INTO staff (code, name, invited_by, since, ended_at) VALUES ('PTG-GONE', '', '', 0, 1)"
        await with_driver(store, lambda db: db.execute(gone))
        clock.now += MINUTE
        await planning(store).plan()
        assert ((await it(store)).state, (await it(store)).repeats) == ("cancelled", "")


# People who go meanwhile


async def test_who_is_deleted_between_planning_and_sending_is_sent_nothing(database: Path) -> None:
    async with opened(database, Clock()) as store:
        people.seal_with(["-" * 32])
        await peopled(store, 3)
        await scheduled(store)
        await planning(store).plan()
        await with_driver(
            store, lambda db: db.execute("UPDATE deliveries SET state = 'held' WHERE person_id = 'p00001'")
        )
        await with_driver(
            store, lambda db: db.execute("UPDATE deliveries SET state = 'sent' WHERE person_id = 'p00002'")
        )
        await with_driver(store, lambda db: db.execute("UPDATE accounts SET held = 1 WHERE id = 'c00001'"))
        for one in ("p00000", "p00001", "p00002"):
            await store.run(partial(people.erase, person=one))
        gone = ("skipped", "deleted", "")
        assert sorted(await rows(store, "account_id, state, reason, person_id")) == [
            ("c00000", *gone), ("c00001", *gone), ("c00002", "sent", "", ""),
        ]  # fmt: skip
        held = await with_driver(store, lambda db: db.execute("SELECT sum(held) FROM accounts").fetchone())
        assert held == (0,)


async def test_who_is_deleted_between_reading_and_writing_has_no_row(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 6)
        await scheduled(store)
        (stretch,) = await store.read(
            lambda db: plans.read(db, NUMBER, NOW, (6,), channels=CHANNELS, quiet_until=lambda now, district: now)
        )
        assert len(json.loads(stretch.rows)) == 3
        await with_driver(store, lambda db: db.execute("DELETE FROM persons WHERE id = 'p00000'").rowcount)
        await with_driver(store, lambda db: db.execute("DELETE FROM accounts WHERE id = 'c00002'").rowcount)
        assert await with_driver(store, lambda db: plans.write(db, stretch, NOW)) == "scheduled"
        assert [row[2] for row in await rows(store)] == ["p00004"]
        assert await with_driver(store, lambda db: plans.write(db, stretch, NOW)) is None


# Those who wait meanwhile


async def test_a_stretch_is_as_long_as_the_writer_can_spare(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 3000)
        await scheduled(store)
        one = planning(store)
        took: list[int] = []
        write = one._write

        async def watched(stretch: plans.Stretch) -> bool:
            took.append(len(json.loads(stretch.rows)))
            return await write(stretch)

        one._write = watched  # type: ignore[method-assign]
        waits = asyncio.create_task(_others(store))
        await one.plan()
        waits.cancel()
        assert max(took) <= MOST
        assert len(took) > 3000 / MOST
        assert sum(took) == 3000


async def test_what_was_written_is_moved_out_of_the_log_beside_the_writer(database: Path) -> None:
    async with opened(database, Clock()) as store:
        await peopled(store, 100)
        await store.checkpoint()
        with closing(sqlite3.connect(_copy(database))) as db:
            assert db.execute("SELECT count(*) FROM persons").fetchone() == (100,)


def _copy(database: Path) -> Path:
    """The file itself, without its log."""
    other = database.with_name("other.db")
    other.write_bytes(database.read_bytes())
    return other


async def _others(store: Store) -> None:
    while True:
        await with_driver(store, lambda db: db.execute("UPDATE accounts SET held = 0 WHERE id = 'nobody'").rowcount)
        await asyncio.sleep(0.01)


async def test_it_runs_until_cancelled_and_knows_when_it_is_busy(database: Path) -> None:
    clock = Clock()
    async with opened(database, clock) as store:
        await peopled(store, 50)
        one = planning(store)
        running = asyncio.create_task(one.run())
        await _idle(one)
        await store.run(_scheduled_now)
        assert one.busy
        await _idle(one)
        assert ((await it(store)).state, len(await rows(store))) == ("sending", 50)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def _scheduled_now(tx: Tx) -> None:
    await tx.driver(lambda db: announce(db, Audience()))
    tx.wake()


async def _idle(one: Planning) -> None:
    async with asyncio.timeout(20):
        await asyncio.sleep(0)
        while one.busy:
            await asyncio.sleep(0.005)
