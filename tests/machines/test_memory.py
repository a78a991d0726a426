"""What one server remembers of another's disk, and whom it therefore refuses (replication.md §3, D6)."""

import pytest

from coreto.machines.memory import PEERS_MAX, PeerMemory, is_memory
from coreto.wire.peer import Hello
from tests.support.machines import epoch, from_peer


@pytest.fixture
def memory():
    """It knows the second life of `a`, which promised epoch 5 and acknowledged ten entries in it."""
    known = PeerMemory([])
    known.judge(hello(2, promised=0, last=0))
    known.told("r-a", 2, epoch(5), 10)
    return known


def hello(incarnation, *, promised=5, last=10, nonce=1, name="a"):
    return from_peer(name, Hello(promised=epoch(promised), last=last, nonce=nonce), incarnation=incarnation)


def test_a_new_life_whose_disk_holds_what_was_said_is_known(memory):
    assert memory.judge(hello(3, nonce=2)).known


def test_the_answer_names_the_life_that_asked(memory):
    assert memory.judge(hello(3, nonce=77)).life == 77


def test_a_server_never_heard_of_is_known(memory):
    assert memory.judge(hello(1, promised=0, last=0, name="b")).known


def test_a_promise_that_was_taken_back_is_refused(memory):
    answer = memory.judge(hello(3, promised=4, last=100, nonce=2))
    assert (answer.known, answer.promised, answer.match) == (False, epoch(5), 10)


def test_with_the_same_promise_a_log_shorter_than_acknowledged_is_refused(memory):
    assert not memory.judge(hello(3, last=9, nonce=2)).known


def test_lengths_are_not_compared_across_epochs(memory):
    """Scenario S36: an acknowledged, uncommitted suffix was replaced honestly in a newer epoch."""
    assert memory.judge(hello(3, promised=6, last=4, nonce=2)).known


@pytest.mark.parametrize("incarnation", [1, 2])
def test_a_life_that_was_counted_before_is_refused(memory, incarnation):
    """Only a copy has a number a second time, however much its disk holds."""
    assert not memory.judge(hello(incarnation, promised=9, last=100, nonce=2)).known


def test_a_hello_that_comes_twice_is_known_although_more_was_said_since(memory):
    first = hello(3, nonce=2)
    memory.judge(first)
    memory.told("r-a", 3, epoch(6), 20)
    assert memory.judge(first).known


def test_a_refused_life_changes_nothing_of_what_is_remembered(memory):
    memory.take_changes()
    memory.judge(hello(3, last=9, nonce=2))
    assert memory.take_changes() == []
    assert memory.judge(hello(3, nonce=2)).known


def test_what_a_life_says_that_was_not_greeted_is_not_noted(memory):
    """A late message of an earlier life, or of a copy, proves nothing of this disk."""
    memory.told("r-a", 1, epoch(9), 99)
    memory.told("r-x", 1, epoch(9), 99)
    assert memory.judge(hello(3, nonce=2)).known


def test_a_late_message_of_an_older_epoch_lowers_nothing(memory):
    memory.told("r-a", 2, epoch(4), 50)
    memory.told("r-a", 2, epoch(5), 7)
    assert not memory.judge(hello(3, last=9, nonce=2)).known


def test_a_newer_promise_counts_with_whatever_was_acknowledged_in_it(memory):
    memory.told("r-a", 2, epoch(6), 0)
    assert not memory.judge(hello(3, promised=5, last=10, nonce=2)).known
    assert memory.judge(hello(3, promised=6, last=0, nonce=2)).known


def test_a_restart_remembers_what_was_written(memory):
    again = PeerMemory(memory.take_changes())
    assert not again.judge(hello(3, last=9, nonce=2)).known
    assert again.judge(hello(3, nonce=2)).known


def test_the_life_is_among_what_is_written(memory):
    again = PeerMemory(memory.take_changes())
    assert not again.judge(hello(2, promised=9, last=99, nonce=2)).known
    assert again.judge(hello(2, promised=0, last=0, nonce=1)).known, "the same life, greeting again"


def test_only_what_changed_is_written(memory):
    assert len(memory.take_changes()) == 1
    assert memory.take_changes() == []
    memory.told("r-a", 2, epoch(5), 10)
    assert memory.take_changes() == []


def test_memory_is_told_from_the_other_variables_of_a_disk(memory):
    assert all(is_memory(key) for key, _ in memory.take_changes())
    assert not is_memory("promised")


def test_many_strangers_do_not_push_out_those_who_are_remembered(memory):
    for number in range(PEERS_MAX + 5):
        memory.judge(from_peer(f"x{number}", Hello(promised=epoch(1), last=0, nonce=1)))
    older = from_peer("a", Hello(promised=epoch(4), last=99, nonce=7), incarnation=3)
    assert not memory.judge(older).known
    assert len(memory.take_changes()) <= PEERS_MAX
