"""Where an enrolment may go, and who may move it there (domain.md 2.9). Pure; moving is enrolments.py's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Who = Literal["person", "coordinator", "lead", "leads", "system"]
"""Who may move: the person, a coordinator or above, a district lead or above, the leads of both districts, a timer."""

REASONS = (
    "di_luar_wilayah", "belum_18", "duplikat", "kuota_penuh", "data_belum_cocok", "sudah_ikut_program_lain",
    "bukan_sasaran", "permintaan_sendiri",
)  # fmt: skip
"""Codes of the reasons of a decision (domain.md 2.9)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may make a move, and what has to come with it."""

    who: tuple[Who, ...]
    needs: Literal["", "reason", "identity", "cohort"] = ""
    by_another: bool = False
    """Not by whoever enrolled the person."""


_COORDINATOR = Rule(("coordinator",))
_LEAD = Rule(("lead",))
_VERIFY = Rule(("coordinator",), needs="identity", by_another=True)
_DECLINE = Rule(("lead",), needs="reason")

TRANSITIONS: Mapping[tuple[str, str], Rule] = {
    ("submitted", "needs_info"): Rule(("coordinator",), needs="reason"),
    ("submitted", "verified"): _VERIFY,
    ("submitted", "not_eligible"): _DECLINE,
    ("submitted", "waitlisted"): _LEAD,
    ("needs_info", "submitted"): Rule(("person", "coordinator")),
    ("needs_info", "verified"): _VERIFY,
    ("needs_info", "not_eligible"): _DECLINE,
    ("waitlisted", "submitted"): _LEAD,
    ("waitlisted", "not_eligible"): _DECLINE,
    ("not_eligible", "submitted"): _LEAD,
    ("verified", "active"): Rule(("lead", "system"), needs="cohort"),
    ("active", "completed"): Rule(("lead", "system")),
    ("completed", "alumni"): Rule(("lead", "system")),
    ("active", "inactive"): Rule(("coordinator", "system"), needs="reason"),
    ("inactive", "active"): _COORDINATOR,
}
"""From → to, besides what may happen from anywhere (ANYWHERE)."""

ANYWHERE: Mapping[str, Rule] = {
    "withdrawn": Rule(("person",)),
    "merged": _LEAD,
    "transferred": Rule(("leads",)),
    "deceased": _COORDINATOR,
}
"""Where every living enrolment may go."""

LIVE = ("submitted", "needs_info", "waitlisted", "verified", "active", "inactive")
"""Statuses in which a person counts as enrolled: no second enrolment beside one of these."""

OVER = ("withdrawn", "merged", "transferred", "deceased")
"""Statuses that nothing follows."""

WAITING = ("submitted",)
"""Statuses that wait for staff."""


def rule(before: str, after: str) -> Rule | None:
    """What a move from `before` to `after` takes; None where there is no such move."""
    if before == after or before in OVER:
        return None
    return TRANSITIONS.get((before, after)) or ANYWHERE.get(after)


def next_statuses(before: str) -> tuple[str, ...]:
    """Where an enrolment may go from here, in no order that means anything."""
    onward = [after for (start, after) in TRANSITIONS if start == before]
    return () if before in OVER else (*onward, *ANYWHERE)
