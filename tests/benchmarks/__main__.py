"""Benchmarks: `python -m tests.benchmarks`; they print figures and judge nothing."""

from __future__ import annotations

import asyncio
import shutil
from typing import Annotated, Any

import typer

from tests.benchmarks import announcing, crashing, planning
from tests.benchmarks.people import Bench, Enrol, Script
from tests.benchmarks.scenarios import HEAD, backlog, idle, line, loop, populated

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, help=__doc__, no_args_is_help=True
)

FLOOR = "tests.benchmarks.floor"
LOOPS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("floor, 100 chats", 100, {"module": FLOOR}),
    ("100 chats, polling", 100, {}),
    ("100 chats, webhook", 100, {"mode": "webhook"}),
    ("floor, 1 chat", 1, {"module": FLOOR}),
    ("1 chat, polling", 1, {}),
    ("1 chat, webhook", 1, {"mode": "webhook"}),
    ("1,000 chats, polling", 1000, {}),
    ("1 chat, polling, 50 ms", 1, {"delay": 0.05}),
    ("100 chats, polling, 50 ms", 100, {"delay": 0.05}),
    ("100 chats, webhook, 50 ms", 100, {"mode": "webhook", "delay": 0.05}),
    ("1,000 chats, polling, 50 ms", 1000, {"delay": 0.05}),
    ("100 chats, polling, real enrolment", 100, {"script": Enrol(), "module": "bot run"}),
    ("100 chats, WhatsApp", 100, {"channel": "whatsapp"}),
    ("100 chats, WhatsApp, 50 ms", 100, {"channel": "whatsapp", "delay": 0.05}),
    ("100 chats, WhatsApp with statuses", 100, {"channel": "whatsapp", "statuses": True}),
)

Seconds = Annotated[float, typer.Option(help="how long each is measured")]


SCRIPTS: dict[str, type[Script]] = {"bench": Bench, "enrol": Enrol}


@app.command()
def one(
    chats: int = 100, channel: str = "telegram", mode: str = "polling",
    delay: Annotated[float, typer.Option(help="milliseconds that each send takes at the provider")] = 0.0,
    seconds: Seconds = 5.0, statuses: bool = False,
    script: Annotated[str, typer.Option(help="what people talk about: bench or enrol")] = "bench",
    module: str = "tests.benchmarks.bot",
    profile: Annotated[str, typer.Option(help="write where the CPU time went into this file, for pstats")] = "",
) -> None:  # fmt: skip
    """One closed loop."""
    print(HEAD)
    going = loop(
        f"{chats} chats, {channel} {mode}, {delay:g} ms", chats, seconds, channel=channel, mode=mode,
        delay=delay / 1000, statuses=statuses, script=SCRIPTS[script](), module=module, profile=profile,
    )  # fmt: skip
    print(line(asyncio.run(going)))


@app.command(name="all")
def everything(seconds: Seconds = 5.0) -> None:
    """Every scenario, one after the other."""
    print(HEAD)
    for name, chats, how in LOOPS:
        print(line(asyncio.run(loop(name, chats, seconds, **how))), flush=True)
    size(seconds)


@app.command()
def size(seconds: Seconds = 5.0) -> None:
    """Memory and start: idle, with 100,000 people in the database, with 20,000 messages waiting."""
    print(asyncio.run(idle("idle, both channels")), flush=True)
    print(asyncio.run(backlog("20,000 messages waiting", 20_000)), flush=True)
    many = populated(100_000)
    try:
        print(asyncio.run(idle("idle, 100,000 people", many)), flush=True)
        print(HEAD)
        print(line(asyncio.run(loop("100 chats, polling, new database", 100, seconds))), flush=True)
        print(line(asyncio.run(loop("100 chats, polling, 100,000 people", 100, seconds, database=many))), flush=True)
    finally:
        shutil.rmtree(many.parent)


@app.command()
def announce(
    recipients: int = 3000, chatters: int = 5,
    limit: Annotated[int, typer.Option(help="messages a second that Telegram takes; 0: any number")] = announcing.LIMIT,
    seconds: Annotated[float, typer.Option(help="end after so long; 0: when everybody has it")] = 0.0,
    delay: Annotated[float, typer.Option(help="milliseconds that each send takes at the provider")] = 0.0,
    profile: Annotated[str, typer.Option(help="write where the CPU time went into this file, for pstats")] = "",
) -> None:  # fmt: skip
    """One announcement on Telegram while some people chat."""
    print(announcing.HEAD)
    name = f"{recipients:,} people, {f'{limit}/s' if limit else 'no limit'}, {chatters} chat"
    going = announcing.announce(
        name, recipients, chatters=chatters, limit=limit, seconds=seconds, delay=delay / 1000, profile=profile
    )
    print(announcing.line(asyncio.run(going)))


@app.command()
def plan(people: int = 1_000_000) -> None:
    """An announcement to so many people: counted, then planned while others write. Takes minutes and two gigabytes."""
    for figures in asyncio.run(planning.plan(people)):
        print(figures, flush=True)


@app.command()
def crash(kills: int = 50, recipients: int = 2000, channel: str = "") -> None:
    """Kill the bot while an announcement goes out, on each channel, and count what became of everybody."""
    for one in (channel,) if channel else ("telegram", "whatsapp"):
        print(asyncio.run(crashing.crash(one, kills, recipients, ask=True)), flush=True)


if __name__ == "__main__":
    app()
