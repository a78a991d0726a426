"""Everything one server keeps on disk: identity, promises, the log, and the tables derived from it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path

import msgspec

from coreto.machines.effects import Persist
from coreto.machines.memory import is_memory
from coreto.machines.node import Stored
from coreto.machines.outbox import Identity
from coreto.machines.ports import Damaged, DamageError, Value
from coreto.store.database import (
    SERVER_REMEDY,
    DiskError,
    StoreError,
    damaged,
    explain,
    open_database,
    transaction,
    unusable,
)
from coreto.store.log import LOG_END, LOG_SCHEMA, StoredLog
from coreto.store.meta import META_SCHEMA, StoredMeta, guard_meta
from coreto.store.migrations import Migration
from coreto.store.tables import StoredTables, table_schema
from coreto.store.wal import WAL_SUFFIX
from coreto.texts import N_, _
from coreto.wire.log import Batch, Config, Epoch, Voter

FILE_NAME = "server.db"
LONE_REMEDY = N_("no other server has a copy: restore the newest backup with coreto restore --new-cluster")
"""What to do about a damaged file where there never was another server."""
_UNBORN = "unborn"
_FIRST: dict[str, Value] = {
    "incarnation": (0,),
    "promised": (0, ""),
    "commit": (0,),
    "published": (0,),
    "checkpoint": (0, 0),
}
"""What a life begins with: there from birth on, so that a value which is missing is known to be lost."""
SCHEMA = (*META_SCHEMA, *LOG_SCHEMA, *table_schema())


class MovedError(DiskError):
    """The files of a server were moved or removed while it used them."""


class Birth(msgspec.Struct, frozen=True):
    """What genesis decides about one server, once (replication.md M0)."""

    name: str
    replica: str
    cluster: str
    genesis: Config
    rank: int
    """The rank it asks the reference for, so that ranks are in order of names."""


def _complete(connection: sqlite3.Connection) -> None:
    """Give a server of a time when values were written only when they changed those it lacks."""
    meta = StoredMeta(connection)
    raw = meta.get("birth")
    if raw is None:
        return
    first = {**_FIRST, "rank": (msgspec.msgpack.decode(raw, type=Birth).rank,)}
    for key in first.keys() - meta.keys():
        meta.put(key, msgspec.msgpack.encode(first[key]))


MIGRATIONS = (Migration(2, "all that a server rests on is guarded against damage", (LOG_END, guard_meta, _complete)),)


class ServerStore:
    """Opened, used and closed by the server's thread."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file of a server; raise `StoreError` if it cannot be used."""
        self.path = folder / FILE_NAME
        self._connection = open_database(self.path, SCHEMA, MIGRATIONS)
        self._paths = str(self.path), f"{self.path}{WAL_SUFFIX}"
        self._files = _identities(self._paths)
        self._meta = StoredMeta(self._connection)
        self.log = StoredLog(self._connection)
        self.tables = StoredTables(self._connection)

    def birth(self) -> Birth | None:
        """Return what genesis decided; None in a blank folder; raise `DiskError` where it is missing by damage."""
        raw = self._meta.get("birth")
        if raw is not None:
            return msgspec.msgpack.decode(raw, type=Birth)
        if self._meta.keys() - {_UNBORN} or not self.log.is_blank():
            raise damaged(_("it does not say whose it is"))
        return None

    def be_born(self, birth: Birth) -> None:
        """Store what genesis decided, once, and all that a life begins with."""
        assert self.birth() is None, "a server is born once"
        first = {**_FIRST, "rank": (birth.rank,)}
        values = {key: msgspec.msgpack.encode(value) for key, value in first.items()}
        self._write_meta({**values, "birth": msgspec.msgpack.encode(birth)})

    def unborn_replica(self) -> str:
        """Return the replica id of a server that waits to be born: invented once, then on disk."""
        raw = self._meta.get(_UNBORN)
        if raw is None:
            raw = secrets.token_hex(16).encode()
            self._write_meta({_UNBORN: raw})
        return raw.decode()

    def begin_life(self) -> Stored:
        """Count a new life on disk, and return what the server starts from."""
        birth = self.birth()
        assert birth is not None, "only a server that is born lives"
        incarnation = int(self._value("incarnation")[0]) + 1
        self._write_meta({"incarnation": msgspec.msgpack.encode((incarnation,))})
        checkpoint, digest = self._value("checkpoint")
        return Stored(
            identity=Identity(birth.name, birth.replica, birth.cluster, incarnation),
            genesis=birth.genesis,
            promised=self.promised(),
            commit=int(self._value("commit")[0]),
            published=int(self._value("published")[0]),
            checkpoint=int(checkpoint),
            digest=int(digest),
            rank=int(self._value("rank")[0]),
            stable=float(self._noted("stable", (0.0,))[0]),
            addresses=tuple(str(part) for part in self._noted("addresses", ())),
            memory=self._remembered(),
        )

    def persist(self, persist: Persist) -> None:
        """Write everything in one transaction and sync.

        Raise `DiskError` if the disk fails, and `DamageError`, with nothing written, where damage is in the way.
        """
        with transaction(self._connection):
            self.log.write(persist.log, persist.mends)
            self.tables.write(persist.tables)
            for key, value in persist.meta:
                self._meta.put(key, msgspec.msgpack.encode(value))
        self.check_files()

    def be_reborn(self, birth: Birth, config: Batch) -> None:
        """Become a server of another cluster, whose log ends with `config`; forget all but log and derived tables."""
        kept = {"published": self._value("published"), "checkpoint": self._value("checkpoint")}
        values = {**_FIRST, **kept, "rank": (birth.rank,), "promised": config.epoch, "commit": (config.last,)}
        with transaction(self._connection):
            self._meta.clear()
            self._meta.put("birth", msgspec.msgpack.encode(birth))
            for key, value in values.items():
                self._meta.put(key, msgspec.msgpack.encode(tuple(value)))
            self.log.write((config,))

    def promised(self) -> Epoch:
        """Return the newest epoch that was promised."""
        counter, replica = self._value("promised")
        return Epoch(int(counter), str(replica))

    def verify(self) -> None:
        """Verify the whole file: its pages, and the log entry by entry; raise `DiskError` or `DamageError`."""
        (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise damaged(str(found))
        _refuse(self.log.damages())
        last = self.log.last_batch()
        if max(int(self._value("commit")[0]), int(self._value("checkpoint")[0])) > (last.last if last else 0):
            raise damaged(_("its log is shorter than what is known to be committed"))

    def verify_tail(self) -> None:
        """Verify what was written last; raise `DamageError` at damage."""
        _refuse(self.log.damages(tail_only=True))

    def scrub(self, limit: int) -> None:
        """Look at our files, and verify the next rows of the log; raise `DiskError` or `DamageError`."""
        self.check_files()
        self.log.scrub(limit)

    def check_files(self) -> None:
        """Raise `DiskError` if our files were moved or removed: what is written there now nobody finds again."""
        if _identities(self._paths) != self._files:
            raise MovedError

    def known_voters(self, stored: Stored) -> list[Voter]:
        """Return everybody who votes or once voted, as far as damage lets us know, with the address last known."""
        known = {voter.replica: voter for voter in stored.genesis.voters}
        with contextlib.suppress(DamageError):
            known |= {voter.replica: voter for _at, config in self.log.configs() for voter in config.voters}
        for replica, address in zip(stored.addresses[::2], stored.addresses[1::2], strict=True):
            known[replica] = Voter(replica, known[replica].name if replica in known else "", address)
        return list(known.values())

    def explain(self, error: Exception, *, is_alone: bool = False) -> str:
        """Return why the server must halt when its store raises `error`, and what to do: part of a sentence.

        `is_alone`: no other server has what this one had.
        """
        if isinstance(error, MovedError):
            return _(
                "the file {path} was moved or removed while in use; put it back, or start the server again without "
                "--genesis: it takes part as a new one that copies everything from the others",
                path=self.path,
            )
        known = error
        if isinstance(error, DamageError):
            known = damaged(_("entries {first} to {last} of the log", first=error.first, last=error.last))
        return explain(self.path, known, LONE_REMEDY if is_alone else SERVER_REMEDY)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _value(self, key: str) -> Value:
        """Return a value that every server has since its birth; raise `DiskError` if it is gone."""
        raw = self._meta.get(key)
        if raw is None:
            raise damaged(_("the value of {key} is not what was written", key=key))
        return tuple(msgspec.msgpack.decode(raw))

    def _noted(self, key: str, default: Value) -> Value:
        """Return a value that a server may be without."""
        raw = self._meta.get(key)
        return tuple(msgspec.msgpack.decode(raw)) if raw is not None else default

    def _remembered(self) -> tuple[tuple[str, Value], ...]:
        """Return what this server noted of its peers."""
        return tuple((key, self._value(key)) for key in sorted(filter(is_memory, self._meta.keys())))

    def _write_meta(self, values: dict[str, bytes]) -> None:
        with transaction(self._connection):
            for key, value in values.items():
                self._meta.put(key, value)


def read_birth(folder: Path) -> Birth | None:
    """Return what genesis decided for the server in `folder`, None if it is blank; raise `StoreError`."""
    path = folder / FILE_NAME
    if not path.exists() or path.stat().st_size == 0:
        return None
    store = ServerStore(folder)
    try:
        return store.birth()
    except DiskError as error:
        raise StoreError(unusable(path, error)) from None
    finally:
        store.close()


def _refuse(found: tuple[Damaged, ...]) -> None:
    if found:
        raise DamageError(found[0].first, found[0].last)


def _identities(paths: tuple[str, ...]) -> tuple[tuple[int, int] | None, ...]:
    """Return what tells files from others of the same names; asked with every write, so the paths are texts."""
    return tuple(map(_identity, paths))


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 -- a Path would cost more than the question
    except OSError:
        return None
    return found.st_dev, found.st_ino
