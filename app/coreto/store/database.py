"""Opening a database file: ours, of a version we know, in write-ahead mode, synced at every commit.

Each file is opened by one thread alone. `synchronous=FULL` makes a commit return only when its
bytes are on the disk: the acknowledgement of a write rests on that (replication.md D4). A failed
sync is fatal: what the disk holds then is unknown, and a second attempt may report a success that
is none (Rebello et al., ATC 2020). A file in use by another program is refused, and so is one whose
write-ahead log is damaged (D7).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from coreto.store.directories import make_folder, sync_directory
from coreto.store.migrations import Migration, migrate, newest_format
from coreto.store.wal import WAL_SUFFIX, find_wal_damage
from coreto.texts import N_, _

APPLICATION_ID = 0x436F7265
"""Marks our files ("Core"), so that a foreign database is refused and left alone."""

BUSY_SECONDS = 1.0
"""Longest wait for another program to let go of the file."""

_PRIMARY_CODE = 0xFF
"""The part of an extended SQLite code that says what kind of error it is."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

DiskError = sqlite3.Error
"""What a failing disk raises: fatal for the role (replication.md D4)."""


SERVER_REMEDY = N_("wipe this server with coreto reset, and it copies everything from the others")
"""What to do about a damaged file of a server."""


class StoreError(Exception):
    """The file cannot be used; the text says which file, why, and what to do."""


def open_database(
    path: Path, schema: Sequence[str], migrations: Sequence[Migration] = (), remedy: str = SERVER_REMEDY
) -> sqlite3.Connection:
    """Open or create the database at `path`; raise `StoreError`.

    `schema` is run on a new file; `migrations` bring an older one up to it; `remedy` is what to do about damage.
    """
    try:
        is_new = not path.exists()
        make_folder(path.parent)
        _refuse_damaged_wal(path, remedy)
        connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, cached_statements=256)
    except (OSError, DiskError) as error:
        raise StoreError(
            _(
                "The file {path} cannot be opened ({error}): choose another folder with --data.",
                path=path,
                error=error,
            )
        ) from None
    try:
        _prepare(connection, path, schema, migrations)
        if is_new:
            sync_directory(path.parent)
    except (OSError, DiskError) as error:
        connection.close()
        raise StoreError(unusable(path, error, remedy)) from None
    except UnicodeDecodeError:  # from SQLite's own words about a damaged schema
        connection.close()
        raise StoreError(unusable(path, damaged(_("its schema makes no sense")), remedy)) from None
    except StoreError:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of the block, synced, or nothing of it; raise `DiskError` if the disk fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(DiskError):
            connection.execute("ROLLBACK")
        raise


def damaged(problem: str) -> DiskError:
    """Return the error for content that is not what was written, as SQLite itself would raise it."""
    error = DiskError(problem)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def explain(path: Path, error: Exception, remedy: str = SERVER_REMEDY) -> str:
    """Return why a role that uses the file at `path` must end, and what to do: part of a sentence."""
    code = _kind_of(error)
    if code in _DAMAGED:
        return _("the file {path} is damaged ({error}); {remedy}", path=path, error=error, remedy=_(remedy))
    if code == sqlite3.SQLITE_FULL:
        return _("the disk is full and {path} could not be written; make room, then start it again", path=path)
    return _(
        "the disk failed under {path} ({error}); check the disk, and restart the machine before this server",
        path=path,
        error=error,
    )


def _kind_of(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def unusable(path: Path, error: Exception, remedy: str = SERVER_REMEDY) -> str:
    """Return the sentence for a file of ours that cannot be opened, or makes no sense."""
    if _kind_of(error) in _DAMAGED:
        return _(
            "The file {path} cannot be used, it is damaged or no database ({error}): choose another folder with "
            "--data, or if it was one of ours, {remedy}.",
            path=path,
            error=error,
            remedy=_(remedy),
        )
    return _(
        "The file {path} cannot be used ({error}): choose another folder with --data.",
        path=path,
        error=error,
    )


def _refuse_damaged_wal(path: Path, remedy: str) -> None:
    frame = find_wal_damage(path)
    if frame is not None:
        raise StoreError(
            _(
                "The file {path} is damaged in frame {frame}, and what was written later would be lost in silence: "
                "{remedy}.",
                path=f"{path}{WAL_SUFFIX}",
                frame=frame,
                remedy=_(remedy),
            )
        )


def _prepare(
    connection: sqlite3.Connection, path: Path, schema: Sequence[str], migrations: Sequence[Migration]
) -> None:
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
    if version > newest_format(migrations):
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
        _create(connection, schema, newest_format(migrations))
    elif version < newest_format(migrations):
        with transaction(connection):
            migrate(connection, version, migrations)


def _create(connection: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
    with transaction(connection):
        for statement in schema:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
