"""Making sockets, and sending without waiting."""

import socket
from contextlib import contextmanager

import pytest
import zmq
from zmq.utils.monitor import recv_monitor_message

from coreto.net.sockets import AddressError, bound_socket, connected_socket, receive_all, send
from coreto.wire.limits import FRAME_BYTES_CLIENT, FRAME_BYTES_PEER
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

ARRIVE_MS = 3000
MANY = 4096
"""Writes that the broker has open at most."""
ANY_PORT = "tcp://127.0.0.1:*"


def bound_to(made):
    """The address that the system has chosen."""
    return made.get_string(zmq.LAST_ENDPOINT)


@contextmanager
def routed(context, address, *, from_clients=False):
    """A bound ROUTER and a DEALER connected to it."""
    bound = bound_socket(context, zmq.ROUTER, [address], "--bind", from_clients=from_clients)
    with bound as router, connected_socket(context, zmq.DEALER, bound_to(router) or address, patient=True) as dealer:
        yield router, dealer


def test_a_busy_port_is_named_with_the_flag_to_change(context):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with pytest.raises(AddressError) as caught:
            bound_socket(context, zmq.ROUTER, [f"tcp://127.0.0.1:{port}"], "--frontend")
    assert str(port) in str(caught.value)
    assert "--frontend" in str(caught.value)
    assert "in use" in str(caught.value)


def test_the_flag_in_the_sentence_can_be_changed(context):
    with socket.create_server(("127.0.0.1", 0)) as owner, pytest.raises(AddressError) as caught:
        bound_socket(context, zmq.ROUTER, [f"tcp://127.0.0.1:{owner.getsockname()[1]}"], "--frontend")
    caught.value.flag = "--base-port"
    assert "--base-port" in str(caught.value)
    assert "--frontend" not in str(caught.value)


def test_a_second_address_that_is_busy_gives_back_the_first(context):
    first = free_address()
    with socket.create_server(("127.0.0.1", 0)) as owner, pytest.raises(AddressError):
        bound_socket(context, zmq.ROUTER, [first, f"tcp://127.0.0.1:{owner.getsockname()[1]}"], "--bind")

    def is_free():
        try:
            bound_socket(context, zmq.ROUTER, [first], "--bind").close()
        except AddressError:
            return False
        return True

    wait_until(is_free, "the first address is free again")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1", "nonsense", "smoke://signals", ""])
def test_an_address_that_is_none_is_explained(context, address):
    for make in (lambda: bound_socket(context, zmq.ROUTER, [address], "--bind"), lambda: client_of(context, address)):
        with pytest.raises(AddressError, match=r"cannot be") as caught:
            make()
        assert address in str(caught.value)


def client_of(context, address):
    return connected_socket(context, zmq.DEALER, address)


def test_one_socket_serves_several_addresses(context):
    with bound_socket(context, zmq.ROUTER, ["inproc://here", ANY_PORT], "--bind") as router:
        for address in ("inproc://here", bound_to(router)):
            with connected_socket(context, zmq.DEALER, address, patient=True) as dealer:
                assert send(dealer, (b"", b"hello"))
                assert router.poll(ARRIVE_MS)
                link = router.recv_multipart()[0]
                assert send(router, (link, b"", b"back"))
                assert dealer.poll(ARRIVE_MS)
                assert dealer.recv_multipart() == [b"", b"back"]


@pytest.mark.parametrize("address", ["inproc://here", ANY_PORT])
def test_sending_to_a_peer_that_has_gone_says_so(context, address):
    with bound_socket(context, zmq.ROUTER, [address], "--bind") as router:
        with connected_socket(context, zmq.DEALER, bound_to(router) or address, patient=True) as dealer:
            send(dealer, (b"hello",))
            assert router.poll(ARRIVE_MS)
            link = router.recv_multipart()[0]
        wait_until(lambda: not send(router, (link, b"anybody there?")), "the peer is known to be gone")


def test_sending_to_a_peer_that_never_was_says_so(context):
    with bound_socket(context, zmq.ROUTER, ["inproc://here"], "--bind") as router:
        assert not send(router, (b"nobody", b"hello"))


def test_a_full_queue_does_not_wait(context):
    with routed(context, "inproc://here") as (router, dealer):
        send(dealer, (b"hello",))
        link = router.recv_multipart()[0]
        taken = [send(router, (link, b"x")) for _ in range(5000)]
        assert taken[0]
        assert not taken[-1]
        assert len(receive_all(dealer, 10_000)) == sum(taken)


def test_a_client_that_asked_for_much_has_every_answer_though_it_reads_late(context):
    with routed(context, "inproc://front", from_clients=True) as (router, dealer):
        dealer.send(b"ask")
        (route, _) = router.recv_multipart()
        sent = [send(router, (route, b"%d" % number)) for number in range(MANY)]
        assert all(sent)
        assert len(receive_all(dealer, MANY)) == MANY


def test_what_cannot_leave_at_once_is_dropped_unless_the_socket_is_patient(context):
    address = free_address()
    with client_of(context, address) as hasty, connected_socket(context, zmq.DEALER, address, patient=True) as patient:
        assert not send(hasty, (b"now",))
        assert send(patient, (b"later",))
        with bound_socket(context, zmq.ROUTER, [address], "--bind") as router:
            assert router.poll(ARRIVE_MS)
            assert router.recv_multipart()[1:] == [b"later"]


def test_receiving_takes_what_is_there_and_no_more_than_asked(context):
    with routed(context, "inproc://here") as (router, dealer):
        for number in range(5):
            send(dealer, (b"%d" % number, b"body"))
        assert [frames[1:] for frames in receive_all(router, 3)] == [[b"%d" % n, b"body"] for n in range(3)]
        assert len(receive_all(router, 100)) == 2
        assert receive_all(router, 100) == []


@pytest.mark.parametrize(("from_clients", "limit"), [(True, FRAME_BYTES_CLIENT), (False, FRAME_BYTES_PEER)])
def test_a_frame_above_the_limit_ends_the_connection(context, from_clients, limit):
    with routed(context, ANY_PORT, from_clients=from_clients) as (router, dealer):
        send(dealer, (bytes(limit),))
        assert router.poll(ARRIVE_MS)
        assert len(router.recv_multipart()[1]) == limit
        with dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
            send(dealer, (bytes(limit + 1),))
            assert monitor.poll(ARRIVE_MS)
            assert recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED
            dealer.disable_monitor()
        assert receive_all(router, 10) == []
