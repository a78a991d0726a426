"""Servers compare the state their logs were applied to; a minority that differs halts (replication.md §10)."""

import pytest

from coreto.machines.audit import MARK_EVERY, MARKS_MAX, NO_MARK, Audit
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO, make_batch
from coreto.wire.peer import Ack, Append
from tests.support.machines import Server, config_of, entry, epoch, establish, from_peer, login

FIVE = config_of("abcde")
VOTERS = ("a", "b", "c")
AT, GOOD, BAD = MARK_EVERY, 7, 8


@pytest.fixture
def audit():
    """The pairs of `a`, who noted GOOD."""
    own = Audit()
    own.note(AT, GOOD)
    return own


# The pairs.


def test_only_every_so_many_entries_are_noted():
    audit = Audit()
    audit.note(AT - 1, GOOD)
    assert audit.latest == NO_MARK
    audit.note(AT, GOOD)
    assert audit.latest == (AT, GOOD)


def test_a_majority_with_one_pair_agrees(audit):
    audit.told("r-b", (AT, GOOD))
    audit.count("r-a", FIVE)
    assert audit.agreed == NO_MARK, "two of five"
    audit.told("r-c", (AT, GOOD))
    audit.count("r-a", FIVE)
    assert audit.agreed == (AT, GOOD)


def test_without_a_majority_for_any_pair_there_is_no_verdict(audit):
    for name, digest in (("b", GOOD), ("c", BAD), ("d", BAD)):
        audit.told(f"r-{name}", (AT, digest))
    audit.count("r-a", FIVE)
    assert audit.agreed == NO_MARK
    assert not audit.contradicts(audit.agreed)


def test_half_is_no_majority(audit):
    audit.told("r-b", (AT, GOOD))
    audit.count("r-a", config_of("abcd"))
    assert audit.agreed == NO_MARK


def test_who_is_no_voter_does_not_count(audit):
    audit.told("r-x", (AT, GOOD))
    audit.told("r-y", (AT, GOOD))
    audit.count("r-a", FIVE)
    assert audit.agreed == NO_MARK


def test_the_majority_may_be_against_us(audit):
    for name in "bcd":
        audit.told(f"r-{name}", (AT, BAD))
    audit.count("r-a", FIVE)
    assert audit.contradicts(audit.agreed)


def test_a_later_verdict_is_not_replaced_by_an_earlier_one(audit):
    audit.note(2 * AT, GOOD)
    for index in (2 * AT, AT):
        for name in "bcd":
            audit.told(f"r-{name}", (index, GOOD))
        audit.count("r-a", FIVE)
    assert audit.agreed == (2 * AT, GOOD)


def test_an_index_that_was_not_reached_or_is_forgotten_contradicts_nothing(audit):
    assert not audit.contradicts((2 * AT, BAD))
    for place in range(2, MARKS_MAX + 2):
        audit.note(place * AT, GOOD)
    assert not audit.contradicts((AT, BAD))
    assert audit.contradicts((2 * AT, BAD))


# In a server.


def log_to(index):
    return make_batch(1, epoch(1, "c"), [entry(login(n + 1), n) for n in range(index)], 0)


def append(*batches, prev=POSITION_ZERO, commit=0, mark=NO_MARK):
    message = Append(epoch=epoch(1, "c"), prev=prev, batches=batches, commit=commit, published=0, nonce=1, mark=mark)
    return from_peer("c", message)


@pytest.fixture
def follower():
    """It has applied so much that it noted one pair."""
    server = Server("b", VOTERS)
    server.hear(append(log_to(AT), commit=AT))
    assert server.node.chat.applied == AT
    return server


@pytest.fixture
def coordinator(follower):
    follower.wait(DEFAULTS.suspect_low)
    establish(follower, "a", "c")
    return follower


def own_mark(server):
    return (AT, server.node.chat.digest)


def ack(server, name, mark):
    return from_peer(name, Ack(epoch=server.node.replica.epoch, match=AT, nonce=10**6, mark=mark))


def test_a_follower_tells_its_pair_with_every_ack(follower):
    follower.said(Ack)
    follower.hear(append(prev=log_to(AT).position))
    assert [message.mark for _, message in follower.said(Ack)] == [own_mark(follower)]


def test_a_follower_that_the_majority_contradicts_halts_and_says_what_to_do(follower):
    before = list(follower.disk.batches)
    index, digest = own_mark(follower)
    follower.said(Ack)
    follower.hear(append(prev=log_to(AT).position, mark=(index, digest + 1)))
    assert f"entry {AT} differs" in follower.halted
    assert "coreto reset" in follower.halted
    assert (follower.said(Ack), follower.disk.batches) == ([], before), "it confirms nothing, and its files stay"


def test_a_follower_that_agrees_goes_on(follower):
    follower.hear(append(prev=log_to(AT).position, mark=own_mark(follower)))
    assert follower.halted == ""


def test_a_follower_that_is_late_is_not_judged_by_what_it_has_not_applied():
    server = Server("b", VOTERS)
    server.hear(append(log_to(10), commit=10, mark=(AT, BAD)))
    assert server.halted == ""


def test_a_late_follower_is_judged_when_it_gets_there():
    server = Server("b", VOTERS)
    server.hear(append(log_to(10), commit=10, mark=(AT, BAD)))
    server.hear(append(log_to(AT), commit=AT, mark=(AT, BAD)))
    assert server.halted == "", "it applies first"
    server.hear(append(prev=log_to(AT).position, commit=AT, mark=(AT, BAD)))
    assert server.halted


def test_a_coordinator_tells_what_the_majority_has(coordinator):
    coordinator.hear(ack(coordinator, "a", own_mark(coordinator)))
    coordinator.said(Append)
    coordinator.turn(DEFAULTS.heartbeat)
    assert {message.mark for _, message in coordinator.said(Append)} == {own_mark(coordinator)}


def test_a_coordinator_tells_nothing_before_a_majority_agrees(coordinator):
    coordinator.turn(DEFAULTS.heartbeat)
    assert {message.mark for _, message in coordinator.said(Append)} == {NO_MARK}


def test_a_coordinator_in_the_minority_halts_itself(coordinator):
    wrong = (AT, coordinator.node.chat.digest + 1)
    coordinator.hear(ack(coordinator, "a", wrong))
    assert coordinator.halted == ""
    coordinator.hear(ack(coordinator, "c", wrong))
    assert f"entry {AT} differs" in coordinator.halted


def test_a_single_differing_follower_does_not_stop_the_coordinator(coordinator):
    coordinator.hear(ack(coordinator, "a", own_mark(coordinator)), ack(coordinator, "c", (AT, BAD)))
    assert coordinator.halted == ""
