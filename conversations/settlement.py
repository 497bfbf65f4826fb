"""The maker says whether what the shop noted as sold and paid is so. No money moves here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.author import Chat, Choice, Joined, Note, Option, Part, Tx, conversation, formats, places
from bot.records import roles, settlements

AGREES = Option("agrees", aliases=("ya sesuai", "sudah sesuai", "ya", "iya", "betul", "benar", "cocok", "yes", "right"))
DIFFERS = Option(
    "differs", aliases=("tidak sesuai", "tdk sesuai", "gak sesuai", "belum", "tidak", "beda", "kurang", "no")
)
NOT_SO = ("kurang", "belum", "blm", "salah", "keliru", "beda", "wrong", "less", "short")
"""Begin a sentence that says how it differs: "kurang 5rb", "belum terima uangnya"."""


@dataclass(frozen=True, slots=True)
class Right(Choice):
    """Agreeing takes exact words; of what is not so, a sentence will do."""

    def read(self, said: Any) -> Any:
        """One of the two."""
        value = Choice.read(self, said)
        first = said.text.lower().split()[:1]
        return DIFFERS.value if not isinstance(value, str) and first and first[0].strip(".,!") in NOT_SO else value


@conversation(
    "settlement",
    words="konfirmasi bayar, konfirmasi pembayaran, sudah dibayar mart, confirm payment",
    keeps=True,
)
async def confirm(chat: Chat) -> Any:
    """Ask about the settlement in `chat.given`, or about one of those that are open, and then about the next one."""
    account, given = chat.speaker.account, chat.given
    number = await _picked(chat, settlements.read_number(given))
    found = await chat.look(lambda tx: settlements.asked(tx, account, number)) if number else None
    if found is None or found[0].state == "confirmed":
        # It was taken back, or agreed to elsewhere, while this talk lay aside.
        following = await chat.look(lambda tx: _number(tx, account, ""))
        if following:
            return chat.then("settlement", given=following)
    if found is None:
        return await chat.say("none")
    settlement, one = found
    facts: dict[str, Any] = {"number": number, "product": one.product, "mart": one.mart_name, "sold": settlement.sold}
    facts["due"] = formats.rupiah(settlement.due, chat.speaker.language)
    if settlement.state == "confirmed":
        return await chat.say("already", **facts)
    said = await chat.ask("right", Right((AGREES, DIFFERS), exact=True), **facts)
    outcome = await chat.once("answered", lambda tx: settlements.answer(tx, account, number, said == "agrees"))
    now = await chat.look(lambda tx: settlements.asked(tx, account, number))
    if outcome == "confirmed":
        await chat.say("confirmed", **facts)
    elif now is None or now[0].state == "confirmed":
        await chat.say("already" if now else "none", **facts)
    else:
        await _reason(chat, number, one.product)
        payer = await chat.look(lambda tx: roles.by_code(tx, settlement.by))
        name = payer.name if payer else ""
        await chat.say("disputed" if name else "disputed_unnamed", code=settlement.by, name=name, **facts)
    following = await chat.look(lambda tx: _number(tx, account, ""))
    return chat.then("settlement", given=following) if following else None


async def _picked(chat: Chat, given: str) -> str:
    """The number that was said, the only one that is open, or one of several; empty where there is none."""
    account = chat.speaker.account
    numbers: list[str] = await chat.once("open", lambda tx: _open(tx, account, given))
    if len(numbers) < 2:
        return numbers[0] if numbers else ""
    found = await chat.look(lambda tx: settlements.open_ones(tx, account))
    lines = [
        Part(
            (f"line.{paid.state}",),
            {"number": paid.number, "product": one.product, "due": formats.rupiah(paid.due, chat.speaker.language)},
        )
        for paid, one in found
        if paid.number in numbers
    ]
    await chat.say("list", lines=Joined(tuple(lines), "\n"))
    picked: str = await chat.choose("pick", [Option(one, dict.fromkeys(places.LANGUAGES, one)) for one in numbers])
    return picked


async def _open(tx: Tx, account: str, given: str) -> list[str]:
    """The number that was said, else those of all that are open."""
    return [given] if given else [paid.number for paid, _ in await settlements.open_ones(tx, account)][:SHOWN]


SHOWN = 5


REASONS = tuple(
    Option(name, aliases=tuple(said.split(", ")))
    for name, said in {
        "not_received": "belum terima, uang belum diterima, belum dibayar, not received, not paid",
        "amount": "uangnya kurang, kurang, jumlah uang, jumlahnya, amount, too little",
        "count": "jumlah laku, jumlah barang, barangnya, count, number sold",
    }.items()
)


async def _reason(chat: Chat, number: str, product: str) -> None:
    """One question, that may be skipped: the dispute is noted already."""
    account = chat.speaker.account
    reason = await chat.ask(
        "reason", Note(2, settlements.LONGEST, REASONS), optional=True, product=product, number=number
    )
    if reason is not None:
        await chat.once("explained", lambda tx: settlements.explain(tx, account, number, reason))


async def _number(tx: Tx, account: str, given: str) -> str:
    found = await settlements.asked(tx, account, given)
    return found[0].number if found else ""
