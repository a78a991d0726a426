"""The true error of every clock of a cluster on one machine: what was injected, and what was corrected since.

It asks no clock. A server's application clock begins right, because all of them run on one machine; from then on it is
wrong by the skews and drifts that were injected, less what it was told to correct and did, as the journal tells.
"""

import itertools
import math
from collections.abc import Iterable, Sequence

from coreto.journal.events import ClockCorrected, ClockRound, Event, FaultChanged
from coreto.machines.clock import PPM, SLEW_RATE
from coreto.machines.clock_round import ADJUST_MIN, ROUND_TRIP_GOOD

TOGETHER = 0.020
"""Seconds within which clocks are to be, where the network lets them be read well."""
GRID_SECONDS = 0.05
"""How close the moments lie at which clocks are compared."""


class TrueClock:
    """One clock: how far it is ahead of the machine's at any moment."""

    def __init__(self, events: Sequence[Event], name: str) -> None:
        """`events` in the order they happened, since the server's only life began."""
        injected = [e for e in events if isinstance(e, FaultChanged) and e.target == name]
        self._skews = [e for e in injected if e.fault == "skew"]
        self._drifts = [e for e in injected if e.fault == "drift"]
        self._corrections = [e for e in events if isinstance(e, ClockCorrected) and e.name == name]

    def error(self, moment: float) -> float:
        """Return how far it is ahead at a moment, in Unix seconds of the machine; in seconds."""
        return self._skewed(moment) + self._drifted(moment) + self._corrected(moment)

    def _skewed(self, moment: float) -> float:
        return sum(event.amount for event in self._skews if event.time <= moment)

    def _drifted(self, moment: float) -> float:
        ends = [*(event.time for event in self._drifts[1:]), math.inf]
        spans = (max(0.0, min(moment, end) - e.time) * e.amount for e, end in zip(self._drifts, ends, strict=False))
        return sum(spans) * PPM

    def _corrected(self, moment: float) -> float:
        """Add up what was done: a step at once; a slew little by little, and what is left of it with the next one."""
        done = left = 0.0
        since = -math.inf
        for event in self._corrections:
            if event.time > moment:
                break
            part = _slewed(left, event.time - since)
            done, left, since = done + part, left - part + event.seconds, event.time
            if event.how == "step":
                done, left = done + left, 0.0
        return done + _slewed(left, moment - since)


class Truth:
    """All clocks of a cluster, when its story is over."""

    def __init__(self, events: Iterable[Event], names: Sequence[str]) -> None:
        self.events = sorted(events, key=lambda event: event.time)
        self.clocks = {name: TrueClock(self.events, name) for name in names}

    def apart(self, moment: float, names: Iterable[str]) -> float:
        """Return by how much these clocks differ at a moment."""
        errors = [self.clocks[name].error(moment) for name in names]
        return max(errors) - min(errors)

    def worst(self, begin: float, end: float, names: Sequence[str]) -> float:
        """Return by how much these clocks differ at most between two moments."""
        count = int((end - begin) / GRID_SECONDS)
        grid = (begin + number * GRID_SECONDS for number in range(count + 1))
        return max(self.apart(moment, names) for moment in itertools.chain(grid, [end]))

    def rounds(self, begin: float = 0.0, end: float = math.inf) -> list[ClockRound]:
        """Return the comparisons in which everybody was read and a majority agreed, between two moments."""
        found = [e for e in self.events if isinstance(e, ClockRound) and e.agreed and begin <= e.time <= end]
        return [event for event in found if all(row.error is not None for row in event.clocks)]

    def allowed(self, rounds: Iterable[ClockRound], names: Sequence[str]) -> float:
        """Return by how much they may differ after these comparisons: more than the goal only if readings were poor."""
        return max(map(_allowed, rounds, itertools.repeat(names)), default=TOGETHER)


def liars(rounds: Iterable[ClockRound]) -> set[str]:
    """Return whom these comparisons left out because its clock disagrees with the majority."""
    return {row.name for event in rounds for row in event.clocks if row.left_out == "disagrees"}


def _allowed(event: ClockRound, names: Sequence[str]) -> float:
    rows = [row for row in event.clocks if row.name in names]
    if all((row.round_trip or 0.0) <= ROUND_TRIP_GOOD / 2 for row in rows):
        return TOGETHER
    poor = sorted(row.error or 0.0 for row in rows)[-2:]
    return max(TOGETHER, 2 * (sum(poor) + 2 * ADJUST_MIN))


def _slewed(left: float, seconds: float) -> float:
    return math.copysign(min(abs(left), SLEW_RATE * seconds), left) if left else 0.0
