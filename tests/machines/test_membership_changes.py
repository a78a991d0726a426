"""Voters are changed one at a time, by hand or because it is due (replication.md §9, M1 to M5)."""

import pytest

from coreto.journal.events import MembersChanged
from coreto.machines.handover import LAG_MAX
from coreto.machines.membership import REPLACE_AFTER, VOTERS_AUTOMATIC
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import Voter
from coreto.wire.peer import Ack, Append, Call, CallAnswer, HandoverNow
from tests.machines.chatting import Town
from tests.machines.leading import Lead
from tests.support.machines import Server, acknowledge, from_peer, promise, request, stand

VOTERS = ("a", "b", "c")


@pytest.fixture
def lead():
    """The coordinator of three; the other two live."""
    return Lead("c", VOTERS)


def ask(server, service, name):
    return server.ask(request(service, name=name))


# By hand.


def test_a_learner_is_promoted_when_its_entry_is_committed(lead):
    lead.learn("x")
    lead.alive = {"a", "b"}
    assert lead.change("promote", "x") == {}, "no answer before the commit"
    assert lead.names == ["a", "b", "c", "x"]
    lead.settle()
    assert [event.voters for event in lead.events if isinstance(event, MembersChanged)] == [["a", "b", "c", "x"]]


def test_a_voter_keeps_the_address_it_had_when_it_became_one(lead):
    lead.learn("x")
    lead.change("promote", "x")
    assert lead.config.voters[-1] == Voter("r-x", "x", "at x")


def test_a_new_voter_counts_from_the_moment_its_entry_is_logged(lead):
    """In force, committed or not: of four, two others are needed."""
    lead.learn("x")
    lead.alive = {"a"}
    lead.change("promote", "x")
    lead.settle()
    assert lead.node.replica.commit == lead.node.log.last.index - 1
    lead.alive = {"a", "x"}
    lead.turn(DEFAULTS.heartbeat)
    lead.settle()
    assert lead.node.replica.commit == lead.node.log.last.index


def test_a_removed_voter_does_not_count_from_the_moment_its_entry_is_logged():
    lead = Lead("d", ("a", "b", "c", "d"))
    lead.pass_time(0.1)
    lead.change("remove", "a")
    lead.alive = {"a", "b"}
    lead.settle()
    assert lead.names == ["b", "c", "d"]
    assert lead.node.replica.commit == lead.node.log.last.index, "b and itself are two of three"


def test_a_removed_voter_is_no_longer_fed(lead):
    lead.change("remove", "a")
    lead.settle()
    lead.turn(DEFAULTS.heartbeat)
    assert [to for to, _ in lead.said(Append)] == ["b"]


def test_who_is_promoted_twice_or_removed_twice_is_so_already(lead):
    lead.learn("x")
    lead.change("promote", "x")
    lead.settle()
    last = lead.node.log.last.index
    assert lead.change("promote", "x")["status"] == "OK"
    assert lead.change("remove", "nobody")["status"] == "OK"
    assert lead.node.log.last.index == last


@pytest.mark.parametrize("service", ["promote", "remove"])
def test_who_asks_again_is_told_only_when_it_is_committed(lead, service):
    lead.learn("x")
    name = "x" if service == "promote" else "a"
    alive, lead.alive = lead.alive, set()
    assert lead.change(service, name) == {}
    assert lead.change(service, name) == {}
    lead.alive = alive
    lead.turn(DEFAULTS.heartbeat)
    lead.settle()
    lead.turn()
    assert len(lead.replies) == 2


def test_who_does_not_learn_is_not_promoted(lead):
    assert lead.change("promote", "x")["rule"] == "learner_unknown"


def test_a_learner_that_is_far_behind_is_not_promoted(lead):
    lead.write(LAG_MAX + 1)
    lead.lag("x")
    answer = lead.change("promote", "x")
    assert (answer["rule"], answer["code"]) == ("learner_behind", "bad_request")
    assert str(lead.node.log.last.index) in answer["description"]


def test_a_learner_that_never_answered_is_not_promoted(lead):
    """However short the log is: as a voter it would be one more that is dead."""
    lead.lag("x")
    assert lead.change("promote", "x")["rule"] == "learner_behind"


def test_a_voter_is_not_removed_if_no_majority_of_the_rest_is_alive(lead):
    lead.alive = {"a"}
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    assert lead.change("remove", "a")["rule"] == "too_few_left"
    assert lead.names == list(VOTERS)


def test_a_dead_voter_may_be_removed(lead):
    lead.alive = {"a"}
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    lead.change("remove", "b")
    assert lead.names == ["a", "c"]


def test_the_last_voter_is_not_removed():
    assert Town().tell("remove", name="a")["rule"] == "too_few_left"


@pytest.mark.parametrize(("service", "name"), [("promote", "y"), ("remove", "b")])
def test_no_change_begins_while_one_is_uncommitted(lead, service, name):
    """M2."""
    lead.learn("x")
    lead.learn("y")
    lead.alive = set()
    lead.change("promote", "x")
    assert lead.change(service, name)["rule"] == "change_under_way"
    assert lead.names == ["a", "b", "c", "x"]


def test_no_change_begins_before_an_entry_of_its_own_epoch_is_committed():
    """M2, with the correction of 2015."""
    server = Server("c", VOTERS)
    stand(server, "a")
    server.hear(promise(server, "a"), promise(server, "b"))
    assert server.plays(Role.ESTABLISHING)
    assert ask(server, "remove", "a")["rule"] == "change_under_way"
    acknowledge(server, "a", "b")
    assert server.plays(Role.COORDINATOR)
    assert ask(server, "remove", "a") == {}


# The coordinator itself.


def test_a_coordinator_that_is_removed_steps_down_and_hands_over_when_it_is_committed(lead):
    """C4: the others need not wait until they miss it."""
    alive, lead.alive = lead.alive, set()
    lead.change("remove", "c")
    assert lead.plays(Role.COORDINATOR)
    lead.alive = alive
    lead.turn(DEFAULTS.heartbeat)
    lead.settle()
    assert lead.plays(Role.FOLLOWER)
    ((to, _),) = lead.said(HandoverNow)
    assert to in "ab"


def test_it_hands_over_to_who_holds_most_of_the_log():
    lead = Lead("f", "abcdef")
    lead.alive = {"b", "c", "d"}
    lead.change("remove", "f")
    lead.settle()
    ((to, _),) = lead.said(HandoverNow)
    assert to in "bcd"


def test_a_removed_coordinator_does_not_count_itself(lead):
    lead.alive = {"b"}
    lead.change("remove", "c")
    lead.settle()
    assert lead.node.replica.commit == lead.node.log.last.index - 1
    assert lead.plays(Role.COORDINATOR)


def test_a_removed_coordinator_answers_who_asked(lead):
    lead.change("remove", "c")
    lead.settle()
    lead.turn()
    assert len(lead.replies) == 1


def test_a_removed_coordinator_calls_no_election(lead):
    lead.change("remove", "c")
    lead.settle()
    promised = lead.node.replica.promised
    lead.wait(5.0)
    assert (lead.plays(Role.FOLLOWER), lead.node.replica.promised) == (True, promised)


def test_a_removed_coordinator_is_not_eligible(lead):
    lead.change("remove", "c")
    lead.settle()
    lead.hear(from_peer("a", Call(round=1, rank=1, counter_seen=0)))
    assert [message.eligible for _, message in lead.said(CallAnswer)] == [False]


# When it is due.


def test_a_voter_that_lost_its_disk_is_swapped_for_its_new_replica(lead):
    """M5: added first, and removed when that is committed."""
    lead.alive.discard("a")
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    lead.alive.discard("b")
    lead.learn("a2", name="a")
    lead.pass_time(0.1)
    assert lead.replicas == ["a", "b", "c", "a2"]
    lead.alive.add("b")
    lead.pass_time(0.3)
    assert lead.replicas == ["b", "c", "a2"]
    assert lead.names == ["b", "c", "a"]


def test_the_old_replica_stays_until_the_new_one_is_committed(lead):
    lead.alive.discard("a")
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    lead.lag("a2", name="a")
    lead.alive = set()
    lead.hear(from_peer("a2", Ack(epoch=lead.node.replica.epoch, match=lead.node.log.last.index, nonce=10**6)))
    lead.pass_time(0.1)
    assert lead.replicas == ["a", "b", "c", "a2"]


def test_a_voter_that_lives_is_not_swapped(lead):
    lead.learn("a2", name="a")
    lead.pass_time(1.0)
    assert lead.replicas == list(VOTERS)


def test_a_newcomer_that_has_not_copied_the_log_is_not_swapped_in(lead):
    lead.alive.discard("a")
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    lead.lag("a2", name="a")
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    assert lead.replicas == list(VOTERS)


def test_a_full_cluster_takes_nobody_in_by_itself(lead):
    """M1: ten laptops may come and go without touching the quorum."""
    for name in "uvwxyz":
        lead.learn(name)
    lead.pass_time(1.0)
    assert lead.replicas == list(VOTERS)


def test_a_vacancy_is_filled_by_a_server_that_never_voted(lead):
    lead.change("remove", "a")
    lead.settle()
    lead.learn("x")
    lead.pass_time(0.3)
    assert lead.replicas == ["b", "c", "x"]


def test_a_voter_that_somebody_removed_stays_a_learner(lead):
    lead.change("remove", "a")
    lead.settle()
    lead.learn("a")
    lead.pass_time(1.0)
    assert (lead.replicas, lead.learners) == (["b", "c"], {"a"})


def test_a_voter_that_somebody_removed_may_be_promoted_again(lead):
    lead.change("remove", "a")
    lead.settle()
    lead.learn("a")
    lead.change("promote", "a")
    lead.pass_time(1.0)
    assert lead.replicas == ["b", "c", "a"]


def test_vacancies_beyond_five_are_not_filled():
    lead = Lead("g", "abcdefg")
    for name in "ab":
        lead.change("remove", name)
        lead.settle()
    lead.learn("x")
    lead.pass_time(1.0)
    assert len(lead.replicas) == VOTERS_AUTOMATIC


def test_a_voter_that_is_dead_for_long_is_replaced_by_a_learner_that_stands_ready(lead):
    """M3."""
    lead.alive.discard("a")
    lead.learn("x")
    lead.pass_time(2.0)
    lead.sleep(REPLACE_AFTER - 10.0)
    assert lead.replicas == list(VOTERS)
    lead.sleep(10.0)
    lead.learn("x")
    lead.pass_time(1.0)
    assert lead.replicas == ["b", "c", "x"]


def test_without_a_learner_a_dead_voter_stays(lead):
    lead.alive.discard("a")
    lead.pass_time(2.0)
    lead.sleep(REPLACE_AFTER + 10.0)
    assert lead.replicas == list(VOTERS)


def test_who_was_replaced_and_is_promoted_again_stays(lead):
    lead.alive.discard("a")
    lead.pass_time(2.0)
    lead.sleep(REPLACE_AFTER)
    lead.learn("x")
    lead.pass_time(1.0)
    assert lead.replicas == ["b", "c", "x"]
    lead.learn("a")
    lead.change("promote", "a")
    lead.pass_time(1.0)
    assert lead.replicas == ["b", "c", "x", "a"]
