"""Every setting, and the only reader of the environment and of .env.

What is wrong or missing stops the start with its name, where it stands and what to do. A setting's description is that
advice; .env.example says the same at greater length.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_LENGTH = 32


class Misconfigured(Exception):
    """The settings do not let the bot start; the message names each that is wrong, its place and the remedy."""


def _matches(pattern: str) -> AfterValidator:
    def checked(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text and not re.fullmatch(pattern, text):
            raise ValueError
        return value

    return AfterValidator(checked)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError
    return value.rstrip("/")


def _hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d{1,2})[:.](\d\d)\s*-\s*(\d{1,2})[:.](\d\d)\s*", value)
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def _folded(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _several(value: SecretStr) -> SecretStr:
    if any(len(part) < SECRET_LENGTH for part in _parts(value)):
        raise ValueError
    return value


def _parts(value: SecretStr) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in value.get_secret_value().split(",")) if part)


Address = Annotated[str, AfterValidator(_address)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
Translated = Annotated[str, Field(max_length=500)]


class Settings(BaseSettings):
    """The settings, checked one by one; `load` also checks them against each other."""

    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )

    telegram_bot_token: Annotated[SecretStr, _matches(r"\d+:[A-Za-z0-9_-]+")] = Field(
        SecretStr(""),
        description="the token that @BotFather gave, such as 123456789:AA…; leave it empty without Telegram",
    )
    telegram_api_url: Address = Field(
        "https://api.telegram.org", description="an address such as https://api.telegram.org"
    )
    telegram_mode: Annotated[Literal["polling", "webhook"], BeforeValidator(_folded)] = Field(
        "polling", description="polling (works anywhere) or webhook (needs PUBLIC_URL and TELEGRAM_WEBHOOK_SECRET)"
    )
    telegram_webhook_secret: Annotated[SecretStr, _matches(r"[A-Za-z0-9_-]{16,256}")] = Field(
        SecretStr(""), description="16 to 256 letters, digits, _ or -; make one with: openssl rand -hex 32"
    )
    twilio_account_sid: Annotated[str, _matches(r"AC[0-9a-fA-F]{32}")] = Field(
        "", description="the account SID of Twilio's console: AC and 32 digits; leave it empty without WhatsApp"
    )
    twilio_auth_token: SecretStr = Field(
        SecretStr(""),
        description="the auth token of Twilio's console; while it is being changed, the new and the old by comma",
    )
    twilio_whatsapp_from: Annotated[str, _matches(r"(whatsapp:)?\+[1-9]\d{6,14}")] = Field(
        "", description="the WhatsApp number that sends, such as +14155238886"
    )
    twilio_api_url: Address = Field("", description="empty, or an address in the place of every one of Twilio's")
    public_url: Address = Field(
        "", description="the address under which providers reach this bot, such as https://bot.example.org"
    )
    host: str = Field(
        "127.0.0.1", description="the address to listen on: 127.0.0.1 behind a proxy, 0.0.0.0 in a container"
    )
    port: int = Field(8080, ge=0, le=65535, description="a port, 1 to 65535, or 0 for any free one")
    database_url: Annotated[str, _matches(r"sqlite\+aiosqlite:///.+")] = Field(
        "sqlite+aiosqlite:///var/pijar.db",
        description="sqlite+aiosqlite:///a/file; no other database is served yet",
    )
    default_language: Annotated[str, _matches(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")] = Field(
        "id", description="the code of a language that locales/ has, such as id"
    )
    organisation_name: Words = Field(
        description="the name of the organisation that runs the programme; consent names it"
    )
    programme_name: Words = Field(description="the name of the programme; consent names it")
    retention_text: Words = Field(
        description="until when data is kept, as it stands in the consent, such as: akhir tahun 2028"
    )
    retention_text_en: Translated = Field(
        "", description="the same for people who read English, such as: the end of 2028; empty: RETENTION_TEXT"
    )
    response_days: int = Field(7, ge=1, le=60, description="days in which an enrolment is answered, 1 to 60")
    contact_text: Words = Field(description="whom people ask for help and how, such as: Ibu Contoh, 0800-000-000")
    contact_text_en: Translated = Field(
        "", description="the same for people who read English, such as: Ms Example, 0800-000-000; empty: CONTACT_TEXT"
    )
    secret_key: Annotated[SecretStr, AfterValidator(_several)] = Field(
        min_length=SECRET_LENGTH,
        description=f"at least {SECRET_LENGTH} characters, by comma if several, the first writes: openssl rand -hex 32",
    )
    quiet_hours: Annotated[tuple[time, time], NoDecode, BeforeValidator(_hours)] = Field(
        (time(20), time(7)), description="from-to in local time, such as 20:00-07:00"
    )
    approval_above: int = Field(
        100, ge=0, le=1_000_000, description="people to whom one coordinator may announce alone, such as 100"
    )
    telegram_rate: int = Field(
        29, ge=1, le=100_000, description="messages a second that are no replies, such as 29; more with paid broadcast"
    )
    whatsapp_tier: int = Field(
        250, ge=0, le=10_000_000, description="people a day whom WhatsApp lets you write to first, such as 250; 0: any"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_folded)] = Field(
        "info", description="debug, info, warning or error"
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_folded)] = Field("text", description="text or json")

    @classmethod
    def load(cls, env_file: Path | str | None = ".env", **given: object) -> Settings:
        """Read `given`, the environment, then `env_file` where it exists; raises Misconfigured with all problems."""
        path = Path(env_file) if env_file else None
        lines = _lines(path)
        problems: list[tuple[str, str, str]] = []
        try:
            settings = cls(_env_file=path, **given)  # type: ignore[call-arg, arg-type]  # pydantic-settings' own parameter
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False):
                name = str(one["loc"][0])
                problems.append(
                    (name, _found(name, one["type"], one.get("input")), cls.model_fields[name].description or "")
                )
        else:
            problems.extend(settings._together())
        advice = [f"{name.upper()} ({_place(name, path, lines)}) {found}: {remedy}" for name, found, remedy in problems]
        advice += _misspelt(cls, path, lines)
        if advice:
            raise Misconfigured("\n".join(advice))
        return settings

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The auth tokens, the one that we send with first."""
        return _parts(self.twilio_auth_token)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secrets, the one that writes first."""
        return _parts(self.secret_key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that a log must never show."""
        single = (self.telegram_bot_token, self.telegram_webhook_secret)
        return (*(one.get_secret_value() for one in single if one), *self.twilio_tokens, *self.secret_keys)

    def _together(self) -> Iterator[tuple[str, str, str]]:
        twilio = ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from")
        whatsapp = any(getattr(self, name) for name in twilio)
        webhook = self.telegram_mode == "webhook" and bool(self.telegram_bot_token)
        if not self.telegram_bot_token and not whatsapp:
            yield (
                "telegram_bot_token",
                "is missing",
                "set it for Telegram, or the TWILIO_ settings for WhatsApp, or both",
            )
        if whatsapp:
            for name in twilio:
                if not getattr(self, name):
                    yield name, "is missing", f"WhatsApp needs all of {', '.join(twilio).upper()}"
        if webhook and not self.telegram_webhook_secret:
            yield (
                "telegram_webhook_secret",
                "is missing",
                "TELEGRAM_MODE=webhook needs it; make one with: openssl rand -hex 32",
            )
        if whatsapp or webhook:
            yield from self._reachable("WhatsApp" if whatsapp else "TELEGRAM_MODE=webhook")

    def _reachable(self, why: str) -> Iterator[tuple[str, str, str]]:
        parts = urlsplit(self.public_url)
        if not self.public_url:
            yield "public_url", "is missing", f"{why} needs it: https and the name under which this bot is reached"
        elif parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            yield "public_url", "begins with http://", "providers call only https; plain http is for this machine alone"


def _found(name: str, kind: str, value: object) -> str:
    if kind == "missing" or value in (None, ""):
        return "is missing"
    if isinstance(value, str) and Settings.model_fields[name].annotation is not SecretStr and name != "database_url":
        return f"cannot be {value[:60]!r}"
    return "does not look right"


def _lines(path: Path | None) -> dict[str, int]:
    """The names that a file sets, with the number of the line that counts: the last."""
    if path is None or not path.is_file():
        return {}
    names: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r"\s*(?:export\s+)?(\w+)\s*=", line)
        if found is not None:
            names[found[1].lower()] = number
    return names


def _place(name: str, path: Path | None, lines: dict[str, int]) -> str:
    if any(key.lower() == name and value for key, value in os.environ.items()):
        return "environment"
    if name in lines:
        return f"{path}, line {lines[name]}"
    return f"not in {path}" if path is not None and path.is_file() else "environment or .env"


def _misspelt(settings: type[Settings], path: Path | None, lines: dict[str, int]) -> Iterator[str]:
    for name in lines.keys() - settings.model_fields.keys():
        for meant in difflib.get_close_matches(name, settings.model_fields, n=1, cutoff=0.85):
            yield f"{name.upper()} ({path}, line {lines[name]}) is no setting: did you mean {meant.upper()}?"
