"""Many seeds of the simulator; those that once found a bug are kept by name."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from coreto.simulator.run import Report, run

pytestmark = pytest.mark.long

SEEDS = {3: range(260), 5: range(1000, 1040)}
"""Servers to seeds: part of the ranges that are run before a release."""
NICE = 10
"""Runs ask no clock: they get the processor time that tests which run at the same time leave over."""
OPERATIONS_MIN = 200
"""A sound run has about this many client operations; the median of many must."""


def give_way() -> None:
    """Leave the processor to whoever else wants it."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICE)


def reports(servers: int) -> list[Report]:
    """Run the seeds on all cores."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), give_way) as pool:
        return list(pool.map(run, SEEDS[servers], [servers] * len(SEEDS[servers]), chunksize=4))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("servers", SEEDS)
def test_no_invariant_is_broken_and_every_run_is_live_at_its_end(servers):
    found = reports(servers)
    assert [report for report in found if report.violation] == []
    counts = sorted(report.operations for report in found)
    assert counts[len(counts) // 2] >= OPERATIONS_MIN
    kinds = {kind for report in found for kind, count in report.faults.items() if count}
    assert kinds == {
        "crash", "partition", "pause", "disk failure", "broker crash", "reference crash", "change", "members changed",
    }  # fmt: skip


def test_the_same_seed_gives_the_same_run():
    assert run(7, 3) == run(7, 3)
