"""Calculators that need no arithmetic from the person: what a product costs and sells for, and what covers the rest.

Nothing is kept of it but the talk itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.author import Chat, Joined, Number, Part, Rupiah, conversation, costing, formats

MOST = 1_000_000_000
"""Rupiah; more is a slip of the keys."""
COSTS = ("material", "energy", "packaging", "transport", "labour", "other")
OPTIONAL = ("energy", "transport", "other")
SELF = ("sendiri", "sendirian", "myself", "self", "alone")
DAYS = 30
FITS = (
    "ya", "y", "iya", "iyah", "yup", "ok", "oke", "okey", "oke siap", "ok siap", "sip", "siap", "betul", "benar",
    "bener", "ya betul", "iya betul", "ya benar", "iya benar", "sudah", "udah", "sdh", "sudah pas", "udah pas",
    "sdh pas", "pas", "sudah benar", "sudah betul", "udah bener", "cocok", "setuju", "lanjut", "lanjutkan",
    "lanjutin", "ya lanjut", "iya lanjut", "ok lanjut", "oke lanjut", "terus", "next", "hitung saja", "tidak ada",
    "gak ada", "ga ada", "nggak ada", "tidak ada yang diubah", "cukup", "sudah cukup", "inggih", "nggih", "muhun",
    "yes", "yes please", "right", "that is right", "correct", "all right", "okay", "go on", "fine", "done", "nothing",
    "👍",
)  # fmt: skip
"""What people say when the figures are right: nothing is sent or kept, so more than the exact word will do."""


@dataclass(frozen=True, slots=True)
class Share(Number):
    """The mart's part in per cent; who sells it themselves gives none away."""

    def read(self, said: Any) -> Any:
        """As a number; "jual sendiri" is 0."""
        if set(SELF) & set(said.text.lower().split()):
            return 0
        return Number.read(self, said)


@conversation("calculate", words="hitung, kalkulator, hitung harga, hitungan, calculate, calculator")
async def calculate(chat: Chat) -> Any:
    """Which of the two, or the cash notes."""
    return chat.then(await chat.choose("what", ["cost_price", "break_even", "cash"]))


@conversation(
    "cost_price",
    words="hpp, hitung hpp, harga jual, hitung harga jual, harga pokok, cost price, selling price",
    steps="material energy packaging transport labour other made profit share review",
    keeps=True,
)
async def cost_price(chat: Chat) -> None:
    """From what was spent on one making to the price on the shelf."""
    await chat.say("intro")
    spent = [await _spent(chat, name) for name in COSTS]
    total, made = sum(spent), await chat.ask("made", Number(1, 100_000))
    profit = await chat.ask("profit", Rupiah(0, MOST), cost=_rupiah(chat, costing.cost_price(total, made)))
    share = await chat.ask("share", Share(0, costing.MOST_SHARE), optional=True) or 0
    await chat.review("review", aliases=FITS)
    one = costing.price(total, made, profit, share)
    await chat.say(
        "result.mart" if share else "result",
        total=_rupiah(chat, total),
        made=formats.number(made, chat.speaker.language),
        cost=_rupiah(chat, costing.cost_price(total, made)),
        shelf=_rupiah(chat, one.shelf),
        maker=_rupiah(chat, one.maker),
        mart=_rupiah(chat, one.mart),
        share=share,
        profit=_rupiah(chat, one.profit),
        step=_rupiah(chat, costing.STEP),
    )


async def _spent(chat: Chat, name: str) -> int:
    low = 100 if name == "material" else 0
    return await chat.ask(name, Rupiah(low, MOST), optional=name in OPTIONAL) or 0


@conversation(
    "break_even",
    words="balik modal, hitung balik modal, titik impas, impas, bep, break even",
    steps="period staying cost price review",
    keeps=True,
)
async def break_even(chat: Chat) -> None:
    """How many have to be sold until the costs that stay are covered."""
    period = await chat.choose("period", ["month", "day"])
    per = Joined((Part((f"per.{period}",)),))
    staying = await chat.ask("staying", Rupiah(100, MOST), about=period, per=per)
    cost = await chat.ask("cost", Rupiah(1, MOST))
    price = await chat.ask("price", Rupiah(1, MOST))
    sold = costing.break_even(staying, cost, price)
    if sold is None:
        await chat.say("too_low", price=_rupiah(chat, price), cost=_rupiah(chat, cost))
    await chat.review("review", aliases=FITS)
    if sold is None:
        return await chat.say("none")
    await chat.say(
        "result_day" if period == "day" else "result_month" if sold > DAYS else "result_few",
        count=formats.number(sold, chat.speaker.language),
        daily=formats.number(-(-sold // DAYS), chat.speaker.language),
        staying=_rupiah(chat, staying),
        margin=_rupiah(chat, price - cost),
    )


def _rupiah(chat: Chat, amount: int) -> str:
    return formats.rupiah(amount, chat.speaker.language)
