"""Which files are opened, how, and which are left alone."""

import sqlite3
import struct
from contextlib import closing

import pytest

from coreto.store.database import APPLICATION_ID, StoreError, open_database
from coreto.store.migrations import FIRST_FORMAT as FORMAT

SCHEMA = ("CREATE TABLE things (name)",)
APPLICATION_ID_AT = 68
USER_VERSION_AT = 60
"""Places in the header of an SQLite file."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "things.db"


def create(path, *statements):
    """Make an SQLite file that is not ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def refusal(path):
    """Return the sentence with which a file is refused; it stays as it was, and alone."""
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        open_database(path, SCHEMA)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    sentence = str(caught.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_new_file_bears_our_mark_and_the_version_of_its_format(path):
    open_database(path, SCHEMA).close()
    header = path.read_bytes()[:100]
    assert struct.unpack_from(">I", header, APPLICATION_ID_AT) == (APPLICATION_ID,)
    assert struct.unpack_from(">I", header, USER_VERSION_AT) == (FORMAT,)


def test_the_schema_is_run_once(path):
    with closing(open_database(path, SCHEMA)) as connection:
        connection.execute("INSERT INTO things VALUES ('one')")
    with closing(open_database(path, SCHEMA)) as connection:
        assert connection.execute("SELECT name FROM things").fetchall() == [("one",)]


def test_a_commit_returns_when_its_bytes_are_on_the_disk(path):
    with closing(open_database(path, SCHEMA)) as connection:
        pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert connection.execute("PRAGMA fullfsync").fetchone() == (1,)


def test_a_foreign_database_is_refused_and_left_alone(path):
    create(path, "CREATE TABLE grades (name)", "INSERT INTO grades VALUES ('ana')")
    assert "not one of ours" in refusal(path)


def test_a_database_with_another_mark_is_refused_and_left_alone(path):
    create(path, "PRAGMA application_id = 7", "CREATE TABLE grades (name)")
    assert "not one of ours" in refusal(path)


def test_a_newer_format_is_refused_and_left_alone(path):
    create(
        path,
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {FORMAT + 1}",
        "CREATE TABLE things (name)",
    )
    assert "newer version" in refusal(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.parent.mkdir()
    path.write_bytes(b"Dear diary, " * 1000)
    assert "cannot be used" in refusal(path)


def test_a_folder_in_the_place_of_the_file_is_refused(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(path, SCHEMA)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(tmp_path / "file" / "things.db", SCHEMA)
    assert (tmp_path / "file").read_text() == "not a folder"
