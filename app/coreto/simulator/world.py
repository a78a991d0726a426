"""Virtual time: a queue of things to happen, and one seed from which every draw comes."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush

EVENTS_MAX = 5_000_000
"""Events of one run; more mean a storm that would never end."""


class StormError(RuntimeError):
    """The run produced more events than any sound run does."""


class World:
    """Time passes only from one event to the next."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now = 1.0
        self.events = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def stream(self, purpose: str) -> random.Random:
        """Return a generator of its own, so that a new draw in one place does not change the others."""
        return random.Random(f"{self.seed}/{purpose}")

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do `action` at `moment`; actions of one moment happen in the order they were asked for."""
        self._count += 1
        heappush(self._queue, (moment if moment > self.now else self.now, self._count, action))

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do `action` after `delay` seconds."""
        self._count += 1
        heappush(self._queue, (self.now + max(delay, 0.0), self._count, action))

    def run_until(self, moment: float) -> None:
        """Let everything up to `moment` happen."""
        queue = self._queue
        while queue and queue[0][0] <= moment:
            self.now, _, action = heappop(queue)
            self.events += 1
            if self.events > EVENTS_MAX:
                raise StormError(f"more than {EVENTS_MAX} events at {self.now:.3f} s")
            action()
        self.now = moment
