"""The port that roles report events to, and the bounded ring behind it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

from coreto.journal.event import Event
from coreto.journal.traffic import Traffic

RING_EVENTS_MAX = 10_000
"""Decisions kept in memory: hours of quiet, minutes of a storm, a few megabytes …"""
RING_TRAFFIC_MAX = 20_000
"""… and messages, which are many more and would push the decisions out: a minute of quiet, some seconds of load."""

Sink = Callable[[Event], None]
"""What a role is given; it may be called from any thread."""


def nowhere(_event: Event) -> None:
    """Forget an event: the sink of a role that nobody watches."""


class Ring:
    """The last events; appending and copying a deque are atomic, so no lock is needed."""

    def __init__(self) -> None:
        self._decisions: deque[Event] = deque(maxlen=RING_EVENTS_MAX)
        self._traffic: deque[Event] = deque(maxlen=RING_TRAFFIC_MAX)

    def record(self, event: Event) -> None:
        """Keep `event`; the oldest one of its sort goes when there are too many."""
        (self._traffic if isinstance(event, Traffic) else self._decisions).append(event)

    def decisions(self) -> list[Event]:
        """Return what is kept but for messages, as it came."""
        return list(self._decisions)

    def events(self) -> list[Event]:
        """Return what is kept, oldest first."""
        return list(heapq.merge(list(self._decisions), list(self._traffic), key=lambda event: event.time))
