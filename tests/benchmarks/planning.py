"""What it takes to plan an announcement for very many people: time, memory, and whether anybody else notices."""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import sqlite3
import tempfile
import time
from functools import partial
from pathlib import Path

from bot import migrate
from bot.clockwork.planning import Planning
from bot.clockwork.ways import Ways
from bot.records import plans
from bot.records.counting import Pace
from bot.store import Store, Tx

NUMBER = "PGM-22222"
CHANNELS = ("telegram", "whatsapp")
RATES = {"telegram": 29.0, "whatsapp": 80.0}

_PEOPLE = """
CREATE TEMP TABLE many AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :people)
  SELECT i, lower(hex(randomblob(8))) AS person, lower(hex(randomblob(8))) AS account FROM n;
INSERT INTO persons (id, full_name, folded_name, district, created_at)
  SELECT person, 'Peserta ' || i, 'peserta ' || i,
    CASE i % 4 WHEN 0 THEN '33.07' WHEN 1 THEN '32.15' WHEN 2 THEN '52.03' ELSE '53.06' END, :now
  FROM many ORDER BY person;
INSERT INTO accounts (id, channel, external_id, language, last_inbound_at, reachable, created_at)
  SELECT account, CASE WHEN i % 3 THEN 'telegram' ELSE 'whatsapp' END, 50000000 + i,
    CASE WHEN i % 10 THEN 'id' ELSE 'en' END, :now - i * 1000, CASE WHEN i % 50 THEN 'ok' ELSE 'blocked' END, :now
  FROM many ORDER BY account;
INSERT INTO account_persons SELECT account, person, :now FROM many ORDER BY account;
INSERT INTO account_persons SELECT b.account, a.person, :now FROM many a JOIN many b ON b.i = a.i + 1
  WHERE a.i % 20 = 0;
INSERT INTO subscriptions (account_id, topic, wanted, paused, at)
  SELECT account, topic, i % 7 <> 1, i % 33 = 0, :now FROM many, (SELECT 'programme' AS topic UNION SELECT 'mart')
  ORDER BY account, topic;
INSERT INTO enrolments (reference, person_id, status, answers, form, submitted_at, queued_at)
  SELECT printf('WSB-%08x', i), person, 'verified', '{"user_type":["returnee"],"interests":["titip_jual"]}', '1', :now,
    :now FROM many;
"""
"""One in twenty has a second chat, which is somebody else's phone; the ids are random, as ours are."""


def populated(people: int, now: int) -> Path:
    """A database with so many people, nearly all of whom want announcements."""
    path = Path(tempfile.mkdtemp(prefix="pijar-plan-")) / "pijar.db"
    migrate.ensure(f"sqlite+aiosqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; PRAGMA cache_size=-20000;")
    for statement in _PEOPLE.split(";\n"):
        if statement.strip():
            connection.execute(statement, {"people": people, "now": now})
    connection.execute(
        "INSERT INTO announcements (number, category, state, texts, audience, author, counted, created_at)"
        " VALUES (?, 'event', 'draft', '{\"id\": \"Halo\"}', '{}', 'S1', NULL, ?)",
        (NUMBER, now),
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


class _Watch:
    """What there is to see while it is planned."""

    def __init__(self, store: Store, planning: Planning) -> None:
        self.store = store
        self.began = time.perf_counter()
        self.first = 0.0
        """Seconds until the first rows were there."""
        self.held: list[float] = []
        """Seconds for which each stretch held the writer."""
        self.people: list[int] = []
        self.waited: list[float] = []
        """Seconds that somebody else waited for their commit."""
        self.memory = resident()
        write = planning._write

        async def watched(stretch: plans.Stretch) -> bool:
            done = await write(stretch)
            self.first = self.first or time.perf_counter() - self.began
            self.held.append(planning.took)
            self.people.append(stretch.rows.count("],[") + 1)
            return done

        planning._write = watched  # type: ignore[method-assign]

    async def others(self) -> None:
        """Somebody else writes fifty times a second, as people do who chat."""
        touch = "UPDATE accounts SET failures = 0 WHERE id = (SELECT id FROM accounts WHERE id > ? LIMIT 1)"
        while True:
            began, near = time.perf_counter(), f"{random.randrange(16**4):04x}"
            await self.store.run(partial(_touch, statement=touch, near=near))
            self.waited.append(time.perf_counter() - began)
            self.memory = max(self.memory, resident())
            await asyncio.sleep(0.02)


async def _touch(tx: Tx, statement: str, near: str) -> None:
    await tx.driver(lambda db: db.execute(statement, (near,)).rowcount)


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


async def plan(people: int) -> list[str]:
    """Count, then plan and start an announcement to so many people, while others write; the figures as lines."""
    now = time.time_ns() // 1_000_000
    path = populated(people, now)
    store = Store(f"sqlite+aiosqlite:///{path}", lambda: now)
    await store.open()
    ways = lambda: Ways(lambda one, language: one.texts["id"], lambda one: (one,), lambda one: "Organisasi")  # noqa: E731
    planning = Planning(
        store, channels=CHANNELS, quiet_until=lambda at, district: at, ways=ways, languages=("id", "en"),
        pace=Pace(RATES, 250),
    )  # fmt: skip
    try:
        return [await _measured(store, planning, people, how) for how in ("counted", "planned")]
    finally:
        await store.close()
        shutil.rmtree(path.parent, ignore_errors=True)


async def _measured(store: Store, planning: Planning, people: int, how: str) -> str:
    if how == "planned":
        due = "UPDATE announcements SET state = 'scheduled', send_at = ?"
        await store.run(lambda tx: tx.driver(lambda db: db.execute(due, (tx.now,)).rowcount))
    watch = _Watch(store, planning)
    before, cpu = watch.memory, time.process_time()
    others = asyncio.create_task(watch.others())
    await (planning.count() if how == "counted" else planning.plan())
    took, cpu = time.perf_counter() - watch.began, time.process_time() - cpu
    others.cancel()
    figures = [
        f"{people:,} people {how} in {took:.1f} s, {people / took:,.0f} a second, CPU {cpu * 1e6 / people:.0f} us each",
        f"memory from {before:.0f} to at most {watch.memory:.0f} MB",
        f"others waited {_spread(watch.waited)} ms for their commit",
    ]
    if watch.held:
        count = "SELECT count(*), count(*) FILTER (WHERE state = 'waiting') FROM deliveries"
        rows, waiting = await store.read(lambda db: db.execute(count).fetchone())
        figures += [
            f"first rows after {watch.first:.2f} s",
            f"{len(watch.held)} stretches of up to {max(watch.people)} held the writer {_spread(watch.held)} ms",
            f"{rows:,} rows, {waiting:,} to be sent",
        ]
    return "; ".join(figures)


def _spread(seconds: list[float]) -> str:
    """The median, the 99th of a hundred and the longest, in milliseconds."""
    times = sorted(seconds) or [0.0]
    return " / ".join(f"{times[at] * 1000:.1f}" for at in (len(times) // 2, int(len(times) * 0.99), -1))
