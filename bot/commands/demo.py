"""The demo: the sandbox in this process, the bot as it runs in production in another, and HTTP both ways between them.

Keeps its database in var/demo and begins anew each time. Reads no settings: a real token in the environment is ignored.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp

from bot import migrate
from bot.channels.twilio_contents import TwilioContents
from bot.clockwork.approvals import prepare
from bot.commands import sample
from bot.records import people
from bot.running import LOCALES, now_ms
from bot.sandbox import Sandbox
from bot.service import stopping
from bot.store import Store
from bot.submissions import submissions
from bot.texts import Texts

FOLDER = Path("var/demo")
ROOT = Path(__file__).parent.parent.parent
SECRET = "demo-" * 8
TOKEN = "1:demo"
AUTH = "demo"
TWILIO = "AC00000000000000000000000000000001"
NUMBER = "+14155238886"
START_SECONDS = 20.0
STOP_SECONDS = 1.5


class NotStarted(Exception):
    """The bot did not start; the message has the last lines of its log."""


def run(port: int) -> int:
    """Serve the demo until Ctrl-C; the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=FOLDER)).resolve()
    try:
        return asyncio.run(_demo(port, folder))
    except NotStarted as reason:
        print(reason, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _demo(port: int, folder: Path) -> int:
    ended = stopping()
    url = f"sqlite+aiosqlite:///{folder / 'pijar.db'}"
    bot_port = free_port()
    print("Starting …", flush=True)
    people.seal_with([SECRET])
    try:
        await asyncio.to_thread(migrate.ensure, url)
    except migrate.CannotMigrate:
        if ended.is_set():
            return 0
        raise
    tokens = await sample.fill(url, now_ms)
    webhook = f"http://127.0.0.1:{bot_port}/whatsapp#rc=5&rp=all"
    sandbox = await Sandbox.start(
        free_port(port),
        telegram_token=TOKEN,
        twilio_sid=TWILIO,
        whatsapp_from=NUMBER,
        whatsapp_webhook=webhook,
        approval_seconds=0,
    )
    await _templates(sandbox, url)
    bot = await _bot(settings(sandbox.url, bot_port, url), folder)
    ready = asyncio.ensure_future(_ready(sandbox, bot_port, tokens, folder))
    try:
        return await _watch(bot, ended, ready, folder)
    finally:
        ready.cancel()
        await _end(bot)
        await sandbox.stop()


async def _templates(sandbox: Sandbox, database: str) -> None:
    """What `pijar templates` makes, at once approved: buttons, lists, and messages to who has not written for a day."""
    store, twilio = Store(database, now_ms), TwilioContents(TWILIO, AUTH, sandbox.url)
    sandbox.limits.on = False
    await store.open()
    await twilio.open()
    try:
        await prepare(store, twilio, submissions(Texts.load(LOCALES)))
    finally:
        await twilio.close()
        await store.close()
        sandbox.limits.on = True


def settings(sandbox: str, port: int, database: str) -> dict[str, str]:
    """The environment of the demo's bot, and all of it."""
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": sandbox,
        "TWILIO_ACCOUNT_SID": TWILIO,
        "TWILIO_AUTH_TOKEN": AUTH,
        "TWILIO_WHATSAPP_FROM": NUMBER,
        "TWILIO_API_URL": sandbox,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "DATABASE_URL": database,
        "ORGANISATION_NAME": "Organisasi Contoh",
        "PROGRAMME_NAME": "Program Contoh",
        "RETENTION_TEXT": "akhir demo ini",
        "RETENTION_TEXT_EN": "the end of this demo",
        "CONTACT_TEXT": "Petugas Contoh, 0800-000-000",
        "CONTACT_TEXT_EN": "Example Officer, 0800-000-000",
        "SECRET_KEY": SECRET,
        # Whoever looks at the demo late in the evening wants to see what staff are told, too.
        "QUIET_HOURS": "00:00-00:00",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }


def free_port(wanted: int = 0) -> int:
    """This port, or the next one that nobody listens on; any free one for 0."""
    for port in range(wanted, wanted + 50 if wanted else 1):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotStarted(f"The ports {wanted} to {wanted + 49} are taken; name another one: make demo ARGS='--port 9100'")


async def _bot(environment: dict[str, str], folder: Path) -> asyncio.subprocess.Process:
    """The bot in a process of its own, in a folder where no .env lies."""
    with (folder / "bot.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.commands.demo_bot", environment["TELEGRAM_API_URL"]),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


async def _ready(sandbox: Sandbox, port: int, tokens: tuple[str, str], folder: Path) -> None:
    """Return once there is something to see; raises NotStarted."""
    try:
        async with asyncio.timeout(START_SECONDS):
            await _well(port)
            await _phones(sandbox, *tokens)
    except TimeoutError:
        raise NotStarted(f"The bot does not answer:\n{_tail(folder)}") from None
    print(f"\n  Open {sandbox.url} in a browser. Ctrl-C ends everything.\n", flush=True)


async def _well(port: int) -> None:
    """Return once the bot says that it is well."""
    async with aiohttp.ClientSession() as client:
        while True:
            with suppress(aiohttp.ClientConnectionError):
                async with client.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


async def _phones(sandbox: Sandbox, coordinator: str, manager: str) -> None:
    """Two people who have not written yet, and a coordinator and a mart manager who have opened their invitations."""
    await sandbox.phone("telegram", name="Peserta 01")
    await sandbox.phone("whatsapp", name="Peserta 02")
    for token, name in ((coordinator, "Koordinator"), (manager, "Pengelola Mart")):
        phone = await sandbox.phone("telegram", name=f"{name} 01")
        await phone.start(token)
        await phone.waits(timeout=START_SECONDS)
        await phone.type(f"{name} Contoh")
        await phone.waits(timeout=START_SECONDS)


async def _watch(
    bot: asyncio.subprocess.Process, ended: asyncio.Event, ready: asyncio.Future[None], folder: Path
) -> int:  # fmt: skip
    """Until Ctrl-C: 0; or until the bot ends by itself: 1, with the end of its log."""
    stops: asyncio.Future[Any] = asyncio.ensure_future(ended.wait())
    ends: asyncio.Future[Any] = asyncio.ensure_future(bot.wait())
    try:
        await asyncio.wait([stops, ends, ready], return_when=asyncio.FIRST_COMPLETED)
        if ready.done() and not ended.is_set():
            ready.result()
            await asyncio.wait([stops, ends], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stops.cancel()
        ends.cancel()
    if ended.is_set():
        return 0
    print(f"The bot has ended by itself:\n{_tail(folder)}", file=sys.stderr)
    return 1


async def _end(bot: asyncio.subprocess.Process) -> None:
    if bot.returncode is not None:
        return
    bot.terminate()
    try:
        await asyncio.wait_for(bot.wait(), STOP_SECONDS)
    except TimeoutError:
        bot.kill()
        await bot.wait()


def _tail(folder: Path) -> str:
    lines = (folder / "bot.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-15:])
