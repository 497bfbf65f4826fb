"""A copy of the database and of its photos and documents, taken while the bot runs; looked at before it is called one.

Copies SQLite only; PostgreSQL has pg_dump. Settings and SECRET_KEY are not in it: keep them elsewhere.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.config import Settings
from bot.files import beside

PAGES = 1000
"""Copied at a time; the bot writes in between."""


class CannotBackUp(Exception):
    """There is no good copy; the message says why."""


def run(file: Path | None = None) -> None:
    """Copy the database of the settings and say where to."""
    place = make_url(Settings.load().database_url)
    if place.get_backend_name() != "sqlite":
        raise CannotBackUp("DATABASE_URL is not SQLite: use pg_dump.")
    here = Path(place.database or "")
    target = file or here.parent / "backup" / f"{here.stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.db"
    rows = copy(here, target)
    print(f"{target}: {target.stat().st_size / 1024:,.0f} KB, {rows} people, checked.")
    if count := copy_files(beside(str(here)), target):
        print(f"{media_of(target)}: {count} photos and documents.")
    print("It holds personal data. SECRET_KEY, without which parts of it cannot be read, is not in it.")


def copy(here: Path, target: Path) -> int:
    """Copy a database that may be in use; the number of people in the copy, which has been checked."""
    if not here.is_file():
        raise CannotBackUp(f"There is no database at {here} yet.")
    if target.exists():
        raise CannotBackUp(f"{target} exists already; name another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"file:{here}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(unfinished)) as kept,
        ):
            # Nobody but us: it has personal data in it.
            unfinished.chmod(0o600)
            source.backup(kept, pages=PAGES)
            kept.execute("PRAGMA journal_mode=DELETE")
            rows = _checked(kept)
        unfinished.rename(target)
    except (sqlite3.Error, OSError) as fault:
        unfinished.unlink(missing_ok=True)
        raise CannotBackUp(f"{here} could not be copied to {target}: {fault}") from fault
    return rows


def media_of(target: Path) -> Path:
    """Where the photos and documents of a copy lie."""
    return target.with_name(f"{target.name}.media")


def copy_files(folder: Path, target: Path) -> int:
    """Copy the files that a copied database knows; how many. One that was deleted since is no matter."""
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as kept:
        if not kept.execute("SELECT 1 FROM sqlite_master WHERE name = 'media'").fetchone():
            return 0
        ids = [id for (id,) in kept.execute("SELECT id FROM media WHERE NOT dropped ORDER BY id")]
    count = 0
    for id in ids:
        try:
            media_of(target).mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(folder / id, media_of(target) / id)
            count += 1
        except FileNotFoundError:
            continue
        except OSError as fault:
            raise CannotBackUp(f"{folder / id} could not be copied: {fault}") from fault
    return count


def _checked(kept: sqlite3.Connection) -> int:
    found = kept.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {found}")
    return int(kept.execute("SELECT count(*) FROM persons").fetchone()[0])
