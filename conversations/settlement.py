"""The maker says whether what the shop noted as sold and paid is so. No money moves here."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, Tx, conversation, formats
from bot.records import roles, settlements

AGREES = Option("agrees", aliases=("ya sesuai", "sudah sesuai", "ya", "iya", "betul", "benar", "cocok", "yes", "right"))
DIFFERS = Option(
    "differs", aliases=("tidak sesuai", "tdk sesuai", "gak sesuai", "belum", "tidak", "beda", "kurang", "no")
)


@conversation(
    "settlement",
    words="konfirmasi bayar, konfirmasi pembayaran, sudah dibayar mart, confirm payment",
    keeps=True,
)
async def confirm(chat: Chat) -> Any:
    """Ask about the settlement in `chat.given`, or the oldest that waits, and then about the next one."""
    account, given = chat.speaker.account, chat.given
    number = await chat.once("number", lambda tx: _number(tx, account, given))
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
    said = await chat.choose("right", [AGREES, DIFFERS], exact=True, **facts)
    outcome = await chat.once("answered", lambda tx: settlements.answer(tx, account, number, said == "agrees"))
    now = await chat.look(lambda tx: settlements.asked(tx, account, number))
    if outcome == "confirmed":
        await chat.say("confirmed", **facts)
    elif now is None or now[0].state == "confirmed":
        await chat.say("already" if now else "none", **facts)
    else:
        payer = await chat.look(lambda tx: roles.by_code(tx, settlement.by))
        name = payer.name if payer else ""
        await chat.say("disputed" if name else "disputed_unnamed", code=settlement.by, name=name, **facts)
    following = await chat.look(lambda tx: _number(tx, account, ""))
    return chat.then("settlement", given=following) if following else None


async def _number(tx: Tx, account: str, given: str) -> str:
    found = await settlements.asked(tx, account, given)
    return found[0].number if found else ""
