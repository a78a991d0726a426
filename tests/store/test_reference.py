"""What the reference remembers."""

from contextlib import closing

import pytest

from coreto.machines.effects import Persist, TableWrite
from coreto.store.database import StoreError
from coreto.store.reference import FILE_NAME, ReferenceStore


def server(name, *value):
    return TableWrite("servers", (name,), value)


def test_a_new_reference_knows_nobody(tmp_path):
    with closing(ReferenceStore(tmp_path / "new")) as store:
        assert store.ranks() == {}
        assert store.genesis() == {}


def test_ranks_and_addresses_are_there_after_reopening(tmp_path):
    with closing(ReferenceStore(tmp_path)) as store:
        store.persist(Persist(1, tables=(server("s1", 1, "tcp://a:1"), server("s2", 2, "tcp://a:2"))))
        store.persist(Persist(2, tables=(server("s1", 1, "tcp://b:1"),)))
    with closing(ReferenceStore(tmp_path)) as store:
        assert store.ranks() == {"s1": (1, "tcp://b:1"), "s2": (2, "tcp://a:2")}


def test_a_name_that_was_forgotten_is_not_there_after_reopening(tmp_path):
    with closing(ReferenceStore(tmp_path)) as store:
        store.persist(Persist(1, tables=(server("s1", 1, "tcp://a:1"), server("s2", 2, "tcp://a:2"))))
        store.persist(Persist(2, tables=(TableWrite("servers", ("s1",), None),)))
    with closing(ReferenceStore(tmp_path)) as store:
        assert store.ranks() == {"s2": (2, "tcp://a:2")}


def test_the_set_of_genesis_is_there_after_reopening(tmp_path):
    members = {"id-s1": "s1", "id-s2": "s2"}
    with closing(ReferenceStore(tmp_path)) as store:
        store.persist(Persist(1, tables=tuple(TableWrite("genesis", (r,), (n,)) for r, n in members.items())))
    with closing(ReferenceStore(tmp_path)) as store:
        assert store.genesis() == members


def test_a_persist_that_fails_half_way_leaves_nothing(tmp_path):
    with closing(ReferenceStore(tmp_path)) as store, pytest.raises(Exception):  # noqa: B017 -- whatever fails
        store.persist(Persist(1, tables=(server("s1", 1, "tcp://a:1"), server("s2", 2))))
    with closing(ReferenceStore(tmp_path)) as store:
        assert store.ranks() == {}


def test_a_file_that_is_not_ours_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database " * 100)
    with pytest.raises(StoreError, match=FILE_NAME):
        ReferenceStore(tmp_path)
