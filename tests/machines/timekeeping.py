"""A coordinator whose clock rounds are driven by hand."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from coreto.journal.events import ClockReading, ClockRound, Event
from coreto.machines.effects import AskServer
from coreto.machines.settings import DEFAULTS
from coreto.wire.peer import ClockAdjust, ClockAsk, ClockTell
from tests.support.machines import Server, establish, from_peer

UNIX = 1_700_000_000.0
HOUR = 3600.0
PATIENT = msgspec.structs.replace(DEFAULTS, quorum_timeout=1e6, suspect_low=1e6, suspect_high=1e6)
"""Peers that acknowledge nothing do not end the tenure: these tests are about clocks."""

E = TypeVar("E", bound=Event)


class Timekeeper(Server):
    """Server `a`, established with the help of all others; its first round has begun."""

    def __init__(self, *others: str, **settings: Any) -> None:
        super().__init__("a", ("a", *others), settings=msgspec.structs.replace(PATIENT, **settings))
        self.epoch = establish(self, *others)
        self.turn()
        self.asked = self.said(ClockAsk)

    def tell(self, *heads: tuple[str, float], attempt: int = 1, number: int = 0) -> None:
        """These servers tell clocks that are so far ahead of ours at this moment; by default in the last round."""
        now = self.node.clock.aim(self.time.now)
        number = number or self.asked[-1][1].round
        for name, ahead in heads:
            tell = ClockTell(epoch=self.epoch, round=number, attempt=attempt, time=now + ahead)
            self.hear(from_peer(name, tell))

    def next_round(self) -> None:
        """Wait for the next round of the idle cadence."""
        self.turn(self.settings.sync_idle)
        self.asked = self.said(ClockAsk)

    def adjusted(self) -> dict[str, float]:
        """Take what each server was told to correct."""
        return {name: round(message.seconds, 6) for name, message in self.said(ClockAdjust)}

    def offset(self) -> float:
        """How far our clock is from what it was at first, with what is under way."""
        return round(self.node.clock.aim(self.time.now) - self.time.now - UNIX, 6)

    def told(self, kind: type[E]) -> list[E]:
        """What it reported of this kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def report(self) -> dict[str, ClockReading]:
        """What the last round found, by name."""
        return {row.name: row for row in self.told(ClockRound)[-1].clocks}

    def left_out(self) -> dict[str, str]:
        """Who did not count in the last round, and why."""
        return {name: row.left_out for name, row in self.report().items() if row.left_out}

    def foreign_asked(self) -> list[AskServer]:
        """Take the requests to servers that are not ours."""
        found = [effect for effect in self.others if isinstance(effect, AskServer)]
        self.others = [effect for effect in self.others if not isinstance(effect, AskServer)]
        return found
