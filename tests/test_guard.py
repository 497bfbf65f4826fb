"""The guard of the tests themselves: nothing leaves this machine."""

from __future__ import annotations

import socket

import pytest

from tests import conftest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_a_way_out_is_closed(host: str) -> None:
    with pytest.raises(conftest.LeftTheMachine):
        socket.create_connection((host, 80), 1)
    assert host in conftest.outside
    conftest.outside.clear()


def test_this_machine_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 1):
        assert conftest.outside == []
