"""Everything one person needs of a cluster behind one object: ask, listen, and list the servers."""

from __future__ import annotations

import time
from typing import Any

import zmq

from coreto.client.client import Client
from coreto.client.clocks import read_clocks, set_clock
from coreto.client.errors import UnreachableError
from coreto.client.inbox import InboxWorker, Received
from coreto.net.frames import DELIMITER
from coreto.net.sockets import Context, connected_socket, make_context
from coreto.texts import _
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.stamps import TimestampKind

REFERENCE_MS = 5000
"""Longest wait for an answer of the reference, in milliseconds."""


class NetworkChat(Client):
    """A client that also follows topics and knows the reference."""

    def __init__(
        self,
        *,
        broker: str,
        proxy: str,
        reference: str,
        context: Context | None = None,
        timestamp: TimestampKind = "float",
    ) -> None:
        self._mine = context is None
        shared = context or make_context()
        super().__init__(broker, context=shared, timestamp=timestamp)
        self._shared = shared
        self._reference = reference
        self._inbox = InboxWorker(shared, proxy, broker, timestamp)
        self._inbox.start()

    def servers(self) -> list[dict[str, Any]]:
        """Return the reference's list of live servers."""
        return list(ask_reference(self._context, self._reference, "list", self._timestamp).get("list", []))

    def clocks(self) -> list[dict[str, Any]]:
        """Return a row for the clock of each live server."""
        return read_clocks(self._context, self.servers())

    def set_clock(self, wanted: str, moment: float) -> tuple[str, float]:
        """Set the clock of a server, given by name or rank, to Unix seconds; return its name and what it reads."""
        return set_clock(self._context, self.servers(), wanted, moment)

    def subscribe(self, topic: str, *, direct: bool = False) -> None:
        """Begin to follow a channel, or with `direct` a user's own topic."""
        self._inbox.follow(topic, direct=direct)

    def unsubscribe(self, topic: str) -> None:
        """Stop following a topic."""
        self._inbox.leave(topic)

    def received(self) -> list[Received]:
        """Return the messages that arrived since the last call; never waits."""
        return self._inbox.received()

    def close(self) -> None:
        """Stop listening and give back every socket; a second time does nothing."""
        self._inbox.stop()
        self._inbox.join()
        super().close()
        if self._mine:
            self._shared.term()


def ask_reference(context: Context, address: str, service: str, timestamp: TimestampKind = "float") -> dict[str, Any]:
    """Ask the reference one thing that needs no data; raise `UnreachableError` when it does not answer."""
    socket = connected_socket(context, zmq.DEALER, address, patient=True)
    try:
        socket.send_multipart((DELIMITER, write_request(service, {}, 1, time.time(), timestamp)))
        if not socket.poll(REFERENCE_MS):
            raise UnreachableError(
                _(
                    "The reference does not answer at {address}: say where it is with --reference.",
                    address=address,
                )
            )
        return read_reply(socket.recv_multipart()[-1])[1]
    finally:
        socket.close()
