"""`pijar check`: what is wrong in conversations and catalogues, and what would be asked of people half-way."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

from bot import repertoire, running
from bot.commands import lint
from bot.commands.rehearsal import Finding, rehearse
from bot.config import Settings
from bot.questions import marts, places
from bot.records import people
from bot.texts import Texts
from bot.turns.composing import Composer
from bot.turns.hearing import Ears
from bot.turns.scene import Scene


def run(database: bool) -> int:
    """Print what there is to say; 0 where nothing is wrong. Raises BadData where the marts cannot be read."""
    marts.everywhere()
    texts = Texts.load(running.LOCALES)
    problems = lint.problems(texts)
    for problem in problems:
        print(problem)
    for domain, key in lint.unused(texts):
        print(f"locales/*/LC_MESSAGES/{domain}.po: {key!r} is used nowhere; pijar texts marks it")
    print(f"{len(problems) or 'No'} problem{'s' * (len(problems) != 1)} in {len(repertoire.load())} conversations.")
    if not database:
        return 1 if problems else 0
    findings = _rehearse(Settings.load(), texts)
    for one in findings:
        print(f"{'!' if one.serious else ' '} talk {one.talk} ({one.conversation}): {one.told}")
    print(f"{len(findings) or 'No'} waiting talk{'s' * (len(findings) != 1)} would go another way.")
    return 1 if problems or any(one.serious for one in findings) else 0


def _rehearse(settings: Settings, texts: Texts) -> list[Finding]:
    people.seal_with(settings.secret_keys)
    by_name = {one.name: one for one in repertoire.load()}
    scene = Scene(by_name, Ears(by_name.values()), Composer(texts, running.facts(settings)), places.zone)
    found = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("Replaying waiting talks", total=None)
        for done, total, finding in rehearse(settings.database_url, scene, texts):
            bar.update(shown, completed=done, total=total)
            if finding is not None:
                found.append(finding)
    return found
