"""Opening a database file: ours, of a version we know, in write-ahead mode, synced at every commit.

Each file is opened by one thread alone. `synchronous=FULL` makes a commit return only when its
bytes are on the disk: the acknowledgement of a write rests on that (replication.md D4). A failed
sync is fatal: what the disk holds then is unknown, and a second attempt may report a success that
is none (Rebello et al., ATC 2020). A file in use by another program is refused.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coreto.texts import _

APPLICATION_ID = 0x436F7265
"""Marks our files ("Core"), so that a foreign database is refused and left alone."""

FORMAT = 1
"""Version of the file format; a newer one is refused, an older one migrated."""

BUSY_SECONDS = 1.0
"""Longest wait for another program to let go of the file."""


class StoreError(Exception):
    """The file cannot be used; the text says which file, why, and what to do."""


def open_database(path: Path, schema: tuple[str, ...]) -> sqlite3.Connection:
    """Open or create the database at `path`; `schema` is run once, on a new file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, cached_statements=256)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            _(
                "The file {path} cannot be opened ({error}): choose another folder with --data.",
                path=path,
                error=error,
            )
        ) from None
    try:
        _prepare(connection, path, schema)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(
            _(
                "The file {path} cannot be used ({error}): choose another folder with --data.",
                path=path,
                error=error,
            )
        ) from None
    except StoreError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, schema: tuple[str, ...]) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if objects and application != APPLICATION_ID:
        raise StoreError(
            _(
                "The file {path} is not one of ours and was left as it is: choose another folder with --data.",
                path=path,
            )
        )
    if version > FORMAT:
        raise StoreError(
            _(
                "The file {path} was written by a newer version: start that version, or choose another folder.",
                path=path,
            )
        )
    # Two programs on one file would be one replica twice; the lock goes with the process, however it ends.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    if not objects:
        _create(connection, schema)


def _create(connection: sqlite3.Connection, schema: tuple[str, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in schema:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")
