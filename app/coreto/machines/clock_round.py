"""One comparison of clocks: what each was found to read, which of them agree, what each is to be told."""

from __future__ import annotations

import math

import msgspec

from coreto.journal.events import ClockReading
from coreto.machines.average import fault_tolerant_average
from coreto.wire.log import Epoch

ROUND_TRIP_GOOD = 0.02
"""Seconds; a faster answer is taken as it is: its error bound is 10 ms, half of what two clocks may differ by."""
ATTEMPTS_MAX = 3
"""How often one clock is asked in a round while its answers are slower."""
ROUND_TRIP_MAX = 0.2
"""Seconds; a clock whose fastest answer took longer is left out."""
TURN_ERROR = 0.001
"""Seconds added to every error bound: the moment of a turn is taken before its input is drained."""
ADJUST_MIN = 0.001
"""Seconds; a clock that is off by less is left as it is, or it would follow every jitter of the network."""


class Asked(msgspec.Struct, eq=False):
    """One clock in one round; times in seconds."""

    name: str
    to: str
    """Replica id, or the address of a server that is not ours."""
    foreign: bool = False
    attempt: int = 0
    asked_at: float = 0.0
    ahead: float = 0.0
    """How far it is ahead of the coordinator's *monotonic* clock, by the fastest answer: the application
    clock may itself be set between two answers of one round."""
    offset: float = 0.0
    """How far it is ahead of the coordinator's application clock as that is when the round ends."""
    round_trip: float = math.inf
    """Of the fastest answer."""
    settled: bool = False
    """Nothing better is to come."""
    why: str = "no_answer"
    """Why it does not count, empty if it does."""

    @property
    def error(self) -> float:
        """The offset is known to within this (Cristian 1989)."""
        return self.round_trip / 2 + TURN_ERROR

    @property
    def usable(self) -> bool:
        """Whether its offset is known well enough."""
        return self.round_trip <= ROUND_TRIP_MAX

    def note(self, time: float, now: float) -> None:
        """Note an answer: its clock read `time` half a round trip ago."""
        trip = now - self.asked_at
        if trip < self.round_trip:
            self.round_trip = trip
            self.ahead = time + trip / 2 - now
            self.why = "round_trip"
        self.settled = self.round_trip <= ROUND_TRIP_GOOD or self.attempt >= ATTEMPTS_MAX

    def reading(self, adjustment: float | None) -> ClockReading:
        """Return what there is to report of it."""
        if not self.usable:
            trip = self.round_trip if math.isfinite(self.round_trip) else None
            return ClockReading(self.name, round_trip=trip, left_out=self.why)
        return ClockReading(self.name, self.offset, self.round_trip, self.error, adjustment, self.why)


class Round(msgspec.Struct, eq=False):
    """All clocks but the coordinator's own, which is the one that the offsets are from."""

    epoch: Epoch
    number: int
    deadline: float
    clocks: list[Asked]
    own_why: str = ""

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for."""
        return all(asked.settled for asked in self.clocks)

    def average(self, own: float) -> float | None:
        """Return how far the agreed time is ahead of the coordinator's clock, None if no majority agrees.

        `own`: how far that clock is ahead of its monotonic one.
        Says of every clock that could be read why it does not count.
        """
        for asked in self.clocks:
            asked.offset = asked.ahead - own
        counted = [asked for asked in self.clocks if asked.usable and not asked.foreign]
        found = fault_tolerant_average([0.0, *(asked.offset for asked in counted)])
        agreeing = found[1] if found is not None else frozenset()
        self.own_why = "" if 0 in agreeing else "disagrees"
        for place, asked in enumerate(counted, 1):
            asked.why = "" if place in agreeing else "disagrees"
        for asked in self.clocks:
            if asked.foreign and asked.usable:
                asked.why = "foreign"
        return found[0] if found is not None else None


def worth(seconds: float) -> float:
    """Return the adjustment, or none if it is too small to be worth it."""
    return seconds if abs(seconds) >= ADJUST_MIN else 0.0
