"""The bot as a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import service


def test_one_process_serves_a_database(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/var/pijar.db"
    with service.alone(url):
        with pytest.raises(service.NotAlone, match="Stop that one first"), service.alone(url):
            pass
        with service.alone(f"sqlite+aiosqlite:///{tmp_path}/other.db"):
            pass
    with service.alone(url):
        pass
