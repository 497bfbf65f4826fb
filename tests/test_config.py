"""Settings: what is taken, and what each mistake is told."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest

from bot.config import Misconfigured, Settings
from bot.running import LOCALES, facts, translated
from bot.texts import Texts
from bot.turns.composing import Composer

EXAMPLE = Path(__file__).parent.parent / ".env.example"
GOOD = {
    "ORGANISATION_NAME": "Yayasan Contoh",
    "PROGRAMME_NAME": "Program Contoh",
    "RETENTION_TEXT": "akhir tahun 2028",
    "CONTACT_TEXT": "Ibu Contoh, 0800-000-000",
    "SECRET_KEY": "dummy-secret-of-thirty-two-letters",
    "TELEGRAM_BOT_TOKEN": "1:demo",
}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "dummy",
    "TWILIO_WHATSAPP_FROM": "+14155238886",
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(tmp_path: Path, **changes: str | None) -> Settings:
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in (GOOD | changes).items() if value is not None))
    return Settings.load(file)


def test_good_settings_are_taken(tmp_path: Path) -> None:
    settings = load(tmp_path, QUIET_HOURS="21.30-06:00", LOG_FORMAT="JSON", PORT="9000")
    assert settings.quiet_hours == (time(21, 30), time(6))
    assert (settings.log_format, settings.port, settings.telegram_mode) == ("json", 9000, "polling")
    assert settings.database_url == "sqlite+aiosqlite:///var/pijar.db"
    assert settings.telegram_api_url == "https://api.telegram.org"


def test_what_people_read_may_have_its_own_words_in_english(tmp_path: Path) -> None:
    settings = load(tmp_path, RETENTION_TEXT_EN="the end of 2028")
    composer = Composer(Texts.load(LOCALES), facts(settings), translated(settings))
    for language, retention in (("id", "akhir tahun 2028"), ("en", "the end of 2028"), ("jv", "akhir tahun 2028")):
        read = composer.facts(language)
        assert (read["retention"], read["contact"]) == (retention, "Ibu Contoh, 0800-000-000")


def test_whatsapp_alone_is_enough(tmp_path: Path) -> None:
    settings = load(tmp_path, TELEGRAM_BOT_TOKEN=None, PUBLIC_URL="https://bot.example.org/", **TWILIO)
    assert not settings.telegram_bot_token
    assert settings.public_url == "https://bot.example.org"


def test_lists_have_the_writing_one_first(tmp_path: Path) -> None:
    settings = load(tmp_path, SECRET_KEY=f"{'n' * 32}, {'o' * 40}", **TWILIO | {"TWILIO_AUTH_TOKEN": "new,old"},
                    PUBLIC_URL="https://bot.example.org")  # fmt: skip
    assert settings.secret_keys == ("n" * 32, "o" * 40)
    assert settings.twilio_tokens == ("new", "old")
    assert {"1:demo", "new", "old", "n" * 32} <= set(settings.secrets)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1234")
    assert load(tmp_path, PORT="9000").port == 1234


def test_given_values_go_before_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1234")
    given = {name.lower(): value for name, value in GOOD.items()}
    assert Settings.load(None, **given, port=0).port == 0


def test_secrets_do_not_show(tmp_path: Path) -> None:
    assert GOOD["SECRET_KEY"] not in repr(load(tmp_path)) + str(load(tmp_path))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY": None}, r"SECRET_KEY \(not in .*\.env\) is missing: at least 32 characters"),
        ({"SECRET_KEY": "short"}, r"SECRET_KEY \(.*\.env, line 5\) does not look right: at least 32"),
        ({"SECRET_KEY": f"{'n' * 32},short"}, r"SECRET_KEY \(.*line 5\) does not look right"),
        ({"ORGANISATION_NAME": ""}, r"ORGANISATION_NAME \(.*line 1\) is missing: the name of the organisation"),
        ({"PORT": "http"}, r"PORT \(.*line 7\) cannot be 'http': a port, 1 to 65535"),
        ({"RESPONSE_DAYS": "0"}, r"RESPONSE_DAYS \(.*\) cannot be '0': days"),
        ({"QUIET_HOURS": "evening"}, r"QUIET_HOURS \(.*\) cannot be 'evening': from-to in local time"),
        ({"QUIET_HOURS": "25:00-07:00"}, r"QUIET_HOURS \(.*\) cannot be '25:00-07:00'"),
        ({"TELEGRAM_BOT_TOKEN": "abc"}, r"TELEGRAM_BOT_TOKEN \(.*line 6\) does not look right: the token that @Bot"),
        ({"TELEGRAM_BOT_TOKEN": None}, r"TELEGRAM_BOT_TOKEN \(.*\) is missing: set it for Telegram, or the TWILIO_"),
        ({"TELEGRAM_MODE": "push"}, r"TELEGRAM_MODE \(.*\) cannot be 'push': polling"),
        ({"TELEGRAM_API_URL": "api.telegram.org"}, r"TELEGRAM_API_URL \(.*\) cannot be"),
        ({"TELEGRAM_MODE": "webhook", "PUBLIC_URL": "https://x.example"}, r"TELEGRAM_WEBHOOK_SECRET \(.*\) is missing"),
        ({"TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": "a" * 16}, r"PUBLIC_URL \(.*\) is missing: TELEG"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, r"TWILIO_AUTH_TOKEN \(.*\) is missing: WhatsApp needs all"),
        (TWILIO, r"PUBLIC_URL \(.*\) is missing: WhatsApp needs it"),
        (TWILIO | {"PUBLIC_URL": "http://bot.example.org"}, r"PUBLIC_URL \(.*\) begins with http://"),
        (TWILIO | {"TWILIO_WHATSAPP_FROM": "0812", "PUBLIC_URL": "https://x.example"}, r"TWILIO_WHATSAPP_FROM .*'08"),
        ({"DATABASE_URL": "postgres://u:hush@h/n"}, r"DATABASE_URL \(.*\) does not look right: sqlite\+aiosqlite:///"),
        ({"DATABASE_URL": "postgresql+asyncpg://u:hush@h/n"}, r"no other database is served yet"),
        ({"LOG_LEVEL": "loud"}, r"LOG_LEVEL \(.*\) cannot be 'loud'"),
        ({"TELEGRAM_BOT_TOKN": "1:demo"}, r"TELEGRAM_BOT_TOKN \(.*line 7\) is no setting: did you mean TELEGRAM_BOT"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_place_and_remedy(
    tmp_path: Path, changes: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, **changes)
    assert re.search(expected, str(caught.value)), caught.value
    for secret in ("short", "hush"):
        assert secret not in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, SECRET_KEY=None, PORT="x", CONTACT_TEXT=None)
    assert len(str(caught.value).splitlines()) == 3


def test_plain_http_is_for_this_machine(tmp_path: Path) -> None:
    assert load(tmp_path, PUBLIC_URL="http://127.0.0.1:8080", **TWILIO).public_url == "http://127.0.0.1:8080"


def test_the_example_has_every_setting_with_a_comment_and_its_default() -> None:
    lines = EXAMPLE.read_text().splitlines()
    told: dict[str, str] = {}
    commented = False
    for line in lines:
        if re.match(r"[A-Z_]+=", line):
            name, _, value = line.partition("=")
            assert commented or name == "PORT", f"{name} has no comment"
            told[name.lower()] = value
        commented = line.startswith("# ") or (commented and bool(line))
    assert told.keys() == Settings.model_fields.keys()
    hours = {(time(20), time(7)): "20:00-07:00"}
    for name, field in Settings.model_fields.items():
        default = "" if field.is_required() else field.default
        shown = hours.get(default, default) if isinstance(default, tuple) else default
        assert told[name] == str(getattr(shown, "get_secret_value", lambda shown=shown: shown)()), name
