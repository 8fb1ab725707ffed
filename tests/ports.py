"""Ports for servers that a program of its own opens, some time after its port was chosen."""

import random
import socket

# Below those that a system gives to whoever asks for any (32768 and up on Linux, 49152 on macOS): a port found free
# there may be anybody's a second later, and a service of Airflow takes ten to begin to listen.
CHOICE = range(20_000, 32_000)

_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on and that this process was not given before.

    :raises OSError: None of a hundred is free.
    """
    left = [port for port in CHOICE if port not in _given]
    # Not by the seed that a test run gives everybody: two processes of it would choose alike.
    candidates = random.SystemRandom().sample(left, min(len(left), 100))
    for port in candidates:
        with socket.socket() as probe:
            # As servers do: a port on which connections of an ended one still linger is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise OSError(f"No port from {CHOICE.start} to {CHOICE.stop} is free; {len(candidates)} were tried.")
