"""A cluster whose clocks are set wrong on purpose, and what becomes of them."""

import time
from collections.abc import Iterable, Mapping

from coreto.journal.events import ClockRound
from coreto.launcher.requests import Drift, Skew
from tests.support.breaking import Broken
from tests.support.truth import Truth
from tests.support.waiting import wait_until

SKEWS = {"s1": -4.0, "s2": 0.0, "s3": 7.0}
"""Seconds."""
DRIFTS = {"s1": 300.0, "s2": 0.0, "s3": -300.0}
"""Parts per million."""
LIE_SECONDS = 3600.0
ROUNDS_SECONDS = 60.0
TOGETHER_SECONDS = 20.0
"""Longest wait until what two rounds corrected is done: the largest slew takes 3 s."""


class Skewed:
    """Sets clocks of a cluster wrong, and knows from that how wrong each is."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken
        self.names = tuple(broken.servers)
        self.set_at = 0.0
        """When the last clock was set wrong, in Unix seconds."""

    def set_wrong(self, skews: Mapping[str, float], drifts: Mapping[str, float] | None = None) -> None:
        """Let clocks jump and drift."""
        for name, ppm in (drifts or {}).items():
            self.broken.do(Drift(name, ppm))
        for name, seconds in skews.items():
            self.broken.do(Skew(name, seconds))
        self.set_at = time.time()

    def truth(self) -> Truth:
        """Return what is true up to now."""
        return Truth(self.broken.control.events(), self.names)

    def wait_rounds(self, count: int) -> list[ClockRound]:
        """Wait for that many comparisons of all clocks since they were set wrong; requests make them come sooner."""

        def over() -> bool:
            self.broken.client.users()
            return len(self.truth().rounds(self.set_at)) >= count

        wait_until(over, f"{count} rounds", ROUNDS_SECONDS)
        return self.truth().rounds(self.set_at)

    def wait_together(self, rounds: Iterable[ClockRound], names: Iterable[str] = ()) -> float:
        """Wait until what these comparisons corrected is done; return by how much the clocks then differ."""
        who = tuple(names) or self.names
        allowed = self.truth().allowed(rounds, who)
        wait_until(lambda: self.truth().apart(time.time(), who) <= allowed, "clocks are together", TOGETHER_SECONDS)
        return self.truth().apart(time.time(), who)
