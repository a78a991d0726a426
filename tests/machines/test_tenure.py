"""Coordinating: counting and stepping down (replication.md §6.4; Raft §5.4.2, thesis §6.2)."""

import pytest

from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO, BrokerKey, Epoch, Noop, make_batch
from coreto.wire.peer import Ack, Append, Entries, Prepare, Promise, Refuse
from tests.support.machines import (
    Server,
    acknowledge,
    entry,
    epoch,
    establish,
    from_peer,
    login,
    promise,
    request,
    stand,
)

VOTERS = ("a", "b", "c")


@pytest.fixture
def b():
    """The coordinator of three; nobody but `a` ever answered."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.work(1, request("login", user="ana"), BrokerKey(99, 1, 1))
    server.said(Append)
    return server


def write(server, number=2):
    server.work(number, request("login", user="ana"), BrokerKey(99, number, 1))


def ack(name, match, nonce=10**6, made=None):
    return from_peer(name, Ack(epoch=made or epoch(1, "b"), match=match, nonce=nonce))


# Committing.


def test_an_entry_commits_when_a_majority_holds_it_on_disk(b):
    """C1."""
    assert b.node.replica.commit == 1
    b.hear(ack("a", 2))
    assert b.node.replica.commit == 2


def test_its_own_bytes_count_only_once_they_are_on_disk():
    """D2."""
    b = Server("b", VOTERS)
    establish(b, "a")
    b.slow_disk = True
    write(b)
    b.hear(ack("a", 2))
    assert b.node.replica.commit == 1
    b.sync()
    assert b.node.replica.commit == 2


def test_two_followers_are_a_majority_without_its_own_disk():
    b = Server("b", VOTERS)
    establish(b, "a")
    b.slow_disk = True
    write(b)
    b.hear(ack("a", 2), ack("c", 2))
    assert b.node.replica.commit == 2


def test_bytes_of_a_log_it_gave_up_do_not_count_for_the_log_it_adopted():
    """D2, scripted scenario S25: the old sync is in flight while a shorter log is adopted."""
    b = Server("b", VOTERS)
    b.slow_disk = True
    old = make_batch(1, epoch(1, "c"), [entry(login(n)) for n in range(1, 6)], 0)
    b.hear(
        from_peer("c", Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(old,), commit=0, published=0, nonce=1))
    )
    b.wait(DEFAULTS.suspect_low)
    stand(b, "a", "c")
    best = make_batch(1, epoch(2, "a"), [entry(Noop())], 0)
    b.hear(promise(b, "a", best.position))
    lent = Entries(epoch=b.node.replica.promised, prev=POSITION_ZERO, batches=(best,))
    b.hear(from_peer("a", lent))
    assert b.node.log.last.index == 2
    b.hear(ack("a", 1, made=b.node.replica.promised))
    b.sync(1)
    assert b.node.log.durable == 0, "the disk is five long, but with other bytes"
    b.hear(ack("a", 2, made=b.node.replica.promised))
    assert b.plays(Role.ESTABLISHING)
    b.sync()
    assert b.plays(Role.COORDINATOR)


def test_entries_of_an_older_epoch_commit_only_through_an_own_one():
    """C1; Raft §5.4.2 and Figure 8, scenario S4: a majority for an old entry proves nothing."""
    b = Server("b", VOTERS)
    old = make_batch(1, epoch(1, "c"), [entry(Noop()), entry(login(1))], 0)
    b.hear(
        from_peer("c", Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(old,), commit=0, published=0, nonce=1))
    )
    b.wait(DEFAULTS.suspect_low)
    made = stand(b, "a", "c")
    b.hear(promise(b, "a"))
    b.hear(ack("a", 2, made=made))
    assert b.node.replica.commit == 0
    b.hear(ack("a", 3, made=made))
    assert b.node.replica.commit == 3


def test_an_ack_of_another_epoch_does_not_count(b):
    b.hear(ack("a", 2, made=epoch(7, "b")))
    assert b.node.replica.commit == 1


def test_an_ack_of_somebody_who_is_no_voter_does_not_count(b):
    b.hear(ack("x", 2), ack("y", 2))
    assert b.node.replica.commit == 1


def test_an_ack_beyond_the_log_counts_to_its_end_only(b):
    b.hear(ack("a", 10**9))
    assert b.node.replica.commit == 2


@pytest.mark.parametrize(("voters", "helpers"), [("abcd", "ac"), ("abcde", "ac")])
def test_even_and_odd_numbers_of_voters_need_more_than_half(voters, helpers):
    b = Server("b", voters)
    establish(b, *helpers)
    write(b)
    b.hear(ack("a", 2))
    assert b.node.replica.commit == 1
    b.hear(ack("c", 2))
    assert b.node.replica.commit == 2


# The end of a tenure.


def test_a_coordinator_that_no_majority_answers_steps_down(b):
    """C3, check-quorum (thesis §6.2)."""
    b.wait(DEFAULTS.quorum_timeout + 0.1)
    assert b.plays(Role.FOLLOWER)
    assert b.node.coordinator_name() == ""


def test_one_of_two_followers_is_enough_to_stay(b):
    for _ in range(30):
        b.hear(ack("a", 2))
        b.turn(0.1)
    assert b.plays(Role.COORDINATOR)


def test_a_refusal_from_a_newer_epoch_ends_it(b):
    """C4."""
    b.hear(from_peer("a", Refuse(promised=epoch(9, "c"))))
    assert b.plays(Role.FOLLOWER)


def test_a_refusal_from_an_older_epoch_does_not(b):
    b.hear(from_peer("a", Refuse(promised=Epoch(0, "r-c"))))
    assert b.plays(Role.COORDINATOR)


def test_a_stopped_process_is_not_deposed_by_its_own_silence_but_by_what_it_finds(b):
    """E6 and scenario S32: it drains first, finds the newer epoch, and follows."""
    b.turn(10.0)
    assert b.plays(Role.COORDINATOR)
    newer = Append(epoch=epoch(9, "c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    b.time.now += 10.0
    b.hear(from_peer("c", newer))
    assert b.plays(Role.FOLLOWER)
    assert b.node.coordinator_name() == "c"


def test_a_live_coordinator_ignores_a_candidate(b):
    """P2."""
    b.hear(from_peer("c", Prepare(epoch=epoch(9, "c"), commit=0)))
    assert b.said(Promise) == []
    assert b.plays(Role.COORDINATOR)


def test_a_restarted_coordinator_begins_as_follower_with_a_newer_epoch_to_come(b):
    """D3 and scenario S9: an epoch is used by one process life only."""
    b.start()
    assert b.plays(Role.FOLLOWER)
    assert stand(b, "a") == epoch(2, "b")


def test_what_each_follower_holds_is_known_from_its_answers(b):
    b.turn(DEFAULTS.heartbeat)
    acknowledge(b, "a")
    assert b.node.replica.tenure is not None
    assert b.node.replica.tenure.matches() == {"r-a": 2, "r-c": 0}
