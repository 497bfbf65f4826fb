"""Brings the database's schema to what this code needs: nothing to do where it is, else Alembic in its own process.

A start compares two strings; only where they differ are 280 ms and 40 MB of Alembic paid, by a process that ends.
A database is copied before it is changed, and changed in one transaction or not at all.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

HEAD = "0006"
"""The newest file in migrations/versions; a test compares the two."""

FOLDER = Path(__file__).parent / "migrations"
ROOT = FOLDER.parent.parent


class CannotMigrate(Exception):
    """The database does not fit this code and cannot be made to; the message has the remedy."""


def ensure(url: str | URL) -> None:
    """Bring the database to this code's schema, after a copy of it where there is one; raises CannotMigrate."""
    place = make_url(url)
    before = stored(place)
    if before == HEAD:
        return
    if before and before not in known():
        raise CannotMigrate(
            f"The database is at revision {before}, which this version does not know: a newer one has changed it. "
            f"Start that version again, or put back the copy from before the change ({_copies(place)})."
        )
    if before:
        copy(place, before)
    if place.get_backend_name() == "sqlite" and place.database:
        place = place.set(database=str(Path(place.database).absolute()))
    command = [sys.executable, "-m", "bot.migrate", "-"]
    # On standard input, for a command line shows a password to everybody on this machine.
    where = place.render_as_string(hide_password=False)
    done = subprocess.run(command, input=where, text=True, capture_output=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise CannotMigrate(
            f"The database could not be changed from revision {before or 'none'} to {HEAD}, and is as it was: {last}"
        )


def stored(url: URL) -> str:
    """The revision of a database; empty where it has none yet."""
    if url.get_backend_name() != "sqlite":
        return asyncio.run(_stored_elsewhere(url))
    if not url.database or not Path(url.database).exists():
        return ""
    try:
        with _closing(url.database) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as fault:
        if "no such table" in str(fault):
            return ""
        raise CannotMigrate(f"The database {url.database} cannot be read: {fault}") from fault
    except sqlite3.DatabaseError as fault:
        raise CannotMigrate(f"{url.database} is no database ({fault}); name another file in DATABASE_URL.") from fault
    return str(row[0]) if row else ""


def known() -> set[str]:
    """The revisions that this code has, read off its files' names."""
    return {path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py")}


def copy(url: URL, revision: str) -> Path | None:
    """Copy an SQLite database as it stands into `backup/` beside it; None elsewhere."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    here = Path(url.database)
    folder = here.parent / "backup"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{here.stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{revision}.db"
    target.unlink(missing_ok=True)
    with _closing(here) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    return target


def upgrade(url: str | URL) -> None:
    """Migrate in this process: one transaction, foreign keys off, and checked before it commits."""
    asyncio.run(_upgrade(make_url(url)))


def new(message: str) -> Path:
    """Write the next migration: what differs between a database at the head and schema.py."""
    from alembic import command

    number = f"{len(known()) + 1:04d}"
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")

    def write(connection: Connection) -> None:
        config = _config(connection)
        if known():
            command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=number)

    asyncio.run(inside(make_url("sqlite+aiosqlite://"), write))
    return FOLDER / "versions" / f"{number}_{slug}.py"


async def _stored_elsewhere(url: URL) -> str:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            if (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar() is None:
                return ""
            return str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() or "")
    finally:
        await engine.dispose()


async def _upgrade(url: URL) -> None:
    from alembic import command

    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    await inside(url, lambda connection: command.upgrade(_config(connection), "head"))


async def inside(url: URL, work: Any) -> None:
    """Run `work` on a connection: one transaction, foreign keys off, checked before it commits."""
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_async_engine(url, connect_args={"isolation_level": None} if sqlite else {})
    if sqlite:

        @event.listens_for(engine.sync_engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            # Alembic makes a table anew to change it: with foreign keys on, dropping the old one deletes its children.
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")

    try:
        async with engine.connect() as connection, connection.begin():
            await connection.run_sync(work)
            if sqlite:
                await connection.run_sync(_check)
    finally:
        await engine.dispose()


def _check(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise CannotMigrate(f"{len(broken)} rows would point at nothing, in {tables}")


def _config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _closing(path: str | Path) -> Any:
    from contextlib import closing

    return closing(sqlite3.connect(path, timeout=5))


def _copies(url: URL) -> str:
    sqlite = url.get_backend_name() == "sqlite" and url.database
    return f"in {Path(url.database or '').parent / 'backup'}" if sqlite else "that you made"


def main() -> None:
    """`python -m bot.migrate` migrates the database of the settings; `-` takes its URL from standard input."""
    if sys.argv[1:] == ["-"]:
        url = sys.stdin.read().strip()
    elif sys.argv[1:2] == ["new"] and len(sys.argv) == 3:
        print(new(sys.argv[2]))
        return
    else:
        from bot.config import Settings

        url = Settings.load().database_url
    upgrade(url)


if __name__ == "__main__":
    main()
