"""Questions of a server to others at their own ports: course requests to addresses from the reference's list."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import zmq

from coreto.net.frames import DELIMITER
from coreto.net.security import ClusterKey, inner_address
from coreto.net.sockets import AddressError, Context, Socket, connected_socket, receive_all, send
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX

STRANGERS_MAX = 32
"""Connections kept at once; the one made first goes when there are more."""


class _Stranger(msgspec.Struct, eq=False):
    dealer: Socket
    number: int | None = None
    """The question it has not answered."""


class Strangers:
    """A DEALER to each address, with one question at a time: answers of the course carry no number.

    A question to an address whose last one is unanswered is asked over a new connection, so that
    a late answer is not taken for that of the new question.
    """

    def __init__(self, worker: Worker, context: Context, key: ClusterKey | None = None) -> None:
        """With a key, only servers that hold it are asked, and where peers meet."""
        self._worker = worker
        self._context = context
        self._key = key
        self._strangers: dict[str, _Stranger] = {}

    def ask(self, address: str, number: int, body: bytes) -> None:
        """Send a request; an address that is none is never answered."""
        stranger = self._strangers.get(address)
        if stranger is not None and stranger.number is not None:
            self._leave(address)
            stranger = None
        stranger = stranger or self._meet(address)
        if stranger is not None:
            stranger.number = number
            send(stranger.dealer, (DELIMITER, body))

    def answers(self, ready: set[Socket]) -> Iterator[tuple[int, bytes]]:
        """Yield the answers that arrived, each with the number of its question."""
        for stranger in list(self._strangers.values()):
            if stranger.dealer not in ready:
                continue
            for frames in receive_all(stranger.dealer, DRAIN_MAX):
                if stranger.number is not None:
                    yield stranger.number, frames[-1]
                stranger.number = None

    def _meet(self, address: str) -> _Stranger | None:
        try:
            inner = inner_address(address, self._key)
            dealer = connected_socket(self._context, zmq.DEALER, inner, patient=True, key=self._key)
        except (AddressError, ValueError):
            return None
        if len(self._strangers) >= STRANGERS_MAX:
            self._leave(next(iter(self._strangers)))
        made = self._strangers[address] = _Stranger(self._worker.listen(dealer))
        return made

    def _leave(self, address: str) -> None:
        self._worker.drop(self._strangers.pop(address).dealer)
