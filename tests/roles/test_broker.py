"""The broker on real sockets, between raw clients and servers moved by hand."""

import queue

import msgpack
import pytest
import zmq

from coreto.journal.events import BrokerOpened, ServerLost
from coreto.net.sockets import AddressError, connected_socket
from coreto.roles.broker import BrokerRole
from coreto.texts import Catalogue
from tests.support.backend import FakeServer
from tests.support.raw import RawClient
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

START = 10
SECONDS = 5.0


@pytest.fixture(params=["inproc", "tcp"])
def addresses(request):
    """Where the broker listens: clients, servers."""
    return ("inproc://front", "inproc://back") if request.param == "inproc" else (free_address(), free_address())


@pytest.fixture
def events():
    return queue.SimpleQueue()


@pytest.fixture
def broker(context, launch, addresses, events):
    """A running broker."""
    return launch(BrokerRole(context, [addresses[0]], [addresses[1]], Catalogue("en"), events.put))


@pytest.fixture
def client(context, broker, addresses):
    with RawClient(context, addresses[0]) as made:
        yield made


@pytest.fixture
def server(context, broker, addresses):
    """A coordinator that has given the broker its start."""
    with FakeServer(context, addresses[1], "s3", coordinates=2) as made:
        made.open(START)
        yield made


@pytest.fixture
def follower(context, broker, addresses):
    with FakeServer(context, addresses[1], "s1") as made:
        yield made


def request(service, **data):
    return msgpack.packb({"service": service, "data": {"timestamp": 0.0, "clock": 1, **data}})


def login(name):
    return request("login", user=name)


def answer_of(frames):
    return msgpack.unpackb(frames[-1])["data"]


def test_it_asks_a_coordinator_for_its_start_and_reports_it(server, events):
    opened = events.get(timeout=SECONDS)
    assert isinstance(opened, BrokerOpened)
    assert opened.start == START


def test_no_write_leaves_before_the_start_is_known(context, broker, addresses, client):
    client.send(b"", login("ana"))
    with FakeServer(context, addresses[1], "s3", coordinates=2) as server:
        server.open(START)
        (item,) = server.work()
        assert item.key == (START, 1, 1)
        server.answer(item, user="ana")
        assert answer_of(client.receive()) == {"user": "ana"}


def test_a_write_passes_as_it_came_with_its_key(server, client):
    client.send(b"token", b"", login("ana"))
    (item,) = server.work()
    assert (item.raw, item.key) == (login("ana"), (START, 1, 1))
    assert 3000 < item.left_ms <= 4500
    server.answer(item, stored=True)
    frames = client.receive()
    assert frames[:2] == [b"token", b""]
    assert answer_of(frames) == {"stored": True}


def test_a_client_without_delimiter_gets_none_back(server, client):
    client.send(login("ana"))
    server.answer(server.work()[0], stored=True)
    assert len(client.receive()) == 1


def test_the_floor_of_a_key_is_the_lowest_write_without_an_answer(server, client):
    for name in ("a", "b"):
        client.send(b"", login(name))
    one, two = server.work(2)
    assert (one.key, two.key) == ((START, 1, 1), (START, 2, 1))
    server.answer(two, n=2)
    assert answer_of(client.receive()) == {"n": 2}
    client.send(b"", login("c"))
    (three,) = server.work()
    assert three.key == (START, 3, 1)
    server.answer(one, n=1)
    assert answer_of(client.receive()) == {"n": 1}
    client.send(b"", login("d"))
    assert server.work()[0].key == (START, 4, 3)


def test_a_write_is_sent_again_when_the_connection_of_its_server_breaks(server, follower, client, events):
    follower.ready()
    client.send(b"", login("ana"))
    (lost,) = server.work()
    server.close()
    (again,) = follower.work()
    assert (again.number, again.key, again.raw) == (lost.number, lost.key, lost.raw)
    follower.answer(again, stored=True)
    assert answer_of(client.receive()) == {"stored": True}
    assert isinstance(events.get(timeout=SECONDS), BrokerOpened)
    lost = events.get(timeout=SECONDS)
    assert isinstance(lost, ServerLost)
    assert (lost.lane, lost.name, lost.reason) == ("broker", "s3", "link_broken")


def test_a_write_is_sent_again_to_a_new_life_of_its_server(server, client):
    client.send(b"", login("ana"))
    (lost,) = server.work()
    server.ready(incarnation=2)
    (again,) = server.work()
    assert (again.key, again.raw) == (lost.key, lost.raw)


def test_only_the_first_answer_counts(server, follower, client):
    client.send(b"", login("ana"))
    (item,) = server.work()
    server.answer(item, first=1)
    assert answer_of(client.receive()) == {"first": 1}
    for late in (server, follower, server):
        late.answer(item, first=2)
    client.send(b"", login("bia"))
    server.answer(server.work()[0], first="of the next")
    assert answer_of(client.receive()) == {"first": "of the next"}


def test_an_answer_to_a_former_life_of_the_broker_is_ignored(server, client):
    client.send(b"", login("ana"))
    (item,) = server.work()
    mine, server.broker = server.broker, "a former life"
    server.answer(item, wrong=True)
    server.broker = mine
    server.answer(item, right=True)
    assert answer_of(client.receive()) == {"right": True}


def test_writes_go_to_the_newest_coordinator(context, addresses, server, client):
    with FakeServer(context, addresses[1], "s2", coordinates=3) as newer:

        def is_known():
            newer.ready()
            client.send(b"", login("ana"))
            return newer.has_work()

        wait_until(is_known, "the broker knows the newer coordinator")
        for name in "abc":
            client.send(b"", login(name))
        assert [item.raw for item in newer.work(4)][1:] == [login(name) for name in "abc"]


def test_a_client_reads_behind_what_it_was_shown(server, client, context, addresses):
    client.send(b"", login("ana"))
    server.answer(server.work()[0], index=17)
    client.receive()
    client.send(b"", request("users"))
    (read,) = server.work()
    assert (read.key, read.min_index) == (None, 17)
    with RawClient(context, addresses[0]) as other:
        other.send(b"", request("users"))
        assert server.work()[0].min_index == 0


@pytest.mark.parametrize("frames", [(b"part",) * 10, (b"", *[b"part"] * 9)], ids=["bare", "with delimiter"])
def test_a_message_of_ten_parts_has_one_reply_and_the_next_request_succeeds(server, client, frames):
    answer = answer_of(client.exchange(*frames))
    assert (answer["status"], answer["code"]) == ("erro", "bad_request")
    assert "8" in answer["message"]
    client.send(b"", request("users"))
    server.answer(server.work()[0], users=[])
    assert answer_of(client.receive()) == {"users": []}


@pytest.mark.parametrize(
    "frames",
    [(b"",), (b"\xff" * 9,), (b"\x00",), (b"two", b"parts"), (msgpack.packb({"service": "ready", "data": {}}),)],
    ids=["empty", "bytes", "probe", "parts", "incomplete"],
)
def test_what_is_no_backend_message_is_ignored(server, client, frames):
    server.send_raw(*frames)
    client.send(b"", login("ana"))
    server.answer(server.work()[0], stored=True)
    assert answer_of(client.receive()) == {"stored": True}


@pytest.mark.parametrize("addresses", [("inproc://front", "inproc://back")])
def test_text_that_is_no_utf8_is_ignored(context, broker, addresses, server):
    server.send_raw(b"\x82\xa7service\xa1\xff\xa4data\x80")
    with connected_socket(context, zmq.DEALER, addresses[0]) as dealer:
        dealer.send_multipart([b"part"] * 10)
        wait_until(lambda: dealer.poll(10) or not broker.is_alive(), "an answer, or the end")
    assert broker.failure is None


@pytest.mark.parametrize("addresses", [("inproc://front", "inproc://back")])
def test_without_servers_every_client_is_told_in_time(broker, client):
    for body in (login("ana"), request("users")):
        client.send(body[:1], b"", body)
    answers = [answer_of(client.receive()) for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["no_coordinator"] * 2
    assert all(answer["status"] == "erro" and answer["message"].endswith(".") for answer in answers)


def test_a_busy_port_is_raised_where_it_was_started(context, broker, addresses):
    second = BrokerRole(context, ["inproc://other"], [addresses[1]], Catalogue("en"), lambda event: None)
    with pytest.raises(AddressError, match="--backend"):
        second.start()
