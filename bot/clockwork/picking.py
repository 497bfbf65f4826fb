"""Which deliveries go now: fairly from all announcements that go out, and to each person only what is still right.

Whoever has stopped, was deleted or blocks us meanwhile is left out; quiet hours, WhatsApp's window and its tier are
looked at now, not when it was planned. What goes is marked in the same transaction. Sends nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.channels.parts import MISSING
from bot.clockwork.ways import KEPT, Ways, addressed
from bot.log import place
from bot.messages import Outgoing
from bot.queued import WINDOW_MS
from bot.quota import Quota, Trial
from bot.records import announcements, contents, deliveries, letting_go, media
from bot.records.announcements import TOPIC
from bot.records.deliveries import ASKED, KNOCKED, LIMIT, WINDOW, Candidate, Decided, Live
from bot.store import Tx

log = structlog.get_logger(__name__)

LOOKED_AT = 1000
"""Deliveries that are looked at in one transaction, whatever comes of them."""
AT_LEAST = 20
SIDE_BY_SIDE = KEPT // 2
"""Announcements from which one look takes something; the next look begins with others."""
ASIDE_MS = 60_000
TEMPLATES_MS = 15_000
"""How long the list of approved templates is believed."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery on its way out: it is `sending` in the table."""

    id: int
    number: str
    account: str
    way: str
    reason: str
    message: Outgoing
    attempts: int
    failures: int
    knock: bool = False
    parts: int = 1
    """Messages that it takes."""


@dataclass(slots=True)
class Picked:
    """What goes now; when the next falls due; whether more could go at once."""

    parcels: list[Parcel] = field(default_factory=list)
    next_at: int | None = None
    more: bool = False
    trial: Trial | None = None


class Picking:
    """Picks deliveries for the channels that there are."""

    def __init__(self, ways: Ways, quiet_until: Callable[[int, str], int], quota: Quota) -> None:
        """`quiet_until`: when somebody in a district may next be written to unasked, UTC milliseconds."""
        self.ways = ways
        self.quiet_until = quiet_until
        self.quota = quota
        self._turn = 0
        self._approved_at = 0
        self._exempt: set[str] = set()
        """Announcements of which it is on record that they go out in quiet hours."""
        self._aside: dict[str, int] = {}
        """Announcements that could not be put into words, until when they are let alone."""

    def put_aside(self, number: str, until: int, fault: Exception) -> None:
        """What is wrong with one announcement keeps no other from going out."""
        log.error("picking.announcement", number=number, fault=place(fault))
        self._aside[number] = until

    async def pick(self, tx: Tx, channel: str, room: int) -> Picked:
        """Take up to `room` deliveries of a channel. What is picked counts for the tier once `trial.keep` is called."""
        live = await self._live(tx)
        if live and channel == "whatsapp" and not 0 <= tx.now - self._approved_at < TEMPLATES_MS:
            self.ways.approve(await contents.approved(tx))
            self._approved_at = tx.now
        look = _Look(self, channel, tx.now, room)
        picked = await tx.driver(lambda driver: look.run(driver, live)) if live else Picked()
        for number in look.exempt - self._exempt:
            await letting_go.exempt(tx, self.ways[number])
            tx.after.append(lambda number=number: self._exempt.add(number))  # type: ignore[misc]
        if self._aside:
            picked.next_at = min([picked.next_at or tx.now + ASIDE_MS, *self._aside.values()])
        return picked

    async def _live(self, tx: Tx) -> list[Live]:
        """Announcements from which to pick, with their words; each look begins with another one."""
        self._aside = {number: until for number, until in self._aside.items() if until > tx.now}
        found = [one for one in await tx.driver(deliveries.live) if one.number not in self._aside]
        live = [one for one in found if one.ends_at is None or one.ends_at > tx.now]
        self._turn += 1
        turn = self._turn % max(1, len(live))
        live = [*live[turn:], *live[:turn]][:SIDE_BY_SIDE]
        for one in live:
            if not self.ways.ready(one.number):
                announcement = await announcements.get(tx, one.number)
                assert announcement is not None
                self.ways.add(announcement, await media.size(tx, announcement.media))
                if announcement.corrects in self.ways and (wrong := await announcements.get(tx, announcement.corrects)):
                    self.ways.add(wrong, await media.size(tx, wrong.media))
        return live


class _Look:
    """One look at what is due on a channel."""

    def __init__(self, picking: Picking, channel: str, now: int, room: int) -> None:
        self.picking = picking
        self.ways = picking.ways
        self.channel = channel
        self.now = now
        self.room = room
        self.decided = Decided()
        self.picked = Picked(trial=picking.quota.trial(now))
        self.exempt: set[str] = set()
        """Announcements that go to somebody for whom it is quiet now."""
        self._quiet: dict[str, int] = {}
        self._earlier: dict[str, str] = {}
        """The messages that are put right, by account."""

    def run(self, driver: sqlite3.Connection, live: Sequence[Live]) -> Picked:
        picked, numbers = self.picked, [one.number for one in live]
        left = dict.fromkeys(numbers, (0, 0))
        looked = 0
        while left and len(picked.parcels) < self.room and looked < LOOKED_AT:
            share = -(-(self.room - len(picked.parcels)) // len(left))
            for number, after in tuple(left.items()):
                if len(picked.parcels) == self.room:
                    break
                topics = TOPIC[self.ways[number].category]
                wanted = max(share, AT_LEAST)
                found = deliveries.due(driver, number, self.channel, topics, self.now, after, wanted)
                corrects = self.ways[number].corrects
                if corrects and self.channel == "telegram":
                    self._earlier = deliveries.earlier(driver, corrects, [one.account for one in found])
                try:
                    taken = self._take(number, found, min(share, self.room - len(picked.parcels)))
                except Exception as fault:
                    self.picking.put_aside(number, self.now + ASIDE_MS, fault)
                    del left[number]
                    continue
                looked += taken
                if taken < len(found) or len(found) == wanted:
                    last = found[taken - 1] if taken else None
                    left[number] = (last.due_at, last.id) if last is not None else after
                else:
                    del left[number]
        deliveries.decide(driver, self.decided)
        picked.more = bool(left)
        if not picked.more:
            picked.next_at = deliveries.next_due(driver, numbers, self.channel, self.now)
        return picked

    def _take(self, number: str, found: Sequence[Candidate], share: int) -> int:
        """Decide about these until so many of them go; how many were decided about."""
        before = len(self.picked.parcels)
        for at, one in enumerate(found):
            if len(self.picked.parcels) - before == share:
                return at
            self._decide(number, one)
        return len(found)

    def _decide(self, number: str, one: Candidate) -> None:
        announcement, decided, going = self.ways[number], self.decided, len(self.picked.parcels)
        why, until = _unwanted(one), self.now if one.reason == ASKED else self._until(one)
        if why:
            decided.skip.append((why, self.now, one.id))
        elif until > self.now and announcement.category != "safety":
            decided.put_off.append((until, "", one.id))
        elif self.channel == "whatsapp" and self._is_shut(one):
            self._outside(number, one)
        else:
            sparing = bool(one.sparing)
            message = self.ways.message(number, self.channel, one.language, sparing)
            parts = self.ways.parts(number, self.channel, one.language, sparing)
            if sparing and announcement.corrects:
                decided.corrected.append((one.account, announcement.corrects))
            if sparing and announcement.media:
                decided.spared.append((one.account, announcement.media, number, self.now))
            if announcement.corrects and (ids := self._earlier.get(one.account)):
                message = self.ways.correction(message, ids, one.language)
                parts = max(parts, len(ids.split())) + 1
            way = one.way if one.reason == ASKED and one.way else "free" if self.channel == "whatsapp" else ""
            self._go(number, one, way, addressed(message, one.external_id, one.provider_id.split()), parts=parts)
        if until > self.now and len(self.picked.parcels) > going:
            self.exempt.add(number)

    def _is_shut(self, one: Candidate) -> bool:
        """Whether WhatsApp takes no free text for somebody: by their last message, or it has said so since."""
        said = one.reason == WINDOW and one.wrote_at <= one.due_at
        return said or self.now - one.wrote_at > WINDOW_MS

    def _outside(self, number: str, one: Candidate) -> None:
        """Somebody who has not written for a day."""
        template, trial = self.ways.template(number, one.language), self.picked.trial
        assert trial is not None
        if template is None or any(part != MISSING for part in one.provider_id.split()):
            # Who has a part of it gets the rest, and not the whole in another way.
            self.decided.hold.append((WINDOW, self.now, one.id, one.account))
        elif one.way == "knock":
            # One knock is enough.
            self.decided.hold.append((KNOCKED, self.now, one.id, one.account))
        elif not trial.room(one.account):
            self.decided.put_off.append((trial.promise(), LIMIT, one.id))
        else:
            way = "knock" if template.knock else "template"
            self._go(number, one, way, addressed(template.message, one.external_id), template.knock)

    def _go(
        self, number: str, one: Candidate, way: str, message: Outgoing, knock: bool = False, parts: int = 1
    ) -> None:
        self.decided.go.append((way, self.now, one.id))
        parcel = Parcel(one.id, number, one.account, way, one.reason, message, one.attempts, one.failures, knock, parts)
        self.picked.parcels.append(parcel)

    def _until(self, one: Candidate) -> int:
        """When this person may be written to."""
        district = one.district or ""
        until = self._quiet.get(district)
        if until is None:
            until = self._quiet[district] = self.picking.quiet_until(self.now, district)
        return until


def _unwanted(one: Candidate) -> str:
    """Why this person is not written to any more; empty where they are."""
    if one.person and one.district is None:
        return "deleted"
    if one.reachable != "ok":
        return one.reachable
    if one.opted != 2:
        return "stopped" if one.opted == 1 else "no_opt_in"
    return ""
