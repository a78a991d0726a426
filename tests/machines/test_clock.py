"""The application clock: shown, stored and adjusted; no timer reads it (design.md §6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.clock import SLEW_RATE, STEP_FROM, ApplicationClock

UNIX = 1_700_000_000.0
RESOLUTION = 1e-6  # seconds that a float of Unix time can tell apart


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


def test_setting_gives_up_the_correction_under_way():
    clock = ApplicationClock(0.0)
    clock.correct(10.0, 0.1)
    clock.set(11.0, 500.0)
    assert clock.read(11.0) == pytest.approx(500.0)
    assert clock.read(100.0) == pytest.approx(589.0)


def test_an_adjustment_shifts():
    clock = ApplicationClock(5.0)
    clock.adjust(-2.0)
    assert clock.read(10.0) == 13.0


@pytest.mark.parametrize("seconds", [0.2, -3600.0])
def test_a_large_correction_steps(seconds):
    clock = ApplicationClock(5.0)
    assert clock.correct(10.0, seconds) == "step"
    assert clock.read(10.0) == pytest.approx(15.0 + seconds)


@pytest.mark.parametrize("seconds", [STEP_FROM, -STEP_FROM, 0.01])
def test_a_small_correction_is_spread_over_time(seconds):
    clock = ApplicationClock(5.0)
    assert clock.correct(10.0, seconds) == "slew"
    assert clock.read(10.0) == 15.0
    half = abs(seconds) / SLEW_RATE / 2
    assert clock.read(10.0 + half) == pytest.approx(15.0 + half + seconds / 2)
    assert clock.read(10.0 + 5.0) == pytest.approx(20.0 + seconds)


def test_what_a_clock_aims_at_is_where_its_correction_leads():
    """So that a correction under way is not made a second time."""
    clock = ApplicationClock(5.0)
    clock.correct(10.0, 0.1)
    assert clock.aim(10.0) == pytest.approx(15.1)
    assert clock.aim(10.5) == pytest.approx(15.6)
    assert clock.aim(60.0) == clock.read(60.0)


def test_corrections_add_up_whatever_is_under_way():
    clock = ApplicationClock(0.0)
    clock.correct(10.0, 0.1)
    clock.correct(10.5, -0.05)
    assert clock.read(60.0) == pytest.approx(60.05)
    clock.correct(60.0, 0.1)
    assert clock.correct(60.1, 0.1) == "step"
    assert clock.read(60.1) == pytest.approx(60.35)


def test_a_skew_shows_at_once_and_a_drift_from_its_moment_on():
    clock = ApplicationClock(UNIX)
    clock.skew(-4.0)
    clock.drift(1000.0, 300.0)
    assert clock.read(1000.0) == pytest.approx(UNIX + 996.0, rel=0, abs=1e-5)
    assert clock.read(1100.0) - UNIX == pytest.approx(1096.03, rel=0, abs=1e-5)
    clock.drift(1100.0, -300.0)
    assert clock.read(1200.0) - UNIX == pytest.approx(1196.0, rel=0, abs=1e-5)


moments = st.lists(st.floats(0.0001, 3.0), min_size=1, max_size=20)
small = st.floats(-STEP_FROM / 4, STEP_FROM / 4)


@given(st.lists(st.tuples(small, moments), max_size=6), st.floats(-300, 300))
def test_a_slewed_clock_never_goes_backwards(corrections, ppm):
    clock, now = ApplicationClock(UNIX), 100.0
    clock.drift(now, ppm)
    before = clock.read(now)
    for seconds, waits in corrections:
        if abs(clock.aim(now) - clock.read(now) + seconds) > STEP_FROM - RESOLUTION:
            continue
        assert clock.correct(now, seconds) == "slew"
        for wait in waits:
            assert clock.read(now) >= before - RESOLUTION
            before = clock.read(now)
            now += wait
            assert clock.read(now) > before
            before = clock.read(now)


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 5)), max_size=8))
def test_in_the_end_a_clock_has_made_every_correction(corrections):
    clock, now = ApplicationClock(UNIX), 100.0
    for seconds, wait in corrections:
        clock.correct(now, seconds)
        now += wait
    now += 2 * STEP_FROM / SLEW_RATE
    assert clock.read(now) == pytest.approx(UNIX + now + sum(seconds for seconds, _ in corrections), rel=0, abs=1e-5)
