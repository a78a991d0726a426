"""The fault-tolerant average: of the clocks that agree, if they are a majority (Gusella & Zatti 1989)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.average import AGREE_BY_HAND, AGREE_SYNCHRONISED, fault_tolerant_average, largest_group

HOUR = 3600.0


def average(*offsets):
    found = fault_tolerant_average(offsets)
    return None if found is None else (pytest.approx(found[0]), sorted(found[1]))


def test_clocks_that_agree_are_averaged():
    assert average(0.0, 0.03, -0.06) == (-0.01, [0, 1, 2])


def test_one_clock_is_its_own_average():
    assert average(0.0) == (0.0, [0])


def test_no_clock_has_none():
    assert average() is None


def test_clocks_set_by_hand_meet_in_the_middle():
    """Until they are synchronised they may be seconds apart, and no two agree closely."""
    assert average(0.0, -4.0, 7.0) == (1.0, [0, 1, 2])


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 1.0, 20.0])
def test_a_liar_among_clocks_that_agree_is_left_out(wrong):
    assert average(0.0, 0.02, wrong, 0.04, 0.02) == (0.02, [0, 1, 3, 4])


def test_two_liars_of_five_are_left_out():
    assert average(0.0, HOUR, 0.02, -HOUR, 0.01) == (0.01, [0, 2, 4])


def test_it_may_be_the_coordinator_that_is_wrong():
    assert average(0.0, HOUR, HOUR + 0.02) == (HOUR + 0.01, [1, 2])


def test_an_hour_is_found_out_among_clocks_set_by_hand():
    assert average(0.0, -4.0, HOUR, 7.0) == (1.0, [0, 1, 3])


def test_two_clocks_of_which_one_lies_decide_nothing():
    assert average(0.0, HOUR) is None


def test_two_camps_of_one_size_decide_nothing():
    assert average(0.0, 0.01, HOUR, HOUR + 0.01) is None


def test_without_a_majority_nothing_is_decided():
    assert average(0.0, HOUR, 2 * HOUR, 2 * HOUR + 0.01, 3 * HOUR) is None


def test_of_two_groups_of_one_size_the_closer_one_counts():
    assert largest_group([0.0, 0.2, 0.3], 0.25) == [1, 2]


offsets = st.lists(st.floats(-1e9, 1e9), max_size=9)


@given(offsets, st.sampled_from([AGREE_SYNCHRONISED, AGREE_BY_HAND]))
def test_no_larger_group_agrees(values, tolerance):
    group = largest_group(values, tolerance)
    assert len(group) == max((sum(0 <= value - low <= tolerance for value in values) for low in values), default=0)
    assert all(abs(values[one] - values[other]) <= tolerance for one in group for other in group)


@given(st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=9), st.data())
def test_a_minority_of_liars_cannot_move_the_average(honest, data):
    liars = data.draw(st.lists(st.floats(1.0, 1e9) | st.floats(-1e9, -1.0), max_size=(len(honest) - 1)))
    found = fault_tolerant_average([*honest, *liars])
    assert found is not None
    assert min(honest) - 1e-9 <= found[0] <= max(honest) + 1e-9
    assert found[1] == set(range(len(honest)))


@given(st.floats(-1e6, 1e6), st.integers(1, 9))
def test_clocks_that_read_the_same_have_that_average(value, count):
    found = fault_tolerant_average([value] * count)
    assert found is not None
    assert found[0] == pytest.approx(value)
