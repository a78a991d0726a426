"""The key of a cluster: codes, and sockets that let in nobody without it."""

import pytest
import zmq

from coreto.net.security import (
    PEER_PORT_STEP,
    ClusterKey,
    KeyCodeError,
    inner_address,
    is_open,
    read_code,
)
from coreto.net.sockets import AddressError, connected_socket, inner_socket
from tests.support.intruders import INTRUDERS, intruder

ANY_PORT = "tcp://127.0.0.1:*"
SILENT_MS = 300
"""How long to listen for what must not come; what may come is waited for far longer."""
ARRIVE_MS = 5000


@pytest.fixture
def router(guarded, key):
    with inner_socket(guarded, zmq.ROUTER, [ANY_PORT, "inproc://inside"], "--bind", key) as made:
        yield made


@pytest.fixture
def address(guarded, key, router):
    with inner_socket(guarded, zmq.ROUTER, [ANY_PORT], "--bind", key) as made:
        yield made, made.get_string(zmq.LAST_ENDPOINT)


def arrives(socket, sender, wait_ms):
    sender.send(b"hello")
    return bool(socket.poll(wait_ms))


def test_who_has_the_key_is_let_in(guarded, key, address):
    router, place = address
    with connected_socket(guarded, zmq.DEALER, place, patient=True, key=key) as sender:
        assert arrives(router, sender, ARRIVE_MS)


@pytest.mark.parametrize("kind", INTRUDERS)
def test_who_has_it_not_is_not(guarded, key, address, kind):
    router, place = address
    with intruder(guarded, zmq.DEALER, place, kind, key) as sender:
        assert not arrives(router, sender, SILENT_MS)


def test_inside_one_process_nothing_is_asked(guarded, router):
    with connected_socket(guarded, zmq.DEALER, "inproc://inside") as sender:
        assert arrives(router, sender, ARRIVE_MS)


def test_without_a_gatekeeper_nobody_is_let_in(context, key):
    with inner_socket(context, zmq.ROUTER, [ANY_PORT], "--bind", key) as router:
        place = router.get_string(zmq.LAST_ENDPOINT)
        with connected_socket(context, zmq.DEALER, place, patient=True, key=key) as sender:
            assert not arrives(router, sender, SILENT_MS)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:*", "tcp://192.0.2.1:5561", "tcp://lab-01:5561"])
def test_an_inner_socket_without_a_key_does_not_listen_to_other_machines(context, address):
    assert is_open(address)
    with pytest.raises(AddressError, match="--join"):
        inner_socket(context, zmq.ROUTER, [address], "--backend", None)


def test_an_inner_socket_without_a_key_listens_on_loopback(context):
    with (
        inner_socket(context, zmq.ROUTER, [ANY_PORT], "--backend", None) as router,
        connected_socket(context, zmq.DEALER, router.get_string(zmq.LAST_ENDPOINT)) as sender,
    ):
        assert sender.poll(ARRIVE_MS, zmq.POLLOUT)
        assert arrives(router, sender, ARRIVE_MS)


def test_a_code_gives_the_key_back(key):
    code = key.code
    assert read_code(code) == key
    assert read_code(f" {code.upper()}\n") == key
    assert code.isalnum()


def test_a_code_with_one_letter_wrong_is_none(key):
    for place, letter in enumerate(key.code):
        wrong = "a" if letter != "a" else "b"
        with pytest.raises(KeyCodeError):
            read_code(key.code[:place] + wrong + key.code[place + 1 :])


@pytest.mark.parametrize("text", ["", "x", "lab-01", "é" * 56, "a" * 56, "a" * 10_000, "1" * 56])
def test_other_texts_are_no_codes(text):
    with pytest.raises(KeyCodeError):
        read_code(text)


def test_a_key_never_shows_its_secret(key):
    assert key.secret.decode() not in repr(key)
    assert key.secret.decode() not in str(key)
    assert isinstance(key, ClusterKey)


def test_peers_meet_above_the_usual_port(key):
    assert inner_address("tcp://lab-01:5601", key) == f"tcp://lab-01:{5601 + PEER_PORT_STEP}"
    assert inner_address("tcp://lab-01:5601", None) == "tcp://lab-01:5601"
    assert inner_address("inproc://peer/s1", key) == "inproc://peer/s1"
    with pytest.raises(ValueError, match="65000"):
        inner_address("tcp://lab-01:65000", key)
