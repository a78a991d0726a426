"""The rules of the monitor: each looks at the events it knows, and says which of them broke it.

A rule judges what roles reported, from outside, and keeps no more than it needs for that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from coreto.journal.events import (
    Applied,
    ClockCorrected,
    ClockReading,
    ClockRound,
    ClockSet,
    Event,
    FaultChanged,
    LogDamaged,
    Received,
    RoleChanged,
    RoleEnded,
    RoleStarted,
    Sent,
    Violated,
)
from coreto.wire.limits import CLOCK_AHEAD_MAX

DIGESTS_MAX = 200_000
"""Entries of the log whose state hash is remembered: a server further behind is compared where it catches up."""
ANSWERS_MAX = 1_000
"""Answers that are remembered, of which a new coordinator must have the entries: more than are under way at once."""
EPOCHS_MAX = 10_000
"""Epochs of which the coordinator is remembered."""
CLOCK_SLACK = 0.004
"""Seconds two clocks may differ beyond the error bounds: less than a millisecond is not corrected, and turns wait."""
CLOCK_DRIFT = 0.001
"""Seconds per second by which two clocks may drift apart between two rounds: more than any machine's do."""

_Epoch = tuple[int, str]


def violated(rule: str, event: Event, message: str, names: list[str], *values: float) -> Violated:
    """Return what is reported of a broken rule, with the Lamport clock of the event that broke it."""
    return Violated(
        role="monitor", clock=event.clock, cause=event.id, rule=rule, message=message, names=tuple(names), values=values
    )


class LamportRule:
    """Whoever received a message has a clock at least as great as the message's: its next one is greater."""

    def check(self, event: Event) -> Iterator[Violated]:
        """Judge an arrival."""
        if not isinstance(event, Received) or event.ignored:
            return
        stamps = [event.stamp] if event.stamp else [item.stamp for item in event.items]
        for stamp in stamps:
            # A value absurdly far ahead says nothing, and is rightly passed over.
            if event.clock < stamp <= event.clock + CLOCK_AHEAD_MAX:
                names = [event.lane, event.peer, event.kind]
                yield violated("lamport", event, event.message or event.id, names, stamp, event.clock)
                return


class EpochRule:
    """One epoch has at most one established coordinator."""

    def __init__(self) -> None:
        self._coordinators: dict[_Epoch, str] = {}

    def check(self, event: Event) -> Iterator[Violated]:
        """Judge a server that is established."""
        if not isinstance(event, RoleChanged) or event.state != "coordinator":
            return
        first = self._coordinators.setdefault((event.epoch, event.epoch_id), event.name)
        if first != event.name:
            yield violated("epoch", event, event.id, [first, event.name], event.epoch)
        if len(self._coordinators) > EPOCHS_MAX:
            del self._coordinators[next(iter(self._coordinators))]


class AcknowledgedRule:
    """What was acknowledged is in the log of every later coordinator, before its own first entry.

    What a coordinator acknowledged itself must be in the log of that of every later epoch, whichever is reported
    first. An answer of another server may tell of an entry of any epoch, and events of different roles may come out
    of order: there Lamport clocks tell what is later, since whoever acknowledges an entry of an epoch has heard of its
    coordinator, and has a greater clock than that had when it was established. A coordinator that is reported after
    one of a later epoch is not judged.
    """

    def __init__(self) -> None:
        self._answers: deque[tuple[_Epoch | None, Sent]] = deque(maxlen=ANSWERS_MAX)
        """With the epoch of who gave it, if that coordinated."""
        self._leads: dict[str, _Epoch] = {}
        """Who coordinates for all that it reported, and in which epoch."""
        self._epoch: _Epoch = (0, "")
        """The greatest that had a coordinator."""
        self._first: RoleChanged | None = None
        """How that one was established."""

    def check(self, event: Event) -> Iterator[Violated]:
        """Note answers; judge the log a new coordinator begins with."""
        match event:
            case Sent(kind="answers") if event.last:
                yield from self._answered(event)
            case RoleChanged(state="coordinator"):
                yield from self._established(event)
            case RoleChanged() | RoleEnded() | LogDamaged():
                self._leads.pop(event.name, None)

    def _answered(self, answer: Sent) -> Iterator[Violated]:
        epoch, first = self._leads.get(answer.lane), self._first
        if epoch is not None and first is not None and epoch < self._epoch and 0 < first.index <= answer.last:
            yield self._lost(answer, first)
        else:
            self._answers.append((epoch, answer))

    def _established(self, event: RoleChanged) -> Iterator[Violated]:
        epoch = self._leads[event.name] = event.epoch, event.epoch_id
        if epoch <= self._epoch:
            return
        self._epoch, self._first = epoch, event
        lost = [
            answer
            for of, answer in self._answers
            if 0 < event.index <= answer.last and (answer.clock < event.clock or (of is not None and of < epoch))
        ]
        if lost:
            self._answers.clear()
            yield self._lost(lost[-1], event)

    def _lost(self, answer: Sent, first: RoleChanged) -> Violated:
        return violated("acknowledged", first, answer.message, [answer.lane, first.name], answer.last, first.index)


class OrderRule:
    """All servers apply the same entries in the same order: after each the hash of their state is equal."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[int, str]] = {}

    def check(self, event: Event) -> Iterator[Violated]:
        """Judge what a server applied."""
        if not isinstance(event, Applied):
            return
        for index, entry in enumerate(event.entries, event.first):
            digest, lane = self._digests.setdefault(index, (entry.digest, event.lane))
            if digest != entry.digest:
                yield violated("order", event, event.id, [lane, event.lane, entry.kind], index)
                return
        while len(self._digests) > DIGESTS_MAX:
            del self._digests[next(iter(self._digests))]


class _Told(msgspec.Struct):
    """A round that is over: what each clock was known to within, and who has corrected it since."""

    round: int
    time: float
    errors: dict[str, float]
    """Of those that are as they should be: corrected, or told to stay."""
    due: dict[str, float]
    """Of those that have not yet said that they corrected theirs."""


class OffsetRule:
    """After a round, clocks differ by no more than the error bounds of what was read and told."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, int], _Told] = {}
        """By coordinator and epoch; those of old epochs go with the next round."""
        self._corrected: dict[str, tuple[int, int]] = {}
        """Epoch and round of the last correction of each server: the coordinator, and now and then
        another one, reports it before the round itself is reported."""

    def check(self, event: Event) -> Iterator[Violated]:
        """Judge a round by what the one before told; forgive clocks that somebody moved in between."""
        match event:
            case ClockRound():
                yield from self._judge(event)
                self._told = {(event.name, event.epoch): _told(event)}
                self._settle(event.epoch, event.round)
            case ClockCorrected(name=name, epoch=epoch, round=number):
                self._corrected[name] = (epoch, number)
                self._settle(epoch, number)
            case (
                FaultChanged(fault="skew" | "drift" | "restart" | "pause", target=name)
                | ClockSet(name=name)
                | RoleStarted(name=name)
            ):
                self._forgive(name)

    def _judge(self, event: ClockRound) -> Iterator[Violated]:
        told = self._told.get((event.name, event.epoch))
        if told is None or event.name not in told.errors:
            return
        drifted = CLOCK_DRIFT * max(0.0, event.time - told.time) + CLOCK_SLACK
        for reading in event.clocks:
            before = told.errors.get(reading.name)
            if reading.name == event.name or before is None or reading.offset is None or reading.error is None:
                continue
            bound = before + reading.error + drifted
            if abs(reading.offset) > bound:
                yield violated("offset", event, event.id, [reading.name, event.name], reading.offset, bound)

    def _settle(self, epoch: int, number: int) -> None:
        """Those that have corrected their clock in this round are as they should be."""
        for (_, in_epoch), told in self._told.items():
            if (in_epoch, told.round) == (epoch, number):
                for name in [name for name in told.due if self._corrected.get(name) == (epoch, number)]:
                    told.errors[name] = told.due.pop(name)

    def _forgive(self, name: str) -> None:
        for (coordinator, _), told in self._told.items():
            if name == coordinator:  # all the others are measured against its clock
                told.errors.clear()
                told.due.clear()
            told.errors.pop(name, None)
            told.due.pop(name, None)


def _told(event: ClockRound) -> _Told:
    """Return what a round leaves to be judged; nothing when no majority agreed."""
    ours = [row for row in event.clocks if event.agreed and row.adjustment is not None and row.left_out != "foreign"]
    settled = {row.name: _error(row) for row in ours if not row.adjustment}
    return _Told(event.round, event.time, settled, {row.name: _error(row) for row in ours if row.adjustment})


def _error(row: ClockReading) -> float:
    return row.error or 0.0
