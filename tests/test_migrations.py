"""Migrations: they make the schema of schema.py, and change a database wholly or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot import migrate
from bot.schema import metadata


def _url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _sql(path: Path, statement: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def _shape(path: Path) -> list[tuple[str, ...]]:
    """Tables, columns, keys and indexes as SQLite has them, in no order of making."""
    found: list[tuple[str, ...]] = []
    tables = [row[0] for row in _sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table != "alembic_version":
            found += [(table, "column", *map(str, row[1:])) for row in _sql(path, f"PRAGMA table_info({table})")]
            found += [(table, "key", *map(str, row[2:])) for row in _sql(path, f"PRAGMA foreign_key_list({table})")]
    indexes = _sql(path, "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    found += [(row[0], row[1], " ".join(row[2].split())) for row in indexes]
    return sorted(found)


def _asyncly(path: Path, work: Callable[[Connection], Any]) -> Any:
    async def run() -> Any:
        engine = create_async_engine(_url(path))
        async with engine.begin() as connection:
            result = await connection.run_sync(work)
        await engine.dispose()
        return result

    return asyncio.run(run())


def test_the_head_is_the_newest_file() -> None:
    assert max(migrate.known()) == migrate.HEAD


def test_migrations_make_the_schema(database: Path, tmp_path: Path) -> None:
    """After a change to schema.py: `python -m bot.migrate new "what changed"`, look at the file, raise HEAD."""
    made = tmp_path / "made.db"
    _asyncly(made, metadata.create_all)
    assert _shape(database) == _shape(made)


def test_alembic_sees_no_difference(database: Path) -> None:
    def differences(connection: Connection) -> Any:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert _asyncly(database, differences) == []


def test_a_database_at_the_head_costs_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*command: object, **more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", started)
    migrate.ensure(_url(database))
    assert not (database.parent / "backup").exists()


def test_an_older_database_is_copied_first(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _sql(database, "INSERT INTO handled (key, at) VALUES ('tg:1:1', 1)")
    before = migrate.HEAD
    monkeypatch.setattr(migrate, "HEAD", "9999")
    migrate.ensure(_url(database))
    (copy,) = (database.parent / "backup").glob(f"pijar-*-{before}.db")
    assert _sql(copy, "SELECT key FROM handled") == [("tg:1:1",)]


def test_a_newer_database_is_left_alone(database: Path) -> None:
    _sql(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.CannotMigrate, match=r"9999.*newer.*backup"):
        migrate.ensure(_url(database))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear all, " * 200)
    with pytest.raises(migrate.CannotMigrate, match=r"letter\.db.*DATABASE_URL"):
        migrate.ensure(_url(path))


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    def breaks(connection: Connection) -> None:
        metadata.create_all(connection)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        asyncio.run(migrate.inside(make_url(_url(path)), breaks))
    assert _sql(path, "SELECT name FROM sqlite_master") == []


def test_rows_that_would_point_at_nothing_stop_it(database: Path) -> None:
    def orphans(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO subscriptions (account_id, topic, wanted, at) VALUES ('nobody', 'mart', 1, 1)"
        )

    with pytest.raises(migrate.CannotMigrate, match="subscriptions"):
        asyncio.run(migrate.inside(make_url(_url(database)), orphans))
    assert _sql(database, "SELECT count(*) FROM subscriptions") == [(0,)]


def test_making_a_table_anew_keeps_its_children(database: Path) -> None:
    """What Alembic does to change a column in SQLite; with foreign keys on it deletes what hangs on the table."""
    _sql(database, "INSERT INTO accounts (id, channel, external_id, created_at) VALUES ('a', 'telegram', '1', 1)")
    _sql(database, "INSERT INTO talks VALUES ('t', 'a', 'enrol', 'current', '{}', NULL, 0, '', 1, 1, NULL)")

    def again(connection: Connection) -> None:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        with Operations(MigrationContext.configure(connection)).batch_alter_table(
            "accounts", recreate="always"
        ) as table:
            table.drop_column("held")

    asyncio.run(migrate.inside(make_url(_url(database)), again))
    assert _sql(database, "SELECT id FROM talks") == [("t",)]
