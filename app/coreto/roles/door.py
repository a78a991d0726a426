"""What anybody asks at a server's open port: so much of it that the server still has time for its own work."""

from __future__ import annotations

from collections.abc import Iterator

from coreto.machines.answers import error_data, reply_service
from coreto.machines.effects import Route
from coreto.machines.manners import Manners
from coreto.machines.node import Node
from coreto.roles.server_lines import Asked, ServerLines
from coreto.wire.envelope import Incoming, read, write

_CONNECTION = 1
"""Where the connection stands in a route: behind the mark of the port."""


class Door:
    """Belongs to one life of a server, in its thread."""

    def __init__(self, node: Node, lines: ServerLines, rate: float, *, wide: bool) -> None:
        """`rate`: requests a second from one connection, 0 for any number."""
        self._node = node
        self._lines = lines
        self._wide = wide
        self._manners: Manners[tuple[Route, Incoming]] = Manners(rate)

    def asked(self, now: float) -> Iterator[Asked]:
        """Yield what may be asked now; the rest is answered `overloaded`, as at the broker."""
        for route, raw in self._lines.from_outside():
            if self._manners.admits(route[_CONNECTION], now):
                yield route, raw
            else:
                self._manners.refuse(route[_CONNECTION], (route, read(raw, wide=self._wide)), now)
        for route, incoming in self._manners.due(now):
            self._refuse(route, incoming, now)

    def deadline(self) -> float:
        """Return when the next refusal is due."""
        return self._manners.deadline()

    def _refuse(self, route: Route, incoming: Incoming, now: float) -> None:
        node = self._node
        data = error_data("overloaded", "overloaded", node.catalogue)
        stamps = node.lamport.send(), node.clock.read(now)
        self._lines.reply(route, write(incoming.shape, reply_service(incoming), data, *stamps))
