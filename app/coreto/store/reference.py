"""What the reference keeps on disk: the rank and address of every server it ever met, and the set of genesis."""

from __future__ import annotations

from pathlib import Path

from coreto.machines.effects import Persist
from coreto.store.database import explain, open_database, transaction
from coreto.texts import N_

FILE_NAME = "reference.db"
_REMEDY = N_("wipe the reference with coreto reset reference, and the servers tell it their ranks again")
_SCHEMA = (
    "CREATE TABLE servers (name TEXT PRIMARY KEY, rank INTEGER, address TEXT) WITHOUT ROWID",
    "CREATE TABLE genesis (replica TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID",
)
_STATEMENTS = {
    "servers": "INSERT OR REPLACE INTO servers VALUES (?, ?, ?)",
    "genesis": "INSERT OR REPLACE INTO genesis VALUES (?, ?)",
}
_FORGET = "DELETE FROM servers WHERE name = ?"
"""A set of genesis is for ever, so nothing else is ever deleted."""


class ReferenceStore:
    """Opened, used and closed by the reference's thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._connection = open_database(self._path, _SCHEMA, remedy=_REMEDY)

    def ranks(self) -> dict[str, tuple[int, str]]:
        """Return rank and address by name."""
        rows = self._connection.execute("SELECT name, rank, address FROM servers")
        return {name: (rank, address) for name, rank, address in rows}

    def genesis(self) -> dict[str, str]:
        """Return the names of the servers a cluster was born with, by replica id."""
        return dict(self._connection.execute("SELECT replica, name FROM genesis"))

    def persist(self, persist: Persist) -> None:
        """Write what changed, and sync; raise `DiskError` if the disk fails."""
        with transaction(self._connection):
            for change in persist.tables:
                if change.value is None:
                    self._connection.execute(_FORGET, change.key)
                else:
                    self._connection.execute(_STATEMENTS[change.table], (*change.key, *change.value))

    def explain(self, error: Exception) -> str:
        """Return why the reference must halt when its store raises `error`, and what to do: part of a sentence."""
        return explain(self._path, error, _REMEDY)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
