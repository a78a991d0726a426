"""The application clock of a server: monotonic clock + offset + drift (design.md §6).

Only this clock is shown, stored and adjusted. No timer and no safety rule reads it.
"""

from __future__ import annotations


class ApplicationClock:
    """`offset` makes Unix seconds of monotonic seconds; `drift` is seconds gained per second."""

    def __init__(self, offset: float, drift: float = 0.0) -> None:
        self.offset = offset
        self.drift = drift

    def read(self, now: float) -> float:
        """Return the time in Unix seconds at monotonic moment `now`."""
        return now * (1.0 + self.drift) + self.offset

    def set(self, now: float, time: float) -> None:
        """Make the clock read `time` at `now`."""
        self.offset += time - self.read(now)

    def adjust(self, seconds: float) -> None:
        """Shift the clock by `seconds`."""
        self.offset += seconds
