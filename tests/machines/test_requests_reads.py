"""Reads: local, session and linear (replication.md §8; ReadIndex, Raft thesis §6.4)."""

import pytest

from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO, BrokerKey, Noop, make_batch
from coreto.wire.peer import Ack, Append, Forward, Refuse, Result
from tests.support.machines import Server, acknowledge, entry, epoch, establish, from_peer, login, request

VOTERS = ("a", "b", "c")


def ask(level="session", min_index=0):
    return request("users", level=level, min_index=min_index)


@pytest.fixture
def b():
    server = Server("b", VOTERS)
    establish(server, "a")
    server.said(Append)
    return server


@pytest.fixture
def follower():
    server = Server("b", VOTERS)
    server.hear(append(5, 3))
    return server


def append(count, commit, name="c", nonce=1):
    batch = make_batch(1, epoch(1, name), [entry(Noop(), n) for n in range(count)], 0)
    made = Append(epoch=epoch(1, name), prev=POSITION_ZERO, batches=(batch,), commit=commit, published=0, nonce=nonce)
    return from_peer(name, made)


def codes(server):
    return [(answer.number, answer.code, answer.place) for answer in server.answers()]


def ack_newest(server, name):
    newest = dict(server.said(Append))[name]
    server.hear(from_peer(name, Ack(epoch=newest.epoch, match=newest.prev.index, nonce=newest.nonce)))


# Session.


def test_a_read_says_the_index_it_reflects(follower):
    follower.work(-1, ask())
    assert codes(follower) == [(-1, "ok", 3)]


def test_a_session_read_waits_until_enough_is_applied(follower):
    """§8: monotonic, reads own writes; never an older state."""
    follower.work(-1, ask(), min_index=5)
    assert follower.answers() == []
    follower.hear(append(5, 5, nonce=2))
    assert codes(follower) == [(-1, "ok", 5)]


def test_the_client_may_ask_for_an_index_itself(follower):
    follower.work(-1, ask(min_index=5), min_index=2)
    assert follower.answers() == []


def test_a_follower_that_lags_asks_the_coordinator_in_the_end(follower):
    """§8: waits at most 500 ms, then forwards."""
    follower.work(-1, ask(), min_index=5)
    follower.wait(DEFAULTS.read_wait + 0.1)
    ((to, message),) = follower.said(Forward)
    assert (to, message.min_index, message.key) == ("c", 5, None)
    follower.hear(from_peer("c", Result(number=message.number, code="ok", index=5, body=b"\x80")))
    assert codes(follower) == [(-1, "ok", 5)]


def test_a_read_that_nobody_can_serve_is_no_coordinator_never_unknown():
    """§8: a read has no effect, so its failure is always definite."""
    server = Server("b", VOTERS)
    server.work(-1, ask(), min_index=5)
    server.wait(DEFAULTS.read_wait + 0.1)
    assert codes(server) == [(-1, "no_coordinator", 0)]


def test_a_forwarded_read_whose_coordinator_dies_is_no_coordinator(follower):
    follower.work(-1, ask(), min_index=5)
    follower.wait(DEFAULTS.read_wait + 0.1)
    follower.node.on_disconnected("r-c", follower.time.now)
    follower.turn()
    assert codes(follower) == [(-1, "no_coordinator", 0)]


# Local.


def test_a_local_read_is_answered_at_once_however_old(follower):
    follower.work(-1, ask("local"), min_index=99)
    assert codes(follower) == [(-1, "ok", 3)]


def test_a_local_read_needs_no_coordinator():
    server = Server("b", VOTERS)
    server.work(-1, ask("local"))
    assert codes(server) == [(-1, "ok", 0)]


# Linear.


def test_a_linear_read_waits_for_a_majority_asked_after_it_came(b):
    """Thesis §6.4, steps 2 and 3: note commit, and confirm with a round of heartbeats."""
    b.work(-1, ask("linear"))
    assert b.answers() == []
    ack_newest(b, "a")
    assert codes(b) == [(-1, "ok", 1)]


def test_an_answer_to_an_older_append_confirms_nothing(b):
    """§8: ACKs to APPENDs sent after the read arrived (nonce)."""
    b.turn(DEFAULTS.heartbeat)
    before = dict(b.said(Append))
    b.work(-1, ask("linear"))
    for name, sent in before.items():
        b.hear(from_peer(name, Ack(epoch=sent.epoch, match=1, nonce=sent.nonce)))
    assert b.answers() == []


def test_one_round_of_heartbeats_leaves_at_once_for_it(b):
    b.work(-1, ask("linear"))
    assert [to for to, _ in b.said(Append)] == ["a", "c"]


def test_a_linear_read_at_a_deposed_coordinator_fails(b):
    """Scenario S6: a linear read on the old side never succeeds."""
    b.work(-1, ask("linear"))
    b.hear(from_peer("a", Refuse(promised=epoch(9, "c"))))
    assert codes(b) == [(-1, "no_coordinator", 0)]


def test_a_linear_read_at_an_isolated_coordinator_fails_in_time(b):
    b.work(-1, ask("linear"))
    b.wait(DEFAULTS.quorum_timeout + 0.2)
    assert codes(b) == [(-1, "no_coordinator", 0)]


def test_linear_is_not_served_before_the_noop_committed():
    """§8 and thesis §6.4, step 1."""
    from tests.support.machines import promise, stand

    server = Server("b", VOTERS)
    stand(server, "a")
    server.hear(promise(server, "a"))
    server.work(-1, ask("linear"))
    assert all(code != "ok" for _, code, _ in codes(server))


def test_a_follower_forwards_a_linear_read(follower):
    follower.work(-1, ask("linear"))
    assert [to for to, _ in follower.said(Forward)] == ["c"]
    assert follower.answers() == []


def test_a_linear_read_sees_what_was_acknowledged_before_it_began(b):
    """I9."""
    b.work(1, request("login", user="ana"), BrokerKey(9, 1, 1))
    acknowledge(b, "a")
    index = b.node.replica.commit
    b.answers()
    b.said(Append)
    b.work(-1, ask("linear"))
    ack_newest(b, "a")
    assert codes(b) == [(-1, "ok", index)]


def test_one_voter_alone_confirms_itself():
    server = Server("a", ("a",), rank=1)
    server.turn()
    server.turn()
    server.work(-1, ask("linear"))
    assert codes(server) == [(-1, "ok", 1)]


def test_reading_changes_nothing(b):
    last = b.node.log.last
    for level in ("local", "session", "linear"):
        b.work(-1, ask(level))
    assert b.node.log.last == last
    assert login(1) not in b.entries()
