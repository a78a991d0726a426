"""Reading the files of servers that have ended: with SQLite alone, and the decoding of a log row, nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgpack

from coreto.wire.log import Batch, Command, Epoch
from tests.faults.evidence import Content, Logged, State

FILE_NAME = "server.db"

CHECKSUM_BYTES = 4
"""Every value of the table `meta` ends in its checksum."""


class DiskLog:
    """The log in a server's folder, read anew at each iteration."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[Logged]:
        with closing(_opened(self._folder)) as connection:
            for first, count, counter, replica, body in connection.execute(
                "SELECT first, count, counter, replica, body FROM log ORDER BY first"
            ):
                entries = Batch(first, count, Epoch(counter, replica), body, 0).entries()
                for index, entry in enumerate(entries, first):
                    content = _content(entry.body) if isinstance(entry.body, Command) else None
                    yield Logged(index, (counter, replica), entry.lamport, content)


def read_state(folder: Path) -> State:
    """Return the derived tables in a server's folder."""
    with closing(_opened(folder)) as connection:
        row = connection.execute("SELECT value FROM meta WHERE key = 'checkpoint'").fetchone()
        state = State(msgpack.unpackb(row[0][:-CHECKSUM_BYTES])[0] if row else 0, {}, {})
        for topic, seq, index in connection.execute("SELECT topic, seq, position FROM messages ORDER BY topic, seq"):
            state.messages.setdefault(topic, []).append((seq, index))
        for kind, name, seq, created in connection.execute("SELECT kind, name, seq, created FROM topics"):
            state.topics[name] = (kind, seq, created)
        return state


def _opened(folder: Path) -> sqlite3.Connection:
    path = folder / FILE_NAME
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _content(command: Command) -> Content | None:
    if command.kind == "open":
        return None
    return Content(command.kind, command.user, command.target, command.text)
