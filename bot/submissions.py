"""Which Content templates there are to be: those of templates.po in each language, and the shapes of buttons and lists.

Their wording is the catalogue's, their category is decided here. Creating and submitting them is approvals.py's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot import markup
from bot.contents import BUTTONS, KNOCK, KNOCK_OWN_CASE, LONGEST, ROWS, VALUES, VARIABLE
from bot.markup import Neutral
from bot.texts import Texts

DOMAIN = "templates"
UTILITY, MARKETING = "UTILITY", "MARKETING"

NOTICES = {
    "mart_promo": MARKETING,
    "mart_info": MARKETING,
    "mart_opening": MARKETING,
    "event": MARKETING,
    "assistance": MARKETING,
    "rat": MARKETING,
    "job": MARKETING,
    "tips": MARKETING,
    "general": MARKETING,
    "safety": UTILITY,
}
"""The categories of announcements, and what each is submitted as (domain.md 5.3). Utility is for what somebody's own
action brings about: an invitation to many is marketing, the general assembly's too. Safety is sent sparingly."""

KNOCKS = {KNOCK: MARKETING, KNOCK_OWN_CASE: UTILITY}

_CODES = (
    "af sq ar az bn bg ca zh_CN zh_HK zh_TW hr cs da nl en en_GB en_US et fil fi fr ka de el gu ha he hi hu id ga it ja"
    " kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb fa pl pt_BR pt_PT pa ro ru sr sk sl es es_AR es_ES es_MX sw sv ta"
    " te th tr uk ur uz vi zu"
)
LANGUAGES = frozenset(_CODES.split())
"""The languages in which Meta takes templates; who reads another gets one that their catalogue falls back on."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A template as it should be at Twilio."""

    key: str
    language: str
    shape: str
    types: Mapping[str, Any]
    samples: Mapping[str, str]
    category: str = ""
    """Empty: it is for inside the window alone and is not submitted."""

    @property
    def body(self) -> str:
        """Its text, with {{1}} for what is filled in."""
        return str(next(iter(self.types.values()))["body"])

    @property
    def text_hash(self) -> str:
        """Of what Meta looks at: another text is another template."""
        whole = json.dumps([self.language, self.types, self.category], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()

    @property
    def name(self) -> str:
        """What it is called at Twilio and WhatsApp; never the name of an earlier text, which may be spent."""
        return f"pijar_{self.key}_{self.language.lower()}_{self.text_hash[:8]}"


def submissions(texts: Texts) -> list[Submission]:
    """Every template that there should be, notices first."""
    languages = [one for one in texts.languages if one in LANGUAGES]
    return [*(one for language in languages for one in _texts(texts, language)), *_shapes(texts, languages)]


def problems(texts: Texts) -> Iterator[str]:
    """What Meta would not take, one line each with the place of the text."""
    for one in submissions(texts):
        place = f"locales/{one.language}/LC_MESSAGES/{DOMAIN}.po: {one.key}"
        found = VARIABLE.findall(one.body)
        if one.shape == "list" and len(_button(texts, one.language)) > 20:
            yield f"{place}: the label of a list has at most 20 characters"
        if one.shape != "text":
            continue
        pieces = [piece for at, piece in enumerate(VARIABLE.split(one.body)) if at % 2 == 0]
        if any(re.search(r"\w", piece) is None for piece in pieces):
            yield f"{place}: words must stand before, between and after the values"
        if found != sorted(set(found), key=int):
            yield f"{place}: each value stands there once, in this order: {', '.join(VALUES)}"
        if len(re.findall(r"\w+", " ".join(pieces))) < 2 * len(found) + 1:
            yield f"{place}: it needs at least {2 * len(found) + 1} words besides its values"
        if len(one.body) > LONGEST // 2:
            yield f"{place}: {len(one.body)} characters leave too little room for an announcement"


def _texts(texts: Texts, language: str) -> Iterator[Submission]:
    written = texts.written(language, DOMAIN)
    notices = {f"notice.{key}": (key, asked) for key, asked in NOTICES.items()}
    wording = {**notices, **{key: (key, asked) for key, asked in KNOCKS.items()}}
    numbers = {name: Neutral(f"{{{{{number}}}}}") for number, name in enumerate(VALUES, 1)}
    for entry, (key, asked) in wording.items():
        # A language that lacks a text would be given another one's, and Meta looks whether they agree.
        if entry in written:
            body = markup.whatsapp(texts.say(language, DOMAIN, entry, numbers))
            samples = {
                number: texts.say(language, DOMAIN, f"sample.{VALUES[int(number) - 1]}", {})
                for number in VARIABLE.findall(body)
            }
            yield Submission(key, language, "text", {"twilio/text": {"body": body}}, samples, asked)


def _shapes(texts: Texts, languages: list[str]) -> Iterator[Submission]:
    for count in range(1, BUTTONS + 1):
        actions = [{"title": f"{{{{{at}}}}}", "id": f"{{{{{at + 1}}}}}"} for at in range(2, 2 * count + 1, 2)]
        # Nothing in it is in any language; Twilio wants one all the same.
        types = {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
        yield Submission(f"buttons_{count}", texts.default, "buttons", types, {})
    for language in languages:
        if "choose" in texts.written(language, DOMAIN):
            for count in range(1, ROWS + 1):
                items = [{"item": f"{{{{{at}}}}}", "id": f"{{{{{at + 1}}}}}"} for at in range(2, 2 * count + 1, 2)]
                fields = {"body": "{{1}}", "button": _button(texts, language), "items": items}
                yield Submission(f"list_{count}", language, "list", {"twilio/list-picker": fields}, {})


def _button(texts: Texts, language: str) -> str:
    return texts.say(language, DOMAIN, "choose", {})
