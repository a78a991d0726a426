"""Subscribers that use our Inbox and remember what they were shown."""

from __future__ import annotations

import threading

from coreto.client.inbox import InboxWorker
from tests.faults.evidence import Delivery
from tests.support.plain import Context

DRAIN_SECONDS = 0.05
"""Far less than it takes to fill the Inbox."""


class Listener(threading.Thread):
    """Follows topics; `deliveries` is its log."""

    def __init__(self, name: str, context: Context, proxy: str, broker: str) -> None:
        super().__init__(name=name, daemon=True)
        self.deliveries: list[Delivery] = []
        self.heard: dict[str, int] = {}
        """The last seq shown, by topic."""
        self._worker = InboxWorker(context, proxy, broker)
        self._worker.start()
        self._over = threading.Event()

    def follow(self, topic: str, *, direct: bool) -> None:
        """Begin to follow."""
        self._worker.follow(topic, direct=direct)

    def run(self) -> None:
        """Take what arrives."""
        while not self._over.wait(DRAIN_SECONDS):
            for item in self._worker.received():
                self.deliveries.append(Delivery(item.topic, item.seq, item.message))
                self.heard[item.topic] = item.seq

    def close(self) -> None:
        """End both threads."""
        self._over.set()
        self.join()
        self._worker.stop()
        self._worker.join()
