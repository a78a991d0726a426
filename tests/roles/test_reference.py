"""The reference on real sockets and a real file."""

import msgpack
import pytest

from coreto.journal.sink import nowhere
from coreto.net.sockets import AddressError
from coreto.roles.reference import ReferenceRole
from coreto.texts import Catalogue
from coreto.wire.envelope import read_reply
from tests.support.raw import RawClient
from tests.support.sockets import free_address

INSIDE = "inproc://reference"


@pytest.fixture
def start(context, launch, tmp_path):
    """Starts a reference on the one folder of this test."""

    def make(*addresses):
        role = ReferenceRole(context, addresses or (INSIDE,), tmp_path, Catalogue("en"), nowhere)
        return launch(role)

    return make


@pytest.fixture
def reference(start, connect):
    """A client of a running reference."""
    start()
    return connect(INSIDE)


@pytest.fixture
def raw(start, context):
    """A client that sends any frames."""
    start()
    with RawClient(context, INSIDE) as made:
        yield made


def names(client):
    return [row["name"] for row in client.ask("list")["list"]]


def packed(service, **data):
    return msgpack.packb({"service": service, "data": {"timestamp": 0.0, "clock": 1, **data}})


def test_ranks_begin_at_one_and_stay_with_the_name(reference):
    assert reference.ask("rank", user="s1", address="tcp://a:1")["rank"] == 1
    assert reference.ask("rank", user="s2", address="tcp://a:2")["rank"] == 2
    assert reference.ask("rank", user="s1", address="tcp://a:3")["rank"] == 1


def test_a_server_gets_the_rank_it_had_with_a_reference_that_forgot(reference):
    assert reference.ask("rank", user="s3", address="tcp://a:3", rank=3)["rank"] == 3
    assert reference.ask("rank", user="s1", address="tcp://a:1")["rank"] == 4


def test_the_list_names_the_servers_that_were_heard(reference):
    assert names(reference) == []
    reference.ask("rank", user="s1", address="tcp://a:1")
    reference.ask("heartbeat", user="s2", address="tcp://a:2", coordinator=True, epoch=1)
    one, two = reference.ask("list")["list"]
    address = {"address": "tcp://a:1", "addr": "tcp://a:1"}
    assert one == {"name": "s1", "rank": 1, "coordinator": False, **address}
    assert (two["name"], two["coordinator"]) == ("s2", True)


def test_a_heartbeat_of_an_unknown_server_registers_it(reference):
    answer = reference.ask("heartbeat", user="new", address="tcp://a:1")
    assert (answer["status"], answer["rank"]) == ("OK", 1)
    assert names(reference) == ["new"]


def test_the_newest_claim_to_coordinate_counts(reference):
    reference.ask("heartbeat", user="s1", coordinator=True, epoch=2)
    reference.ask("heartbeat", user="s2", coordinator=True, epoch=1)
    assert reference.ask("election")["coordinator"] == "s1"
    assert reference.ask("status")["coordinator"] == "s1"


def test_ranks_survive_a_restart_and_nobody_is_live_at_first(start, connect):
    first = start()
    client = connect(INSIDE)
    for name in ("s1", "s2"):
        client.ask("rank", user=name, address=f"tcp://{name}:1")
    first.stop()
    assert first.join()
    start()
    again = connect(INSIDE)
    assert names(again) == []
    assert again.ask("rank", user="s2")["rank"] == 2
    assert again.ask("list")["list"][0]["address"] == "tcp://s2:1"
    assert again.ask("rank", user="s3")["rank"] == 3


def test_it_tells_its_own_time(reference):
    answer = reference.ask("clock")
    assert abs(answer["time"] - answer["timestamp"]) < 1.0


def test_it_tells_its_status(reference):
    answer = reference.ask("status")
    assert (answer["role"], answer["servers"]) == ("reference", [])


@pytest.mark.parametrize(
    ("service", "word"), [("login", "reference"), ("publish", "reference"), ("dance", "dance"), ("", "service")]
)
def test_what_it_does_not_offer_is_refused_with_a_sentence(reference, service, word):
    answer = reference.ask(service, user="ana", channel="geral", message="oi")
    assert answer["status"] == "erro"
    assert answer["description"] == answer["message"]
    assert word in answer["message"]


def test_an_unknown_service_is_answered_as_an_error(reference):
    reference.ask("dance")
    assert reference.envelope["service"] == "error"


@pytest.mark.parametrize("service", ["rank", "list", "heartbeat", "clock", "status", "election", "login", "dance"])
def test_every_request_has_one_reply(raw, service):
    for token in (b"1", b"2", b"3"):
        assert raw.exchange(token, b"", packed(service, user="s1"))[:2] == [token, b""]
    assert raw.exchange(b"last", b"", packed("list"))[0] == b"last"


@pytest.mark.parametrize(
    "frames",
    [
        (b"", b"\xff\xfe\xfd"),
        (b"", msgpack.packb(7)),
        (b"", b'{"service": "list", "da'),
        (b"", packed("rank")),
        (b"", packed("rank", user="\x1b[0m")),
        (b"", packed("rank", user="x" * 33)),
        (b"", packed("heartbeat", user=5)),
        (b"", b"a", b"b"),
        (b"",) * 10,
        (b"part",) * 10,
    ],
    ids=["bytes", "int", "cut", "no name", "escape", "long", "number", "parts", "ten empty parts", "ten parts"],
)
def test_bad_input_has_one_clear_reply_and_the_next_request_succeeds(raw, frames):
    _, answer = read_reply(raw.exchange(*frames)[-1])
    assert answer["status"] == "erro"
    assert answer["message"].endswith(".")
    assert msgpack.unpackb(raw.exchange(b"", packed("list"))[-1])["data"]["list"] == []


def test_it_listens_at_several_addresses(start, connect):
    outside = (free_address(), free_address())
    start(INSIDE, *outside)
    ranks = [connect(address).ask("rank", user=f"s{n}")["rank"] for n, address in enumerate((INSIDE, *outside))]
    assert ranks == [1, 2, 3]


def test_a_busy_port_is_raised_where_it_was_started(start, context, tmp_path):
    address = free_address()
    start(address)
    with pytest.raises(AddressError, match="--bind"):
        ReferenceRole(context, [address], tmp_path / "other", Catalogue("en"), nowhere).start()
