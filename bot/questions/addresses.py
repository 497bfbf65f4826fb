"""Questions of where somebody lives: the kecamatan, and the village in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot import words
from bot.questions import places
from bot.questions.asking import Candidates, Option, Rejected, Said, Typed, Value
from bot.questions.choices import picked

SURE: Final = 4
"""A beginning of fewer letters that fits only one name is asked back before it is taken."""


@dataclass(frozen=True, slots=True)
class Kecamatan(Typed):
    """A kecamatan of one district, by typing some letters of it; the value is its code.

    Searched only inside the district. What is not sure (a typo, a short beginning, a name that others begin with) is
    asked back. "Kabupaten Wonosobo" names the district, not the kecamatan that is called alike.
    Rejected: place, place_again, place_letters, place_village, place_district, place_other_district.
    """

    district: str

    def read(self, said: Said) -> Value | Rejected | Candidates:
        for option in places.kecamatan(self.district):
            if option.value == said.text:
                return option.value
        if (one := picked(said)) is not None:
            return one.value
        if len(said.shown) == 1 and words.yes(said.text) is False:
            return Rejected("place_again")
        if words.number(said.text) is not None:
            return Rejected("place_letters", {"district": places.name(self.district)})
        named = words.levels(said.text)
        if name := named.get("kecamatan"):
            return self._called(name)
        before = named.get("", "")
        if "village" in named and not self._is_kecamatan(before):
            return self._of_village(named["village"]) or Rejected("place_village")
        if "district" in named:
            return self._called(before) if self._is_kecamatan(before) else self._of_district(named["district"])
        return self._called(self._without_district(said.text))

    def _called(self, name: str) -> Value | Rejected | Candidates:
        options = places.kecamatan(self.district)
        how, found = places.search(name, options)
        if how in ("typo", "words", "none") and (around := self._around(name)):
            return Candidates(around)
        if not found:
            return Rejected("place", {"district": places.name(self.district)})
        names = [option.label["id"] for option in options if option.label]
        if how in ("exact", "within") and len(found) == 1:
            # Also "Sakra Timr": the rest may be another name with a slip in it.
            found = [*found, *(at for at, one in enumerate(names) if one.startswith(f"{names[found[0]]} "))]
        sure = how in ("exact", "within") or (how == "prefix" and len(words.fold(name)) >= SURE)
        if len(found) == 1 and sure:
            return options[found[0]].value
        return Candidates(tuple(options[at] for at in found[:9]))

    def _is_kecamatan(self, name: str) -> bool:
        return bool(places.search(name, places.kecamatan(self.district)).indexes)

    def _of_district(self, name: str) -> Rejected:
        """The level above was named: it is known already, or it was another one."""
        mine = [one for one in places.districts() if one.value == self.district]
        same = not name or places.search(name, tuple(mine)).indexes
        reason = "place_district" if same else "place_other_district"
        return Rejected(reason, {"district": places.name(self.district)})

    def _without_district(self, text: str) -> str:
        """ "Kertek Wonosobo" is Kertek; "Wonosobo" and "Karawang Barat" are what they are."""
        if words.is_same(text):
            return places.name(self.district)
        if places.search(text, places.kecamatan(self.district)).how == "exact":
            return text
        folded, district = words.fold(text), words.fold(places.name(self.district))
        shorter = folded.removesuffix(f" {district}")
        return shorter if shorter != folded and self._is_kecamatan(shorter) else text

    def _of_village(self, name: str) -> Candidates | None:
        """The kecamatan of a village that was named as one; or the one of its name, asked back."""
        if around := self._around(name):
            return Candidates(around)
        options = places.kecamatan(self.district)
        how, found = places.search(name, options)
        return Candidates(tuple(options[at] for at in found[:9])) if how == "exact" else None

    def _around(self, name: str) -> tuple[Option, ...]:
        """The kecamatan of a village that was named instead."""
        villages = places.villages(self.district)
        how, found = places.search(name, villages)
        codes = {villages[at].value[:8] for at in found} if how in ("exact", "within") else set()
        return tuple(option for option in places.kecamatan(self.district) if option.value in codes)

    def show(self, value: Value, language: str) -> str | None:
        return places.name(str(value))


@dataclass(frozen=True, slots=True)
class Village(Typed):
    """A village of one kecamatan: {"code": …} where we know it, else {"text": …} as typed, a dusun included.

    "Sama" is the name of the kecamatan. Rejected: too_short, too_long, village, id_number.
    """

    kecamatan: str

    LONGEST = 60
    named = True

    @property
    def free(self) -> bool:
        return True

    def read(self, said: Said) -> Value | Rejected | Candidates:
        known = places.villages(self.kecamatan)
        text = " ".join(said.text.split())
        for option in known:
            if option.value == text:
                return {"code": option.value}
        if text.startswith("text:"):
            return {"text": text.removeprefix("text:")}
        if (one := picked(said)) is not None:
            return self.read(Said(one.value))
        if words.id_number(text):
            return Rejected("id_number")
        if len(text) > self.LONGEST:
            return Rejected("too_long", {"max": self.LONGEST})
        if words.is_same(text):
            text = places.name(self.kecamatan)
        named = words.levels(text)
        other = bool(named.keys() & {"kecamatan", "district"}) and not (named.get("village") or named.get(""))
        if sum(map(str.isalpha, text)) < 2 or "?" in text or words.is_no_name(text) or other:
            return Rejected("village")
        return self._called(text, named.get("village", ""))

    def _called(self, text: str, bare: str) -> Value | Candidates:
        known = places.villages(self.kecamatan)
        how, found = places.search(text, known)
        if how != "exact" and bare:
            how, found = places.search(bare, known)
        if how == "exact":
            return {"code": known[found[0]].value}
        if how in ("typo", "prefix") and len(text.encode()) <= 24:
            typed = Option(f"text:{text}", dict.fromkeys(places.LANGUAGES, text))
            return Candidates((*(known[at] for at in found[:3]), typed))
        return {"text": text}

    def show(self, value: Value, language: str) -> str | None:
        if isinstance(value, dict):
            return places.name(str(value["code"])) if "code" in value else str(value.get("text", ""))
        return str(value)
