"""The commands, as an operator gives them: each a process of its own, with settings from the environment alone."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
import segno

from bot.commands import demo, links
from bot.sandbox import Sandbox

ROOT = Path(__file__).parent.parent


class Operator:
    """Somebody at a shell, in a folder where nothing lies but the database."""

    def __init__(self, database: Path, sandbox: str) -> None:
        self.database = database
        self.folder = database.parent
        self.environment = demo.settings(sandbox, 8080, f"sqlite+aiosqlite:///{database}")

    async def gives(self, *command: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `pijar` with these words."""

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "bot", *command], cwd=self.folder, env={**self.environment, **settings},
                input=typed, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip

        return await asyncio.to_thread(run)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement).fetchall()


@pytest_asyncio.fixture
async def operator(database: Path) -> AsyncIterator[Operator]:
    sandbox = await Sandbox.start(twilio_sid=demo.TWILIO)
    yield Operator(database, sandbox.url)
    await sandbox.stop()


@pytest.mark.asyncio
async def test_invite_prints_links(operator: Operator) -> None:
    done = await operator.gives("invite", "--role", "coordinator", "--area", "33.07", "--name", "Koordinator 01")
    assert done.returncode == 0, done.stderr
    found = re.search(r"https://t\.me/PijarDemoBot\?start=(ptg_[\w-]+)", done.stdout)
    assert found is not None
    assert f"https://wa.me/14155238886?text=undangan%20petugas%20{found[1]}" in done.stdout
    assert "Koordinator 01" in done.stdout
    assert operator.sql("SELECT role, area, used_at FROM invitations") == [("coordinator", "33.07", None)]
    assert found[1] not in str(operator.sql("SELECT * FROM invitations"))


@pytest.mark.asyncio
async def test_invite_works_while_telegram_does_not(operator: Operator) -> None:
    done = await operator.gives("invite", "--role", "admin", TELEGRAM_API_URL="http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert "/start ptg_" in done.stdout


@pytest.mark.asyncio
async def test_link_prints_links_that_keep_where_people_came_from(operator: Operator) -> None:
    done = await operator.gives("link", "poe-larantuka")
    assert done.returncode == 0, done.stderr
    assert "https://t.me/PijarDemoBot?start=poe-larantuka\n" in done.stdout
    assert "https://wa.me/14155238886?text=Halo%20%28poe-larantuka%29\n" in done.stdout
    for code in ("Larantuka", "larantuka", "poe larantuka", "-poe", "a-" * 33):
        wrong = await operator.gives("link", "--", code)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "poe-larantuka" in wrong.stderr
        assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("link", ["https://t.me/PijarDemoBot?start=poe-1", "https://wa.me/14155238886?text=Halo%20(p)"])
def test_the_code_of_a_link_is_black_on_white_in_any_terminal(
    link: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    links.show([("Telegram", link)])
    drawn = [line for line in capsys.readouterr().out.splitlines() if line.startswith("\033[97;40m")]
    signs = [line.removeprefix("\033[97;40m").removesuffix("\033[0m") for line in drawn]
    halves = [[char in lit for char in line] for line in signs for lit in ("█▀", "█▄")]
    wanted = [[not dark for dark in row] for row in segno.make(link, error="l").matrix_iter(border=4)]
    assert halves[: len(wanted)] == wanted


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--role", "king"], "coordinator"),
        (["--role", "coordinator"], "33.07"),
        (["--role", "coordinator", "--area", "Wonosobo"], "33.07"),
        (["--role", "coordinator", "--area", "33.70"], "data/districts.toml"),
        (["--role", "companion", "--area", "33.07.99"], "data/districts.toml"),
    ],
)
async def test_a_wrong_invitation_is_explained(operator: Operator, words: list[str], told: str) -> None:
    done = await operator.gives("invite", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.asyncio
async def test_staff_are_listed_and_ended(operator: Operator) -> None:
    operator.sql("INSERT INTO staff (code, name, since) VALUES ('PTG-7K4M', 'Koordinator 01', 1700000000000)")
    operator.sql("INSERT INTO staff_roles (code, role, area, since) VALUES ('PTG-7K4M', 'coordinator', '33.07', 1)")
    listed = await operator.gives("staff")
    assert "PTG-7K4M" in listed.stdout
    assert "coordinator 33.07" in listed.stdout
    ended = await operator.gives("revoke", "ptg 7k4m")
    assert ended.returncode == 0, ended.stderr
    assert operator.sql("SELECT ended_at IS NOT NULL FROM staff") == [(1,)]
    again = await operator.gives("revoke", "PTG-7K4M")
    assert again.returncode == 1
    assert "pijar staff" in again.stderr


@pytest.mark.asyncio
async def test_an_invitation_is_withdrawn(operator: Operator) -> None:
    await operator.gives("invite", "--role", "admin")
    found = re.search(r"^([0-9a-f]{12})  admin", (await operator.gives("staff")).stdout, re.MULTILINE)
    assert found is not None
    assert (await operator.gives("revoke", found[1])).returncode == 0
    assert operator.sql("SELECT count(*) FROM invitations") == [(0,)]


@pytest.mark.asyncio
async def test_backup_makes_a_copy_that_opens(operator: Operator) -> None:
    operator.sql("INSERT INTO persons (id, full_name, created_at) VALUES ('p', 'Peserta 01', 1)")
    copy = operator.folder / "copy.db"
    done = await operator.gives("backup", str(copy))
    assert done.returncode == 0, done.stderr
    assert "1 people" in done.stdout
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT full_name FROM persons").fetchall() == [("Peserta 01",)]
    again = await operator.gives("backup", str(copy))
    assert again.returncode == 2
    assert "exists already" in again.stderr


@pytest.mark.asyncio
async def test_templates_are_made_shown_and_left_alone(operator: Operator) -> None:
    planned = await operator.gives("templates", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"^would create: pijar_mart_promo_id_[0-9a-f]{8}$", planned.stdout, re.MULTILINE)
    assert operator.sql("SELECT count(*) FROM contents") == [(0,)]
    done = await operator.gives("templates", COLUMNS="160")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^submitted: pijar_safety_en_[0-9a-f]{8}$", done.stdout, re.MULTILINE)
    assert re.search(r"^safety +id +UTILITY +pending +wait: ", done.stdout, re.MULTILINE)
    assert "0 of 24 may be sent" in done.stdout
    again = await operator.gives("templates", COLUMNS="160")
    assert "submitted: " not in again.stdout
    assert operator.sql("SELECT count(*) FROM contents WHERE shape <> 'text'") == [(23,)]


@pytest.mark.asyncio
async def test_templates_say_why_there_are_none(operator: Operator) -> None:
    none = await operator.gives("templates", TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="", TWILIO_WHATSAPP_FROM="")
    assert (none.returncode, "TWILIO_ACCOUNT_SID" in none.stderr) == (2, True)
    away = await operator.gives("templates", TWILIO_API_URL="http://127.0.0.1:1")
    assert away.returncode == 2
    assert "Run this again" in away.stderr
    assert "Traceback" not in away.stderr


@pytest.mark.asyncio
async def test_check_finds_nothing_wrong(operator: Operator) -> None:
    done = await operator.gives("check", "--database")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No waiting talks" in done.stdout


@pytest.mark.asyncio
async def test_talk_speaks(operator: Operator) -> None:
    done = await operator.gives("talk", typed="halo\n:quit\n")
    assert done.returncode == 0, done.stderr
    assert "= [" in done.stdout
    unknown = await operator.gives("talk", "nothing_of_the_kind")
    assert unknown.returncode == 2
    assert "enrol" in unknown.stderr


@pytest.mark.asyncio
@pytest.mark.parametrize("command", [["run"], ["staff"]])
async def test_a_missing_setting_is_named(operator: Operator, command: list[str]) -> None:
    done = await operator.gives(*command, SECRET_KEY="", PROGRAMME_NAME="")
    assert done.returncode == 2
    assert "SECRET_KEY" in done.stderr
    assert "PROGRAMME_NAME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.asyncio
async def test_a_newer_database_stops_the_start(operator: Operator) -> None:
    operator.sql("UPDATE alembic_version SET version_num = '9999'")
    done = await operator.gives("run")
    assert done.returncode == 2
    assert "9999" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.asyncio
async def test_help_is_there_at_once(operator: Operator) -> None:
    began = time.monotonic()
    done = await operator.gives("--help")
    assert "backup" in done.stdout
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_starts_and_ends(tmp_path: Path, how: signal.Signals) -> None:
    """With an environment that has somebody's real settings, which it must not use."""
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "TELEGRAM_BOT_TOKEN": "999:real"}
    command = [sys.executable, "-u", "-m", "bot", "demo", "--port", str(demo.free_port())]
    running = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in running.stdout)))
        with urllib.request.urlopen(f"{found[0]}/control/phones", timeout=10) as answer:
            page = answer.read().decode()
        assert all(name in page for name in ("Peserta 01", "Peserta 02", "Koordinator 01", "PTG-"))
        phone = next(one["id"] for one in json.loads(page)["phones"] if one["channel"] == "whatsapp")
        typed = urllib.request.Request(f"{found[0]}/control/phones/{phone}/type", data=b'{"text": "halo"}')
        urllib.request.urlopen(typed, timeout=10).close()
        with urllib.request.urlopen(f"{found[0]}/control/phones/{phone}/wait?timeout=10", timeout=15) as answer:
            (menu,) = json.load(answer)
        assert (menu["list_title"], menu["buttons"][0][0]["label"]) == ("Pilih", "Daftar program")
        assert not [log for log in tmp_path.rglob("bot.log") if "999:real" in log.read_text(encoding="utf-8")]
        began = time.monotonic()
        running.send_signal(how)
        assert running.wait(10) == 0
        assert time.monotonic() - began < 3
        assert not list((tmp_path / "var" / "demo").iterdir())
    finally:
        running.terminate()
        running.communicate()


@pytest.mark.asyncio
async def test_announcements_are_listed_counted_and_exported(operator: Operator) -> None:
    operator.sql(
        """INSERT INTO announcements (number, category, state, texts, audience, author, created_at, started_at, planned)
           VALUES ('PGM-7K4MA', 'event', 'done', '{"id": "Rapat"}', '{}', 'PTG-7K4M', 1, 1, 1)"""
    )
    for number, (state, reason) in enumerate((("sent", ""), ("failed", "blocked"), ("skipped", "no_opt_in"))):
        operator.sql(
            f"INSERT INTO accounts (id, channel, external_id, created_at) VALUES ('a{number}', 'telegram', {number}, 1)"
        )
        operator.sql(
            f"""INSERT INTO deliveries (announcement, account_id, person_id, channel, state, reason, due_at)
                VALUES ('PGM-7K4MA', 'a{number}', 'p{number}', 'telegram', '{state}', '{reason}', 1)"""
        )
    listed = await operator.gives("announcements", "list")
    assert "PGM-7K4MA  event     done" in listed.stdout, listed.stderr
    report = await operator.gives("announcements", "report", "pgm 7k4ma")
    for line in ("3  people", "1  sent", "1  failed", "1    blocked", "1    no_opt_in"):
        assert line in report.stdout, line
    export = await operator.gives("announcements", "export", "PGM-7K4MA", "calls.csv", "--missed")
    assert export.returncode == 0, export.stderr
    assert (operator.folder / "calls.csv").read_text(encoding="utf-8-sig").count("PGM-7K4MA") == 1
    assert operator.sql("SELECT actor, action, object FROM audit") == [("operator", "export_announcement", "PGM-7K4MA")]
    missing = await operator.gives("announcements", "report", "PGM-22222")
    assert missing.returncode == 1
    assert "pijar announcements list" in missing.stderr
