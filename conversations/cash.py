"""Cash notes: money in and out in one short message, what is left, and the notes of a day, a week or a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bot.author import Chat, Joined, Option, Part, Rupiah, Tx, cash_words, conversation, formats
from bot.records import cash, pictures

IN = ("jual", "terjual", "laku", "uang masuk", "sold", "sale", "income")
OUT = ("beli", "belanja", "bayar", "uang keluar", "bought", "paid", "expense")
SHOWN = 6
"""Notes of one day in a message."""
DRAWN = 2
"""Days with notes that a picture tells more of than words do."""


@conversation(
    "cash",
    words="catat, catatan, catat uang, catatan uang, catatan usaha, catatan saya, pembukuan, note, notes, cash notes",
    takes=cash_words.is_for_them,
)
async def notes(chat: Chat) -> Any:
    """Keep what was written, once it is clear, or show the notes of some days."""
    said = await chat.ask("note", cash_words.CashNotes(), given=chat.given, most=cash_words.MOST_NOTES)
    if "show" in said:
        return await _show(chat, said["show"])
    clear = await _clear(chat, said["notes"])
    if clear is None:
        return chat.then("cash")
    account, today = chat.speaker.account, cash_words.today(chat.now, chat.speaker.zone)
    day = (today - timedelta(said["ago"])).isoformat()
    noted = await chat.once("noted", lambda tx: _note(tx, account, day, clear))
    money = {"lines": _lines(chat, clear), **_left(chat, noted["in"], noted["out"])}
    money["period"] = _named("yesterday" if said["ago"] else "today")
    await chat.say("noted" if noted["in"] >= noted["out"] else "noted_short", **money)
    await chat.offer("undo", "cash_back", f"#{noted['first']}-{noted['last']}")


async def _clear(chat: Chat, notes: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Each with its kind and its amount, where need be after a question; None where they are to be written again."""
    kind = ""
    if not all(one["kind"] for one in notes):
        options = [Option("in", aliases=IN), Option("out", aliases=OUT)]
        first = next(one for one in notes if not one["kind"])
        what = first["what"] or _rupiah(chat, first["amounts"][0])
        kind = await chat.choose("kind", options, about=notes, what=what)
    made = [{**one, "kind": one["kind"] or kind, "amount": next(iter(one["amounts"]), 0)} for one in notes]
    if all(one["sure"] for one in notes):
        return made
    if len(notes) > 1:
        sure = await chat.choose("sure", ["yes", "again"], about=notes, lines=_lines(chat, made))
        return made if sure == "yes" else None
    if not notes[0]["amounts"]:
        made[0]["amount"] = await chat.ask("amount", Rupiah(1, cash_words.MOST), about=notes)
    else:
        question = cash_words.Meant(1, cash_words.MOST, tuple(notes[0]["amounts"]))
        made[0]["amount"] = await chat.ask("which", question, about=notes)
    return made


async def _note(tx: Tx, account: str, day: str, notes: list[dict[str, Any]]) -> dict[str, int]:
    """Keep them; `first` and `last` of their ids, and what came `in` and went `out` on that day."""
    kept = await cash.note(tx, account, day, notes)
    sums = (await cash.sums(tx, account, day, day))[day]
    return {"first": kept[0], "last": kept[-1], **sums}


def _lines(chat: Chat, notes: list[dict[str, Any]]) -> Joined:
    return Joined(tuple(_line(chat, one) for one in notes), "\n")


def _line(chat: Chat, one: dict[str, Any]) -> Part:
    values = {"amount": _rupiah(chat, one["amount"]), "what": one["what"]}
    return Part((f"line_for.{one['kind']}" if one["what"] else f"line.{one['kind']}",), values)


def _left(chat: Chat, money_in: int, money_out: int) -> dict[str, object]:
    money = {"money_in": money_in, "money_out": money_out, "left": abs(money_in - money_out)}
    return {name: _rupiah(chat, amount) for name, amount in money.items()}


def _named(period: str) -> Joined:
    return Joined((Part((f"period.{period}",)),))


def _rupiah(chat: Chat, amount: int) -> str:
    return formats.rupiah(amount, chat.speaker.language)


# Looking back


async def _show(chat: Chat, period: str) -> None:
    """What came in, went out and is left; of one day each note, of several a picture as well."""
    account, today = chat.speaker.account, cash_words.today(chat.now, chat.speaker.zone)
    first, last = cash_words.days(period, today)
    sums = await chat.look(lambda tx: cash.sums(tx, account, first.isoformat(), last.isoformat()))
    if not sums:
        return await chat.say("empty", period=_named(period))
    money_in, money_out = (sum(one[kind] for one in sums.values()) for kind in ("in", "out"))
    shown = {"period": _named(period), "days": _span(chat, first, last), **_left(chat, money_in, money_out)}
    if first == last:
        kept = await chat.look(lambda tx: cash.of_days(tx, account, first.isoformat(), last.isoformat()))
        await chat.say("day", lines=_lines(chat, kept[-SHOWN:]), period=shown["period"], days=shown["days"])
        if len(kept) > SHOWN:
            await chat.say("day_more", count=len(kept) - SHOWN)
        del shown["days"], shown["period"]
        return await chat.say("sum_day" if money_in >= money_out else "sum_day_short", **shown)
    await chat.say("sum" if money_in >= money_out else "sum_short", **shown)
    if len(sums) >= DRAWN:
        facts = _chart(chat, sums, first, last)
        caption = {"days": shown["days"]}
        await chat.once("drawn", lambda tx: pictures.order(tx, account, "chart", facts, "cash", "chart", caption))


def _chart(chat: Chat, sums: dict[str, dict[str, int]], first: date, last: date) -> dict[str, Any]:
    """Every day from the first to the last, also those without notes."""
    every = [(first + timedelta(ahead)).isoformat() for ahead in range((last - first).days + 1)]
    days = [[day, one["in"], one["out"]] for day in every for one in [sums.get(day, {"in": 0, "out": 0})]]
    totals = {f"total_{kind}": sum(one[kind] for one in sums.values()) for kind in ("in", "out")}
    return {"days": days, **totals, "period": _span(chat, first, last)}


def _span(chat: Chat, first: date, last: date) -> str:
    """ "16 Nov 2026 – 22 Nov 2026"; of one day only that."""
    ends = [formats.short_date(day, chat.speaker.zone, chat.speaker.language) for day in (first, last)]
    return " – ".join(dict.fromkeys(ends))


# Taking back


@conversation(
    "cash_back",
    words="batal catat, batal catatan, batal mencatat, batalkan catatan, hapus catatan, hapus catatan terakhir, "
    "undo note, delete note, delete last note",
    texts="cash",
)
async def take_back(chat: Chat) -> None:
    """Take the last note back, or those of the message whose button was pressed."""
    account = chat.speaker.account
    first, _, last = chat.given.removeprefix("#").partition("-")
    ids = (int(first), int(last)) if first.isdecimal() and last.isdecimal() else (0, 0)
    gone = await chat.once("taken_back", lambda tx: cash.take_back(tx, account, *ids))
    if not gone:
        return await chat.say("back_none")
    await chat.say("back", lines=_lines(chat, gone))


@conversation("cash_clear", words="hapus semua catatan, delete all notes", texts="cash")
async def clear(chat: Chat) -> None:
    """Delete every note of this chat, after a clear word."""
    account = chat.speaker.account
    count = await chat.look(lambda tx: cash.count(tx, account))
    if not count:
        return await chat.say("back_none")
    if await chat.choose("clear", ["no", "yes"], exact=True, count=count) == "no":
        return await chat.say("kept")
    await chat.once("cleared", lambda tx: cash.forget(tx, account))
    await chat.say("cleared")
