"""Faults that are put in force between roles."""

import pytest
import zmq

from coreto.net.links import FaultTable, Link
from coreto.net.sockets import bound_socket, connected_socket

ARRIVE_MS = 2000


@pytest.fixture
def faults():
    return FaultTable()


@pytest.fixture
def pair(context):
    """Two connected sockets."""
    with (
        bound_socket(context, zmq.PAIR, ["inproc://b"], "--bind") as b,
        connected_socket(context, zmq.PAIR, "inproc://b") as a,
    ):
        yield a, b


def test_an_empty_table_lets_everything_pass(faults):
    assert faults.passes("s1", "s2")


def test_a_cut_has_a_direction(faults):
    faults.cut("s1", "s2")
    assert not faults.passes("s1", "s2")
    assert faults.passes("s2", "s1")
    assert faults.passes("s1", "s3")


def test_healing_ends_every_cut(faults):
    faults.cut("s1", "s2")
    faults.cut("s2", "s3")
    faults.heal()
    assert faults.passes("s1", "s2")
    assert faults.passes("s2", "s3")


def test_a_link_loses_what_a_cut_stops_and_carries_the_rest(faults, pair):
    a, b = pair
    link = Link(a, faults, "s1", "s2")
    faults.cut("s1", "s2")
    assert link.send(b"lost"), "a fault looks like a loss, not like a peer that is gone"
    faults.heal()
    assert link.send(b"one", b"message")
    assert b.poll(ARRIVE_MS)
    assert b.recv_multipart() == [b"one", b"message"]
    assert not b.poll(0)


def test_a_link_tells_when_its_peer_is_gone(context, faults):
    with bound_socket(context, zmq.PAIR, ["inproc://lonely"], "--bind") as alone:
        assert not Link(alone, faults, "s1", "s2").send(b"x")
