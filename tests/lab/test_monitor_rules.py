"""Rules that look at more than one event, in whichever order the reports of different roles come."""

import itertools

import pytest

from coreto.journal.elections import RoleChanged
from coreto.journal.events import (
    ClockCorrected,
    ClockReading,
    ClockRound,
    ClockSet,
    FaultChanged,
    LogDamaged,
    RoleEnded,
    RoleStarted,
)
from coreto.journal.traffic import Sent
from coreto.lab.monitor_rules import AcknowledgedRule, OffsetRule


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


def answered(lane, *, clock, last=7):
    """A server sent answers that tell of entries up to `last`."""
    return Sent(
        role="server", lane=lane, kind="answers", message="m1", peer="broker", stamp=clock, clock=clock, last=last
    )


def established(name, *, clock, index=6, epoch=2):
    """A server coordinates, with its own first entry at `index`."""
    return RoleChanged(
        role="server",
        name=name,
        lane=name,
        state="coordinator",
        epoch=epoch,
        reason="established",
        index=index,
        clock=clock,
    )


@pytest.mark.parametrize("lane", ["s1", "s2"])
def test_an_answer_of_the_new_epoch_that_is_reported_first_breaks_nothing(lane):
    rule = AcknowledgedRule()
    assert [*rule.check(answered(lane, clock=41)), *rule.check(established("s2", clock=40))] == []


def test_an_acknowledged_entry_that_a_later_coordinator_has_not_breaks_the_rule():
    rule = AcknowledgedRule()
    (violation,) = [*rule.check(answered("s1", clock=39)), *rule.check(established("s2", clock=40))]
    assert (violation.message, violation.names) == ("m1", ("s1", "s2"))


def test_an_acknowledged_entry_below_the_first_of_a_later_coordinator_breaks_nothing():
    rule = AcknowledgedRule()
    assert [*rule.check(answered("s1", clock=39)), *rule.check(established("s2", clock=40, index=8))] == []


def test_a_greater_entry_that_was_acknowledged_at_the_same_time_hides_no_loss():
    rule = AcknowledgedRule()
    events = [answered("s1", clock=39, last=7), answered("s1", clock=45, last=8), established("s2", clock=40)]
    assert [violation.rule for event in events for violation in rule.check(event)] == ["acknowledged"]


def test_a_coordinator_that_is_reported_after_one_of_a_later_epoch_is_not_judged():
    rule = AcknowledgedRule()
    events = [established("s3", clock=20, index=8, epoch=3), answered("s1", clock=25), established("s2", clock=1000)]
    assert [violation for event in events for violation in rule.check(event)] == []


FIRST = established("s1", clock=1, index=2, epoch=1)


@pytest.mark.parametrize("late", [False, True], ids=["reported before the election", "reported after it"])
def test_what_a_coordinator_acknowledged_must_be_in_the_log_of_every_later_epoch_whatever_the_clocks(late):
    """Cut off from the others its clock runs on alone, and theirs do."""
    rule = AcknowledgedRule()
    events = [FIRST, *[answered("s1", clock=900), established("s2", clock=40)][:: -1 if late else 1]]
    (violation,) = [violation for event in events for violation in rule.check(event)]
    assert (violation.message, violation.names, violation.values) == ("m1", ("s1", "s2"), (7, 6))


@pytest.mark.parametrize(
    "end",
    [
        RoleEnded(role="cluster", name="s1", reason="killed"),
        RoleChanged(role="server", name="s1", lane="s1", state="follower", epoch=2, reason="deposed"),
        LogDamaged(role="server", name="s1", first=1, last=2),
    ],
    ids=lambda event: type(event).__name__,
)
def test_who_coordinates_no_more_may_tell_of_entries_of_later_epochs(end):
    rule = AcknowledgedRule()
    events = [FIRST, end, established("s2", clock=40), answered("s1", clock=900)]
    assert [violation for event in events for violation in rule.check(event)] == []
