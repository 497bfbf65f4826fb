"""The one door to the database: work runs in a transaction, and what is waiting at the same time shares one commit.

Does not know what the work is. SQLite: one file, WAL, synchronous=FULL, one writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Table, event, func, insert, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

from bot import one_hop
from bot.log import place
from bot.one_hop import in_transaction
from bot.schema import outbox

log = structlog.get_logger(__name__)

_DIALECT = SQLiteDialect_pysqlite()

T = TypeVar("T")
Work = Callable[["Tx"], Awaitable[T]]


class Unavailable(Exception):
    """The database cannot be written to now: the disk is full, the file is locked or gone. Try again later."""


class Tx:
    """A transaction: what `Store.run` hands to work. `now` is UTC milliseconds, the same all through."""

    def __init__(self, connection: AsyncConnection, now: int, ids: Callable[[int], int], raw: Any = None) -> None:
        self.connection = connection
        self.now = now
        self._ids = ids
        self.raw = raw
        """SQLite: the driver's own connection, for the few statements that run for every message; else None."""
        self.wakes = False
        self.after: list[Callable[[], None]] = []
        """Called once the commit has happened; not at all if it has not."""
        self._later: list[Callable[[sqlite3.Connection], object]] = []
        self.changed: set[str] = set()
        """Tables that were written to since this was cleared; an empty name where a statement does not tell."""

    def new_id(self) -> int:
        """A number greater than any before: what has a greater one was made later."""
        return self._ids(self.now)

    def wake(self) -> None:
        """Let the outbox look for due rows once this is committed."""
        self.wakes = True

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement, or one for each of several sets of values."""
        await self._catch_up()
        if not isinstance(statement, SelectBase):
            self.changed.add(getattr(statement.table, "name", "") if isinstance(statement, UpdateBase) else "")
        result: CursorResult[Any] = await self.connection.execute(statement, values)
        return result

    async def driver(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """SQLite: run plain statements in the driver's thread, all in one hop: that costs more than a statement."""
        before, self._later = self._later, []

        def done(driver: sqlite3.Connection) -> T:
            for one in before:
                one(driver)
            return work(driver)

        result: T = await self.raw._execute(in_transaction, self.raw._conn, done)
        return result

    def later(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """SQLite: as `driver`, for what nobody waits for: it goes along with the next statement, or with the commit."""
        self._later.append(work)

    async def add(self, table: Table, *rows: Mapping[str, Any]) -> None:
        """Insert rows, all of the same columns, of which nothing is asked back. SQLite: without a hop of their own."""
        if self.raw is None:
            await self.execute(insert(table), rows)
            return
        self.changed.add(table.name)
        statement, names = _inserting(table, tuple(rows[0]))
        values = [tuple(row[name] for name in names) for row in rows]
        self.later(lambda driver: driver.executemany(statement, values).close())

    async def _catch_up(self) -> None:
        if self._later:
            await self.driver(lambda driver: None)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What raises in it is undone alone, and the rest of the transaction stands."""
        await self._catch_up()
        try:
            async with self.connection.begin_nested():
                yield
                await self._catch_up()
        except BaseException:
            self._later.clear()
            raise

    async def commit(self) -> None:
        """What `Store.run` ends with."""
        if self.raw is None or self.connection.in_transaction():
            await self._catch_up()
            await self.connection.commit()
        elif self._later:
            await self.driver(lambda driver: driver.commit())
        else:
            await self.raw.commit()

    async def rollback(self) -> None:
        """What `Store.run` ends with when anything was raised."""
        await (self.connection if self.raw is None or self.connection.in_transaction() else self.raw).rollback()

    async def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, each as a dict."""
        return [dict(row) for row in (await self.execute(statement, values)).mappings()]

    async def row(self, statement: Executable, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        found = (await self.execute(statement, values)).mappings().first()
        return dict(found) if found is not None else None

    async def value(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, values)).scalar()


@lru_cache(maxsize=256)
def _inserting(table: Table, names: tuple[str, ...]) -> tuple[str, Sequence[str]]:
    """The statement that inserts values of these columns, and the order in which it wants them."""
    made: Any = insert(table).compile(dialect=_DIALECT, column_keys=names)
    return str(made), made.positiontup


class _Job(Generic[T]):
    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()


class Store:
    """The database of one process."""

    def __init__(self, url: str | URL, clock: Callable[[], int]) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.engine: AsyncEngine = _engine(self.url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._jobs: asyncio.Queue[_Job[Any]] = asyncio.Queue()
        self._patient: dict[_Job[Any], asyncio.TimerHandle] = {}
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._raw: Any = None
        self._last_id = 0
        self.fault: str = ""
        """Why the last write did not go through; empty while all is well."""
        self.listeners: list[Callable[[], None]] = []
        """Called after a commit whose work woke them (`Tx.wake`)."""

    async def open(self) -> None:
        """Connect. The schema is migrations' part."""
        async with self.engine.connect() as connection:
            self._last_id = (await connection.execute(select(func.max(outbox.c.id)))).scalar() or 0
        self._writer = asyncio.create_task(self._write(), name="store")

    async def close(self) -> None:
        """Finish what is queued, then disconnect."""
        if self._writer is not None:
            self._hurry_all()
            await self._jobs.join()
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._drop()
        await self.engine.dispose()

    async def run(self, work: Work[T], patience: float = 0.0) -> T:
        """Run work in a transaction and return its result once that is committed.

        Work that waits together shares a commit; if one of it raises, each runs again by itself, so that only the one
        that raises is rolled back. Work must therefore bear being run twice. Raises Unavailable when the database,
        not the work, is at fault. `patience`: for so many seconds it waits for a commit that others make.
        """
        job = _Job(work)
        if patience:
            self._patient[job] = asyncio.get_running_loop().call_later(patience, self._hurry, job)
        else:
            self._jobs.put_nowait(job)
        return await job.done

    def _hurry(self, job: _Job[Any]) -> None:
        if self._patient.pop(job, None) is not None:
            self._jobs.put_nowait(job)

    def _hurry_all(self) -> None:
        for job, timer in tuple(self._patient.items()):
            timer.cancel()
            self._hurry(job)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run queries in a thread, on a read-only connection of their own: long ones keep nobody from writing.

        They see what was committed when the first of them ran. Raises Unavailable.
        """

        def done() -> T:
            # Not a URI from the path as it stands: `?` and `#` mean something in one.
            uri = f"{Path(str(self.url.database)).absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("BEGIN")
                return work(connection)

        try:
            return await asyncio.to_thread(done)
        except sqlite3.OperationalError as fault:
            if is_unavailable(fault):
                raise Unavailable(str(fault)) from fault
            raise

    async def checkpoint(self) -> None:
        """Move what was written from the log into the database, beside the writer.

        After much in many places; else a commit does it, and everybody waits for that one.
        """

        def done() -> None:
            with closing(sqlite3.connect(str(self.url.database), isolation_level=None)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

        with suppress(sqlite3.OperationalError):
            await asyncio.to_thread(done)

    def _next_id(self, now: int) -> int:
        self._last_id = max(self._last_id + 1, now * 1000)
        return self._last_id

    async def _write(self) -> None:
        while True:
            jobs = [await self._jobs.get()]
            self._hurry_all()
            while not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            await self._together(jobs)
            for _ in jobs:
                self._jobs.task_done()

    async def _together(self, jobs: list[_Job[Any]]) -> None:
        try:
            await self._commit(jobs)
        except Exception as fault:
            if is_unavailable(fault):
                self.fault = str(getattr(fault, "orig", None) or fault) or type(fault).__name__
                fault = Unavailable(self.fault)
            elif len(jobs) > 1:
                for job in jobs:
                    await self._together([job])
                return
            for job in jobs:
                if not job.done.done():
                    job.done.set_exception(fault)

    async def _commit(self, jobs: list[_Job[Any]]) -> None:
        connection = await self._connected()
        try:
            tx = Tx(connection, self.clock(), self._next_id, self._raw)
            try:
                results = [await job.work(tx) for job in jobs]
                await tx.commit()
            except BaseException:
                await tx.rollback()
                raise
        except (DBAPIError, sqlite3.Error):
            await self._drop()
            raise
        self.fault = ""
        for job, result in zip(jobs, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)
        self._told(tx)

    def _told(self, tx: Tx) -> None:
        """Tell who wants to know of a commit; it has happened, whatever they make of it."""
        for call in (*tx.after, *(self.listeners if tx.wakes else ())):
            try:
                call()
            except Exception as fault:
                log.error("store.told", fault=place(fault))

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self.engine.connect()
            if self.sqlite:
                self._raw = (await self._connection.get_raw_connection()).driver_connection
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection, self._raw = self._connection, None, None
        if connection is not None:
            await connection.close()


def is_unavailable(fault: BaseException) -> bool:
    """Whether the database is at fault (full, locked, gone), not the work."""
    if isinstance(fault, OperationalError | InterfaceError | sqlite3.OperationalError):
        said = str(getattr(fault, "orig", fault))
        return "no such" not in said and "syntax error" not in said
    return isinstance(fault, OSError)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    url = url.set(drivername=one_hop.DRIVER)
    engine = create_async_engine(url, hide_parameters=True, poolclass=NullPool, connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # Outside of a transaction, which a statement of the dialect would begin.
        connection.run_async(lambda driver: driver.executescript("".join(f"PRAGMA {one};" for one in PRAGMAS)))

    return engine


PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=2000", "secure_delete=ON")
