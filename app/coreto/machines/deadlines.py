"""Moments at which something is due, earliest first."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """A heap of (moment, key). A key that no longer matters is skipped by its owner when it comes up."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._counter = 0

    def add(self, moment: float, key: T) -> None:
        """Remember that `key` is due at `moment`."""
        self._counter += 1
        heapq.heappush(self._heap, (moment, self._counter, key))

    def due(self, now: float) -> list[T]:
        """Return and forget every key whose moment has come."""
        keys = []
        while self._heap and self._heap[0][0] <= now:
            keys.append(heapq.heappop(self._heap)[2])
        return keys

    def next(self) -> float:
        """Return the earliest moment, infinity when there is none."""
        return self._heap[0][0] if self._heap else float("inf")
