"""A coordinator sends what its followers lack (replication.md §6.3, A1 and A3; C2b)."""

import pytest

from coreto.machines.settings import DEFAULTS, IN_FLIGHT_MAX
from coreto.wire.log import BrokerKey
from coreto.wire.peer import Ack, Append, Mismatch
from tests.support.machines import (
    Server,
    epoch,
    establish,
    from_peer,
    position,
    request,
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


def sent_to(server, name):
    return [message for to, message in server.said(Append) if to == name]


def ack(name, match, nonce=10**6, made=None):
    return from_peer(name, Ack(epoch=made or epoch(1, "b"), match=match, nonce=nonce))


def test_entries_are_sent_with_the_place_just_before_them(b):
    """A1."""
    b.hear(ack("a", 2))
    b.said(Append)
    write(b)
    (message,) = sent_to(b, "a")
    assert (message.prev, message.epoch) == (position(1, 2, "b"), epoch(1, "b"))
    assert [batch.first for batch in message.batches] == [3]


def test_append_may_leave_before_its_own_sync(b):
    """D2: sent early, but counted only when the disk holds it."""
    b.slow_disk = True
    b.said(Append)
    write(b)
    assert [to for to, message in b.said(Append) if message.batches] == ["a", "c"]


def test_a_mismatch_makes_it_step_back_to_the_hint_and_send_again(b):
    """A3."""
    b.hear(ack("a", 2), from_peer("c", Mismatch(epoch=epoch(1, "b"), hint=0, nonce=10**6)))
    (message,) = sent_to(b, "c")
    assert message.prev.index == 0
    assert message.batches[-1].last == 2


def test_it_never_steps_back_below_what_a_peer_has_on_disk(b):
    b.hear(ack("a", 2))
    sent_to(b, "a")
    b.hear(from_peer("a", Mismatch(epoch=epoch(1, "b"), hint=0, nonce=10**6)))
    assert all(message.prev.index == 2 for message in sent_to(b, "a"))


def test_a_slow_follower_has_a_bounded_queue(b):
    """§10: at most 4 in flight per peer, and commit does not wait for it."""
    for number in range(2, 12):
        write(b, number)
        b.hear(ack("a", number + 1))
    assert len([message for message in sent_to(b, "c") if message.batches]) <= IN_FLIGHT_MAX
    assert b.node.replica.commit == 12


def test_heartbeats_keep_coming_when_there_is_nothing_to_say(b):
    b.hear(ack("a", 2))
    b.said(Append)
    b.turn(DEFAULTS.heartbeat)
    assert [to for to, message in b.said(Append) if not message.batches] == ["a", "c"]


def test_a_commit_is_told_soon_when_nothing_else_tells_it(b):
    """C2b: reads on followers must not wait for a heartbeat."""
    b.said(Append)
    b.hear(ack("a", 2))
    assert b.node.deadline() <= b.time.now + DEFAULTS.commit_delay
    b.turn(DEFAULTS.commit_delay)
    assert [(message.commit, message.batches) for message in sent_to(b, "a")] == [(2, ())]


def test_a_commit_is_told_with_the_next_entries_where_some_follow(b):
    b.said(Append)
    b.hear(ack("a", 2))
    write(b)
    assert [(message.commit, bool(message.batches)) for message in sent_to(b, "a")] == [(2, True)]
    b.turn(DEFAULTS.commit_delay)
    assert sent_to(b, "a") == []
