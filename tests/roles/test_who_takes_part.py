"""Who has not got the key of a cluster changes nothing in it: no APPEND, PREPARE, READY or publication of theirs."""

import threading
from typing import Any

import msgpack
import pytest
import zmq

from coreto.journal.sink import nowhere
from coreto.machines.manners import BURST
from coreto.machines.settings import Settings
from coreto.net.security import inner_address
from coreto.net.sockets import AddressError, connected_socket
from coreto.roles.broker import BrokerRole
from coreto.roles.proxy import GuardedProxyRole
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.texts import Catalogue
from coreto.wire.backend import Ready, write_backend
from coreto.wire.envelope import read_reply
from coreto.wire.log import Epoch, Position
from coreto.wire.peer import Append, Prepare, write_peer
from tests.support.intruders import INTRUDERS, intruder
from tests.support.logs import birth
from tests.support.plain import PlainClient
from tests.support.raw import RawClient
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

ANY_PORT = "tcp://127.0.0.1:*"
SILENT_MS = 300
"""How long to listen for what must not come; what may come is waited for far longer."""
ARRIVE_MS = 5000
ATTEMPTS = 30
EPOCH = Epoch(1000, "stranger")


def insider(context, kind, address, key):
    return connected_socket(context, kind, address, patient=True, key=key)


# The broker's backend.


@pytest.fixture
def backend(guarded, launch, key):
    """Where servers connect to a running broker."""
    address = free_address()
    launch(BrokerRole(guarded, ["inproc://front"], [address], Catalogue("en"), nowhere, key=key))
    return address


def ready():
    who: dict[str, Any] = {"name": "s9", "replica": "id-s9", "cluster": "cluster", "incarnation": 1}
    return write_backend(Ready(**who, role="coordinator", epoch=EPOCH, commit=0, applied=0))


def test_a_server_with_the_key_is_given_work(guarded, backend, key):
    with insider(guarded, zmq.DEALER, backend, key) as server:
        server.send(ready())
        assert server.poll(ARRIVE_MS), "the broker asks a coordinator for its start"


@pytest.mark.parametrize("kind", INTRUDERS)
def test_the_ready_of_a_stranger_is_not_heard(guarded, backend, key, kind):
    with intruder(guarded, zmq.DEALER, backend, kind, key) as server:
        server.send(ready())
        assert not server.poll(SILENT_MS)


# The proxy.


@pytest.fixture
def proxy(guarded, launch, key):
    """Where publications come in, and where they come out."""
    addresses = free_address(), free_address()
    launch(GuardedProxyRole(guarded, [addresses[0]], [addresses[1]], key))
    return addresses


@pytest.fixture
def reader(guarded, proxy):
    """Somebody who hears what an insider publishes."""
    with connected_socket(guarded, zmq.SUB, proxy[1]) as made:
        made.subscribe("")
        yield made


@pytest.fixture
def publisher(guarded, proxy, reader, key):
    with insider(guarded, zmq.PUB, proxy[0], key) as made:

        def heard():
            made.send_multipart((b"geral", b"from inside"))
            return reader.poll(100)

        wait_until(heard, "what is published with the key is heard by everybody")
        yield made


@pytest.mark.parametrize("kind", INTRUDERS)
def test_the_publication_of_a_stranger_is_not_carried(guarded, proxy, reader, publisher, key, kind):
    moment = threading.Event()
    with intruder(guarded, zmq.PUB, proxy[0], kind, key) as stranger:
        for _ in range(ATTEMPTS):  # a publisher that was let in would need a moment until it hears of the reader
            moment.wait(SILENT_MS / 1000 / ATTEMPTS)
            stranger.send_multipart((b"geral", b"forged"))
            publisher.send_multipart((b"geral", b"from inside"))
            assert reader.poll(ARRIVE_MS)
            assert reader.recv_multipart() == [b"geral", b"from inside"]
        while reader.poll(SILENT_MS):
            assert reader.recv_multipart() == [b"geral", b"from inside"]


# The reference.


@pytest.fixture
def reference(guarded, launch, key, tmp_path):
    """Where anybody asks a running reference."""
    address = free_address()
    launch(ReferenceRole(guarded, [address], tmp_path / "reference", Catalogue("en"), nowhere, key=key))
    return address


def told(socket, service, **fields):
    socket.send_multipart((b"", msgpack.packb({"service": service, "data": {"timestamp": 0.0, "clock": 1, **fields}})))


@pytest.fixture
def listed(guarded, reference, key):
    """A server that the reference knows by its key."""
    with insider(guarded, zmq.DEALER, inner_address(reference, key), key) as server:
        told(server, "rank", user="s1", address="tcp://h:1")
        assert server.poll(ARRIVE_MS)
        assert msgpack.unpackb(server.recv_multipart()[-1])["data"]["rank"] == 1
        yield server


@pytest.mark.parametrize("kind", INTRUDERS)
def test_where_servers_tell_the_reference_of_themselves_a_stranger_is_not_heard(guarded, reference, listed, key, kind):
    with intruder(guarded, zmq.DEALER, inner_address(reference, key), kind, key) as stranger:
        told(stranger, "rank", user="s2", address="tcp://evil:1")
        assert not stranger.poll(SILENT_MS)
    with PlainClient(guarded, reference) as anybody:
        assert [row["name"] for row in anybody.ask("list")["list"]] == ["s1"]


def test_at_its_open_port_a_stranger_is_listed_and_changes_no_server_of_the_cluster(guarded, reference, listed):
    with PlainClient(guarded, reference) as stranger:
        assert "--join" in stranger.ask("heartbeat", user="s1", address="tcp://evil:1")["description"]
        assert stranger.ask("rank", user="foreign", address="tcp://f:1")["rank"] == 2
        rows = stranger.ask("list")["list"]
    assert [(row["name"], row["address"]) for row in rows] == [("s1", "tcp://h:1"), ("foreign", "tcp://f:1")]


# The port of a server.


@pytest.fixture
def server(guarded, launch, key, tmp_path):
    """A server that coordinates alone."""
    places: dict[str, Any] = {"reference": "inproc://reference", "broker": "inproc://backend", "proxy": "inproc://xsub"}
    addresses = ServerAddresses(bind=[ANY_PORT], advertise=ANY_PORT, peers={}, key=key, **places)
    return launch(ServerRole("s1", guarded, addresses, tmp_path / "s1", birth(), Catalogue("en"), nowhere))


@pytest.fixture
def asker(guarded, server):
    """A student's tool at the port that is open to everybody."""
    with PlainClient(guarded, server.address) as made:
        wait_until(lambda: made.ask("status").get("role") == "coordinator", "the only voter coordinates")
        yield made


def forged():
    header: dict[str, Any] = {"cluster": "cluster", "sender": "stranger", "incarnation": 1}
    append = Append(**header, epoch=EPOCH, prev=Position(Epoch(0, ""), 0), batches=(), commit=0, published=0, nonce=1)
    return [write_peer(append), write_peer(Prepare(**header, epoch=EPOCH, commit=0, handover=True))]


def test_a_peer_with_the_key_is_heard(guarded, server, asker, key):
    with insider(guarded, zmq.DEALER, inner_address(server.address, key), key) as peer:
        for frame in forged():
            peer.send(frame)
        wait_until(lambda: asker.ask("status")["promised"] == EPOCH.counter, "a newer epoch is promised")


@pytest.mark.parametrize("kind", INTRUDERS)
def test_the_append_and_prepare_of_a_stranger_are_not_heard(guarded, server, asker, key, kind):
    with intruder(guarded, zmq.DEALER, inner_address(server.address, key), kind, key) as peer:
        for frame in forged():
            peer.send(frame)
        assert not peer.poll(SILENT_MS)
    status = asker.ask("status")
    assert (status["role"], status["promised"]) == ("coordinator", 1)


def test_at_the_open_port_messages_of_peers_are_questions_that_make_no_sense(guarded, server, asker):
    with RawClient(guarded, server.address) as stranger:
        for frame in forged():
            assert read_reply(stranger.exchange(frame)[-1])[1]["status"] == "erro"
    status = asker.ask("status")
    assert (status["role"], status["promised"]) == ("coordinator", 1)


def test_the_open_port_answers_tools_of_students(asker):
    assert asker.ask("election")["coordinator"] == "s1"
    assert "time" in asker.ask("clock")


def test_who_asks_too_much_at_the_open_port_is_refused_and_peers_are_not(guarded, launch, key, tmp_path):
    places: dict[str, Any] = {"reference": "inproc://reference", "broker": "inproc://backend", "proxy": "inproc://xsub"}
    addresses = ServerAddresses(bind=[ANY_PORT], advertise=ANY_PORT, peers={}, key=key, **places)
    settings = Settings(client_rate=1.0)
    role = ServerRole("s1", guarded, addresses, tmp_path / "s1", birth(), Catalogue("en"), nowhere, settings=settings)
    server = launch(role)
    asked = 2 * int(BURST)
    with (
        guarded.socket(zmq.DEALER) as flood,
        insider(guarded, zmq.DEALER, inner_address(server.address, key), key) as kin,
    ):
        flood.connect(server.address)
        for socket in (flood, kin):
            for _ in range(asked):
                told(socket, "clock")
        answers = {flood: answered(flood, asked), kin: answered(kin, asked)}
    assert answers[kin].count("overloaded") == 0
    assert answers[flood].count("overloaded") >= asked / 4


def answered(socket, count):
    """Return the codes of that many answers."""
    codes = []
    for _ in range(count):
        assert socket.poll(ARRIVE_MS)
        codes.append(msgpack.unpackb(socket.recv_multipart()[-1])["data"].get("code", "ok"))
    return codes


@pytest.mark.parametrize("service", ["promote", "remove"])
def test_only_with_the_key_is_changed_who_belongs_to_the_cluster(guarded, server, asker, key, service):
    assert "--join" in asker.ask(service, server="s2")["description"]
    with insider(guarded, zmq.DEALER, inner_address(server.address, key), key) as admin:
        request = {"service": service, "data": {"server": "s2", "timestamp": 0.0, "clock": 1}}
        admin.send_multipart((b"", msgpack.packb(request)))
        assert admin.poll(ARRIVE_MS)
        assert "--join" not in str(msgpack.unpackb(admin.recv_multipart()[-1]))


def test_without_a_key_a_server_does_not_listen_to_other_machines(context, launch, tmp_path):
    addresses = ServerAddresses(
        bind=["tcp://0.0.0.0:*"], advertise=ANY_PORT, reference="inproc://r", broker="", proxy="inproc://x", peers={}
    )
    with pytest.raises(AddressError, match="--join"):
        launch(ServerRole("s1", context, addresses, tmp_path / "s1", birth(), Catalogue("en"), nowhere))


def test_a_port_with_none_for_peers_above_it_is_a_sentence(guarded, launch, key, tmp_path):
    address = "tcp://127.0.0.1:65000"
    addresses = ServerAddresses(
        bind=[address], advertise=address, reference="inproc://r", broker="", proxy="inproc://x", peers={}, key=key
    )
    with pytest.raises(AddressError, match="--bind"):
        launch(ServerRole("s1", guarded, addresses, tmp_path / "s1", birth(), Catalogue("en"), nowhere))
