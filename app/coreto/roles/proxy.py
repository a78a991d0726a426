"""The proxy: every publication in, every publication out to who subscribed; libzmq itself carries."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from coreto.net.orders import Mark, read_order
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context, bound_socket, inner_socket
from coreto.net.worker import PAUSE, RESUME, STOP, Worker

_WORDS = {STOP: b"TERMINATE", PAUSE: b"PAUSE", RESUME: b"RESUME"}
"""What libzmq's steerable proxy calls our orders; it would end at any other, and can follow none of them."""


class ProxyRole(Worker):
    """One thread inside `zmq_proxy_steerable`, which ends when told on its own control socket."""

    def __init__(
        self, context: Context, xsub: Sequence[str], xpub: Sequence[str], *, key: ClusterKey | None = None
    ) -> None:
        """With a key, only those who hold it publish."""
        super().__init__("proxy", context)
        self._key = key
        self._xsub_addresses = xsub
        self._xpub_addresses = xpub

    def open(self) -> None:
        """Bind both sides."""
        self._xsub = self.own(inner_socket(self._context, zmq.XSUB, self._xsub_addresses, "--xsub", self._key))
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
