"""What people write out of the blue, and the conversation that answers it: data/answers.toml.

Only words; what is answered stands in the catalogues. Read once, when first asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot import tables, words
from bot.questions import cash_words, marts
from bot.tables import BadData
from bot.vocabulary import VOCABULARY, fold

NOTHING = "nothing"
"""Asks for nothing: "ok sip"."""
CASH = "cash"
"""Takes what somebody has sold or bought, and for how much."""
FEW = 6
"""Words of a question that is short enough to be guessed; what is longer is for a person."""
OF_A_THING = 3
"""Words that what is sold or looked for is called by."""


@dataclass(frozen=True, slots=True)
class Aside:
    """The forms of one thing that people write."""

    opens: tuple[str, ...]
    """The whole message, wherever somebody is."""
    meant: tuple[str, ...]
    """Some words of a short message, where nothing else is asked; those that open it among them."""
    before: frozenset[str] = frozenset()
    """What stands before a thing that is handed over: "ada gula?"."""
    after: frozenset[str] = frozenset()
    """What stands behind it: "gula masih ada?"."""
    things: frozenset[str] = frozenset()
    """Things whose name is enough: "beras"."""
    about: frozenset[str] = frozenset()
    """What stands before anything that somebody wants to know how to do: "gimana cara jualan online"."""
    of_a_mart: bool = False
    """The mart that is named in the message is handed over: "kaliwiro buka jam berapa"."""


class Asides(dict[str, Aside]):
    """All of them by name, and the words around a thing."""

    no: frozenset[str]
    lead: frozenset[str]
    tail: frozenset[str]
    until: frozenset[str]
    no_thing: frozenset[str]


class Meaning(NamedTuple):
    """What a short message asks for."""

    name: str
    """The conversation that answers; empty where it is not clear."""
    given: str = ""
    """What is handed to it."""
    sure: bool = False
    """Said in so many words, not guessed from some of them or from a typo."""


def read(path: Path) -> Asides:
    """Read a file of asides, by the name of the conversation; a form that would have two meanings is refused."""
    data = tables.read(path)
    no, around = data.pop("no"), data.pop("around")
    made = Asides()
    for name in ("lead", "tail", "until", "no_thing"):
        setattr(made, name, frozenset(map(fold, around[name])))
    made.no = frozenset(map(fold, no))
    meanings: dict[str, str] = {}
    for name, table in data.items():
        either = table.get("either", [])
        both = [form for one in either for word in no for form in (f"{one} {word}", f"{word} {one}")]
        opens = tuple(table.get("opens", ()))
        stand = {key: frozenset(map(fold, table.get(key, ()))) for key in ("before", "after", "things", "about")}
        meant = (*opens, *table["meant"], *either, *both)
        aside = Aside(opens, meant, **stand, of_a_mart=bool(table.get("of_a_mart")))
        for form in (*aside.meant, *aside.before, *aside.things):
            if meanings.setdefault(fold(form), name) != name:
                raise BadData(f"{path}: {form!r} stands under {meanings[fold(form)]} and {name}; leave it under one")
        made[name] = aside
    return made


@cache
def asides() -> Asides:
    """All of them, by the name of the conversation that answers; "nothing" is answered by none."""
    return read(Path(__file__).resolve().parent.parent.parent / "data" / "answers.toml")


def meaning(text: str) -> Meaning:
    """What a short message asks for, in its own words or by a guess."""
    if cash_words.is_told(text):
        return asked_for(text)
    if len(text.split()) > FEW:
        return Meaning("")
    if words.match(text, [asides()[NOTHING].meant], tolerant=False).indexes:
        return Meaning(NOTHING, sure=True)
    names = [name for name in asides() if name != NOTHING]
    how, found = words.match(text, [asides()[name].meant for name in names], tolerant=True)
    if how == "exact" and len(found) == 1:
        return Meaning(names[found[0]], _mart(names[found[0]], text), sure=True)
    about = asked_for(text)
    if about.name:
        return about
    if len(found) == 1 and (how != "typo" or _whole(text, asides()[names[found[0]]].meant)):
        return Meaning(names[found[0]], _mart(names[found[0]], text), sure=how == "within")
    said = text.split()
    # "ada diskon gak?" asks the same as "ada diskon?".
    return meaning(" ".join(said[:-1])) if len(said) > 1 and fold(said[-1]) in asides().no else Meaning("")


def _mart(name: str, text: str) -> str:
    """The mart that a question names, where its answer is about one."""
    return marts.mentioned(text) if asides()[name].of_a_mart else ""


def _whole(text: str, forms: Sequence[str]) -> bool:
    """Whether a typo is one of the whole message: "senin" begins a little like "selling price", and is none of it."""
    said = fold(text).replace(" ", "")
    most = 1 if len(said) < 8 else 2
    return any(OSA.distance(said, fold(form).replace(" ", ""), score_cutoff=most) <= most for form in forms)


def asked_for(text: str) -> Meaning:
    """The thing that is asked for or offered, and by which conversation: "ada gula?", "harga beras", "jual keripik"."""
    if cash_words.is_told(text):
        return Meaning(CASH, text.strip(), sure=True)
    typed, said = _aligned(text)
    start, end = 0, len(said)
    around = asides()
    while start < end and (said[start] in around.lead or said[start] in VOCABULARY.polite):
        start += 1
    for name, aside in around.items():
        if wanted := _how(aside, typed[start:], said[start:], around):
            return Meaning(name, wanted, sure=True)
    stop = next((at for at in range(start + 1, end) if said[at] in around.until), end)
    while stop > start + 2 and said[stop - 1] in VOCABULARY.polite:
        stop -= 1
    for name, aside in around.items():
        for first, last in _things(aside, said[start:stop], around):
            thing = [word.strip(".,!?\"'()") for word in typed[start + first : start + last]]
            if thing and _is_thing(said[start + first : start + last], around):
                return Meaning(name, " ".join(thing), sure=True)
        if said[start:stop] and said[start] in aside.things and stop - start < OF_A_THING:
            return Meaning(name, " ".join(typed[start:stop]).strip(".,!?"), sure=True)
    return Meaning("")


def _how(aside: Aside, typed: Sequence[str], said: Sequence[str], around: Asides) -> str:
    """What somebody wants to know how to do; empty where that has an answer of its own: "cara daftar"."""
    for count in range(min(len(said) - 1, 3) if aside.about else 0, 0, -1):
        if " ".join(said[:count]) in aside.about:
            forms = [one.meant for one in around.values()]
            last = _end(said, count, around.tail | around.no | VOCABULARY.polite)
            answered = (words.match(" ".join(one), forms, tolerant=False).indexes for one in (said, said[count:last]))
            return "" if any(answered) else " ".join(typed[count:last]).strip(".,!?")
    return ""


def same_thing(one: str, other: str) -> bool:
    """Whether both may be called so: "keripik" is "Keripik singkong"; what is spelt alike is not: kopi and topi."""
    pairs = ((one, other), (other, one)) if fold(one) and fold(other) else ()
    return any(words.match(text, [[name]], tolerant=True).how not in ("typo", "none") for text, name in pairs)


def _aligned(text: str) -> tuple[list[str], list[str]]:
    """The words as typed and folded, one for one."""
    typed = [word for word in text.split() if fold(word)]
    said = [fold(word) for word in typed]
    return (typed, said) if not any(" " in word for word in said) else (fold(text).split(), fold(text).split())


def _things(aside: Aside, said: Sequence[str], around: Asides) -> Iterator[tuple[int, int]]:
    """Where a thing may stand behind the words before it, or before those behind it."""
    tail = around.tail | around.no
    for count in range(min(len(said) - 1, 4), 0, -1):
        if " ".join(said[:count]) in aside.before:
            yield count, _end(said, count, tail | aside.after)
    last = _end(said, 0, tail - aside.after)
    for count in range(1, last):
        if " ".join(said[count:last]) in aside.after:
            yield 0, _end(said[:count], 0, tail)


def _end(said: Sequence[str], first: int, tail: Collection[str]) -> int:
    """Where what begins at `first` is over: without "gak", "sekarang", "berapa" behind it."""
    last = len(said)
    while last > first + 1 and said[last - 1] in tail:
        last -= 1
    return last


def _is_thing(said: Sequence[str], around: Asides) -> bool:
    """Whether these words name a thing that could be sold, and nothing that something else answers."""
    if not 0 < len(said) <= OF_A_THING or all(map(str.isdigit, said)) or any(word in around.no_thing for word in said):
        return False
    if any(word in VOCABULARY.negations for word in said) or words.intent(" ".join(said)) is not None:
        return False
    forms = [one.meant for one in around.values()]
    return words.match(" ".join(said), forms, tolerant=True).how not in ("exact", "within")
