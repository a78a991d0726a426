"""Servers that find each other through the reference: real sockets, real files."""

import threading

import pytest

from coreto.journal.sink import nowhere
from coreto.roles.peers import Peers
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.store.database import StoreError
from coreto.texts import Catalogue
from tests.support.logs import birth
from tests.support.plain import PlainClient
from tests.support.waiting import wait_until

ANY_PORT = "tcp://127.0.0.1:*"
REFERENCE = "inproc://reference"
SECONDS = 5.0
ADDRESSES = ServerAddresses([ANY_PORT], ANY_PORT, REFERENCE, "inproc://backend", "inproc://xsub", {})


@pytest.fixture
def reference(context, launch, tmp_path):
    return launch(ReferenceRole(context, [REFERENCE], tmp_path / "reference", Catalogue("en"), nowhere))


@pytest.fixture
def make(context, tmp_path):
    """Makes servers; what they are to be born with, or 0."""

    def made(name, *, genesis=0, born=None):
        arguments = (tmp_path / name, born, Catalogue("en"), nowhere)
        return ServerRole(name, context, ADDRESSES, *arguments, genesis=genesis)

    return made


def coordinates(client):
    return client.ask("status").get("role") == "coordinator"


def test_three_blank_servers_form_a_cluster(reference, launch, make, connect):
    servers = [launch(make(name, genesis=3)) for name in ("s1", "s2", "s3")]
    clients = [connect(server.address) for server in servers]
    wait_until(lambda: any(map(coordinates, clients)), "one of them coordinates")
    clients[0].write("login", user="ana")
    wait_until(lambda: all(client.ask("users")["users"] == ["ana"] for client in clients), "all have the login")


def test_a_cluster_that_is_formed_takes_nobody_else(reference, launch, make, connect):
    for name in ("s1", "s2"):
        launch(make(name, genesis=2))
    wait_until(lambda: len(connect(REFERENCE).ask("list")["list"]) == 2, "both have asked")
    other = launch(make("s3", genesis=2))
    wait_until(lambda: not other.is_alive(), "the other has ended")
    assert isinstance(other.failure, StoreError)
    assert "s3" in str(other.failure)


def test_servers_that_moved_find_each_other_again(reference, launch, make, connect):
    servers = [launch(make(name, genesis=3)) for name in ("s1", "s2", "s3")]
    client = connect(servers[0].address)
    wait_until(lambda: client.ask("status").get("coordinator"), "somebody coordinates")
    stored = client.write("login", user="ana")
    for server in servers:
        server.stop()
        assert server.join()
    again = [launch(make(name)) for name in ("s1", "s2", "s3")]
    client = connect(again[0].address)
    wait_until(lambda: client.ask("status").get("coordinator"), "somebody coordinates again")
    assert client.ask("users", min_index=stored["index"])["users"] == ["ana"]


def test_a_senseless_address_in_the_list_does_not_end_a_server(monkeypatch, context, reference, launch, make, connect):
    connect(REFERENCE).ask("heartbeat", user="s2", address="nonsense")
    meet, met, ended = Peers.meet, threading.Event(), threading.Event()

    def noted(*arguments):
        met.set()
        meet(*arguments)

    monkeypatch.setattr(Peers, "meet", noted)
    server = make("s1", born=birth("s1", "s2"))
    server.on_end = lambda _: ended.set()
    launch(server)
    assert met.wait(SECONDS)
    with PlainClient(context, server.address, give_up=ended) as client:
        assert client.ask("status")["name"] == "s1"
