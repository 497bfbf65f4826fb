"""Offers of members to a mart: who hears of one, who decides, that nothing is decided twice, what goes with them."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from bot.messages import Kept
from bot.questions import places
from bot.records import (
    consignments,
    leaving,
    media,
    offer_decisions,
    offer_desk,
    offering,
    offers,
    people,
    roles,
    settlements,
)
from bot.records.offer_decisions import TARGET, WEEKDAYS
from bot.records.offer_steps import LIVE, REASONS, STEPS, UNDECIDED, before, may
from bot.schema import accounts, audit, offer_changes, outbox
from bot.schema import consignments as lines_table
from bot.schema import media as media_table
from bot.schema import offers as table
from bot.schema import settlements as settlements_table
from bot.store import Tx
from conversations.offer_news import DAYS
from conversations.sell import LASTING, PERMITS
from tests.office import Office, office

SAID = {
    "product": "Keripik  singkong\n pedas", "category": "makanan_kering", "unit": "200 gram", "price": 12_000,
    "quantity": 20, "shelf": 30, "permits": ["nib_applied", "pirt"], "photo": None,
}  # fmt: skip
PHOTO = "a" * 26 + ".jpg"


async def offered(here: Office, area: str = "33.07.04", name: str = "Peserta Satu", **other: Any) -> str:
    """An offer of somebody who lives there; its reference."""
    account = f"chat of {name}"
    if not await here.run(lambda tx: people.of_account(tx, account)):
        await here.enrolled(name, area, phone="+6281200000001")
    (person, *_) = await here.run(lambda tx: people.of_account(tx, account))
    return await here.run(lambda tx: offering.submit(tx, account, person.id, {**SAID, **other}))


async def told(here: Office) -> list[tuple[str, str, dict[str, Any]]]:
    """What waits to be sent: to whom, which template or conversation, and the body."""
    found = await here.run(lambda tx: tx.rows(select(outbox).order_by(outbox.c.id)))
    return [(row["account_id"], row["template"], json.loads(row["body"])) for row in found if row["body"]]


async def count(here: Office, what: Any) -> int:
    return int(await here.run(lambda tx: tx.value(select(func.count()).select_from(what))))


async def status(here: Office, reference: str) -> str:
    one = await here.run(lambda tx: offers.get(tx, reference))
    return one.status if one else ""


@pytest.mark.asyncio
async def test_an_offer_is_kept_and_the_manager_sees_name_village_product_and_photo(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("K1", "coordinator", "33.07")
        await here.staff("M2", "mart", "32.15")
        reference = await offered(here, photo=PHOTO)
        one = await here.run(lambda tx: offers.get(tx, reference))
        assert one is not None
        assert reference.startswith("TJ-")
        assert (one.product, one.mart, one.status) == ("Keripik singkong pedas", "kaliwiro", "submitted")
        assert one.permits == {"nib": "applied", "pirt": "yes", "halal": "no"}
        ((account, template, body),) = await told(here)
        assert (account, template, body["media"]) == ("M1", "offers.new", PHOTO)
        assert body["say"][2] == {
            "reference": reference, "product": one.product, "name": "Peserta Satu", "village": "Kaliwiro",
            "unit": "200 gram", "quantity": 20, "price": {"rupiah": 12_000},
        }  # fmt: skip
        assert [given for _, _, given in body["opens"]] == [f"{reference} {deed}" for deed in TARGET]


@pytest.mark.asyncio
async def test_who_looks_after_the_district_hears_where_the_mart_has_no_manager(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for id, role, area in [("A1", "admin", ""), ("P1", "programme", ""), ("K1", "coordinator", "33.07")]:
            await here.staff(id, role, area)
        await offered(here, "33.07.04", "Peserta Satu")
        await offered(here, "53.06.01", "Peserta Dua")
        assert [(account, template) for account, template, _ in await told(here)] == [
            ("K1", "offers.new"), ("P1", "offers.new"),
        ]  # fmt: skip
    (tmp_path / "other").mkdir()
    async with office(tmp_path / "other") as here:
        await here.staff("A1", "admin", "")
        await offered(here)
        ((account, template, body),) = await told(here)
        assert (account, template) == ("A1", "offers.nobody")
        assert "Peserta" not in str(body), "admins read no names"


@pytest.mark.asyncio
async def test_who_saves_data_is_told_without_the_photo(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.run(lambda tx: tx.execute(update(accounts).values(sparing=True)))
        await offered(here, photo=PHOTO)
        assert "media" not in (await told(here))[0][2]


@pytest.mark.asyncio
async def test_nobody_elsewhere_sees_an_offer_or_decides_about_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for id, role, area in [
            ("M2", "mart", "32.15"), ("D1", "companion", "33.07.04"), ("A1", "admin", ""), ("U1", "auditor", ""),
        ]:  # fmt: skip
            await here.staff(id, role, area)
        await here.account("somebody")
        reference = await offered(here)
        for account in ("M2", "D1", "A1", "U1", "somebody", "chat of Peserta Satu"):

            async def tries(tx: Tx, account: str = account) -> list[Any]:
                return [
                    await offer_desk.find(tx, account, reference),
                    await offer_desk.open(tx, account, reference),
                    (await offer_desk.listed(tx, account))["hits"],
                    (await offer_desk.listed(tx, account, "keripik"))["hits"],
                    await offer_decisions.decide(tx, account, reference, "accept"),
                    await consignments.deliver(tx, account, reference, 5, 12_000, 15_000),
                    (await settlements.settle(tx, account, reference, 1))[0],
                    await settlements.withdraw(tx, account, reference, "BT-7K4M9-C"),
                ]

            assert await here.run(tries) == [None, False, [], [], "unknown", "unknown", "unknown", "unknown"], account
        assert await status(here, reference) == "submitted"


@pytest.mark.asyncio
async def test_of_two_managers_at_once_one_decides_and_the_maker_hears_it_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        await here.staff("M2", "mart", "33.07")
        reference = await offered(here)
        deeds = [("M1", "accept"), ("M2", "accept"), ("M1", "not_yet"), ("M2", "sample")]
        found = await asyncio.gather(
            *(
                here.run(
                    lambda tx, who=who, deed=deed: offer_decisions.decide(  # type: ignore[misc]
                        tx, who, reference, deed, REASONS[0] if deed == "not_yet" else ""
                    )
                )
                for who, deed in deeds
            )
        )
        assert sorted(found) == ["already", "done", "not_from_here", "not_from_here"]
        news = [body["open"] for account, _, body in await told(here) if account == "chat of Peserta Satu"]
        assert news == [["offer_news", f"{reference} accepted"]]
        assert await count(here, offer_changes) == 2


@pytest.mark.asyncio
async def test_nobody_decides_about_their_own_goods(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        reference = await offered(here)
        await here.run(lambda tx: roles.add(tx, "chat of Peserta Satu", "mart", "33.07"))
        decided = await here.run(lambda tx: offer_decisions.decide(tx, "chat of Peserta Satu", reference, "accept"))
        assert decided == "own"
        assert await status(here, reference) == "submitted"
        await here.staff("K1", "coordinator", "33.07")
        await offered(here)
        assert [account for account, _, _ in await told(here)] == ["K1"], "somebody else hears of it"


@pytest.mark.asyncio
async def test_each_look_and_each_decision_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        code = await here.staff("M1", "mart", "33.07")
        reference = await offered(here)

        async def work(tx: Tx) -> None:
            await offer_desk.open(tx, "M1", reference)
            await offer_desk.open(tx, "M1", reference, "offer_contact")
            await offer_decisions.decide(tx, "M1", reference, "not_yet", "kuota_rak_penuh", "Coba bulan depan.")
            await offer_decisions.decide(tx, "M1", reference, "accept")
            await consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000)
            await consignments.count(tx, "M1", reference, "sold", 2)
            await consignments.put_right(tx, "M1", reference, "sold", 1)
            await settlements.settle(tx, "M1", reference, 12_000)
            await settlements.withdraw(tx, "M1", reference, await settlements.unanswered(tx, reference))

        await here.run(work)
        c = audit.c
        rows = await here.run(lambda tx: tx.rows(select(c.actor, c.role, c.action, c.object).order_by(c.id)))
        assert {(row["actor"], row["role"], row["object"]) for row in rows} == {(code, "mart", reference)}
        assert [row["action"] for row in rows] == [
            "offer_open", "offer_contact", "offer_not_yet", "offer_accept", "goods_delivered", "goods_sold",
            "goods_put_right", "settle", "settlement_withdrawn",
        ]  # fmt: skip


@pytest.mark.asyncio
async def test_the_maker_takes_back_only_what_has_not_been_delivered(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        first, second = await offered(here), await offered(here)
        chat = "chat of Peserta Satu"
        assert await here.run(lambda tx: offer_decisions.cancel(tx, "M1", first)) == "unknown"
        assert await here.run(lambda tx: offer_decisions.cancel(tx, chat, first)) == "done"
        assert await here.run(lambda tx: offer_decisions.cancel(tx, chat, first)) == "already"
        assert await here.run(lambda tx: offer_decisions.decide(tx, "M1", first, "accept")) == "not_from_here"
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", second, "accept"))
        await here.run(lambda tx: consignments.deliver(tx, "M1", second, 5, 12_000, 15_000))
        assert await here.run(lambda tx: offer_decisions.cancel(tx, chat, second)) == "not_from_here"
        assert [template for account, template, _ in await told(here) if account == "M1"].count("offers.cancelled") == 1


@pytest.mark.asyncio
async def test_who_decides_hears_what_is_left_of_a_maker_who_is_deleted_and_not_who_it_was(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for id, role, area in [("M1", "mart", "33.07"), ("K1", "coordinator", "33.07"), ("M2", "mart", "32.15")]:
            await here.staff(id, role, area)
        reference = await offered(here)
        untouched = await offered(here, product="Gula semut")
        (person, *_) = await here.run(lambda tx: people.of_account(tx, "chat of Peserta Satu"))

        async def leaves(tx: Tx) -> None:
            await offer_decisions.decide(tx, "M1", untouched, "accept")
            await offer_decisions.decide(tx, "M1", reference, "accept")
            await consignments.deliver(tx, "M1", reference, 9, 12_000, 15_000)
            await consignments.count(tx, "M1", reference, "sold", 2)
            await leaving.leave(tx, person.id)

        await here.run(leaves)
        news = [(account, body) for account, template, body in await told(here) if "maker_left" in template]
        assert [account for account, _ in news] == ["M1"]
        said = news[0][1]["say"][2]
        assert (said["shelf"], said["unpaid"], said["due"]) == (7, 2, {"rupiah": 24_000})
        assert said["product"] == "Keripik singkong pedas"
        assert not any(trace in str(news) for trace in ("Peserta", reference, person.id, "Kaliwiro,"))
        rows = await here.run(lambda tx: tx.rows(select(audit).where(audit.c.action == "maker_left")))
        assert [(row["actor"], row["object"]) for row in rows] == [("pijar", reference)]


@pytest.mark.asyncio
async def test_with_a_person_goes_what_they_offered_and_what_staff_were_told_of_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        chat = "chat of Peserta Satu"
        await here.account("unrelated")
        kept = Kept(PHOTO, "photo", "image/jpeg", 1000, 10, 10)
        reference = await offered(here, photo=PHOTO)
        await here.run(lambda tx: media.keep(tx, kept, chat))
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "accept"))
        await here.run(lambda tx: consignments.deliver(tx, "M1", reference, 5, 12_000, 15_000))
        await here.run(lambda tx: consignments.count(tx, "M1", reference, "sold", 5))
        await here.run(lambda tx: settlements.settle(tx, "M1", reference, 60_000))
        other = await offered(here, "33.07.05", "Peserta Dua")
        here.now += media.UNUSED_MS * 2
        await here.run(media.tidy)
        dropped = select(media_table.c.dropped)
        assert not await here.run(lambda tx: tx.value(dropped)), "a photo that belongs to an offer stays"
        sent = {"state": "sent", "settled_at": here.now}
        await here.run(lambda tx: tx.execute(update(outbox).where(outbox.c.id % 2 == 0).values(sent)))
        (person,) = await here.run(lambda tx: people.of_account(tx, chat))
        await here.run(lambda tx: people.erase(tx, person.id))
        for gone in (lines_table, settlements_table):
            assert await count(here, gone) == 0
        assert await count(here, table) == 1
        assert await here.run(lambda tx: tx.value(dropped)), "and goes with it"
        bodies = [body for _, _, body in await told(here)]
        assert not any(reference in str(body) or "Peserta Satu" in str(body) for body in bodies)
        assert any(other in str(body) for body in bodies)
        assert await here.run(lambda tx: offer_desk.find(tx, "M1", reference)) is None


@pytest.mark.asyncio
async def test_the_list_begins_with_what_waits_longest(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        made = []
        for _ in range(7):
            made.append(await offered(here))
            here.now += 1000
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", made[0], "accept"))
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", made[1], "not_yet", "lainnya"))
        assert await here.run(lambda tx: offer_desk.listed(tx, "M1")) == {"hits": made[2:], "total": 6}
        assert (await here.run(lambda tx: offer_desk.listed(tx, "M1", "SINGKONG")))["total"] == 7
        assert (await here.run(lambda tx: offer_desk.listed(tx, "M1", "%")))["total"] == 0


def test_a_reference_is_read_in_front_of_the_rest() -> None:
    assert offers.split("keripik pedas") == ("", "keripik pedas")
    assert offers.split("") == ("", "")


@given(st.lists(st.tuples(st.sampled_from([*TARGET, "cancelled"]), st.sampled_from(["staff", "person"])), max_size=8))
def test_an_offer_moves_only_along_the_table(deeds: list[tuple[str, Any]]) -> None:
    now = "submitted"
    for deed, who in deeds:
        after = TARGET.get(deed, deed)
        assert may(now, after, who) == (now in before(after, who)) == (STEPS.get((now, after)) == who)
        now = after if may(now, after, who) else now
    assert now in {*UNDECIDED, "accepted", "not_yet", "cancelled"}
    assert {start for start, _ in STEPS} <= {*LIVE, "not_yet"}


def test_what_can_be_chosen_is_what_is_kept() -> None:
    assert tuple(DAYS) == WEEKDAYS
    assert {name.partition("_")[0] for name in PERMITS} - {"none"} == set(offering.PERMITS)
    assert offering.permits(["none"]) == dict.fromkeys(offering.PERMITS, "no")
    assert offering.permits(["halal_applied", "halal"])["halal"] == "yes"
    assert set(LASTING) <= {one.value for one in places.product_categories()}


@pytest.mark.asyncio
async def test_a_day_that_is_named_twice_is_told_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.staff("M1", "mart", "33.07")
        reference = await offered(here)
        await here.run(lambda tx: offer_decisions.decide(tx, "M1", reference, "accept"))
        maker = partial(offer_decisions.deliver_on, account="chat of Peserta Satu", reference=reference)
        kept = [await here.run(partial(maker, weekday=day)) for day in ("monday", "monday", "friday")]
        assert kept == ["done", "already", "done"]
        news = [template for account, template, _ in await told(here) if account == "M1"]
        assert news == ["offers.new", "offers.day.monday", "offers.day.friday"]
