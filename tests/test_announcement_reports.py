"""What a report says of an announcement, who may see it, and who is on the call list."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.clockwork.finishing import Finishing
from bot.engine.chat import Chat, Speaker
from bot.engine.talk import Joined
from bot.records import (
    announcement_checks,
    announcement_reports,
    announcements,
    audit,
    call_lists,
    corrections,
    letting_go,
    second_tries,
)
from bot.records.announcement_reports import Figures
from bot.schema import deliveries
from conversations.announcements import _lines
from tests.announced import announced, delivered, put, settle
from tests.office import Office, office

STATES = ("waiting", "sending", "sent", "held", "uncertain", "failed", "skipped", "dropped")
FATES = (*STATES, "in_part")
cells = st.lists(
    st.tuples(
        st.sampled_from(("telegram", "whatsapp")), st.sampled_from(FATES), st.sampled_from(("", "blocked", "limit")),
        st.sampled_from(("", "sent", "delivered", "read")), st.booleans(), st.integers(1, 10**6),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


WAITING = deliveries.c.state == "waiting"
CHAT = Chat(Speaker("chief", "telegram"), {}, now=0)


@dataclass
class Found:
    """An announcement as far as its lines need one."""

    zone: str = "Asia/Jakarta"


@given(cells, st.integers(0, 50), st.integers(0, 50))
def test_the_lines_of_a_report_add_up(cells: list[Any], shared: int, without: int) -> None:
    figures = Figures(tuple(cells), 0, 0, shared, without)

    found: Any = Found()
    told = [(part.keys[0], _plain(part.values["count"])) for part in _lines(CHAT, found, figures)]
    (first, people), *rest = told
    assert first == "planned"
    assert people == sum(count for key, count in rest if key not in ("on.telegram", "on.whatsapp", "reason_line"))
    assert sum(count for key, count in rest if key.startswith("on.")) == figures.count("sent")
    reasons = sum(count for key, count in rest if key == "reason_line")
    assert reasons == figures.count("in_part", "failed", "skipped", "dropped")


def _plain(count: object) -> int:
    return int(str(count).replace(".", ""))


@pytest.mark.asyncio
async def test_a_count_of_rows_adds_up_to_who_was_planned(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        for state in STATES:
            await delivered(on, number, 2, state=state)
            await delivered(on, number, 1, state=state, channel="whatsapp", reason="limit", delivery="read")
        await delivered(on, number, 1, due_at=on.now + 1000)
        planned = {"planned": {"people": 30, "shared": 2, "skipped": {"no_chat": 3}}}
        await put(on, number, counted=announcements.packed(planned))
        found, figures = await seen(on, number)
        assert figures.people == 8 * 3 + 1 + 2 + 3
        assert figures.sent("whatsapp") == (1, 1, 1)
        assert figures.sent("telegram") == (2, 0, 0)
        assert (figures.count("waiting", later=True), figures.next_at) == (1, on.now)
        assert figures.wanted == 25 - 6
        assert figures.settled == 25 - 6 - 4 - 3
        kept = announcement_reports.kept(on_progress(found, figures))
        assert kept == figures


def on_progress(found: announcements.Announcement, figures: Figures) -> announcements.Announcement:
    """The announcement, with these figures kept, as they come back from JSON."""
    return replace(found, progress=json.loads(json.dumps({"figures": figures.json()})))


async def seen(on: Office, number: str, account: str = "chief") -> tuple[announcements.Announcement, Figures]:
    async def work(tx: Any) -> tuple[announcements.Announcement, Figures]:
        found = await announcement_reports.seen(tx, account, number)
        assert found is not None
        figures = await announcement_reports.figures(tx, found)
        assert figures is not None
        return found, figures

    return await on.run(work)


@pytest.mark.asyncio
async def test_only_who_announces_over_the_whole_of_it_sees_a_report(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        for account, role, area in (
            ("colleague", "coordinator", "33.07"), ("programme", "programme", ""), ("village", "companion", "33.07.04"),
            ("elsewhere", "coordinator", "32.15"), ("mart", "mart", "33.07"), ("auditor", "auditor", ""),
        ):  # fmt: skip
            await on.staff(account, role, area)
        await on.account("nobody")
        event = await announced(on, author, "chief")
        promo = await announced(on, author, "chief", category="mart_info")
        draft = await announced(on, author, "chief", state="draft", started_at=None)

        async def may(account: str, number: str) -> bool:
            return await on.run(lambda tx: announcement_reports.seen(tx, account, number)) is not None

        assert [one for one in ("chief", "colleague", "programme") if not await may(one, event)] == []
        assert [one for one in ("village", "elsewhere", "mart", "auditor", "nobody") if await may(one, event)] == []
        assert await may("mart", promo)
        assert await may("chief", draft)
        assert not await may("colleague", draft)
        listed = await on.run(lambda tx: announcement_reports.listed(tx, "mart"))
        assert [one.number for one in listed] == [promo]


@pytest.mark.asyncio
async def test_who_did_not_get_it_is_listed_for_their_own_area_and_each_look_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        code = await on.staff("village", "programme", "33.07.05")
        number = await announced(on, author, "chief")
        await delivered(on, number, 3, state="sent")
        mine = await delivered(on, number, 1, state="failed", reason="blocked", area="33.07.05.2001")
        theirs = await delivered(on, number, 1, state="held", reason="window", area="33.07.04.2001")
        for reason in ("no_opt_in", "stopped", "deleted"):
            await delivered(on, number, 1, state="skipped", reason=reason, area="33.07.05.2001")
        looked = await on.run(lambda tx: call_lists.look_up(tx, "chief", number))
        assert len(looked["ids"]) == 2
        # Put aside the right over the whole announcement: the list is still only of one's own area.
        await put(on, number, audience='{"areas": ["33.07.05"]}')
        looked = await on.run(lambda tx: call_lists.look_up(tx, "village", number))
        (entry,) = await on.run(lambda tx: call_lists.entries(tx, "village", looked["ids"]))
        assert (entry.phone, entry.state, entry.reason) == ("0812-0000-0123", "failed", "blocked")
        rows = await on.run(lambda tx: audit.of(tx, mine[0]))
        assert [(row["actor"], row["action"], row["purpose"]) for row in rows] == [
            (code, "call_list", number), (author, "call_list", number),
        ]  # fmt: skip
        assert len(await on.run(lambda tx: audit.of(tx, theirs[0]))) == 1
        await on.staff("mart", "mart", "33.07.05")
        await put(on, number, category="mart_info")
        looked = await on.run(lambda tx: call_lists.look_up(tx, "mart", number))
        assert (looked["allowed"], looked["ids"]) == (False, []), "a mart sees no people"


@pytest.mark.asyncio
async def test_a_list_in_the_chat_has_an_end(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, call_lists.MOST + 1, state="uncertain", reason="no_answer")
        looked = await on.run(lambda tx: call_lists.look_up(tx, "chief", number))
        assert (len(looked["ids"]), looked["more"]) == (call_lists.MOST, True)


@pytest.mark.asyncio
async def test_only_what_can_be_cured_is_tried_again(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        await on.staff("other", "companion", "33.07")
        number = await announced(on, author, "chief", state="done")
        cured = await delivered(
            on, number, 1, state="failed", reason="provider", delivery="failed", provider_id="SM1", attempts=7
        )
        cured += await delivered(on, number, 1, state="failed", reason="blocked")
        cured += await delivered(on, number, 1, state="skipped", reason="unreachable")
        for state, reason, reachable in (
            ("failed", "blocked", "blocked"), ("failed", "content", "ok"), ("uncertain", "no_answer", "ok"),
            ("held", "window", "ok"), ("skipped", "no_opt_in", "ok"), ("sent", "", "ok"), ("dropped", "over", "ok"),
        ):  # fmt: skip
            await delivered(on, number, 1, state=state, reason=reason, reachable=reachable)

        found, _ = await seen(on, number)
        assert await on.run(lambda tx: second_tries.curable(tx, found)) == 3
        assert await on.run(lambda tx: second_tries.let_go(tx, "other", number)) == 0, "no companion's"
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 3
        assert await on.run(lambda tx: second_tries.some(tx, number, 100))
        d = deliveries.c
        query = select(d.person_id, d.reason, d.provider_id, d.attempts).where(d.state == "waiting")
        rows = await on.run(lambda tx: tx.rows(query))
        assert {row["person_id"] for row in rows} == set(cured)
        assert {(row["reason"], row["provider_id"], row["attempts"]) for row in rows} == {("", "", 0)}
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 0


@pytest.mark.asyncio
async def test_what_waits_for_the_morning_and_what_for_a_new_day_are_two_lines(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief")
        await delivered(on, number, 3, channel="whatsapp", reason="limit", due_at=on.now + 86_400_000)
        await delivered(on, number, 2, channel="whatsapp", due_at=on.now + 3_600_000)
        await delivered(on, number, 4, state="failed", reason="no_channel")
        found, figures = await seen(on, number)
        chat = Chat(Speaker("chief", "telegram"), {}, now=on.now)
        lines = on.composer._worded("id", "announcements", Joined(tuple(_lines(chat, found, figures)), "\n"))
        shown = str(lines).splitlines()
        assert [line for line in shown if "Ditunda: 2" in line]
        assert [line for line in shown if "kuota WhatsApp: 3" in line]
        assert [line for line in shown if "kanalnya sedang tidak dipakai" in line]


@pytest.mark.asyncio
async def test_one_word_lets_all_of_them_go_a_chunk_at_a_time(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 70, state="failed", reason="provider", settled_at=on.now)
        await delivered(on, number, 50, state="skipped", reason="blocked", settled_at=on.now)
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 120
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 0, "it is under way"
        gone = []
        while number in await on.store.read(second_tries.asked):
            await on.run(lambda tx: second_tries.some(tx, number, 50))
            gone.append(await on.run(lambda tx: tx.value(select(func.count()).where(WAITING))))
            # What fails meanwhile has had its second try.
            on.now += 1
            await settle(on, number, "failed", 10, reason="provider", settled_at=on.now)
        assert gone == [50, 90, 100]
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 30


@pytest.mark.asyncio
async def test_a_restart_goes_on_with_what_was_let_go_and_a_cancellation_ends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        for state, left in (("done", 0), ("cancelled", 3)):
            number = await announced(on, author, "chief", state="done")
            await delivered(on, number, 5, state="failed", reason="provider", settled_at=on.now)
            assert await on.run(lambda tx, number=number: second_tries.let_go(tx, "chief", number)) == 5  # type: ignore[misc]
            await on.run(lambda tx, number=number: second_tries.some(tx, number, 2))  # type: ignore[misc]
            await put(on, number, state=state)
            await Finishing(on.store).once()
            failed = (deliveries.c.announcement == number) & (deliveries.c.state == "failed")
            assert await on.run(lambda tx, failed=failed: tx.value(select(func.count()).where(failed))) == left  # type: ignore[misc]
            assert await on.store.read(second_tries.asked) == []


@pytest.mark.asyncio
async def test_what_a_channel_did_not_take_is_tried_again_once_there_is_that_channel(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 2, channel="whatsapp", state="failed", reason="no_channel")
        await delivered(on, number, 1, channel="whatsapp", state="failed", reason="provider")
        found, _ = await seen(on, number)
        before = letting_go.limits()
        try:
            letting_go.limit(replace(before, channels=frozenset({"telegram"})))
            assert await on.run(lambda tx: second_tries.curable(tx, found)) == 0
            assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 0
            letting_go.limit(replace(before, channels=frozenset({"telegram", "whatsapp"})))
            assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 3
        finally:
            letting_go.limit(before)


@pytest.mark.asyncio
async def test_the_message_that_shows_progress_is_found_by_its_chat(tmp_path: Path) -> None:
    """However many announcements there are: anybody on staff who replies to a message is looked up."""
    async with office(tmp_path) as on:
        plan = "EXPLAIN QUERY PLAN " + announcement_reports._SHOWN_IN
        values = {"account": "chief", "message": "7"}
        steps = await on.run(lambda tx: tx.driver(lambda db: db.execute(plan, values).fetchall()))
        assert any("ix_announcements_account_id" in str(step) for step in steps), [tuple(step) for step in steps]


@pytest.mark.asyncio
async def test_the_part_that_has_arrived_is_not_sent_a_second_time(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 1, state="failed", reason="provider", provider_id="SM1", attempts=100)
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 1
        assert await on.run(lambda tx: second_tries.some(tx, number, 100))
        query = select(deliveries.c.state, deliveries.c.provider_id)
        assert await on.run(lambda tx: tx.rows(query)) == [{"state": "waiting", "provider_id": "SM1"}]


@pytest.mark.asyncio
@pytest.mark.parametrize("values", [{"state": "cancelled"}, {"ends_at": 1}])
async def test_what_is_over_is_not_tried_again(tmp_path: Path, values: dict[str, Any]) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", state="done")
        await delivered(on, number, 1, state="failed", reason="provider")
        await put(on, number, **values)
        assert await on.run(lambda tx: second_tries.let_go(tx, "chief", number)) == 0


@pytest.mark.parametrize(
    "said",
    ["PGM-7K4MA", "pgm 7k4ma", "pgm7k4ma", "7k4ma", "7K4 MA", "no. PGM 7K4MA", "nomor 7k4ma", "PGM - 7K4MA",
     "#PGM-7K4MA!", "pengumuman PGM-7K4MA kak", "ＰＧＭ-７Ｋ４ＭＡ"],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(said: str) -> None:
    assert announcement_checks.number_of(said) == "PGM-7K4MA"


@pytest.mark.parametrize("said", ["", "PGM", "halo", "PGM-7K4M", "PGM-7K4MAA", "PGM-7K4M0", "yang kemarin", "12345678"])
def test_what_is_no_number_is_none(said: str) -> None:
    assert announcement_checks.number_of(said) == ""


@pytest.mark.asyncio
async def test_only_what_went_out_is_real(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")

        async def check(number: str) -> announcement_checks.Checked | None:
            return await on.run(lambda tx: announcement_checks.find(tx, number))

        for state in ("draft", "waiting", "rejected", "scheduled", "cancelled", "paused"):
            assert await check(await announced(on, author, "chief", state=state, started_at=None)) is None, state
        for state in ("sending", "paused", "done"):
            real = await check(await announced(on, author, "chief", state=state))
            assert real is not None
            assert real.state == "real"
        number = await announced(on, author, "chief", state="cancelled")
        stopped = await check(number)
        assert stopped is not None
        assert stopped.state == "stopped", "to say that it is a swindler's would be untrue"
        planned = await announced(on, author, "chief", state="scheduled", started_at=None, corrects=number)
        assert (stopped.corrected_by, stopped.beginning("en")) == ("", "Meeting tomorrow at 9.")
        await put(on, planned, state="sending", started_at=on.now)
        again = await check(number)
        assert again is not None
        assert again.corrected_by == planned


@pytest.mark.asyncio
async def test_the_beginning_is_in_the_words_that_were_sent_and_ends_at_a_word(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", texts={"id": "Harga minyak goreng " * 30})
        found = await on.run(lambda tx: announcement_checks.find(tx, number))
        assert found is not None
        assert found.beginning("en").endswith("goreng …")
        assert len(found.beginning("jv")) <= announcement_checks.BEGINNING + 2


@pytest.mark.asyncio
async def test_a_correction_is_for_who_received_it_and_stops_what_goes_out(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        await on.staff("elsewhere", "coordinator", "32.15")
        number = await announced(on, author, "chief")
        await put(on, number, media="photo-1")
        await delivered(on, number, 2)
        texts = {"id": "Rapat besok jam 10, bukan jam 9."}

        async def create(account: str) -> dict[str, Any]:
            return await on.run(lambda tx: corrections.create(tx, account, number, texts))

        assert await create("chief") == {}, "nobody has received it"
        await delivered(on, number, 1, state="sent")
        assert await create("elsewhere") == {}
        made = await create("chief")
        assert made["paused"]
        found, _ = await seen(on, number)
        assert found.state == "paused"
        correction = await on.run(lambda tx: announcements.get(tx, made["number"]))
        assert correction is not None
        told = (correction.corrects, correction.state, correction.category, correction.audience)
        assert told == (number, "draft", "event", {"areas": ["33.07"]})
        assert correction.media == "photo-1"


@pytest.mark.asyncio
async def test_a_reply_to_the_progress_message_means_that_announcement(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        author = await on.staff("chief", "coordinator", "33.07")
        number = await announced(on, author, "chief", progress='{"messages": ["57", "SM1"]}')
        await announced(on, author, "chief", progress='{"messages": ["58"]}')

        async def shown(account: str, message: str) -> str:
            return await on.run(lambda tx: announcement_reports.shown_in(tx, account, message))

        assert await shown("chief", "57") == number
        assert await shown("chief", "SM1") == number
        assert await shown("chief", "5") == ""
        assert await shown("other", "57") == "", "ids of messages are a chat's own"
