"""What the reference and each server answer on their own addresses."""

import time

from tests.support.waiting import wait_until

SKEW_SECONDS = 5.0
HEARD_SECONDS = 15.0
"""A cluster is ready when it takes requests; the reference hears of its coordinator a moment later."""


def test_the_ready_line_names_three_servers_with_ranks(cluster):
    assert [server.rank for server in cluster.servers] == [1, 2, 3]
    assert len({server.name for server in cluster.servers}) == 3
    assert cluster.broker == f"tcp://127.0.0.1:{cluster.base_port}"
    assert cluster.proxy == f"tcp://127.0.0.1:{cluster.base_port + 3}"
    assert [server.address for server in cluster.servers] == [
        f"tcp://127.0.0.1:{cluster.base_port + 45 + rank}" for rank in (1, 2, 3)
    ]


def test_the_reference_lists_the_live_servers_and_one_coordinator(cluster, connect):
    reference = connect(cluster.reference)

    def coordinators():
        return [row["rank"] for row in reference.ask("list")["list"] if row["coordinator"]]

    wait_until(lambda: coordinators() == [3], "the highest has told that it coordinates", HEARD_SECONDS)
    rows = reference.ask("list")["list"]
    listed = {(row["name"], row["rank"], row["address"]) for row in rows}
    assert listed == {tuple(server) for server in cluster.servers}
    assert all(isinstance(row["addr"], str) for row in rows)


def test_both_ports_of_the_reference_answer(cluster, connect):
    ports = (cluster.base_port + 4, cluster.base_port + 5)
    lists = [connect(f"tcp://127.0.0.1:{port}").ask("list")["list"] for port in ports]
    assert [{row["name"] for row in rows} for rows in lists] == [{s.name for s in cluster.servers}] * 2


def test_a_foreign_server_gets_a_rank_of_its_own_and_keeps_it(cluster, connect, fresh):
    reference, name = connect(cluster.reference), fresh("estrangeiro")
    ranks = [reference.ask("rank", user=name)["rank"] for _ in range(2)]
    assert ranks[0] == ranks[1] > 3
    assert reference.ask("heartbeat", user=name)["status"] == "OK"
    assert name in {row["name"] for row in reference.ask("list")["list"]}


def test_every_server_answers_clock_election_and_status(cluster, connect):
    highest = cluster.servers[-1].name
    for server in cluster.servers:
        peer = connect(server.address)
        assert abs(peer.ask("clock")["time"] - time.time()) < SKEW_SECONDS
        election = peer.ask("election")
        assert (election["election"], election["coordinator"]) == ("OK", highest)
        assert peer.ask("status").keys() >= {"role", "epoch", "commit", "applied", "voters", "coordinator"}


def test_every_server_answers_reads_on_its_own_address(cluster, client, connect, fresh):
    user, channel = fresh("ana"), fresh("geral")
    client.write("login", user=user)
    client.write("channel", channel=channel)
    index = client.write("publish", user=user, channel=channel, message="oi")["index"]
    for server in cluster.servers:
        peer = connect(server.address)
        assert user in peer.ask("users", min_index=index)["users"]
        assert channel in peer.ask("channels", min_index=index)["channels"]
        history = peer.ask("history", channel=channel, min_index=index)
        assert [message["message"] for message in history["messages"]] == ["oi"]
        assert history["server"] == server.name


def test_clients_may_read_the_clock_but_not_set_it(client):
    assert abs(client.ask("clock")["time"] - time.time()) < SKEW_SECONDS
    client.ask("clock", time=0.0)
    assert abs(client.ask("clock")["time"] - time.time()) < SKEW_SECONDS
