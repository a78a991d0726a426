"""The decisions that roles report, kept in the order they came, for whoever waits for one of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from coreto.journal.event import Event
from coreto.journal.traffic import Traffic
from coreto.lab.scenarios.patterns import fits

EVENTS_MAX = 100_000
"""Decisions that are kept: hours, even in a storm."""


class Happenings:
    """A sink; any thread may write and read."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def record(self, event: Event) -> None:
        """Keep an event, unless it is a message."""
        if not isinstance(event, Traffic):
            with self._lock:
                if len(self._events) < EVENTS_MAX:
                    self._events.append(event)

    def count(self) -> int:
        """Return how many there are."""
        return len(self._events)

    def since(self, place: int) -> list[Event]:
        """Return those behind the first `place`."""
        with self._lock:
            return self._events[place:]

    def find(self, pattern: Mapping[str, Any], place: int) -> Event | None:
        """Return the first one behind `place` that a pattern fits."""
        return next((event for event in self.since(place) if fits(pattern, event)), None)
