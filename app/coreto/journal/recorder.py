"""The recorder of one life of a role: it puts on every event who, when, and a number.

It is the only place where an event meets a clock: machines report without one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import msgspec

from coreto.journal.event import Event
from coreto.journal.sink import Sink

LIFE_BYTES = 3
"""Bytes of chance that tell the lives of a role apart."""


class Recorder:
    """Belongs to the thread of its role."""

    def __init__(
        self, lane: str, sink: Sink, clock: Callable[[float], float] | None = None, *, detailed: bool = False
    ) -> None:
        """`clock` reads the application clock at a monotonic moment; `detailed`: every message is wanted too."""
        self.detailed = detailed
        self._lane = lane
        self._sink = sink
        self._clock = clock
        self._wall = time.time() - time.monotonic()
        """Makes Unix seconds of monotonic ones: whoever sets the machine's clock moves no event."""
        self._life = secrets.token_hex(LIFE_BYTES)
        self._number = 0

    def note(self, event: Event) -> None:
        """Hand on an event that happened now."""
        now = time.monotonic()
        self._number += 1
        self._sink(
            msgspec.structs.replace(
                event,
                lane=self._lane,
                time=self._wall + now,
                app=self._clock(now) if self._clock is not None else None,
                id=f"{self._lane}:{self._life}:{self._number}",
            )
        )
