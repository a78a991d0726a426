"""The connections of one server to its peers, and the monitors that tell when one breaks (rule E5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import msgspec
import zmq

from coreto.net.links import Link
from coreto.net.security import ClusterKey, inner_address
from coreto.net.sockets import AddressError, Context, Socket, connected_socket, receive_all
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX

PEERS_MAX = 128
"""Connections kept at once: more than that many servers are no cluster, but somebody's inventions."""
LAST_MS = 200
"""How long what is said last may still leave after the connection is closed."""


class _Peer(msgspec.Struct):
    name: str
    dealer: Socket
    monitor: Socket
    link: Link
    used: int = 0
    """Which of all sendings was the last to it."""


class Peers:
    """A DEALER to each peer, made, used and closed in the thread of `worker`."""

    def __init__(self, worker: Worker, context: Context, key: ClusterKey | None) -> None:
        self._worker = worker
        self._context = context
        self._key = key
        self._peers: dict[str, _Peer] = {}
        self._sendings = 0
        self.kept: Callable[[], Collection[str]] = frozenset
        """Replica ids of those who are never given up for others: voters, as soon as we know them."""

    def meet(self, replica: str, name: str, address: str) -> None:
        """Connect to a peer; an earlier connection to it is given up, and for too many that which is used least."""
        self._leave(replica)
        self._make_room()
        try:
            inner = inner_address(address, self._key)
            dealer = connected_socket(self._context, zmq.DEALER, inner, key=self._key)
        except (AddressError, ValueError):
            # The reference may have been told nonsense; the peer is out of reach until it is told better.
            return
        monitor = self._worker.listen(dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED), hears_only=True)
        link = self._worker.link(dealer, name, address)
        self._peers[replica] = _Peer(name, dealer, monitor, link, self._sendings)

    def send(self, replica: str, frame: bytes) -> None:
        """Send to a peer; what cannot leave now is dropped, the protocol repeats what matters."""
        peer = self._peers.get(replica)
        if peer is not None:
            self._sendings += 1
            peer.used = self._sendings
            peer.link.send(frame)

    def send_last(self, replica: str, frame: bytes) -> None:
        """Send to a peer right before the end: the message may still leave for a moment."""
        peer = self._peers.get(replica)
        if peer is not None:
            peer.dealer.linger = LAST_MS
            peer.link.send(frame)

    def find(self, name: str) -> str:
        """Return the replica id of the peer with this name, nothing when there is none."""
        return next((replica for replica, peer in self._peers.items() if peer.name == name), "")

    def broken(self, ready: set[Socket]) -> Iterator[str]:
        """Yield the replica ids whose connection broke since the last call."""
        for replica, peer in self._peers.items():
            if peer.monitor in ready and receive_all(peer.monitor, DRAIN_MAX):
                yield replica

    def close(self) -> None:
        """Give up every connection."""
        for replica in list(self._peers):
            self._leave(replica)

    def _make_room(self) -> None:
        """Give up who was sent to longest ago; who greets us once and is no server is never sent to again."""
        if len(self._peers) >= PEERS_MAX:
            kept = self.kept()
            others = [replica for replica in self._peers if replica not in kept]
            if others:
                self._leave(min(others, key=lambda replica: self._peers[replica].used))

    def _leave(self, replica: str) -> None:
        peer = self._peers.pop(replica, None)
        if peer is not None:
            peer.dealer.disable_monitor()
            self._worker.drop(peer.monitor)
            self._worker.unlink(peer.link)
            peer.dealer.close()
