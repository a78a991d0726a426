"""A load of publications as fast as the cluster takes them: one DEALER with many requests outstanding, in a thread."""

from __future__ import annotations

import threading

from coreto.lab.bench.load import Answered, Load, publications
from tests.support.plain import Context, PlainClient

USER, CHANNEL = "medidor", "figuras"
TEXT_BYTES = 100
OUTSTANDING = 1_000
"""Requests without an answer: a quarter of what the broker keeps."""


class Flood(threading.Thread):
    """Publishes until `total` are acknowledged, or until stopped; `acknowledged` holds (when, latency) in seconds."""

    def __init__(
        self, context: Context, address: str, total: int | None = None, outstanding: int = OUTSTANDING
    ) -> None:
        super().__init__(name="flood", daemon=True)
        bodies = publications(USER, CHANNEL, TEXT_BYTES)
        self._load = Load(context, address, bodies, window=outstanding, total=total or 0)

    @property
    def answered(self) -> list[Answered]:
        """What was acknowledged, with the epoch of each."""
        return self._load.answered

    @property
    def acknowledged(self) -> list[tuple[float, float]]:
        """When each was acknowledged, and after how long."""
        return [(one.moment, one.latency) for one in self._load.answered]

    @property
    def refused(self) -> int:
        """How many were refused."""
        return sum(self._load.refused.values())

    def run(self) -> None:
        """Publish."""
        self._load.run()

    def finish(self) -> None:
        """Send no more, and wait for the answers under way."""
        self._load.stop()
        self.join()


def prepare(context: Context, address: str) -> None:
    """Make the user and the channel."""
    with PlainClient(context, address) as client:
        client.write("login", user=USER)
        client.write("channel", channel=CHANNEL)


def rate(acknowledged: list[tuple[float, float]]) -> float:
    """Return acknowledged publications a second, from the first to the last."""
    return (len(acknowledged) - 1) / (acknowledged[-1][0] - acknowledged[0][0])
