"""Who listens at a port, and to what: an XPUB that knows which connection follows which topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import zmq

from coreto.machines.visitors import Audience, Visitors
from coreto.net.doorkeeper import Doorkeeper, show_out
from coreto.net.sockets import Context, Socket, bind, bound_socket
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX
from coreto.wire.limits import SUBSCRIPTION_BYTES

_SUBSCRIBE, _UNSUBSCRIBE = b"\x01", b"\x00"
"""How an XPUB begins what it says of a topic."""


class Listeners:
    """The outer side of a proxy or a view, in its thread."""

    def __init__(self, worker: Worker, context: Context, addresses: Sequence[str], flag: str, *, watch: bool) -> None:
        """Bind; with `watch`, listeners have limits (`machines.visitors`). Raise `AddressError`."""
        self.socket: Socket = worker.listen(bound_socket(context, zmq.XPUB, (), flag, from_clients=True))
        self.socket.xpub_verboser = True
        self.socket.maxmsgsize = SUBSCRIPTION_BYTES
        self._doorkeeper = Doorkeeper(worker, context, self.socket) if watch else None
        self._audience = Audience(self._doorkeeper.visitors if self._doorkeeper else Visitors())
        for address in addresses:
            bind(self.socket, address, flag)

    def changes(self) -> Iterator[bytes]:
        """Yield what the XPUB says of each topic that somebody follows now, or nobody any more."""
        self._look()
        for _ in range(DRAIN_MAX):
            if not self.socket.poll(0):
                return
            frame = self.socket.recv(zmq.DONTWAIT, copy=False)
            said = frame.bytes
            if self._is_news(said[:1], said[1:], _connection(frame)):
                yield said

    def close(self) -> None:
        """Stop watching before the socket closes."""
        if self._doorkeeper:
            self._doorkeeper.close()

    def _look(self) -> None:
        if self._doorkeeper:
            self._doorkeeper.look()

    def _is_news(self, begin: bytes, topic: bytes, number: int | None) -> bool:
        """Note what a listener says; whether it is the first, or was the last, that follows the topic."""
        if begin == _SUBSCRIBE:
            self._look()  # a connection is told of before what it says: what it follows counts from the first on
            if not self._audience.subscribe(number, topic) and number is not None:
                show_out(number)
            return self._audience.wants(topic) == 1
        if begin == _UNSUBSCRIBE:
            self._audience.unsubscribe(number, topic)
            return not self._audience.wants(topic)
        return False


def _connection(frame: zmq.Frame) -> int | None:
    """Return the file descriptor of the connection a frame came by; None at its end, and inside this process."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return None
