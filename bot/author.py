"""The author's page: all that a conversation may import, besides bot.records.

Write a conversation with `@conversation`, ask with `chat.ask` and `chat.choose`, and put every word into the catalogue
of the conversation's name. conversations/README.md shows it in ten lines.
"""

from bot import asides, cash_words, costing, courses, directory, formats, marts, places
from bot.asking import Option, Question, Rejected
from bot.attachments import Attachment, Photo
from bot.chat import Chat, Conversation, conversation
from bot.courses import Course, Lesson
from bot.days import Day
from bot.moments import Hour, Moment
from bot.opening_hours import DayHours, Week
from bot.prose import Note, Prose
from bot.questions import (
    BirthYear,
    Choice,
    Clearable,
    Kecamatan,
    Keeps,
    Listed,
    Location,
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
from bot.searching import Sought, search
from bot.stock_lines import StockLine
from bot.store import Tx
from bot.talk import Joined, Part

__all__ = [
    "Attachment",
    "BirthYear",
    "Chat",
    "Choice",
    "Clearable",
    "Conversation",
    "Course",
    "Day",
    "DayHours",
    "Hour",
    "Joined",
    "Kecamatan",
    "Keeps",
    "Lesson",
    "Listed",
    "Location",
    "Moment",
    "Nickname",
    "Note",
    "Number",
    "Option",
    "Part",
    "PersonName",
    "Phone",
    "Photo",
    "Prose",
    "Question",
    "Reference",
    "Rejected",
    "Rupiah",
    "Sought",
    "StockLine",
    "Text",
    "Tx",
    "Village",
    "Week",
    "Year",
    "YesNo",
    "asides",
    "cash_words",
    "conversation",
    "costing",
    "courses",
    "directory",
    "formats",
    "marts",
    "places",
    "search",
]
