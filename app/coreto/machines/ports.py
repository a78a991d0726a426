"""What a machine may ask of the world: to read its log and tables, and to draw a number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from coreto.wire.log import Batch, Config

Key = tuple[str | int, ...]
Value = tuple[str | int | float, ...]


class Damaged(msgspec.Struct, frozen=True):
    """Entries of which the disk does not hold what was written (replication.md D5)."""

    first: int
    last: int
    before: int
    """h(first - 1), on which the intact part before ends."""
    chain: int | None
    """h(last) as the damaged row, or the intact one behind it, vouches for it; None if nothing does."""


class DamageError(Exception):
    """Entries `first` to `last` of the log are not what was written."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"entries {first} to {last} of the log are damaged")
        self.first = first
        self.last = last


class LogView(Protocol):
    """The log as it is on disk (replication.md §10)."""

    def last_batch(self) -> Batch | None:
        """Return the last batch, None for an empty log."""

    def batch_at(self, index: int) -> Batch | None:
        """Return the batch that holds `index`."""

    def configs(self) -> list[tuple[int, Config]]:
        """Return every configuration in the log with its index, in order."""


class TableView(Protocol):
    """The derived tables as they are on disk."""

    def get(self, table: str, key: Key) -> Value | None:
        """Return the row with this key."""

    def scan(
        self, table: str, prefix: Key, after: Key, before: Key, limit: int, reverse: bool
    ) -> Iterable[tuple[Key, Value]]:
        """Return rows whose key begins with `prefix`, in order of key (or `reverse`).

        `after` and `before` are keys that bound them, both exclusive; an empty one bounds nothing.
        """


class Random(Protocol):
    """A seeded source of numbers."""

    def uniform(self, a: float, b: float, /) -> float:
        """Return a number between `a` and `b`."""
