"""The words on a picture, in the language of who gets it, and the picture with them.

The templates are `picture.po`. What it looks like is in pictures/. Slow: for a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bot import courses, formats
from bot.markup import plain
from bot.pictures import card, certificate, chart
from bot.records import certificates
from bot.records.pictures import Ordered
from bot.turns.composing import Composer

DOMAIN = "picture"
"""The catalogue of what stands on pictures, and of how they come."""

FEW = 8
"""Days that are named with their weekday; of more only the number stands below the bars."""

Inscribe = Callable[[str, Mapping[str, object]], str]


def draw(one: Ordered, composer: Composer) -> bytes:
    """The picture that was ordered."""

    def inscribe(key: str, values: Mapping[str, object] | None = None) -> str:
        known = {**composer.facts(one.language), **(values or {})}
        return plain(composer.texts.say(one.language, DOMAIN, f"{one.kind}.{key}", known))

    if one.kind == "certificate":
        return _certificate(one, inscribe)
    return _card(one, inscribe) if one.kind == "card" else _chart(one, inscribe)


def _certificate(one: Ordered, inscribe: Inscribe) -> bytes:
    facts = one.facts
    course = courses.course(facts["course"])
    title = courses.worded(course.title, one.language) if course is not None else str(facts["course"])
    code = str(facts["code"])
    words = {name: inscribe(name, {}) for name in ("title", "given_to", "finished", "from")}
    given = {"name": str(facts["name"]), "course": title, "code": code, "check": inscribe("check", {"code": code})}
    return certificate.draw({**words, **given, "date": formats.date(facts["date"], certificates.zone(), one.language)})


def _card(one: Ordered, inscribe: Inscribe) -> bytes:
    facts = one.facts
    words = {name: inscribe(name, {}) for name in ("title", "name_label", "number_label", "since_label", "scan")}
    given = {name: str(facts[name]) for name in ("name", "number", "mart")}
    return card.draw({**words, **given, "since": _day(facts["since"], one.language)}, str(facts["link"]))


def _chart(one: Ordered, inscribe: Inscribe) -> bytes:
    facts, language = one.facts, one.language
    money = {"in": facts["total_in"], "out": facts["total_out"], "left": facts["total_in"] - facts["total_out"]}
    words = {"title": inscribe("title", {}), "period": str(facts["period"])}
    words |= {f"{name}_label": inscribe(name, {}) for name in money}
    words |= {name: formats.rupiah(amount, language) for name, amount in money.items()}
    few = len(facts["days"]) <= FEW

    def day(iso: str, money_in: int, money_out: int) -> chart.Day:
        short = [_short(amount, inscribe, language) for amount in (money_in, money_out)]
        return chart.Day(_below(iso, few, language), money_in, money_out, *short)

    return chart.draw(words, [day(*one_day) for one_day in facts["days"]])


def _below(day: str, few: bool, language: str) -> str:
    """What stands below a day's bars: "Sel 17", or "17" where there are many; what is no date stands as it is."""
    try:
        there = date.fromisoformat(day)
    except ValueError:
        return day
    return formats.weekday(there, language) if few else str(there.day)


def _day(day: Any, language: str) -> str:
    """A local day as it is written on a card."""
    return formats.short_date(date.fromisoformat(day), "UTC", language) if day else "-"


def _short(amount: int, inscribe: Inscribe, language: str) -> str:
    """An amount above a bar, rounded as at school: "212,5rb", "1,25jt"; nothing for nothing."""
    if amount < 1000:
        return str(amount or "")
    if amount < 999_950:
        return inscribe("thousand", {"amount": formats.number((amount + 50) // 100 / 10, language)})
    return inscribe("million", {"amount": formats.number((amount + 5000) // 10_000 / 100, language)})
