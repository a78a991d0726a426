"""The proxy on real sockets."""

import pytest
import zmq

from coreto.net.sockets import AddressError, connected_socket, receive_all, send
from coreto.roles.proxy import ProxyRole
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

ARRIVE_MS = 3000
PROBE = b"probe"


@pytest.fixture(params=["inproc", "tcp"])
def addresses(request):
    """Where the proxy listens: publishers, subscribers."""
    return ("inproc://xsub", "inproc://xpub") if request.param == "inproc" else (free_address(), free_address())


@pytest.fixture
def proxy(context, launch, addresses):
    """A running proxy."""
    return launch(ProxyRole(context, [addresses[0]], [addresses[1]]))


@pytest.fixture
def publisher(context, proxy, addresses):
    with connected_socket(context, zmq.PUB, addresses[0]) as made:
        yield made


@pytest.fixture
def subscriber(context, proxy, addresses):
    with connected_socket(context, zmq.SUB, addresses[1]) as made:
        yield made


def tune_in(publisher, subscriber, *topics):
    """Subscribe, and return when a publication arrives: then all subscriptions are in effect."""
    for topic in (*topics, PROBE):
        subscriber.subscribe(topic)

    def is_heard():
        send(publisher, (PROBE, b""))
        return subscriber.poll(10)

    wait_until(is_heard, "a publication is heard")


def heard(subscriber, count):
    """Return that many publications."""
    found: list[list[bytes]] = []
    while len(found) < count:
        assert subscriber.poll(ARRIVE_MS), f"only {len(found)} of {count}"
        found += [frames for frames in receive_all(subscriber, 1000) if frames[0] != PROBE]
    return found


def test_publications_pass_whole_and_in_order(publisher, subscriber):
    tune_in(publisher, subscriber, b"geral")
    sent = [[b"geral", b"%d" % number, b"any", b"frames"] for number in range(500)]
    for frames in sent:
        send(publisher, frames)
    assert heard(subscriber, 500) == sent


def test_only_subscribed_topics_arrive(publisher, subscriber):
    tune_in(publisher, subscriber, b"geral")
    for topic in (b"redes", b"geral", b"lab", b"geral"):
        send(publisher, (topic, b"x"))
    assert heard(subscriber, 2) == [[b"geral", b"x"]] * 2


def test_it_stops_with_publishers_and_subscribers_connected(proxy, publisher, subscriber):
    tune_in(publisher, subscriber, b"")
    proxy.stop()
    assert proxy.join()
    assert proxy.failure is None


def test_its_addresses_are_free_after_it_stopped(context, launch, proxy, addresses):
    proxy.stop()
    assert proxy.join()

    def starts_again():
        try:
            launch(ProxyRole(context, [addresses[0]], [addresses[1]]))
        except AddressError:
            return False
        return True

    wait_until(starts_again, "the addresses are free")


def test_a_busy_port_is_raised_where_it_was_started(context, proxy, addresses):
    with pytest.raises(AddressError, match="--xpub"):
        ProxyRole(context, ["inproc://other"], [addresses[1]]).start()
