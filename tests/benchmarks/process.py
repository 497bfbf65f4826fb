"""The bot as another process: started, watched through /proc, ended. Linux only."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

from tests.benchmarks.providers import ACCOUNT, AUTH, NUMBER, SECRET, TOKEN

ROOT = Path(__file__).parent.parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(
    provider: str, folder: Path, port: int, *, telegram: str = "polling", whatsapp: bool = False
) -> dict[str, str]:
    """All settings of the bot; `telegram` is polling, webhook or nothing."""
    given = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/pijar.db",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ORGANISATION_NAME": "Organisasi Contoh",
        "PROGRAMME_NAME": "Program Contoh",
        "RETENTION_TEXT": "akhir percobaan ini",
        "CONTACT_TEXT": "Petugas Contoh, 0800-000-000",
        "SECRET_KEY": "bench-" * 8,
        "LOG_LEVEL": "warning",
    }
    if telegram:
        given |= {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": provider,
            "TELEGRAM_MODE": telegram,
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
    if whatsapp:
        given |= {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": AUTH,
            "TWILIO_WHATSAPP_FROM": NUMBER,
            "TWILIO_API_URL": provider,
        }
    return given


class Bot:
    """One process of the bot; `module` is what runs, its log is `folder`/bot.log."""

    def __init__(
        self, settings: dict[str, str], folder: Path, module: tuple[str, ...] = ("tests.benchmarks.bot",)
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.module = module
        self.started_at = 0.0
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; it takes a while until it listens."""
        with (self.folder / "bot.log").open("ab") as log:
            self.started_at = time.perf_counter()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *self.module, cwd=self.folder, env=self.settings, stdout=log, stderr=log
            )

    async def listens(self, seconds: float = 30.0) -> None:
        """Return once its web server answers."""
        until = time.perf_counter() + seconds
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", int(self.settings["PORT"]))
            except OSError:
                if time.perf_counter() > until or self.process is None or self.process.returncode is not None:
                    raise RuntimeError(f"the bot did not start:\n{self.log()[-3000:]}") from None
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for that."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(how)
            try:
                await asyncio.wait_for(self.process.wait(), 20)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()

    def log(self) -> str:
        """What it has written so far."""
        path = self.folder / "bot.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    async def counted(self, name: str) -> float:
        """One number of its /metrics."""
        reader, writer = await asyncio.open_connection("127.0.0.1", int(self.settings["PORT"]))
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        page = (await reader.read()).decode()
        writer.close()
        return next((float(line.split()[1]) for line in page.splitlines() if line.startswith(f"{name} ")), 0.0)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def cpu(self) -> float:
        """Seconds of CPU it has used, user and system, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> tuple[float, float]:
        """Resident megabytes, now and at the most."""
        values = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return tuple(int(values[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]
