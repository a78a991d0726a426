"""Learners that come and go, and versions that would apply the log differently (replication.md §9)."""

import pytest

from coreto.machines.newcomer import Newcomer
from coreto.wire.log import APPLY_VERSION, POSITION_ZERO, Epoch
from coreto.wire.peer import Append, HelloAnswer, Join, JoinRefused, Leave
from tests.support.machines import Server, establish, from_peer

VOTERS = ("a", "b", "c")
OTHER = APPLY_VERSION + 1


@pytest.fixture
def c():
    server = Server("c", VOTERS)
    establish(server, "a", "b")
    return server


def learners(server):
    return server.node.status(server.time.now)["learners"]


def join(name="d", **fields):
    return from_peer(name, Join(name=name, address=f"at {name}", **fields))


def test_a_learner_is_fed(c):
    c.hear(join())
    assert learners(c) == ["d"]
    c.turn(c.settings.heartbeat)
    assert "d" in dict(c.said(Append))


def test_a_learner_that_stops_in_good_order_is_forgotten_at_once(c):
    c.hear(join())
    c.hear(from_peer("d", Leave()))
    assert learners(c) == []
    c.said(Append)
    c.turn(c.settings.heartbeat)
    assert "d" not in dict(c.said(Append))


def test_a_voter_cannot_leave(c):
    c.hear(from_peer("a", Leave()))
    assert c.node.status(c.time.now)["voters"] == list(VOTERS)


def test_a_learner_tells_its_coordinator_that_it_stops():
    learner = Server("d", VOTERS)
    learner.hear(
        from_peer("c", Append(epoch=Epoch(1, "r-c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1))
    )
    learner.node.leave()
    learner.turn()
    assert [to for to, _ in learner.said(Leave)] == ["c"]


def test_a_voter_that_stops_says_nothing(c):
    c.node.leave()
    c.turn()
    assert c.said(Leave) == []


def test_a_learner_of_another_version_is_not_taken_in(c):
    c.hear(join(apply=OTHER))
    assert [(to, message.rule) for to, message in c.said(JoinRefused)] == [("d", "other_version")]
    assert learners(c) == []


def test_a_learner_of_another_version_halts_and_says_why():
    learner = Server("d", VOTERS)
    learner.hear(from_peer("c", JoinRefused(rule="other_version")))
    learner.turn(1.0)
    assert "coreto --version" in learner.halted


def test_a_voter_among_others_of_another_version_halts_and_says_why():
    server = Server("a", VOTERS, greeted=False)
    answer = HelloAnswer(life=0, known=True, promised=Epoch(0, ""), match=0, apply=OTHER)
    server.hear(from_peer("b", answer, incarnation=0))
    assert "coreto --version" in server.halted


def members(**fields):
    return {"cluster": "c1", "genesis": [["r-a", "a"]], **fields}


def test_a_newcomer_is_born_into_a_cluster_of_its_version():
    newcomer = Newcomer(0.0)
    newcomer.on_members(members(apply=APPLY_VERSION))
    assert newcomer.cluster == "c1"
    assert not newcomer.is_refused


def test_a_newcomer_is_not_born_into_one_of_another_version():
    newcomer = Newcomer(0.0)
    newcomer.on_members(members(apply=OTHER))
    assert newcomer.is_refused
    assert newcomer.genesis is None
