"""The author's page: all that a conversation may import, besides bot.records.

Write a conversation with `@conversation`, ask with `chat.ask` and `chat.choose`, and put every word into the catalogue
of the conversation's name. conversations/README.md shows it in ten lines.
"""

from bot import costing, courses, formats
from bot.courses import Course, Lesson
from bot.engine.chat import Chat, Conversation, conversation
from bot.engine.talk import Joined, Part
from bot.questions import asides, cash_words, directory, marts, places
from bot.questions.asking import Option, Question, Rejected
from bot.questions.attachments import Attachment, Photo
from bot.questions.days import Day
from bot.questions.moments import Hour, Moment
from bot.questions.opening_hours import DayHours, Week
from bot.questions.prose import Note, Prose
from bot.questions.questions import (
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
from bot.questions.stock_lines import StockLine
from bot.searching import Sought, search
from bot.store import Tx

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
