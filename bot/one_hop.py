"""SQLAlchemy's aiosqlite dialect with one hop to the driver's thread for a statement, where its own makes four.

A hop costs more than most statements (design.md, Store). Rows come whole; nothing is streamed.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")

DRIVER = "sqlite+one_hop"


def in_transaction(driver: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run work in the transaction that is open, or in a new one."""
    if not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
    return work(driver)


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that makes, runs, reads and closes the driver's in one hop."""

    __slots__ = ("_described", "_last", "_touched", "arraysize")

    def __init__(self, adapt_connection: AsyncAdapt_dbapi_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._described: Any = None
        self._touched = -1
        self._last: Any = None
        self.arraysize = 1

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        """Run one statement."""
        self._run(lambda driver: driver.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        """Run one statement for each of several sets of values."""
        self._run(lambda driver: driver.executemany(operation, seq_of_parameters))

    def _run(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> None:
        def work(driver: sqlite3.Connection) -> None:
            cursor = in_transaction(driver, statement)
            self._described, self._touched, self._last = cursor.description, cursor.rowcount, cursor.lastrowid
            self._rows = deque(cursor.fetchall() if cursor.description else ())
            cursor.close()

        try:
            await_(self._connection._execute(work, self._connection._conn))
        except Exception as error:
            self._adapt_connection._handle_exception(error)

    @property
    def description(self) -> Any:
        return self._described

    @property
    def rowcount(self) -> int:
        return self._touched

    @property
    def lastrowid(self) -> int:
        return int(self._last)

    async def _async_soft_close(self) -> None:
        """Nothing: the driver's cursor is closed already."""

    def close(self) -> None:
        """Forget the rows; the driver's cursor is closed already."""
        self._rows.clear()


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = Cursor


class _Dbapi(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> Connection:
        made = super().connect(*arg, **kw)
        return Connection(self, made._connection)


class Dialect(SQLiteDialect_aiosqlite):
    """What `DRIVER` names."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        return _Dbapi(__import__("aiosqlite"), sqlite3)


registry.register(DRIVER.replace("+", "."), __name__, "Dialect")
