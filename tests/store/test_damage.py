"""A damaged row of the log never looks like the end of the log."""

import sqlite3
from contextlib import closing

import pytest

from coreto.machines.ports import DamageError
from coreto.store.server import FILE_NAME, ServerStore
from tests.support.logs import after, batches, born, config_entry, entry, logged


@pytest.fixture
def folder(tmp_path):
    """The folder of a server with two batches in its log."""
    one = after(None, [config_entry("s1"), entry("two"), entry("three")])
    with closing(born(tmp_path)) as store:
        store.persist(logged(one, after(one, [entry("four"), config_entry("s1", "s2")])))
    return tmp_path


def damage(folder, first, column, change):
    """Change one column of one row of the log behind the back of the program."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        (value,) = connection.execute(f"SELECT {column} FROM log WHERE first = ?", (first,)).fetchone()
        connection.execute(f"UPDATE log SET {column} = ? WHERE first = ?", (change(value), first))
        connection.commit()


def flip(place):
    """Return a change that flips one bit."""

    def change(body):
        at = place % len(body)
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    return change


def more(value):
    return value + 1 if isinstance(value, int) else value + "x"


def length(store):
    """The index of the last entry."""
    return store.log.last_batch().last


def readers(store):
    return {
        "last_batch": store.log.last_batch,
        "batch_at": lambda: store.log.batch_at(5),
        "configs": store.log.configs,
    }


@pytest.mark.parametrize("reader", ["last_batch", "batch_at", "configs"])
@pytest.mark.parametrize("place", [0, 1, 17, -1])
def test_a_flipped_bit_of_the_body_is_damage(folder, place, reader):
    damage(folder, 4, "body", flip(place))
    with closing(ServerStore(folder)) as store, pytest.raises(DamageError, match="4 to 5"):
        readers(store)[reader]()


@pytest.mark.parametrize("column", ["count", "counter", "replica", "chain", "checksum"])
def test_a_changed_column_is_damage(folder, column):
    damage(folder, 4, column, more)
    with closing(ServerStore(folder)) as store, pytest.raises(DamageError):
        store.log.last_batch()


def test_damage_in_the_middle_is_found_when_it_is_read(folder):
    damage(folder, 1, "body", flip(3))
    with closing(ServerStore(folder)) as store:
        assert length(store) == 5
        with pytest.raises(DamageError, match="1 to 3"):
            store.log.batch_at(2)


@pytest.mark.parametrize("cut", [2, 3])
def test_a_damaged_row_is_not_truncated(folder, cut):
    damage(folder, 1, "body", flip(3))
    with closing(ServerStore(folder)) as store, pytest.raises(DamageError):
        store.persist(logged(cut, batches(1)[0]))
    with closing(ServerStore(folder)) as store:
        assert length(store) == 5


def test_the_scrub_of_a_server_verifies_its_log(folder):
    damage(folder, 1, "body", flip(3))
    with closing(ServerStore(folder)) as store, pytest.raises(DamageError, match="1 to 3"):
        store.scrub(1)


def test_a_life_begins_with_the_end_of_the_log_verified(folder):
    damage(folder, 4, "body", flip(3))
    with closing(ServerStore(folder)) as store, pytest.raises(DamageError) as caught:
        store.verify_tail()
    assert (caught.value.first, caught.value.last) == (4, 5)
