"""Announcements: who may, who has to agree, and which state follows on which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from bot.markup import plain
from bot.records import announcements, letting_go, roles, schedules
from bot.records.announcements import UNDO_MS, Announcement
from bot.schema import account_persons, audit, outbox, persons
from bot.schema import announcements as table
from bot.turns.composing import Composer
from tests.office import FACTS, TEXTS, Office, office

PLACE = "33.07"
COUNTS = {"people": 12, "free": 8, "skipped": {"no_opt_in": 4}}


class Desk:
    """An office with one coordinator who writes announcements."""

    def __init__(self, on: Office, author: str) -> None:
        self.on = on
        self.author = author

    async def draft(self, category: str = "event", *, people: int = 12, **values: Any) -> str:
        """A draft that is counted."""
        audience = values.pop("audience", {"areas": [PLACE]})
        texts = values.pop("texts", {"id": "Rapat Sabtu jam 9"})
        number = await self.on.run(
            lambda tx: announcements.create(
                tx, category=category, texts=texts, audience=audience, author=self.author, account="writer", **values
            )
        )
        await self.on.run(lambda tx: announcements.counted(tx, number, {**COUNTS, "people": people}))
        return number

    async def go(self, number: str, **values: Any) -> str:
        return await self.on.run(lambda tx: letting_go.go(tx, number, at=values.pop("at", None), **values))

    async def of(self, number: str) -> Announcement:
        found = await self.on.run(lambda tx: announcements.get(tx, number))
        assert found is not None
        return found

    async def opened(self) -> list[str]:
        """In whose chats something is opened."""
        rows = await self.on.run(lambda tx: tx.rows(select(outbox).where(outbox.c.template == "announce_approve")))
        return sorted(row["account_id"] for row in rows)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with office(tmp_path) as on:
        letting_go.limit(letting_go.Limits())
        yield Desk(on, await on.staff("writer", "coordinator", PLACE))


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("PGM-7K4MA", "PGM-7K4MA"),
        ("batalkan pgm 7k4ma ya", "PGM-7K4MA"),
        ("PGM7K4MA", "PGM-7K4MA"),
        ("PGM-7K4M", ""),
        ("WSB-7K4M9-C", ""),
        ("", ""),
    ],
)
def test_a_number_is_read_as_people_write_it(said: str, number: str) -> None:
    assert announcements.number_in(said) == number


def test_a_mart_announces_for_the_mart_alone_and_a_trainer_nothing() -> None:
    assert announcements.categories([("mart", PLACE)]) == ("mart_promo", "mart_info", "mart_opening")
    assert announcements.categories([("companion", "33.07.04")]) == announcements.CATEGORIES
    assert announcements.categories([("trainer", ""), ("auditor", ""), ("admin", "")]) == ()
    held = [("mart", PLACE), ("companion", "33.07.04")]
    assert announcements.areas(held, "mart_info") == (PLACE,)
    assert announcements.areas(held, "event") == ("33.07.04",)


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        ("2026-11-27T12:00", (time(11, 30), time(13))),
        ("2026-11-27T21:00", (time(20), time(7))),
        ("2026-11-27T09:00", None),
    ],
)
def test_who_chooses_an_hour_is_told_for_which_hours_it_waits(clock: str, hours: tuple[time, time] | None) -> None:
    at = int(datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo("Asia/Jakarta")).timestamp() * 1000)
    assert letting_go.Limits().waits(at, PLACE) == hours


@pytest.mark.asyncio
async def test_what_is_let_go_waits_a_minute(desk: Desk) -> None:
    number = await desk.draft()
    assert await desk.go(number) == "scheduled"
    assert (await desk.of(number)).send_at == desk.on.now + UNDO_MS
    assert await desk.go(number) == "already"


@pytest.mark.asyncio
async def test_safety_goes_at_once_and_without_anybody(desk: Desk) -> None:
    number = await desk.draft("safety", people=5000)
    assert await desk.go(number, skip_undo=True) == "scheduled"
    assert (await desk.of(number)).send_at == desk.on.now


@pytest.mark.asyncio
async def test_what_was_changed_after_it_was_seen_is_not_sent(desk: Desk) -> None:
    number = await desk.draft()
    seen = (await desk.of(number)).counted_at
    await desk.on.run(lambda tx: announcements.revise(tx, number, texts={"id": "Rapat Minggu jam 9"}))
    assert await desk.go(number, seen=seen) == "already"
    desk.on.now += 1
    await desk.on.run(lambda tx: announcements.counted(tx, number, COUNTS))
    assert await desk.go(number, seen=seen) == "changed"


@pytest.mark.asyncio
async def test_a_right_that_has_ended_sends_nothing(desk: Desk) -> None:
    number = await desk.draft(audience={"areas": ["33.07", "32.15"]})
    assert await desk.go(number) == "not_allowed"


@pytest.mark.asyncio
async def test_a_promo_that_ends_before_it_goes_is_not_sent(desk: Desk) -> None:
    number = await desk.draft("mart_promo", ends_at=desk.on.now + 3_600_000)
    assert await desk.go(number, at=desk.on.now + 7_200_000) == "over"
    assert await desk.go(number) == "scheduled"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("category", "people", "needed"),
    [("event", 104, False), ("event", 105, True), ("assistance", 5, True), ("safety", 5000, False)],
)
async def test_many_people_and_assistance_take_two(desk: Desk, category: str, people: int, needed: bool) -> None:
    number = await desk.draft(category, people=people)
    assert letting_go.needs_approval(await desk.of(number)) is needed


@pytest.mark.asyncio
async def test_only_others_with_the_right_over_all_of_it_are_asked(desk: Desk) -> None:
    await desk.on.staff("colleague", "coordinator", PLACE)
    await desk.on.staff("national", "programme")
    await desk.on.staff("companion", "companion", PLACE)
    await desk.on.staff("neighbour", "coordinator", "32.15")
    assert await desk.go(await desk.draft("assistance")) == "waiting"
    assert await desk.opened() == ["colleague", "national"]


@pytest.mark.asyncio
async def test_nobody_agrees_to_their_own(desk: Desk) -> None:
    number = await desk.draft("assistance")
    await desk.go(number)
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, desk.author)) == "own"
    other = await desk.on.staff("colleague", "companion", PLACE)
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other)) == "not_allowed"
    assert (await desk.of(number)).state == "waiting"


@pytest.mark.asyncio
async def test_nobody_agrees_to_their_own_from_another_chat(desk: Desk) -> None:
    second = await desk.on.staff("second", "coordinator", PLACE)
    number = await desk.draft("assistance")

    async def theirs(tx: Any) -> None:
        await tx.execute(insert(persons), {"id": "one", "created_at": tx.now})
        both = [{"account_id": one, "person_id": "one", "since": tx.now} for one in ("writer", "second")]
        await tx.execute(insert(account_persons), both)

    await desk.on.run(theirs)
    await desk.go(number)
    assert await desk.opened() == []
    assert await desk.on.run(lambda tx: letting_go.decidable(tx, "second")) == []
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, second)) == "own"


@pytest.mark.asyncio
async def test_who_agreed_agreed_to_one_and_not_to_one_a_week(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    number = await desk.draft("assistance")
    await desk.go(number)
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other)) == "done"
    assert await desk.on.run(lambda tx: schedules.repeat(tx, number, "weekly", desk.author)) == "own"
    assert await desk.on.run(lambda tx: schedules.repeat(tx, number, "weekly", other)) == "done"
    assert await desk.on.run(lambda tx: schedules.repeat(tx, number, "", desk.author)) == "done"


@pytest.mark.asyncio
async def test_what_was_missed_of_a_repetition_is_not_made_up_for(desk: Desk) -> None:
    number = await desk.draft()
    await desk.go(number, at=desk.on.now + 7_200_000)
    await desk.on.run(lambda tx: schedules.repeat(tx, number, "weekly", desk.author))
    first = (await desk.of(number)).send_at or 0
    desk.on.now += 30 * 86_400_000
    await desk.on.run(lambda tx: announcements.start(tx, number))
    again = await desk.on.run(lambda tx: schedules.next_one(tx, number))
    assert again is not None
    assert (await desk.of(again)).send_at == first + 35 * 86_400_000


@pytest.mark.asyncio
async def test_one_whose_author_has_left_goes_only_where_another_agreed(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    alone, agreed = await desk.draft(), await desk.draft("assistance")
    await desk.go(alone)
    await desk.go(agreed)
    await desk.on.run(lambda tx: letting_go.approve(tx, agreed, other))
    found = [await desk.of(alone), await desk.of(agreed)]

    async def lapsed(tx: Any) -> list[bool]:
        return [await letting_go.lapsed(tx, one) for one in found]

    assert await desk.on.run(lapsed) == [False, False]
    await desk.on.run(lambda tx: roles.revoke(tx, desk.author))
    assert await desk.on.run(lapsed) == [True, False]
    ended = audit.c.purpose == "author_ended"
    actors = await desk.on.run(lambda tx: tx.rows(select(audit.c.actor).where(audit.c.object == alone, ended)))
    assert actors == [{"actor": "pijar"}]
    assert [(await desk.of(one)).state for one in (alone, agreed)] == ["cancelled", "scheduled"]
    await desk.on.run(lambda tx: roles.revoke(tx, other))
    assert await desk.on.run(lapsed) == [False, True]


@pytest.mark.asyncio
async def test_who_agrees_agrees_to_what_was_seen(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    number = await desk.draft("assistance")
    await desk.go(number)
    seen = (await desk.of(number)).counted_at
    desk.on.now += 1000
    await desk.on.run(lambda tx: announcements.revise(tx, number, texts={"id": "Lain"}))
    await desk.on.run(lambda tx: announcements.counted(tx, number, COUNTS))
    await desk.go(number)
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other, seen)) == "changed"
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other)) == "done"
    found = await desk.of(number)
    assert (found.state, found.approver, found.send_at) == ("scheduled", other, desk.on.now + UNDO_MS)
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other)) == "already"
    rows = await desk.on.run(lambda tx: tx.rows(select(audit).where(audit.c.object == number)))
    assert [row["action"] for row in rows][-1] == "approve_announcement"


@pytest.mark.asyncio
async def test_a_reason_comes_back_and_it_can_be_changed(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    number = await desk.draft("assistance")
    await desk.go(number)
    assert await desk.on.run(lambda tx: letting_go.reject(tx, number, other, "jamnya keliru")) == "done"
    assert (await desk.of(number)).state == "rejected"
    assert await desk.on.run(lambda tx: announcements.revise(tx, number, texts={"id": "Jam 10"}))
    found = await desk.of(number)
    assert (found.state, found.reason, found.counted) == ("draft", "", None)


@pytest.mark.asyncio
async def test_other_words_go_back_to_the_author(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    number = await desk.draft("assistance")
    await desk.go(number, at=desk.on.now + 7_200_000)
    assert await desk.on.run(lambda tx: letting_go.suggest(tx, number, other, {"id": "Jam 10"})) == "done"
    found = await desk.of(number)
    assert (found.state, found.approver, found.texts, found.send_at) == ("draft", other, {"id": "Jam 10"}, None)


@pytest.mark.asyncio
async def test_what_is_on_its_way_is_paused_resumed_and_cancelled(desk: Desk) -> None:
    number = await desk.draft()
    await desk.go(number)
    run = desk.on.run
    assert await run(lambda tx: announcements.resume(tx, number, desk.author)) == "already"
    assert await run(lambda tx: announcements.pause(tx, number, desk.author)) == "done"
    assert not await run(lambda tx: announcements.start(tx, number))
    assert await run(lambda tx: announcements.resume(tx, number, desk.author)) == "done"
    assert (await desk.of(number)).state == "scheduled"
    assert await run(lambda tx: announcements.start(tx, number))
    assert await run(lambda tx: announcements.pause(tx, number, desk.author)) == "done"
    assert await run(lambda tx: announcements.resume(tx, number, desk.author)) == "done"
    assert (await desk.of(number)).state == "sending"
    stranger = await desk.on.staff("stranger", "companion", PLACE)
    assert await run(lambda tx: announcements.cancel(tx, number, stranger)) == "not_allowed"
    assert await run(lambda tx: announcements.cancel(tx, number, desk.author)) == "done"
    assert await run(lambda tx: announcements.cancel(tx, number, desk.author)) == "already"
    assert not await run(lambda tx: announcements.finish(tx, number))


@pytest.mark.asyncio
async def test_who_agrees_late_to_one_that_has_grown_moves_none_of_those_that_follow(desk: Desk) -> None:
    other = await desk.on.staff("colleague", "coordinator", PLACE)
    number, at = await desk.draft(), desk.on.now + 3_600_000
    await desk.go(number, at=at)
    await desk.on.run(lambda tx: schedules.repeat(tx, number, "weekly", desk.author))
    found = await desk.of(number)
    await desk.on.run(lambda tx: letting_go.recounted(tx, found, {**COUNTS, "people": 500}))
    assert (await desk.of(number)).state == "waiting"
    desk.on.now = at + 5 * 3_600_000
    assert await desk.on.run(lambda tx: letting_go.approve(tx, number, other)) == "done"
    assert (await desk.of(number)).send_at == desk.on.now + UNDO_MS
    again = await desk.on.run(lambda tx: schedules.next_one(tx, number))
    assert again is not None
    following = await desk.of(again)
    assert (following.send_at, following.repeats, following.approver) == (at + 7 * 86_400_000, "weekly", other)


@pytest.mark.asyncio
@pytest.mark.parametrize("first", [29, 30, 31])
async def test_every_month_means_its_day_or_the_last_one_there_is(desk: Desk, first: int) -> None:
    number = await desk.draft()
    there = ZoneInfo("Asia/Jakarta")
    at = int(datetime(2026, 10, first, 9, tzinfo=there).timestamp() * 1000)
    desk.on.now = at - 86_400_000
    await desk.on.run(
        lambda tx: tx.execute(update(table).where(table.c.number == number).values(counted_at=desk.on.now))
    )
    await desk.go(number, at=at)
    assert await desk.on.run(lambda tx: schedules.repeat(tx, number, "monthly", desk.author)) == "done"
    days: list[tuple[int, int]] = []
    for _ in range(6):
        desk.on.now = (await desk.of(number)).send_at or 0
        found = datetime.fromtimestamp(desk.on.now / 1000, there)
        days.append((found.month, found.day))
        assert found.hour == 9
        assert schedules.period_of(await desk.of(number)) == "monthly"
        again = await desk.on.run(partial(schedules.next_one, number=number))
        assert again is not None
        number = again
    assert days == [(10, first), (11, min(first, 30)), (12, first), (1, first), (2, 28), (3, first)]
    await desk.on.run(lambda tx: schedules.move(tx, number, desk.on.now + 30 * 86_400_000, desk.author))
    moved = await desk.of(number)
    assert moved.repeats in ("monthly", f"monthly:{datetime.fromtimestamp((moved.send_at or 0) / 1000, there).day}")


@pytest.mark.asyncio
async def test_a_schedule_is_moved_left_out_repeated_and_taken_off(desk: Desk) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    at = int(datetime(2024, 1, 31, 9, 0, tzinfo=zone).timestamp() * 1000)
    number = await desk.draft()
    await desk.go(number, at=at)
    run, author = desk.on.run, desk.author
    assert await run(lambda tx: schedules.skip_once(tx, number, author)) == "already"
    assert await run(lambda tx: schedules.repeat(tx, number, "monthly", author)) == "done"
    assert await run(lambda tx: schedules.skip_once(tx, number, author)) == "done"
    moved = datetime.fromtimestamp(((await desk.of(number)).send_at or 0) / 1000, zone)
    assert (moved.month, moved.day, moved.hour) == (2, 29, 9)
    assert await run(lambda tx: schedules.move(tx, number, at, author)) == "done"
    await run(lambda tx: announcements.start(tx, number))
    again = await run(lambda tx: schedules.next_one(tx, number))
    assert again is not None
    assert (await desk.of(again)).state == "scheduled"
    assert await run(lambda tx: schedules.next_one(tx, number)) is None
    assert await run(lambda tx: schedules.remove(tx, again, author)) == "done"
    assert (await desk.of(again)).state == "cancelled"


@pytest.mark.asyncio
async def test_what_is_being_planned_is_not_moved_any_more(desk: Desk) -> None:
    number = await desk.draft()
    await desk.go(number, at=desk.on.now + 7_200_000)
    await desk.on.run(lambda tx: tx.execute(update(table).values(plan_after="x")))
    assert await desk.on.run(lambda tx: schedules.move(tx, number, desk.on.now, desk.author)) == "already"


@pytest.mark.asyncio
async def test_what_people_get_has_who_which_how_to_check_and_how_to_stop(desk: Desk) -> None:
    composer = Composer(TEXTS, FACTS)
    for category in announcements.CATEGORIES:
        found = await desk.of(await desk.draft(category, texts={"id": "Teks *tebal* _kita_", "en": "Our text"}))
        told = composer.announcement(found, "id")
        assert "Teks \\*tebal\\* \\_kita\\_" in told
        assert f"cek pengumuman {found.number}" in told
        assert str(FACTS["organisation"]) in plain(told)
        assert "berhenti" in told
        assert "Our text" in composer.announcement(found, "en")
        assert composer.announcement(found, "jv") == told


@pytest.mark.asyncio
async def test_who_reads_english_gets_indonesian_where_there_is_nothing_else(desk: Desk) -> None:
    found = await desk.of(await desk.draft())
    composer = Composer(TEXTS, FACTS)
    assert composer.announcement(found, "en") == composer.announcement(found, "id")


@pytest.mark.asyncio
async def test_the_longest_text_is_one_message_on_whatsapp(desk: Desk) -> None:
    composer = Composer(TEXTS, {**FACTS, "organisation": "O" * 60, "contact": "K" * 100})
    for category in announcements.CATEGORIES:
        ends = desk.on.now + 86_400_000 if category == "mart_promo" else None
        made = await desk.draft(category, texts={"id": "kata " * 200}, ends_at=ends, corrects="PGM-7K4MA")
        assert len(plain(composer.announcement(await desk.of(made), "id"))) < 1600
