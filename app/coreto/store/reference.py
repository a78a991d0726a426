"""What the reference keeps on disk: the rank and address of every server it ever met."""

from __future__ import annotations

from pathlib import Path

from coreto.machines.effects import Persist
from coreto.store.database import open_database

FILE_NAME = "reference.db"
_SCHEMA = ("CREATE TABLE servers (name TEXT PRIMARY KEY, rank INTEGER, address TEXT) WITHOUT ROWID",)


class ReferenceStore:
    """Opened, used and closed by the reference's thread."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_database(folder / FILE_NAME, _SCHEMA)

    def ranks(self) -> dict[str, tuple[int, str]]:
        """Return rank and address by name."""
        rows = self._connection.execute("SELECT name, rank, address FROM servers")
        return {name: (rank, address) for name, rank, address in rows}

    def persist(self, persist: Persist) -> None:
        """Write changed servers and sync."""
        self._connection.execute("BEGIN IMMEDIATE")
        for name, (rank, address) in persist.meta:
            self._connection.execute("INSERT OR REPLACE INTO servers VALUES (?, ?, ?)", (name, rank, address))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
