"""A port that was found free stays free until the server that it was chosen for listens."""

import socket
from pathlib import Path

import pytest

import ports


def test_no_port_is_given_twice_and_none_that_somebody_else_may_be_given() -> None:
    given = [ports.free_port() for _ in range(50)]
    assert len(set(given)) == 50
    anybodys = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if anybodys.exists():
        first, last = map(int, anybodys.read_text().split())
        assert not set(given) & set(range(first, last + 1))


def test_a_port_on_which_somebody_listens_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_given", set())
    with socket.create_server(("127.0.0.1", ports.free_port())) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "CHOICE", range(port, port + 1))
        monkeypatch.setattr(ports, "_given", set())
        with pytest.raises(OSError, match=f"No port from {port} to {port + 1} is free; 1 were tried"):
            ports.free_port()
