"""What a transcript finds in the database before it begins: staff, and people who have enrolled."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import update

from bot import formats
from bot.questions import places
from bot.records import (
    announcements,
    certificates,
    consents,
    enrolments,
    invitations,
    lessons,
    letting_go,
    marts,
    offering,
    people,
    promos,
    roles,
)
from bot.schema import accounts
from bot.schema import consents as proofs
from bot.store import Store, Tx
from bot.turns import intake

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Kept(Protocol):
    """Whatever has the database open: the bot in this process, or a store beside a bot in another."""

    @property
    def store(self) -> Store:
        """The database."""


async def carry_out(running: Kept, what: str, who: tuple[str, str], name: str, rest: str, language: str) -> str:
    """`staff` makes this phone staff (role, area), `invited` makes an invitation for it, `enrolled` an enrolment.

    An enrolment is told by its place, its status, and its age such as 3d. `agreed` is to texts of a version, with what
    was said to announcements. `blocked`: this phone does not want to hear from us. `unreachable`:
    nothing has arrived there on five days, the last of them today. `announced`: category,
    area, in how long such as 0m, the words in Indonesian, and behind a bar in English. `offered`: a product that the
    person in this phone offers to the mart. `learnt`: lessons that were passed. `certified`: a course
    that was finished, whose picture then comes. `promos`: so many lower prices at a mart. `days`: so many days on which
    it keeps other hours, from tomorrow, every other one with a break, and after them three alike.

    Answers with the code of the staff member, the token of the invitation, the reference of the enrolment, or the
    number of the announcement, certificate or offer.
    """

    async def work(tx: Tx) -> str:
        account = await _account(tx, who, language)
        if what == "staff":
            role, _, area = rest.partition(" ")
            return await roles.add(tx, account, role, area.strip(), name=name)
        if what == "invited":
            role, _, area = rest.partition(" ")
            return await invitations.create(tx, role, area.strip())
        if what == "enrolled":
            return await _enrolled(tx, account, name, *rest.split())
        if what == "agreed":
            return await _agreed(tx, account, *rest.split())
        if what == "blocked":
            await tx.execute(update(accounts).where(accounts.c.id == account).values(reachable="blocked"))
            return account
        if what == "unreachable":
            days = {"reachable": "unreachable", "failures": 5, "failed_on": formats.utc_day(tx.now)}
            await tx.execute(update(accounts).where(accounts.c.id == account).values(days))
            return account
        if what == "learnt":
            return await _learnt(tx, account, *rest.split())
        if what == "certified":
            return await certificates.issue(tx, account, rest, name)
        if what == "offered":
            return await _offered(tx, account, rest)
        if what == "promos":
            return await _lowered(tx, account, *rest.split())
        if what == "days":
            return await _special(tx, account, *rest.split())
        if what == "announced":
            return await _announced(tx, account, *rest.split(" ", 3))
        known = "staff, invited, enrolled, agreed, blocked, unreachable, learnt, certified, offered, promos, days"
        raise ValueError(f"no preparation {what!r}; there are {known} and announced")

    return await running.store.run(work)


async def _account(tx: Tx, who: tuple[str, str], language: str) -> str:
    known = await intake.load(tx, [who])
    if who not in known:
        account = intake.Account(f"prepared-{who[1]}", *who, language=language, new=True)
        intake.create(tx, [account])
        return account.id
    return known[who].id


async def _enrolled(tx: Tx, account: str, name: str, place: str, status: str = "submitted", age: str = "0d") -> str:
    now = tx.now
    tx.now -= int(age[:-1]) * UNITS[age[-1]]
    village = next((option.value for option in places.villages(place)), "")
    said = {
        "full_name": name,
        "nickname": name,
        "salutation": "ibu",
        "sex": "female",
        "birth_year": 1985,
        "user_type": ["returnee"],
        "district": place[:5],
        "kecamatan": place[:8],
        "village": {"code": village} if village else {"text": "Dusun Contoh"},
        "phone_use": "own",
    }
    person = people.new_id()
    number = "".join(re.findall(r"\d", name)).rjust(4, "0")
    await people.enrolled(tx, person, account, said, f"+62812000{number}")
    reference = await enrolments.submit(tx, person=person, account=account, answers=said, status=status)
    tx.now = now
    return reference


async def _agreed(tx: Tx, account: str, version: str, announcements: str) -> str:
    found = await people.of_account(tx, account)
    for person in found:
        await consents.record(tx, account, "enrolment", "granted", {}, person.id)
    await consents.subscribe(tx, account, announcements, {}, found[0].id)
    await tx.execute(update(proofs).where(proofs.c.account_id == account).values(version=version))
    return version


async def _learnt(tx: Tx, account: str, *passed: str) -> str:
    for lesson in passed:
        await lessons.shown(tx, account, lesson)
        await lessons.passed(tx, account, lesson)
    return account


async def _offered(tx: Tx, account: str, product: str) -> str:
    (person, *_) = await people.of_account(tx, account)
    said = {
        "product": product, "category": "makanan_kering", "unit": "200 gram", "price": 12_000, "quantity": 20,
        "shelf": 30, "permits": ["pirt"], "photo": None,
    }  # fmt: skip
    return await offering.submit(tx, account, person.id, said)


async def _lowered(tx: Tx, account: str, mart: str, count: str) -> str:
    for number in range(1, int(count) + 1):
        prices = {"price_before": 1_117_500, "price": 1_115_000, "most": 12}
        item = f"Beras premium pulen kemasan karung 25 kg nomor {number}"
        assert await promos.create(tx, account, mart, item=item, ends_at=tx.now + number * UNITS["d"], **prices)
    return mart


async def _special(tx: Tx, account: str, mart: str, count: str) -> str:
    many, tomorrow = int(count), datetime.fromtimestamp(tx.now / 1000, UTC).date() + timedelta(days=1)
    for number in range(many + 3):
        day = (tomorrow + timedelta(days=number)).isoformat()
        span = None if number >= many else (480, 690, 780, 1020) if number % 2 else (540, 720)
        reason = (
            "Lebaran, toko tutup" if number >= many else f"acara nomor {number + 1} bersama semua anggota di balai desa"
        )
        assert await marts.set_days(tx, account, mart, [day], span, reason)
    return mart


async def _announced(tx: Tx, account: str, category: str, area: str, later: str, text: str) -> str:
    staff = await roles.of(tx, account)
    assert staff is not None
    indonesian, _, english = text.partition(" | ")
    texts = {"id": indonesian, **({"en": english} if english else {})}
    number = await announcements.create(
        tx, category=category, texts=texts, audience={"areas": [area]}, author=staff.code, account=account
    )
    await announcements.counted(tx, number, {"people": 3, "skipped": {}})
    wait = int(later[:-1]) * UNITS[later[-1]]
    assert await letting_go.go(tx, number, at=tx.now + wait if wait else None) == "scheduled"
    return number
