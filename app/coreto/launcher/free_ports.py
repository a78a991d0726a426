"""A range of ports that nobody uses, for a cluster that nobody else has to find."""

from __future__ import annotations

import socket

from coreto.launcher import addresses as ports

OFFSETS = (
    *range(ports.BACKEND + 1),
    *ports.VIEWS.values(),
    *range(ports.FIRST_SERVER + 1, ports.FIRST_SERVER + ports.SERVERS_MAX + 1),
)
"""Everything that an all-in-one cluster may bind above its base port."""
ATTEMPTS = 100
"""Ports in use are few; so many misses in a row mean that there are none."""


def free_base_port(host: str) -> int:
    """Return a base port, near one the system chose, whose range is free on `host` at this moment.

    Raises `OSError` when there is none.
    """
    for _attempt in range(ATTEMPTS):
        with socket.socket() as probe:
            probe.bind((host, 0))
            base = min(int(probe.getsockname()[1]), ports.BASE_PORT_MAX)
        if all(is_free(host, base + offset) for offset in OFFSETS):
            return base
    raise OSError(f"no free range of ports on {host}")


def is_free(host: str, port: int) -> bool:
    """Return whether the port could be bound."""
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
