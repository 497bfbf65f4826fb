"""The rows of deliveries: found by the index however many there are, and never taken back from where they are."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot import outcomes
from bot.channels.parts import in_order
from bot.clockwork.finishing import Finishing
from bot.clockwork.picking import ASIDE_MS, Picked, Picking
from bot.clockwork.settling import Settling
from bot.clockwork.ways import KEPT, Ways
from bot.contents import KNOCK, Approved
from bot.messages import Status
from bot.quota import Quota
from bot.records import announcements, deliveries, remains
from bot.statuses import settle, take
from bot.store import Store
from tests.recipients import NUMBER, announce
from tests.rows import NOW

HOUR = 3_600_000
pytestmark = pytest.mark.asyncio


async def rows(store: Store, work: Callable[[sqlite3.Connection], Any]) -> Any:
    return await store.run(lambda tx: tx.driver(work))


async def changed(store: Store, statement: str) -> None:
    await rows(store, lambda db: db.execute(statement))


async def announced(store: Store, count: int = 3, channel: str = "telegram", **columns: Any) -> None:
    people = [(channel, f"{number:03}") for number in range(count)]
    await rows(store, lambda db: announce(db, people, NOW, **columns))


def picking(quiet_until: int = 0, tier: int = 0) -> Picking:
    ways = Ways(lambda one, language: one.texts["id"], lambda language: (language,), lambda language: "Kami")
    return Picking(ways, lambda now, district: quiet_until or now, Quota(tier))


async def picked(store: Store, by: Picking, channel: str = "telegram", room: int = 10) -> Picked:
    found = await store.run(lambda tx: by.pick(tx, channel, room))
    if found.trial is not None:
        found.trial.keep()
    return found


async def found(store: Store, columns: str = "state, reason") -> list[tuple[Any, ...]]:
    query = f"SELECT {columns} FROM deliveries ORDER BY id"
    made: list[tuple[Any, ...]] = await rows(store, lambda db: db.execute(query).fetchall())
    return made


@pytest.mark.parametrize(
    "statement",
    [
        deliveries._DUE, deliveries._LIVE, deliveries._NEXT, deliveries._EARLIER, remains._FINISHED, remains._TO_DROP,
        remains._DROP, remains._WAITING, remains._END, remains._HOLDING, remains._UNASKED, outcomes._FIND,
        outcomes._FIND_PART,
    ],
)  # fmt: skip
async def test_no_statement_walks_through_all_deliveries(store: Store, statement: str) -> None:
    values = [None] * statement.count("?") or {"now": 0, "since": 0, "told": "[]"}
    plan = await rows(store, lambda db: db.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
    steps = [step[3] for step in plan]
    # Few are held, and fewer just being sent.
    walks = [
        one for one in steps if re.match(r"SCAN (d|deliveries)\b(?! USING INDEX ix_deliveries_(held|sending)$)", one)
    ]
    assert not walks
    # Two of the columns of an index are no use where the first alone has a million rows.
    assert not any("sqlite_autoindex_deliveries" in one and "account_id" not in one for one in steps)
    if statement == deliveries._DUE:
        assert "ix_deliveries_waiting" in steps[0]
        assert not any("TEMP B-TREE" in one for one in steps), "nothing has to be sorted"


async def test_what_is_picked_is_marked_and_not_picked_again(store: Store) -> None:
    await announced(store)
    by = picking()
    first = await picked(store, by, room=2)
    assert [parcel.id for parcel in first.parcels] == [1, 2]
    assert first.more
    assert [state for state, _ in await found(store)] == ["sending", "sending", "waiting"]
    second = await picked(store, by, room=2)
    assert ([parcel.id for parcel in second.parcels], second.more) == ([3], False)
    assert (await picked(store, by)).parcels == []


async def test_what_goes_together_comes_from_all_that_are_due(store: Store) -> None:
    for number in ("PGM-A", "PGM-B", "PGM-C"):
        await announced(store, 8, number=number)
    by = picking()
    for _ in range(3):
        some = await picked(store, by, room=6)
        assert sorted(parcel.number for parcel in some.parcels) == ["PGM-A"] * 2 + ["PGM-B"] * 2 + ["PGM-C"] * 2
    assert len((await picked(store, by, room=100)).parcels) == 6


async def test_one_that_cannot_be_put_into_words_keeps_no_other_from_going_out(store: Store) -> None:
    await announced(store, 3, number="PGM-A", texts={"en": "No words in Indonesian."})
    await announced(store, 3, number="PGM-B")
    by = picking()
    some = await picked(store, by)
    assert [parcel.number for parcel in some.parcels] == ["PGM-B"] * 3
    assert some.next_at == NOW + ASIDE_MS
    assert await found(store, "DISTINCT announcement, state") == [("PGM-A", "waiting"), ("PGM-B", "sending")]


async def test_one_that_has_little_left_leaves_its_share_to_the_others(store: Store) -> None:
    await announced(store, 1, number="PGM-A")
    await announced(store, 20, number="PGM-B")
    assert len((await picked(store, picking(), room=12)).parcels) == 12


async def test_who_cannot_be_written_to_takes_no_room(store: Store) -> None:
    await announced(store, 300)
    await rows(store, lambda db: db.execute("UPDATE accounts SET reachable = 'blocked' WHERE external_id < '250'"))
    some = await picked(store, picking(), room=5)
    assert [parcel.id for parcel in some.parcels] == [251, 252, 253, 254, 255]
    assert (await found(store))[249] == ("skipped", "blocked")


@pytest.mark.parametrize("state", ["draft", "waiting", "scheduled", "paused", "cancelled", "rejected"])
async def test_only_what_goes_out_goes_out(store: Store, state: str) -> None:
    await announced(store, state=state)
    assert (await picked(store, picking())).parcels == []


async def test_what_was_held_goes_although_the_rest_is_done(store: Store) -> None:
    await announced(store, state="done")
    assert len((await picked(store, picking())).parcels) == 3


async def test_the_next_look_is_when_the_next_one_falls_due(store: Store) -> None:
    await announced(store)
    assert (await picked(store, picking(quiet_until=NOW + HOUR))).next_at == NOW + HOUR
    assert await found(store, "state, due_at") == [("waiting", NOW + HOUR)] * 3


async def test_a_promo_that_has_ended_is_dropped_in_pieces(store: Store) -> None:
    await announced(store, 5, ends_at=NOW)
    assert (await picked(store, picking())).parcels == []
    assert await rows(store, lambda db: remains.to_drop(db, NOW, NOW)) == [(NUMBER, "over")]
    assert not await rows(store, lambda db: remains.drop(db, NUMBER, "over", NOW, 3))
    assert await rows(store, lambda db: remains.drop(db, NUMBER, "over", NOW, 3))
    assert await found(store) == [("dropped", "over")] * 5
    assert await rows(store, lambda db: remains.to_drop(db, NOW, NOW)) == []
    assert await rows(store, remains.finished) == [NUMBER]


def _drop_some(db: sqlite3.Connection, at: remains.Place) -> remains.Place | None:
    return remains.drop_held(db, "PGM-A", "cancelled", NOW, 3, at)


async def test_what_is_held_is_dropped_in_pieces_and_the_others_stay(store: Store) -> None:
    for number in ("PGM-A", "PGM-B"):
        await announced(store, 5, number=number)
    await rows(store, lambda db: db.execute("UPDATE deliveries SET state = 'held'"))
    await rows(store, lambda db: db.execute("UPDATE accounts SET held = 2"))
    at: remains.Place | None = remains.FIRST
    steps = -1
    while at is not None:
        at = await rows(store, partial(_drop_some, at=at))
        steps += 1
    assert steps == 3
    assert await found(store, "DISTINCT announcement, state") == [("PGM-A", "dropped"), ("PGM-B", "held")]
    assert (
        await rows(store, lambda db: db.execute("SELECT sum(held) FROM accounts WHERE external_id < '1'").fetchone()[0])
        == 5
    )


async def test_an_announcement_is_not_done_before_all_of_it_is(store: Store) -> None:
    await announced(store, 1, planned=0)
    assert await rows(store, remains.finished) == []
    await rows(store, lambda db: db.execute("UPDATE announcements SET planned = true"))
    for state, done in (("waiting", False), ("sending", False), ("held", True), ("sent", True), ("uncertain", True)):
        await changed(store, f"UPDATE deliveries SET state = '{state}'")
        assert bool(await rows(store, remains.finished)) is done


async def test_a_receipt_takes_nothing_back_that_a_status_has_moved(store: Store) -> None:
    await announced(store, 1)
    await rows(store, lambda db: db.execute("UPDATE deliveries SET state = 'failed', reason = 'invalid'"))
    sent, again = (deliveries.SENT, [("SM1", NOW, 1)]), (deliveries.AGAIN, [("", "", NOW, 0, 1)])
    await rows(store, lambda db: deliveries.many(db, sent, again))
    assert await found(store) == [("failed", "invalid")]


async def test_a_status_may_come_before_the_receipt(store: Store) -> None:
    await announced(store, 1, "whatsapp")
    await rows(store, lambda db: db.execute("UPDATE deliveries SET state = 'sending', way = 'free'"))
    told = Status("wa:SM1:delivered", "whatsapp", "delivered", "SM1")

    async def late() -> None:
        await rows(store, lambda db: deliveries.many(db, (deliveries.SENT, [("SM1", NOW, 1)])))

    early = asyncio.create_task(take(store, [told]))
    await asyncio.sleep(0.02)
    assert not early.done()
    await late()
    assert await early == 0
    assert await found(store, "state, delivery") == [("sent", "delivered")]


async def test_only_what_has_arrived_starts_the_count_of_failures_anew(store: Store) -> None:
    await announced(store, 1, "whatsapp", accounts={"failures": 4, "failed_on": "2023-11-13"})
    await changed(store, "UPDATE deliveries SET state = 'sent', provider_id = 'SM1'")

    def counted(db: sqlite3.Connection) -> Any:
        return db.execute("SELECT failures, reachable FROM accounts WHERE id LIKE 'whatsapp-%'").fetchone()

    for state, error, expected in (("sent", "", (4, "ok")), ("undelivered", "11111", (5, "unreachable"))):
        told = Status(f"wa:SM1:{state}", "whatsapp", state, "SM1", error=error)  # type: ignore[arg-type]
        await store.run(lambda tx, told=told: settle(tx, [told]))  # type: ignore[misc]
        assert await rows(store, counted) == expected
    await changed(store, "UPDATE deliveries SET delivery = '', state = 'sent'")
    await store.run(lambda tx: settle(tx, [Status("wa:SM1:delivered", "whatsapp", "delivered", "SM1")]))
    assert await rows(store, counted) == (0, "unreachable")


async def test_what_is_told_of_a_later_part_is_known_by_whom_it_went_to(store: Store) -> None:
    await announced(store, 2, "whatsapp")
    await rows(
        store, lambda db: db.execute("UPDATE deliveries SET state = 'sent', provider_id = 'SMa' || id || ' SMb' || id")
    )
    told = Status("wa:SMb1:read", "whatsapp", "read", "SMb1", sender="000")
    assert await store.run(lambda tx: settle(tx, [told])) == []
    assert await found(store, "delivery") == [("read",), ("",)]
    told = Status("wa:SMb1:failed", "whatsapp", "undelivered", "SMb1", sender="000", error="11111")
    assert await store.run(lambda tx: settle(tx, [told])) == []
    assert await found(store, "state, reason, provider_id") == [
        ("failed", "provider", "SMa1 -"),
        ("sent", "", "SMa2 SMb2"),
    ]
    strange = Status("wa:SMb1:read", "whatsapp", "read", "SMb1", sender="001")
    assert await store.run(lambda tx: settle(tx, [strange])) == [strange]


@pytest.mark.parametrize("together", [True, False])
async def test_only_the_parts_that_did_not_arrive_go_again(store: Store, together: bool) -> None:
    await announced(store, 1, "whatsapp")
    await changed(store, "UPDATE deliveries SET state = 'sent', way = 'free', provider_id = 'SMa SMb SMc'")
    told = [
        Status(f"wa:{one}:failed", "whatsapp", "undelivered", one, sender="000", error="63009")
        for one in ("SMa", "SMc")
    ]
    for some in [told] if together else [[one] for one in told]:
        assert await store.run(lambda tx, some=some: settle(tx, some)) == []  # type: ignore[misc]
    assert await found(store, "state, provider_id, attempts") == [("waiting", "- SMb -", 1)]
    await changed(store, f"UPDATE deliveries SET due_at = {NOW}")
    await changed(store, f"UPDATE accounts SET last_inbound_at = {NOW}")
    (parcel,) = (await picked(store, picking(), "whatsapp")).parcels
    sent: list[int] = []

    async def send(number: int) -> str:
        sent.append(number)
        return f"SM{number}"

    receipt = await in_order(["a", "b", "c", "d"], parcel.message.arrived, send)
    assert (sent, receipt.ids) == ([0, 2, 3], ("SM0", "SMb", "SM2", "SM3"))


async def test_what_is_told_while_the_rest_is_sent_waits_for_the_receipt(store: Store) -> None:
    await announced(store, 1, "whatsapp")
    await changed(store, "UPDATE deliveries SET state = 'sending', provider_id = '- SMb'")
    told = Status("wa:SMb:failed", "whatsapp", "undelivered", "SMb", sender="000", error="63009")
    assert await store.run(lambda tx: settle(tx, [told])) == [told]


@pytest.mark.parametrize(("wrote", "after"), [(NOW - 500, "waiting"), (NOW - 2000, "held"), (NOW - 90_000_000, "held")])
@pytest.mark.parametrize("way", ["template", "knock", "knock that a crash left"])
async def test_who_wrote_while_a_template_was_on_its_way_gets_it_at_once(
    store: Store, way: str, wrote: int, after: str
) -> None:
    await announced(store, 1, "whatsapp", accounts={"last_inbound_at": wrote})
    due = min(NOW - 1000, wrote + 1000) if wrote < NOW - 3000 else NOW - 1000
    kind = way.split()[0]
    await changed(store, f"UPDATE deliveries SET state = 'sending', way = '{kind}', due_at = {due}")
    if way == "knock that a crash left":
        await rows(store, lambda db: remains.left(db, NOW))
    else:
        woken: list[int] = []
        store.listeners.append(lambda: woken.append(1))
        settling = Settling(store, lambda: None)
        known = {"known": "SM1"} if way == "knock" else {}
        settling.keep(deliveries.KNOCK if way == "knock" else deliveries.KEEP, id=1, now=NOW, **known)
        await settling.close(5)
        assert bool(woken) is (after == "waiting")
    why = "asked" if after == "waiting" else "window" if way == "template" else "knocked"
    assert await found(store, "state, reason") == [(after, why)]
    held = await rows(store, lambda db: db.execute("SELECT sum(held) FROM accounts").fetchone())
    assert held == (int(after == "held"),)
    if after == "waiting":
        (parcel,) = (await picked(store, picking(quiet_until=NOW + 24 * HOUR), "whatsapp")).parcels
        assert (parcel.message.content, parcel.message.arrived) == (None, ())


@pytest.mark.parametrize("error", ["63013", "63049", "63018"])
async def test_a_template_that_did_not_arrive_goes_free_to_who_has_written_since(store: Store, error: str) -> None:
    await announced(store, 2, "whatsapp", accounts={"last_inbound_at": NOW - 500})
    await changed(
        store,
        f"UPDATE deliveries SET state = 'sent', way = 'template', provider_id = 'SM' || id, due_at = {NOW - 1000}",
    )
    await changed(store, f"UPDATE deliveries SET due_at = {NOW} WHERE id = 2")
    told = [Status(f"wa:SM{one}:failed", "whatsapp", "undelivered", f"SM{one}", error=error) for one in (1, 2)]
    await store.run(lambda tx: settle(tx, told))
    assert (await found(store, "state, reason, due_at"))[0] == ("waiting", "asked", NOW)
    assert (await found(store, "reason"))[1] != ("asked",)


@pytest.mark.parametrize("how", ["knock", "template", "told later"])
@pytest.mark.parametrize(("past", "reason"), [("state = 'cancelled'", "cancelled"), (f"ends_at = {NOW}", "over")])
async def test_what_would_be_held_of_one_that_is_past_is_dropped(
    store: Store, how: str, past: str, reason: str
) -> None:
    await announced(store, 1, "whatsapp")
    await changed(store, f"UPDATE announcements SET {past}")
    if how == "told later":
        await changed(store, "UPDATE deliveries SET state = 'sent', way = 'template', provider_id = 'SM1'")
        told = Status("wa:SM1:failed", "whatsapp", "undelivered", "SM1", error="63013")
        await store.run(lambda tx: settle(tx, [told]))
    else:
        await changed(store, f"UPDATE deliveries SET state = 'sending', way = '{how}'")
        settling = Settling(store, lambda: None)
        known = {"known": "SM1"} if how == "knock" else {}
        settling.keep(deliveries.KNOCK if how == "knock" else deliveries.KEEP, id=1, now=NOW, **known)
        await settling.close(5)
    assert await found(store) == [("dropped", reason)]
    assert await rows(store, lambda db: db.execute("SELECT sum(held) FROM accounts").fetchone()) == (0,)


@pytest.mark.parametrize(("corrects", "knock"), [("", True), ("PGM-WRONG", False)])
async def test_right_words_wait_for_no_answer_although_a_photo_goes_along(
    store: Store, corrects: str, knock: bool
) -> None:
    await announced(store, 1, "whatsapp", media="photo-1", corrects=corrects)
    by = picking()
    body = "Kabar dari {{1}}: {{2}} Cek {{3}}."
    keys = ("mart_info", KNOCK)
    by.ways.approve({(key, "id"): Approved(f"HX{key}", key, "id", body) for key in keys})
    wrong = await store.run(partial(announcements.get, number=NUMBER))
    assert wrong is not None
    by.ways.add(wrong)
    template = by.ways.template(NUMBER, "id")
    assert template is not None
    assert template.knock is knock


async def test_what_waits_for_a_channel_that_is_gone_ends(store: Store) -> None:
    await announced(store, 2500, "whatsapp")
    await announced(store, 2, number="PGM-OTHER")
    await Finishing(store, ["whatsapp"]).once()
    counted = "SELECT announcement, state, reason, count(*) FROM deliveries GROUP BY 1, 2, 3"
    assert await rows(store, lambda db: db.execute(counted).fetchall()) == [
        ("PGM-OTHER", "waiting", "", 2), (NUMBER, "failed", "no_channel", 2500),
    ]  # fmt: skip
    states = "SELECT number, state FROM announcements ORDER BY number"
    assert dict(await rows(store, lambda db: db.execute(states).fetchall())) == {"PGM-OTHER": "sending", NUMBER: "done"}


async def test_what_nobody_asks_for_is_forgotten_after_a_month(store: Store) -> None:
    await announced(store, 2, "whatsapp")
    await rows(store, lambda db: db.execute("UPDATE deliveries SET state = 'held', due_at = ?", (NOW,)))
    await rows(store, lambda db: db.execute("UPDATE accounts SET held = 1"))
    await Finishing(store).once()
    assert await found(store) == [("held", "")] * 2
    await rows(
        store, lambda db: db.execute("UPDATE deliveries SET due_at = ? WHERE id = 1", (NOW - remains.FORGET_MS - 1,))
    )
    await Finishing(store).once()
    assert await found(store) == [("dropped", "over"), ("held", "")]


async def test_what_is_forgotten_takes_nothing_newer_along(store: Store) -> None:
    await announced(store, 1, "whatsapp")
    await announced(store, 1, "whatsapp", number="PGM-NEWER")
    old = NOW - remains.FORGET_MS - 1
    await rows(store, lambda db: db.execute("UPDATE deliveries SET state = 'held', due_at = ?", (NOW,)))
    await rows(store, lambda db: db.execute("UPDATE deliveries SET due_at = ? WHERE id = 1", (old,)))
    await changed(store, "UPDATE accounts SET held = 2")
    await Finishing(store).once()
    assert await found(store) == [("dropped", "over"), ("held", "")]
    assert await rows(
        store, lambda db: db.execute("SELECT held FROM accounts WHERE id LIKE 'whatsapp-%'").fetchone()
    ) == (1,)


async def test_each_knock_that_a_crash_leaves_open_counts_as_held(store: Store) -> None:
    await announced(store, 1, "whatsapp")
    await announced(store, 1, "whatsapp", number="PGM-OTHER")
    await changed(store, "UPDATE deliveries SET state = 'sending', way = 'knock'")
    await rows(store, lambda db: remains.left(db, NOW))
    assert await found(store) == [("held", "knocked")] * 2
    assert await rows(
        store, lambda db: db.execute("SELECT held FROM accounts WHERE id LIKE 'whatsapp-%'").fetchone()
    ) == (2,)


async def test_who_has_written_since_whatsapp_said_no_is_written_to_freely(store: Store) -> None:
    await announced(store, 2, "whatsapp", accounts={"last_inbound_at": NOW - 1000})
    await rows(store, lambda db: db.execute("UPDATE deliveries SET reason = 'window', due_at = ?", (NOW - 2000,)))
    await rows(store, lambda db: db.execute("UPDATE deliveries SET due_at = ? WHERE id = 2", (NOW - 500,)))
    await picked(store, picking(), "whatsapp")
    assert await found(store, "state, way") == [("sending", "free"), ("held", "")]


@pytest.mark.parametrize("looks", [1, 2])
async def test_one_that_takes_long_stays_taken_up_however_many_come_after_it(store: Store, looks: int) -> None:
    by = picking()
    await announced(store, 200, number="PGM-00000")
    for _ in range(looks):
        await picked(store, by, room=2)
    for number in range(KEPT):
        await announced(store, 1, number=f"PGM-{number + 1:05}")
        await picked(store, by, room=2)
        await changed(store, f"UPDATE announcements SET state = 'paused' WHERE number = 'PGM-{number + 1:05}'")
    assert "PGM-00000" in by.ways


async def test_what_was_cancelled_during_a_look_is_found_by_the_next(store: Store) -> None:
    await announced(store, 1, "whatsapp")
    await changed(store, "UPDATE deliveries SET state = 'held'")
    finishing = Finishing(store)
    await finishing.once()
    await changed(store, f"UPDATE announcements SET state = 'cancelled', ended_at = {NOW - 1000}")
    await finishing.once()
    assert await found(store) == [("dropped", "cancelled")]
