"""Links that open a chat with the bot: made, printed, and drawn as QR codes where there is a terminal.

A link to Telegram carries a code that the app sends by itself; one to WhatsApp writes words that the person sends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from io import StringIO
from urllib.parse import quote

from bot.channels import Throttled, Uncertain, Unreachable
from bot.channels.telegram import Telegram
from bot.config import Settings
from bot.turns.hearing import Ears

HELLO = "Halo ({code})"
"""What a link to WhatsApp writes; hearing.py knows the code behind any greeting."""


class NoCode(Exception):
    """A code is small letters, digits, - and _, at most 64 of them, with a - or a digit: poe-larantuka."""


def source(code: str) -> None:
    """Print the links of a poster or a card: whoever comes by them enrols with this code as the source."""
    words = HELLO.format(code=code)
    if Ears(()).hear(words) != f"source:{code}":
        raise NoCode(f"{code!r} cannot be read from a chat. {NoCode.__doc__}")
    show(both(Settings.load(), code, words))


def both(settings: Settings, code: str, words: str) -> list[tuple[str, str]]:
    """(channel, link) for each channel that is set up; where Telegram cannot be asked, what to send instead."""
    links = []
    if (username := asyncio.run(_username(settings))) is not None:
        link = f"https://t.me/{username}?start={code}" if username else f"send the bot: /start {code}"
        links.append(("Telegram", link))
    if settings.twilio_whatsapp_from:
        number = settings.twilio_whatsapp_from.removeprefix("whatsapp:").lstrip("+")
        links.append(("WhatsApp", f"https://wa.me/{number}?text={quote(words)}"))
    return links


def show(links: Sequence[tuple[str, str]]) -> None:
    """Print links, each with its QR code."""
    for channel, link in links:
        print(f"{channel}: {link}")
        if link.startswith("http"):
            _draw(link)


async def _username(settings: Settings) -> str | None:
    """The bot's name on Telegram; empty where Telegram cannot be asked now, None without Telegram."""
    if not settings.telegram_bot_token:
        return None
    telegram = Telegram(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url)
    await telegram.open()
    try:
        return await telegram.check()
    except (Unreachable, Uncertain, Throttled):
        return ""
    finally:
        await telegram.close()


def _draw(link: str) -> None:
    if sys.stdout.isatty():
        import segno

        drawn = StringIO()
        segno.make(link, error="l").terminal(drawn, compact=True)
        for line in drawn.getvalue().splitlines():
            # White on black, whatever the terminal's colours are: not every phone reads the opposite.
            print(f"\033[97;40m{line}\033[0m")
    print()
