"""Asking a question in a test: what was said, and what became of it."""

from __future__ import annotations

from typing import Any

from bot.questions import places
from bot.questions.asking import Candidates, Option, Question, Rejected, Said, Shown

TODAY = "2026-01-15"


def said(text: str, **more: Any) -> Said:
    return Said(text, today=TODAY, **more)


def outcome(question: Question, text: str, **more: Any) -> Any:
    """The value; or the reason; or the values of the candidates in a tuple."""
    answer = question.read(said(text, **more))
    if isinstance(answer, Rejected):
        return f"!{answer.reason}"
    return tuple(one.value for one in answer.options) if isinstance(answer, Candidates) else answer


def shown(options: tuple[Option, ...], language: str = "id") -> tuple[Shown, ...]:
    """Options as the engine shows them."""
    return tuple(Shown(one.value, (one.label or {}).get(language, one.value), places.names(one)) for one in options)
