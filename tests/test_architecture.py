"""Who imports whom: the table in bot/README.md, and nothing else. Lazy imports count like any other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bot", "conversations", "tests")
ANYTHING = "anything"


def _modules() -> Mapping[str, Path]:
    paths = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "conversations").glob("*.py")]
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in named.items() if "versions" not in name}


MODULES = _modules()


def _imports(name: str, at_run_time: bool = False) -> Iterator[str]:
    """What of ours a module imports, anywhere in its source; with or without what only its types need."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if at_run_time and node in for_types:
            continue
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: imports are absolute"
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for one in found:
            if one.partition(".")[0] in OURS:
                module = one if one in MODULES else one.rpartition(".")[0]
                if module != name:
                    yield module


GRAPH = {name: frozenset(_imports(name)) for name in MODULES}
AT_RUN_TIME = {name: frozenset(_imports(name, at_run_time=True)) for name in MODULES}


def _table() -> Mapping[str, tuple[list[str], list[str]]]:
    """Part → the patterns of its files, and the parts that it imports."""
    text = (ROOT / "bot" / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Who imports whom")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {
        part: (re.findall(r"`([^`]+)`", files), [] if imports == "–" else imports.split(", "))
        for part, files, imports in rows[2:]
    }


TABLE = _table()


def _file(module: str) -> str:
    return MODULES[module].relative_to(ROOT).as_posix().removeprefix("bot/")


def _part(module: str) -> str:
    file = _file(module)
    parts = [part for part, (patterns, _) in TABLE.items() if any(fnmatch(file, pattern) for pattern in patterns)]
    assert len(parts) == 1, f"{file} must stand in one row of the table in bot/README.md; it is in: {parts or 'none'}"
    return parts[0]


def test_every_file_has_its_place() -> None:
    for module in MODULES:
        _part(module)


def test_every_file_of_the_table_is_there() -> None:
    files = [_file(module) for module in MODULES]
    for part, (patterns, _) in TABLE.items():
        for pattern in patterns:
            assert any(fnmatch(file, pattern) for file in files), f"{part}: there is no {pattern}"


@pytest.mark.parametrize("part", TABLE)
def test_a_part_imports_what_the_table_says(part: str) -> None:
    told = TABLE[part][1]
    found: dict[str, str] = {}
    for module, imported in GRAPH.items():
        if _part(module) == part:
            for other in imported:
                found.setdefault(_part(other), f"{_file(module)} imports {_file(other)}")
    found.pop(part, None)
    if told == [ANYTHING]:
        return
    extra = [where for other, where in found.items() if other not in told]
    assert not extra, f"the table does not let {part} do this: {extra}"
    assert set(told) == found.keys(), (
        f"{part} does not import {sorted(set(told) - found.keys())}: take it off the table"
    )


def test_nothing_imports_in_a_circle() -> None:
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " → ".join([*way[way.index(module) :], module])
        if module not in done:
            for other in sorted(AT_RUN_TIME[module]):
                visit(other, (*way, module))
            done.add(module)

    for module in AT_RUN_TIME:
        visit(module, ())


def test_the_sandbox_is_an_independent_witness() -> None:
    for module, imported in GRAPH.items():
        if module.startswith("bot.sandbox"):
            assert all(other.startswith("bot.sandbox") for other in imported), f"{module} imports {set(imported)}"


def test_nobody_imports_a_conversation_by_name() -> None:
    for module, imported in GRAPH.items():
        if module.startswith("bot"):
            assert not any(other.startswith("conversations") for other in imported), module


def test_one_place_reads_the_environment() -> None:
    for module, path in MODULES.items():
        reads = re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
        assert reads is None or module == "bot.config", f"{module} reads the environment; bot/config.py does"


def test_files_stay_small() -> None:
    for module, path in MODULES.items():
        lines = path.read_text(encoding="utf-8").count("\n")
        # Every table in one place is one idea, however many there are.
        assert lines <= 400 or module == "bot.schema", f"{_file(module)} has {lines} lines: it has become two ideas"
