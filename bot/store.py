"""The one door to the database: work runs in a transaction, and what is waiting at the same time shares one commit.

Does not know what the work is. SQLite: one file, WAL, synchronous=FULL, one writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import event, func, select
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import Executable

from bot.log import place
from bot.schema import outbox

log = structlog.get_logger(__name__)

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
        result: CursorResult[Any] = await self.connection.execute(statement, values)
        return result

    async def driver(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """SQLite: run plain statements in the driver's thread, all in one hop: that costs more than a statement."""

        def done(driver: sqlite3.Connection) -> T:
            if not driver.in_transaction:
                driver.execute("BEGIN IMMEDIATE")
            return work(driver)

        result: T = await self.raw._execute(done, self.raw._conn)
        return result

    def savepoint(self) -> AsyncTransaction:
        """`async with tx.savepoint()`: what raises in it is undone alone, and the rest of the transaction stands."""
        return self.connection.begin_nested()

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
            await self._jobs.join()
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._drop()
        await self.engine.dispose()

    async def run(self, work: Work[T]) -> T:
        """Run work in a transaction and return its result once that is committed.

        Work that waits together shares a commit; if one of it raises, each runs again by itself, so that only the one
        that raises is rolled back. Work must therefore bear being run twice. Raises Unavailable when the database,
        not the work, is at fault.
        """
        job = _Job(work)
        self._jobs.put_nowait(job)
        return await job.done

    def _next_id(self, now: int) -> int:
        self._last_id = max(self._last_id + 1, now * 1000)
        return self._last_id

    async def _write(self) -> None:
        while True:
            jobs = [await self._jobs.get()]
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
            async with _transaction(connection, self._raw):
                results = [await job.work(tx) for job in jobs]
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


@asynccontextmanager
async def _transaction(connection: AsyncConnection, raw: Any) -> AsyncIterator[None]:
    """All or nothing. On SQLite whoever comes first begins it, in the same hop: `Tx.driver`, or SQLAlchemy by event."""
    if raw is None:
        async with connection.begin():
            yield
        return
    try:
        yield
        await (connection.commit() if connection.in_transaction() else raw.commit())
    except BaseException:
        await (connection.rollback() if connection.in_transaction() else raw.rollback())
        raise


def is_unavailable(fault: BaseException) -> bool:
    """Whether the database is at fault (full, locked, gone), not the work."""
    if isinstance(fault, OperationalError | InterfaceError):
        return "no such" not in str(fault.orig) and "syntax error" not in str(fault.orig)
    return isinstance(fault, sqlite3.OperationalError | OSError)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True, poolclass=NullPool, connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # Where SQLAlchemy joins a transaction of `_transaction`, it has begun already.
        if not connection.connection.driver_connection.in_transaction:
            connection.connection.dbapi_connection.run_async(lambda driver: driver.execute("BEGIN IMMEDIATE"))

    return engine


PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=2000", "secure_delete=ON")
