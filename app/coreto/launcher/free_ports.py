"""A range of ports that nobody uses, for a cluster that nobody else has to find."""

from __future__ import annotations

import os
import random
import socket

from coreto.launcher import addresses as ports
from coreto.texts import _

OFFSETS = (
    *range(ports.BACKEND + 1),
    *ports.VIEWS.values(),
    *range(ports.FIRST_SERVER + 1, ports.FIRST_SERVER + ports.SERVERS_MAX + 1),
)
"""Everything that an all-in-one cluster may bind above its base port."""
ATTEMPTS = 100
"""Ranges looked at."""
LOWEST, HIGHEST = 10_000, 32_000
"""Below the ports that systems give out themselves: any program's next connection may take one of those."""

_chance = random.SystemRandom()


def free_base_port(host: str) -> int:
    """Return a base port, chosen by chance, whose range is free on `host` at this moment.

    Raises `OSError` when there is none.
    """
    for _attempt in range(ATTEMPTS):
        base = _chance.randrange(LOWEST, HIGHEST)
        if all(is_free(host, base + offset) for offset in OFFSETS):
            return base
    raise OSError(_("There is no free range of ports on {host}: end what listens there.", host=host))


def is_free(host: str, port: int) -> bool:
    """Return whether somebody could listen on the port; ends of old connections hinder nobody."""
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere this would take a port from whoever has it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
