"""The application clock of a server: monotonic clock + offset + drift (design.md §6).

Only this clock is shown, stored and adjusted. No timer and no safety rule reads it.
"""

from __future__ import annotations


class ApplicationClock:
    """`offset` makes Unix seconds of monotonic seconds; `drift` is seconds gained per second."""

    def __init__(self, offset: float, drift: float = 0.0) -> None:
        self.offset = offset
        self._rate = drift

    def read(self, now: float) -> float:
        """Return the time in Unix seconds at monotonic moment `now`."""
        return now * (1.0 + self._rate) + self.offset

    def set(self, now: float, time: float) -> None:
        """Make the clock read `time` at `now`."""
        self.offset += time - self.read(now)

    def adjust(self, seconds: float) -> None:
        """Shift the clock by `seconds`."""
        self.offset += seconds

    def skew(self, seconds: float) -> None:
        """Suffer a jump of the clock that nobody asked for."""
        self.offset += seconds

    def drift(self, now: float, ppm: float) -> None:
        """Gain `ppm` microseconds a second from `now` on, without a jump."""
        time = self.read(now)
        self._rate = ppm / 1_000_000
        self.set(now, time)
