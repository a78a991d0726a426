"""Faults on real sockets between two roles."""

import time

import pytest
import zmq

from coreto.net.faults import FaultTable, LinkFault
from coreto.net.links import Link
from coreto.net.sockets import bound_socket, connected_socket
from tests.support.waiting import wait_until

ARRIVE_MS = 2000
QUIET_MS = 50
ADDRESS = "inproc://b"


@pytest.fixture
def faults():
    return FaultTable()


@pytest.fixture
def pair(context):
    """A link of s1 to s2, and the socket of s2."""
    with bound_socket(context, zmq.PAIR, [ADDRESS], "--bind") as b, connected_socket(context, zmq.PAIR, ADDRESS) as a:
        yield a, b


@pytest.fixture
def link(pair, faults):
    return Link(pair[0], faults, "s1", "s2", ADDRESS)


@pytest.fixture
def far(pair):
    """The socket of s2."""
    return pair[1]


def heard(far, count):
    """That many messages, as they arrive."""
    found: list[bytes] = []
    while len(found) < count:
        assert far.poll(ARRIVE_MS), f"only {found}"
        found.append(far.recv())
    return found


def received(link, count):
    """That many messages at the link's own end."""
    found: list[bytes] = []

    def is_heard():
        found.extend(frames[0] for frames in link.receive(10))
        return len(found) >= count

    wait_until(is_heard, "they arrive")
    return found


def test_a_link_loses_what_a_cut_stops_and_carries_the_rest(faults, link, far):
    faults.put((LinkFault("s1", "s2", "cut"),))
    assert link.send(b"lost"), "a fault looks like a loss, not like a peer that is gone"
    faults.put(())
    assert link.send(b"one", b"message")
    assert far.poll(ARRIVE_MS)
    assert far.recv_multipart() == [b"one", b"message"]
    assert not far.poll(0)


def test_both_directions_are_judged_at_the_same_end(faults, link, far):
    faults.put((LinkFault("s2", "s1", "cut"),))
    link.send(b"out")
    assert heard(far, 1) == [b"out"]
    far.send(b"lost")
    assert far.poll(QUIET_MS) == 0
    assert link.receive(10) == []
    faults.put(())
    far.send(b"in")
    assert received(link, 1) == [b"in"]


def test_a_drop_of_everything_lets_nothing_through(faults, link, far):
    faults.put((LinkFault("s1", "s2", "drop", share=1.0),))
    for number in range(100):
        link.send(b"%d" % number)
    assert not far.poll(QUIET_MS)


def test_a_duplicate_arrives_twice(faults, link, far):
    faults.put((LinkFault("s1", "s2", "duplicate"), LinkFault("s2", "s1", "duplicate")))
    link.send(b"x")
    assert heard(far, 2) == [b"x", b"x"]
    far.send(b"y")
    assert received(link, 2) == [b"y", b"y"]


def test_neighbours_change_places(faults, link, far):
    faults.put((LinkFault("s1", "s2", "reorder"),))
    for number in range(4):
        link.send(b"%d" % number)
    assert heard(far, 4) == [b"1", b"0", b"3", b"2"]


def test_a_delayed_message_leaves_when_it_is_released_in_time(faults, link, far):
    faults.put((LinkFault("s1", "s2", "delay", seconds=30.0),))
    link.send(b"late")
    now = time.monotonic()
    assert 20.0 < link.deadline() - now <= 30.0
    link.release(now)
    assert not far.poll(QUIET_MS)
    link.release(link.deadline())
    assert heard(far, 1) == [b"late"]
    assert link.deadline() == float("inf")


def test_a_delayed_message_is_received_when_it_is_due(faults, link, far):
    faults.put((LinkFault("s2", "s1", "delay", seconds=0.05),))
    far.send(b"late")
    assert received(link, 1) == [b"late"]


def test_a_link_tells_when_its_peer_is_gone(context, faults):
    with bound_socket(context, zmq.PAIR, ["inproc://lonely"], "--bind") as alone:
        assert not Link(alone, faults, "s1", "s2").send(b"x")


def test_inside_a_process_a_link_reaches_the_next_life_of_its_peer_when_told(context, faults):
    first = bound_socket(context, zmq.ROUTER, ["inproc://router"], "--bind")
    with connected_socket(context, zmq.DEALER, "inproc://router") as dealer:
        link = Link(dealer, faults, "s1", "s2", "inproc://router")
        assert link.send(b"first life")
        assert first.poll(ARRIVE_MS)
        first.close()
        with bound_socket(context, zmq.ROUTER, ["inproc://router"], "--bind") as second:
            wait_until(lambda: not link.send(b"nobody"), "the first connection is gone, and none comes back by itself")
            link.reconnect()
            link.reconnect()
            assert link.send(b"second life")
            assert second.poll(ARRIVE_MS)
            assert second.recv_multipart()[1] == b"second life"
            assert not second.poll(QUIET_MS)
