"""Derived tables: rows on disk under a tail in memory, against a dict, with a disk that is done late."""

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from coreto.machines.effects import Persist, TableWrite
from coreto.machines.tables import RESIDENT, TABLES, Tables
from coreto.simulator.disk import Disk
from tests.support.machines import config_of

rows = st.tuples(st.sampled_from(["x", "y"]), st.integers(1, 6))
bounds = st.just(()) | rows


@pytest.fixture
def disk():
    return Disk("a", "r-a", "c1", config_of("a"))


def put(topic, seq, position):
    return TableWrite("messages", (topic, seq), (position,))


def save(tables, disk, number, most, applied):
    disk.sync(Persist(number, tables=tables.take_writes(number, most, applied)))
    tables.persisted(number)


def test_a_change_is_read_at_once_and_after_the_disk_has_it(disk):
    tables = Tables(disk, 0, 0)
    tables.write(1, [put("x", 1, 1)], 7)
    assert tables.get("messages", ("x", 1)) == (1,)
    save(tables, disk, 1, 10, 1)
    assert tables.get("messages", ("x", 1)) == (1,)
    assert disk.get("messages", ("x", 1)) == (1,)


def test_an_entry_is_written_whole_even_beyond_the_limit(disk):
    """replication.md §10: the checkpoint is an index whose changes are all on disk."""
    tables = Tables(disk, 0, 0)
    tables.write(1, [put("x", seq, 1) for seq in range(5)], 11)
    tables.write(2, [put("y", 1, 2)], 22)
    assert len(tables.take_writes(1, 2, 2)) == 5
    assert (tables.checkpoint, tables.digest, tables.waiting) == (1, 11, 1)


def test_with_the_tail_written_the_checkpoint_is_what_was_applied(disk):
    tables = Tables(disk, 0, 0)
    tables.write(1, [put("x", 1, 1)], 11)
    tables.take_writes(1, 10, 9)
    assert (tables.checkpoint, tables.digest) == (9, 11)


def test_a_row_changed_twice_is_written_once_as_it_became(disk):
    tables = Tables(disk, 0, 0)
    tables.write(1, [put("x", 1, 1)], 1)
    tables.write(2, [put("x", 1, 2)], 2)
    assert tables.take_writes(1, 10, 2) == (put("x", 1, 2),)


def test_a_late_persist_does_not_hide_a_newer_change(disk):
    tables = Tables(disk, 0, 0)
    tables.write(1, [put("x", 1, 1)], 1)
    first = Persist(1, tables=tables.take_writes(1, 10, 1))
    tables.write(2, [TableWrite("messages", ("x", 1), None)], 2)
    disk.sync(first)
    tables.persisted(1)
    assert tables.get("messages", ("x", 1)) is None
    assert tables.scan("messages", ("x",), limit=5) == []


def test_small_tables_are_kept_in_memory_and_survive_a_restart(disk):
    tables = Tables(disk, 0, 0)
    tables.write(1, [TableWrite("starts", (1,), (0, 1))], 1)
    save(tables, disk, 1, 10, 1)
    again = Tables(disk, 1, 1)
    assert again.resident("starts") == {(1,): (0, 1)}
    again.write(2, [TableWrite("starts", (1,), None)], 2)
    assert again.resident("starts") == {}
    assert set(RESIDENT) <= TABLES.keys()


class TablesAgainstADict(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.disk = Disk("a", "r-a", "c1", config_of("a"))
        self.tables = Tables(self.disk, 0, 0)
        self.model: dict[tuple[str, int], tuple[int]] = {}
        self.waiting: list[Persist] = []
        self.numbers = itertools.count(1)
        self.index = 0
        self.history: dict[int, dict[tuple[str, int], tuple[int]]] = {0: {}}

    @rule(changes=st.lists(st.tuples(rows, st.booleans()), min_size=1, max_size=4))
    def apply_an_entry(self, changes):
        self.index += 1
        writes = []
        for key, kept in changes:
            value = (self.index,) if kept else None
            writes.append(TableWrite("messages", key, value))
            self.model.pop(key, None)
            if value:
                self.model[key] = value
        self.tables.write(self.index, writes, self.index)
        self.history[self.index] = dict(self.model)

    @rule(most=st.integers(1, 5))
    def persist(self, most):
        number = next(self.numbers)
        self.waiting.append(Persist(number, tables=self.tables.take_writes(number, most, self.index)))
        self.taken = self.tables.checkpoint

    @precondition(lambda self: self.waiting)
    @rule()
    def disk_is_done(self):
        persist = self.waiting.pop(0)
        self.disk.sync(persist)
        self.tables.persisted(persist.number)
        if not self.waiting:
            assert dict(self.disk.scan("messages", (), (), (), 1 << 40, False)) == self.history[self.tables.checkpoint]

    @rule(key=rows)
    def get(self, key):
        assert self.tables.get("messages", key) == self.model.get(key)

    @rule(
        prefix=st.sampled_from([(), ("x",), ("y",)]),
        after=bounds,
        before=bounds,
        limit=st.integers(1, 8),
        back=st.booleans(),
    )
    def scan(self, prefix, after, before, limit, back):
        wanted = sorted(
            (
                item
                for item in self.model.items()
                if item[0][: len(prefix)] == prefix
                and (not after or item[0] > after)
                and (not before or item[0] < before)
            ),
            reverse=back,
        )[:limit]
        assert self.tables.scan("messages", prefix, after=after, before=before, limit=limit, reverse=back) == wanted


TestTablesAgainstADict = TablesAgainstADict.TestCase
TestTablesAgainstADict.settings = settings(max_examples=150, stateful_step_count=40)
