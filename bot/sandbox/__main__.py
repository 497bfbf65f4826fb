"""The sandbox as a process of its own; its first line is its address."""

from __future__ import annotations

import argparse
import asyncio
import signal

from bot.sandbox.server import Sandbox


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--telegram-token", default="1:demo")
    parser.add_argument("--bot-username", default="PijarDemoBot")
    parser.add_argument("--twilio-sid", default="AC00000000000000000000000000000001")
    parser.add_argument("--twilio-token", default="demo")
    parser.add_argument("--whatsapp-from", default="+14155238886")
    parser.add_argument("--whatsapp-webhook", default="", help="where inbound WhatsApp messages are posted")
    parser.add_argument("--history", type=int, default=300, help="messages kept on each phone")
    parser.add_argument("--quiet", action="store_true", help="keep no log of requests")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    arguments = vars(parser.parse_args())
    limits = not arguments.pop("no_limits")
    asyncio.run(_serve(limits, arguments))


async def _serve(limits: bool, arguments: dict[str, object]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    sandbox = await Sandbox.start(**arguments)  # type: ignore[arg-type]
    sandbox.limits.on = limits
    print(sandbox.url, flush=True)
    await stopped.wait()
    await sandbox.stop()


if __name__ == "__main__":
    main()
