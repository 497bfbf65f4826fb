"""Made-up people for the demo: some in each district of the programme, with enrolments that came to different ends.

And what a mart has on its shelves, with a promo, so that there is something to ask for.

Nobody in it is real: names are numbers, telephone numbers begin with +62 800, which no person's does.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from bot.questions import places
from bot.records import consents, enrolments, invitations, marts, people, promos, roles, stock
from bot.schema import accounts
from bot.store import Store, Tx

FIRST = 7
"""Numbers below are those of the demo's own phones."""
DAY_MS = 86_400_000
STATUSES = ("submitted", "verified", "submitted", "needs_info", "waitlisted", "submitted", "active", "not_eligible")
COORDINATOR = "PTG-DEMO"
AREA = "33.07"
"""Where the demo's coordinator works: more people than elsewhere, so that there is a queue."""
MART = "kaliwiro"
OPEN = (7 * 60, 20 * 60)
GOODS = (
    ("Beras", "5 kg", 72_000, "there"),
    ("Gula", "1 kg", 17_500, "few"),
    ("Minyak goreng", "1 liter", 18_000, "out"),
)
"""Name, size, price in rupiah, and whether there is some."""


async def fill(url: str, clock: Callable[[], int]) -> tuple[str, str]:
    """Put sample people into an empty database; the tokens that make its coordinator and its mart manager staff."""
    now = clock()
    moment = [now]
    store = Store(url, lambda: moment[0])
    await store.open()
    try:
        for number, (district, status) in enumerate(_spread(), FIRST):
            moment[0] = now - (25 - number) * DAY_MS // 2
            await store.run(lambda tx, n=number, d=district, s=status: _enrolled(tx, n, d, s))  # type: ignore[misc]
        moment[0] = now
        await store.run(_shop)
        return await store.run(_invitations)
    finally:
        await store.close()


async def _invitations(tx: Tx) -> tuple[str, str]:
    return await invitations.create(tx, "coordinator", AREA), await invitations.create(tx, "mart", AREA)


async def _shop(tx: Tx) -> None:
    """Hours, goods and a promo, kept by somebody who works there no more."""
    account = secrets.token_hex(8)
    row = {"id": account, "channel": "whatsapp", "external_id": "+628000000000", "created_at": tx.now}
    await tx.execute(insert(accounts), row)
    code = await roles.add(tx, account, "mart", AREA)
    await marts.set_hours(tx, account, MART, dict.fromkeys(range(7), OPEN))
    for name, unit, price, there in GOODS:
        line = {"name": name, "unit": unit, "price": price, "member": None, "stock": there, "drop": False}
        await stock.note(tx, account, MART, line, None)
    await promos.create(
        tx, account, MART, item="Beras 5 kg", price_before=72_000, price=68_000, ends_at=tx.now + 7 * DAY_MS
    )
    await roles.revoke(tx, code)


def _spread() -> list[tuple[str, str]]:
    districts = [one.value for one in places.districts()]
    everywhere = [(district, STATUSES[at % len(STATUSES)]) for at, district in enumerate(districts * 2)]
    return [*everywhere, *((AREA, status) for status in STATUSES)]


async def _enrolled(tx: Tx, number: int, district: str, status: str) -> None:
    person, account, phone = people.new_id(), secrets.token_hex(8), f"+62800{number:07d}"
    # Nobody has this phone: what is written to them is held, for their last message is long past.
    row = {"id": account, "channel": "whatsapp", "external_id": phone, "phone": phone, "created_at": tx.now}
    await tx.execute(insert(accounts), row)
    said = _said(number, district)
    proof = {"channel": "whatsapp", "language": "id"}
    await consents.record(tx, account, "enrolment", "granted", proof, person)
    await people.enrolled(tx, person, account, said, phone)
    await consents.subscribe(tx, account, said["announcements"], proof, person)
    reference = await enrolments.submit(tx, person=person, account=account, answers=said)
    await _move(tx, reference, status)


def _said(number: int, district: str) -> dict[str, Any]:
    towns = places.kecamatan(district)
    sex = "female" if number % 2 else "male"
    return {
        "birth_year": 1975 + number,
        "salutation": "ibu" if sex == "female" else "bapak",
        "full_name": f"Peserta {number:02d}",
        "nickname": f"Peserta {number:02d}",
        "sex": sex,
        "user_type": [("returnee", "family", "aspiring")[number % 3]],
        "district": district,
        "kecamatan": towns[number % len(towns)].value,
        "village": {"code": "", "text": f"Desa {number:02d}"},
        "household_size": 2 + number % 4,
        "dependants": number % 3,
        "livelihood_now": "warung_toko",
        "interests": ["pelatihan"],
        "phone_use": "own",
        "announcements": ("all", "programme", "none")[number % 3],
    }


async def _move(tx: Tx, reference: str, status: str) -> None:
    if status == "needs_info":
        await enrolments.ask_again(tx, reference, "birth_year", COORDINATOR)
    elif status == "active":
        await enrolments.move(tx, reference, "verified", COORDINATOR, identity="ktp")
        await enrolments.move(tx, reference, "active", "system", cohort="demo")
    elif status != "submitted":
        reason = "di_luar_wilayah" if status == "not_eligible" else ""
        await enrolments.move(
            tx, reference, status, COORDINATOR, reason, identity="ktp" if status == "verified" else ""
        )
