"""A client whose broker is absent, silent or odd: a ROUTER moved by hand."""

import time
from concurrent.futures import ThreadPoolExecutor

import msgpack
import pytest
import zmq

from coreto.client import Client, RefusedError, TimedOutError, UnreachableError
from coreto.machines.settings import Settings
from coreto.net.sockets import bound_socket
from tests.support.sockets import free_address

INSIDE = "inproc://broker"
QUICK = Settings(client_attempt=0.2, client_deadline=0.6)
ARRIVE_MS = 3000
SECONDS = 5.0


class Broker:
    """Sees every attempt, answers when told."""

    def __init__(self, socket):
        self._socket = socket

    def next(self):
        """Return the way back, the service and the data of the next attempt."""
        assert self._socket.poll(ARRIVE_MS), "no attempt"
        *route, raw = self._socket.recv_multipart()
        request = msgpack.unpackb(raw)
        return route, request["service"], request["data"]

    def answer(self, route, **data):
        self.answer_raw(route, msgpack.packb({"service": "answer", "data": data}))

    def answer_raw(self, route, raw):
        self._socket.send_multipart([*route, raw])


@pytest.fixture
def broker(context):
    with bound_socket(context, zmq.ROUTER, [INSIDE], "--frontend") as socket:
        yield Broker(socket)


@pytest.fixture
def asking(context):
    """Asks in another thread with a quick client: `asking(service, **data)` gives a future."""
    client = Client(INSIDE, context=context, settings=QUICK)
    with ThreadPoolExecutor(1) as executor:
        yield lambda service, **data: executor.submit(client.ask, service, **data)
        executor.submit(client.close).result(SECONDS)


def test_an_address_where_nobody_is_is_unreachable_in_time():
    address = free_address()
    started = time.monotonic()
    with Client(address) as client, pytest.raises(UnreachableError, match=address) as caught:
        client.login("ana")
    assert time.monotonic() - started < SECONDS
    assert caught.value.status == 4


def test_a_broker_that_never_answers_is_unreachable(broker, asking):
    with pytest.raises(UnreachableError):
        asking("users").result(SECONDS)


def test_a_broker_that_answers_no_more_is_timed_out(broker, asking):
    first = asking("users")
    broker.answer(broker.next()[0], users=[])
    assert first.result(SECONDS) == {"users": []}
    with pytest.raises(TimedOutError) as caught:
        asking("users").result(SECONDS)
    assert (caught.value.status, caught.value.code) == (5, "unknown")


def test_a_write_without_answer_is_repeated_with_the_same_id(broker, asking):
    result = asking("login", user="ana")
    _, _, lost = broker.next()
    route, service, again = broker.next()
    assert (service, again["id"], again["user"]) == ("login", lost["id"], "ana")
    broker.answer(route, status="sucesso", index=1)
    assert result.result(SECONDS)["status"] == "sucesso"


def test_a_write_in_doubt_is_repeated_and_never_claimed_to_have_failed(broker, asking):
    result = asking("login", user="ana")
    route, _, first = broker.next()
    broker.answer(route, status="erro", code="unknown", description="In doubt.")
    route, _, second = broker.next()
    assert first["id"] == second["id"]
    broker.answer(route, status="erro", code="no_coordinator", description="Nobody.")
    with pytest.raises(RefusedError) as caught:
        result.result(SECONDS)
    assert caught.value.code == "unknown"


def test_every_write_has_its_own_id(broker, asking):
    ids = []
    for index in (1, 2, 3):
        result = asking("login", user="ana")
        route, _, data = broker.next()
        ids.append(data["id"])
        broker.answer(route, status="sucesso", index=index)
        result.result(SECONDS)
    assert len(set(ids)) == 3
    assert len({identity.partition(":")[0] for identity in ids}) == 1


@pytest.mark.parametrize("raw", [b"", b"\xff", msgpack.packb(7), msgpack.packb([])])
def test_what_is_no_answer_is_ignored(broker, asking, raw):
    result = asking("users")
    route, _, _ = broker.next()
    broker.answer_raw(route, raw)
    broker.answer_raw([route[0], b"no number", b""], msgpack.packb({"service": "users", "data": {}}))
    broker.answer(route, users=["ana"])
    assert result.result(SECONDS)["users"] == ["ana"]


def test_the_answer_to_another_request_is_ignored(broker, asking):
    result = asking("users")
    route, _, _ = broker.next()
    broker.answer([route[0], b"999", b""], users=["wrong"])
    broker.answer(route, users=["right"])
    assert result.result(SECONDS)["users"] == ["right"]


def test_the_lamport_clock_follows_what_is_heard(broker, asking):
    result = asking("users")
    route, _, data = broker.next()
    assert data["clock"] == 1
    broker.answer(route, clock=41)
    result.result(SECONDS)
    asking("users")
    assert broker.next()[2]["clock"] == 42


@pytest.mark.parametrize("asked", [True, False])
def test_closing_twice_does_nothing(asked):
    client = Client("inproc://nobody", settings=QUICK)
    if asked:
        with pytest.raises(UnreachableError):
            client.users()
    client.close()
    client.close()
