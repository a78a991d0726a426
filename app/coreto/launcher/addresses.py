"""Which role binds where: `inproc` inside the process, TCP on loopback for everybody else (design.md §5, §9)."""

from __future__ import annotations

from typing import Literal

import msgspec

Transport = Literal["inproc", "tcp", "both"]

BROKER, FOREIGN_BACKEND, XSUB, XPUB, REFERENCE_OTHER, REFERENCE, BACKEND = range(7)
"""Ports above the base port; the order is the course's: 5555 to 5560, and 5561 for our servers."""
FIRST_SERVER = 45
"""Servers listen at base port + this + their place: 5601 and up."""
BASE_PORT = 5555
SERVERS_MAX = 9
"""Most servers of the all-in-one: more would only share two cores."""
BASE_PORT_MAX = 65535 - FIRST_SERVER - SERVERS_MAX


class Addresses(msgspec.Struct, frozen=True):
    """Every address of an all-in-one cluster."""

    transport: Transport
    host: str
    base_port: int

    def bind(self, name: str, *ports: int) -> list[str]:
        """Return what the role `name` binds, given its ports above the base."""
        inside = [f"inproc://{name}"] if self.transport != "tcp" else []
        outside = [self.tcp(port) for port in ports] if self.transport != "inproc" else []
        return inside + outside

    def near(self, name: str, port: int) -> str:
        """Return how a role of this process reaches another."""
        return f"inproc://{name}" if self.transport != "tcp" else self.tcp(port)

    def far(self, name: str, port: int) -> str:
        """Return how others reach a role."""
        return self.tcp(port) if self.transport != "inproc" else f"inproc://{name}"

    def tcp(self, port: int) -> str:
        """Return the TCP address of a port above the base."""
        return f"tcp://{self.host}:{self.base_port + port}"
