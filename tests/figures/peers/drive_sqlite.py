"""The disk floor: how fast SQLite commits with a sync on this disk, as many rows at once as are outstanding.

One file, one thread, no network: what any server that keeps its log in SQLite cannot exceed.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.figures.peers.closed_loop import Times, task


def _main() -> None:
    work = task()
    file = Path(work.address) / f"floor-{time.monotonic_ns()}.db"
    with_sync = sqlite3.connect(file, isolation_level=None)
    with_sync.execute("PRAGMA journal_mode = WAL")
    with_sync.execute("PRAGMA synchronous = FULL")
    with_sync.execute("CREATE TABLE log (first INTEGER PRIMARY KEY, body)")
    times, rows = Times(work), work.clients * work.window
    while not times.is_over:
        sent = time.monotonic()
        # One row holds all that is outstanding, as a batch of the log does.
        with_sync.execute("INSERT INTO log (body) VALUES (?)", (b"".join(times.text() for _ in range(rows)),))
        times.acknowledged(sent, rows)
    times.tell()
    with_sync.close()


_main()
