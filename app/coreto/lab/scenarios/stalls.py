"""Deadlines that know how busy the machine is: time in which it stood still is given back.

A thread sleeps a moment, again and again; what each sleep takes longer than it should is a stall
that everybody else on this machine suffers too.
"""

from __future__ import annotations

import threading
import time
from typing import Literal

LOOK_SECONDS = 0.02
NORMAL_SECONDS = 0.02
"""What a sleep may take longer on a machine that does other things too."""
GIVEN_BACK = 5.0
"""Seconds that a deadline moves for each second of a stall: an election has several waits in a row …"""
MOVED_MAX = 6.0
"""… and how many times its own length it may have in the end."""

State = Literal["open", "passed", "too_slow"]


class StallMeter:
    """Measures stalls from `start` to `stop`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """All stalls together."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="coreto-stalls", daemon=True)

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline in so many seconds from now."""
        return Deadline(seconds, self)

    def _run(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(LOOK_SECONDS):
            now = time.monotonic()
            self.seconds += max(0.0, now - before - LOOK_SECONDS - NORMAL_SECONDS)
            before = now


class Deadline:
    """A moment that moves away while the machine stands still."""

    def __init__(self, seconds: float, meter: StallMeter) -> None:
        self._seconds = seconds
        self._meter = meter
        self._began = time.monotonic()
        self._stalled = meter.seconds

    @property
    def elapsed(self) -> float:
        """Seconds since it was set."""
        return time.monotonic() - self._began

    @property
    def state(self) -> State:
        """Whether it is over: passed, or so late because of stalls that nothing follows from it."""
        given = GIVEN_BACK * (self._meter.seconds - self._stalled)
        if self.elapsed > MOVED_MAX * self._seconds:
            return "too_slow"
        return "passed" if self.elapsed - given > self._seconds else "open"
