"""What the documents say is there: commands, settings, files."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from bot.commands.commands import app
from bot.config import Settings

ROOT = Path(__file__).parent.parent
DOCS = sorted(path for path in ROOT.glob("**/*.md") if not any(part.startswith(".") for part in path.parts[1:]))
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SETTINGS = [name.upper() for name in Settings.model_fields]
EXAMPLES = ("meeting",)
"""What the documents make up to show something."""


def _commands() -> Iterator[list[str]]:
    """The lines of the documents' shell blocks."""
    for path in DOCS:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            for line in block.splitlines():
                if line.strip():
                    yield shlex.split(line, comments=True)


COMMANDS = list(_commands())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_exists(words: list[str]) -> None:
    name = words[0].rpartition("/")[2]
    if name == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert words[1] in targets
    elif name == "pijar":
        known = get_command(app).commands  # type: ignore[attr-defined]
        assert words[1] in known
        options = {option for one in known[words[1]].params for option in one.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options
    else:
        assert name in ("cp", "git", "pip", "sudo", "python", "openssl")


def test_every_command_of_ours_is_in_the_readme() -> None:
    told = {words[1] for words in COMMANDS if words[0].endswith("pijar")}
    assert get_command(app).commands.keys() - told - {"demo"} == set()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_in_the_readme_and_in_the_example(name: str) -> None:
    assert re.search(rf"\b{name}\b", README)
    assert re.search(rf"^{name}=", EXAMPLE, re.MULTILINE)


def test_the_documents_name_no_other_setting() -> None:
    assert set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == set(SETTINGS)
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)", README))
    assert named <= set(SETTINGS)


def test_each_setting_of_the_example_is_explained() -> None:
    explained = False
    for line in EXAMPLE.splitlines():
        explained = line.startswith("#") or (explained and bool(line))
        assert explained or not line, f"{line}: a comment above says what it is"


def _files(path: Path) -> Iterator[str]:
    """What a document names as a file of ours: in backticks, with a folder, or as a link."""
    text = path.read_text(encoding="utf-8")
    yield from re.findall(r"`((?:bot|conversations|locales|tests|data)/[\w./-]*)`", text)
    for link in re.findall(r"\]\(([^):#]+)\)", text):
        yield (path.parent / link).resolve().relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_named_files_exist(path: Path) -> None:
    missing = [name for name in _files(path) if not (ROOT / name).exists() and Path(name).stem not in EXAMPLES]
    assert missing == []


SNIPPETS = [
    (path, block)
    for path in DOCS
    for block in re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
]


@pytest.mark.parametrize(("path", "snippet"), SNIPPETS, ids=[path.parent.name for path, _ in SNIPPETS])
def test_a_snippet_uses_what_there_is(path: Path, snippet: str) -> None:
    """Its imports from the author's page, and the methods of the chat that it calls."""
    from bot import author

    for node in ast.walk(ast.parse(snippet)):
        if isinstance(node, ast.ImportFrom) and node.module == "bot.author":
            assert {one.name for one in node.names} <= set(author.__all__)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "chat":
            assert node.attr in dir(author.Chat) or node.attr in ("speaker", "now", "given", "talk")


def test_constraints_name_exact_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


def test_what_is_installed_is_what_is_pinned() -> None:
    from importlib.metadata import PackageNotFoundError, version

    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split():
        name, _, pinned = line.partition("==")
        try:
            assert version(name) == pinned, name
        except PackageNotFoundError:
            continue
