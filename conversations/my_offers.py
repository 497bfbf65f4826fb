"""Somebody's own offers: how far each is, what is in the shop, and taking one back while nothing was delivered."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Option, Part, conversation, formats, places
from bot.records import consignments, offer_decisions, offer_prices, offers, settlements
from bot.records.offer_steps import LIVE, may
from bot.records.offers import Offer
from conversations.offer_price import signed

SHOWN = 5
"""So many: those that the mart still has to do with, then the newest."""


@conversation(
    "my_offers",
    words="status jual, status jualan, status titipan, tawaran saya, barang saya, jualan saya, titipan saya, tawaran,"
    " titipan, cek jualan, cek titipan, my offers, my goods, offer status, offers, batalkan tawaran, tarik tawaran,"
    " tarik titipan, tarik barang, ambil barang, cancel offer, cancel my offer, withdraw offer, withdraw my offer,"
    " take back my offer",
)
async def mine(chat: Chat) -> Any:
    """List them, show one, and do what can still be done with it."""
    account = chat.speaker.account
    reference = offers.split(chat.given)[0] or await _pick(chat)
    if not reference:
        return await chat.say("none")
    one: Offer | None = await chat.look(lambda tx: offers.own(tx, account, reference))
    if one is None:
        return await chat.say("unknown", reference=reference)
    await _show(chat, one)
    waiting = await chat.look(lambda tx: settlements.unanswered(tx, reference))
    can = ["price"] if await chat.look(lambda tx: offer_prices.waiting(tx, reference)) else []
    can += ["answer"] if waiting else []
    can += ["day"] if one.status in ("accepted", "stocked", "selling") else []
    can += ["cancel"] if may(one.status, "cancelled", "person") else []
    if not can:
        return await chat.say("next")
    chosen = await chat.choose("what", [*can, "enough"], product=one.product)
    if chosen == "price":
        return chat.then("price_asked", given=reference)
    if chosen == "answer":
        return chat.then("settlement", given=waiting)
    if chosen == "day":
        return chat.then("offer_day", given=reference)
    if chosen == "cancel":
        return await _cancel(chat, one)
    return await chat.say("enough")


async def _pick(chat: Chat) -> str:
    """One of several, the only one, or empty where there is none."""
    account = chat.speaker.account
    found = await chat.look(lambda tx: offers.of_account(tx, account))
    found = sorted(found, key=lambda one: one.status not in LIVE)[:SHOWN]
    if len(found) < 2:
        return found[0].reference if found else ""
    lines = [
        Part((f"line.{one.status}",), {"reference": one.reference, "product": one.product}) for one in reversed(found)
    ]
    await chat.say("list", lines=Joined(tuple(lines), "\n"))
    options = [Option(one.reference, dict.fromkeys(places.LANGUAGES, one.reference)) for one in reversed(found)]
    picked: str = await chat.choose("pick", options)
    return picked


async def _show(chat: Chat, one: Offer) -> None:
    language, zone = chat.speaker.language, chat.speaker.zone
    since = formats.date(one.changed_at, zone, language)
    await chat.say(
        f"status.{one.status}", reference=one.reference, product=one.product, mart=one.mart_name, since=since
    )
    if one.status == "not_yet":
        await chat.say(f"reason.{one.reason or 'lainnya'}")
        if one.suggestion:
            await chat.say("suggestion", suggestion=one.suggestion)
    paper = await chat.look(lambda tx: offer_prices.on_paper(tx, one))
    if paper is not None:
        await chat.say("price_paper", **signed(paper, language))
    goods = await chat.look(lambda tx: consignments.of(tx, one.reference))
    if goods.delivered:
        counts = {name: getattr(goods, name) for name in ("delivered", "sold", "returned", "shelf")}
        await chat.say("goods", **counts)
        _, due = await chat.look(lambda tx: settlements.due(tx, one.reference))
        if due:
            await chat.say("due", due=formats.rupiah(due, language))
        if goods.shelf:
            await chat.say("to_take_back")


async def _cancel(chat: Chat, one: Offer) -> None:
    account, reference = chat.speaker.account, one.reference
    if await chat.choose("sure", ["yes", "no"], exact=True, product=one.product) == "no":
        return await chat.say("kept", reference=reference)
    outcome = await chat.once("cancelled", lambda tx: offer_decisions.cancel(tx, account, reference))
    await chat.say("cancelled" if outcome in ("done", "already") else "too_late", product=one.product)
