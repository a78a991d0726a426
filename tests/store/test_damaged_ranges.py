"""What is damaged is told as ranges, with what a repair of them must meet, and a mend fills them."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.machines.effects import Mend, Persist
from coreto.machines.ports import Damaged, DamageError
from coreto.store.damage import chain_before
from coreto.store.log import LOG_SCHEMA, SCRUB_BYTES, TAIL_ROWS, StoredLog
from coreto.store.server import ServerStore
from coreto.wire.log import Batch
from tests.support.logs import after, batches, born, config_entry, entry, logged

COLUMNS = ["count", "counter", "replica", "chain", "checksum", "has_config", "body"]


class Disk:
    """A log in memory and the hand that spoils it."""

    def __init__(self, *sizes):
        self.batches = batches(*sizes)
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in LOG_SCHEMA:
            self.connection.execute(statement)
        self.log = StoredLog(self.connection)
        self.log.write(tuple(self.batches))

    def spoil(self, first, column="body", change=None):
        """Change one column of the row that begins at `first`."""
        (value,) = self.connection.execute(f"SELECT {column} FROM log WHERE first = ?", (first,)).fetchone()
        self.connection.execute(f"UPDATE log SET {column} = ? WHERE first = ?", ((change or other_value)(value), first))

    def lose(self, first):
        self.connection.execute("DELETE FROM log WHERE first = ?", (first,))

    def forget_the_end(self):
        self.connection.execute("UPDATE log_end SET checksum = checksum + 1")

    def chain(self, index):
        """h(index) for the last index of a batch."""
        return {0: 0, **{batch.last: batch.chain for batch in self.batches}}[index]

    def expected(self, first, last, chain=...):
        return Damaged(first, last, self.chain(first - 1), self.chain(last) if chain is ... else chain)


@pytest.fixture
def make():
    made = []

    def make(*sizes):
        made.append(Disk(*sizes))
        return made[-1]

    yield make
    for disk in made:
        disk.connection.close()


def other_value(value):
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return {int: lambda: value + 1, str: lambda: value + "x", type(None): lambda: 1}[type(value)]()


@pytest.mark.parametrize("first", [1, 4])
@pytest.mark.parametrize("size", [1, 3, 300])
def test_an_intact_batch_tells_the_chain_it_continues(size, first):
    one, two = batches(first, size)
    assert chain_before(two) == one.chain
    assert chain_before(one) == 0


def test_an_intact_log_has_no_damage(make):
    assert make().log.damages() == ()
    assert make(3, 1, 4).log.damages() == ()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(("first", "last"), [(1, 3), (4, 4), (5, 8)])
def test_a_damaged_row_is_a_range_whatever_column_is_hit(make, first, last, column):
    disk = make(3, 1, 4)
    disk.spoil(first, column)
    assert disk.log.damages() == (disk.expected(first, last),)


@pytest.mark.parametrize("junk", [None, 1.5, "text", b"\xff", -1, 2**62])
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("end", [True, False])
def test_a_row_may_hold_anything(make, column, junk, end):
    disk = make(3, 1, 4)
    disk.spoil(5, column, lambda _: junk)
    if not end:
        disk.forget_the_end()
    damages = disk.log.damages()
    assert [damaged.first for damaged in damages] in ([5], []) if column == "has_config" else [5]


@pytest.mark.parametrize("lost", [[1], [4], [5], [1, 4], [4, 5], [1, 4, 5]])
def test_missing_rows_are_a_range(make, lost):
    disk = make(3, 1, 4)
    for first in lost:
        disk.lose(first)
    last = {1: 3, 4: 4, 5: 8}[lost[-1]]
    assert disk.log.damages() == (disk.expected(lost[0], last),)


def test_ranges_are_maximal_and_apart(make):
    disk = make(2, 2, 2, 2, 2, 2)
    for first in (1, 5, 7):
        disk.spoil(first)
    disk.lose(11)
    assert disk.log.damages() == (disk.expected(1, 2), disk.expected(5, 8), disk.expected(11, 12))


def test_a_row_that_does_not_continue_the_chain_is_in_doubt_with_the_one_before(make):
    disk = make(2, 2, 2, 2)
    disk.lose(3)
    disk.log._append(after(disk.batches[0], [entry("of another time"), entry("and another")]))
    assert disk.log.damages() == (disk.expected(3, 6),)


def test_without_the_record_of_the_end_a_damaged_last_row_is_believed_as_far_as_it_makes_sense(make):
    disk = make(3, 1, 4)
    disk.forget_the_end()
    disk.spoil(5)
    assert disk.log.damages() == (disk.expected(5, 8),)
    disk.spoil(5, "chain", lambda _: None)
    assert disk.log.damages() == (disk.expected(5, 8, None),)
    disk.spoil(5, "count", lambda _: 10**6)
    assert disk.log.damages() == (Damaged(5, 5, disk.chain(4), None),)


def test_a_log_that_vanished_whole_is_missed(make):
    disk = make(3, 1, 4)
    disk.connection.execute("DELETE FROM log")
    assert disk.log.damages() == (disk.expected(1, 8),)


@pytest.mark.parametrize(("cut", "end"), [(1, 0), (4, 3), (6, 5)])
def test_a_truncated_log_is_not_missed(make, cut, end):
    disk = make(3, 1, 4)
    disk.log.write((cut,))
    assert disk.log.damages() == ()
    assert disk.log._end().first == end + 1


def test_the_tail_is_verified_without_the_rest(make):
    disk = make(*[2] * (TAIL_ROWS + 5))
    disk.spoil(1)
    assert disk.log.damages(tail_only=True) == ()
    disk.spoil(13)
    assert [damaged.first for damaged in disk.log.damages(tail_only=True)] == [13]
    disk.spoil(9)  # the row before the tail, from which its chain would go on
    assert [damaged.first for damaged in disk.log.damages(tail_only=True)] == [9, 13]
    assert [damaged.first for damaged in disk.log.damages()] == [1, 9, 13]


def test_a_short_log_is_all_tail(make):
    disk = make(3, 1)
    disk.spoil(1)
    assert disk.log.damages(tail_only=True) == (disk.expected(1, 3),)


# The scrub.


def scrub(disk, times, limit):
    for _ in range(times):
        disk.log.scrub(limit)


def test_the_scrub_goes_round_and_round(make):
    disk = make(2, 2, 2, 2, 2)
    for _ in range(4):
        disk.log.scrub(2)
    disk.spoil(7)
    with pytest.raises(DamageError) as caught:
        scrub(disk, 4, 2)
    assert (caught.value.first, caught.value.last) == (7, 8)


@pytest.mark.parametrize("damage", [Disk.spoil, Disk.lose])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("first", [1, 3, 5, 7, 9])
def test_the_scrub_finds_damage_within_one_round(make, first, limit, damage):
    disk = make(2, 2, 2, 2, 2)
    damage(disk, first)
    with pytest.raises(DamageError) as caught:
        scrub(disk, 6, limit)
    assert caught.value.first == first


def test_the_scrub_bears_a_log_that_is_empty_or_gets_shorter(make):
    make().log.scrub(3)
    disk = make(2, 2, 2, 2)
    disk.log.scrub(3)
    disk.log.write((4,))
    for _ in range(5):
        disk.log.scrub(3)
    disk.log.write((1,))
    disk.log.scrub(3)


def test_a_step_of_the_scrub_reads_a_bounded_number_of_bytes(make):
    disk = make(1)
    large = after(disk.batches[-1], [entry("x" * SCRUB_BYTES)])
    larger = after(large, [entry("y" * SCRUB_BYTES)])
    disk.log.write((large, larger))
    disk.spoil(3)
    disk.log.scrub(100)
    with pytest.raises(DamageError):
        disk.log.scrub(100)


# Mending.


def mend(disk, first, last):
    """The mend that puts back what was there, in batches of other sizes."""
    entries = [item for batch in disk.batches for item in batch.entries()]
    before = next((batch for batch in disk.batches if batch.last == first - 1), None)
    made: list[Batch] = []
    for index in range(first, last + 1):
        made.append(after(made[-1] if made else before, [entries[index - 1]]))
    return Mend(first, last, tuple(made))


def texts(log):
    found: list[str] = []
    batch = log.batch_at(1)
    while batch is not None:
        found.extend(item.body.text for item in batch.entries())
        batch = log.batch_at(batch.last + 1)
    return found


def numbered(count):
    return [f"text {index}" for index in range(1, count + 1)]


@pytest.mark.parametrize("damage", [Disk.spoil, Disk.lose])
@pytest.mark.parametrize(("first", "last"), [(1, 3), (4, 4), (5, 8)])
def test_a_mend_fills_a_range(make, first, last, damage):
    disk = make(3, 1, 4)
    damage(disk, first)
    disk.log.write((), (mend(disk, first, last),))
    assert disk.log.damages() == ()
    assert texts(disk.log) == numbered(8)


def test_a_range_may_be_mended_in_parts_and_is_damaged_until_the_last(make):
    disk = make(3, 3, 2)
    disk.spoil(4)
    disk.log.write((), (mend(disk, 4, 5),))
    assert disk.log.damages() == (Damaged(6, 6, disk.log.batch_at(5).chain, disk.chain(6)),)
    disk.log.write((), (Mend(6, 6, mend(disk, 4, 6).batches[2:]),))
    assert disk.log.damages() == ()
    assert texts(disk.log) == numbered(8)


def test_a_mended_part_of_the_tail_does_not_hide_the_rest(make):
    disk = make(3, 3)
    disk.lose(4)
    disk.log.write((), (mend(disk, 4, 5),))
    assert [(damaged.first, damaged.last) for damaged in disk.log.damages()] == [(6, 6)]


def test_a_mend_keeps_the_other_part_of_intact_rows_it_reaches_into(make):
    disk = make(4, 4)
    entries = [item for batch in disk.batches for item in batch.entries()]
    part = after(after(None, entries[:2]), entries[2:6])
    disk.log.write((), (Mend(3, 6, (part,)),))
    assert disk.log.damages() == ()
    assert texts(disk.log) == numbered(8)


@pytest.mark.parametrize(("first", "last"), [(1, 3), (4, 4)])
def test_a_mend_that_does_not_fit_changes_nothing(tmp_path, first, last):
    one, two, three = batches(3, 1, 4)
    with closing(born(tmp_path)) as store:
        store.persist(logged(one, two, three))
        before = None if first == 1 else one
        wrong = after(before, [entry("wrong")] * (last - first + 1))
        with pytest.raises(DamageError):
            store.persist(Persist(2, mends=(Mend(first, last, (wrong,)),)))
        assert store.log.damages() == ()
        store.persist(logged(after(three, [entry("text 9")]), number=3))
    with closing(ServerStore(tmp_path)) as store:
        assert texts(store.log) == numbered(9)


@pytest.mark.parametrize("count", [1, 3], ids=["shorter", "as long"])
@pytest.mark.parametrize("spoiled", [[4], [4, 7]], ids=["intact", "damaged too"])
def test_what_falls_with_a_row_that_is_replaced_is_cut_in_the_same_write(make, spoiled, count):
    disk = make(3, 3, 2)
    for first in spoiled:
        disk.spoil(first)
    other = after(disk.batches[0], [entry("theirs")] * count)
    disk.log.write((4 + count,), (Mend(4, 3 + count, (other,)),))
    assert disk.log.damages() == ()
    assert texts(disk.log) == [*numbered(3), *["theirs"] * count]


def test_a_mended_configuration_is_in_force_again(make):
    disk = make(1)
    config = after(disk.batches[0], [config_entry("s1", "s2")])
    disk.log.write((config, after(config, [entry("more")])))
    disk.lose(2)
    assert disk.log.configs() == []
    disk.log.write((), (Mend(2, 2, (config,)),))
    assert [index for index, _ in disk.log.configs()] == [2]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from([*COLUMNS, None])), max_size=4),
)
def test_whatever_is_damaged_a_mend_of_the_ranges_makes_whole(sizes, hits):
    disk = Disk(*sizes)
    with closing(disk.connection):
        for place, column in hits:
            first = disk.batches[place % len(sizes)].first
            if disk.connection.execute("SELECT 1 FROM log WHERE first = ?", (first,)).fetchone():
                disk.lose(first) if column is None else disk.spoil(first, column)
        found = disk.log.damages()
        for damaged in found:
            assert damaged == disk.expected(damaged.first, damaged.last)
        disk.log.write((), tuple(mend(disk, damaged.first, damaged.last) for damaged in found))
        assert disk.log.damages() == ()
        assert texts(disk.log) == numbered(sum(sizes))
