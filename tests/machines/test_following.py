"""A voter copies the log of its coordinator (replication.md §6.3, A1 to A6), in all its lives (§3)."""

import msgspec
import pytest

from coreto.machines.replica import Role
from coreto.wire.log import POSITION_ZERO, Noop, Position, make_batch
from coreto.wire.peer import Ack, Append, Mismatch, Prepare, Refuse
from tests.support.machines import Server, entry, epoch, from_peer, login, position

VOTERS = ("a", "b", "c")


@pytest.fixture
def b():
    return Server("b", VOTERS)


def batch(counter, first, count, before=0, name="c"):
    bodies = [entry(login(n), n) for n in range(first, first + count)]
    return make_batch(first, epoch(counter, name), bodies, before)


ONE_TO_FIVE = batch(1, 1, 5)


def append(prev=POSITION_ZERO, *batches, counter=1, commit=0, published=0, nonce=1, name="c"):
    message = Append(
        epoch=epoch(counter, name), prev=prev, batches=batches, commit=commit, published=published, nonce=nonce
    )
    return from_peer(name, message)


def prepare(counter, name="a", *, handover=False, commit=0):
    return from_peer(name, Prepare(epoch=epoch(counter, name), commit=commit, handover=handover))


def acks(server):
    return [(message.match, message.nonce) for _, message in server.said(Ack)]


# Copying.


def test_entries_are_on_disk_before_they_are_acknowledged(b):
    """A5 and D1."""
    b.slow_disk = True
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE, nonce=7))
    assert acks(b) == []
    b.sync()
    assert b.disk.batches == [ONE_TO_FIVE]
    assert acks(b) == [(5, 7)]


def test_the_sender_of_an_accepted_append_is_the_coordinator(b):
    """A2."""
    b.hear(append())
    assert (b.node.coordinator_name(), b.node.replica.epoch) == ("c", epoch(1, "c"))


def test_an_append_of_an_older_epoch_is_refused_and_changes_nothing(b):
    """A2 and I6: fencing."""
    b.hear(prepare(3))
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    assert [(to, message.promised) for to, message in b.said(Refuse)] == [("c", epoch(3))]
    assert b.entries() == []
    assert b.node.coordinator_name() == ""


def test_a_newer_epoch_is_promised_on_disk_before_the_ack(b):
    """A2."""
    b.slow_disk = True
    b.hear(append(counter=4))
    assert acks(b) == []
    b.sync()
    assert b.disk.meta["promised"] == tuple(epoch(4, "c"))
    assert acks(b) == [(0, 1)]


@pytest.mark.parametrize("prev", [position(1, 9, "c"), position(2, 3, "c")])
def test_a_missing_or_different_prev_is_a_mismatch(b, prev):
    """A3: so also any gap, because transports drop silently."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    acks(b)
    b.hear(append(prev, batch(1, prev.index + 1, 2), counter=2, nonce=8))
    ((to, message),) = b.said(Mismatch)
    assert (to, message.nonce) == ("c", 8)
    assert message.hint <= 5
    assert acks(b) == []
    assert len(b.entries()) == 5


def test_the_hint_of_a_gap_is_the_end_of_the_log(b):
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    b.hear(append(position(1, 9, "c")))
    assert b.said(Mismatch)[0][1].hint == 5


def test_what_is_there_already_is_skipped(b):
    """A4."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    b.hear(append(position(1, 2, "c"), batch(1, 3, 5), nonce=2))
    assert [body.key.n for body in b.entries()] == [1, 2, 3, 4, 5, 6, 7]
    assert acks(b) == [(5, 1), (7, 2)]


def test_another_epoch_at_an_index_replaces_the_suffix(b):
    """A4."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    replacement = make_batch(3, epoch(2, "a"), [entry(Noop(), 9)], 0)
    b.hear(append(position(1, 2, "c"), replacement, counter=2, name="a"))
    assert [type(body).__name__ for body in b.entries()] == ["Command", "Command", "Noop"]
    assert b.node.log.last == Position(epoch(2, "a"), 3)


def test_a_shorter_or_older_append_does_not_truncate(b):
    """A4 and scenario S7."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    b.hear(append(POSITION_ZERO, batch(1, 1, 2), nonce=2))
    b.hear(append(position(1, 1, "c"), nonce=3))
    assert len(b.entries()) == 5
    assert acks(b) == [(5, 1), (2, 2), (1, 3)], 'A5: never "my last index"'


def test_commit_goes_no_further_than_what_this_message_covers(b):
    """A6: a longer, older suffix of ours must not be committed by the word of a shorter message."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE))
    b.hear(append(position(1, 2, "c"), counter=2, commit=5))
    assert b.node.replica.commit == 2


def test_commit_follows_the_coordinator_and_never_goes_back(b):
    """A6 and I5."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE, commit=4))
    assert b.node.chat.applied == 4
    b.hear(append(POSITION_ZERO, batch(1, 1, 1), commit=1))
    assert b.node.replica.commit == 4


def test_truncating_what_is_committed_halts_the_server(b):
    """A4 and D8: an invariant is broken; it stops and its files stay."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE, commit=5))
    b.said(Ack)
    b.hear(append(position(1, 2, "c"), make_batch(3, epoch(2, "a"), [entry(Noop())], 0), counter=2, name="a"))
    assert "truncate at 3, commit 5" in b.halted
    assert b.disk.batches == [ONE_TO_FIVE]
    assert acks(b) == [], "it does not acknowledge what it refused"


# Who may speak.


def test_messages_of_another_cluster_are_dropped(b):
    """§4."""
    b.hear(msgspec.structs.replace(append(), cluster="other"))
    assert b.letters == []
    assert b.node.coordinator_name() == ""


def test_messages_of_an_earlier_life_are_dropped(b):
    """§4: wrong incarnation."""
    b.hear(from_peer("c", append(), incarnation=5))
    acks(b)
    b.hear(from_peer("c", append(nonce=2), incarnation=4))
    assert acks(b) == []
    b.hear(from_peer("c", append(nonce=3), incarnation=6))
    assert acks(b) == [(0, 3)]


# Lives.


def test_a_restart_keeps_promise_log_and_commit_and_is_a_follower(b):
    """D3 and scenario S9."""
    b.hear(append(POSITION_ZERO, ONE_TO_FIVE, commit=3, counter=4))
    b.start()
    assert b.plays(Role.FOLLOWER)
    assert b.node.replica.promised == epoch(4, "c")
    assert (b.node.log.last.index, b.node.replica.commit, b.node.chat.applied) == (5, 3, 3)
    b.hear(append(counter=3))
    assert len(b.said(Refuse)) == 1


def test_a_life_is_counted_on_disk_before_its_first_message(b):
    """§3: incarnation +1 at each start."""
    b.start()
    b.hear(append())
    assert b.said(Ack)[0][1].incarnation == 2


def test_what_was_not_synced_was_not_promised(b):
    """Scenario S8 turned around: nobody heard of it, so it may be forgotten."""
    b.slow_disk = True
    b.hear(prepare(3))
    b.start()
    assert b.node.replica.promised.counter == 0
