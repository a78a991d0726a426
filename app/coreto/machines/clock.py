"""The application clock of a server: monotonic clock + offset + drift (design.md §6).

Only this clock is shown, stored and adjusted. No timer and no safety rule reads it.

A correction steps the clock or slews it (Gusella & Zatti 1989, §3). A large one steps: the clock jumps. A small one is
spread over some time at `SLEW_RATE`, which is far below one second per second, so the clock runs
slower or faster for a while and never goes backwards.
"""

from __future__ import annotations

import math
from typing import Literal

STEP_FROM = 0.128
"""Seconds; a larger correction steps the clock (protocol.md §5), as ntpd does: slewing it would take too long."""
SLEW_RATE = 0.05
"""Seconds of correction per second: the largest slewed one is done within the time between two idle rounds."""
PPM = 1e-6

How = Literal["step", "slew"]


class ApplicationClock:
    """`offset` makes Unix seconds of monotonic seconds; `drift` is seconds gained per second.

    `skew` and `drift` are how a fault is injected. They show in what the clock reads and nowhere
    else, so whoever injected them knows the true error and Berkeley has to find it out.
    """

    def __init__(self, offset: float, drift: float = 0.0) -> None:
        self._offset = offset
        self._rate = drift
        self._rate_since = 0.0
        self._slew = 0.0
        self._slew_since = 0.0

    def read(self, now: float) -> float:
        """Return the time in Unix seconds at monotonic moment `now`."""
        # The small terms first: a sum with Unix seconds has a quarter of a microsecond of room, and must not go back.
        return self._offset + (now + self._drifted(now) + self._slewed(now))

    def aim(self, now: float) -> float:
        """Return what the clock would read if the correction under way were done already.

        This is what a clock tells when it is compared with others: what is on its way to being
        corrected must not be corrected twice.
        """
        return self._offset + (now + self._drifted(now) + self._slew)

    # By request.

    def set(self, now: float, time: float) -> None:
        """Make the clock read `time` at `now`; a correction under way is given up."""
        self._slew = 0.0
        self._offset += time - self.read(now)

    def adjust(self, seconds: float) -> None:
        """Shift the clock by `seconds` at once."""
        self._offset += seconds

    def correct(self, now: float, seconds: float) -> How:
        """Correct the clock by `seconds`, on top of what is under way: a step if that is much, else a slew."""
        wanted = self._slew - self._slewed(now) + seconds
        self._offset += self._slewed(now)
        if abs(wanted) > STEP_FROM:
            self._offset += wanted
            self._slew = 0.0
            return "step"
        self._slew, self._slew_since = wanted, now
        return "slew"

    # By fault.

    def skew(self, seconds: float) -> None:
        """Be wrong by `seconds` more from now on."""
        self._offset += seconds

    def drift(self, now: float, ppm: float) -> None:
        """From `now` on gain `ppm` microseconds per second (negative: lose them)."""
        self._offset += self._drifted(now)
        self._rate, self._rate_since = ppm * PPM, now

    def _drifted(self, now: float) -> float:
        return self._rate * (now - self._rate_since)

    def _slewed(self, now: float) -> float:
        """Return how much of the correction under way is done."""
        if not self._slew:
            return 0.0
        done = SLEW_RATE * max(now - self._slew_since, 0.0)
        return self._slew if done >= abs(self._slew) else math.copysign(done, self._slew)
