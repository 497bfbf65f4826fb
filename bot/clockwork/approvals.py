"""Keeps Twilio's Content templates in step with the catalogues, and takes over what Meta makes of them.

`prepare` creates and submits, for an operator; `sync` only asks, for `pijar run`. A name has the hash of its text: what
has been created before a crash is found again by its name, and a changed text is a template of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import structlog

from bot.channels import Refused, Throttled, Unauthorized, Uncertain, Unreachable
from bot.contents import Review
from bot.log import place
from bot.records import contents, roles, tidings
from bot.records.contents import Content, Worse
from bot.store import Store, Tx, Unavailable
from bot.submissions import Submission

if TYPE_CHECKING:
    from bot.channels.twilio_contents import TwilioContents

log = structlog.get_logger(__name__)

T = TypeVar("T")

EVERY_SECONDS = 6 * 3600.0
"""Between looks: a review takes minutes to two days (platform.md 2.5)."""
TRIES = 5
"""How often a call is made that Twilio puts off."""
TOLD = ("coordinator", "programme", "admin")
"""Roles that hear of what has become worse."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something done, or to do: `what` is create, adopt, submit or delete."""

    what: str
    name: str


@dataclass(slots=True)
class Outcome:
    """What `prepare` did, or would do, and what it could not."""

    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    worse: list[Worse] = field(default_factory=list)


async def prepare(
    store: Store,
    twilio: TwilioContents,
    wanted: Iterable[Submission],
    *,
    dry_run: bool = False,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Create what is missing, submit what needs approval, delete what has been replaced; twice changes nothing more.

    `told` hears how many of how many are done. One that Twilio does not take keeps no other from being made; raises
    what concerns all: Unauthorized, Unreachable, Uncertain.
    """
    everything, outcome = list(wanted), Outcome()
    there = {review.name: review for review in reversed(await _patiently(twilio.every))}
    known = {one.name: one for one in await store.run(contents.every)}
    for done, submission in enumerate(everything):
        told(done, len(everything))
        try:
            await _one(store, twilio, submission, there.get(submission.name), known, outcome, dry_run)
        except Refused as reason:
            outcome.problems.append(f"{submission.name}: {reason}")
    told(len(everything), len(everything))
    if not dry_run:
        outcome.worse = await sync(store, twilio)
    await _tidy(store, twilio, outcome, dry_run)
    return outcome


async def sync(store: Store, twilio: TwilioContents) -> list[Worse]:
    """Take over status and category of every template; what has become worse, of which staff are told.

    Asks Twilio nothing where there are no templates yet. Raises as TwilioContents does; Uncertain where Twilio has none
    of them, for that is another account or half an answer, and not the loss of each.
    """
    ours = {one.sid for one in await store.run(contents.every)}
    if not ours:
        return []
    reviews = await _patiently(twilio.every)
    if ours.isdisjoint(review.sid for review in reviews):
        raise Uncertain("Twilio lists none of our templates")
    return await store.run(lambda tx: _taken_over(tx, reviews))


class Approvals:
    """Asks every few hours what Meta makes of our templates, while the bot runs."""

    def __init__(
        self, store: Store, twilio: TwilioContents, looked: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """`looked` is awaited after each look: what may be sent can be another."""
        self.store = store
        self.twilio = twilio
        self.looked = looked

    async def run(self) -> None:
        """Look now and every few hours, until cancelled."""
        while True:
            try:
                await self.once()
            except (Throttled, Unreachable, Uncertain, Unavailable, Unauthorized, Refused) as fault:
                log.warning("approvals.later", fault=type(fault).__name__)
            except Exception as fault:
                log.error("approvals.fault", fault=place(fault))
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> list[Worse]:
        """One look, with connections of its own: there is none between looks."""
        await self.twilio.open()
        try:
            worse = await sync(self.store, self.twilio)
        finally:
            await self.twilio.close()
        if self.looked is not None:
            await self.looked()
        return worse


async def _one(
    store: Store,
    twilio: TwilioContents,
    wanted: Submission,
    there: Review | None,
    known: dict[str, Content],
    outcome: Outcome,
    dry_run: bool,
) -> None:
    row = known.get(wanted.name)
    if there is None:
        outcome.steps.append(Step("create", wanted.name))
        if dry_run:
            return
        # Between these two the process may die: the next run finds the resource by its name.
        sid = await _patiently(lambda: twilio.create(wanted.name, wanted.language, wanted.types, wanted.samples))
        there = Review(sid, wanted.name, "unsubmitted")
        await _keep(store, wanted, there)
    elif row is None or row.sid != there.sid or not row.latest:
        outcome.steps.append(Step("adopt", wanted.name))
        if not dry_run:
            await _keep(store, wanted, there)
    if wanted.category and there.status == "unsubmitted":
        outcome.steps.append(Step("submit", wanted.name))
        if not dry_run:
            sid = there.sid
            await _patiently(lambda: twilio.submit(sid, wanted.name, wanted.category))
            await store.run(lambda tx: contents.submitted(tx, sid))


async def _keep(store: Store, wanted: Submission, there: Review) -> None:
    content = Content(
        there.sid,
        wanted.key,
        wanted.language,
        wanted.shape,
        wanted.name,
        wanted.body,
        wanted.text_hash,
        wanted.category,
        there.category,
        there.status,
        there.reason,
    )
    await store.run(lambda tx: contents.keep(tx, content))


async def _tidy(store: Store, twilio: TwilioContents, outcome: Outcome, dry_run: bool) -> None:
    """Delete earlier texts whose successor may be sent."""
    everything = await store.run(contents.every)
    served = {(one.key, one.language) for one in everything if one.latest and _serves(one)}
    for old in everything:
        if not old.latest and (old.key, old.language) in served:
            outcome.steps.append(Step("delete", old.name))
            if not dry_run:
                sid = old.sid
                await _patiently(lambda: twilio.delete(sid))  # noqa: B023 – called before the next one
                await store.run(lambda tx: contents.forget(tx, [sid]))  # noqa: B023


def _serves(one: Content) -> bool:
    return one.status == "approved" if one.shape == "text" else one.status not in contents.REFUSED


async def _taken_over(tx: Tx, reviews: Iterable[Review]) -> list[Worse]:
    """One transaction: nothing is noted as worse of which nobody is told."""
    worse = await contents.take_over(tx, reviews)
    if worse:
        staff = [one.code for one in await roles.everyone(tx) if any(role in TOLD for role, _ in one.roles)]
        for one in worse:
            reference = f"{one.content.key} ({one.content.language})"
            await tidings.tell(tx, staff, f"template_{one.what}", reference)
    return worse


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """The answer of a call that Twilio may put off."""
    for _ in range(TRIES - 1):
        try:
            return await call()
        except Throttled as wait:
            await asyncio.sleep(wait.after)
    return await call()
