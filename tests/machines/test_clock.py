"""The application clock: shown, stored and adjusted; no timer reads it (design.md §6)."""

import pytest

from coreto.machines.clock import ApplicationClock


def test_the_offset_makes_unix_seconds_of_monotonic_ones():
    assert ApplicationClock(1000.0).read(7.0) == 1007.0


def test_drift_is_seconds_gained_per_second():
    clock = ApplicationClock(0.0, drift=0.01)
    assert clock.read(200.0) - clock.read(100.0) == pytest.approx(101.0)


def test_a_set_clock_reads_what_it_was_set_to_and_goes_on():
    clock = ApplicationClock(5.0, drift=0.5)
    clock.set(10.0, 1000.0)
    assert clock.read(10.0) == pytest.approx(1000.0)
    assert clock.read(12.0) == pytest.approx(1003.0)


def test_an_adjustment_shifts():
    clock = ApplicationClock(5.0)
    clock.adjust(-2.0)
    assert clock.read(10.0) == 13.0


def test_a_skew_is_a_jump():
    clock = ApplicationClock(5.0)
    clock.skew(-4.0)
    assert clock.read(10.0) == 11.0


def test_a_drift_begins_without_a_jump_and_replaces_the_one_before():
    clock = ApplicationClock(1000.0)
    clock.drift(100.0, 300.0)
    assert clock.read(100.0) == pytest.approx(1100.0)
    assert clock.read(10100.0) == pytest.approx(11103.0)
    clock.drift(10100.0, 0.0)
    assert clock.read(20100.0) == pytest.approx(21103.0)
