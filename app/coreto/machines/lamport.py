"""Lamport's logical clock (Lamport 1978, "Time, Clocks, and the Ordering of Events", rules IR1 and IR2).

If one event can have influenced another, its clock value is smaller. The course protocol counts
sends: increment before every send and send the value; on receipt take the greater of both.
Receiving alone does not count (IR2 would): the value of the next send is greater all the same.
"""

from __future__ import annotations

from coreto.wire.limits import CLOCK_AHEAD_MAX, CLOCK_MAX


class Lamport:
    """One process's clock; `value` is that of its last send or receipt."""

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def send(self) -> int:
        """Return the value for a message that leaves now."""
        if self.value < CLOCK_MAX:
            self.value += 1
        return self.value

    def receive(self, value: int | None) -> None:
        """Take note of a received value; one that is absent or absurdly far ahead says nothing."""
        if value is not None and self.value < value <= self.value + CLOCK_AHEAD_MAX:
            self.value = value
