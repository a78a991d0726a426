"""An older file is brought up to date in one step or not at all."""

import sqlite3
from contextlib import closing

import pytest

from coreto.store.database import StoreError, open_database
from coreto.store.log import LOG_SCHEMA, StoredLog
from coreto.store.migrations import Migration, newest_format
from coreto.store.server import FILE_NAME, SCHEMA, ServerStore
from tests.support.logs import batches, birth, born, logged

OLD = ("CREATE TABLE things (name)",)
NEW = ("CREATE TABLE things (name, size)", "CREATE TABLE places (name)")


def measure(connection):
    connection.execute("UPDATE things SET size = length(name)")


MIGRATIONS = (
    Migration(2, "things have a size", ("ALTER TABLE things ADD COLUMN size", measure)),
    Migration(3, "there are places", ("CREATE TABLE places (name)",)),
)


@pytest.fixture
def path(tmp_path):
    """A file of the first format."""
    with closing(open_database(tmp_path / "things.db", OLD)) as connection:
        connection.execute("INSERT INTO things VALUES ('drum')")
    return tmp_path / "things.db"


def version(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


@pytest.mark.parametrize("known", [1, 2])
def test_an_old_file_gets_every_step_it_lacks(path, known):
    open_database(path, (), MIGRATIONS[: known - 1]).close()
    assert version(path) == known
    with closing(open_database(path, NEW, MIGRATIONS)) as connection:
        assert connection.execute("SELECT name, size FROM things").fetchall() == [("drum", 4)]
        assert connection.execute("SELECT * FROM places").fetchall() == []
    assert version(path) == 3


def test_a_new_file_is_made_of_todays_format_at_once(tmp_path):
    open_database(tmp_path / "new.db", NEW, MIGRATIONS).close()
    assert version(tmp_path / "new.db") == 3


def test_a_migration_that_fails_leaves_the_file_as_it_was(path):
    broken = (*MIGRATIONS[:1], Migration(3, "broken", ("CREATE TABLE places (name)", "NONSENSE")))
    with pytest.raises(StoreError, match="cannot be used"):
        open_database(path, NEW, broken)
    assert version(path) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("drum",)]
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("things",)]


def test_a_file_of_a_newer_format_is_refused(path):
    open_database(path, NEW, MIGRATIONS).close()
    with pytest.raises(StoreError, match="newer version"):
        open_database(path, NEW, MIGRATIONS[:1])


def test_migrations_are_numbered_without_a_gap():
    with pytest.raises(AssertionError):
        newest_format(MIGRATIONS[1:])


def make_old(folder):
    """Turn the file of a server into one of the first format."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("DROP TABLE log_end")
        connection.execute("UPDATE meta SET value = substr(value, 1, length(value) - 4)")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


def test_a_server_without_a_record_of_the_end_of_its_log_gets_one(tmp_path):
    one, two = batches(2, 1)
    with closing(born(tmp_path)) as store:
        store.persist(logged(one))
    make_old(tmp_path)
    with closing(ServerStore(tmp_path)) as store:
        assert store.birth() == birth()
        assert store.log.damages() == ()
        store.persist(logged(two, number=2))
        assert store.log.damages() == ()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("DELETE FROM log WHERE first = 3")
        assert [damaged.first for damaged in StoredLog(connection).damages()] == [3]


def test_a_migrated_server_has_the_schema_of_a_new_one(tmp_path):
    def schema(path):
        with closing(sqlite3.connect(path)) as connection:
            return sorted(connection.execute("SELECT type, name, sql FROM sqlite_schema"))

    assert set(LOG_SCHEMA) <= set(SCHEMA)
    ServerStore(tmp_path / "new").close()
    ServerStore(tmp_path / "old").close()
    make_old(tmp_path / "old")
    ServerStore(tmp_path / "old").close()
    assert schema(tmp_path / "old" / FILE_NAME) == schema(tmp_path / "new" / FILE_NAME)
