"""Everything one server keeps on disk: identity, promises, the log, and the tables derived from it."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

import msgspec

from coreto.machines.effects import Persist
from coreto.machines.memory import remembered_rows
from coreto.machines.node import Stored
from coreto.machines.outbox import Identity
from coreto.machines.ports import Value
from coreto.store.database import open_database
from coreto.store.log import LOG_SCHEMA, StoredLog
from coreto.store.tables import StoredTables, table_schema
from coreto.wire.log import Config, Epoch

FILE_NAME = "server.db"
_META_SCHEMA = ("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",)


class Birth(msgspec.Struct, frozen=True):
    """What genesis decides about one server, once (replication.md M0)."""

    name: str
    replica: str
    cluster: str
    genesis: Config
    rank: int
    """The rank it asks the reference for, so that ranks are in order of names."""


class ServerStore:
    """Opened, used and closed by the server's thread."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file of a server; raise `StoreError` if it cannot be used."""
        self._connection = open_database(folder / FILE_NAME, (*_META_SCHEMA, *LOG_SCHEMA, *table_schema()))
        self.log = StoredLog(self._connection)
        self.tables = StoredTables(self._connection)

    def birth(self) -> Birth | None:
        """Return what genesis decided; None in a blank folder."""
        raw = self._read("birth")
        return msgspec.msgpack.decode(raw, type=Birth) if raw else None

    def be_born(self, birth: Birth) -> None:
        """Store what genesis decided, once."""
        assert self._read("birth") is None, "a server is born once"
        self._write_meta({"birth": msgspec.msgpack.encode(birth)})

    def unborn_replica(self) -> str:
        """Return the replica id of a server that waits to be born: invented once, then on disk."""
        raw = self._read("unborn")
        if raw is None:
            raw = secrets.token_hex(16).encode()
            self._write_meta({"unborn": raw})
        return raw.decode()

    def begin_life(self) -> Stored:
        """Count a new life on disk, and return what the server starts from."""
        birth = self.birth()
        assert birth is not None, "only a server that is born lives"
        incarnation = int(self._value("incarnation", (0,))[0]) + 1
        self._write_meta({"incarnation": msgspec.msgpack.encode((incarnation,))})
        counter, replica = self._value("promised", (0, ""))
        checkpoint, digest = self._value("checkpoint", (0, 0))
        return Stored(
            identity=Identity(birth.name, birth.replica, birth.cluster, incarnation),
            genesis=birth.genesis,
            promised=Epoch(int(counter), str(replica)),
            commit=int(self._value("commit", (0,))[0]),
            published=int(self._value("published", (0,))[0]),
            checkpoint=int(checkpoint),
            digest=int(digest),
            rank=int(self._value("rank", (birth.rank,))[0]),
            stable=float(self._value("stable", (0.0,))[0]),
            addresses=tuple(str(part) for part in self._value("addresses", ())),
            memory=self._remembered(),
        )

    def persist(self, persist: Persist) -> None:
        """Write everything in one transaction and sync; raise `sqlite3.Error` if the disk fails."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        self.log.write(persist.log)
        self.tables.write(persist.tables)
        for key, value in persist.meta:
            execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, msgspec.msgpack.encode(value)))
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read(self, key: str) -> bytes | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _value(self, key: str, default: Value) -> Value:
        raw = self._read(key)
        return tuple(msgspec.msgpack.decode(raw)) if raw else default

    def _remembered(self) -> tuple[tuple[str, Value], ...]:
        rows = self._connection.execute("SELECT key, value FROM meta WHERE key LIKE 'peer %'")
        return remembered_rows((key, tuple(msgspec.msgpack.decode(value))) for key, value in rows)

    def _write_meta(self, values: dict[str, bytes]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self._connection.execute("COMMIT")


def read_birth(folder: Path) -> Birth | None:
    """Return what genesis decided for the server in `folder`, None if it is blank; raise `StoreError`."""
    path = folder / FILE_NAME
    if not path.exists() or path.stat().st_size == 0:
        return None
    store = ServerStore(folder)
    try:
        return store.birth()
    finally:
        store.close()


DiskError = sqlite3.Error
"""What a failing disk raises: fatal for the role (replication.md D4)."""
