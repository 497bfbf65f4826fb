"""The author's page: all that a conversation may import, besides bot.records.

Write a conversation with `@conversation`, ask with `chat.ask` and `chat.choose`, and put every word into the catalogue
of the conversation's name. conversations/README.md shows it in ten lines.
"""

from bot import formats, places
from bot.asides import asides
from bot.asking import Option, Question
from bot.attachments import Attachment, Photo
from bot.chat import Chat, Conversation, conversation
from bot.moments import Moment
from bot.prose import Prose
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
from bot.talk import Joined, Part

__all__ = [
    "Attachment",
    "BirthYear",
    "Chat",
    "Choice",
    "Conversation",
    "Joined",
    "Kecamatan",
    "Listed",
    "Moment",
    "Nickname",
    "Number",
    "Option",
    "Part",
    "PersonName",
    "Phone",
    "Photo",
    "Prose",
    "Question",
    "Reference",
    "Rupiah",
    "Text",
    "Tx",
    "Village",
    "Year",
    "YesNo",
    "asides",
    "conversation",
    "formats",
    "places",
]
