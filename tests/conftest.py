"""What holds for every test: nothing leaves this machine, and in CI nothing that needs a browser is left out."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot import migrate
from bot.store import Store
from tests import rows

outside: list[str] = []
"""Where somebody wanted to connect to, besides this machine."""


class LeftTheMachine(OSError):
    """A test wanted to speak to somebody outside; use the sandbox."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes what was said into the transcripts, to be looked at as a diff."""
    parser.addoption("--update", action="store_true", help="rewrite the expected lines of transcripts")
    parser.addoption(
        "--every-way", action="store_true", help="play each transcript once, twice and fresh, on both channels"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: a third of the time a test waits for a socket or for the disk."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_configure(config: pytest.Config) -> None:
    """Close the ways out."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    resolve = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        _stay(host)
        return resolve(host, *rest, **more)

    socket.getaddrinfo = resolved


def _guarded(connect: Any) -> Any:
    def stays(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _stay(address[0])
        return connect(self, address)

    return stays


def _stay(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name != "localhost" and not _is_loopback(name):
        outside.append(name)
        raise LeftTheMachine(f"{name} is not this machine")


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True)
def _nothing_leaves() -> Iterator[None]:
    """Fail a test that tried to leave, also where the code under test has swallowed the error."""
    outside.clear()
    yield
    assert not outside, f"these are not this machine: {outside}; use the sandbox"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that wants Chromium and finds none has failed."""
    report = yield
    if report.skipped and os.environ.get("CI") and "Chromium" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run where CI is set: install Chromium"
    return report


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "pijar.db"
    migrate.ensure(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def database(_empty: Path, tmp_path: Path) -> Path:
    """A migrated database with nothing in it."""
    path = tmp_path / "pijar.db"
    path.write_bytes(_empty.read_bytes())
    return path


@pytest_asyncio.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """That of tests/rows.py: a clock that stands still, and two accounts."""
    async with rows.opened(database) as opened:
        yield opened
