"""The author's page: all that a conversation may import, besides bot.records.

Write a conversation with `@conversation`, ask with `chat.ask` and `chat.choose`, and put every word into the catalogue
of the conversation's name. conversations/README.md shows it in ten lines.
"""

from bot import formats, places
from bot.asking import Option
from bot.chat import Chat, Conversation, conversation
from bot.questions import (
    BirthYear,
    Choice,
    Kecamatan,
    Listed,
    Nickname,
    Number,
    PersonName,
    Phone,
    Reference,
    Rupiah,
    Text,
    Village,
    Year,
    YesNo,
)
from bot.store import Tx

__all__ = [
    "BirthYear",
    "Chat",
    "Choice",
    "Conversation",
    "Kecamatan",
    "Listed",
    "Nickname",
    "Number",
    "Option",
    "PersonName",
    "Phone",
    "Reference",
    "Rupiah",
    "Text",
    "Tx",
    "Village",
    "Year",
    "YesNo",
    "conversation",
    "formats",
    "places",
]
