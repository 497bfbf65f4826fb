"""Telegram's command menus: by language for everybody, and for each staff member in their own chat.

Best effort: a menu that cannot be set now is set when the bot starts next, or when the person writes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import select

from bot.channels import Throttled, Uncertain, Unreachable
from bot.channels.telegram import Telegram
from bot.records import roles as rights
from bot.schema import accounts, staff
from bot.store import Tx
from bot.turns.composing import COMMON, Composer
from bot.turns.intake import Account

log = structlog.get_logger(__name__)

PUBLIC = {
    "menu": "menu",
    "daftar": "enrol",
    "status": "status",
    "tips": "tips",
    "hitung": "calculate",
    "catat": "note",
    "mart": "mart",
    "jual": "sell",
    "data_saya": "my_data",
    "nomor_penting": "contacts",
    "bantuan": "help",
    "bahasa": "language",
    "stop": "stop",
}
"""The commands everybody sees, and what they are called outside Indonesian; `command.<name>` describes them."""

STAFF = "staff"
"""The catalogue that describes staff's commands."""


class Menus:
    """Keeps the command menus in step with the texts and with who is staff."""

    def __init__(self, composer: Composer) -> None:
        self.texts = composer.texts
        self.facts = composer.facts
        self._known: dict[str, tuple[tuple[str, str], ...]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def public(self, language: str) -> list[tuple[str, str]]:
        """Command and description for everybody."""
        return [
            (name if language == "id" else foreign, self.texts.say(language, COMMON, f"command.{name}", {}))
            for name, foreign in PUBLIC.items()
        ]

    def staff(self, language: str, roles: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Command and description for somebody with these roles."""
        own = [(name, self.texts.say(language, STAFF, f"command.{name}", {})) for name in rights.commands_for(roles)]
        return own + self.public(language)

    async def left(self, tx: Tx) -> None:
        """Whose roles have ended may still see staff's menu: it is put right when they write."""
        ended = select(accounts.c.external_id).join(staff, staff.c.account_id == accounts.c.id)
        for row in await tx.execute(ended.where(staff.c.ended_at.is_not(None), accounts.c.channel == "telegram")):
            self._known[row.external_id] = (("ended", ""),)

    async def set_public(self, telegram: Telegram) -> None:
        """Set what everybody sees; tries until Telegram takes it."""
        commands = {language: self.public(language) for language in self.texts.languages}
        commands[""] = commands["id"]
        while True:
            try:
                await telegram.menu(commands)
                for language in self.texts.languages:
                    description, short = (
                        self.texts.say(language, COMMON, f"bot.{key}", self.facts(language))
                        for key in ("description", "short_description")
                    )
                    await telegram.describe(language, description, short)
                return
            except (Throttled, Unreachable, Uncertain) as fault:
                log.warning("menus.later", fault=type(fault).__name__)
                await asyncio.sleep(60)

    def see(self, telegram: Telegram, accounts: Sequence[Account]) -> None:
        """Set a staff member's own menu when their roles are not what it was last set for."""
        for account in accounts:
            if account.channel != "telegram" or self._known.get(account.external_id, ()) == account.roles:
                continue
            self._known[account.external_id] = account.roles
            task = asyncio.create_task(self._set(telegram, account.external_id, account.roles))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _set(self, telegram: Telegram, chat: str, roles: tuple[tuple[str, str], ...]) -> None:
        commands = {language: self.staff(language, roles) for language in self.texts.languages}
        commands[""] = commands["id"]
        try:
            await telegram.menu(commands, chat)
        except Exception as fault:
            log.warning("menus.not_set", fault=type(fault).__name__)
            self._known.pop(chat, None)
