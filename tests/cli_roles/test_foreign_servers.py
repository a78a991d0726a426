"""Foreign REP servers beside ours: behind the broker when asked for, on the reference's list, never in the quorum."""

import json
from contextlib import ExitStack

import pytest

from coreto.client.client import Client
from coreto.client.errors import RefusedError
from coreto.wire.stamps import timestamp_kind
from tests.support.foreign import FOREIGN_OFFSET, Dialect, ForeignReference, ForeignServer
from tests.support.plain import PlainClient
from tests.support.program import run
from tests.support.roles import Village
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

OURS = ("a", "b")
THEIRS = ("f1", "f2")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Two of our servers and two foreign ones that the reference knows."""
    with ExitStack() as stack:
        village = stack.enter_context(Village(tmp_path_factory.mktemp("mixed"), OURS))
        backend = free_address()
        wait_until(lambda: {row["name"] for row in village.listed()} == set(OURS), "our servers on the list")
        theirs = [
            stack.enter_context(ForeignServer(name, backend, village.reference, address=address))
            for name, address in zip(THEIRS, (free_address(), ""), strict=True)
        ]
        wait_until(lambda: all(server.heartbeats for server in theirs), "heartbeats of the foreign servers")
        wait_until(village.coordinator, "a coordinator", 30.0)
        yield village, theirs, backend
        for role in reversed(village.roles.values()):
            assert role.end() == 0, role.errors()
            assert "Traceback" not in role.errors()


def status_of(village, name):
    """What one of our servers says of itself."""
    finished = village.admin("show", name, "--json")
    assert finished.returncode == 0, finished
    return json.loads(finished.stdout)


def ask_all(client, user, channel):
    """Log in, make a channel, publish; return the users."""
    client.write("login", user=user)
    client.write("channel", channel=channel)
    client.write("publish", user=user, channel=channel, message="oi")
    return client.ask("users")["users"]


def restart_broker(village, *flags):
    """Start the broker anew with other flags, on the same port for clients."""
    assert village.roles["broker"].end() == 0
    broker = village.start("broker", "broker", "--frontend", village.frontend, *flags)
    broker.wait_said("listens at")


def test_foreign_servers_are_on_the_list_with_a_rank_and_outside_our_quorum(mixed):
    village, theirs, _backend = mixed
    rows = {row["name"]: row for row in village.listed()}
    assert set(rows) == {*OURS, *THEIRS}
    assert sorted(row["rank"] for row in rows.values()) == [1, 2, 3, 4]
    assert [rows[server.name]["rank"] for server in theirs] == [server.rank for server in theirs]
    assert not any(rows[name]["coordinator"] for name in THEIRS), "the highest ranks, and yet no authority"
    top = status_of(village, village.coordinator())
    assert sorted(top["voters"]) == sorted(OURS)
    assert not set(THEIRS) & set(top.get("learners", []))


def test_a_foreign_server_keeps_its_place_by_heartbeat(mixed):
    village, (silent, other), _backend = mixed
    before = village.coordinator()
    silent.beats.clear()
    try:
        wait_until(lambda: silent.name not in {row["name"] for row in village.listed()}, "it is off the list")
        assert {row["name"] for row in village.listed()} == {*OURS, other.name}
    finally:
        silent.beats.set()
    wait_until(lambda: silent.name in {row["name"] for row in village.listed()}, "it is back")
    assert next(row["rank"] for row in village.listed() if row["name"] == silent.name) == silent.rank
    assert village.coordinator() == before


def test_the_clock_of_a_foreign_server_is_read_and_one_without_address_is_said(mixed):
    village, (reached, hidden), _backend = mixed
    finished = village.admin("poll-clock", "--json")
    clocks = {row["name"]: row for row in json.loads(finished.stdout)["clocks"]}
    assert set(clocks) == {*OURS, *THEIRS}
    assert abs(clocks[reached.name]["offset"] - FOREIGN_OFFSET) < FOREIGN_OFFSET / 2
    assert all(abs(clocks[name]["offset"]) < FOREIGN_OFFSET / 2 for name in OURS)
    assert (clocks[hidden.name]["time"], bool(clocks[hidden.name]["error"])) == (None, True)
    assert finished.returncode == 4
    assert "Traceback" not in finished.stderr


def test_without_the_flag_our_servers_serve_everybody(mixed, connect):
    village, theirs, _backend = mixed
    client = connect(village.frontend)
    assert "ana" in ask_all(client, "ana", "geral")
    assert client.envelope["data"]["server"] in OURS
    assert [server.asked for server in theirs] == [[], []]


def test_with_the_flag_foreign_servers_serve_everybody(mixed, context, connect):
    village, theirs, backend = mixed
    restart_broker(village, "--foreign-servers", "--foreign-backend", backend)
    try:
        with PlainClient(context, village.frontend) as client:
            for service in ("users", "users", "users"):
                assert "server" not in client.ask(service)
            asked = 3
            for number in range(10):
                answer = client.ask("login", user=f"u{number}")
                assert answer["status"] == "sucesso"
                asked += 1
        logins = [r["data"]["user"] for server in theirs for r in server.asked if r["service"] == "login"]
        assert sorted(logins) == sorted(f"u{number}" for number in range(10)), "each exactly once"
        assert sum(len(server.asked) for server in theirs) == asked, "nothing is asked twice"
    finally:
        restart_broker(village, "--backend", village.backend)
    served = sum(len(server.asked) for server in theirs)
    ours = connect(village.frontend)
    users = ours.ask("users")["users"]
    assert not [name for name in users if name.startswith("u")], "what foreign servers keep is not ours"
    assert sum(len(server.asked) for server in theirs) == served


# Our client and a foreign server.

DIALECTS = [
    Dialect(nested, as_json, names, success)
    for nested in (True, False)
    for as_json in (True, False)
    for names in ("", "users", "lista")
    for success in (True, False)
] + [Dialect(two_frames=True), Dialect(nested=False, as_json=True, two_frames=True)]


@pytest.fixture(scope="module")
def abroad(tmp_path_factory):
    """A broker for foreign servers, and where they connect."""
    folder = tmp_path_factory.mktemp("abroad")
    front, back = free_address(), free_address()
    with Village(folder, ()) as village:
        village.start("foreign", "broker", "--foreign-servers", "--frontend", front, "--foreign-backend", back)
        village.roles["foreign"].wait_said(back)
        yield village, front, back


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_our_client_reads_every_dialect(abroad, dialect):
    _village, front, back = abroad
    with ForeignServer("f", back, dialect=dialect) as server, Client(front) as client:
        client.login("ana")
        client.create_channel("geral")
        assert client.users() == ["ana"]
        assert client.channels() == ["geral"]
        client.publish("ana", "geral", "oi")
        with pytest.raises(RefusedError) as refused:
            client.publish("ana", "nowhere", "oi")
        assert dialect.success or "não" in str(refused.value)
        with pytest.raises(RefusedError):
            client.create_channel("geral")
        assert server.services() == ["login", "channel", "users", "channels", "publish", "publish", "channel"]


@pytest.mark.parametrize("kind", ["float", "int", "int_ms", "float_ms", "iso", "hms"])
def test_times_are_written_as_the_others_read_them(abroad, kind):
    village, front, back = abroad
    address = free_address()
    places = ["--broker", front, "--proxy-sub", village.xpub, "--reference", address]
    with ForeignServer("f", back) as server, ForeignReference(address) as reference:
        finished = run("chat", *places, "--timestamp", kind, commands="/login ana\n/channel geral\n/users\n/servers\n")
        assert finished.returncode == 0, finished.stderr
        assert "ana" in finished.stdout
        talked = run("bot", "--broker", front, "--timestamp", kind, "--messages", "1")
        assert talked.returncode == 0, talked.stderr
        listed = run("admin", "list", "--reference", address, "--timestamp", kind)
        assert listed.returncode == 0, listed.stderr
        kinds = [
            {timestamp_kind(item["data"]["timestamp"]) for item in asked} for asked in (server.asked, reference.asked)
        ]
        services = [request["service"] for request in reference.asked]
    assert kinds == [{kind}, {kind}]
    assert services == ["list", "list"]


# Wrong use.


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["broker", "--foreign-backend", "tcp://127.0.0.1:5556"], "--foreign-servers"),
        (["broker", "--foreign-servers", "--backend", "tcp://127.0.0.1:5561"], "--backend"),
        (["broker", "--foreign-servers", "--foreign-backend", "5556"], "--foreign-backend"),
        (["server", "--name", "a", "--broker-rep", "tcp://127.0.0.1:*"], "--broker-rep"),
        (["server", "--name", "a", "--broker-rep", "tcp://10.11.12.13:5556"], "--listen"),
        (["chat", "--timestamp", "stardate"], "--timestamp"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, named):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert named in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
