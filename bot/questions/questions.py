"""The questions: what somebody said to each becomes a canonical value, or `Rejected`, or `Candidates` to choose from.

Here are texts, names, phones and references; choices.py has what is chosen, addresses.py where somebody lives,
quantities.py and rupiah.py what is counted. `Said.today` is needed by the questions about years.
A value picked from `Candidates` is made canonical by reading it once more: `read(Said(value, shown=<the candidates>))`.
Texts stand in the catalogues under `rejected.<reason>`; the reasons, with their values:

too_short (min), too_long (max), name, name_digits, name_link, id_number
choice, choice_number, choice_exact, choice_many (count) · listed
place, place_letters (district), place_again, place_village, place_district, place_other_district (district) · village
number (low, high, example), number_range (low, high), number_between (first, last, example) ·
birth_year, birth_year_future · year, year_range, year_future (low, high)
rupiah, rupiah_range (low, high) · phone, landline, service_number, contact_not_own · reference · location
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from bot import phones, references, words
from bot.messages import Kind
from bot.questions.addresses import Kecamatan, Village
from bot.questions.asking import Candidates, Option, Question, Rejected, Said, Typed, Value
from bot.questions.choices import Choice, Listed, YesNo, picked
from bot.questions.quantities import BirthYear, Keeps, Number, Year
from bot.questions.rupiah import Rupiah

__all__ = [
    "BirthYear", "Choice", "Clearable", "Kecamatan", "Keeps", "Listed", "Location", "Nickname", "Number", "PersonName",
    "Phone", "Reference", "Rupiah", "Text", "Village", "Year", "YesNo",
]  # fmt: skip

_OPENING: Final = re.compile(
    r"(?:(?:halo|hai|ya|iya|ini|oh)[\s,]+)?"
    r"(?:(?:nama|nm)(?:\s+(?:lengkap|panggilan|saya|sy|aku|ku|asli|adalah|di\s+ktp))+|nama(?=\s*[:=])|(?:panggil|panggilan)"
    r"(?:\s+(?:saya|sy|aku|saja|aja))*|(?:saya|sy|aku|gue)(?:\s+(?:adalah|bernama))?|bernama"
    r"|my\s+(?:full\s+)?(?:nick)?name\s+is|my\s+(?:full\s+)?(?:nick)?name(?=\s*:)|(?:full\s+)?name(?=\s*:)|i\s+am|i['’]m|call\s+me|it['’]?s)"
    r"\s*[:=]?\s+(?=\S)|nama\s*[:=]\s*(?=\S)",
    re.I,
)
_CLOSING: Final = re.compile(r"[\s,]+(?:kak|bu|pak|mas|mbak|min|ya|bang|saja|aja)[\s.!]*$")
_DEGREES: Final = re.compile(r"(-?\d{1,2}\.\d{2,})\s*[,;/ ]\s*(\d{2,3}\.\d{2,})")
_GONE: Final = re.compile(
    r"(?:(?:tolong|mau|minta|please) )?"
    r"(?:hapus|hapuskan|hapusin|dihapus|hps|kosongkan|kosongin|hilangkan|delete|remove|clear)"
    r"(?: (?:(?:alamat|patokan|lokasi|titik|peta|kontak|nomor|telepon)(?:nya)?|pin|di|itu|ini|yang|lama|saja|aja|dong"
    r"|ya|kak|address|landmark|location|contact|number|it|this|that|the))*"
)
_LINK: Final = re.compile(r"https?:|www\.|t\.me/|wa\.me/|@\w{3}|\w\.(?:com|id|org|net|me|co)\b", re.I)


def _clean(text: str) -> str:
    """Lines and control characters as spaces, single spaces."""
    seen = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(seen.split())


@dataclass(frozen=True, slots=True)
class Text(Typed):
    """Any words, `min` to `max` characters long. Rejected: too_short, too_long, id_number, name."""

    min: int = 1
    max: int = 1000
    named: bool = False
    """The name of something is asked for: "ok siap" is none."""

    @property
    def free(self) -> bool:
        return True

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if words.id_number(said.text):
            return Rejected("id_number")
        if self.named and (words.is_no_name(said.text) or not any(map(str.isalpha, said.text))):
            return Rejected("name")
        text = "\n".join(line for line in map(_clean, said.text.splitlines()) if line)
        if len(text) < self.min:
            return Rejected("too_short", {"min": self.min})
        return text if len(text) <= self.max else Rejected("too_long", {"max": self.max})

    def show(self, value: Value, language: str) -> str | None:
        return str(value)


@dataclass(frozen=True, slots=True)
class PersonName(Typed):
    """A name as on the ID card: letters of any script, spaces, . ' -; one word is fine, case stays as typed.

    "Nama saya …" is taken off; other signs too. Figures, links, questions and what is no name ("ok siap") do not fit.
    Rejected: name, name_digits, name_link, too_short, too_long, id_number.
    """

    min: int = 2
    max: int = 80
    same: str = ""
    """What "sama" means, where it means something."""

    named = True

    @property
    def free(self) -> bool:
        return True

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if words.id_number(said.text):
            return Rejected("id_number")
        if words.is_same(said.text) and (self.same or " " in said.text.strip()):
            return self.same or Rejected("name")
        if words.is_no_name(said.text):
            return Rejected("name")
        typed = _clean(unicodedata.normalize("NFKC", said.text))
        if _LINK.search(typed):
            return Rejected("name_link")
        if any(char.isnumeric() for char in typed):
            return Rejected("name_digits")
        if "?" in typed:
            return Rejected("name")
        name = _name(_CLOSING.sub("", _OPENING.sub("", typed, count=1) if _OPENING.match(typed) else typed))
        if not any(char.isalpha() for char in name):
            return Rejected("name")
        if sum(map(str.isalpha, name)) < self.min:
            return Rejected("too_short", {"min": self.min})
        return name if len(name) <= self.max else Rejected("too_long", {"max": self.max})

    def show(self, value: Value, language: str) -> str | None:
        return str(value)


def _name(text: str) -> str:
    """Only what a name is written with; curly apostrophes straight."""
    made = []
    for char in text:
        if char in "’‘ʼ´`":
            made.append("'")
        elif char.isalpha() or char in ".'- " or unicodedata.category(char) in ("Mn", "Mc"):
            made.append(char)
        elif unicodedata.category(char) not in ("Cf", "Me"):
            made.append(" ")
    return " ".join("".join(made).replace("\ufe0f", "").split()).strip(" -'")


def Nickname(full_name: str = "") -> PersonName:
    """What somebody wants to be called: 1 to 30 characters, read like a name; "sama" is the first of the full name."""
    return PersonName(1, 30, first_name(full_name))


def first_name(full_name: str) -> str:
    """The first word that is no title with a dot ("H.", "Hj."), or just the first; at most 30 characters."""
    parts = full_name.split()
    return next((part for part in parts if not part.endswith(".")), parts[0] if parts else "")[:30]


@dataclass(frozen=True, slots=True)
class Phone(Typed):
    """A mobile number in E.164: typed, the person's own shared contact, or "ya" where the channel shows their number.

    A foreign number is asked back. Rejected: phone, landline, service_number, contact_not_own, id_number.
    """

    @property
    def accepts(self) -> frozenset[Kind]:
        return frozenset({"text", "contact"})

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if said.kind == "contact":
            if said.contact is None or not said.contact.own:
                return Rejected("contact_not_own")
            number = said.contact.phone
            shared = phones.read(number if number.startswith(("+", "0")) else f"+{number}")
            return shared.e164 if shared and shared.e164 else Rejected("phone")
        if (one := picked(said)) is not None:
            return one.value
        if said.own_phone and (words.yes(said.text) or words.is_this(said.text)):
            return said.own_phone
        if words.id_number(said.text):
            return Rejected("id_number")
        phone = phones.read(said.text) if len(said.text) <= 200 else None
        if phone is None:
            return Rejected("phone")
        if phone.kind == "foreign":
            shown = phones.pretty(phone.e164)
            return Candidates((Option(phone.e164, {"id": shown, "en": shown}),))
        return phone.e164 or Rejected("landline" if phone.kind == "landline" else "service_number")

    def show(self, value: Value, language: str) -> str | None:
        return phones.pretty(str(value))


@dataclass(frozen=True, slots=True)
class Location(Typed):
    """A place on the map as [latitude, longitude]: sent, or typed as -7.4512, 109.8523. Rejected: location.

    Only where Indonesia is: what lies elsewhere is a slip.
    """

    @property
    def accepts(self) -> frozenset[Kind]:
        return frozenset({"text", "location"})

    def read(self, said: Said) -> Value | Rejected | Candidates:
        typed = _DEGREES.search(said.text[:500]) if said.kind == "text" else None
        place = (float(typed[1]), float(typed[2])) if typed else said.place
        if place is None or not (-11.5 <= place[0] <= 6.5 and 94.5 <= place[1] <= 141.5):
            return Rejected("location")
        return [round(degrees, 6) for degrees in place]

    def show(self, value: Value, language: str) -> str | None:
        return f"{value[0]}, {value[1]}"


@dataclass(frozen=True, slots=True)
class Clearable:
    """An answer to `question` in place of what there is, or "" where that is to be gone: "hapus"."""

    question: Question

    @property
    def free(self) -> bool:
        return self.question.free

    @property
    def accepts(self) -> frozenset[Kind]:
        return self.question.accepts

    def options(self) -> tuple[Option, ...]:
        return self.question.options()

    def outranks(self, text: str) -> bool:
        """Here it is said of what was just asked for, whatever it may mean elsewhere."""
        return _GONE.fullmatch(words.fold(text)) is not None

    def read(self, said: Said) -> Value | Rejected | Candidates:
        return "" if said.kind == "text" and self.outranks(said.text) else self.question.read(said)

    def show(self, value: Value, language: str) -> str | None:
        return self.question.show(value, language) if value else ""


@dataclass(frozen=True, slots=True)
class Reference(Typed):
    """A reference number as `references.new` makes it. Rejected: reference."""

    def read(self, said: Said) -> Value | Rejected | Candidates:
        found = references.read(said.text) if len(said.text) <= 500 else None
        return found or Rejected("reference")

    def show(self, value: Value, language: str) -> str | None:
        return str(value)
