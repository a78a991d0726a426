"""The lines of a stage: every message waits here until the script lets it arrive, doubles it or loses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

ANY = "all"
"""Stands for every place and every kind in a selector."""
WAITING_MAX = 100_000
"""More messages than any script looks at: beyond, it forgot to deliver or drop something."""


class Waiting(msgspec.Struct, eq=False):
    """A message on its way."""

    source: str
    target: str
    kind: str
    text: str
    arrive: Callable[[], None]
    quiet: bool
    """Of no interest to a reader: heartbeats to the broker, and what the reference is told."""


class Selector(NamedTuple):
    """Which messages are meant: those from, to, of this kind."""

    source: str = ANY
    target: str = ANY
    kind: str = ANY

    def matches(self, item: Waiting) -> bool:
        """Whether a message is meant."""
        return self.source in (ANY, item.source) and self.target in (ANY, item.target) and self.kind in (ANY, item.kind)


class Links:
    """What waits, in the order it was sent, and which of it stays when everything else flows."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._holds: list[Selector] = []

    def put(self, item: Waiting) -> None:
        """Have a message wait."""
        assert len(self._waiting) < WAITING_MAX, "too many messages wait"
        self._waiting.append(item)

    def select(self, selector: Selector) -> list[Waiting]:
        """Return the messages that are meant, oldest first."""
        return [item for item in self._waiting if selector.matches(item)]

    def take(self, item: Waiting) -> None:
        """Remove a message: it arrives, or is lost."""
        self._waiting.remove(item)

    def duplicate(self, item: Waiting) -> None:
        """Put a copy of a message right behind it."""
        self._waiting.insert(self._waiting.index(item) + 1, msgspec.structs.replace(item))

    def hold(self, selector: Selector) -> None:
        """Let these wait when everything else flows."""
        self._holds.append(selector)

    def release(self) -> None:
        """Hold nothing any more."""
        self._holds.clear()

    def flowing(self) -> list[Waiting]:
        """Return what is not held, oldest first."""
        return [item for item in self._waiting if not any(hold.matches(item) for hold in self._holds)]
