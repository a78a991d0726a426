"""Writes that a follower hands on, and what it may claim of them (replication.md §7, FORWARD and RESULT)."""

import pytest

from coreto.machines.settings import Settings
from coreto.wire.backend import Open
from coreto.wire.codec import decode
from coreto.wire.log import POSITION_ZERO, BrokerKey
from coreto.wire.peer import Ack, Append, CallAnswer, Forward, Result
from tests.support.machines import Server, acknowledge, epoch, establish, from_peer, request

VOTERS = ("a", "b", "c")
LOGIN = request("login", user="ana")


@pytest.fixture
def b():
    """A coordinator with an open broker start at index 2."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.from_broker(Open(nonce="x.1"))
    acknowledge(server, "a")
    return server


@pytest.fixture
def follower():
    server = Server("b", VOTERS)
    server.hear(append("c"))
    return server


def append(name, counter=1):
    made = Append(epoch=epoch(counter, name), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    return from_peer(name, made)


def key(n):
    return BrokerKey(2, n, 1)


def codes(server):
    return [(answer.number, answer.code) for answer in server.answers()]


def result(name, number, code, index=0):
    return from_peer(name, Result(number=number, code=code, index=index, body=b"\x81\xa4data\x80"))


def forwarded(server):
    return [(to, message.number, message.key) for to, message in server.said(Forward)]


def addressed(server):
    return [(to, key) for to, _, key in forwarded(server)]


def test_a_follower_forwards_with_the_time_left(follower):
    follower.work(1, LOGIN, key(1), left_ms=3000)
    ((to, message),) = follower.said(Forward)
    assert (to, message.key, message.left_ms, message.raw) == ("c", key(1), 3000, LOGIN)


@pytest.mark.parametrize("code", ["ok", "refused", "expired_key", "bad_request"])
def test_a_final_result_is_passed_on(follower, code):
    follower.work(5, LOGIN, key(1))
    ((_, number, _),) = forwarded(follower)
    follower.hear(result("c", number, code, 9))
    (answer,) = follower.answers()
    assert (answer.number, answer.code, answer.place) == (5, code, 9)


def test_a_result_of_somebody_who_was_not_asked_is_ignored(follower):
    follower.work(5, LOGIN, key(1))
    ((_, number, _),) = forwarded(follower)
    follower.hear(result("a", number, "ok", 9))
    assert follower.answers() == []


def test_a_write_forwarded_to_a_coordinator_that_died_is_unknown(follower):
    """Scenario S35: nobody is established in time; never no_coordinator."""
    follower.work(1, LOGIN, key(1), left_ms=2000)
    follower.node.on_disconnected("r-c", follower.time.now)
    follower.wait(2.1)
    assert codes(follower) == [(1, "unknown")]


def test_it_is_forwarded_to_the_next_coordinator_with_the_same_key(follower):
    follower.work(1, LOGIN, key(1))
    forwarded(follower)
    follower.hear(append("a", counter=2))
    assert addressed(follower) == [("a", key(1))]


def test_it_is_forwarded_again_when_the_same_server_coordinates_in_a_newer_epoch(follower):
    """It may have been killed meanwhile, and know nothing of the first."""
    follower.work(1, LOGIN, key(1))
    forwarded(follower)
    follower.hear(append("c", counter=2))
    ((to, message),) = follower.said(Forward)
    assert (to, message.key, message.epoch) == ("c", key(1), epoch(2, "c"))


def test_after_a_doubtful_forward_a_definite_result_is_not_enough(follower):
    """§7: definitely only if every FORWARD returned a definite RESULT, else unknown."""
    follower.work(1, LOGIN, key(1), left_ms=1000)
    follower.hear(append("a", counter=2))
    follower.node.on_disconnected("r-a", follower.time.now)
    follower.wait(1.1)
    assert codes(follower) == [(1, "unknown")]


def test_a_write_without_key_is_forwarded_once_only(follower):
    """Without a key a second copy could take effect twice."""
    follower.ask(LOGIN)
    assert [to for to, _, _ in forwarded(follower)] == ["c"]
    follower.hear(append("a", counter=2))
    assert forwarded(follower) == []
    assert len(follower.replies) == 1


def test_a_server_asked_by_a_peer_passes_nothing_on(follower):
    """A FORWARD that reaches a follower is definitely not logged by it."""
    follower.hear(from_peer("a", Forward(epoch=epoch(1, "b"), number=4, key=key(1), raw=LOGIN, left_ms=900)))
    ((to, message),) = follower.said(Result)
    assert (to, message.number, message.code) == ("a", 4, "no_coordinator")
    assert forwarded(follower) == []


def test_the_coordinator_answers_a_forward_with_the_reply_for_the_client(b):
    b.hear(from_peer("a", Forward(epoch=epoch(1, "b"), number=4, key=key(1), raw=LOGIN, left_ms=900)))
    acknowledge(b, "a")
    ((to, message),) = b.said(Result)
    assert (to, message.number, message.code, message.index) == ("a", 4, "ok", 3)
    assert b"sucesso" in message.body


def test_a_forward_to_a_former_life_of_the_coordinator_is_not_taken(b):
    """That life may have refused it for certain, before the network brought it a second time."""
    b.start()
    establish(b, "a")
    b.said(Result)
    last = b.node.log.last
    b.hear(from_peer("a", Forward(epoch=epoch(1, "b"), number=4, key=key(1), raw=LOGIN, left_ms=900)))
    assert (b.node.log.last, b.said(Result)) == (last, [])


@pytest.mark.parametrize("wide", [True, False])
def test_the_reply_to_a_forward_has_the_profile_of_the_coordinator(wide):
    server = Server("b", VOTERS, settings=Settings(wide=wide))
    establish(server, "a")
    server.hear(from_peer("a", Forward(epoch=epoch(1, "b"), number=4, key=None, raw=LOGIN, left_ms=900)))
    acknowledge(server, "a")
    ((_to, message),) = server.said(Result)
    envelope, _encoding = decode(message.body)
    assert ("success" in envelope) is wide
    assert ("success" in envelope["data"]) is wide


def test_nothing_is_answered_twice(follower):
    follower.work(1, LOGIN, key(1))
    ((_, number, _),) = forwarded(follower)
    follower.hear(result("c", number, "ok", 9), result("c", number, "ok", 9))
    follower.wait(5.0)
    assert len(follower.answers()) == 1
    assert follower.said(Ack)
    assert follower.said(CallAnswer) == []
