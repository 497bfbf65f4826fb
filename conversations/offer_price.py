"""Another price for what a maker sells: the mart asks, the maker agrees or does not; until then the old one holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.author import Chat, Day, Option, PersonName, Rejected, Rupiah, Tx, conversation, formats
from bot.records import offer_desk, offer_prices, offers, roles
from bot.records.offers import Offer
from conversations.offer_goods import HIGHEST, LOWEST, in_shop

AGREES = Option("agree", aliases=("ya", "iya", "ya setuju", "boleh", "oke", "ok", "yes", "i agree", "agreed"))
DECLINES = Option(
    "decline",
    aliases=("tidak", "tdk setuju", "gak setuju", "ga setuju", "nggak setuju", "belum", "no", "i do not agree"),
)


@conversation("offer_price", role="tawaran")
async def propose(chat: Chat) -> Any:
    """Ask the maker of one offer for another price (`TJ-7K4M9-C 11.000`)."""
    account, language = chat.speaker.account, chat.speaker.language
    reference, rest = offers.split(chat.given)
    one: Offer | None = await chat.look(lambda tx: offer_desk.find(tx, account, reference))
    if one is None:
        return await chat.say("unknown")
    now = formats.rupiah(one.price, language)
    price = await chat.ask("price", Rupiah(LOWEST, HIGHEST), given=rest, product=one.product, now=now)
    shop_price: int | None = None
    if one.shop_price is not None:
        asked, there = in_shop(price, one.shop_price), formats.rupiah(one.shop_price, language)
        shop_price = await chat.ask("shop_price", asked, about=price, now=there)
    outcome = await chat.once("asked", lambda tx: offer_prices.propose(tx, account, reference, price, shop_price))
    key = "undecided" if outcome == "done" and one.status not in AGREED else outcome
    facts = {"price": formats.rupiah(price, language), "now": now, "maker": one.full_name}
    if key == "nobody_to_ask":
        return await _on_paper(chat, one, price, shop_price, facts)
    await chat.say(key, reference=reference, product=one.product, **facts)


SIGNED = ("sudah", "udah", "sdh", "ya", "iya", "ya sudah", "sudah setuju", "yes", "signed", "already")
NOT_YET = ("blm", "belum tanda tangan", "tidak", "no", "not signed")
LONG_AGO = 60
"""Days; a paper that is older was signed for another price."""


@dataclass(frozen=True, slots=True)
class Witness(PersonName):
    """Somebody besides the two whom it is about. Rejected: as PersonName, and party."""

    parties: tuple[str, ...] = ()

    def read(self, said: Any) -> Any:
        """The name, where it is neither's."""
        name = PersonName.read(self, said)
        return Rejected("party") if isinstance(name, str) and name.casefold() in self.parties else name


async def _on_paper(chat: Chat, one: Offer, price: int, shop_price: int | None, facts: dict[str, Any]) -> None:
    """A maker without a chat signs on paper before a witness (domain.md 3.3, 8.1): only then does it hold."""
    account, reference, language = chat.speaker.account, one.reference, chat.speaker.language
    facts = {**facts, "reference": reference, "product": one.product}
    signs = [Option("signed", aliases=SIGNED), Option("not_yet", aliases=NOT_YET)]
    if await chat.choose("paper", signs, exact=True, **facts) == "not_yet":
        return await chat.say("nobody_to_ask", **facts)
    staff = await chat.look(lambda tx: roles.of(tx, account))
    parties = tuple(name.casefold() for name in (one.full_name, staff.name if staff else "") if name)
    question = Day(chat.now, chat.speaker.zone, ahead=0, back=LONG_AGO)
    offered = (question.today, question.today - timedelta(days=1))
    day = await chat.ask("signed_on", replace(question, offered=offered), **facts)
    witness = await chat.ask("witness", Witness(parties=parties), **facts)
    outcome = await chat.once(
        "on_paper", lambda tx: offer_prices.agreed_on_paper(tx, account, reference, price, shop_price, day, witness)
    )
    await chat.say(outcome, **facts, day=question.show(day, language) or day, witness=witness)


def signed(paper: offer_prices.Proposal, language: str) -> dict[str, str]:
    """What is told of a price that was agreed to on paper: which, when, before whom, and who noted it."""
    day = formats.day_and_hour(paper.signed_on, "UTC", language)
    return {"price": formats.rupiah(paper.price, language), "day": day, "witness": paper.witness, "code": paper.by}


AGREED = ("accepted", "stocked", "selling")
"""Where a price holds already: elsewhere a yes accepts the offer, too."""


@conversation(
    "price_asked",
    words="usul harga, jawab harga, jawab usul harga, setuju harga, harga dari mart, price question, answer price",
    keeps=True,
    texts="offer_price",
)
async def answer(chat: Chat) -> Any:
    """Ask the maker about the price in question of the offer in `chat.given`, or of the one that waits longest."""
    account, language, given = chat.speaker.account, chat.speaker.language, chat.given
    which = await chat.once("which", lambda tx: _which(tx, account, given))
    if which is None:
        return await chat.say("none")
    reference, id, price, shop_price, old = which
    one: Offer | None = await chat.look(lambda tx: offers.own(tx, account, reference))
    if one is None:
        return await chat.say("none")
    facts: dict[str, Any] = {"product": one.product, "mart": one.mart_name, "reference": reference}
    facts |= {"price": formats.rupiah(price, language), "old": formats.rupiah(old, language)}
    waits = await chat.look(lambda tx: offer_prices.waiting(tx, reference))
    if "fits" not in chat.answers and (waits is None or waits.id != id):
        # Another price has taken its place, or it is not asked any more, while this talk lay aside.
        return chat.then("price_asked", given=reference) if waits else await chat.say("over", **facts)
    # Of an offer that was not decided about a yes is also the mart's.
    first = await chat.once("first", lambda tx: _undecided(tx, account, reference))
    if shop_price is None:
        await chat.say("asked_first" if first else "asked", **facts)
    else:
        amounts = formats.rupiah(shop_price, language), formats.rupiah(shop_price - price, language)
        await chat.say("asked_in_shop", shop_price=amounts[0], fee=amounts[1], **facts)
    said = await chat.choose("fits", [AGREES, DECLINES], exact=True, product=one.product)
    agrees = said == "agree"
    outcome = await chat.once("answered", lambda tx: offer_prices.answer(tx, account, reference, id, agrees))
    if outcome not in ("agreed", "declined"):
        return await chat.say("over", **facts)
    await chat.say(f"first.{outcome}" if first else outcome, **facts)
    if first and outcome == "agreed":
        return chat.then("offer_day", given=reference)
    following = await chat.look(lambda tx: _which(tx, account, ""))
    return chat.then("price_asked", given=following[0]) if following else None


async def _undecided(tx: Tx, account: str, reference: str) -> bool:
    one = await offers.own(tx, account, reference)
    return one is not None and one.status not in AGREED


async def _which(tx: Tx, account: str, given: str) -> tuple[str, int, int, int | None, int] | None:
    """The offer, the question, the prices that are asked for, and what the maker gets now."""
    reference, _ = offers.split(given)
    found = await offer_prices.asked(tx, account, reference)
    if found is None:
        return None
    asked, one = found
    return one.reference, asked.id, asked.price, asked.shop_price, one.price
