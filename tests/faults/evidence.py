"""What is known from outside about one run: what clients were told, what subscribers heard, what disks hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

WRITES = frozenset({"login", "channel", "publish", "message"})


class Content(NamedTuple):
    """What a write asks for, without its keys; every write of a run has a content of its own."""

    kind: str
    user: str
    target: str
    text: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One message in an answer to `history`."""

    seq: int
    index: int
    text: str


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request of one client, its repetitions included; times are seconds of the monotonic clock."""

    client: str
    content: Content
    start: float
    end: float
    code: str
    """`ok`, a code of the protocol, or `silence` when no answer came."""
    index: int = 0
    seq: int = 0
    epoch: int = 0
    plain: bool = False
    """Asked on a bare REQ socket, without an id."""
    level: str = ""
    min_index: int = 0
    after: int = 0
    limit: int = 0
    rows: tuple[Row, ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether it goes through the log."""
        return self.content.kind in WRITES

    @property
    def topic(self) -> str:
        """Where its message is stored, empty for other writes."""
        return self.content.target if self.content.kind in ("publish", "message") else ""


class Delivery(NamedTuple):
    """One message as a subscriber was shown it; `seq` is 0 when nobody vouched for it."""

    topic: str
    seq: int
    text: str


class Logged(msgspec.Struct, frozen=True):
    """One entry of a log on disk; `content` is None for entries that no client asked for."""

    index: int
    epoch: tuple[int, str]
    lamport: int
    content: Content | None


class State(msgspec.Struct):
    """The derived tables of one server."""

    checkpoint: int
    """The log index up to which they are complete."""
    messages: dict[str, list[tuple[int, int]]]
    """(seq, log index) of every message, by topic, in order of seq."""
    topics: dict[str, tuple[str, int, int]]
    """Kind, last seq and log index of creation, by name."""


class Span(NamedTuple):
    """From when to when something was so, in seconds of the monotonic clock."""

    start: float
    end: float


@dataclass
class Evidence:
    """Everything the checker judges by."""

    operations: Sequence[Operation] = ()
    deliveries: dict[str, list[Delivery]] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    """By topic, the seq from which every subscriber must have heard all."""
    upto: dict[str, int] = field(default_factory=dict)
    """By topic, the last seq that every subscriber must have heard."""
    broker_kills: Sequence[float] = ()
    outages: Sequence[Span] = ()
    """When the broker was killed and not back, in order."""
    logs: dict[str, Iterable[Logged]] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)


def save(path: Path, items: Iterable[object]) -> None:
    """Write one JSON value a line."""
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(item) + b"\n" for item in items)
