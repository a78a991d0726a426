"""The rule about clocks, in whichever order the reports of different roles come."""

import itertools

import pytest

from coreto.journal.events import ClockCorrected, ClockReading, ClockRound, ClockSet, FaultChanged, RoleStarted
from coreto.lab.monitor_rules import OffsetRule


def compared(number, s1, s3=0.0, *, time):
    """A round in which s3 coordinates, s1 is so far ahead of it, and both are told to correct that much."""
    rows = (ClockReading("s3", 0.0, 0.0, 0.0, s3), ClockReading("s1", s1, 0.002, 0.002, -s1))
    return ClockRound(role="server", name="s3", epoch=1, round=number, agreed=True, clocks=rows, time=time)


def corrected(name, number, seconds):
    return ClockCorrected(role="server", name=name, epoch=1, round=number, seconds=seconds, how="step", time=1.0)


def broken(events):
    rule = OffsetRule()
    return [violation.names for event in events for violation in rule.check(event)]


ROUND = [compared(1, 5.0, -1.0, time=1.0), corrected("s1", 1, -5.0), corrected("s3", 1, -1.0)]
ORDERS = list(itertools.permutations(ROUND))


@pytest.mark.parametrize("order", ORDERS)
def test_a_clock_that_is_off_after_it_was_corrected_breaks_the_rule(order):
    assert broken([*order, compared(2, 5.0, time=6.0)]) == [("s1", "s3")]


@pytest.mark.parametrize("order", ORDERS)
def test_clocks_that_follow_break_nothing(order):
    assert broken([*order, compared(2, 0.003, time=6.0)]) == []


def test_a_clock_that_has_not_said_that_it_corrected_itself_is_not_judged():
    assert broken([ROUND[0], ROUND[2], compared(2, 5.0, time=6.0)]) == []


MOVES = [
    ClockSet(role="server", name="s1", seconds=5.0, by="00", time=2.0),
    RoleStarted(role="cluster", name="s1", time=2.0),
    FaultChanged(role="cluster", fault="skew", target="s1", amount=5.0, time=2.0),
]


@pytest.mark.parametrize("moved", MOVES, ids=lambda event: type(event).__name__)
def test_a_clock_that_was_moved_is_forgiven(moved):
    assert broken([*ROUND, moved, compared(2, 5.0, time=6.0)]) == []
