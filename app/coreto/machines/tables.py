"""The derived tables as their machine sees them: rows on disk under a tail in memory.

Applying an entry changes rows; the changes wait in the tail, in log order, and are written a
little with every batch, so the hot path stays short and memory does not grow with history
(replication.md §10). Every read is table + tail. `checkpoint` is the last log index whose changes
are all on disk; a restart applies the log again from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from coreto.machines.effects import TableWrite
from coreto.machines.ports import Key, TableView, Value

TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "topics": (("kind", "name"), ("seq", "created", "time")),
    "messages": (("topic", "seq"), ("position",)),
    "conversations": (("one", "other", "position"), ("seq",)),
    "starts": (("start",), ("floor", "used")),
    "outcomes": (("start", "n"), ("code", "rule", "position", "seq")),
    "sessions": (("session",), ("floor", "used")),
    "session_outcomes": (("session", "n"), ("digest", "code", "rule", "position", "seq")),
    "ids": (("owner", "id"), ("digest", "code", "rule", "position", "seq")),
    "id_order": (("position",), ("owner", "id")),
}
"""Every derived table: the columns of its key and of its value."""

RESIDENT = ("starts", "outcomes", "sessions")
"""Small bounded tables that are looked up for every command: kept in memory whole."""


class Tables:
    """Get, put, delete and scan rows; `take_writes` hands the head of the tail to the disk."""

    def __init__(self, view: TableView, checkpoint: int, digest: int) -> None:
        self._view = view
        self.checkpoint = checkpoint
        self.digest = digest
        """The state hash as of `checkpoint`."""
        self._version = 0
        self._overlay: dict[str, dict[Key, tuple[int, Value | None]]] = {name: {} for name in TABLES}
        self._tail: deque[tuple[int, int, TableWrite, int]] = deque()
        self._in_flight: deque[tuple[int, list[tuple[int, TableWrite]]]] = deque()
        self._resident = {name: dict(self._view.scan(name, (), (), (), _ALL, False)) for name in RESIDENT}

    @property
    def waiting(self) -> int:
        """Changes that the disk does not have yet."""
        return len(self._tail)

    def get(self, table: str, key: Key) -> Value | None:
        """Return a row."""
        resident = self._resident.get(table)
        if resident is not None:
            return resident.get(key)
        changed = self._overlay[table].get(key)
        return changed[1] if changed is not None else self._view.get(table, key)

    def resident(self, table: str) -> dict[Key, Value]:
        """Return all rows of a table that is kept in memory, in no promised order."""
        return self._resident[table]

    def write(self, index: int, writes: Iterable[TableWrite], digest: int) -> None:
        """Take the changes made by the log entry `index`; `digest` is the state hash after it."""
        for change in writes:
            self._version += 1
            self._tail.append((index, self._version, change, digest))
            self._overlay[change.table][change.key] = (self._version, change.value)
            resident = self._resident.get(change.table)
            if resident is None:
                continue
            if change.value is None:
                resident.pop(change.key, None)
            else:
                resident[change.key] = change.value

    def scan(
        self, table: str, prefix: Key, *, after: Key = (), before: Key = (), limit: int, reverse: bool = False
    ) -> list[tuple[Key, Value]]:
        """Return rows in order of key; see `TableView.scan` for the bounds."""
        changed = {
            key: value
            for key, (_, value) in self._overlay[table].items()
            if key[: len(prefix)] == prefix and (not after or key > after) and (not before or key < before)
        }
        rows = self._view.scan(table, prefix, after, before, limit + len(changed), reverse)
        merged = {key: value for key, value in rows if key not in changed}
        merged.update({key: value for key, value in changed.items() if value is not None})
        return list(islice(sorted(merged.items(), reverse=reverse), limit))

    def take_writes(self, number: int, most: int, applied: int) -> tuple[TableWrite, ...]:
        """Return the oldest changes, whole entries, as part of persist `number`; moves `checkpoint`."""
        taken: list[tuple[int, TableWrite]] = []
        at = self.checkpoint
        while self._tail and (len(taken) < most or self._tail[0][0] == at):
            at, version, change, self.digest = self._tail.popleft()
            taken.append((version, change))
        self.checkpoint = at if self._tail else applied
        if taken:
            self._in_flight.append((number, taken))
        final = {(change.table, change.key): change for _, change in taken}
        return tuple(final.values())

    def persisted(self, number: int) -> None:
        """The disk has every change up to persist `number`: the tail may forget them."""
        while self._in_flight and self._in_flight[0][0] <= number:
            for version, change in self._in_flight.popleft()[1]:
                kept = self._overlay[change.table].get(change.key)
                if kept is not None and kept[0] == version:
                    del self._overlay[change.table][change.key]


_ALL = 1 << 40
