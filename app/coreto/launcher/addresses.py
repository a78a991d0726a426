"""Which role binds where: `inproc` inside the process, TCP on loopback for everybody else (design.md §5, §9)."""

from __future__ import annotations

from typing import Literal

import msgspec

from coreto.net.reach import EVERY_INTERFACE, INTERNET, LOOPBACK, is_loopback, own_host

Transport = Literal["inproc", "tcp", "both"]

BROKER, FOREIGN_BACKEND, XSUB, XPUB, REFERENCE_OTHER, REFERENCE, BACKEND = range(7)
"""Ports above the base port; the order is the course's: 5555 to 5560, and 5561 for our servers."""
VIEWS = {"text": 13, "json": 14}
"""Where the view of each shape is found above the base port: 5568 and 5569."""
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

    @property
    def is_open(self) -> bool:
        """Whether other machines reach the cluster."""
        return self.transport != "inproc" and not is_loopback(self.host)

    def near(self, name: str, port: int) -> str:
        """Return how a role of this machine reaches another."""
        host = LOOPBACK if self.host in EVERY_INTERFACE else self.host
        return f"inproc://{name}" if self.transport != "tcp" else self.tcp(port, host)

    def beside(self, name: str, port: int) -> str:
        """Return how a client in this process reaches a role: by TCP where there is any, as that connects again."""
        host = LOOPBACK if self.host in EVERY_INTERFACE else self.host
        return f"inproc://{name}" if self.transport == "inproc" else self.tcp(port, host)

    def far(self, name: str, port: int) -> str:
        """Return how others reach a role."""
        host = own_host(INTERNET) if self.host in EVERY_INTERFACE else self.host
        return self.tcp(port, host) if self.transport != "inproc" else f"inproc://{name}"

    def tcp(self, port: int, host: str = "") -> str:
        """Return the TCP address of a port above the base, as it is bound or at another name of its host."""
        return f"tcp://{host or self.host}:{self.base_port + port}"
