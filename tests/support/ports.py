"""Free ports on the loopback interface.

A port is free at one moment and bound at a later one; where tests run in several processes at once,
each process therefore looks in a share of its own.
"""

import os
import random
import socket

OFFSETS = (*range(7), 13, 14, *range(46, 52))
"""What the all-in-one binds above its base port, with room for six servers."""
SPAN = 55
"""Ports from a base port on that are its own."""
ATTEMPTS = 100
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
"""Which of the processes that run tests this is, as pytest-xdist tells them."""


def share(ports: range) -> range:
    """Return the part of these ports that this process may give."""
    size = len(ports) // WORKERS
    return ports[WORKER * size : (WORKER + 1) * size]


SINGLES = share(range(10_000, 20_000))
BASES = share(range(20_000, 32_000))
"""Below the ports that systems hand out themselves: one of those may be taken by any connection before it is bound."""

_chance = random.SystemRandom()
_given: set[int] = set()
"""Single ports handed out already: two roles of one test must not be given the same."""


def free_base_port() -> int:
    """Return a base port whose whole range is free at this moment."""
    for _ in range(ATTEMPTS):
        base = _chance.choice(BASES[:-SPAN])
        if all(is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError(f"no free range of ports found in {ATTEMPTS} attempts")


def free_port() -> int:
    """Return a port that is free at this moment, and that nobody here was given before."""
    for _ in range(ATTEMPTS):
        port = _chance.choice(SINGLES)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise AssertionError(f"no free port found in {ATTEMPTS} attempts")


def is_free(port: int) -> bool:
    """Whether the port can be bound on 127.0.0.1."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
