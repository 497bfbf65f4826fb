"""What a manager writes of one thing that the mart sells: "gula habis", "beras 5 kg 65.000 anggota 62.000 ada".

Pure. Which of the things there are is meant, is for the records to say; what was understood is said back.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from bot import words
from bot.questions import rupiah
from bot.questions.asking import Candidates, Rejected, Said, Typed, Value

LONGEST: Final = 120
NAME: Final = 40
"""Characters of the name of a thing."""
DEAREST: Final = 99_999_999

_STATES: Final = (
    ("there", "(?:belum|tidak|gak|ga|nggak) habis|masih banyak|not (?:sold )?out"),
    ("few", "hampir habis|mau habis|tinggal sedikit|tinggal dikit|sedikit lagi|sedikit|dikit|menipis"
    "|almost out|almost gone|nearly out|nearly gone"
    "|running low|few left|few|low"),
    ("out", "sudah habis|udah habis|habis semua|habis|abis|hbs|kosong"
    "|(?:tidak|gak|ga|nggak|belum) (?:ada|tersedia|datang)"
    "|sold out|out of stock|not (?:available|in stock|there)|unavailable|out|empty|gone|none"),
    ("there", "sudah ada|ada lagi|masih ada|tersedia|sudah datang|baru datang|datang|lengkap|banyak|ada|in stock"
    "|available|back in|there"),
)  # fmt: skip
"""In this order: "hampir habis" is not "habis", and "tidak ada" is not "ada"."""
_STATE: Final = tuple((state, re.compile(rf"(?<!\w)(?:{forms})(?!\w)")) for state, forms in _STATES)
_DROP: Final = re.compile(r"^(?:hapus|hilangkan|buang|delete|remove)\s+")
_AMOUNT: Final = (
    r"(?:(?:rp|idr)\.?\s*)(?:\d[\d.,]*\d|\d)(?:\s*(?:rb|ribu|k|jt|juta)\b)?|\d[\d.,]*\s*(?:rb|ribu|k|jt|juta)\b"
    r"|(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?![\d.,]*\d)|(?<![\d.,])\d{4,8}(?![\d.,]*\d)"
)
_MEMBER: Final = re.compile(rf"(?:harga )?(?:anggota|member|members)\s*:?\s*(?P<amount>{_AMOUNT})")
_PRICE: Final = re.compile(_AMOUNT)
_UNIT: Final = re.compile(
    r"(?:(?<![\d.,])\d+(?:[.,]\d+)?\s*|(?:/|(?<!\w)per )\s*)"
    r"(?:kg|kilo|g|gr|gram|ons|l|lt|ltr|liter|ml|cc|pcs|bungkus|bks|pak|pack|dus|box|botol|butir|karung|sak|sachet|lembar|lusin|ikat|kaleng|biji|buah|rol|roll|meter|m)"
    r"(?!\w)"
)
_NOISE: Final = re.compile(
    r"(?<!\w)(?:stok|stock|barang|harga|harganya|price|seharga|naik|turun|jadi|menjadi|sekarang|tinggal|yang|untuk|now|is|at|the|kak|ya)(?!\w)"
)
_MORE: Final = re.compile(r"[,;/]\s*[^\W\d]|(?<!\w)(?:tidak|belum|bukan|gak|nggak|not)(?!\w)")


@dataclass(frozen=True, slots=True)
class StockLine(Typed):
    """One thing and what is told of it: name, unit, price, member, stock ("there", "few", "out", or ""), drop.

    Rejected: stock_line, too_long, id_number.
    """

    @property
    def free(self) -> bool:
        return True

    def outranks(self, text: str) -> bool:
        """A thing and how it stands is an answer, also where it begins like a command."""
        return len(text.split()) > 1 and isinstance(self.read(Said(text)), dict)

    def read(self, said: Said) -> Value | Rejected | Candidates:
        if words.id_number(said.text):
            return Rejected("id_number")
        if len(said.text) > LONGEST:
            return Rejected("too_long", {"max": LONGEST})
        return read(said.text) or Rejected("stock_line")

    def show(self, value: Value, language: str) -> str | None:
        return str(value["name"])


def read(text: str) -> dict[str, Any] | None:
    """What a line says; None where it names no thing, or says nothing of it."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    rest, low = plain, plain.lower()
    drop = _DROP.match(low)
    if drop is not None:
        rest = rest[drop.end() :]
    member, rest = _taken(_MEMBER, rest)
    unit, rest = _taken(_UNIT, rest)
    unit = re.sub(r"^/\s*", "per ", unit)
    price, rest = _taken(_PRICE, rest)
    stock = ""
    for state, pattern in _STATE:
        # "masih ada, banyak" is there; "ada, tinggal sedikit" is few.
        while not stock or state in (stock, "there" if stock == "few" else stock):
            found, left = _taken(pattern, rest)
            if not found:
                break
            stock, rest = stock or state, left
    name = " ".join(_NOISE.sub(" ", _lowered(rest)).split()).strip(" .,:;-=/?!")
    amounts = {"price": _amount(price), "member": _amount(member)}
    told = stock or drop or any(amounts.values())
    if not told or not 2 <= len(name) <= NAME or not any(map(str.isalpha, name)):
        return None
    if (price and not amounts["price"]) or (member and not amounts["member"]) or _says_more(rest):
        return None
    return {
        "name": name[0].upper() + name[1:], "unit": unit, **amounts, "stock": stock, "drop": drop is not None
    }  # fmt: skip


def _says_more(rest: str) -> bool:
    """Whether what is left tells of another thing, of another price, or that something is not so."""
    low = rest.lower()
    return bool(_PRICE.search(low) or _MORE.search(low) or any(pattern.search(low) for _, pattern in _STATE))


def _lowered(text: str) -> str:
    """Words that would shout are written small; a brand keeps its capital."""
    return text.lower() if text.isupper() else text


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """What a pattern finds, and the text without it."""
    found = pattern.search(text.lower()) if len(text.lower()) == len(text) else None
    if found is None:
        return "", text
    begin, end = found.span("amount" if "amount" in found.groupdict() else 0)
    return text[begin:end].strip(), f"{text[: found.start()]} {text[found.end() :]}"


def _amount(text: str) -> int | None:
    """The amount that is written there, where only one can be meant."""
    amounts = rupiah.read(text) if text else None
    sure = amounts is not None and amounts.sure and 0 < amounts.values[0] <= DEAREST
    return amounts.values[0] if sure and amounts else None
