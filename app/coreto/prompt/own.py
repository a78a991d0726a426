"""The person's own messages: shown once, in their place among the others, marked when they are stored.

Theory of operation. A message of ours is heard of twice, in either order: the answer to the request
says under which number a majority stored it, and the publication comes back in its place in the
topic. Where publications are shown as they come, the first of the two that finds the other makes
the mark; a publication that does not come in time is shown without waiting for it any longer.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec

from coreto.prompt.results import Spoken

PATIENCE_SECONDS = 1.0
"""How long a message that is stored waits for its publication before it is shown all the same."""
REMEMBERED_MAX = 256
"""Messages remembered as shown already, should their publication come after all."""

Number = tuple[str, int]
"""Topic and number in it."""


class _Awaited(msgspec.Struct):
    spoken: Spoken
    due: float


class OwnMessages:
    """What was sent from here; commands and arrivals come from different threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sending: tuple[str, str] | None = None
        self._early: Number | None = None
        self._awaited: dict[Number, _Awaited] = {}
        self._shown: dict[Number, None] = {}
        self._doubtful: dict[tuple[str, str], None] = {}
        """Topic and text of messages of which nobody knows whether they are stored; some may still come."""

    def begin(self, topic: str, text: str) -> None:
        """A text is on its way to a topic."""
        with self._lock:
            self._sending, self._early = (topic, text), None

    def end(self, topic: str, seq: int | None, spoken: Spoken, *, follows: bool) -> None:
        """It is stored; with `follows` it is to be shown when it comes back, else it was shown now."""
        with self._lock:
            self._sending = None
            if seq is None or self._early == (topic, seq):
                return
            if follows:
                self._awaited[topic, seq] = _Awaited(spoken, time.monotonic() + PATIENCE_SECONDS)
            else:
                self._remember((topic, seq))

    def abandon(self, *, unknown: bool) -> None:
        """It was refused, or nobody knows what became of it."""
        with self._lock:
            if unknown and self._sending is not None:
                self._doubtful[self._sending] = None
                _bound(self._doubtful)
            self._sending = None

    def recognise(self, topic: str, seq: int, text: str) -> bool | None:
        """Say whether a publication in the person's name was sent from here; None when it was shown already."""
        with self._lock:
            if (topic, seq) in self._shown:
                del self._shown[topic, seq]
                return None
            if self._awaited.pop((topic, seq), None) is not None:
                return True
            if self._sending == (topic, text) and self._early is None:
                self._early = (topic, seq)
                return True
            return self._doubtful.pop((topic, text), False) is None

    def overdue(self) -> list[Spoken]:
        """Return the messages whose publication has not come in time."""
        now = time.monotonic()
        with self._lock:
            late = [number for number, awaited in self._awaited.items() if awaited.due <= now]
            for number in late:
                self._remember(number)
            return [self._awaited.pop(number).spoken for number in late]

    def _remember(self, number: Number) -> None:
        self._shown[number] = None
        _bound(self._shown)


def _bound(remembered: dict[tuple[str, Any], None]) -> None:
    """Forget the oldest."""
    if len(remembered) > REMEMBERED_MAX:
        del remembered[next(iter(remembered))]
