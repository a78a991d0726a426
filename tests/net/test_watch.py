"""A thread is woken for what has a message, and asks nobody else."""

import time

import pytest
import zmq

from coreto.net.watch import Watch
from tests.support.waiting import wait_until

SECONDS = 10.0
SHORT = 0.05
"""How long to wait for what must not come."""


@pytest.fixture
def watch():
    made = Watch()
    yield made
    made.close()


@pytest.fixture(params=[True, False], ids=["hears only", "talks"])
def pair(request, context, watch):
    """Two ends; messages to the first are waited for."""
    with context.socket(zmq.PAIR) as near, context.socket(zmq.PAIR) as far:
        near.bind("inproc://watched")
        far.connect("inproc://watched")
        watch.add(near, hears_only=request.param)
        yield near, far
        watch.remove(near)


def test_who_has_a_message_is_ready(watch, pair):
    near, far = pair
    far.send(b"oi")
    assert watch.wait(SECONDS) == {near}
    assert watch.receive(near, 9) == [[b"oi"]]


def test_where_nobody_has_one_the_wait_ends(watch, pair):
    began = time.monotonic()
    assert watch.wait(SHORT) == set()
    assert time.monotonic() - began >= SHORT / 2


def test_what_was_not_taken_is_found_in_the_next_wait(watch, pair):
    near, far = pair
    for number in range(5):
        far.send(b"%d" % number)
    found: list[list[bytes]] = []
    while len(found) < 5:
        assert watch.wait(SECONDS) == {near}
        found += watch.receive(near, 2)
    assert found == [[b"%d" % number] for number in range(5)]
    assert watch.wait(SHORT) == set()


def test_who_had_nothing_when_the_wait_ended_is_not_read(watch, pair):
    near, far = pair
    assert watch.wait(SHORT) == set()
    far.send(b"oi")
    assert watch.receive(near, 9) == []
    assert watch.wait(SECONDS) == {near}


def test_what_a_send_was_told_of_is_found_though_the_descriptor_is_silent(context, watch):
    """ZeroMQ tells of a message once, and a send may be what it is told to."""
    with context.socket(zmq.PAIR) as near, context.socket(zmq.PAIR) as far:
        near.bind("inproc://silent")
        far.connect("inproc://silent")
        watch.add(near, hears_only=False)
        assert watch.wait(SHORT) == set()
        far.send(b"oi")
        wait_until(lambda: near.get(zmq.EVENTS) & zmq.POLLIN, "it is told")
        assert watch.wait(SECONDS) == {near}
        watch.remove(near)


def test_who_is_removed_is_waited_for_no_more(watch, pair):
    near, far = pair
    watch.remove(near)
    far.send(b"oi")
    assert watch.receive(near, 9) == []
    watch.add(near, hears_only=True)
    assert watch.wait(SECONDS) == {near}
