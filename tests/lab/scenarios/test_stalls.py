"""A deadline moves when the machine stood still, and does not move for ever."""

from coreto.lab.scenarios.stalls import GIVEN_BACK, MOVED_MAX, StallMeter
from tests.support.waiting import wait_until


def test_a_deadline_passes_when_nothing_stalled():
    deadline = StallMeter().deadline(0.01)
    assert deadline.state == "open"
    wait_until(lambda: deadline.elapsed > 0.01, "the deadline")
    assert deadline.state in ("passed", "too_slow")


def test_stalls_move_a_deadline():
    meter = StallMeter()
    deadline = meter.deadline(0.05)
    wait_until(lambda: deadline.elapsed > 0.06, "the deadline")
    meter.seconds += 10 / GIVEN_BACK
    assert deadline.state != "passed"


def test_stalls_do_not_move_it_for_ever():
    meter = StallMeter()
    deadline = meter.deadline(0.01)
    meter.seconds += 1000
    wait_until(lambda: deadline.elapsed > 0.01 * MOVED_MAX, "the end")
    assert deadline.state == "too_slow"


def test_stalls_before_it_was_set_do_not_count():
    meter = StallMeter()
    meter.seconds = 1000
    deadline = meter.deadline(0.01)
    wait_until(lambda: deadline.elapsed > 0.01, "the deadline")
    assert deadline.state in ("passed", "too_slow")


def test_the_meter_starts_and_ends():
    meter = StallMeter()
    meter.start()
    meter.stop()
    assert meter.seconds >= 0
