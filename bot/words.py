"""Words as people type them: the words that always work, yes and no, questions, what is to be changed.

The words themselves are data (data/words.toml). Knows no question, no channel and no catalogue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

from bot.matching import How, Match, find, match
from bot.numerals import LONGEST, number, numbers, of_words
from bot.vocabulary import VOCABULARY as _W
from bot.vocabulary import cores, fold

__all__ = [
    "LONGEST", "How", "Match", "asks", "change", "changes", "cores", "declines", "distress", "find", "fold",
    "id_number", "intent", "is_all", "is_look", "is_no_name", "is_nothing", "is_salam", "is_same", "is_still",
    "is_sure", "is_this", "levels", "line_names", "mask", "match", "number", "numbers", "of_announcement",
    "orders_change", "restart", "wonders", "yes",
]  # fmt: skip

_SALAM: Final = ("asalam", "aslamu")
"""How an Islamic greeting begins, folded, in all its spellings."""
_HELLOS: Final = frozenset(key.split(" ", 1)[0] for key, meaning in _W.intents.items() if meaning in ("menu", "thanks"))
CRY: Final = 12
"""Words of a message that cries for help; a longer one tells of something."""
_DISTRESS: Final = re.compile(f" (?:{'|'.join(map(re.escape, sorted(_W.distress)))}) ")
_OPENING: Final = frozenset(key.split(" ", 1)[0] for key in _W.intents) | _W.polite | _W.calling


def intent(text: str) -> str | None:
    """Which word that always works the whole message is, if any: back, skip, cancel, later, help, menu, stop, leave,
    resume, again, next, thanks, language, language:id, language:en. With or without a slash; "kak" around it is fine.
    """
    if len(text) > LONGEST:
        return None
    if text.startswith("/") and "@" in text:
        text = text.partition("@")[0]
    key = fold(text)
    meaning = _W.intents.get(key)
    if meaning is not None or " " not in key:
        return meaning or ("menu" if key.startswith(_SALAM) or key in _W.calling else None)
    if key.partition(" ")[0] in _OPENING or key.startswith(_SALAM):
        return _around(key)
    return None


@lru_cache(maxsize=1024)
def _around(key: str) -> str | None:
    """The meaning of several words, polite ones among them."""
    words = key.split()
    if len(words) > 6:
        return None
    if words[0] in _W.polite or words[-1] in _W.polite:
        for core in cores(words):
            if (meaning := _W.intents.get(core)) is not None:
                return meaning
    if words[0] in _W.calling and all(word in _W.calling or word in _W.polite for word in words):
        return "menu"
    return _twice(words) if words[0] in _HELLOS or words[0].startswith(_SALAM) else None


def _twice(words: list[str]) -> str | None:
    """ "Halo, selamat pagi kak": two hellos are one."""
    for at in range(1, min(len(words), 4)):
        first = _W.intents.get(" ".join(words[:at])) or ("menu" if at == 1 and words[0].startswith(_SALAM) else None)
        if first in ("menu", "thanks"):
            rest = words[at:]
            if all(word in _W.polite for word in rest) or any(_W.intents.get(core) == first for core in cores(rest)):
                return first
    return None


def is_salam(text: str) -> bool:
    """Whether the message opens with an Islamic greeting, to be answered with one."""
    words = fold(text[:LONGEST]).split()
    if not words or words[0].startswith(_SALAM):
        return bool(words)
    return words[0] in _W.salam and (len(words[0]) > 2 or all(word in _W.polite for word in words[1:]))


def of_announcement(text: str) -> str | None:
    """What the words beside an announcement's number want to know: check (is it real?) or report."""
    if len(text) > LONGEST:
        return None
    around = fold(text).split()
    for core in cores(around):
        if (meaning := _W.announcement.get(core)) is not None:
            return meaning
    return _W.announcement[""] if all(word in _W.polite for word in around) else None


def restart(text: str) -> bool:
    """Whether the message asks to begin anew: "mulai baru", "dari awal", "start over"."""
    return len(text) <= LONGEST and any(core in _W.restart for core in cores(fold(text).split()))


def is_all(text: str) -> bool:
    """Whether the message means every one of a list: "semua", "all"."""
    return len(text) <= LONGEST and any(core in _W.all for core in cores(fold(text).split()))


def is_look(text: str) -> bool:
    """Whether the message asks for what is waiting: "lihat", "show me"."""
    return len(text) <= LONGEST and any(core in _W.look for core in cores(fold(text).split()))


def is_nothing(text: str) -> bool:
    """Whether the message means none at all: "tidak ada", "none"."""
    return len(text) <= LONGEST and any(core in _W.nothing for core in cores(fold(text).split()))


def is_still(text: str) -> bool:
    """Whether a short text says that something goes on: "masih di sana", "belum pulang", "still there"."""
    padded = f" {fold(text)} " if len(text) <= LONGEST else ""
    return any(f" {form} " in padded for form in _W.still)


def is_sure(text: str) -> bool:
    """Whether the message is a word that is no answer, wherever it opens something: "status", "darurat"."""
    return len(text) <= LONGEST and any(core in _W.surely for core in cores(fold(text).split()))


def distress(text: str) -> bool:
    """Whether a short message says that somebody is in danger: "saya dipukul suami"."""
    if len(text) > LONGEST * 3 or "?" in text:
        return False
    said = f" {fold(text)} "
    return len(said.split()) <= CRY and _DISTRESS.search(said) is not None


def is_this(text: str) -> bool:
    """Whether the message points to what it is written with: "nomor ini", "this number"."""
    return len(text) <= LONGEST and any(core in _W.this for core in cores(fold(text).split()))


def yes(text: str) -> bool | None:
    """True for a yes, False for a no, None for neither; only to be asked where a yes/no question is open."""
    if len(text) > LONGEST:
        return None
    words = fold(text).split()
    if not 0 < len(words) <= 6:
        return None
    if words[0] in _W.no:
        return False if all(_may_follow_no(word) for word in words[1:]) else None
    if any(word in _W.yes for word in words) and all(word in _W.yes or word in _W.polite for word in words):
        return True
    while words and words[0] in _W.polite and words[0] not in _W.yes:
        del words[0]
    return False if words and words[0] in _W.no and all(_may_follow_no(word) for word in words[1:]) else None


def _may_follow_no(word: str) -> bool:
    return word in _W.after_no or word in _W.yes or word in _W.no or word in _W.polite


def is_same(text: str) -> bool:
    """Whether the message means what was said before: "sama aja", "same as above"."""
    return len(text) <= LONGEST and any(core in _W.same for core in cores(fold(text).split()))


def is_no_name(text: str) -> bool:
    """Whether the message is what nobody and no place is called: "ok siap", "udah", "terserah", "tidak tahu"."""
    words = fold(text).split() if len(text) <= LONGEST else []
    return _are(words, _W.no_name) or any(core in _W.unknown for core in cores(words))


def _are(words: list[str], kind: frozenset[str]) -> bool:
    said = [word for word in words if word not in _W.polite] or words
    return bool(words) and all(word in kind for word in said)


def declines(text: str) -> bool:
    """Whether a message leaves a question open: "tidak", "tidak ada", "lupa", "tidak tahu", "rahasia"."""
    if len(text) > LONGEST:
        return False
    return yes(text) is False or is_nothing(text) or any(core in _W.unknown for core in cores(fold(text).split()))


def asks(text: str) -> Literal["why", "what", ""]:
    """Whether the whole message asks about the question itself: why ("buat apa ya?") or what it means ("apa?")."""
    if len(text) > LONGEST:
        return ""
    words = fold(text).split()
    if not words and "?" in text:
        return "what"
    for core in cores(words):
        if core in _W.why:
            return "why"
        if core in _W.what:
            return "what"
    return ""


def wonders(text: str) -> bool:
    """Whether a sentence begins by asking why: "kenapa harus isi nama?"."""
    words = fold(text).split()
    while words and words[0] in _W.polite:
        del words[0]
    return any(" ".join(words[:count]) in _W.why for count in (1, 2))


# What is to be changed


def change(text: str) -> int | None:
    """The line that somebody wants to change, by number: "ubah 3", "ganti no 3", "nomor 3 salah"."""
    return of_words(_to_change(text))


def changes(text: str) -> str:
    """What somebody wants to change, by name: "ubah desa", "nama saya salah", "ganti hp jadi 0812"; else empty."""
    words = _to_change(text)
    end = next((at for at, word in enumerate(words) if word in _W.change_to), len(words))
    return " ".join(_bare(word) for word in words[:end] if word not in _W.change_mine)


def _bare(word: str) -> str:
    return word.removesuffix("nya") if len(word) > 4 else word


def _to_change(text: str) -> list[str]:
    """The words between "ubah" and the end, or before "salah"; none where nothing is to be changed."""
    if len(text) > LONGEST:
        return []
    words = fold(text).split()
    while words and (words[0] in _W.polite or words[0] in ("saya", "sy", "aku", "mau", "ingin", "pengen")):
        del words[0]
    while words and words[-1] in _W.polite:
        del words[-1]
    if len(words) < 2:
        return []
    if words[0] in _W.change_before:
        return words[1:]
    return words[:-1] if words[-1] in _W.change_after else []


def orders_change(text: str) -> bool:
    """Whether a message begins with "ubah", "ganti": whatever follows, it is no name."""
    return bool(_to_change(text)) and not _W.change_before.isdisjoint(fold(text).split()[:2])


def line_names(labels: Iterable[str]) -> tuple[str, ...]:
    """All that a line of a card may be called, given its labels: those, and what people call it besides."""
    found = tuple(labels)
    return (*found, *(other for label in found for other in sorted(_W.lines.get(fold(label), ()))))


# Where somebody lives


def levels(text: str) -> dict[str, str]:
    """What is said of each level of an address: {"district": "wonosobo", "kecamatan": "kertek", "": …}, folded.

    A level that was named is there even where nothing follows; what stands before the first is under "".
    """
    found: dict[str, list[str]] = {}
    level = ""
    for word in fold(text).split():
        if word in _W.levels:
            level = _W.levels[word]
            found.setdefault(level, [])
        else:
            found.setdefault(level, []).append(word)
    return {one: " ".join(words) for one, words in found.items()}


# Numbers that nobody should send

_RUN: Final = re.compile(r"(?<![\d+])\d(?:[\s.\-–—/_]{0,3}[\dOoIl](?![a-z]{2}))*")
_LONG: Final = re.compile(r"\+?\d(?:[\s.\-–—/_()]{0,3}\d){6,}")


def id_number(text: str) -> bool:
    """Whether the text holds what looks like a 16-digit NIK or KK number. No phone number has 16 digits after a 1–9.

    Source: NIK and KK both begin with a province code, 11 to 97 (Kemendagri); E.164 ends at 15 digits.
    """
    if len(text) < 16:
        return False
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for run in _RUN.findall(text):
        digits = re.sub(r"[\s.\-–—/_]", "", run)
        if len(digits) == 16 and digits[0] != "0":
            return True
        if any(len(part) == 16 and part[0] != "0" for part in re.split(r"[\s.\-–—/_]+", run)):
            return True
    return False


def mask(text: str) -> str:
    """The text with every run of seven or more digits (spaced, dotted or dashed) replaced by a dot leader."""
    return _LONG.sub("…", text if text.isascii() else unicodedata.normalize("NFKC", text))
