"""The log as its machine sees it: what is on disk, and what is on its way there.

A machine appends and truncates at once and goes on; the disk follows. Until it has, reads come
from a window in memory that holds at least everything the disk does not hold yet, and which is
bounded because what the disk holds may leave it. `durable` counts only what the disk holds with
the same bytes: a truncation takes back what an older write in flight will report
(replication.md D2 and S25).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from coreto.machines.ports import LogView
from coreto.machines.settings import DEFAULTS, Settings
from coreto.wire.log import (
    EPOCH_ZERO,
    POSITION_ZERO,
    Batch,
    Config,
    Entry,
    Epoch,
    Position,
    chain_at,
    make_batch,
    may_hold_config,
    slice_batch,
)


class TruncationError(RuntimeError):
    """Something asked for entries below the commit point to be removed: an invariant is broken."""


class MachineLog:
    """Append, truncate and read; `take_writes` gives what the disk must do."""

    def __init__(self, view: LogView, genesis: Config, settings: Settings = DEFAULTS) -> None:
        self._view = view
        self.genesis = genesis
        self._settings = settings
        self._configs = view.configs()
        self.config = genesis
        """The configuration in force: the latest in the log, committed or not."""
        self.voters = frozenset(voter.replica for voter in genesis.voters)
        """Replica ids of the voters in force."""
        self._follow_configs()
        last = view.last_batch()
        self.last: Position = last.position if last else POSITION_ZERO
        self.chain = last.chain if last else 0
        self.durable = self.last.index
        """The disk holds this log up to here, with the same bytes."""
        self._window: list[Batch] = []
        self._firsts: list[int] = []
        self._writes: list[int | Batch] = []
        self._in_flight: list[tuple[int, int]] = []

    # Writing.

    def append(self, epoch: Epoch, entries: Sequence[Entry]) -> Batch:
        """Append `entries` in `epoch` and return them as a batch."""
        batch = make_batch(self.last.index + 1, epoch, entries, self.chain)
        self._push(batch)
        self._note_configs(batch.first, entries)
        return batch

    def append_batch(self, batch: Batch) -> None:
        """Append a received batch that begins right behind the last entry."""
        assert batch.first == self.last.index + 1, (batch.first, self.last)
        self._push(batch)
        if may_hold_config(batch):
            self._note_configs(batch.first, batch.entries())

    def truncate(self, index: int, commit: int) -> None:
        """Remove the entries from `index` on; raise `TruncationError` if one of them is committed."""
        if index <= commit:
            raise TruncationError(f"truncate at {index}, commit {commit}")
        before = index - 1
        self.last, self.chain = self.position_at(before), self.chain_at(before)
        self.durable = min(self.durable, before)
        self._in_flight = [(number, min(last, before)) for number, last in self._in_flight]
        self._writes.append(index)
        self._cut_window(index)
        self._configs = [(at, config) for at, config in self._configs if at < index]
        self._follow_configs()

    def part(self, batch: Batch, first: int) -> Batch:
        """Return `batch` from `first` on, `first` being the place behind our last entry."""
        return slice_batch(batch, first, batch.last, self.chain)

    def take_writes(self, number: int) -> tuple[int | Batch, ...]:
        """Return what the disk must do, in order, as part of persist `number`."""
        writes, self._writes = tuple(self._writes), []
        if writes:
            self._in_flight.append((number, self.last.index))
        return writes

    def persisted(self, number: int) -> None:
        """The disk has done every write up to persist `number`."""
        while self._in_flight and self._in_flight[0][0] <= number:
            self.durable = self._in_flight.pop(0)[1]
        self._trim_window()

    @property
    def has_writes(self) -> bool:
        """Whether the disk lacks something it was not yet told."""
        return bool(self._writes)

    # Reading.

    def name_of(self, replica: str) -> str:
        """Return what people call a server: its name if it votes or was born with the cluster, else its replica id."""
        named = {voter.replica: voter.name for voter in (*self.genesis.voters, *self.config.voters)}
        return named.get(replica, replica)

    def was_voter(self, replica: str) -> bool:
        """Whether any configuration of this log counts a replica."""
        configs = [self.genesis, *(config for _, config in self._configs)]
        return any(voter.replica == replica for config in configs for voter in config.voters)

    def config_at(self, index: int) -> Config:
        """Return the configuration that was in force at `index`."""
        found = [config for at, config in self._configs if at <= index]
        return found[-1] if found else self.genesis

    def config_above(self, index: int) -> tuple[int, Config | None]:
        """Return the latest configuration entry behind `index`, with its index, or (0, None)."""
        if self._configs and self._configs[-1][0] > index:
            return self._configs[-1]
        return 0, None

    def position_at(self, index: int) -> Position:
        """Return (epoch, index) of an entry that is in the log; index 0 is before the first."""
        if index == self.last.index:
            return self.last
        batch = self._batch_at(index)
        return Position(batch.epoch if batch else EPOCH_ZERO, index)

    def batch_start(self, index: int) -> int:
        """Return the first index of the batch that holds `index`."""
        batch = self._batch_at(index)
        return batch.first if batch else 1

    def chain_at(self, index: int) -> int:
        """Return h(index)."""
        if index == self.last.index:
            return self.chain
        batch = self._batch_at(index)
        if batch is None:
            return 0
        return batch.chain if index == batch.last else chain_at(batch, index, self.chain_at(batch.first - 1))

    def holds(self, position: Position) -> bool:
        """Whether the entry at this index has this epoch."""
        return position.index <= self.last.index and self.position_at(position.index) == position

    def entry(self, index: int) -> Entry | None:
        """Return one entry."""
        batch = self._batch_at(index)
        return batch.entries()[index - batch.first] if batch else None

    def neighbours(self, index: int) -> dict[int, Entry]:
        """Return every entry of the batch that holds `index`, by index."""
        batch = self._batch_at(index)
        return dict(enumerate(batch.entries(), batch.first)) if batch else {}

    def entries(self, first: int, last: int) -> Iterator[tuple[int, Entry]]:
        """Yield entries `first` to `last` with their indexes."""
        at = first
        while at <= last:
            batch = self._batch_at(at)
            assert batch is not None, at
            for index, entry in enumerate(batch.entries(), batch.first):
                if first <= index <= last:
                    yield index, entry
            at = batch.last + 1

    def read_range(self, after: int, upto: int) -> tuple[Batch, ...]:
        """Return batches from `after` + 1, at least one and about `batch_bytes`, not beyond `upto`."""
        batches: list[Batch] = []
        size, at = 0, after + 1
        while at <= upto and size < self._settings.batch_bytes:
            batch = self._part(at, upto)
            batches.append(batch)
            size += len(batch.body)
            at = batch.last + 1
        return tuple(batches)

    def _part(self, first: int, upto: int) -> Batch:
        batch = self._batch_at(first)
        assert batch is not None, first
        if first == batch.first and upto >= batch.last:
            return batch
        return slice_batch(batch, first, min(upto, batch.last), self.chain_at(first - 1))

    # The window.

    def _batch_at(self, index: int) -> Batch | None:
        if self._firsts and index >= self._firsts[0]:
            batch = self._window[bisect_right(self._firsts, index) - 1]
            return batch if index <= batch.last else None
        if not 0 < index <= self.durable:
            return None
        stored = self._view.batch_at(index)
        if stored is not None and stored.last > self.durable:
            return slice_batch(stored, stored.first, self.durable, self.chain_at(stored.first - 1))
        return stored

    def _push(self, batch: Batch) -> None:
        self._window.append(batch)
        self._firsts.append(batch.first)
        self._writes.append(batch)
        self.last, self.chain = batch.position, batch.chain

    def _cut_window(self, index: int) -> None:
        keep = bisect_right(self._firsts, index - 1)
        cut = self._window[keep - 1] if keep else None
        del self._window[keep:], self._firsts[keep:]
        if cut is not None and cut.last >= index:
            before = self._before(keep - 1)
            self._window[-1] = slice_batch(cut, cut.first, index - 1, before)

    def _before(self, place: int) -> int:
        if place:
            return self._window[place - 1].chain
        return self.chain_at(self._firsts[0] - 1)

    def _trim_window(self) -> None:
        excess = len(self._window) - self._settings.window_batches
        if excess <= self._settings.window_batches // 4:
            return
        disk_holds = bisect_right(self._firsts, self.durable) - 1
        drop = min(excess, disk_holds)
        if drop > 0:
            del self._window[:drop], self._firsts[:drop]

    def _note_configs(self, first: int, entries: Sequence[Entry]) -> None:
        for index, entry in enumerate(entries, first):
            if isinstance(entry.body, Config):
                self._configs.append((index, entry.body))
        self._follow_configs()

    def _follow_configs(self) -> None:
        """Put the latest configuration in force; it is asked for many times a turn and changes seldom."""
        config = self._configs[-1][1] if self._configs else self.genesis
        if config is not self.config:
            self.config = config
            self.voters = frozenset(voter.replica for voter in config.voters)
