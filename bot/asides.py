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
from bot.tables import BadData
from bot.vocabulary import VOCABULARY, fold

NOTHING = "nothing"
"""Asks for nothing: "ok sip"."""
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
        stand = (frozenset(map(fold, table.get(key, ()))) for key in ("before", "after", "things"))
        aside = Aside(opens, (*opens, *table["meant"], *either, *both), *stand)
        for form in (*aside.meant, *aside.before, *aside.things):
            if meanings.setdefault(fold(form), name) != name:
                raise BadData(f"{path}: {form!r} stands under {meanings[fold(form)]} and {name}; leave it under one")
        made[name] = aside
    return made


@cache
def asides() -> Asides:
    """All of them, by the name of the conversation that answers; "nothing" is answered by none."""
    return read(Path(__file__).resolve().parent.parent / "data" / "answers.toml")


def meaning(text: str) -> Meaning:
    """What a short message asks for, in its own words or by a guess."""
    if len(text.split()) > FEW:
        return Meaning("")
    if words.match(text, [asides()[NOTHING].meant], tolerant=False).indexes:
        return Meaning(NOTHING, sure=True)
    names = [name for name in asides() if name != NOTHING]
    how, found = words.match(text, [asides()[name].meant for name in names], tolerant=True)
    if how == "exact" and len(found) == 1:
        return Meaning(names[found[0]], sure=True)
    about = asked_for(text)
    if about.name:
        return about
    if len(found) == 1 and (how != "typo" or _whole(text, asides()[names[found[0]]].meant)):
        return Meaning(names[found[0]], sure=how == "within")
    said = text.split()
    # "ada diskon gak?" asks the same as "ada diskon?".
    return meaning(" ".join(said[:-1])) if len(said) > 1 and fold(said[-1]) in asides().no else Meaning("")


def _whole(text: str, forms: Sequence[str]) -> bool:
    """Whether a typo is one of the whole message: "senin" begins a little like "selling price", and is none of it."""
    said = fold(text).replace(" ", "")
    most = 1 if len(said) < 8 else 2
    return any(OSA.distance(said, fold(form).replace(" ", ""), score_cutoff=most) <= most for form in forms)


def asked_for(text: str) -> Meaning:
    """The thing that is asked for or offered, and by which conversation: "ada gula?", "harga beras", "jual keripik"."""
    typed, said = _aligned(text)
    start, end = 0, len(said)
    around = asides()
    while start < end and (said[start] in around.lead or said[start] in VOCABULARY.polite):
        start += 1
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
