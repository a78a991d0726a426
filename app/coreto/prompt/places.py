"""What a person has not read: a counter and a marker for each channel and conversation.

A message counts as unread until the person acts on its place: goes elsewhere after having been
there, writes in it, or says /read. Looking at it, in a history or as it scrolls by, moves nothing.
Arrivals come from one thread and commands from another, hence the lock.
"""

from __future__ import annotations

import threading

import msgspec


class Place(msgspec.Struct):
    """How far one place was read; positions are places in the log of the servers."""

    read: int | None = None
    """Position of the last message read; None before the first visit."""
    last: int = 0
    """Position of the last message seen in any way."""
    unread: int = 0
    mentioned: bool = False


class Unread(msgspec.Struct, frozen=True):
    """What waits in one place; `mentioned` when the person is named in it."""

    place: str
    count: int
    mentioned: bool


class Places:
    """The places of one person."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def arrived(self, name: str, index: int, *, counts: bool, mention: bool) -> None:
        """Note a message; one of the person's own is not to be counted."""
        with self._lock:
            place = self._places.setdefault(name, Place())
            place.last = max(place.last, index)
            if counts:
                place.unread += 1
                place.mentioned = place.mentioned or mention

    def marker(self, name: str) -> int | None:
        """Return the position of the last message read there; None when it was never visited."""
        with self._lock:
            place = self._places.get(name)
            return place.read if place else None

    def seen(self, name: str, index: int) -> None:
        """Note that a history up to a position was shown; a first visit begins as read."""
        with self._lock:
            place = self._places.setdefault(name, Place())
            place.last = max(place.last, index)
            if place.read is None:
                place.read = place.last

    def read(self, name: str) -> int:
        """Note that everything there was read; return how much it was."""
        with self._lock:
            place = self._places.setdefault(name, Place())
            count, place.unread, place.mentioned = place.unread, 0, False
            place.read = place.last
            return count

    def forget(self, name: str) -> None:
        """Forget a place that was left."""
        with self._lock:
            self._places.pop(name, None)

    def unread(self) -> list[Unread]:
        """Return the places with something unread, those that name the person first."""
        with self._lock:
            waiting = [Unread(name, p.unread, p.mentioned) for name, p in self._places.items() if p.unread]
        return sorted(waiting, key=lambda item: not item.mentioned)
