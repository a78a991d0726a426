"""Becoming coordinator: promises and the best log (replication.md §6.2).

Sources: VR Revisited §4.2, Paxos phase 1, Omni-Paxos.
"""

import msgspec
import pytest

from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import Batch, Config, Epoch, Noop, Position, make_batch
from coreto.wire.peer import Ack, Append, Entries, Fetch, HandoverNow, Prepare, Promise, Refuse
from tests.support.machines import (
    Server,
    acknowledge,
    config_of,
    entry,
    epoch,
    establish,
    from_peer,
    login,
    position,
    promise,
    stand,
)

VOTERS = ("a", "b", "c")


def batch_of(counter, first, bodies, before=0, name="a"):
    return make_batch(first, epoch(counter, name), [entry(body) for body in bodies], before)


def holding(batches, name="b", voters=VOTERS, commit=0):
    """A server whose disk holds these batches."""
    server = Server(name, voters)
    server.disk.batches = list(batches)
    server.disk.meta["commit"] = (commit,)
    server.start()
    return server


OLD: Batch = batch_of(1, 1, [Noop(), login(1, "old"), login(2, "older")])
NEW: Batch = batch_of(3, 1, [Noop(), login(1, "new")], name="c")


def entries_of(server, name, *batches, prev=None):
    where = prev or Position(Epoch(0, ""), 0)
    return from_peer(name, Entries(epoch=server.node.replica.promised, prev=where, batches=batches))


@pytest.fixture
def b():
    return Server("b", VOTERS)


def test_the_promise_to_itself_is_on_disk_before_it_asks_others(b):
    """P1 and D1: set promised, sync, then send PREPARE."""
    b.slow_disk = True
    made = stand(b, "a")
    assert b.said(Prepare) == []
    b.sync()
    assert b.disk.meta["promised"] == tuple(made)
    assert [(to, message.epoch) for to, message in b.said(Prepare)] == [("a", made), ("c", made)]


def test_prepare_is_sent_again_to_those_who_did_not_promise(b):
    """P6: every 100 ms."""
    stand(b, "a")
    b.said(Prepare)
    b.turn(DEFAULTS.prepare_again)
    assert [to for to, _ in b.said(Prepare)] == ["a", "c"]


def test_a_candidate_without_majority_gives_up_after_quorum_timeout(b):
    """P6."""
    made = stand(b, "a")
    b.wait(DEFAULTS.quorum_timeout + 0.1)
    assert b.plays(Role.FOLLOWER)
    assert b.node.replica.promised == made
    assert b.entries() == []


def test_promises_of_a_majority_establish_it_with_a_noop(b):
    """P4: it appends a noop with its epoch."""
    made = stand(b, "a")
    b.hear(promise(b, "a"))
    assert b.plays(Role.ESTABLISHING)
    assert b.entries() == [Noop()]
    assert b.node.log.last == Position(made, 1)


def test_a_promise_for_another_epoch_is_ignored(b):
    """P2: a PROMISE that reaches anybody but the candidate of exactly that epoch is ignored."""
    stand(b, "a")
    b.hear(msgspec.structs.replace(promise(b, "a"), epoch=epoch(99, "b")))
    assert b.plays(Role.CANDIDATE)


def test_a_promise_repeated_is_one_promise():
    five = Server("b", "abcde")
    stand(five, "a", "c")
    five.hear(promise(five, "a"), promise(five, "a"))
    assert five.plays(Role.CANDIDATE)
    five.hear(promise(five, "c"))
    assert five.plays(Role.ESTABLISHING)


def test_only_with_its_noop_committed_it_is_coordinator(b):
    """P5: only now it announces, and says it is."""
    stand(b, "a")
    b.hear(promise(b, "a"))
    assert b.node.coordinator_name() == ""
    assert b.published == []
    acknowledge(b, "a")
    assert b.plays(Role.COORDINATOR)
    assert b.node.coordinator_name() == "b"
    assert [effect.topic for effect in b.published] == [b"servers"]


def test_an_establishing_server_that_nobody_acknowledges_ends_after_quorum_timeout(b):
    """P6."""
    stand(b, "a")
    b.hear(promise(b, "a"))
    b.wait(DEFAULTS.quorum_timeout + 0.1)
    assert b.plays(Role.FOLLOWER)


def test_it_adopts_the_best_of_the_promised_logs():
    """P3 and P4; VR Revisited §4.2: the log of the greatest view, not the longest (scenario S3)."""
    server = holding([OLD])
    stand(server, "c")
    server.hear(promise(server, "c", NEW.position))
    assert [(to, message.upto) for to, message in server.said(Fetch)] == [("c", 2)]
    server.hear(entries_of(server, "c", NEW))
    assert server.plays(Role.ESTABLISHING)
    assert server.entries() == [Noop(), login(1, "new"), Noop()]


def test_a_longer_log_of_an_older_epoch_does_not_win():
    """§2: "more up to date" compares epochs first."""
    server = holding([NEW])
    stand(server, "a")
    server.hear(promise(server, "a", OLD.position))
    assert server.said(Fetch) == []
    assert server.entries() == [Noop(), login(1, "new"), Noop()]


def test_it_does_not_establish_before_the_better_log_is_there():
    server = holding([OLD])
    stand(server, "c")
    server.hear(promise(server, "c", NEW.position))
    server.turn()
    assert server.plays(Role.CANDIDATE)


def test_entries_of_another_lender_or_epoch_are_ignored():
    server = holding([OLD])
    stand(server, "c")
    server.hear(promise(server, "c", NEW.position))
    other = entries_of(server, "a", NEW)
    stale = msgspec.structs.replace(entries_of(server, "c", NEW), epoch=epoch(1))
    server.hear(other, stale)
    assert server.plays(Role.CANDIDATE)
    assert server.node.log.last == OLD.position


def test_a_log_that_does_not_end_as_it_was_promised_is_not_adopted():
    """P4: the lender may meanwhile follow a higher epoch; then it gives up and starts again later."""
    server = holding([OLD])
    stand(server, "c")
    server.hear(promise(server, "c", position(3, 2, "c")))
    server.hear(entries_of(server, "c", batch_of(2, 1, [Noop(), login(1, "other")])))
    server.turn()
    assert server.plays(Role.FOLLOWER)


def test_a_lender_that_moved_on_and_refuses_ends_the_candidacy():
    server = holding([OLD])
    stand(server, "c")
    server.hear(promise(server, "c", NEW.position))
    server.hear(from_peer("c", Refuse(promised=epoch(9, "c"))))
    assert server.plays(Role.FOLLOWER)


def test_the_majority_is_one_of_the_configuration_of_the_best_log():
    """P3 and scenario S19: not of the candidate's own, which may be old."""
    wider: Config = config_of("abcde")
    best = batch_of(3, 1, [Noop(), wider], name="c")
    server = Server("b", VOTERS)
    stand(server, "c")
    server.said(Prepare)
    server.hear(promise(server, "c", best.position, wider))
    assert server.said(Fetch) == []
    assert {to for to, _ in server.said(Prepare)} == {"a", "d", "e"}, "it asks the voters it did not know"
    server.hear(promise(server, "d"))
    assert [to for to, _ in server.said(Fetch)] == ["c"]
    server.hear(entries_of(server, "c", best))
    assert server.plays(Role.ESTABLISHING)
    assert server.node.log.config == wider


def test_a_committed_entry_is_never_replaced_by_a_best_log():
    """A4 and D8: it halts instead, and its files stay."""
    server = holding([OLD], commit=2)
    stand(server, "c")
    server.hear(promise(server, "c", NEW.position))
    server.hear(entries_of(server, "c", NEW, prev=Position(OLD.epoch, 2)))
    assert "truncate" in server.halted
    assert server.disk.batches == [OLD]


def test_a_lender_lends_only_to_the_candidate_it_promised():
    server = holding([OLD])
    server.hear(from_peer("c", Prepare(epoch=epoch(5, "c"), commit=0)))
    server.hear(from_peer("c", Fetch(epoch=epoch(5, "c"), after=1, upto=9)))
    ((to, lent),) = server.said(Entries)
    assert (to, lent.prev) == ("c", position(1, 1))
    assert [item.body for batch in lent.batches for item in batch.entries()] == [login(1, "old"), login(2, "older")]
    server.hear(from_peer("a", Fetch(epoch=epoch(4, "a"), after=0, upto=9)))
    assert server.said(Entries) == []
    assert [message.promised for _, message in server.said(Refuse)] == [epoch(5, "c")]


def test_the_noop_commits_what_the_old_epoch_left(b):
    """§12, noop and C1."""
    server = holding([OLD])
    establish(server, "a")
    assert server.node.replica.commit == 4


def test_deposed_while_standing_it_follows():
    """P2: it leaves any role when it promises a newer epoch."""
    server = Server("b", VOTERS)
    stand(server, "a")
    server.hear(from_peer("c", Prepare(epoch=epoch(9, "c"), commit=0)))
    assert server.plays(Role.FOLLOWER)
    assert [(to, message.epoch) for to, message in server.said(Promise)] == [("c", epoch(9, "c"))]
    assert server.said(Ack) == []
    assert server.said(Append) == []


def test_who_is_not_in_the_configuration_it_adopts_completes_it_and_steps_down():
    """C4: its noop commits what the log holds, then somebody who counts goes on."""
    b = Server("b", VOTERS)
    stand(b, "a", "c")
    without = batch_of(3, 1, [Noop(), config_of("ac")], name="c")
    b.hear(promise(b, "c", without.position, config_of("ac")), promise(b, "a"))
    b.hear(entries_of(b, "c", without))
    assert b.plays(Role.ESTABLISHING)
    acknowledge(b, "c", "a")
    assert b.plays(Role.FOLLOWER)
    assert b.node.replica.commit == 3
    assert [to for to, _ in b.said(HandoverNow)] in (["a"], ["c"])
