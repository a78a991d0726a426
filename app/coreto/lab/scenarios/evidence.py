"""What was seen from outside: what clients sent and were told, what listeners heard, what servers hold."""

from __future__ import annotations

import msgspec

from coreto.client.inbox import Received
from coreto.journal.event import Event
from coreto.journal.events import Violated
from coreto.wire.publication import Publication

OK = "ok"
CERTAIN = frozenset({"no_quorum", "no_coordinator", "overloaded", "bad_request", "refused"})
"""Codes that say: certainly without effect."""


class Operation(msgspec.Struct, frozen=True):
    """One message that somebody published, and what came of it; times are monotonic seconds."""

    writer: str
    channel: str
    text: str
    start: float
    end: float
    code: str
    """`ok`, or how it failed (replication.md §7)."""
    seq: int = 0
    index: int = 0
    id: str = ""


class Page(msgspec.Struct, frozen=True):
    """A page of history that a reader was shown: what stands behind `after`."""

    reader: str
    channel: str
    after: int
    index: int
    """The place in the log that the answer reflects."""
    rows: tuple[Publication, ...]


class Listened(msgspec.Struct, frozen=True):
    """What one listener heard with the subscriber of this program, and with a bare SUB socket."""

    name: str
    topics: tuple[str, ...]
    shown: tuple[Received, ...]
    bare: tuple[Publication, ...]
    complete: bool
    """Whether it had until its deadline to hear the last message, or heard it."""


class Logged(msgspec.Struct, frozen=True):
    """An entry of the log on a disk."""

    index: int
    epoch: tuple[int, str]
    lamport: int
    content: tuple[str, str, str, str] = ("", "", "", "")
    """Kind, user, target and text of a command."""


class Evidence(msgspec.Struct):
    """Everything that is judged."""

    operations: list[Operation] = []
    pages: list[Page] = []
    listened: list[Listened] = []
    histories: dict[str, dict[str, list[Publication]]] = {}
    """By server and channel, in order."""
    logs: dict[str, list[Logged]] = {}
    """By server, of those that ran to the end."""
    applied: dict[str, int] = {}
    """How far each of them had applied the log when it was last asked."""
    events: list[Event] = []
    violations: list[Violated] = []
    clocks: dict[str, tuple[float, float]] = {}
    """Of each server in the end: how far its clock is ahead of ours, known to within the second number."""
    steps_missed: list[str] = []
    """Steps that waited in vain, in words."""
    without_progress: list[str] = []
    """Writers who were not acknowledged any more after the last step."""
    slow: list[str] = []
    """What could not be judged, because the machine stood still too long."""

    @property
    def acknowledged(self) -> list[Operation]:
        """Return the messages whose writers were told that they are stored."""
        return [operation for operation in self.operations if operation.code == OK]

    @property
    def newest(self) -> int:
        """Return the last place in the log that anybody was told of."""
        return max((operation.index for operation in self.acknowledged), default=0)
