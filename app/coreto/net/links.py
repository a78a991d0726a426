"""The link of one role to another: its socket, and a lane with the faults in force for each direction.

Both directions are judged at the same end, the one that knows both names: a server judges what it
sends to the broker and what it hears from it. A link knows nothing of what a message means.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import zmq

from coreto.net.faults import FaultTable
from coreto.net.lanes import Lane
from coreto.net.sockets import Frames, Socket, receive_all, send


class Link:
    """What `own` sends to `peer` and receives from it over one socket of `own`."""

    def __init__(
        self,
        socket: Socket,
        faults: FaultTable,
        own: str,
        peer: str,
        address: str = "",
        receive: Callable[[Socket, int], list[Frames]] = receive_all,
    ) -> None:
        """`address` is what the socket is connected to; nothing when it is bound.

        `receive` gives what has arrived on the socket.
        """
        self.peer = peer
        self.socket = socket
        self._address = address
        self._receive = receive
        self._out = Lane(faults, own, peer)
        self._in = Lane(faults, peer, own)

    def send(self, *frames: bytes) -> bool:
        """Send one message; return False if the peer is known to be gone. A fault looks like a loss."""
        if self._out.is_clear:
            return send(self.socket, frames)
        now = time.monotonic()
        self._out.put(list(frames), now)
        self.release(now)
        return True

    def receive(self, most: int) -> list[Frames]:
        """Return up to `most` messages that have arrived, and those held back whose moment has come."""
        arrived = self._receive(self.socket, most)
        if self._in.is_clear:
            return arrived
        now = time.monotonic()
        for frames in arrived:
            self._in.put(frames, now)
        return self._in.due(now)

    def release(self, now: float) -> None:
        """Send what was held back and is due."""
        for frames in self._out.due(now):
            send(self.socket, frames)

    def deadline(self) -> float:
        """Return when something held back is due next, in monotonic seconds; infinity for nothing."""
        return min(self._out.deadline(), self._in.deadline())

    def reconnect(self) -> None:
        """Connect to a peer that lives again: inside one process that does not happen by itself."""
        if self._address.startswith("inproc:"):
            with contextlib.suppress(zmq.ZMQError):  # nothing is left of the connection to its last life
                self.socket.disconnect(self._address)
            self.socket.connect(self._address)
