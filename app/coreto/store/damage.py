"""Finding what of the log on disk is not what was written, as ranges that a repair can fill (replication.md D5).

Theory of operation. Three things speak for a row: its own checksum, over every column; its place,
right behind the row before; and the chain, h(last) = CRC-32 of its bytes going on from h(first - 1).
And one thing speaks for the end: `log_end`, written in each transaction that changes the log, holds
the last index and its h, under a checksum of its own, so that rows which vanish at the end are missed.

Walking from the beginning, everything is trusted as long as the three hold. Where one fails, a
damaged range begins behind the last trusted entry, and it ends before the next row that is intact
by its own checksum and lies further on. Rows that are missing altogether are such a range too. When
a row is intact and in place but does not continue the chain, either it or the row before is not of
this log (a page that was never overwritten, say); nothing tells which, so both are in the range.

What a repair must end with, h(last), is known best from the intact row behind the range. CRC-32 can
be computed backwards: that row's bytes and its own chain leave one value only for h before it. With
no intact row behind, `log_end` tells last and h(last). If that is damaged as well, the damaged last
row is believed as far as it makes sense: its count, and its chain column, which is one of many bytes
that may have been hit and therefore probably was not. If it makes no sense, the chain is None.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from coreto.machines.ports import Damaged
from coreto.wire.log import Batch, Epoch, is_intact

Row = tuple[int, int, int, bytes, bytes, int, int, int]
"""first, count, counter, replica, body, chain, checksum, has_config: as read, so any of them may be wrong or None."""

ENTRY_BYTES_MIN = 8
"""No entry takes less: a stamp, a time, and a body, packed. More entries than fit make no sense."""
_CRC_POLYNOMIAL = 0xEDB88320
_WORD = 0xFFFFFFFF


class Place(NamedTuple):
    """A point in a log: the index of the next entry, and h of the entry before it."""

    first: int
    before: int


START = Place(1, 0)


def checksum(batch: Batch, has_config: bool) -> int:
    """Return the checksum of a row; the flag is part of it, or a configuration could silently disappear."""
    return zlib.crc32(b"config" if has_config else b"", batch.checksum())


def end_checksum(last: int, chain: int) -> int:
    """Return the checksum of the record of where the log ends."""
    return zlib.crc32(f"{last} {chain}".encode())


def intact_batch(row: Row) -> Batch | None:
    """Return the batch in a row, None if the row is not what was written."""
    first, count, counter, replica, body, chain, stored, has_config = row
    if not isinstance(replica, bytes) or not isinstance(body, bytes):
        return None
    batch = Batch(first, count, Epoch(counter, replica.decode("utf-8", "replace")), body, chain)
    return batch if checksum(batch, bool(has_config)) == stored else None


def claimed_last(row: Row) -> int:
    """Return the index of the last entry in a damaged row, as far as the row makes sense: at least its first."""
    first, count, body = row[0], row[1], row[4]
    believable = isinstance(count, int) and isinstance(body, bytes) and 0 < count * ENTRY_BYTES_MIN <= len(body)
    return first + count - 1 if believable else first


def chain_before(batch: Batch) -> int:
    """Return the only value of h(first - 1) with which an intact `batch` ends in its own chain."""
    state = batch.chain ^ _WORD
    for byte in reversed(batch.body):
        place = _PLACES[state >> 24]
        state = ((state ^ _TABLE[place]) << 8 & _WORD) | (place ^ byte)
    return state ^ _WORD


def find_damages(rows: Iterable[Row], start: Place, end: Place | None, *, to_the_end: bool) -> tuple[Damaged, ...]:
    """Return the damaged ranges among consecutive `rows`, of which the first should begin at `start`.

    With `to_the_end` there are no rows behind these, and `end` is what is known of the end of the log.
    """
    walk = _Walk(start)
    for row in rows:
        walk.step(row)
    walk.finish(end if to_the_end else None)
    return tuple(walk.found)


class _Walk:
    """The walk along the rows: how far everything is trusted, and the range that is open, if one is."""

    def __init__(self, start: Place) -> None:
        self.found: list[Damaged] = []
        self._at = start
        self._before_last_row = start
        """Where the last trusted row began."""
        self._open: Place | None = None
        self._suspect: Row | None = None
        """The last row in the open range."""

    def step(self, row: Row) -> None:
        batch = intact_batch(row)
        if self._open is None and batch is not None and batch.first == self._at.first and self._continues(batch):
            self._trust(batch)
            return
        if self._open is None:
            in_doubt = batch is not None and batch.first <= self._at.first
            self._open = self._before_last_row if in_doubt else self._at
            batch = None if in_doubt else batch
        if batch is not None and batch.first > self._open.first:
            self._close(batch.first - 1, chain_before(batch))
            self._at = Place(batch.first, chain_before(batch))
            self._trust(batch)
        else:
            self._suspect = row

    def finish(self, end: Place | None) -> None:
        if self._open is None and end is not None:
            if end.first > self._at.first:
                self._open = self._at
            elif end.first == self._at.first and end.before != self._at.before:
                self._open = self._before_last_row
        if self._open is None:
            return
        if end is not None and end.first > self._open.first:
            self._close(end.first - 1, end.before)
        elif self._suspect is not None:
            chain = self._suspect[5]
            believable = isinstance(chain, int) and 0 <= chain <= _WORD
            self._close(max(claimed_last(self._suspect), self._open.first), chain if believable else None)

    def _continues(self, batch: Batch) -> bool:
        return is_intact(batch, self._at.before)

    def _trust(self, batch: Batch) -> None:
        self._before_last_row = self._at
        self._at = Place(batch.last + 1, batch.chain)

    def _close(self, last: int, chain: int | None) -> None:
        assert self._open is not None
        first = self._open
        if self.found and self.found[-1].last + 1 >= first.first:
            joined = self.found.pop()
            first = Place(joined.first, joined.before)
        self.found.append(Damaged(first.first, last, first.before, chain))
        self._open = self._suspect = None


def _table() -> tuple[int, ...]:
    values = list(range(256))
    for _bit in range(8):
        values = [value >> 1 ^ (_CRC_POLYNOMIAL if value & 1 else 0) for value in values]
    return tuple(values)


_TABLE = _table()
_PLACES = {value >> 24: place for place, value in enumerate(_TABLE)}
"""Where in the table a value begins with this byte: each first byte occurs once."""
