"""The port that roles report events to, and the bounded ring behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from coreto.journal.events import Event

RING_EVENTS_MAX = 10_000
"""Events kept in memory: hours of quiet, minutes of a storm, a few megabytes."""


class Recorded(NamedTuple):
    """An event with the physical moment it was recorded, in Unix seconds."""

    time: float
    event: Event


Sink = Callable[[Event], None]
"""What a role is given; it may be called from any thread."""


def nowhere(_event: Event) -> None:
    """Forget an event: the sink of a role that nobody watches."""


class Ring:
    """The last events, in order; appending and copying a deque are atomic, so no lock is needed."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._events: deque[Recorded] = deque(maxlen=RING_EVENTS_MAX)

    def record(self, event: Event) -> None:
        """Keep `event`; the oldest one goes when the ring is full."""
        self._events.append(Recorded(self._wall(), event))

    def events(self) -> list[Recorded]:
        """Return what is kept, oldest first."""
        return list(self._events)
