"""The log of a machine: what is on disk and what is on its way there."""

import pytest

from coreto.machines.effects import Persist
from coreto.machines.log import MachineLog, TruncationError
from coreto.machines.settings import DEFAULTS
from coreto.simulator.disk import Disk
from coreto.wire.log import BrokerKey, Command, Config, Noop, make_batch
from tests.support.machines import config_of, entry, epoch, position

GENESIS = config_of("abc")
NEWER = config_of("abcd")


@pytest.fixture
def disk():
    return Disk("a", "r-a", "c1", GENESIS)


@pytest.fixture
def log(disk):
    return MachineLog(disk, GENESIS)


def save(log, disk, number):
    disk.sync(Persist(number, log.take_writes(number)))
    log.persisted(number)


def noops(count):
    return [entry(Noop(), lamport) for lamport in range(count)]


def test_an_empty_log_ends_before_the_first_entry(log):
    assert (log.last.index, log.durable, log.chain, log.config) == (0, 0, 0, GENESIS)
    assert log.entry(1) is None
    assert log.read_range(0, 0) == ()


def test_an_entry_is_there_at_once_and_durable_when_the_disk_says_so(log, disk):
    log.append(epoch(1), noops(2))
    writes = log.take_writes(1)
    assert (log.last, log.durable) == (position(1, 2), 0)
    disk.sync(Persist(1, writes))
    log.persisted(1)
    assert log.durable == 2


def test_bytes_of_a_truncated_suffix_never_count_although_their_write_ends_later(log):
    """D2 and scenario S25: the log is made shorter while its own old write is in flight."""
    log.append(epoch(1), noops(5))
    log.take_writes(1)
    log.truncate(3, 0)
    log.append(epoch(2, "b"), noops(2))
    log.take_writes(2)
    log.persisted(1)
    assert log.durable == 2
    log.persisted(2)
    assert log.durable == 4


def test_an_old_write_in_flight_does_not_stand_for_the_new_suffix_of_the_same_length(log):
    """D2: an entry with the same epoch, not a disk that is merely "n long"."""
    log.append(epoch(1), noops(5))
    log.take_writes(1)
    log.truncate(1, 0)
    log.append(epoch(2, "b"), noops(5))
    log.persisted(1)
    assert log.durable == 0


def test_what_was_not_told_to_the_disk_is_not_durable_when_an_earlier_write_ends(log):
    log.append(epoch(1), noops(1))
    log.take_writes(1)
    log.append(epoch(1), noops(1))
    log.persisted(1)
    assert log.durable == 1
    assert log.has_writes


@pytest.mark.parametrize("index", [1, 3])
def test_a_committed_entry_is_never_truncated(log, index):
    """A4: truncating at or below commit breaks an invariant."""
    log.append(epoch(1), noops(5))
    with pytest.raises(TruncationError):
        log.truncate(index, 3)
    assert log.last.index == 5


def test_just_behind_commit_may_be_truncated(log):
    log.append(epoch(1), noops(5))
    log.truncate(4, 3)
    assert log.last == position(1, 3)


def test_the_disk_is_told_in_the_order_it_happened(log):
    first = log.append(epoch(1), noops(3))
    log.truncate(2, 0)
    second = log.append(epoch(2), noops(1))
    assert log.take_writes(1) == (first, 2, second)
    assert log.take_writes(2) == ()


def test_a_restart_reads_what_the_disk_holds(log, disk):
    log.append(epoch(1), [entry(NEWER), entry(Noop())])
    save(log, disk, 1)
    log.append(epoch(1), noops(1))
    again = MachineLog(disk, GENESIS)
    assert (again.last, again.durable, again.config) == (position(1, 2), 2, NEWER)
    assert again.chain == log.chain_at(2)


def test_the_latest_configuration_is_in_force_committed_or_not(log):
    """Raft thesis §4.1."""
    log.append(epoch(1), [entry(Noop()), entry(NEWER)])
    assert log.config == NEWER
    assert (log.config_at(1), log.config_at(2)) == (GENESIS, NEWER)
    assert log.config_above(1) == (2, NEWER)
    assert log.config_above(2) == (0, None)


def test_a_truncated_configuration_puts_the_previous_one_in_force_again(log, disk):
    """Raft thesis §4.1, and replication.md §2."""
    log.append(epoch(1), [entry(Noop()), entry(NEWER)])
    save(log, disk, 1)
    log.truncate(2, 1)
    assert log.config == GENESIS


def test_who_is_named_by_any_configuration_of_the_log_was_a_voter(log):
    assert [log.was_voter(f"r-{name}") for name in "ad"] == [True, False]
    log.append(epoch(1), [entry(NEWER), entry(config_of("bcd"))])
    assert [log.was_voter(f"r-{name}") for name in "adx"] == [True, True, False]
    log.truncate(1, 0)
    assert not log.was_voter("r-d")


def test_a_received_configuration_is_in_force_too(log):
    log.append_batch(make_batch(1, epoch(1), [entry(NEWER)], 0))
    assert log.config == NEWER


def test_a_received_batch_must_begin_behind_the_last_entry(log):
    with pytest.raises(AssertionError):
        log.append_batch(make_batch(2, epoch(1), noops(1), 0))


def test_an_entry_is_held_only_with_its_epoch(log):
    log.append(epoch(1), noops(2))
    assert log.holds(position(1, 2))
    assert not log.holds(position(2, 2))
    assert not log.holds(position(1, 3))


def test_a_range_is_cut_by_bytes_but_holds_at_least_one_batch(log):
    text = "x" * 4000
    big = [entry(Command("publish", BrokerKey(1, n, 1), text=text)) for n in range(64)]
    log.append(epoch(1), big)
    log.append(epoch(1), big)
    log.append(epoch(1), big)
    first, *rest = log.read_range(0, log.last.index)
    assert (first.last, len(rest)) == (64, 1)
    assert sum(len(batch.body) for batch in (first, *rest)) >= DEFAULTS.batch_bytes


def test_memory_is_bounded_once_the_disk_holds_the_log(log, disk):
    for number in range(1, 2 * DEFAULTS.window_batches):
        log.append(epoch(1), noops(1))
        save(log, disk, number)
    reads: list[int] = []
    lookup = disk.batch_at

    def noted(index):
        reads.append(index)
        return lookup(index)

    disk.batch_at = noted
    assert log.entry(1) is not None
    assert log.entry(log.last.index) is not None
    assert reads == [1], "the oldest entries come from disk, the newest from memory"


def test_the_configuration_of_genesis_needs_no_entry(disk):
    assert MachineLog(disk, Config(())).config == Config(())
