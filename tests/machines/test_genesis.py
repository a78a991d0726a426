"""One blank server that waits for the set it is born with (replication.md M0)."""

import pytest

from coreto.machines.genesis import ASK_AGAIN, Genesis
from coreto.wire.log import Config, Voter
from coreto.wire.services import RankRequest

ROWS = [["r-a", "a"], ["r-b", "b"], ["r-c", "c"]]


@pytest.fixture
def genesis():
    return Genesis("a", "r-a", 3, "tcp://h:1")


def test_it_asks_until_it_has_an_answer(genesis):
    assert genesis.due(5.0) == RankRequest("a", "tcp://h:1", "r-a", 0, 3)
    assert genesis.due(5.0) is None
    assert genesis.deadline() == 5.0 + ASK_AGAIN
    assert genesis.due(5.0 + ASK_AGAIN) is not None


def test_the_first_set_is_taken_and_no_other(genesis):
    genesis.on_answer({"rank": 2, "genesis": ROWS})
    genesis.on_answer({"rank": 9, "genesis": [["r-a", "a"], ["r-x", "x"]]})
    assert genesis.config == Config((Voter("r-a", "a"), Voter("r-b", "b"), Voter("r-c", "c")))
    assert genesis.rank == 2
    assert genesis.due(99.0) is None


def test_every_member_finds_the_same_cluster_id():
    ids = set()
    for rows in (ROWS, ROWS[::-1]):
        member = Genesis("b", "r-b", 3, "")
        member.on_answer({"genesis": rows})
        ids.add(member.cluster)
    assert len(ids) == 1


def test_another_set_is_another_cluster(genesis):
    genesis.on_answer({"genesis": ROWS})
    other = Genesis("a", "r-a", 2, "")
    other.on_answer({"genesis": ROWS[:2]})
    assert genesis.cluster != other.cluster


def test_a_set_without_us_leaves_us_out(genesis):
    genesis.on_answer({"genesis": ROWS[1:]})
    assert genesis.excluded
    assert genesis.config is None
    assert genesis.due(99.0) is None


@pytest.mark.parametrize("data", [{}, {"genesis": 5}, {"genesis": None}, {"waiting": 2}])
def test_an_answer_without_a_set_changes_nothing(genesis, data):
    genesis.on_answer(data)
    assert (genesis.config, genesis.excluded) == (None, False)
