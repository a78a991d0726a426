"""Waiting until a majority of the servers follows one coordinator."""

import threading
from contextlib import ExitStack, contextmanager

import pytest
import zmq

from coreto.client.errors import TimedOutError
from coreto.client.established import wait_established
from coreto.net.frames import split
from coreto.net.sockets import bound_socket, send
from coreto.wire.codec import encode

SOON = 0.5
LATE = 20.0


@contextmanager
def answering(context, name, **said):
    """A server that answers every question with the same status, or not at all."""
    over = threading.Event()
    bound = bound_socket(context, zmq.ROUTER, [f"inproc://{name}"], "--bind")

    def answer():
        while not over.is_set():
            if bound.poll(10):
                route, _raw = split(bound.recv_multipart())
                if said:
                    send(bound, (*route, encode({"service": "status", "data": {"status": "OK", **said}}, "msgpack")))
        bound.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def ask(context):
    """Asks three servers, each of which says what is given."""

    def ask(seconds, **servers):
        with ExitStack() as stack:
            for name, said in servers.items():
                stack.enter_context(answering(context, name, **said))
            return wait_established(context, {name: f"inproc://{name}" for name in servers}, seconds)

    return ask


def follower(coordinator):
    return {"role": "follower", "coordinator": coordinator}


LEADS = {"role": "coordinator", "coordinator": "s3"}


def test_a_coordinator_with_a_majority_behind_it_is_found(ask):
    assert ask(LATE, s1=follower("s3"), s2=follower("s3"), s3=LEADS) == "s3"
    assert ask(LATE, s1=follower("s3"), s2={}, s3=LEADS) == "s3"
    assert ask(LATE, s1=LEADS | {"coordinator": "s1"}) == "s1"


@pytest.mark.parametrize(
    "servers",
    [
        {"s1": {}, "s2": {}, "s3": LEADS},
        {"s1": follower("s2"), "s2": follower(None), "s3": LEADS},
        {"s1": follower("s3"), "s2": follower("s3"), "s3": {}},
        {"s1": follower(""), "s2": follower(""), "s3": follower("")},
        {"s1": follower("s3"), "s2": follower("s3"), "s3": follower("s3")},
    ],
    ids=["alone", "split", "gone", "none", "not yet"],
)
def test_without_one_it_gives_up_in_time(ask, servers):
    with pytest.raises(TimedOutError):
        ask(SOON, **servers)
