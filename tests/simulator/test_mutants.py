"""With a rule removed the simulator must report a violation: tests that cannot fail prove nothing."""

import pytest

from coreto.simulator.run import run
from tests.simulator.mutants import MUTANTS, without

FOUND_BY = {
    "D1 for acks": (3, range(1)),
    "epoch without id": (3, range(40)),
    "A4 truncate always": (3, range(1)),
    "P3 best log": (3, range(40)),
    "majority of who seems alive": (3, range(40)),
    "dedupe": (3, range(1)),
    "definite refusal taken from one copy": (3, range(11, 12)),
    "no broker key": (3, range(1)),
    "liars left out of the average": (3, range(10)),
    "adjustments to each server": (3, range(3)),
}
"""Rule to servers and seeds; the first seed that finds it ends the search."""


@pytest.mark.parametrize("rule", FOUND_BY)
def test_a_protocol_without_this_rule_is_found_out(rule):
    servers, seeds = FOUND_BY[rule]
    with without(rule):
        assert any(run(seed, servers).violation for seed in seeds)


def test_every_rule_named_here_can_be_removed():
    assert FOUND_BY.keys() <= MUTANTS.keys()
