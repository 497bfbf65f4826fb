"""Goods at a mart and what was paid for them: delivered = sold + returned + on the shelf, whatever is noted."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.records import consignments, offer_decisions, offer_desk, offer_prices, offering, offers, people, settlements
from bot.records.offer_steps import Goods, standing
from bot.schema import audit
from bot.schema import consignments as table
from bot.schema import settlements as settled
from bot.store import Tx
from tests.office import Office, office
from tests.test_offers import SAID, offered, told

CHAT = "chat of Peserta Satu"


async def accepted(here: Office) -> str:
    """An offer that the manager M1 has accepted."""
    reference = await offered(here)
    assert await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "accept")) == "done"
    return reference


async def comes(tx: Tx, reference: str, count: int, price: int, shop_price: int) -> None:
    """Goods come in at prices that the maker agrees to."""
    if await consignments.deliver(tx, "M1", reference, count, price, shop_price) == "asked":
        asked = await offer_prices.waiting(tx, reference)
        assert asked is not None
        assert await offer_prices.answer(tx, CHAT, reference, asked.id, agrees=True) == "agreed"


@pytest.fixture
def shop() -> Iterator[tuple[asyncio.AbstractEventLoop, Office]]:
    """One office with a manager, on a loop of its own: a property is played in it many times."""
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        opened = office(Path(folder))
        here = loop.run_until_complete(opened.__aenter__())
        loop.run_until_complete(here.staff("M1", "mart", "33.07"))
        yield loop, here
        loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("delivered"), st.integers(-2, 30), st.sampled_from([500, 12_000])),
        st.tuples(st.sampled_from(["sold", "returned"]), st.integers(-2, 40), st.just(0)),
        st.tuples(st.sampled_from(["fix delivered", "fix sold", "fix returned"]), st.integers(-2, 40), st.just(0)),
        st.tuples(
            st.sampled_from(["settle", "withdraw", "agree", "differ", "price yes", "price no"]), st.just(0), st.just(0)
        ),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_the_goods_always_add_up(
    shop: tuple[asyncio.AbstractEventLoop, Office], deeds: list[tuple[str, int, int]]
) -> None:
    loop, here = shop
    loop.run_until_complete(_play(here, deeds))


async def _play(here: Office, deeds: list[tuple[str, int, int]]) -> None:
    reference = await accepted(here)
    for what, number, price in deeds:
        here.now += 1000
        before = await here.run(lambda tx: consignments.of(tx, reference))
        sold, due = await here.run(lambda tx: settlements.due(tx, reference))
        assert sold == before.unsettled
        outcome = await here.run(lambda tx, w=what, n=number, p=price: _do(tx, reference, w, n, p))  # type: ignore[misc]
        goods = await here.run(lambda tx: consignments.of(tx, reference))
        assert goods.delivered == goods.sold + goods.returned + goods.shelf
        assert 0 <= goods.settled <= goods.sold
        assert min(goods.shelf, goods.sold, goods.returned) >= 0
        if outcome not in ("done", "confirmed", "disputed", "asked", "agreed", "declined"):
            assert goods == before, (what, outcome)
        elif what in consignments.COUNTS:
            assert getattr(goods, what) == getattr(before, what) + number > getattr(before, what)
        elif what.startswith("fix"):
            assert getattr(goods, what.partition(" ")[2]) == number
        elif what == "settle":
            last = await here.run(lambda tx: settlements.last(tx, reference))
            assert last is not None
            assert (last.sold, last.due, goods.unsettled) == (sold, due, 0)
        if what in ("sold", "returned") and outcome == "too_many":
            assert number <= 0 or number > before.shelf
        rows = await here.run(lambda tx: tx.rows(select(settled).where(settled.c.offer == reference)))
        assert sum(row["sold"] for row in rows) == goods.settled, "what is paid is what was noted as paid"
        lines = await here.run(lambda tx: tx.rows(select(table).where(table.c.offer == reference)))
        paid = sum(line["settled"] * line["price"] for line in lines)
        assert sum(row["due"] for row in rows) == paid, "at the price of its own"
        waiting = sum(row["state"] != "confirmed" for row in rows)
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert one.status == standing(goods, waiting)


async def _do(tx: Tx, reference: str, what: str, number: int, price: int) -> Any:
    if what == "delivered":
        return await consignments.deliver(tx, "M1", reference, number, price, price + 500)
    if what in ("sold", "returned"):
        return await consignments.count(tx, "M1", reference, what, number)
    if what.startswith("fix"):
        return await consignments.put_right(tx, "M1", reference, what.partition(" ")[2], number)
    if what == "settle":
        _, due = await settlements.due(tx, reference)
        return (await settlements.settle(tx, "M1", reference, due))[0]
    if what == "withdraw":
        paid = await settlements.unanswered(tx, reference)
        return await settlements.withdraw(tx, "M1", reference, paid)
    if what.startswith("price"):
        asked = await offer_prices.waiting(tx, reference)
        yes = what == "price yes"
        return await offer_prices.answer(tx, CHAT, reference, asked.id, yes) if asked else "unknown"
    last = await settlements.last(tx, reference)
    return await settlements.answer(tx, CHAT, last.number, what == "agree") if last else "unknown"


@pytest.mark.parametrize(
    ("goods", "unconfirmed", "status"),
    [
        (Goods(), 0, "accepted"),
        (Goods(5), 0, "stocked"),
        (Goods(5, 1), 0, "selling"),
        (Goods(5, 0, 5), 0, "returned"),
        (Goods(5, 3, 2), 0, "selling"),
        (Goods(5, 3, 2, 3), 1, "selling"),
        (Goods(5, 3, 2, 3), 0, "finished"),
        (Goods(8, 5, 0, 5), 0, "selling"),
    ],
)
def test_the_status_follows_the_goods(goods: Goods, unconfirmed: int, status: str) -> None:
    assert standing(goods, unconfirmed) == status


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "wrong",
    [{"sold": 3, "returned": 3}, {"sold": -1}, {"returned": -1}, {"settled": 1}, {"sold": 2, "settled": 3}],
)
async def test_the_database_refuses_what_does_not_add_up(tmp_path: Path, wrong: dict[str, int]) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await accepted(here)
        await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
        with pytest.raises(IntegrityError):
            await here.run(lambda tx: tx.execute(update(table).values(wrong)))
        line = {"offer": reference, "delivered": 0, "price": 1, "shop_price": 1, "delivered_at": 0, "by": "PTG-AAAA"}
        with pytest.raises(IntegrityError):
            await here.run(lambda tx: tx.execute(insert(table), line))


@pytest.mark.asyncio
async def test_the_oldest_goes_first_and_each_is_paid_at_its_own_price(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await accepted(here)
        await here.run(lambda tx: comes(tx, reference, 3, 10_000, 12_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 3))
        await here.run(lambda tx: comes(tx, reference, 3, 11_000, 13_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 1))
        assert await here.run(lambda tx: settlements.due(tx, reference)) == (4, 41_000)


@pytest.mark.asyncio
async def test_another_price_holds_only_once_the_maker_agrees_and_never_for_what_is_sold(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        reference = await accepted(here)

        async def prices(tx: Tx) -> tuple[list[tuple[int, int, int]], tuple[int, int]]:
            of_offer = select(table).where(table.c.offer == reference).order_by(table.c.id)
            lines = [(line["delivered"], line["price"], line["shop_price"]) for line in await tx.rows(of_offer)]
            return lines, await settlements.due(tx, reference)

        async def delivers(tx: Tx, count: int, price: int, shop_price: int) -> str:
            return await consignments.deliver(tx, "M1", reference, count, price, shop_price)

        async def answers(tx: Tx, agrees: bool) -> str:
            asked = await offer_prices.waiting(tx, reference)
            return await offer_prices.answer(tx, CHAT, reference, asked.id, agrees) if asked else ""

        assert await here.run(lambda tx: delivers(tx, 5, 12_000, 15_000)) == "done", "the price that she asked"
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 2))
        assert await here.run(lambda tx: delivers(tx, 5, 10_000, 15_000)) == "asked"
        held = [(5, 12_000, 15_000), (5, 12_000, 15_000)]
        assert await here.run(prices) == (held, (2, 24_000)), "the old holds"
        assert await here.run(lambda tx: answers(tx, agrees=False)) == "declined"
        assert await here.run(prices) == (held, (2, 24_000)), "she does not agree"
        proposed = await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 11_000, 16_000))
        assert proposed == "done"
        assert await here.run(prices) == (held, (2, 24_000)), "she has not answered"
        assert await here.run(lambda tx: answers(tx, agrees=True)) == "agreed"
        agreed = [(2, 12_000, 15_000), (5, 11_000, 16_000), (3, 11_000, 16_000)]
        assert await here.run(prices) == (agreed, (2, 24_000)), "what is sold keeps its price"
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 1))
        assert (await here.run(prices))[1] == (3, 35_000)
        news = [(account, template) for account, template, _ in await told(here) if template.startswith("offers.price")]
        assert news == [("M1", "offers.price.declined"), ("M1", "offers.price.agreed")]
        rows = await here.run(lambda tx: tx.rows(select(audit).where(audit.c.action == "offer_price")))
        assert [(row["actor"], row["object"]) for row in rows] == [(code, reference)] * 2


@pytest.mark.asyncio
async def test_only_the_maker_answers_and_only_what_is_asked_now(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "33.07")
        await here.account("somebody")
        reference = await offered(here)

        async def asked(tx: Tx) -> int:
            waits = await offer_prices.waiting(tx, reference)
            return waits.id if waits else 0

        assert await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 12_000)) == "same"
        assert await here.run(lambda tx: offer_prices.propose(tx, "somebody", reference, 11_000)) == "unknown"
        assert await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 11_000)) == "done"
        first = await here.run(asked)
        assert await here.run(lambda tx: offer_prices.propose(tx, "M2", reference, 11_000)) == "done"
        assert await here.run(asked) == first, "two managers with the same price ask once"
        assert await here.run(lambda tx: offer_prices.propose(tx, "M2", reference, 11_500)) == "done"
        second = await here.run(asked)
        for account, id, outcome in [
            ("somebody", second, "unknown"), ("M1", second, "unknown"), (CHAT, first, "already"),
            (CHAT, second, "agreed"), (CHAT, second, "already"),
        ]:  # fmt: skip
            said = await here.run(
                partial(offer_prices.answer, account=account, reference=reference, id=id, agrees=True)
            )
            assert said == outcome, (account, id)
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert (one.status, one.price) == ("accepted", 11_500), "her yes to the mart's price is the acceptance"


@pytest.mark.asyncio
async def test_a_decision_or_a_cancellation_lets_the_question_for_a_price_lapse(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await offered(here)
        await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 11_000))
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "accept"))
        assert await here.run(lambda tx: offer_prices.asked(tx, CHAT)) is None
        await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 11_000))
        await here.run(lambda tx: offer_decisions.cancel(tx, CHAT, reference))
        assert await here.run(lambda tx: offer_prices.asked(tx, CHAT)) is None
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert (one.status, one.price) == ("cancelled", 12_000)


@pytest.mark.asyncio
async def test_nobody_proposes_a_price_for_their_own_goods(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.enrolled("Peserta Satu", "33.07.04", account="M1")
        (person, *_) = await here.run(lambda tx: people.of_account(tx, "M1"))
        reference = await here.run(lambda tx: offering.submit(tx, "M1", person.id, SAID))
        assert await here.run(lambda tx: offer_prices.propose(tx, "M1", reference, 11_000)) == "own"
        assert await here.run(lambda tx: offer_desk.open(tx, "M1", reference))
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert one.status == "submitted", "looking at one's own is no review"


@pytest.mark.asyncio
async def test_an_offer_whose_card_was_opened_is_being_looked_at(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        reference = await offered(here)
        later = await offered(here, product="Gula semut")
        await here.run(lambda tx: offer_desk.open(tx, "M1", reference))
        await here.run(lambda tx: offer_desk.open(tx, "M1", reference))
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert (one.status, one.decided_by) == ("reviewing", code)
        listed = await here.run(lambda tx: offer_desk.listed(tx, "M1"))
        assert listed["hits"] == sorted([reference, later]), "it has not lost its place"
        assert await here.run(lambda tx: offer_decisions.cancel(tx, CHAT, reference)) == "done"


@pytest.mark.asyncio
async def test_goods_come_in_only_for_what_was_accepted(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await offered(here)
        for deed in ("submitted", "sample"):
            if deed == "sample":
                await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "sample"))
            noted = await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
            assert noted == "not_from_here"
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "accept"))
        below = await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 11_999))
        assert below == "too_many", "the mart never sells below the maker's price"


@pytest.mark.asyncio
async def test_two_who_pay_at_once_pay_once_and_the_maker_is_asked_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "33.07")
        reference = await accepted(here)
        await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 5))
        pay = [here.run(lambda tx, w=who: settlements.settle(tx, w, reference, 60_000)) for who in ("M1", "M2")]  # type: ignore[misc]
        found = await asyncio.gather(*pay)
        assert sorted(outcome for outcome, _ in found) == ["done", "nothing_due"]
        asked = [body["open"] for account, _, body in await told(here) if body.get("open", [""])[0] == "settlement"]
        assert asked == [["settlement", next(number for _, number in found if number)]]


@pytest.mark.asyncio
async def test_what_two_note_at_once_is_noted_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for who in ("M1", "M2"):
            await here.staff(who, "mart", "33.07")
        reference = await accepted(here)
        seen = await here.run(lambda tx: consignments.counted(tx, reference))
        for what in ("delivered", "sold", "fix sold"):
            noting = [partial(_noted, who=who, reference=reference, what=what, seen=seen) for who in ("M1", "M2")]
            assert [await here.run(one) for one in noting] == ["done", "too_many"], what
            seen = await here.run(lambda tx: consignments.counted(tx, reference))
        assert seen == [9, 4, 0]


async def _noted(tx: Tx, who: str, reference: str, what: str, seen: list[int]) -> str:
    if what == "delivered":
        return await consignments.deliver(tx, who, reference, 9, 12_000, 15_000, seen)
    if what == "sold":
        return await consignments.count(tx, who, reference, "sold", 3, seen)
    return await consignments.put_right(tx, who, reference, "sold", 4, seen)


@pytest.mark.asyncio
async def test_a_payment_taken_back_is_due_again_at_its_own_price_though_another_came_later(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await accepted(here)

        async def steps(tx: Tx) -> list[tuple[int, int]]:
            await comes(tx, reference, 10, 10_000, 12_000)
            await consignments.count(tx, "M1", reference, "returned", 10)
            await comes(tx, reference, 5, 20_000, 22_000)
            await consignments.count(tx, "M1", reference, "sold", 5)
            first = (await settlements.settle(tx, "M1", reference, 100_000))[1]
            await consignments.put_right(tx, "M1", reference, "returned", 5)
            await consignments.count(tx, "M1", reference, "sold", 5)
            second = (await settlements.settle(tx, "M1", reference, 50_000))[1]
            due = []
            for number in (second, first):
                assert await settlements.withdraw(tx, "M1", reference, number) == "done"
                due.append(await settlements.due(tx, reference))
            assert await settlements.withdraw(tx, "M1", reference, first) == "nothing_due", "two managers at once"
            return due

        assert await here.run(steps) == [(5, 50_000), (10, 150_000)]


@pytest.mark.asyncio
async def test_who_paid_saw_the_amount_that_is_noted(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await accepted(here)
        await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 2))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 1))
        assert await here.run(lambda tx: settlements.settle(tx, "M1", reference, 24_000)) == ("changed", "")
        assert await here.run(lambda tx: settlements.last(tx, reference)) is None


@pytest.mark.asyncio
async def test_the_maker_answers_once_and_nobody_else_does(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        await here.account("somebody")
        reference = await accepted(here)
        await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 5))
        _, number = await here.run(lambda tx: settlements.settle(tx, "M1", reference, 60_000))

        async def answers(account: str, agrees: bool) -> str:
            return await here.run(lambda tx: settlements.answer(tx, account, number, agrees))

        assert await answers("somebody", True) == "unknown"
        assert await answers("M1", True) == "unknown"
        assert await answers(CHAT, False) == "disputed"
        assert await answers(CHAT, False) == "already"
        assert await answers(CHAT, True) == "confirmed", "after they have counted together"
        assert await answers(CHAT, False) == "already", "what was agreed to stays"
        assert await answers(CHAT, True) == "already"
        assert await here.run(lambda tx: settlements.withdraw(tx, "M1", reference, number)) == "nothing_due"
        told_manager = [template for account, template, _ in await told(here) if account == "M1"]
        assert told_manager == ["offers.new", "offers.disputed", "offers.confirmed"]
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert (one.status, one.decided_by) == ("finished", code)
