"""Which templates the code names, read off its source: for the lint, and to keep the catalogues in step.

Sees what stands there as text, and constants that it names; what is put together at run time it sees in part
("card.…") or not at all. Runs no conversation.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bot import courses
from bot.questions.asking import Option
from bot.texts import COMMON

ROOT = Path(__file__).parent.parent.parent
BUTTON = 20
ROW = 24
"""Most characters of a button's label, and of a list's row (platform.md 2.6, 4)."""
BUTTONS = 3
"""Up to so many options are buttons on WhatsApp."""

_ASKS = ("ask", "choose", "choose_many", "review")
_OWN = {"about", "optional", "default", "given", "exact", "also"}
"""Arguments of a question that are not values of its template."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A template that is named at `place`. It has to be in each of `domains`, or in `bot`."""

    domains: tuple[str, ...]
    key: str
    place: str
    given: frozenset[str] | None = None
    """The values it is given there; None where that cannot be seen."""
    longest: int = 0
    """Most characters that it may have; 0 for any number."""
    begins: bool = False
    """True: only the key's beginning is known."""


def mentions(root: Path = ROOT) -> list[Mention]:
    """Every template named in conversations/ and in the engine."""
    found: list[Mention] = []
    for path in sorted((root / "conversations").glob("*.py")):
        found += _Conversations(path, importlib.import_module(f"conversations.{path.stem}")).mentions()
    for path in sorted(sources(root / "bot")):
        found += _engine(path, root)
    return found


def sources(folder: Path) -> Iterator[Path]:
    """The files of the bot that can name a template: all but the sandbox and the migrations."""
    for path in folder.rglob("*.py"):
        if not {"sandbox", "migrations"} & set(path.relative_to(folder).parts):
            yield path


def words(root: Path = ROOT) -> tuple[frozenset[str], tuple[str, ...]]:
    """Every text constant of the code and name of the courses, and the beginnings of those that are put together."""
    whole: set[str] = set(courses.names())
    begun: set[str] = set()
    for path in [*(root / "conversations").glob("*.py"), *sources(root / "bot")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 60:
                whole.update(node.value.split(".") if " " not in node.value else node.value.split())
    return frozenset(whole), tuple(sorted(begun - {""}))


class _Conversations:
    """One file of conversations/."""

    def __init__(self, path: Path, module: ModuleType) -> None:
        self.path = path
        self.module = module
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {
            node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    def mentions(self) -> Iterator[Mention]:
        reached = self._reached()
        for node in self.tree.body:
            domains = tuple(sorted(reached.get(getattr(node, "name", ""), ()))) or (COMMON,)
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                yield from self._call(call, domains)

    def _reached(self) -> Mapping[str, set[str]]:
        """For each function of the file the conversations that come to it."""
        reached: dict[str, set[str]] = {}
        for name, node in self.functions.items():
            domain = _decorated(node)
            waiting = [name] if domain else []
            while waiting:
                current = waiting.pop()
                if domain not in reached.setdefault(current, set()):
                    reached[current].add(domain)
                    called = {inner.id for inner in ast.walk(self.functions[current]) if isinstance(inner, ast.Name)}
                    waiting += sorted(called & self.functions.keys())
        return reached

    def _call(self, call: ast.Call, domains: tuple[str, ...]) -> Iterator[Mention]:
        method = call.func
        if not (isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.value.id == "chat"):
            return
        place = f"conversations/{self.path.name}:{call.lineno}"
        if not call.args or method.attr not in ("say", "offer", "pin", "write", *_ASKS):
            return
        given = _given(call)
        for key, begins in _keys(call.args[0]):
            yield Mention(domains, key, place, given, BUTTON if method.attr == "offer" else 0, begins)
            if method.attr == "review":
                yield Mention(domains, f"{key}.send", place, longest=BUTTON)
            elif method.attr in ("choose", "choose_many") and len(call.args) > 1:
                values, all_of_them = self._options(call.args[1])
                longest = BUTTON if all_of_them and len(values) <= BUTTONS else ROW
                for value in values:
                    yield Mention(domains, f"{key}.{value}", place, frozenset(), longest)

    def _options(self, node: ast.expr) -> tuple[list[str], bool]:
        """The options that need a label of ours, and whether these are all."""
        if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.func, ast.Name):
            node = node.args[0]  # list(OPTIONS)
        if isinstance(node, ast.List | ast.Tuple):
            values, whole = [], True
            for element in node.elts:
                inner = element.value if isinstance(element, ast.Starred) else element
                found = self._constant(inner)
                whole = whole and found is not None
                values += found or []
            return values, whole
        found = self._constant(node)
        return found or [], found is not None

    def _constant(self, node: ast.expr) -> list[str] | None:
        """The text, or texts, of a constant: written there, or a name of this file or of one that it imports."""
        value: Any = None
        if isinstance(node, ast.Constant):
            value = node.value
        elif isinstance(node, ast.Name):
            value = getattr(self.module, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            value = getattr(getattr(self.module, node.value.id, None), node.attr, None)
        if isinstance(value, Option) and value.label is None:
            value = value.value
        if isinstance(value, str):
            return [value]
        if isinstance(value, Sequence | Mapping | frozenset) and value and all(isinstance(one, str) for one in value):
            return list(value)
        return None


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The catalogue of the conversation that this function is, if it is one."""
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "conversation":
            texts = [keyword.value for keyword in one.keywords if keyword.arg == "texts"]
            name = (*texts, one.args[0])[0]
            return str(name.value) if isinstance(name, ast.Constant) else ""
    return ""


def _given(call: ast.Call) -> frozenset[str] | None:
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else frozenset(str(name) for name in names - _OWN)


def _keys(node: ast.expr) -> Iterator[tuple[str, bool]]:
    """The keys that an expression may be, each with whether it is only a beginning."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, False
    elif isinstance(node, ast.IfExp):
        yield from _keys(node.body)
        yield from _keys(node.orelse)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value), True


def _engine(path: Path, root: Path) -> Iterator[Mention]:
    """`say("key")`, `say(language, DOMAIN, "key", …)`, `tell(tx, account, DOMAIN, "key", …)`, `Rejected("reason")`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {"COMMON": COMMON}
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.targets[0], ast.Name)
        ):
            names[node.targets[0].id] = str(node.value.value)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        place = f"{path.relative_to(root)}:{call.lineno}"
        if called == "Rejected" and call.args:
            for key, begins in _keys(call.args[0]):
                yield Mention((COMMON,), f"rejected.{key}", place, begins=begins)
        elif called in ("say", "tell", "wait", "repeat"):
            yield from _said(call, names, place)


def _said(call: ast.Call, names: Mapping[str, str], place: str) -> Iterator[Mention]:
    domain = COMMON
    rest = list(call.args)
    for at, node in enumerate(rest):
        if isinstance(node, ast.Name) and node.id in names and node.id.isupper():
            domain, rest = names[node.id], rest[at + 1 : at + 2]
            break
    else:
        rest = [node for node in rest[:1] if isinstance(node, ast.Constant)]
    for node in rest:
        for key, begins in _keys(node):
            yield Mention((domain,), key, place, begins=begins)
