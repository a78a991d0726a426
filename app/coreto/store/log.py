"""The replicated log in SQLite: one row per batch, the bytes as they came (design.md §7).

Each row carries a checksum over all of it. A row that fails it is damage: it must never look like
the end of the log, because somebody may rest on what comes after (replication.md D5).
"""

from __future__ import annotations

import sqlite3
import zlib

from coreto.machines.ports import Value
from coreto.wire.log import Batch, Config, Epoch, may_hold_config, slice_batch

LOG_SCHEMA = (
    "CREATE TABLE log (first INTEGER PRIMARY KEY, count, counter, replica, chain, checksum, has_config, body)",
    "CREATE INDEX log_configs ON log (first) WHERE has_config",
)
_COLUMNS = "first, count, counter, replica, body, chain, checksum, has_config"


class DamageError(Exception):
    """A row of the log is not what was written."""


class StoredLog:
    """Reads batches (the `LogView` port), appends and truncates."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def last_batch(self) -> Batch | None:
        """Return the last batch; raise `DamageError` if it is damaged."""
        return self._one(f"SELECT {_COLUMNS} FROM log ORDER BY first DESC LIMIT 1", ())

    def batch_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index`; raise `DamageError` if it is damaged."""
        sql = f"SELECT {_COLUMNS} FROM log WHERE first <= ? ORDER BY first DESC LIMIT 1"
        batch = self._one(sql, (index,))
        return batch if batch is not None and index <= batch.last else None

    def configs(self) -> list[tuple[int, Config]]:
        """Return every configuration with its index."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM log WHERE has_config ORDER BY first")
        return [
            (index, entry.body)
            for batch in map(_batch, rows)
            for index, entry in enumerate(batch.entries(), batch.first)
            if isinstance(entry.body, Config)
        ]

    def write(self, changes: tuple[int | Batch, ...]) -> None:
        """Append batches and truncate at indexes, in order, inside the transaction of the caller."""
        for change in changes:
            if isinstance(change, Batch):
                self._append(change)
            else:
                self._truncate(change)

    def _append(self, batch: Batch) -> None:
        has_config = may_hold_config(batch) and any(isinstance(e.body, Config) for e in batch.entries())
        row = (*_row(batch), _checksum(batch, has_config), has_config or None, batch.body)
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _truncate(self, index: int) -> None:
        """Cut the log before `index`; a row that reaches beyond is rewritten as its prefix."""
        cut = self.batch_at(index)
        self._connection.execute("DELETE FROM log WHERE first >= ?", (index,))
        if cut is not None and cut.first < index:
            before = self.batch_at(cut.first - 1)
            self._connection.execute("DELETE FROM log WHERE first = ?", (cut.first,))
            self._append(slice_batch(cut, cut.first, index - 1, before.chain if before else 0))

    def _one(self, sql: str, wanted: Value) -> Batch | None:
        row = self._connection.execute(sql, wanted).fetchone()
        return _batch(row) if row else None


def _row(batch: Batch) -> tuple[int, int, int, str, int]:
    return batch.first, batch.count, batch.epoch.counter, batch.epoch.replica, batch.chain


def _checksum(batch: Batch, has_config: bool) -> int:
    """Return the checksum of a row; the flag is part of it, or a configuration could silently disappear."""
    return zlib.crc32(b"config" if has_config else b"", batch.checksum())


def _batch(row: tuple[int, int, int, str, bytes, int, int, int | None]) -> Batch:
    first, count, counter, replica, body, chain, checksum, has_config = row
    batch = Batch(first, count, Epoch(counter, replica), body, chain)
    if _checksum(batch, bool(has_config)) != checksum:
        raise DamageError(f"the log row {first} to {first + count - 1} is damaged")
    return batch
