"""The wide profile of a whole program, asked for by flag, environment and file (protocol.md §4, 7)."""

import msgpack
import pytest

from tests.support import program
from tests.support.raw import RawClient
from tests.support.roles import Village
from tests.support.waiting import wait_until

TOO_MANY = (b"", *[b"part"] * 9)


def assert_wide(client, user):
    """Whatever is asked is answered with `success`, the lists and texts at top level, and `lista`."""
    client.write("login", user=user)
    assert_says(client, success=True)
    client.write("channel", channel=f"canal-{user}")
    for service in ("users", "channels"):
        data = client.ask(service)
        assert_says(client, success=True)
        assert client.envelope[service] == data[service] == data["lista"] != []
    assert client.ask("publish", user=user, channel="nenhum", message="oi")["status"] == "erro"
    assert_says(client, success=False)
    assert client.envelope["message"] == client.envelope["data"]["message"] != ""


def assert_narrow(client, user):
    """What is asked is answered without any of that."""
    client.write("login", user=user)
    assert not {"success", "lista"} & {*client.envelope, *client.envelope["data"]}
    assert "lista" not in client.ask("users")
    assert not {"success", "users"} & set(client.envelope)


def assert_says(client, success):
    assert (client.envelope["success"], client.envelope["data"]["success"]) == (success, success)


@pytest.mark.parametrize("how", [[], ["--processes"]], ids=["threads", "processes"])
def test_up_answers_wide_at_every_port(new_cluster, connect, context, how):
    with new_cluster("--ephemeral", "--wide", *how) as cluster:
        assert_wide(connect(cluster.broker), "ana")
        for server in cluster.servers:
            assert_wide(connect(server.address), f"de-{server.name}")
        with RawClient(context, cluster.broker) as raw:
            refused = msgpack.unpackb(raw.exchange(*TOO_MANY)[-1])
        assert (refused["success"], refused["data"]["success"]) == (False, False), "what the broker refuses itself"
        reference = connect(cluster.reference)
        assert reference.ask("list")["lista"]
        assert_says(reference, success=True)
        assert cluster.end() == 0


@pytest.mark.parametrize("how", [[], ["--processes"]], ids=["threads", "processes"])
def test_nothing_is_wide_unless_asked_for(new_cluster, connect, how):
    with new_cluster("--ephemeral", *how) as cluster:
        assert_narrow(connect(cluster.broker), "ana")
        assert_narrow(connect(cluster.servers[0].address), "bia")
        assert cluster.end() == 0


def test_a_server_answers_wide_and_the_broker_it_serves_as_it_was_told_itself(tmp_path, connect):
    with Village(tmp_path, ("a",)) as village:
        wait_until(village.listed, "the server is listed")
        client = connect(village.frontend)
        wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
        assert_narrow(client, "ana")
        assert village.roles["a"].end() == 0
        village.start_server("a", "--wide")
        wait_until(lambda: client.ask("login", user="bia").get("success"), "a login with the wide server")
        assert_wide(client, "bia")
        assert "lista" not in connect(village.reference).ask("list"), "each role answers as it was started"


@pytest.mark.parametrize("how", ["environment", "file"])
def test_it_may_be_asked_for_elsewhere(new_cluster, tmp_path, connect, monkeypatch, how):
    variable = {"CORETO_WIDE": "1"} if how == "environment" else {"CORETO_CONFIG": str(tmp_path / "coreto.toml")}
    (tmp_path / "coreto.toml").write_text("wide = true\n", "utf-8")
    real = program.environment()
    monkeypatch.setattr("tests.support.cluster.environment", lambda: real | variable)
    with new_cluster("--ephemeral", "--processes") as cluster:
        assert_wide(connect(cluster.broker), "ana")
        assert cluster.end() == 0
