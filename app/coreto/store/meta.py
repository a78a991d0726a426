"""Single values by key: identity, promises, counters; each under a checksum, as much rests on them."""

from __future__ import annotations

import sqlite3
import zlib

from coreto.store.database import damaged
from coreto.texts import _

META_SCHEMA = ("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",)
_CHECKSUM_BYTES = 4
_PUT = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class StoredMeta:
    """Gets and puts values."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> bytes | None:
        """Return a value, None if there is none; raise `DiskError` if it is not what was put."""
        row = self._connection.execute("SELECT CAST(value AS BLOB) FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        value: bytes = (row[0] or b"")[:-_CHECKSUM_BYTES]
        if _guarded(key, value) != row[0]:
            raise damaged(_("the value of {key} is not what was written", key=key))
        return value

    def keys(self) -> set[str]:
        """Return every key that has a value."""
        return {str(key) for (key,) in self._connection.execute("SELECT key FROM meta")}

    def put(self, key: str, value: bytes) -> None:
        """Replace a value, inside the transaction of the caller."""
        self._connection.execute(_PUT, (key, _guarded(key, value)))

    def clear(self) -> None:
        """Forget every value, inside the transaction of the caller."""
        self._connection.execute("DELETE FROM meta")


def guard_meta(connection: sqlite3.Connection) -> None:
    """Put the values of a file that had no checksums under theirs."""
    for key, value in connection.execute("SELECT key, value FROM meta").fetchall():
        connection.execute(_PUT, (key, _guarded(key, value)))


def _guarded(key: str, value: bytes) -> bytes:
    return value + zlib.crc32(value, zlib.crc32(key.encode())).to_bytes(_CHECKSUM_BYTES, "big")
