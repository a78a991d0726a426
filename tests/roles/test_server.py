"""A server alone: one voter, real sockets, a real file."""

import queue
import sqlite3
import threading

import msgpack
import pytest
import zmq

from coreto.journal.events import Halted
from coreto.journal.sink import nowhere
from coreto.machines.newcomer import PATIENCE
from coreto.net.sockets import bound_socket
from coreto.roles.halting import HaltError
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.store.database import StoreError
from coreto.store.server import ServerStore
from coreto.texts import Catalogue
from coreto.wire.envelope import read_reply
from coreto.wire.log import Epoch
from coreto.wire.peer import Prepare, write_peer
from tests.support.logs import birth
from tests.support.plain import PlainClient
from tests.support.raw import RawClient
from tests.support.waiting import wait_until

ANY_PORT = "tcp://127.0.0.1:*"
PEERS = {"s1": "inproc://peer/s1"}
SECONDS = 5.0


@pytest.fixture
def events():
    return queue.SimpleQueue()


@pytest.fixture
def make(context, tmp_path, events):
    """Makes a server on the one folder of this test; nobody else need be there."""

    def made(born=True):
        addresses = ServerAddresses(
            bind=["inproc://peer/s1", ANY_PORT],
            advertise=ANY_PORT,
            reference="inproc://reference",
            broker="inproc://backend",
            proxy="inproc://xsub",
            peers=PEERS,
        )
        arguments = (Catalogue("en"), events.put)
        return ServerRole("s1", context, addresses, tmp_path / "s1", birth() if born else None, *arguments)

    return made


@pytest.fixture
def ended():
    """Set when the server has ended."""
    return threading.Event()


@pytest.fixture
def server(launch, make, ended):
    """A running server."""
    role = make()
    role.on_end = lambda _: ended.set()
    return launch(role)


@pytest.fixture
def peer(context, server, ended):
    """A client of its peer port that it coordinates for."""
    with PlainClient(context, server.address, give_up=ended) as client:
        wait_until(lambda: client.ask("status").get("role") == "coordinator", "the only voter coordinates")
        yield client


@pytest.fixture
def raw(context, peer, server):
    with RawClient(context, server.address) as made:
        yield made


def packed(service, **data):
    return msgpack.packb({"service": service, "data": {"timestamp": 0.0, "clock": 1, **data}})


def store_a_message(client):
    client.write("login", user="ana")
    client.write("channel", channel="geral")
    return client.write("publish", user="ana", channel="geral", message="oi")


def test_the_only_voter_coordinates_and_says_so(peer):
    status = peer.ask("status")
    assert (status["name"], status["coordinator"], status["rank"]) == ("s1", "s1", 1)
    assert peer.ask("election")["coordinator"] == "s1"


def test_its_peer_port_serves_a_plain_client(peer):
    stored = store_a_message(peer)
    assert stored["seq"] == 1
    (message,) = peer.ask("history", channel="geral")["messages"]
    assert (message["user"], message["message"], message["seq"]) == ("ana", "oi", 1)
    assert (peer.ask("users")["users"], peer.ask("channels")["channels"]) == (["ana"], ["geral"])


def test_everything_is_there_after_a_restart(peer, server, launch, make, connect):
    stored = store_a_message(peer)
    server.stop()
    assert server.join()
    again = connect(launch(make(born=False)).address)
    wait_until(lambda: again.ask("status").get("role") == "coordinator", "it coordinates again")
    (message,) = again.ask("history", channel="geral")["messages"]
    assert (message["message"], message["index"]) == ("oi", stored["index"])
    assert again.write("publish", user="ana", channel="geral", message="again")["seq"] == 2


def test_publications_leave_for_the_proxy(context, peer):
    with bound_socket(context, zmq.SUB, ["inproc://xsub"], "--xsub") as proxy:
        proxy.subscribe("geral")
        peer.write("login", user="ana")
        peer.write("channel", channel="geral")

        def is_heard():
            peer.write("publish", user="ana", channel="geral", message="oi")
            return proxy.poll(10)

        wait_until(is_heard, "a publication is heard")
        topic, body = proxy.recv_multipart()
        assert topic == b"geral"
        assert msgpack.unpackb(body)["message"] == "oi"


def test_it_tells_the_reference_where_it_is_and_that_it_coordinates(context, launch, tmp_path, peer, server, connect):
    launch(ReferenceRole(context, ["inproc://reference"], tmp_path / "reference", Catalogue("en"), nowhere))
    client = connect("inproc://reference")
    wait_until(lambda: client.ask("election")["coordinator"] == "s1", "the reference knows the coordinator")
    (row,) = client.ask("list")["list"]
    assert (row["name"], row["rank"], row["address"]) == ("s1", 1, server.address)


def test_its_clock_is_read_set_and_shifted(peer):
    assert peer.ask("clock", time=1000.0)["status"] == "OK"
    assert 1000.0 <= peer.ask("clock")["time"] < 1000.0 + SECONDS
    peer.ask("clock", adjust=500.0)
    assert 1500.0 <= peer.ask("clock")["time"] < 1500.0 + SECONDS


@pytest.mark.parametrize("service", ["rank", "list", "heartbeat", "dance"])
def test_what_it_does_not_offer_is_refused_with_a_sentence(peer, service):
    answer = peer.ask(service, user="s1")
    assert answer["status"] == "erro"
    assert answer["message"].endswith(".")


BAD = {
    "bytes": (b"", b"\xff\xfe\xfd"),
    "bytes without delimiter": (b"\xc1",),
    "int": (b"", msgpack.packb(7)),
    "no data": (b"", msgpack.packb({"service": "login"})),
    "user": (b"", packed("login", user=5)),
    "parts": (b"", b"a", b"b"),
    "ten parts": (b"part",) * 10,
    "a peer message that is cut": (msgpack.packb({"service": "append", "data": {"type": "append"}}),),
    "time": (b"", packed("clock", time="noon")),
}


@pytest.mark.parametrize("frames", BAD.values(), ids=BAD.keys())
def test_bad_input_has_one_reply_and_the_next_request_succeeds(raw, frames):
    assert read_reply(raw.exchange(*frames)[-1])[1]["status"] == "erro"
    assert "users" in read_reply(raw.exchange(b"", packed("users"))[-1])[1]


def test_a_peer_message_of_another_cluster_is_ignored(raw):
    raw.send(write_peer(Prepare(cluster="other", sender="x", epoch=Epoch(99, "x"), commit=0)))
    status = read_reply(raw.exchange(packed("status"))[-1])[1]
    assert (status["role"], status["epoch"]) == ("coordinator", 1)


def test_text_that_is_no_utf8_does_not_end_it(raw, peer):
    raw.send(b"\x82\xa7service\xa1\xff\xa4data\x80")
    assert peer.ask("status")["role"] == "coordinator"


@pytest.mark.parametrize("timestamp", [0, 0.0, 1_700_000_000_000, "2025-01-01T00:00:00", "12:00:00"], ids=repr)
@pytest.mark.parametrize("time", [1e300, -1e300, 1e15, -1.0])
def test_a_senseless_time_does_not_end_it(peer, time, timestamp):
    peer.ask("clock", time=time)
    assert "time" in peer.ask("clock", timestamp=timestamp)
    assert peer.ask("users", timestamp=timestamp)["users"] == []


def fail(*_arguments):
    raise sqlite3.OperationalError("disk I/O error")


def test_it_halts_when_its_disk_fails(monkeypatch, peer, raw, server, ended, events):
    monkeypatch.setattr(ServerStore, "persist", fail)
    raw.send(b"", packed("login", user="ana"))
    assert ended.wait(SECONDS)
    assert isinstance(server.failure, HaltError)
    happened = []
    while not events.empty():
        happened.append(events.get())
    (reason,) = [event.reason for event in happened if isinstance(event, Halted)]
    assert "disk I/O error" in reason
    assert "server.db" in reason


def test_a_blank_folder_without_a_cluster_to_join_is_said(make, launch):
    role = launch(make(born=False))
    wait_until(lambda: role.failure is not None, "it gives up", 2 * PATIENCE)
    assert isinstance(role.failure, StoreError)
    assert "--genesis" in str(role.failure)
