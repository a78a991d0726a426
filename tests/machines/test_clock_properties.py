"""What a round promises whatever clocks and network do: true clocks and delays are drawn, machines see readings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.clock import SLEW_RATE, STEP_FROM, ApplicationClock
from coreto.machines.clock_round import ADJUST_MIN, TURN_ERROR, Asked, Round, worth
from coreto.wire.log import EPOCH_ZERO

UNIX = 1_700_000_000.0
RESOLUTION = 1e-5
"""Seconds; what sums of Unix seconds lose."""
NOW = 100.0
delays = st.floats(0.0, 0.09)
peers = st.lists(st.tuples(st.floats(-10, 10), delays, delays), min_size=1, max_size=6)


def clock(offset):
    return ApplicationClock(UNIX + offset)


def held(others):
    """The round in which these clocks were read over these delays, there and back."""
    asked = []
    for number, (other, there, back) in enumerate(others):
        one = Asked(f"s{number}", f"r{number}", attempt=1, asked_at=NOW)
        one.note(other.aim(NOW + there), NOW + there + back)
        asked.append(one)
    return Round(EPOCH_ZERO, 1, NOW + 1.0, asked)


def corrected(own, others, current):
    """Do what a round says; return the average, and how well each clock that takes part is known."""
    later = NOW + 1.0
    average = current.average(own.aim(later) - later)
    if average is None:
        return None, []
    known = [(own, 0.0)]
    for (other, _there, _back), one in zip(others, current.clocks, strict=True):
        other.correct(later, worth(average - one.offset))
        known.append((other, one.error))
    own.correct(later, worth(average))
    return average, known


@given(peers)
def test_a_reading_is_never_worse_than_its_error_bound(drawn):
    own, others = clock(0.0), [(clock(offset), there, back) for offset, there, back in drawn]
    current = held(others)
    current.average(own.aim(NOW) - NOW)
    for (offset, _there, _back), one in zip(drawn, current.clocks, strict=True):
        assert abs(one.offset - offset) <= one.error - TURN_ERROR + RESOLUTION


@given(peers)
def test_after_a_round_two_clocks_differ_by_no_more_than_their_errors(drawn):
    own, others = clock(0.0), [(clock(offset), there, back) for offset, there, back in drawn]
    average, known = corrected(own, others, held(others))
    done = NOW + 1.0 + 2 * STEP_FROM / SLEW_RATE
    for one, error in known:
        for other, other_error in known:
            apart = abs(one.read(done) - other.read(done))
            assert apart <= error + other_error + 2 * ADJUST_MIN + RESOLUTION
    assert average is None or -11 <= average <= 11


@given(st.lists(st.tuples(delays), min_size=1, max_size=6))
def test_nothing_moves_when_all_agree_and_the_network_is_even(drawn):
    own, others = clock(0.0), [(clock(0.0), way, way) for (way,) in drawn]
    corrected(own, others, held(others))
    later = NOW + 10.0
    assert all(one.read(later) == UNIX + later for one in (own, *(other for other, _, _ in others)))


@given(
    st.lists(st.tuples(st.floats(-0.01, 0.01), st.floats(0, 0.01), st.floats(0, 0.01)), min_size=3, max_size=6),
    st.floats(1.0, 1e7) | st.floats(-1e7, -1.0),
    st.booleans(),
)
def test_one_liar_does_not_move_the_honest_beyond_their_own_differences(drawn, lie, leads):
    """Whether the liar answers or coordinates."""
    honest = [clock(offset) for offset, _, _ in drawn]
    liar = clock(lie)
    ways = [(there, back) for _, there, back in drawn]
    own, asked = (liar, honest) if leads else (honest[0], [liar, *honest[1:]])
    others = [(other, *ways[number % len(ways)]) for number, other in enumerate(asked)]
    current = held(others)
    corrected(own, others, current)
    left_out = {one.name for one in current.clocks if one.why} | ({"own"} if current.own_why else set())
    assert left_out == ({"own"} if leads else {"s0"})
    done = NOW + 1.0 + 2 * STEP_FROM / SLEW_RATE
    assert all(abs(one.read(done) - UNIX - done) <= 0.05 for one in honest)
