"""A crowd without manners does not keep out a client that has them."""

import pytest

from tests.figures.crowd import measure

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

RATIO_MAX = 3.0
RUNS = 3
"""The best of some runs counts: other programs on this machine are a crowd as well."""
MEMORY_MAX = 300.0
"""MiB that the crowd may cost: its queues have limits."""


def test_a_client_with_manners_waits_at_most_three_times_as_long_in_a_crowd(tmp_path):
    ratios = []
    for run in range(RUNS):
        folder = tmp_path / str(run)
        folder.mkdir()
        found = measure(folder)
        print(found)
        assert found.refused == 0
        assert found.flood["overloaded"] > 0
        assert found.memory_after - found.memory_before < MEMORY_MAX
        ratios.append(found.ratio)
        if found.ratio <= RATIO_MAX:
            return
    pytest.fail(f"each time longer: {ratios}")
