"""Who an announcement is for: one chat for each person, and whether it is written to, or why not.

One query says it, for the preview that counts (counting.py) and for the plan that makes rows (plans.py). Of somebody's
chats the one is taken that wants it and can be reached, then the one that costs nothing now, then the last one used.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from bot.records import roles
from bot.records.announcements import TOPIC, Announcement
from bot.records.deliveries import in_part

WINDOW_MS: Final = (23 * 60 + 55) * 60_000
"""As queued.WINDOW_MS (a test compares): for how long after somebody's message WhatsApp takes free text."""

REASONS: Final = ("", "unreachable", "invalid", "blocked", "stopped", "no_opt_in")
"""Why a chat is not written to; empty: it is. Of somebody's chats the one with the earliest of these is taken."""
NO_CHAT: Final = "no_chat"
"""Why somebody has no delivery at all: they have no chat here."""
GONE: Final = ("withdrawn", "merged", "deceased")
"""Whose latest enrolment says this is in no audience."""
HAVE_IT: Final = ("sent", "uncertain")
"""Deliveries of which we take it that the person has read them: a correction is for these, and for who has a part."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is meant: everybody in these areas, and of them those who fit all of the rest. Empty means any."""

    areas: tuple[str, ...] = ()
    """Kemendagri codes; none, or an empty one, is everywhere."""
    user_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """Of the latest enrolment."""
    interests: tuple[str, ...] = ()
    channel: str = ""
    language: str = ""
    not_received: str = ""
    """Number of an announcement that they have not got."""

    @classmethod
    def of(cls, kept: Mapping[str, Any] | str) -> Audience:
        """The audience that `json` made, also as text."""
        given: Mapping[str, Any] = json.loads(kept) if isinstance(kept, str) else kept
        values: dict[str, Any] = {}
        for field in fields(cls):
            value = given.get(field.name, field.default)
            values[field.name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    def json(self) -> dict[str, Any]:
        """What is kept of it: only what says something."""
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items() if one}

    def within(self, areas: Iterable[str]) -> bool:
        """Whether all of it lies in these areas."""
        able = tuple(areas)
        return all(any(roles.covers(area, one) for area in able) for one in self.areas or ("",))

    def reaches(self, district: str) -> bool:
        """Whether it means anybody in a district."""
        return any(roles.covers(one, district) or roles.covers(district, one) for one in self.areas or ("",))


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an audience: the people of one district by their ids, or of a correction the chats by theirs."""

    district: str
    after: str = ""
    """Beyond this id …"""
    upto: str = ""
    """… and up to this one; empty: to the end."""


class Query:
    """The people of an announcement's audience. Reads what is committed; one transaction long."""

    def __init__(
        self,
        db: sqlite3.Connection,
        announcement: Announcement,
        channels: Collection[str],
        due: Callable[[str], int],
    ) -> None:
        """`channels`: on any other nobody can be reached. `due`: when people of a district may be written to."""
        self.audience = Audience.of(announcement.audience)
        self.corrects = announcement.corrects
        everywhere = [str(row[0]) for row in db.execute(DISTRICTS)]
        self.districts = [""] if self.corrects else [one for one in everywhere if self.audience.reaches(one)]
        """In the order in which they are planned; a correction goes by chats, not by districts."""
        self._values: dict[str, Any] = {"corrects": self.corrects}
        dues = " ".join(f"WHEN {self._put(one)} THEN {due(one)}" for one in everywhere)
        self._due = f"CASE p.district {dues} ELSE {due('')} END"
        topics, there = self._list(TOPIC[announcement.category]), self._list(channels)
        self._rank = _RANK.format(topics=topics, channels=there, window=WINDOW_MS, due=self._due)

    def select(self, parts: Iterable[Part]) -> tuple[str, dict[str, Any]]:
        """A statement with its values: person, district, due, account, channel, language, reason, free.

        account: None with the reason NO_CHAT. free: costs nothing when it is due.
        """
        branch = self._corrected if self.corrects else self._people
        each = [branch(part) for part in parts]
        some = [" UNION ALL ".join(each[at : at + _TERMS]) for at in range(0, len(each), _TERMS)]
        people = " UNION ALL ".join(f"SELECT * FROM ({one})" for one in some) if len(some) > 1 else some[0]
        reasons = " ".join(f"WHEN '{rank}' THEN '{reason}'" for rank, reason in enumerate(REASONS))
        certain = self.audience.channel or self.audience.language
        text = f"""
SELECT person, district, due, account, channel, language,
  CASE substr(best, 1, 1) {reasons} ELSE '{NO_CHAT}' END AS reason, substr(best, 2, 1) = '0' AS free
FROM ({people}) {"WHERE account IS NOT NULL" if certain else ""}"""
        return text, dict(self._values)

    def _people(self, part: Part) -> str:
        audience = self.audience
        chats = f" AND a.channel = {self._put(audience.channel)}" if audience.channel else ""
        chats += f" AND a.language = {self._put(audience.language)}" if audience.language else ""
        where = [f"p.district = {self._put(part.district)}", *self._stretch("p.id", part)]
        where += [inside] if (inside := self._inside(part.district)) else []
        where.append(f"coalesce(({_LATEST.format(column='status')}), '') NOT IN ({self._list(GONE)})")
        if audience.statuses:
            where.append(f"({_LATEST.format(column='status')}) IN ({self._list(audience.statuses)})")
        for name, wanted in (("user_type", audience.user_types), ("interests", audience.interests)):
            if wanted:
                answers = _LATEST.format(column="answers")
                where.append(_ANSWERED.format(answers=answers, name=name, wanted=self._list(wanted)))
        if audience.not_received:
            where.append(_NOT_RECEIVED.format(number=self._put(audience.not_received), have=self._list(HAVE_IT)))
        return _PEOPLE.format(due=self._due, rank=self._rank, chats=chats, where=" AND ".join(where))

    def _corrected(self, part: Part) -> str:
        where = ["o.announcement = :corrects", f"(o.state IN ({self._list(HAVE_IT)}) OR {in_part('o')})"]
        where += self._stretch("o.account_id", part)
        return _CORRECTED.format(due=self._due, rank=self._rank, where=" AND ".join(where))

    def _stretch(self, column: str, part: Part) -> list[str]:
        bounds = ((">", part.after), ("<=", part.upto))
        return [f"{column} {sign} {self._put(bound)}" for sign, bound in bounds if bound]

    def _inside(self, district: str) -> str:
        """The condition on the people of a district; empty where all of it is meant."""
        areas = self.audience.areas or ("",)
        if any(roles.covers(area, district) for area in areas):
            return ""
        mine = [area for area in areas if roles.covers(district, area)]
        kecamatan = [area for area in mine if len(area) == _KECAMATAN]
        village = [area for area in mine if len(area) > _KECAMATAN]
        return f"(p.kecamatan IN ({self._list(kecamatan)}) OR p.village IN ({self._list(village)}))"

    def _put(self, value: object) -> str:
        """The name under which a value goes along."""
        name = f"v{len(self._values)}"
        self._values[name] = value
        return f":{name}"

    def _list(self, values: Iterable[object]) -> str:
        return ", ".join(self._put(one) for one in values)


_KECAMATAN = len("33.07.04")
_TERMS = 100
"""SQLite takes 500 queries in one UNION; the country has more districts."""

DISTRICTS = """
WITH RECURSIVE one(district) AS (
  SELECT min(district) FROM persons
  UNION ALL SELECT (SELECT min(p.district) FROM persons p WHERE p.district > one.district) FROM one
  WHERE one.district IS NOT NULL)
SELECT district FROM one WHERE district IS NOT NULL"""
"""Where anybody lives: a step for each district, not for each person."""

_RANK = """
CASE (SELECT max(CASE WHEN s.paused THEN 1 WHEN s.wanted THEN 2 ELSE 0 END) FROM subscriptions s
      WHERE s.account_id = a.id AND s.topic IN ({topics}))
  WHEN 2 THEN CASE WHEN a.channel NOT IN ({channels}) THEN '1'
    ELSE CASE a.reachable WHEN 'ok' THEN '0' WHEN 'invalid' THEN '2' WHEN 'blocked' THEN '3' ELSE '1' END END
  WHEN 1 THEN '4' ELSE '5' END
|| CASE WHEN a.channel <> 'whatsapp' OR a.last_inbound_at > ({due}) - {window} THEN '0' ELSE '1' END
|| (99999999999999 - a.last_inbound_at)"""
"""What the chats of one person are compared by: place in REASONS, what it costs, when they wrote; then goes the id."""

_PEOPLE = """
SELECT p.id AS person, p.district AS district, {due} AS due, a.id AS account, a.channel AS channel,
  a.language AS language, min({rank} || a.id) AS best
FROM persons p LEFT JOIN account_persons l ON l.person_id = p.id LEFT JOIN accounts a ON a.id = l.account_id{chats}
WHERE {where} GROUP BY p.id"""
"""Beside a min() SQLite gives the columns of the row that has it."""

_LATEST = """SELECT e.{column} FROM enrolments e WHERE e.person_id = p.id
  ORDER BY e.submitted_at DESC, e.reference DESC LIMIT 1"""

_CORRECTED = """
SELECT o.person_id AS person, coalesce(p.district, '') AS district, {due} AS due, a.id AS account, a.channel AS channel,
  a.language AS language, {rank} AS best
FROM deliveries o JOIN accounts a ON a.id = o.account_id LEFT JOIN persons p ON p.id = o.person_id
WHERE {where}"""

_ANSWERED = "EXISTS (SELECT 1 FROM json_each(({answers}), '$.{name}') j WHERE j.value IN ({wanted}))"

_NOT_RECEIVED = """NOT EXISTS (SELECT 1 FROM account_persons l JOIN deliveries d ON d.account_id = l.account_id
  WHERE l.person_id = p.id AND d.announcement = {number} AND d.state IN ({have}))"""
"""Nor anybody with whom they share a phone."""
