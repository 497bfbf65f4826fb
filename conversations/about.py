"""The questions about a person that several conversations ask: at enrolment, to complete it, to put it right.

Their texts stand in locales/*/LC_MESSAGES/bot.po. No conversation stands here, and nothing is asked that domain.md 2.8
forbids: no papers, agents, employers, health or money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from bot.author import (
    BirthYear,
    Chat,
    Choice,
    Kecamatan,
    Listed,
    Nickname,
    Number,
    Option,
    PersonName,
    Phone,
    Question,
    Text,
    Village,
    Year,
    places,
)
from bot.records import consents

ADULT = 18
ELSEWHERE = "other"
"""The district of somebody who lives where the programme does not work (yet)."""

Said = dict[str, Any]


@dataclass(frozen=True)
class Asking:
    """How a question is asked, given what was answered before."""

    question: Question
    optional: bool = False
    about: Any = None
    values: Mapping[str, object] = field(default_factory=dict)


def _of(options: Iterable[str | Option], many: bool = False) -> Choice:
    return Choice(tuple(one if isinstance(one, Option) else Option(one) for one in options), many=many)


def _always(make: Callable[[], Any], optional: bool = False) -> Callable[[Said], Asking]:
    """A question that is the same whatever was answered before: made once, for every turn asks it again."""
    made = cache(lambda: Asking(make(), optional))
    return lambda said: made()


def _named(names: Mapping[str, str]) -> list[Option]:
    """Options with what else people call them."""
    return [Option(value, aliases=tuple(one.strip() for one in said.split(","))) for value, said in names.items()]


SALUTATIONS = {
    "bapak": "pak, bpk, bapa, om, mr, mister, sir",
    "ibu": "bu, buk, ibuk, bunda, emak, mama, nyonya, mrs, ms, madam",
    "kakak": "kak, kk, ka, mas, mbak, mba, abang, bang, teteh, teh, akang, kang, adik, dik, miss",
}
SEXES = {
    "male": "l, lk, laki, laki laki, lelaki, pria, cowok, cowo, male, m, boy, lanang",
    "female": "p, pr, prempuan, wanita, cewek, cewe, female, f, w, girl, wedok",
    "undisclosed": "tidak mau, gak mau, nggak mau, rahasia, no answer",
}
USER_TYPES = {
    "returnee": "purna, purna pmi, mantan, mantan tki, mantan tkw, eks tki, eks tkw, ex tki, ex tkw, tki, tkw, pmi,"
    "bmi, pernah, pernah kerja, pernah ke luar negeri, sudah pulang, sudah pernah, returnee, former,"
    "i worked, i used to work, i have worked",
    "family": "keluarga, keluarga tki, keluarga tkw, keluarga pmi, suami, istri, isteri, bojo, anak saya, orang tua,"
    "ortu, ibu saya, bapak saya, ayah saya, kakak saya, adik saya, suami tkw, istri tki, anak tkw, anak tki, family,"
    "husband, wife, my son, my daughter, my mother, my father, my parents, my brother, my sister",
    "aspiring": "calon, calon pmi, calon tki, calon tkw, cpmi, ingin berangkat, mau berangkat,"
    "mau ke luar negeri, aspiring",
    "other": "lain, bukan semua",
}
PHONE_USES = {
    "own": "sendiri, sendirian, milik sendiri, hp sendiri, pribadi, mine, only me",
    "shared": "bersama, bareng, berdua, bareng suami, bareng istri, sama suami, sama istri, sama anak, keluarga,"
    "punya suami, punya istri, punya anak, hp suami, hp istri, hp anak, pinjam, shared, together",
}
"""What people say instead of the labels of these questions."""


@cache
def _kecamatan(district: str) -> Asking:
    example = places.name(places.kecamatan(district)[0].value)[:4].lower()
    return Asking(Kecamatan(district), about=district, values={"example": example})


@cache
def _country(district: str) -> Asking:
    return Asking(Listed(places.countries(district)), optional=True)


QUESTIONS: Mapping[str, Callable[[Said], Asking]] = {
    "birth_year": _always(lambda: BirthYear(ADULT)),
    "salutation": _always(lambda: _of(_named(SALUTATIONS))),
    "full_name": _always(PersonName),
    "nickname": lambda said: Asking(Nickname(said.get("full_name") or ""), optional=True),
    "sex": _always(lambda: _of(_named(SEXES))),
    "user_type": _always(lambda: _of(_named(USER_TYPES), many=True)),
    "district": _always(lambda: _of([*places.districts(), ELSEWHERE])),
    "where": _always(lambda: Text(2, 60, named=True)),
    "kecamatan": lambda said: _kecamatan(said["district"]),
    "village": lambda said: Asking(Village(said["kecamatan"]), about=said["kecamatan"]),
    "last_country": lambda said: _country(said["district"]),
    "sector": _always(lambda: Listed(places.sectors(), shown=10), optional=True),
    "return_year": _always(Year, optional=True),
    "household_size": _always(lambda: Number(1, 20), optional=True),
    "dependants": _always(lambda: Number(0, 20), optional=True),
    "livelihood_now": _always(lambda: Listed(places.livelihoods(), shown=11), optional=True),
    "interests": _always(lambda: _of(places.interests(), many=True), optional=True),
    "phone_use": _always(lambda: _of(_named(PHONE_USES))),
    "phone": _always(Phone, optional=True),
}
"""What to ask for each name, given what was answered before."""


async def ask(chat: Chat, said: Said, *names: str, known: Said | None = None) -> None:
    """Ask these one after the other, into `said`; what is `known` is not asked, but can be changed."""
    for name in names:
        one = QUESTIONS[name](said)
        question, given = one.question, ""
        if known and name in known:
            question, given = Known(one.question, known[name]), KNOWN
        said[name] = await chat.ask(name, question, about=one.about, optional=one.optional, given=given, **one.values)


KNOWN = "\0known"
"""Stands for the answer that is known already; nobody can type it."""


@dataclass(frozen=True)
class Known:
    """A question with an answer that was given elsewhere, whatever the question itself would take today."""

    question: Question
    value: Any

    @property
    def free(self) -> bool:
        return self.question.free

    @property
    def accepts(self) -> frozenset[Any]:
        return self.question.accepts

    @property
    def many(self) -> bool:
        """Whether it is a choice of several."""
        return isinstance(self.question, Choice) and self.question.many

    def options(self) -> tuple[Option, ...]:
        return self.question.options()

    def show(self, value: Any, language: str) -> str | None:
        return self.question.show(value, language)

    def read(self, said: Any) -> Any:
        """The known answer, or what is made of another one."""
        return self.value if said.text == KNOWN else self.question.read(said)


async def ask_phone(chat: Chat) -> str | None:
    """A number to be called on, if they give one; where the channel shows the sender's, a tap is enough."""
    if chat.speaker.phone:
        here = [Option("this", aliases=THIS_NUMBER), Option("another", aliases=ANOTHER_NUMBER)]
        chosen = await chat.choose("phone_here", here, optional=True)
        if chosen != "another":
            return chat.speaker.phone if chosen else None
    said: Said = {}
    await ask(chat, said, "phone")
    number: str | None = said["phone"]
    return number


async def ask_announcements(chat: Chat) -> str:
    """The opt-in: a key of consents.WANTED."""
    options = [Option(one, aliases=(*NO, *LATER) if one == "none" else ()) for one in consents.WANTED]
    answer: str = await chat.choose("announcements", options, exact=True)
    return answer


YES = (
    "ya", "iya", "ya setuju", "iya setuju", "saya setuju", "ya saya setuju", "ok setuju", "oke setuju", "siap setuju",
    "boleh", "ya boleh", "iya boleh", "yes", "i agree", "yes i agree", "ok agree",
)  # fmt: skip
ASK = ("tanya", "tanya dulu", "mau tanya", "mau nanya", "nanya dulu", "ask", "question", "i have a question")
NO = (
    "tidak", "tdk", "nggak", "gak", "ga", "no", "tidak mau", "tdk setuju", "nggak setuju", "gak setuju", "ga setuju",
    "saya tidak setuju", "no thanks", "no thank you",
)  # fmt: skip
"""Whole answers that are as clear as the labels, where only exact words count."""
LATER = ("nanti", "nanti aja", "nanti saja", "nanti dulu", "lain kali", "besok", "besok aja", "later", "maybe later")
"""Where a question may be left open, it does not stop what is going on."""
THIS_NUMBER = ("ya", "iya", "boleh", "ya boleh", "bisa", "ok", "oke", "siap", "silakan", "ini", "sama", "yes", "this")
ANOTHER_NUMBER = ("jangan ini", "bukan ini", "nomor lain", "beda", "ganti", "another", "other")


def is_child(chat: Chat, said: Said) -> bool:
    """Whether the year of birth says under 18."""
    year: int = said["birth_year"]
    return datetime.fromtimestamp(chat.now / 1000, UTC).year - year < ADULT
