"""What a bot says about itself: commands by scope and language, names, descriptions, the menu button."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.journal import Journal
from bot.sandbox.phones import Phone
from bot.sandbox.telegram_parameters import Parameters, bad

_SCOPES = frozenset(
    (
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    )
)
_MOST = {"name": 64, "description": 512, "short_description": 120}


class Profile:
    """The bot's own settings."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._commands: dict[tuple[str, int, str], list[dict[str, str]]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._menus: dict[int, dict[str, Any]] = {}

    def set_commands(self, params: Parameters) -> bool:
        """setMyCommands."""
        commands = params["commands"]
        if not isinstance(commands, list):
            raise bad("can't parse commands: expected an Array of BotCommand")
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not isinstance(command, dict) or set(command) - {"command", "description"}:
                raise bad("can't parse commands: expected BotCommand objects")
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", "")).strip()) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self._commands[_key(params)] = [
            {"command": c["command"].removeprefix("/"), "description": c["description"]} for c in commands
        ]
        self._journal.add("commands")
        return True

    def get_commands(self, params: Parameters) -> list[dict[str, str]]:
        """getMyCommands: those of exactly this scope and language."""
        return self._commands.get(_key(params), [])

    def delete_commands(self, params: Parameters) -> bool:
        """deleteMyCommands."""
        self._commands.pop(_key(params), None)
        self._journal.add("commands")
        return True

    def commands(self, phone: Phone) -> list[dict[str, str]]:
        """The menu that this person sees: the narrowest scope first, their language before all others."""
        language = (phone.language_code or "").split("-")[0].lower()
        for scope, chat in (("chat", phone.chat_id), ("all_private_chats", 0), ("default", 0)):
            for code in (language, ""):
                if found := self._commands.get((scope, chat, code)):
                    return found
        return []

    def set_text(self, field: str, params: Parameters) -> bool:
        """setMyName, setMyDescription, setMyShortDescription."""
        text = params.get(field) or ""
        if len(text) > _MOST[field]:
            raise bad(f"{field.upper()}_TOO_LONG")
        self._texts[field, _language(params)] = text
        return True

    def get_text(self, field: str, params: Parameters) -> dict[str, str]:
        """getMyName and its like; without a text of this language the general one."""
        language = _language(params)
        return {field: self._texts.get((field, language)) or self._texts.get((field, ""), "")}

    def set_menu(self, params: Parameters) -> bool:
        """setChatMenuButton."""
        button = params.get("menu_button") or {"type": "default"}
        if button.get("type") not in ("commands", "web_app", "default"):
            raise bad("can't parse MenuButton: type is not supported")
        self._menus[params.get("chat_id", 0)] = button
        return True

    def get_menu(self, params: Parameters) -> dict[str, Any]:
        """getChatMenuButton."""
        return self._menus.get(params.get("chat_id", 0)) or self._menus.get(0, {"type": "default"})


def _language(params: Parameters) -> str:
    language: str = params.get("language_code") or ""
    if not re.fullmatch(r"([a-z]{2})?", language):
        raise bad("LANG_CODE_INVALID" if language else "")
    return language


def _key(params: Parameters) -> tuple[str, int, str]:
    scope = params.get("scope") or {"type": "default"}
    if scope.get("type") not in _SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    chat = scope.get("chat_id", 0)
    if scope["type"].startswith("chat") and not chat:
        raise bad("can't parse BotCommandScope: chat_id is empty")
    return scope["type"], int(chat), _language(params)
