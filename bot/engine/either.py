"""A word that may be the answer or something that always works: which of the two is taken, or that it is asked back."""

from __future__ import annotations

from typing import NoReturn

from bot import words
from bot.engine.chat import Ask
from bot.engine.progress import Progress
from bot.messages import Incoming
from bot.questions.asking import TEXT, Candidates, Doubt, Option, Rejected

COMMON = "bot"
"""The catalogue of what any conversation may say."""
THIS = "<this"
"""The candidate that is what was said just now."""
WORD = "<word:"
"""Begins a candidate that is a word that always works."""
OPEN = "<open"
"""The candidate that is what was said just now as the word that it is: a button carries no long words."""
OPENS = "open:"
OPENING = 14
"""Characters of a word on a button: "Buka keanggotaan"."""


def weigh(progress: Progress, ask: Ask, heard: Incoming, word: str) -> bool:
    """Whether the message is an answer all the same; what it means may be asked back, which ends the turn.

    An option that shares its name with a word that always works is asked back. Where answers are kept, an option that
    is meant ("cari ikan") is the answer, and where any words may be one, a single word that opens something ("jam",
    "kartu") is asked back.
    """
    text, question = heard.text, ask.question
    own = next((one for one in question.options() if words.fold(text) in map(words.fold, one.doubtful)), None)
    if own is not None:
        _ask_option(progress, ask, own, word)
    if not word.startswith(OPENS):
        return False
    if not question.free:
        typed = question.accepts == TEXT and not question.options()
        if typed and word.startswith(f"{OPENS}{progress.conversation.name} "):
            # "Jual 20" where an offer is asked how many.
            return not isinstance(question.read(progress.said(ask, text)), Rejected)
        options = progress.conversation.keeps and question.options()
        return bool(options) and not isinstance(question.read(progress.said(ask, text)), Rejected)
    if _may_be_both(progress, ask, text, word.removeprefix(OPENS)):
        return _ask_word(progress, ask, heard, word)
    return False


def which(progress: Progress, ask: Ask, candidates: Candidates) -> NoReturn:
    """Ask which of these was meant; of a doubt, in place of the question, whether what was said is right."""
    if progress.away:
        progress.turn.say("resume")
    if isinstance(candidates, Doubt):
        labels = (_put(progress, f"{candidates.key}.{one}", "") for one in ("right", "change"))
        shown = [[option.value, label] for option, label in zip(candidates.options, labels, strict=True)]
        progress.wait(ask, keep=True, c=shown, doubt=[candidates.key, dict(candidates.values)])
    progress.turn.say(f"{ask.name}.did_you_mean", candidates.key)
    progress.wait(ask, keep=True, c=[[option.value, dict(option.label or {})] for option in candidates.options])


def _may_be_both(progress: Progress, ask: Ask, text: str, opens: str) -> bool:
    """Whether something could be called so. Of several words that open something, and of "status", nobody thinks."""
    name, _, rest = opens.partition(" ")
    kept = progress.conversation.keeps or getattr(ask.question, "named", False)
    if not kept or name == progress.conversation.name or words.is_sure(text) or any(map(str.isdigit, rest)):
        return False
    return len(_opening(text, rest).split()) == 1


def _opening(text: str, rest: str) -> str:
    """The words that open, without what stands behind and around them."""
    bare = text.strip().removesuffix(rest).strip() or text
    return min(words.cores(words.fold(bare).split()), key=len)


def _ask_word(progress: Progress, ask: Ask, heard: Incoming, word: str) -> bool:
    value = ask.question.read(progress.said(ask, heard.text, heard))
    if isinstance(value, Rejected | Candidates):
        return isinstance(value, Candidates)
    opening = _opening(heard.text, word.removeprefix(OPENS).partition(" ")[2])
    answer = _put(progress, "meant.answer", "")
    opens = _put(progress, "meant.open", opening[:OPENING])
    progress.turn.say("which_meant")
    progress.wait(ask, keep=True, c=[[THIS, answer], [OPEN, opens]], said=heard.text)


def _ask_option(progress: Progress, ask: Ask, own: Option, word: str) -> None:
    label = dict.fromkeys(progress.wording.languages, progress.display.value(ask, own.value))
    progress.turn.say("which_meant")
    progress.wait(ask, keep=True, c=[[own.value, label], [f"{WORD}{word}", _put(progress, f"meant.{word}", "")]])


def _put(progress: Progress, key: str, word: str) -> dict[str, str]:
    """A common template in every language, with the word that was typed."""
    values = {"word": word} if word else {}
    return {one: progress.wording.say(one, COMMON, key, values) for one in progress.wording.languages}
