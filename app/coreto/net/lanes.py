"""One direction between two roles: what is handed in comes out at once, later, twice or never.

A lane keeps the order of messages, as a connection does: one that is delayed delays those behind
it. Only a fault that reorders lets a message be overtaken, by the one right behind it.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable

from coreto.net.faults import Fate, FaultTable
from coreto.net.sockets import QUEUE_MESSAGES, Frames
from coreto.wire.head import service_of

SEED = "coreto"
"""Chance of every lane is drawn from this and its names: the same faults strike the same messages."""
HELD_MAX = QUEUE_MESSAGES
"""Messages a lane holds back; more are lost, as in the full queue of a socket."""
OVERTAKEN_SECONDS = 0.15
"""A message that waits to be overtaken goes after this when none comes: longer than the time between two heartbeats
of a coordinator, which so overtake each other even while nobody writes."""


class Lane:
    """The way from `source` to `target` under the faults of a table; moments are monotonic seconds."""

    def __init__(self, faults: FaultTable, source: str, target: str) -> None:
        self._faults = faults
        self._source = source
        self._target = target
        self._chance = random.Random(f"{SEED} {source} {target}")
        self._held: deque[tuple[float, Frames]] = deque()
        self._waiting: tuple[float, Fate, Frames] | None = None

    @property
    def is_clear(self) -> bool:
        """Whether a message would come out at once and no other is in front of it."""
        return not self._held and self._waiting is None and not self._faults.strikes(self._source, self._target)

    def put(self, frames: Frames, now: float) -> None:
        """Hand in one message; the last frame is what it says."""
        fate = self._faults.decide(self._source, self._target, _kind_of(frames), self._chance)
        if not fate.delays or len(self._held) >= HELD_MAX:
            return
        if fate.overtaken and self._waiting is None:
            self._waiting = now + OVERTAKEN_SECONDS, fate, frames
            return
        self._hold(fate, frames, now)
        self._let_wait_no_longer(now)

    def due(self, now: float) -> list[Frames]:
        """Return the messages whose moment has come, in the order they arrive."""
        if self._waiting is not None and self._waiting[0] <= now:
            self._let_wait_no_longer(now)
        messages = []
        while self._held and self._held[0][0] <= now:
            messages.append(self._held.popleft()[1])
        return messages

    def deadline(self) -> float:
        """Return when a message is due next, infinity when none is held."""
        first = self._held[0][0] if self._held else math.inf
        return min(first, self._waiting[0]) if self._waiting is not None else first

    def _let_wait_no_longer(self, now: float) -> None:
        if self._waiting is not None:
            _until, fate, frames = self._waiting
            self._waiting = None
            self._hold(fate, frames, now)

    def _hold(self, fate: Fate, frames: Frames, now: float) -> None:
        for delay in fate.delays:
            self._held.append((now + delay, frames))


def _kind_of(frames: Frames) -> Callable[[], str]:
    return lambda: service_of(frames[-1])
