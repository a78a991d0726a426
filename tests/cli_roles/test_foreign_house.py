"""Our server in a foreign house: behind a bare broker and a bare proxy, with a reference that knows little."""

import time

import msgpack
import pytest
import zmq

from tests.support.foreign import BareProxy, ForeignReference
from tests.support.plain import PlainClient
from tests.support.roles import Role, Village
from tests.support.sockets import free_address
from tests.support.subscriber import Subscriber
from tests.support.waiting import wait_until

NAME = "nosso"


class House:
    """Addresses of the foreign roles."""

    def __init__(self):
        self.clients, self.servers, self.xsub, self.xpub, self.reference, self.server = (
            free_address() for _ in range(6)
        )
        self.known = ForeignReference(self.reference)

    def start(self, folder, *flags):
        """Start our server in it."""
        return Role(
            folder, "server", "server", "--name", NAME, "--broker-rep", self.servers, "--proxy", self.xsub,
            "--proxy-sub", self.xpub, "--reference", self.reference, "--bind", self.server,
            "--data", folder / "data", *flags,
        )  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A foreign broker, proxy and reference, and one server of ours among them."""
    made = House()
    with (
        BareProxy((zmq.ROUTER, made.clients), (zmq.DEALER, made.servers)),
        BareProxy((zmq.XSUB, made.xsub), (zmq.XPUB, made.xpub)),
        made.known,
    ):
        server = made.start(tmp_path_factory.mktemp("house"), "--genesis", "1")
        try:
            server.wait_said("listens at")
            yield made
            assert server.end() == 0
            assert "Traceback" not in server.errors()
        finally:
            server.close()


def test_it_becomes_coordinator_and_says_so(house, connect):
    client = connect(house.clients)
    wait_until(lambda: client.ask("election").get("coordinator") == NAME, "it coordinates")
    assert client.ask("election")["election"] == "OK"


def test_it_takes_a_rank_and_sends_heartbeats(house):
    wait_until(lambda: NAME in house.known.ranks, "a rank")
    before = len(house.known.heartbeats)
    wait_until(lambda: len(house.known.heartbeats) >= before + 2, "two heartbeats")
    assert set(house.known.heartbeats) == {NAME}


def test_a_plain_client_logs_in_publishes_and_hears_it(house, connect, context):
    client = connect(house.clients)
    wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
    client.ask("channel", channel="geral")
    with Subscriber(context, house.xpub, "geral").tune_in(client) as subscriber:
        written = client.write("publish", user="ana", channel="geral", message="oi, casa")
        (heard,) = subscriber.wait_for(1)
    assert (heard.topic, heard.body["message"], heard.body["seq"]) == ("geral", "oi, casa", written["seq"])
    assert "ana" in client.ask("users")["users"]
    assert "geral" in client.ask("channels")["channels"]
    assert [m["message"] for m in client.ask("history", channel="geral")["messages"]] == ["oi, casa"]


def test_each_of_many_clients_has_its_own_answers(house, context):
    sockets = [context.socket(zmq.DEALER) for _ in range(8)]
    try:
        for number, socket in enumerate(sockets):
            socket.linger = 0
            socket.connect(house.clients)
            data = {"user": f"cliente-{number}", "timestamp": time.time(), "clock": 1}
            socket.send_multipart((b"", msgpack.packb({"service": "login", "data": data})))
        for socket in sockets:
            assert socket.poll(10_000)
            assert msgpack.unpackb(socket.recv_multipart()[-1])["data"]["status"] == "sucesso"
            assert not socket.poll(0), "one answer each"
    finally:
        for socket in sockets:
            socket.close()


def test_a_cluster_of_one_needs_no_reference(tmp_path, connect):
    house = House()
    with BareProxy((zmq.ROUTER, house.clients), (zmq.DEALER, house.servers)):
        server = house.start(tmp_path, "--genesis", "1")
        try:
            client = connect(house.clients)
            wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
            assert client.ask("users")["users"] == ["ana"]
            assert server.end() == 0
            assert "Traceback" not in server.errors()
        finally:
            server.close()
        again = house.start(tmp_path)
        try:
            wait_until(lambda: client.ask("users").get("users") == ["ana"], "what it was told in its former life")
        finally:
            again.close()


def test_two_of_ours_behind_a_bare_broker_are_one_cluster(tmp_path, context):
    clients, servers = free_address(), free_address()
    with BareProxy((zmq.ROUTER, clients), (zmq.DEALER, servers)), Village(tmp_path, ()) as village:
        for name in ("a", "b"):
            village.start(
                name, "server", "--name", name, "--broker-rep", servers, "--proxy", village.xsub, "--genesis", "2",
                "--proxy-sub", village.xpub, "--reference", village.reference, "--data", tmp_path / name,
            )  # fmt: skip
        with PlainClient(context, clients) as client:
            wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
            wait_until(lambda: client.ask("channel", channel="geral")["status"] == "sucesso", "a channel")
            said = [f"frase {number}" for number in range(10)]
            written = [client.write("publish", user="ana", channel="geral", message=text) for text in said]
            assert [answer["seq"] for answer in written] == list(range(1, 11))
            assert {client.ask("users")["server"] for _ in range(4)} == {"a", "b"}, "both take requests"
            rows = client.ask("history", channel="geral")["messages"]
            assert [row["message"] for row in rows] == said
