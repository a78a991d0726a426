"""Percentiles, rates and medians."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.lab.bench.numbers import latencies_told, load_told, medians, percentile

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=300).map(sorted)


@given(values, st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_smallest_value_that_the_share_does_not_exceed(ordered, share):
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < found for value in ordered) < share * len(ordered) + 1e-9


def test_latencies_are_told_in_milliseconds():
    assert latencies_told([0.001 * n for n in range(1, 101)]) == pytest.approx(
        {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    )
    assert latencies_told([]) == {}


def test_only_what_ended_within_the_time_counts():
    told = load_told([0.5, 1.0, 1.5, 2.0, 2.5], [9.0, 0.1, 0.2, 0.3, 9.0], 1.0, 2.0)
    assert told["rate"] == 3.0
    assert told["max"] == pytest.approx(300.0)


def test_medians_are_of_each_value():
    assert medians([{"rate": 1.0, "p50": 5.0}, {"rate": 9.0}, {"rate": 2.0}]) == {"rate": 2.0, "p50": 5.0}
    assert medians([]) == {}
