"""The proxy: every publication in, every publication out to who subscribed."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from coreto.net.orders import Mark, read_order
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context, Socket, bound_socket, inner_socket, send
from coreto.net.worker import PAUSE, RESUME, STOP, Worker
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.listeners import Listeners
from coreto.roles.role import Role

_WORDS = {STOP: b"TERMINATE", PAUSE: b"PAUSE", RESUME: b"RESUME"}
"""What libzmq's steerable proxy calls our orders; it would end at any other, and can follow none of them."""


class ProxyRole(Worker):
    """One thread inside `zmq_proxy_steerable`, which ends when told on its own control socket: libzmq carries."""

    def __init__(self, context: Context, xsub: Sequence[str], xpub: Sequence[str]) -> None:
        super().__init__("proxy", context)
        self._xsub_addresses = xsub
        self._xpub_addresses = xpub

    def open(self) -> None:
        """Bind both sides."""
        self._xsub = self.own(inner_socket(self._context, zmq.XSUB, self._xsub_addresses, "--xsub", None))
        self._xpub = self.own(bound_socket(self._context, zmq.XPUB, self._xpub_addresses, "--xpub", from_clients=True))

    def tell(self, message: bytes) -> None:
        """Translate the orders that libzmq knows into its words, and keep the others from it."""
        if message in _WORDS:
            super().tell(_WORDS[message])
        elif isinstance(order := read_order(message), Mark):
            self.on_mark(order.number)

    def loop(self, control: zmq.Socket[bytes]) -> None:
        """Carry until told to stop."""
        zmq.proxy_steerable(self._xsub, self._xpub, None, control)
        if self._killed.is_set():
            self.perish()


class GuardedProxyRole(Role):
    """The proxy that other machines reach: only those with the key publish, and subscribers have limits.

    It carries itself, as libzmq's own proxy would keep from us who subscribes to what.
    """

    def __init__(self, context: Context, xsub: Sequence[str], xpub: Sequence[str], key: ClusterKey) -> None:
        super().__init__("proxy", context)
        self._key = key
        self._xsub_addresses = xsub
        self._xpub_addresses = xpub

    def open(self) -> None:
        """Bind both sides."""
        self._xsub = self.listen(inner_socket(self._context, zmq.XSUB, self._xsub_addresses, "--xsub", self._key))
        self._listeners = Listeners(self, self._context, self._xpub_addresses, "--xpub", watch=True)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Carry publications to who subscribed, and subscriptions to who publishes."""
        for frames in self.receive(self._xsub, DRAIN_MAX):
            send(self._listeners.socket, frames)
        for said in self._listeners.changes():
            send(self._xsub, (said,))

    def close(self) -> None:
        """Stop watching before the sockets close."""
        if hasattr(self, "_listeners"):
            self._listeners.close()


def make_proxy(context: Context, xsub: Sequence[str], xpub: Sequence[str], key: ClusterKey | None) -> Worker:
    """Return the proxy of a cluster with or without a key."""
    return GuardedProxyRole(context, xsub, xpub, key) if key else ProxyRole(context, xsub, xpub)
