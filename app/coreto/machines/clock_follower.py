"""The obeying side of Berkeley: tell the coordinator what our clock reads, and correct it as we are told.

Rules, so that no reading is corrected twice however messages are repeated, delayed or overtaken:
rounds are ordered by (epoch, number); a question of an older round than the last one answered is
ignored, and an adjustment is done only once and only if its round is the last we told a reading for.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from coreto.journal.events import ClockCorrected
from coreto.machines.clock import PPM, ApplicationClock, How
from coreto.machines.outbox import Outbox
from coreto.machines.replica import Replica
from coreto.wire.log import EPOCH_ZERO, Epoch
from coreto.wire.peer import ClockAdjust, ClockAsk, ClockTell

DRIFT_ROUNDS = 12
"""Corrections from which the drift is measured: a minute of idle rounds."""
DRIFT_SECONDS_MIN = 10.0
"""Over less time the error of the readings would look like a drift."""

Tag = tuple[Epoch, int]
"""Epoch and number of a round."""


class ClockFollower:
    """One server's clock as the rounds of Berkeley move it."""

    def __init__(self, name: str, replica: Replica, outbox: Outbox, clock: ApplicationClock) -> None:
        self._name = name
        self._replica = replica
        self._outbox = outbox
        self._clock = clock
        self._told: Tag = (EPOCH_ZERO, 0)
        """The newest round we told a reading for."""
        self._done: Tag = (EPOCH_ZERO, 0)
        """The newest round we corrected our clock in."""
        self._corrections: deque[tuple[float, float]] = deque(maxlen=DRIFT_ROUNDS)
        self._how: How | None = None
        self._round_trip = self._error = 0.0

    def on_ask(self, message: ClockAsk, now: float) -> None:
        """Tell what our clock reads; a coordinator of a lower epoch than we follow is nobody's (§11)."""
        tag = (message.epoch, message.round)
        if message.epoch < self._replica.epoch or tag < self._told or tag <= self._done:
            return
        self._told = tag
        self._outbox.send(
            message.sender,
            ClockTell(epoch=message.epoch, round=message.round, attempt=message.attempt, time=self._clock.aim(now)),
        )

    def on_adjust(self, message: ClockAdjust, now: float) -> None:
        """Correct our clock as the coordinator of the round we last took part in tells us."""
        tag = (message.epoch, message.round)
        if message.epoch < self._replica.epoch or tag != self._told or tag <= self._done:
            return
        if math.isfinite(message.seconds):
            self.correct(now, tag, message.seconds, message.round_trip, message.error)

    def correct(self, now: float, tag: Tag, seconds: float, round_trip: float = 0.0, error: float = 0.0) -> None:
        """Correct our clock in this round; the coordinator does so with its own."""
        self._done = tag
        self._round_trip, self._error = round_trip, error
        if seconds:
            self._how = self._clock.correct(now, seconds)
            (epoch, number) = tag
            self._outbox.report(
                ClockCorrected(
                    role="server",
                    name=self._name,
                    epoch=epoch.counter,
                    round=number,
                    seconds=seconds,
                    how=self._how,
                )
            )
            if self._how == "step":
                self._corrections.clear()
        self._corrections.append((now, seconds))

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of this clock; no offset before the first round."""
        data: dict[str, Any] = {"time": self._clock.read(now)}
        if self._corrections:
            at, seconds = self._corrections[-1]
            data |= {
                "clock_offset": 0.0 - seconds,
                "clock_drift": self._drift(),
                "clock_round_trip": self._round_trip,
                "clock_error": self._error,
                "clock_adjustment": seconds,
                "clock_how": self._how or "",
                "clock_age": now - at,
            }
        return data

    def _drift(self) -> float | None:
        """Return how fast we ran away from the others lately, in ppm; None when it is too early to tell."""
        (first, _), (last, _) = self._corrections[0], self._corrections[-1]
        if last - first < DRIFT_SECONDS_MIN:
            return None
        gained = -sum(seconds for at, seconds in self._corrections if at > first)
        return gained / (last - first) / PPM
