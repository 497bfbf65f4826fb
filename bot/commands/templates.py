"""`pijar templates`: WhatsApp's templates created, submitted and looked after, with a table of what to do.

What is to be there is submissions.py's, how it gets there approvals.py's; this prints.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot import migrate, submissions
from bot.channels import Refused, Throttled, Uncertain, Unreachable
from bot.clockwork.approvals import Outcome, prepare
from bot.config import Settings
from bot.records import contents
from bot.records.contents import Content
from bot.running import LOCALES, now_ms, twilio_contents
from bot.store import Store
from bot.texts import Texts


class NoTemplates(Exception):
    """There is nothing to do with templates: WhatsApp is not set up, or Twilio is not there; the message says which."""


DONE = {"create": "created", "adopt": "found again", "submit": "submitted", "delete": "deleted"}
ADVICE = {
    "unsubmitted": "not submitted yet: run this again",
    "pending": "wait: Meta takes minutes to two days",
    "approved": "",
    "rejected": "reword it in templates.po, then run this again",
    "paused": "people have complained: write less often; Meta lifts it by itself",
    "disabled": "reword it in templates.po, then run this again",
}


def run(dry_run: bool) -> int:
    """Bring Twilio in step and print how it stands; 1 where something could not be done."""
    settings = Settings.load()
    if not settings.twilio_account_sid:
        raise NoTemplates("Templates are WhatsApp's: set TWILIO_ACCOUNT_SID and what belongs to it first.")
    texts = Texts.load(LOCALES, settings.default_language)
    wrong = list(submissions.problems(texts))
    if wrong:
        print("\n".join(wrong))
        return 1
    migrate.ensure(settings.database_url)
    try:
        outcome, rows = asyncio.run(_prepare(settings, texts, dry_run))
    except (Unreachable, Uncertain, Throttled, Refused) as fault:
        raise NoTemplates(f"Twilio cannot be asked now ({fault or type(fault).__name__}). Run this again.") from fault
    _show(outcome, rows, dry_run)
    return 1 if outcome.problems else 0


async def _prepare(settings: Settings, texts: Texts, dry_run: bool) -> tuple[Outcome, list[Content]]:
    store = Store(settings.database_url, now_ms)
    twilio = twilio_contents(settings)
    await store.open()
    await twilio.open()
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            shown = bar.add_task("Templates", total=None)
            outcome = await prepare(
                store,
                twilio,
                submissions.submissions(texts),
                dry_run=dry_run,
                told=lambda done, total: bar.update(shown, completed=done, total=total),
            )
        return outcome, await store.run(contents.every)
    finally:
        await twilio.close()
        await store.close()


def _show(outcome: Outcome, rows: list[Content], dry_run: bool) -> None:
    console = Console()
    for step in outcome.steps:
        print(f"would {step.what}: {step.name}" if dry_run else f"{DONE[step.what]}: {step.name}")
    for problem in outcome.problems:
        print(f"! {problem}")
    texts = [one for one in rows if one.shape == "text"]
    if texts:
        console.print(_table(texts), markup=False)
    shapes = [one for one in rows if one.shape != "text" and one.status not in contents.REFUSED]
    print(f"Buttons and lists, which need no approval: {len(shapes)}.")
    for bad in outcome.worse:
        print(f"! {bad.content.name}: {bad.before or 'new'} → {bad.after}{f' ({bad.reason})' if bad.reason else ''}")
    served = {(one.key, one.language) for one in texts if one.status == "approved"}
    asked = {(one.key, one.language) for one in texts}
    print(f"{len(served)} of {len(asked)} may be sent to people who have not written for a day.")
    if len(served) < len(asked):
        print("Everybody else is written to as soon as they write; reports say who could not be reached.")


def _table(texts: Iterable[Content]) -> Table:
    table = Table("template", "language", "category", "status", "what to do", box=None, pad_edge=False)
    for one in sorted(texts, key=lambda one: (one.language, one.key, not one.latest)):
        category = one.category or one.category_asked
        changed = category != one.category_asked
        shown = f"{one.category_asked} → {category}" if changed else category
        advice = ADVICE[one.status]
        if one.status == "approved" and changed and category == "MARKETING":
            advice = "costs more, and Meta delivers it to fewer: reword it, or leave it"
        if not one.latest:
            advice = "an earlier text; serves until the new one is approved"
        reason = f": {one.reason}" if one.reason and one.latest else ""
        table.add_row(one.key, one.language, shown, one.status, f"{advice}{reason}".removeprefix(": "))
    return table
