"""Announcements in an office, with deliveries as planning and delivering would leave them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update

from bot.records import announcements, people
from bot.schema import accounts, deliveries
from bot.schema import announcements as rows
from tests.office import Office

AREA = "33.07.04"


async def announced(
    office: Office, author: str, account: str, *, state: str = "sending", area: str = "33.07", **values: Any
) -> str:
    """An announcement that went out just now; its number. `values` are columns."""

    async def work(tx: Any) -> str:
        number = await announcements.create(
            tx,
            category=values.pop("category", "event"),
            texts=values.pop("texts", {"id": "Rapat besok jam 9 di balai desa.", "en": "Meeting tomorrow at 9."}),
            audience={"areas": [area]},
            author=author,
            account=account,
        )
        columns = {"state": state, "planned": True, "started_at": tx.now, "send_at": tx.now, **values}
        if state in ("done", "cancelled"):
            columns.setdefault("ended_at", tx.now)
        await tx.execute(update(rows).where(rows.c.number == number).values(columns))
        return number

    return await office.run(work)


async def delivered(office: Office, number: str, count: int = 1, area: str = AREA, **values: Any) -> list[str]:
    """So many deliveries, each to somebody of their own; the ids of these people."""
    channel = values.pop("channel", "telegram")
    reachable = values.pop("reachable", "ok")

    async def work(tx: Any) -> list[str]:
        made = []
        for _ in range(count):
            person = people.new_id()
            name = f"Peserta {person[:4]}"
            row = {"id": f"chat of {person}", "channel": channel, "external_id": person, "created_at": tx.now}
            await tx.execute(insert(accounts), {**row, "reachable": reachable})
            place = {"district": area[:5], "kecamatan": area[:8], "village": area if len(area) == 13 else ""}
            await people.create(tx, person, full_name=name, nickname=name, phone="+6281200000123", **place)
            one = {"announcement": number, "account_id": row["id"], "person_id": person, "channel": channel}
            await tx.execute(insert(deliveries), {**one, "due_at": tx.now, "state": "waiting", **values})
            made.append(person)
        return made

    return await office.run(work)


async def settle(office: Office, number: str, state: str, count: int, before: str = "waiting", **values: Any) -> None:
    """Let so many deliveries go from one state to another."""

    async def work(tx: Any) -> None:
        d = deliveries.c
        query = deliveries.select().where(d.announcement == number, d.state == before).order_by(d.id).limit(count)
        ids = [row["id"] for row in await tx.rows(query)]
        assert len(ids) == count
        await tx.execute(update(deliveries).where(d.id.in_(ids)).values(state=state, **values))

    await office.run(work)


async def put(office: Office, number: str, **values: Any) -> None:
    """Change columns of an announcement."""

    async def work(tx: Any) -> None:
        await tx.execute(update(rows).where(rows.c.number == number).values(values))

    await office.run(work)
