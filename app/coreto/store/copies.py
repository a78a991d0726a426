"""Copies of a server's file, and how a copy becomes the file of a server in a new cluster.

Theory of operation. A copy must never speak for the replica it was taken from: that one may have
promised and acknowledged more since (replication.md D6). So a copy that shall live gets an identity
of a new cluster, whose id every message carries, and the two never hear each other. The log comes
along as it is, truncated nowhere, since what was acknowledged is in it. Three things must then fit:

- *Configurations* in the old log name replicas that do not exist any more, and the latest one in a
  log is in force. So one more is appended, with the voters of the new cluster: the last in each of
  the new logs, and equal to what genesis says. It is the only change of more than one voter; it is
  safe because every voter of the new cluster begins with this same log, and nobody else is in it.
- *Epochs*. The appended entry has an epoch above every one that the old replica had promised or
  logged, under the id of the new cluster, which is no replica's: nobody ever coordinated it. It
  counts as promised, so the first coordinator takes a higher one, as always.
- *Commit*. All voters of the new cluster hold the log on disk up to this entry, so all of it is
  committed from the beginning, entries included whose fate was open in the old cluster ("unknown" to
  who sent them). Nobody may truncate there, and a candidate looks for no older configuration.

Incarnation begins anew, with the new replica id. What was derived from the log is kept with the
checkpoint that says how far; everything else that was remembered, of old peers say, is forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from coreto.machines.ports import DamageError
from coreto.store.database import DiskError, StoreError, unusable
from coreto.store.directories import make_folder, sync_directory
from coreto.store.server import FILE_NAME, Birth, ServerStore
from coreto.store.wal import WAL_SUFFIX
from coreto.texts import _
from coreto.wire.log import POSITION_ZERO, Config, Entry, Epoch, Position, make_batch

PAGES_AT_ONCE = 2000
"""Pages copied between two calls of `progress`: some megabytes."""

Progress = Callable[[float], None]
"""Is told which share of the work is done, from 0 to 1."""


class Survey(msgspec.Struct, frozen=True):
    """What the file of a server that does not run holds, verified whole."""

    folder: Path
    birth: Birth
    last: Position
    config: Config
    """The configuration in force."""


def survey(folder: Path) -> Survey | None:
    """Verify the server in `folder` and return what it holds, None if it is blank; raise `StoreError`."""
    path = folder / FILE_NAME
    if not path.exists() or path.stat().st_size == 0:
        return None
    with closing(ServerStore(folder)) as store:
        try:
            birth = store.birth()
            if birth is None:
                return None
            store.verify()
            last, configs = store.log.last_batch(), store.log.configs()
        except (DiskError, DamageError) as error:
            raise StoreError(unusable(path, error)) from None
        config = configs[-1][1] if configs else birth.genesis
        return Survey(folder, birth, last.position if last else POSITION_ZERO, config)


def copy_file(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database that was closed in good order to `target`, whole and synced; raise `StoreError`."""
    wal = source.with_name(source.name + WAL_SUFFIX)
    if wal.exists() and wal.stat().st_size:
        raise StoreError(_("The file {path} belongs to a server that was not closed: start and stop it.", path=wal))
    try:
        make_folder(target.parent)
        # Nobody writes it, so it may lie on a medium that cannot be written.
        unchanging = f"{source.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(unchanging, uri=True)) as old, closing(sqlite3.connect(target)) as new:
            new.execute("PRAGMA synchronous = FULL")
            new.execute("PRAGMA fullfsync = ON")
            old.backup(new, pages=PAGES_AT_ONCE, progress=lambda _code, left, all_: progress(1 - left / max(all_, 1)))
        sync_directory(target.parent)
    except (OSError, DiskError) as error:
        raise StoreError(
            _(
                "The file {source} cannot be copied to {target} ({error}): make room there, or choose another folder.",
                source=source,
                target=target,
                error=error,
            )
        ) from None


def enter_new_cluster(folder: Path, birth: Birth, epoch: Epoch) -> None:
    """Make the copy in `folder` the server that `birth` says, in a cluster that begins with `epoch`."""
    with closing(ServerStore(folder)) as store:
        last = store.log.last_batch()
        before = store.log.last_entry()
        entry = Entry(before.lamport + 1 if before else 1, before.time if before else 0.0, birth.genesis)
        first, chain = (last.last + 1, last.chain) if last else (1, 0)
        store.be_reborn(birth, make_batch(first, epoch, [entry], chain))


def epoch_above(folder: Path, cluster: str) -> Epoch:
    """Return an epoch above all that the server in `folder` promised or logged, under the id of a new cluster."""
    with closing(ServerStore(folder)) as store:
        last = store.log.last_batch()
        return Epoch(max(store.promised().counter, last.epoch.counter if last else 0) + 1, cluster)
