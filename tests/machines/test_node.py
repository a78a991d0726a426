"""A server as a whole: lives, turns, persist before speak, and what it says of itself."""

import msgspec
import pytest

from coreto.journal.events import ClusterRefused, RoleChanged
from coreto.machines.effects import AskReference
from coreto.machines.gate import CLUSTERS_MAX
from coreto.machines.settings import DEFAULTS
from coreto.wire.backend import Ready
from coreto.wire.log import POSITION_ZERO, Noop, make_batch
from coreto.wire.peer import Ack, Append, Join, Prepare, Promise
from coreto.wire.services import Heartbeat, RankRequest
from tests.machines.chatting import Town
from tests.support.machines import Server, entry, epoch, establish, from_peer

VOTERS = ("a", "b", "c")


def readies(server):
    return [message for message in server.to_broker if isinstance(message, Ready)]


def asked(server):
    return [effect.request for effect in server.others if isinstance(effect, AskReference)]


# Persist before speak.


def test_an_acknowledged_write_is_on_its_own_disk_when_it_is_alone():
    """G1 and D1: with one voter, no answer before the sync."""
    town = Town()
    town.slow_disk = True
    assert town.publish("oi") == {}
    town.sync()
    assert len(town.replies) == 1
    town.slow_disk = False
    town.start()
    town.turn()
    town.turn()
    assert [row["message"] for row in town.tell("history", channel="geral")["messages"]] == ["oi"]


def test_all_that_arrives_in_one_turn_is_one_persist():
    """Group commit."""
    server = Server("b", VOTERS)
    server.slow_disk = True
    heartbeat = Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    server.hear(from_peer("c", heartbeat), from_peer("c", heartbeat))
    assert len(server.unsynced) == 1
    server.sync()
    assert len(server.said(Ack)) == 2


def test_a_turn_without_change_writes_nothing():
    server = Server("b", VOTERS)
    heartbeat = Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    server.hear(from_peer("c", heartbeat))
    server.slow_disk = True
    server.hear(from_peer("c", heartbeat))
    assert server.unsynced == []


def test_derived_rows_are_flushed_a_little_with_every_batch_and_survive():
    """§10: the checkpoint moves, and a restart applies the rest again."""
    town = Town()
    for number in range(DEFAULTS.flush_effects):
        town.publish(str(number))
    checkpoint = int(town.disk.meta["checkpoint"][0])
    assert 0 < checkpoint <= town.node.chat.applied
    digest, applied = town.node.chat.digest, town.node.chat.applied
    town.start()
    town.turn()
    town.turn()
    assert town.node.chat.applied >= applied
    assert town.tell("history", channel="geral")["messages"][-1]["message"] == str(DEFAULTS.flush_effects - 1)
    assert digest == town.node.chat.digest, "a noop changes no state"


# What it tells others.


def test_the_broker_hears_of_a_change_at_once():
    server = Server("b", VOTERS)
    establish(server, "a")
    assert readies(server)[-1].role == "coordinator"
    assert readies(server)[-1].epoch == epoch(1, "b")


def test_heartbeats_to_the_broker_carry_all_a_restarted_broker_needs():
    server = Server("b", VOTERS)
    server.to_broker.clear()
    server.wait(1.0)
    assert len(readies(server)) >= 9
    ready = readies(server)[-1]
    assert (ready.name, ready.replica, ready.cluster, ready.incarnation) == ("b", "r-b", "c1", 1)


def test_the_reference_is_asked_for_a_rank_then_told_that_we_live():
    server = Server("b", VOTERS)
    server.turn()
    assert asked(server) == [RankRequest("b", "at b", "r-b")]
    server.node.on_rank(2, server.time.now)
    server.wait(DEFAULTS.reference_heartbeat + 0.1)
    assert asked(server)[-1] == Heartbeat("b", "at b", False, 0, 2)


def test_a_rank_is_remembered_so_that_the_reference_may_be_down():
    server = Server("b", VOTERS)
    server.node.on_rank(2, server.time.now)
    server.turn()
    assert server.disk.meta["rank"] == (2,)
    server.start()
    assert server.node.election.rank == 2


@pytest.mark.parametrize("rank", [0, -3])
def test_a_rank_that_makes_no_sense_is_ignored(rank):
    server = Server("b", VOTERS)
    server.node.on_rank(rank, server.time.now)
    assert server.node.election.rank == 0


def test_changes_of_role_are_reported_with_their_reason():
    server = Server("b", VOTERS)
    establish(server, "a")
    changes = [event for event in server.events if isinstance(event, RoleChanged)]
    assert [event.state for event in changes] == ["candidate", "establishing", "coordinator"]
    assert all(event.reason for event in changes)


def test_status_says_what_a_person_may_want_to_know():
    town = Town()
    status = town.tell("status")
    assert (status["role"], status["name"], status["coordinator"], status["lag"]) == ("coordinator", "a", "a", 0)
    assert (status["voters"], status["commit"], status["epoch"]) == (["a"], status["applied"], 1)


def test_a_halted_server_acknowledges_nothing_and_its_files_stay():
    """D8."""
    server = Server("b", VOTERS)
    establish(server, "a")
    before = list(server.disk.batches)
    other = make_batch(1, epoch(9, "c"), [entry(Noop())], 0)
    server.hear(
        from_peer(
            "c", Append(epoch=epoch(9, "c"), prev=POSITION_ZERO, batches=(other,), commit=0, published=0, nonce=1)
        )
    )
    assert "truncate" in server.halted
    server.wait(1.0)
    assert (server.disk.batches, server.said(Ack)) == (before, [])


# Strangers.


def stranger(cluster="other", name="z"):
    return from_peer(name, Join(name=name, address=""), cluster=cluster)


def refused(server):
    return [(event.sender, event.other) for event in server.events if isinstance(event, ClusterRefused)]


def test_a_server_of_another_cluster_is_reported_once():
    """Scenario S28: loudly, and without flooding the journal."""
    server = Server("b", VOTERS)
    server.hear(stranger(), stranger())
    server.hear(stranger(name="y"))
    assert refused(server) == [("r-z", "other")]


def test_each_other_cluster_is_reported_up_to_a_limit():
    server = Server("b", VOTERS)
    for number in range(CLUSTERS_MAX + 5):
        server.hear(stranger(f"other{number}"))
    assert len(refused(server)) == CLUSTERS_MAX


def test_a_server_of_ours_is_no_stranger():
    server = Server("b", VOTERS)
    server.hear(stranger(server.node.identity.cluster))
    assert refused(server) == []


@pytest.mark.parametrize(("receiver", "heard"), [("", True), ("r-b", True), ("r-b-2", False)])
def test_a_message_for_who_lived_here_before_is_dropped(receiver, heard):
    """A place may have passed to a new replica: what the old one promised is not ours."""
    server = Server("b", VOTERS)
    message = from_peer("c", Prepare(epoch=epoch(3, "c"), commit=0))
    server.hear(msgspec.structs.replace(message, receiver=receiver))
    assert (server.node.replica.promised == epoch(3, "c")) is heard
    assert refused(server) == []


def test_what_it_sends_says_whom_it_is_for():
    server = Server("b", VOTERS)
    server.hear(from_peer("c", Prepare(epoch=epoch(3, "c"), commit=0)))
    assert [message.receiver for _, message in server.said(Promise)] == ["r-c"]
