"""Carries whole packets between two network links, later, or not all of them, or in one direction only."""

from __future__ import annotations

import heapq
import itertools
import random
import select
import socket
import threading
import time

ETH_P_ALL = 3
OUTGOING = 4
"""The kernel shows us what we sent ourselves as well; it is marked so."""
FRAME_BYTES = 65_536
WAITING_MAX = 10_000
"""Packets held back; more are lost, as in the queue of a router."""
SLICE_SECONDS = 0.05
SEED = "relay"


class Relay:
    """Works in a thread of its own, from the moment it is made until `close`."""

    def __init__(self, outer: str, inner: str, delay: float, loss: float, *, deaf: bool) -> None:
        """`deaf` lets nothing pass from `inner`, the side of the bridge, to `outer`, the side of the host."""
        self._outer, self._inner = _opened(outer), _opened(inner)
        self._delay = delay
        self._loss = loss
        self._deaf = deaf
        self._chance = random.Random(SEED)
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, socket.socket, bytes]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Carry nothing more."""
        self._over.set()
        self._thread.join()
        for link in (self._outer, self._inner):
            link.close()

    def _run(self) -> None:
        while not self._over.is_set():
            first = self._waiting[0][0] - time.monotonic() if self._waiting else SLICE_SECONDS
            for link in select.select([self._outer, self._inner], [], [], min(max(first, 0.0), SLICE_SECONDS))[0]:
                self._take(link)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _due, _number, link, frame = heapq.heappop(self._waiting)
                _send(link, frame)

    def _take(self, link: socket.socket) -> None:
        frame, source = link.recvfrom(FRAME_BYTES)
        lost = (self._deaf and link is self._inner) or self._chance.random() < self._loss
        if source[2] == OUTGOING or lost or len(self._waiting) >= WAITING_MAX:
            return
        other = self._inner if link is self._outer else self._outer
        heapq.heappush(self._waiting, (time.monotonic() + self._delay, next(self._order), other, frame))


def _opened(link: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    made.bind((link, ETH_P_ALL))
    made.setblocking(False)
    return made


def _send(link: socket.socket, frame: bytes) -> None:
    try:
        link.send(frame)
    except OSError:  # the link is down, or its queue is full: the packet is lost
        return
