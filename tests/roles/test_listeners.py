"""The proxy that other machines reach: subscribers have limits, and who exceeds them goes with all it follows."""

import contextlib

import pytest
import zmq

from coreto.machines.visitors import SUBSCRIPTIONS_EACH
from coreto.net.security import make_key
from coreto.net.sockets import connected_socket
from coreto.net.worker import Worker
from coreto.roles.listeners import Listeners
from coreto.roles.proxy import GuardedProxyRole
from coreto.wire.limits import SUBSCRIPTION_BYTES
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

INSIDE = "inproc://xsub"
ARRIVE_MS = 5_000
SECONDS = 20.0


@pytest.fixture
def outside(context, launch):
    """Where subscribers connect to a running proxy."""
    address = free_address()
    launch(GuardedProxyRole(context, [INSIDE], [address, "inproc://xpub"], make_key()))
    return address


@pytest.fixture
def publisher(context, outside):
    """An XPUB, which sees what is followed."""
    with context.socket(zmq.XPUB) as made:
        made.rcvhwm = 0
        made.connect(INSIDE)
        yield made


class Unstarted(Worker):
    """Holds what it would listen to; the test takes its turns."""

    def __init__(self, context):
        super().__init__("unstarted", context)
        self.held = []

    def listen(self, socket, *, hears_only=False):
        self.held.append(socket)
        return socket


def subscriber(context, address, *topics):
    made = connected_socket(context, zmq.SUB, address)
    made.sndhwm = 0
    for topic in topics:
        made.subscribe(topic)
    return made


def hears(publisher, socket, topic):
    publisher.send_multipart((topic, b"x"))
    return socket.poll(20)


def followed(publisher, count):
    """Return what the next changes are."""
    found = []
    for _ in range(count):
        assert publisher.poll(ARRIVE_MS)
        found.append(publisher.recv())
    return found


def test_publications_arrive_by_topic(context, outside, publisher):
    with subscriber(context, outside, b"geral") as one, subscriber(context, "inproc://xpub", b"lab") as other:
        wait_until(lambda: hears(publisher, one, b"geral"), "the first hears")
        wait_until(lambda: hears(publisher, other, b"lab"), "the second hears")
        assert {frames[0] for frames in iter(lambda: one.poll(0) and one.recv_multipart(), 0)} == {b"geral"}


def test_publishers_hear_of_a_topic_once_and_when_nobody_follows_it_any_more(context, outside, publisher):
    with subscriber(context, outside, b"a") as one:
        assert followed(publisher, 1) == [b"\x01a"]
        with subscriber(context, outside, b"a", b"b"):
            assert followed(publisher, 1) == [b"\x01b"]
        assert followed(publisher, 1) == [b"\x00b"], "an end of a connection is an end of all it followed"
        one.unsubscribe(b"a")
        assert followed(publisher, 1) == [b"\x00a"]


def test_who_follows_too_much_is_shown_out_with_all_it_follows(context, outside, publisher):
    with subscriber(context, outside, b"geral") as well_behaved:
        followed(publisher, 1)
        with subscriber(context, outside, *(b"%d" % number for number in range(SUBSCRIPTIONS_EACH + 1))) as greedy:
            greedy.reconnect_ivl = -1
            ends = 0
            while not ends:
                ends += followed(publisher, 1)[0][:1] == b"\x00"
        wait_until(lambda: hears(publisher, well_behaved, b"geral"), "the others hear as before", SECONDS)


def test_who_comes_in_the_middle_of_a_turn_is_counted_from_its_first_topic_on(context):
    worker, address = Unstarted(context), free_address()
    listeners = Listeners(worker, context, [address], "--xpub", watch=True)
    with contextlib.ExitStack() as stack, subscriber(context, address, b"geral"):
        for held in worker.held:
            stack.enter_context(held)
        stack.callback(listeners.close)
        assert listeners.socket.poll(ARRIVE_MS)
        turn = listeners.changes()
        assert next(turn) == b"\x01geral"
        with subscriber(context, address, *(b"%d" % number for number in range(SUBSCRIPTIONS_EACH + 1))) as greedy:
            greedy.reconnect_ivl = -1
            assert listeners.socket.poll(ARRIVE_MS)
            heard = [*turn]
            wait_until(lambda: any(said[:1] == b"\x00" for said in (*heard, *listeners.changes())), "it is shown out")


def test_who_follows_much_is_served(context, outside, publisher):
    topics = [b"%d" % number for number in range(SUBSCRIPTIONS_EACH)]
    with subscriber(context, outside, *topics) as much:
        assert followed(publisher, len(topics)) == [b"\x01" + topic for topic in topics]
        wait_until(lambda: hears(publisher, much, topics[-1]), "the last topic is heard")


def test_a_topic_that_is_no_name_ends_the_connection(context, outside, publisher):
    with subscriber(context, outside, b"x" * (SUBSCRIPTION_BYTES + 1)), subscriber(context, outside, b"geral"):
        assert followed(publisher, 1) == [b"\x01geral"]
