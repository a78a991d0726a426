"""A virtual disk: what was written and not yet synced is lost when its server crashes.

It implements the ports of the log and of the tables as the store does, and keeps what a checker
wants to see from outside.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import itemgetter

from coreto.machines.effects import Mend, Persist
from coreto.machines.memory import is_memory
from coreto.machines.node import Stored
from coreto.machines.outbox import Identity
from coreto.machines.ports import Damaged, DamageError, Key, Value
from coreto.wire.log import Batch, Config, Epoch, may_hold_config, slice_batch


class Table:
    """The rows of one derived table, and their keys in order, so that a page costs no more in a long run."""

    def __init__(self) -> None:
        self.rows: dict[Key, Value] = {}
        self._keys: list[Key] = []

    def copy(self) -> Table:
        """Return a copy that goes its own way."""
        copied = Table()
        copied.rows, copied._keys = dict(self.rows), list(self._keys)
        return copied

    def write(self, key: Key, value: Value | None) -> None:
        """Give a row its new value; None deletes it."""
        if value is None:
            if self.rows.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
            return
        if key not in self.rows:
            insort(self._keys, key)
        self.rows[key] = value

    def scan(self, prefix: Key, after: Key, before: Key, limit: int, reverse: bool) -> list[tuple[Key, Value]]:
        """Return rows in order of key; see `TableView.scan` for the bounds."""
        keys, length = self._keys, len(prefix)
        low = bisect_right(keys, after) if after else 0
        low = bisect_left(keys, prefix, low)
        high = bisect_left(keys, before) if before else len(keys)
        high = bisect_right(keys, prefix, low, max(low, high), key=lambda key: key[:length])
        page = keys[max(low, high - limit) : high][::-1] if reverse else keys[low : min(high, low + limit)]
        return [(key, self.rows[key]) for key in page]


class Disk:
    """One server's folder. `watch` is told of every change just before it is made."""

    def __init__(self, name: str, replica: str, cluster: str, genesis: Config) -> None:
        self.name = name
        self.replica = replica
        self.cluster = cluster
        self.genesis = genesis
        self.incarnation = 0
        self.batches: list[Batch] = []
        self.meta: dict[str, Value] = {}
        self.tables: defaultdict[str, Table] = defaultdict(Table)
        self._configs: list[tuple[int, Config]] = []
        self.damaged: dict[int, bool] = {}
        """First index of each damaged batch, and whether what it says of its h is still right."""
        self.watch: Callable[[Disk, int | Batch], None] = lambda disk, change: None

    def start(self) -> Stored:
        """Begin a new life: count it on disk, and return what is there."""
        self.incarnation += 1
        counter, replica = self.meta.get("promised", (0, ""))
        checkpoint, digest = self.meta.get("checkpoint", (0, 0))
        return Stored(
            identity=Identity(self.name, self.replica, self.cluster, self.incarnation),
            genesis=self.genesis,
            promised=Epoch(int(counter), str(replica)),
            commit=int(self.meta.get("commit", (0,))[0]),
            published=int(self.meta.get("published", (0,))[0]),
            checkpoint=int(checkpoint),
            digest=int(digest),
            rank=int(self.meta.get("rank", (0,))[0]),
            stable=float(self.meta.get("stable", (0.0,))[0]),
            addresses=tuple(str(part) for part in self.meta.get("addresses", ())),
            memory=tuple((key, value) for key, value in self.meta.items() if is_memory(key)),
        )

    def sync(self, persist: Persist) -> None:
        """Make one persist durable, whole."""
        for mend in persist.mends:
            self._mend(mend)
        for change in persist.log:
            self.watch(self, change)
            if isinstance(change, Batch):
                self._append(change)
            else:
                self._truncate(change)
        self.meta.update(persist.meta)
        for write in persist.tables:
            self.tables[write.table].write(write.key, write.value)

    def copy(self) -> Disk:
        """Return a copy of the folder as it is now; nobody watches it."""
        copied = Disk(self.name, self.replica, self.cluster, self.genesis)
        copied.incarnation, copied.batches = self.incarnation, list(self.batches)
        copied.meta, copied.damaged = dict(self.meta), dict(self.damaged)
        copied.tables.update({name: table.copy() for name, table in self.tables.items()})
        return copied

    # LogView.

    def last_batch(self) -> Batch | None:
        """Return the last batch; raise `DamageError` if it is damaged."""
        return self._checked(self.batches[-1]) if self.batches else None

    def batch_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index`; raise `DamageError` if it is damaged."""
        batch = self.written_at(index)
        return batch and self._checked(batch)

    def written_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index` as it was written, damaged or not: for those who judge from outside."""
        place = self._place_of(index)
        return self.batches[place] if place >= 0 and index <= self.batches[place].last else None

    def chain_before(self, batch: Batch) -> int:
        """Return h of the entry before a batch of this disk, damaged or not: for those who judge from outside."""
        place = self._place_of(batch.first)
        return self.batches[place - 1].chain if place else 0

    def damages(self) -> tuple[Damaged, ...]:
        """Return what is damaged, in order; neighbours are told one by one."""
        found = []
        for place, batch in enumerate(self.batches):
            if batch.first in self.damaged:
                before = self.batches[place - 1].chain if place else 0
                chain = batch.chain if self._vouches_for_end(place) else None
                found.append(Damaged(batch.first, batch.last, before, chain))
        return tuple(found)

    def _vouches_for_end(self, place: int) -> bool:
        """Whether a damaged row still says its h, or the intact one behind it does."""
        is_followed = place + 1 < len(self.batches) and self.batches[place + 1].first not in self.damaged
        return self.damaged[self.batches[place].first] or is_followed

    def configs(self) -> list[tuple[int, Config]]:
        """Return every configuration with its index."""
        return list(self._configs)

    def config(self) -> Config:
        """Return the configuration that is in force on this disk."""
        configs = self.configs()
        return configs[-1][1] if configs else self.genesis

    # TableView.

    def get(self, table: str, key: Key) -> Value | None:
        """Return one row."""
        return self.tables[table].rows.get(key)

    def scan(
        self, table: str, prefix: Key, after: Key, before: Key, limit: int, reverse: bool
    ) -> Iterable[tuple[Key, Value]]:
        """Return rows in order of key."""
        return self.tables[table].scan(prefix, after, before, limit, reverse)

    def _place_of(self, index: int) -> int:
        """Return the place of the last batch that begins at or before `index`, -1 for none."""
        return bisect_right(self.batches, index, key=_first) - 1

    def _checked(self, batch: Batch) -> Batch:
        if batch.first in self.damaged:
            raise DamageError(batch.first, batch.last)
        return batch

    def _mend(self, mend: Mend) -> None:
        place = self._place_of(mend.first)
        gone = [batch for batch in self.batches if mend.first <= batch.first <= mend.last]
        for batch in mend.batches:
            self.watch(self, batch)
        rest = [b for batch in gone if batch.last > mend.last for b in self._rest(batch, mend)]
        self._forget_configs(mend.first, mend.last)
        for batch in mend.batches:
            self._note_configs(batch)
        self.batches[place : place + len(gone)] = [*mend.batches, *rest]
        for batch in gone:
            self.damaged.pop(batch.first, None)
        self.damaged.update({batch.first: False for batch in rest})

    def _rest(self, batch: Batch, mend: Mend) -> list[Batch]:
        """What a part of a damaged batch leaves behind: still damaged."""
        return [slice_batch(batch, mend.last + 1, batch.last, mend.batches[-1].chain)]

    def _append(self, batch: Batch) -> None:
        end = self.batches[-1].last if self.batches else 0
        assert batch.first == end + 1, (self.name, batch.first, end)
        self.batches.append(batch)
        self._note_configs(batch)

    def _note_configs(self, batch: Batch) -> None:
        self._configs.extend(configs_in(batch))
        self._configs.sort(key=itemgetter(0))

    def _forget_configs(self, first: int, last: float) -> None:
        self._configs = [(index, config) for index, config in self._configs if not first <= index <= last]

    def _truncate(self, index: int) -> None:
        self._forget_configs(index, float("inf"))
        self.damaged = {first: known for first, known in self.damaged.items() if first < index}
        while self.batches and self.batches[-1].first >= index:
            self.batches.pop()
        if self.batches and self.batches[-1].last >= index:
            cut = self._checked(self.batches.pop())
            before = self.batches[-1].chain if self.batches else 0
            self.batches.append(slice_batch(cut, cut.first, index - 1, before))


def configs_in(batch: Batch) -> list[tuple[int, Config]]:
    """Return the configurations in a batch, with their indexes."""
    if not may_hold_config(batch):
        return []
    entries = enumerate(batch.entries(), batch.first)
    return [(index, entry.body) for index, entry in entries if isinstance(entry.body, Config)]


def _first(batch: Batch) -> int:
    return batch.first
