"""The log in SQLite: reading, appending, truncating."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.store.log import LOG_SCHEMA, StoredLog
from coreto.wire.log import Batch, Config, Epoch, is_intact
from tests.support.logs import EPOCH, after, batches, config_entry, entry


def open_log():
    """Return a connection and a log in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in LOG_SCHEMA:
        connection.execute(statement)
    return connection, StoredLog(connection)


@pytest.fixture
def log():
    connection, opened = open_log()
    with closing(connection):
        yield opened


def whole(log):
    """Return every batch, found by walking from the beginning."""
    found: list[Batch] = []
    while (batch := log.batch_at(found[-1].last + 1 if found else 1)) is not None:
        found.append(batch)
    return found


def texts(log):
    """Return the text of every entry, in order; what is stored hangs together."""
    found = whole(log)
    assert all(is_intact(batch, before.chain) for before, batch in pairwise(found))
    assert all(is_intact(batch, 0) for batch in found[:1])
    assert (found[-1] if found else None) == log.last_batch()
    return [item.body.text for batch in found for item in batch.entries()]


def numbered(count):
    return [f"text {index}" for index in range(1, count + 1)]


def test_an_empty_log_has_no_batch(log):
    assert log.last_batch() is None
    assert log.batch_at(1) is None
    assert log.configs() == []


def test_every_index_leads_to_the_batch_that_holds_it(log):
    one, two, three = batches(3, 1, 4)
    log.write((one, two, three))
    assert [log.batch_at(index) for index in range(1, 9)] == [one, one, one, two, three, three, three, three]
    assert log.last_batch() == three


@pytest.mark.parametrize("index", [0, 9, 1000])
def test_an_index_outside_the_log_leads_nowhere(log, index):
    log.write(tuple(batches(3, 1, 4)))
    assert log.batch_at(index) is None


def test_bytes_are_kept_as_they_came(log):
    (batch,) = batches(2)
    log.write((batch,))
    stored = log.last_batch()
    assert stored.body == batch.body
    assert stored == batch


@pytest.mark.parametrize(("cut", "left"), [(1, 0), (4, 3), (5, 4)])
def test_truncation_between_batches_drops_whole_batches(log, cut, left):
    log.write(tuple(batches(3, 1, 4)))
    log.write((cut,))
    assert texts(log) == numbered(left)


@pytest.mark.parametrize("cut", [2, 3, 6, 7, 8])
def test_truncation_inside_a_batch_leaves_its_beginning(log, cut):
    log.write(tuple(batches(3, 1, 4)))
    log.write((cut,))
    assert texts(log) == numbered(cut - 1)


def test_truncation_behind_the_end_changes_nothing(log):
    log.write(tuple(batches(3, 1)))
    log.write((5,))
    assert texts(log) == numbered(4)


def test_a_conflicting_suffix_is_replaced_in_one_write(log):
    log.write(tuple(batches(3, 4)))
    kept = batches(3, 2)[-1]
    log.write((6, after(kept, [entry("other")], Epoch(2, "b"))))
    assert texts(log) == [*numbered(5), "other"]
    assert log.last_batch().epoch == Epoch(2, "b")


def test_configurations_are_found_with_their_index(log):
    one = after(None, [entry("before"), config_entry("s1", "s2")])
    two = after(one, [entry("a \x02 that looks like a tag")])
    three = after(two, [config_entry("s1")])
    log.write((one, two, three))
    found = log.configs()
    assert [(index, [voter.name for voter in config.voters]) for index, config in found] == [
        (2, ["s1", "s2"]),
        (4, ["s1"]),
    ]
    assert all(isinstance(config, Config) for _, config in found)


def test_a_truncated_configuration_is_in_force_no_more(log):
    one = after(None, [config_entry("s1", "s2"), entry("between"), config_entry("s1")])
    log.write((one,))
    log.write((3,))
    assert [index for index, _ in log.configs()] == [1]


Change = tuple[int, int]
"""Truncate at (a share of) the length, then append so many entries."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 5)), max_size=12))
def test_it_holds_what_a_list_would_hold(changes: list[Change]):
    model: list[str] = []
    connection, log = open_log()
    with closing(connection):
        for number, (drop, count) in enumerate(changes):
            keep = max(0, len(model) - drop)
            added = [f"{number}.{place}" for place in range(count)]
            if keep < len(model):
                log.write((keep + 1,))
            batch = after(log.last_batch(), [entry(text) for text in added], Epoch(EPOCH.counter + number, "a"))
            log.write((batch,))
            model = model[:keep] + added
            assert texts(log) == model
