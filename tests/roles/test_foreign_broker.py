"""The broker in front of plain REP servers, on real sockets."""

import msgpack
import pytest
import zmq

from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.sockets import AddressError, bound_socket
from coreto.roles.foreign_broker import ForeignBrokerRole
from coreto.texts import Catalogue
from tests.support.foreign import ForeignServer
from tests.support.plain import PlainClient
from tests.support.raw import RawClient
from tests.support.sockets import free_address
from tests.support.waiting import wait_until


@pytest.fixture
def addresses():
    """Where the broker listens: clients, servers."""
    return free_address(), free_address()


@pytest.fixture
def settings():
    """How long the broker waits for a server: longer than a busy machine takes to bring one."""
    return Settings(broker_budget=60.0)


@pytest.fixture
def broker(context, launch, addresses, settings):
    """A running broker."""
    return launch(ForeignBrokerRole(context, [addresses[0]], [addresses[1]], Catalogue("en"), settings=settings))


@pytest.fixture
def client(context, broker, addresses):
    with RawClient(context, addresses[0]) as made:
        yield made


def request(service, **data):
    return msgpack.packb({"service": service, "data": {"timestamp": 0.0, "clock": 1, **data}})


def answer_of(frames):
    return msgpack.unpackb(frames[-1])["data"]


def test_a_rep_server_answers_through_it(addresses, client):
    with ForeignServer("f1", addresses[1]) as server:
        frames = client.exchange(b"token", b"", request("login", user="ana"))
        assert frames[:2] == [b"token", b""]
        assert answer_of(frames)["status"] == "sucesso"
        assert answer_of(client.exchange(b"", request("users")))["users"] == ["ana"]
        assert server.services() == ["login", "users"]


def test_a_client_without_delimiter_gets_none_back(addresses, client):
    with ForeignServer("f1", addresses[1]):
        assert len(client.exchange(request("users"))) == 1


def test_servers_take_turns_and_none_is_asked_twice(context, broker, addresses):
    with (
        ForeignServer("f1", addresses[1]) as one,
        ForeignServer("f2", addresses[1]) as two,
        PlainClient(context, addresses[0]) as client,
    ):

        def both_were_asked():
            client.ask("users")
            return one.asked and two.asked

        wait_until(both_were_asked, "both servers")
        before = len(one.asked) + len(two.asked)
        users = [f"u{number}" for number in range(20)]
        for user in users:
            client.write("login", user=user)
        asked = [*one.asked, *two.asked]
        assert len(asked) == before + len(users)
        assert sorted(r["data"]["user"] for r in asked if r["service"] == "login") == sorted(users)


def test_a_request_that_came_before_any_server_is_answered_when_one_comes(addresses, client):
    client.send(b"", request("login", user="ana"))
    with ForeignServer("f1", addresses[1]) as server:
        assert answer_of(client.receive())["status"] == "sucesso"
        assert server.services() == ["login"]


@pytest.mark.parametrize("settings", [Settings(broker_budget=0.1)])
def test_without_any_server_the_client_is_told_so(client):
    answer = answer_of(client.exchange(b"", request("login", user="ana")))
    assert (answer["status"], answer["code"]) == ("erro", "no_coordinator")


@pytest.mark.parametrize("settings", [DEFAULTS])
def test_a_server_that_dies_with_a_request_leaves_it_unknown_and_nobody_else_gets_it(context, addresses, client):
    with context.socket(zmq.REP) as dying:
        dying.linger = 0
        dying.connect(addresses[1])
        client.send(b"", request("login", user="ana"))
        assert dying.poll(5000)
    with ForeignServer("f2", addresses[1]) as other:
        answer = answer_of(client.receive())
        assert (answer["status"], answer["code"]) == ("erro", "unknown")
        assert "login" not in other.services()


def test_the_budget_is_shorter_than_the_patience_of_a_client_in_c():
    assert DEFAULTS.broker_budget < 5.0


@pytest.mark.parametrize("frames", [(b"part",) * 10, (b"", *[b"part"] * 9)], ids=["bare", "with delimiter"])
def test_a_message_of_ten_parts_has_one_reply_and_the_next_request_succeeds(addresses, client, frames):
    answer = answer_of(client.exchange(*frames))
    assert (answer["status"], answer["code"]) == ("erro", "bad_request")
    with ForeignServer("f1", addresses[1]):
        assert answer_of(client.exchange(b"", request("users")))["users"] == []


@pytest.mark.parametrize("frames", [(b"1",), (b"x", b"", b"y"), (b"99", b"", b"y"), (b"", b"", b"", b"y")])
def test_what_a_server_says_unasked_is_ignored(context, addresses, client, frames):
    with context.socket(zmq.ROUTER) as rude:
        rude.linger = 0
        rude.connect(addresses[1])
        client.send(b"", request("users"))
        assert rude.poll(5000)
        identity, *rest = rude.recv_multipart()
        rude.send_multipart((identity, *frames))
        rude.send_multipart((identity, *rest[:-1], b"the answer"))
        assert client.receive() == [b"", b"the answer"]


def test_a_busy_address_names_its_flag(context, launch, addresses):
    with bound_socket(context, zmq.ROUTER, [addresses[1]], "--other"), pytest.raises(AddressError) as caught:
        launch(ForeignBrokerRole(context, [addresses[0]], [addresses[1]], Catalogue("en")))
    assert "--foreign-backend" in str(caught.value)
