"""What is said of an event without being asked."""

import pytest

from coreto.journal.events import ClockReading, ClockRound
from coreto.launcher.notices import notice


def compared(*clocks, agreed=True):
    return ClockRound(role="server", name="s3", epoch=1, round=1, agreed=agreed, clocks=clocks)


def test_a_clock_that_disagrees_is_named():
    said = notice(compared(ClockReading("s3"), ClockReading("s2", 3600.0, left_out="disagrees"), ClockReading("s1")))
    assert "s2" in said
    assert "s1" not in said


@pytest.mark.parametrize("reason", ["", "no_answer", "round_trip", "foreign"])
def test_of_a_clock_that_is_left_out_for_another_reason_nothing_is_said(reason):
    assert notice(compared(ClockReading("s3"), ClockReading("s2", left_out=reason))) == ""


def test_without_a_majority_nobody_is_called_a_liar():
    assert notice(compared(ClockReading("s3"), ClockReading("s2", left_out="disagrees"), agreed=False)) == ""
