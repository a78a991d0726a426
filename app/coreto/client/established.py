"""Waiting until a coordinator is established: until a majority of the servers names the same one.

Each server is asked at its own address, again and again; what one said a while ago does not count.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import zmq

from coreto.client.errors import TimedOutError
from coreto.net.frames import DELIMITER
from coreto.net.sockets import Context, Socket, connected_socket, receive_all, send
from coreto.texts import _
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request

ASK_AGAIN = 0.2
"""Seconds between two questions to a server."""
FRESH = 1.0
"""Seconds for which an answer counts: some questions may be lost, but a server that died must not be believed."""
DRAIN_MAX = 64


def wait_established(context: Context, addresses: Mapping[str, str], seconds: float) -> str:
    """Return the name of the coordinator that most of the servers at `addresses` follow; raise `TimedOutError`."""
    survey = _Survey(context, addresses)
    deadline = time.monotonic() + seconds
    try:
        while True:
            survey.ask()
            name = survey.established()
            if name:
                return name
            if time.monotonic() >= deadline:
                raise TimedOutError(
                    _("No coordinator was established in {seconds} s: look with /status.", seconds=f"{seconds:g}")
                )
    finally:
        survey.close()


class _Survey:
    """A connection to every server, and what each said last."""

    def __init__(self, context: Context, addresses: Mapping[str, str]) -> None:
        self._sockets = {
            name: connected_socket(context, zmq.DEALER, address, patient=True) for name, address in addresses.items()
        }
        self._poller = zmq.Poller()
        for socket in self._sockets.values():
            self._poller.register(socket, zmq.POLLIN)
        self._said: dict[str, tuple[float, dict[str, Any]]] = {}

    def ask(self) -> None:
        """Ask everybody, and hear what is said until it is time to ask again."""
        for socket in self._sockets.values():
            send(socket, (DELIMITER, write_request("status", {}, 1, time.time())))
        until = time.monotonic() + ASK_AGAIN
        while (left := until - time.monotonic()) > 0:
            self._poller.poll(int(left * 1000) + 1)
            for name, socket in self._sockets.items():
                self._hear(name, socket)

    def established(self) -> str:
        """Return who is named by a majority and says so of itself, nothing when there is no such server."""
        now = time.monotonic()
        fresh = {name: said for name, (came, said) in self._said.items() if now - came <= FRESH}
        named = Counter(str(said.get("coordinator") or "") for said in fresh.values())
        for name, votes in named.most_common(1):
            leads = fresh.get(name, {}).get("role") == "coordinator"
            if name and leads and 2 * votes > len(self._sockets):
                return name
        return ""

    def close(self) -> None:
        """Give up the connections."""
        for socket in self._sockets.values():
            socket.close()

    def _hear(self, name: str, socket: Socket) -> None:
        for frames in receive_all(socket, DRAIN_MAX):
            try:
                self._said[name] = time.monotonic(), read_reply(frames[-1])[1]
            except UndecodableError:
                continue
