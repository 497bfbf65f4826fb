"""What members offer to the mart, for its managers: what waits, one card, and what is decided about it."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Note, Option, Part, Tx, conversation, formats, places
from bot.records import consignments as goods
from bot.records import notices, offer_decisions, offer_desk, offer_prices, offers, roles, settlements
from bot.records.offer_steps import COUNTED, PRICED, REASONS, Goods, may
from bot.records.offers import Offer
from conversations.offer_goods import able
from conversations.offer_price import signed

ACTIONS = {
    "sample": ("contoh", "sampel", "minta contoh dulu", "sample"),
    "accept": ("setuju", "diterima", "terima", "terima aja", "accepted", "ok", "oke", "yes"),
    "price": ("harga", "harga lain", "ubah harga", "ganti harga", "usul harga", "nego", "price", "other price"),
    "not_yet": ("belum", "blm", "belum dulu", "tolak", "tidak", "tidak dulu", "no", "not now"),
    "delivered": ("titip", "masuk", "barang masuk", "barang datang", "delivered", "stock"),
    "sold": ("terjual", "laku", "jual", "sold"),
    "returned": ("retur", "dikembalikan", "return", "returned"),
    "settle": ("bayar", "dibayar", "lunas", "pay", "settle"),
    "undo": ("batal bayar", "batalkan bayar", "batalkan pembayaran", "undo"),
    "put_right": ("betulkan", "koreksi", "correct"),
    "photo": ("foto", "gambar", "picture"),
    "contact": ("kontak", "hp", "telepon", "telpon", "nomor", "phone", "call"),
}
"""What can be done with an offer, and what managers type for it besides the label."""


@conversation(
    "offers",
    words="tawaran, lihat tawaran, daftar tawaran, titipan, offers, offer list, consignments",
    role="tawaran",
)
async def decide(chat: Chat) -> Any:
    """List what waits, open one card, and do what is wanted with it (`tawaran TJ-7K4M9-C terjual 5`)."""
    account, said = chat.speaker.account, chat.given
    given = await chat.once("about", lambda tx: _given(said))
    reference = given["reference"] or await _pick(chat, given["rest"])
    if not reference:
        return None
    await chat.once("opened", lambda tx: offer_desk.open(tx, account, reference))
    one = await chat.look(lambda tx: offer_desk.find(tx, account, reference))
    if one is None:
        return await chat.say("unknown", reference=reference)
    there = await chat.look(lambda tx: goods.of(tx, reference))
    await _card(chat, one, there)
    word, rest = _deed(given["rest"]) if given["reference"] else ("", "")
    can = _can(one, await chat.look(lambda tx: able(tx, reference)))
    if word:
        await _not_now(chat, one, word, can)
    if not can:
        return None
    options = [Option(name, aliases=ACTIONS[name]) for name in can]
    action = await chat.choose("action", options, exact=True, given=word, reference=reference)
    if action in offer_decisions.TARGET:
        return await _decide(chat, one, action)
    if action == "price":
        return chat.then("offer_price", given=f"{reference} {rest}".strip())
    if action == "photo":
        await chat.once("shown", lambda tx: _photo(tx, account, one))
        return await chat.say("photo_comes")
    if action == "contact":
        await chat.once("called", lambda tx: offer_desk.open(tx, account, reference, "offer_contact"))
        return await chat.say("contact", name=one.full_name, phone=one.number(), reference=reference)
    return chat.then("offer_goods", given=f"{reference} {action} {rest}".strip())


async def _given(said: str) -> dict[str, str]:
    """The reference that came with the command, and what stood behind it."""
    reference, rest = offers.split(said)
    return {"reference": reference, "rest": rest}


async def _pick(chat: Chat, text: str) -> str:
    """One of those that wait, or that have these words; empty where there are none."""
    account = chat.speaker.account
    page = await chat.once("listed", lambda tx: offer_desk.listed(tx, account, text))
    if not page["hits"]:
        await chat.say("none_called" if text else "none", text=text)
        return ""
    if page["total"] == 1:
        return str(page["hits"][0])
    await chat.say("listed", n=page["total"])
    rows = await chat.look(lambda tx: offer_desk.shown(tx, account, page["hits"]))
    lines = [Part((f"line.{one.status}",), _short(one)) for one in rows]
    await chat.say("lines", lines=Joined(tuple(lines), "\n"))
    if page["total"] > len(page["hits"]):
        await chat.say("more")
    options = [Option(one, dict.fromkeys(places.LANGUAGES, one)) for one in page["hits"]]
    picked: str = await chat.choose("pick", options)
    return picked


def _deed(said: str) -> tuple[str, str]:
    """What is to be done, in as many words as name something, and what stands behind it."""
    words, known = said.split(), {one for name, also in ACTIONS.items() for one in (name, *also)}
    counts = (count for count in range(min(len(words), 3), 1, -1) if " ".join(words[:count]).lower() in known)
    count = next(counts, 1)
    return " ".join(words[:count]), " ".join(words[count:])


async def _not_now(chat: Chat, one: Offer, word: str, can: list[str]) -> None:
    """Say why a step that was named is none now: somebody else has answered meanwhile, or its time has not come."""
    deed = next((name for name, said in ACTIONS.items() if word.lower() in (name, *said)), "")
    if not deed or deed in can:
        return
    if deed in offer_decisions.TARGET and one.decided_by:
        staff = await chat.look(lambda tx: roles.by_code(tx, one.decided_by))
        return await chat.say("answered_already", name=(staff.name if staff else "") or one.decided_by)
    await chat.say("not_now")


def _short(one: Offer) -> dict[str, object]:
    return {"reference": one.reference, "product": one.product, "village": one.place}


async def _card(chat: Chat, one: Offer, there: Goods) -> None:
    language = chat.speaker.language
    days = Part(("keeps",), {"n": one.shelf_days}) if one.shelf_days else Part(("keeps_long",))
    had = [Part((f"permit.{name}.{state}",)) for name, state in one.permits.items() if state != "no"]
    await chat.say(
        "card",
        reference=one.reference,
        product=one.product,
        category=places.label("product_categories", one.category, language),
        name=one.full_name,
        village=one.place,
        unit=one.unit,
        price=formats.rupiah(one.price, language),
        quantity=one.quantity,
        shelf=Joined((days,)),
        permits=Joined(tuple(had) or (Part(("permit.none",)),)),
    )
    if one.delivery_day:
        await chat.say(f"comes.{one.delivery_day}")
    if one.status in COUNTED and there.delivered:
        counts = {name: getattr(there, name) for name in ("delivered", "sold", "returned", "shelf", "unsettled")}
        await chat.say("goods", **counts)
    await _open_questions(chat, one)
    if one.status in ("sample", "not_yet", "accepted", "cancelled", "finished", "returned"):
        await chat.say(f"now.{one.status}")


async def _open_questions(chat: Chat, one: Offer) -> None:
    """The price in the shop, prices that the maker is still asked about, and a payment that she does not agree to."""
    language = chat.speaker.language
    if one.shop_price is not None:
        amounts = (one.shop_price, one.shop_price - one.price)
        shop_price, fee = (formats.rupiah(amount, language) for amount in amounts)
        await chat.say("shop_price", shop_price=shop_price, fee=fee)
    asked = await chat.look(lambda tx: offer_prices.waiting(tx, one.reference))
    if asked is not None:
        await chat.say("price_asked", price=formats.rupiah(asked.price, language))
    paper = await chat.look(lambda tx: offer_prices.on_paper(tx, one))
    if paper is not None:
        await chat.say("price_paper", **signed(paper, language))
    number = await chat.look(lambda tx: settlements.unanswered(tx, one.reference))
    paid = await chat.look(lambda tx: settlements.get(tx, number)) if number else None
    if paid is not None and paid.state == "disputed":
        await chat.say("not_agreed", number=number)
        if paid.reason in settlements.REASONS:
            await chat.say(f"dispute_{paid.reason}")
        elif paid.reason:
            await chat.say("dispute_words", reason=paid.reason)


def _can(one: Offer, with_goods: list[str]) -> list[str]:
    """What can be done with an offer as it stands."""
    can = [deed for deed, after in offer_decisions.TARGET.items() if may(one.status, after, "staff")]
    if one.status in COUNTED:
        can += with_goods
    if one.status in PRICED:
        can.insert(can.index("not_yet") if "not_yet" in can else len(can), "price")
    if one.photo:
        can.append("photo")
    if one.phone and one.status != "cancelled":
        can.append("contact")
    return can


async def _decide(chat: Chat, one: Offer, deed: str) -> None:
    """At once, for it was said in so many words; a reason and a suggestion come with a "not yet"."""
    account, reference, reason, suggestion = chat.speaker.account, one.reference, "", None
    if deed == "not_yet":
        reason = await chat.choose("reason", REASONS, exact=True, product=one.product)
        suggestion = await chat.ask("suggestion", Note(2, 300), optional=True)
    outcome = await chat.once(
        "decided", lambda tx: offer_decisions.decide(tx, account, reference, deed, reason, suggestion or "")
    )
    key = f"decided.{deed}" if outcome == "done" else outcome
    await chat.say(key, reference=reference, product=one.product, name=one.full_name)


async def _photo(tx: Tx, account: str, one: Offer) -> None:
    facts = {"reference": one.reference, "product": one.product}
    await notices.tell(tx, account, offer_desk.DOMAIN, "photo", facts, media=one.photo, lane="reply")
