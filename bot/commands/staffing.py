"""Staff from the command line: invite, list, end. The rules are records/roles.py's and records/invitations.py's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot import migrate
from bot.commands import links
from bot.config import Settings
from bot.records import invitations, roles
from bot.running import now_ms
from bot.store import Store, Tx

T = TypeVar("T")

WORDS = "undangan petugas"
"""What opens an invitation where there is no deep link (conversations/staff_join.py)."""


class NotThere(Exception):
    """What the command names does not exist; the message says what does."""


def invite(role: str, area: str, name: str = "") -> None:
    """Make an invitation and print its links."""
    settings = Settings.load()
    try:
        token = within(settings, lambda tx: invitations.create(tx, role, area))
    except (roles.UnknownRole, roles.WrongArea) as wrong:
        raise NotThere(str(wrong)) from wrong
    whom = f" for {name}" if name else ""
    print(f"Invitation{whom}: {role}{f' in {area}' if area else ''}. Good once, for {invitations.DAYS} days.")
    print("Whoever has it becomes staff: give it to that person alone.\n")
    links.show(links.both(settings, token, f"{WORDS} {token}"))
    print(f"Or send the bot, on either: {WORDS} {token}")


def show() -> None:
    """List who is staff, who was, and which invitations are open."""
    from rich.console import Console
    from rich.table import Table

    settings = Settings.load()
    everyone, open_ones = within(settings, _lists)
    table = Table("code", "name", "roles", "channel", "since", "until", box=None, pad_edge=False)
    for one in everyone:
        held = ", ".join(f"{role} {area}".strip() for role, area in one.roles) or "–"
        table.add_row(one.code, one.name or "–", held, one.channel or "–", _day(one.since), _day(one.ended))
    console = Console()
    console.print(table if everyone else "No staff yet. Begin with: pijar invite --role admin", markup=False)
    if open_ones:
        console.print("\nOpen invitations:")
        for waiting in open_ones:
            until = _day(waiting["expires_at"])
            whose = f"{waiting['role']} {waiting['area']}".strip()
            console.print(f"{waiting['id']}  {whose}, until {until}", markup=False)


def revoke(code: str) -> bool:
    """End a staff member's roles, or withdraw an invitation; False where there is nothing of the kind."""
    settings = Settings.load()
    ended = within(settings, lambda tx: roles.revoke(tx, code))
    if ended is not None:
        print(f"{ended.code} is not staff any more.")
        return True
    if within(settings, lambda tx: invitations.withdraw(tx, code.strip().lower())):
        print("The invitation is withdrawn.")
        return True
    print(f"No staff member and no open invitation has the code {code!r}. See: pijar staff", file=sys.stderr)
    return False


def within(settings: Settings, work: Callable[[Tx], Awaitable[T]]) -> T:
    """Run work on the settings' database, in one transaction."""
    migrate.ensure(settings.database_url)
    return asyncio.run(_within(settings.database_url, work))


async def _within(url: str, work: Callable[[Tx], Awaitable[T]]) -> T:
    store = Store(url, now_ms)
    await store.open()
    try:
        return await store.run(work)
    finally:
        await store.close()


async def _lists(tx: Tx) -> tuple[list[roles.Staff], list[dict[str, Any]]]:
    return await roles.everyone(tx), await invitations.waiting(tx)


def _day(at: int | None) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat() if at else "–"
