"""Walking SQLite's write-ahead log before SQLite does: damage must not look like its end (replication.md D7).

Theory of operation. SQLite reads the file NAME-wal from its beginning and stops at the first frame
that is bad, as if nothing came after it: right for the tail that a crash tore, but a flipped bit in
the middle makes every later transaction disappear without a word, and the log that is left has a
valid chain. The checksums are cumulative (sqlite.org/fileformat2.html, section 4): each frame's
goes on from that of the frame before it, so one bad frame spoils all later ones by the usual test.

Here a later frame is judged by itself: it is good if it has the salts of this log and its checksum
goes on from the one *stored* in the frame before it, or from the one computed over that frame in
case just the stored one is damaged. A bad frame with a good one somewhere behind it was once
written whole, so it is damage; a torn tail has nothing good behind it. Frames that are left over
from before the last checkpoint have other salts and do not count.

What remains unseen is damage to the very last frame: it looks like a tear. That is at most the last
transaction.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

WAL_SUFFIX = "-wal"
HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
_SUMMED_OF_HEADER = 24
_SUMMED_OF_FRAME = 8
_MAGIC = 0x377F0682
"""The lowest bit says whether checksums read words as big endian."""
_PAGE_SIZE_AT = 16
"""Where the header of the database says how large its pages are; 1 stands for 65536."""
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_NO_SALTS = bytes(8)
_WORD = 0xFFFFFFFF
_NATIVE = ">" if sys.byteorder == "big" else "<"

Sums = tuple[int, int]


def find_wal_damage(database: Path) -> int | None:
    """Return the number of the first damaged frame in the write-ahead log of `database` (0: its header), or None.

    Raise `OSError` if it cannot be read.
    """
    path = database.with_name(database.name + WAL_SUFFIX)
    if not path.exists():
        return None
    with path.open("rb") as file:
        return _walk(file, _page_size_of(database))


def _walk(file: IO[bytes], page_size: int) -> int | None:
    header = file.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    magic, _version, said, _sequence = struct.unpack_from(">4I", header)
    order = ">" if magic & 1 else "<"
    stored = _sums_at(header, _SUMMED_OF_HEADER)
    running = _sum(order, header[:_SUMMED_OF_HEADER], (0, 0))
    bad: int | None = None
    wanted: bytes | None = header[16:24]
    if magic | 1 != _MAGIC | 1 or running != stored:
        # What a damaged header says of salts, pages and order of bytes is not believed.
        bad, wanted, said, order = 0, None, page_size, _NATIVE
    for number, frame in enumerate(_frames(file, said), 1):
        salts, next_stored = frame[8:16], _sums_at(frame, 16)
        next_running = _sum_frame(order, frame, running)
        ours = salts == wanted if wanted is not None else salts != _NO_SALTS
        if bad is None:
            bad = None if ours and next_running == next_stored else number
        elif ours and next_stored in (next_running, _sum_frame(order, frame, stored)):
            return bad
        stored, running = next_stored, next_running
    return None


def _frames(file: IO[bytes], page_size: int) -> Iterator[bytes]:
    """Yield whole frames, header and page; what is cut off at the end is a tear."""
    size = FRAME_HEADER_BYTES + page_size
    while page_size in _PAGE_SIZES and len(frame := file.read(size)) == size:
        yield frame


def _sums_at(raw: bytes, place: int) -> Sums:
    first, second = struct.unpack_from(">2I", raw, place)
    return first, second


def _sum_frame(order: str, frame: bytes, before: Sums) -> Sums:
    return _sum(order, frame[FRAME_HEADER_BYTES:], _sum(order, frame[:_SUMMED_OF_FRAME], before))


def _sum(order: str, raw: bytes, before: Sums) -> Sums:
    """Return SQLite's checksum over `raw`, going on from `before`."""
    first, second = before
    for one, other in struct.iter_unpack(f"{order}2I", raw):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second


def _page_size_of(database: Path) -> int:
    """Return the size of pages that the database's own header tells; 0 if it tells none."""
    if not database.exists():
        return 0
    with database.open("rb") as file:
        raw = file.read(_PAGE_SIZE_AT + 2)[_PAGE_SIZE_AT:]
    size = int.from_bytes(raw, "big")
    return 1 << 16 if size == 1 else size
