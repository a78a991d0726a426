"""The replicated log in SQLite: one row per batch, the bytes as they came (design.md §7).

Each row carries a checksum over all of it. A row that fails it is damage: it must never look like
the end of the log, because somebody may rest on what comes after (replication.md D5).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from coreto.machines.effects import Mend
from coreto.machines.ports import Damaged, DamageError, Value
from coreto.store.damage import (
    START,
    Place,
    Row,
    chain_before,
    checksum,
    claimed_last,
    end_checksum,
    find_damages,
    intact_batch,
)
from coreto.wire.log import Batch, Config, Entry, is_intact, may_hold_config, slice_batch

LOG_END = "CREATE TABLE log_end (place INTEGER PRIMARY KEY, last, chain, checksum)"
LOG_SCHEMA = (
    "CREATE TABLE log (first INTEGER PRIMARY KEY, count, counter, replica, chain, checksum, has_config, body)",
    "CREATE INDEX log_configs ON log (first) WHERE has_config",
    LOG_END,
)
TAIL_ROWS = 64
"""Rows at the end that are verified at every start: what was written last is hit most often, and a start stays fast."""
SCRUB_BYTES = 1 << 20
"""Most bytes that one step of the scrub reads beyond its first row: some milliseconds."""

_COLUMNS = (
    "first, CAST(count AS INTEGER), CAST(counter AS INTEGER), CAST(replica AS BLOB), CAST(body AS BLOB), "
    "CAST(chain AS INTEGER), CAST(checksum AS INTEGER), CAST(has_config AS INTEGER)"
)
"""Whatever a damaged row holds, it can be read."""


class StoredLog:
    """Reads batches (the `LogView` port), appends, truncates, mends, and looks for damage."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._scrubbed = 0
        """The last entry that the scrub of this round has verified."""

    def last_batch(self) -> Batch | None:
        """Return the last batch; raise `DamageError` if it is damaged."""
        return self._one("ORDER BY first DESC LIMIT 1", ())

    def last_entry(self) -> Entry | None:
        """Return the last entry; raise `DamageError` if its batch is damaged."""
        last = self.last_batch()
        return last.entries()[-1] if last is not None else None

    def batch_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index`; raise `DamageError` if it is damaged."""
        batch = self._one("WHERE first <= ? ORDER BY first DESC LIMIT 1", (index,))
        return batch if batch is not None and index <= batch.last else None

    def configs(self) -> list[tuple[int, Config]]:
        """Return every configuration with its index; raise `DamageError` if the row of one is damaged."""
        return [
            (index, entry.body)
            for batch in map(_batch, self._rows("WHERE has_config ORDER BY first", ()))
            for index, entry in enumerate(batch.entries(), batch.first)
            if isinstance(entry.body, Config)
        ]

    def is_blank(self) -> bool:
        """Whether nothing was ever written."""
        return self._last_row() is None and self._end() is None

    # Looking for damage.

    def damages(self, *, tail_only: bool = False) -> tuple[Damaged, ...]:
        """Verify the log, or its last `TAIL_ROWS` rows, and return the ranges that are damaged, in order."""
        start = self._tail_start() if tail_only else START
        rows = self._rows("WHERE first >= ? ORDER BY first", (start.first,))
        return find_damages(rows, start, self._end(), to_the_end=True)

    def scrub(self, limit: int) -> None:
        """Verify the next rows, at most `limit`, round and round; raise `DamageError` at damage."""
        before = self._one("WHERE first <= ? ORDER BY first DESC LIMIT 1", (self._scrubbed,))
        start = Place(before.last + 1, before.chain) if before is not None else START
        rows: list[Row] = []
        size = 0
        for row in self._rows("WHERE first >= ? ORDER BY first LIMIT ?", (start.first, limit)):
            rows.append(row)
            size += len(row[4] or b"")
            if size > SCRUB_BYTES:
                break
        round_ends = not self._exists_behind(rows[-1][0] if rows else start.first)
        found = find_damages(rows, start, self._end(), to_the_end=round_ends)
        if found:
            raise DamageError(found[0].first, found[0].last)
        self._scrubbed = 0 if round_ends else rows[-1][0]

    def _tail_start(self) -> Place:
        """Return where the tail begins: behind a row that is intact, so that its chain can be gone on from."""
        for row in self._rows("ORDER BY first DESC LIMIT -1 OFFSET ?", (TAIL_ROWS,)):
            batch = intact_batch(row)
            if batch is not None:
                return Place(batch.last + 1, batch.chain)
        return START

    def _exists_behind(self, first: int) -> bool:
        return self._connection.execute("SELECT 1 FROM log WHERE first > ? LIMIT 1", (first,)).fetchone() is not None

    def _end(self) -> Place | None:
        """Return where the log ended when it was last written, None if that is not known."""
        sql = "SELECT CAST(last AS INTEGER), CAST(chain AS INTEGER), CAST(checksum AS INTEGER) FROM log_end"
        row = self._connection.execute(sql).fetchone()
        if row is None or end_checksum(row[0], row[1]) != row[2]:
            return None
        return Place(row[0] + 1, row[1])

    # Writing, inside the transaction of the caller.

    def write(self, changes: Sequence[int | Batch], mends: Sequence[Mend] = ()) -> None:
        """Mend, then append batches and truncate at indexes, in order.

        Raise `DamageError` where damage is in the way, or a mend does not fit what is around it.
        """
        cuts = {change for change in changes if isinstance(change, int)}
        for mend in mends:
            self._mend(mend, alone=mend.last + 1 in cuts)
        for change in changes:
            if isinstance(change, Batch):
                self._append(change)
            else:
                self._truncate(change)
        if changes or mends:
            self._record_end(changes)

    def _append(self, batch: Batch) -> None:
        has_config = may_hold_config(batch) and any(isinstance(e.body, Config) for e in batch.entries())
        row = (
            batch.first,
            batch.count,
            batch.epoch.counter,
            batch.epoch.replica,
            batch.chain,
            checksum(batch, has_config),
            has_config or None,
            batch.body,
        )
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _truncate(self, index: int) -> None:
        """Cut the log before `index`; a row that reaches beyond is rewritten as its prefix."""
        cut = self.batch_at(index)
        self._connection.execute("DELETE FROM log WHERE first >= ?", (index,))
        if cut is not None and cut.first < index:
            before = self.batch_at(cut.first - 1)
            self._connection.execute("DELETE FROM log WHERE first = ?", (cut.first,))
            self._append(slice_batch(cut, cut.first, index - 1, before.chain if before else 0))

    def _record_end(self, changes: Sequence[int | Batch]) -> None:
        """Put on record where the log ends now; a mend alone never makes it end earlier than it did."""
        if changes:
            last = changes[-1] if isinstance(changes[-1], Batch) else self.last_batch()
        else:
            row = self._last_row()
            last = intact_batch(row) if row is not None else None
            end = self._end()
            if last is None or (end is not None and last.last + 1 < end.first):
                return
        end_of_log = (last.last, last.chain) if last is not None else (0, 0)
        values = (*end_of_log, end_checksum(*end_of_log))
        self._connection.execute("INSERT OR REPLACE INTO log_end VALUES (1, ?, ?, ?)", values)

    def _mend(self, mend: Mend, *, alone: bool) -> None:
        """Put `mend` in the place of the rows that begin in it; intact rows that reach in keep their other part.

        With `alone`, what stands behind it falls, damaged or not.
        """
        self._split(mend.first)
        self._split(mend.last + 1)
        self._connection.execute("DELETE FROM log WHERE first BETWEEN ? AND ?", (mend.first, mend.last))
        if alone:
            self._connection.execute("DELETE FROM log WHERE first > ?", (mend.last,))
        before, behind = self._intact_at(mend.first - 1), self._intact_at(mend.last + 1)
        at = START if mend.first == 1 else Place(mend.first, chain_before(mend.batches[0]))
        at = Place(before.last + 1, before.chain) if before is not None else at
        for batch in (*mend.batches, *([behind] if behind is not None else [])):
            if batch.first != at.first or not is_intact(batch, at.before):
                raise DamageError(mend.first, mend.last)
            at = Place(batch.last + 1, batch.chain)
        for batch in mend.batches:
            self._append(batch)

    def _split(self, index: int) -> None:
        """Make a row begin at `index` where an intact one reaches across it."""
        batch = self._intact_at(index)
        if batch is None or batch.first == index:
            return
        head = slice_batch(batch, batch.first, index - 1, chain_before(batch))
        self._connection.execute("DELETE FROM log WHERE first = ?", (batch.first,))
        self._append(head)
        self._append(slice_batch(batch, index, batch.last, head.chain))

    # Rows.

    def _rows(self, rest: str, wanted: Value) -> Iterator[Row]:
        return iter(self._connection.execute(f"SELECT {_COLUMNS} FROM log {rest}", wanted))

    def _row(self, rest: str, wanted: Value) -> Row | None:
        row: Row | None = self._connection.execute(f"SELECT {_COLUMNS} FROM log {rest}", wanted).fetchone()
        return row

    def _one(self, rest: str, wanted: Value) -> Batch | None:
        row = self._row(rest, wanted)
        return _batch(row) if row is not None else None

    def _last_row(self) -> Row | None:
        return self._row("ORDER BY first DESC LIMIT 1", ())

    def _intact_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index` if its row is intact, else None."""
        row = self._row("WHERE first <= ? ORDER BY first DESC LIMIT 1", (index,))
        batch = intact_batch(row) if row is not None else None
        return batch if batch is not None and index <= batch.last else None


def _batch(row: Row) -> Batch:
    batch = intact_batch(row)
    if batch is None:
        raise DamageError(row[0], claimed_last(row))
    return batch
