"""What a transcript finds in the database before it begins: staff, and people who have enrolled."""

from __future__ import annotations

import re

from bot import intake, places
from bot.records import enrolments, invitations, people, roles
from bot.running import Running
from bot.store import Tx

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


async def carry_out(running: Running, what: str, who: tuple[str, str], name: str, rest: str, language: str) -> str:
    """`staff` makes this phone staff (role, area), `invited` makes an invitation for it, `enrolled` an enrolment.

    An enrolment is told by its place, its status, and its age such as 3d.

    Answers with the code of the staff member, the token of the invitation, or the reference of the enrolment.
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
        raise ValueError(f"no preparation {what!r}; there are staff, invited and enrolled")

    return await running.store.run(work)


async def _account(tx: Tx, who: tuple[str, str], language: str) -> str:
    known = await intake.load(tx, [who])
    if who not in known:
        account = intake.Account(f"prepared-{who[1]}", *who, language=language, new=True)
        await intake.create(tx, [account])
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
