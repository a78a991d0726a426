"""A voter promises an epoch, refuses or ignores it (replication.md §6.2, P2)."""

import pytest

from coreto.machines.settings import COUNTER_AHEAD_MAX, DEFAULTS
from coreto.wire.log import POSITION_ZERO, make_batch
from coreto.wire.peer import Ack, Append, Prepare, Promise, Refuse
from tests.support.machines import Server, entry, epoch, from_peer, position

VOTERS = ("a", "b", "c")


@pytest.fixture
def b():
    return Server("b", VOTERS)


def append(prev=POSITION_ZERO, *batches, counter=1, commit=0, published=0, nonce=1, name="c"):
    message = Append(
        epoch=epoch(counter, name), prev=prev, batches=batches, commit=commit, published=published, nonce=nonce
    )
    return from_peer(name, message)


def prepare(counter, name="a", *, handover=False, commit=0):
    return from_peer(name, Prepare(epoch=epoch(counter, name), commit=commit, handover=handover))


def test_a_promise_is_on_disk_before_it_is_told(b):
    """P2 and D1."""
    b.slow_disk = True
    b.hear(prepare(3))
    assert b.said(Promise) == []
    b.sync()
    assert b.disk.meta["promised"] == tuple(epoch(3))
    assert [(to, message.epoch) for to, message in b.said(Promise)] == [("a", epoch(3))]


def test_an_older_epoch_is_refused_with_the_promised_one(b):
    """P2."""
    b.hear(prepare(3), prepare(2, "c"))
    assert [(to, message.promised) for to, message in b.said(Refuse)] == [("c", epoch(3))]
    assert len(b.said(Promise)) == 1


def test_of_two_candidates_with_one_counter_the_larger_id_wins(b):
    """Scenario S5: different epochs, at most one established."""
    b.hear(prepare(3, "c"), prepare(3, "a"))
    assert [to for to, _ in b.said(Promise)] == ["c"]
    assert [to for to, _ in b.said(Refuse)] == ["a"]


def test_a_repeated_prepare_is_answered_again(b):
    """P2."""
    b.hear(prepare(3))
    b.hear(prepare(3))
    assert len(b.said(Promise)) == 2


def test_who_hears_a_coordinator_ignores_a_candidate(b):
    """P2: not refused, ignored."""
    b.hear(append())
    b.said(Ack)
    b.hear(prepare(9))
    assert b.letters == []
    assert b.node.replica.promised == epoch(1, "c")


def test_who_heard_the_coordinator_too_long_ago_promises(b):
    b.hear(append())
    b.wait(DEFAULTS.suspect_min)
    b.hear(prepare(9))
    assert len(b.said(Promise)) == 1


def test_a_handover_is_promised_although_the_coordinator_lives(b):
    b.hear(append())
    b.hear(prepare(9, handover=True))
    assert len(b.said(Promise)) == 1


def test_an_absurd_epoch_is_not_promised(b):
    """§4: epochs are believed up to 10^6 above ours."""
    b.hear(prepare(COUNTER_AHEAD_MAX + 1))
    assert b.letters == []
    b.hear(prepare(COUNTER_AHEAD_MAX))
    assert len(b.said(Promise)) == 1


def test_a_promise_tells_where_the_log_ends_and_a_config_the_candidate_lacks(b):
    b.hear(append(POSITION_ZERO, make_batch(1, epoch(1, "c"), [entry(b.node.log.config)], 0)))
    b.wait(DEFAULTS.suspect_min)
    b.hear(prepare(9, commit=0), prepare(10, commit=1))
    first, second = (message for _, message in b.said(Promise))
    assert (first.last, first.config_index) == (position(1, 1, "c"), 1)
    assert (second.config, second.config_index) == (None, 0)
