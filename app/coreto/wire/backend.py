"""Messages between the broker and our servers: READY in every heartbeat, work and answers in batches.

One frame carries everything that was there (design.md §4). A server's heartbeat holds all a
broker must know, so that a restarted broker learns it within one heartbeat (replication.md §7).
"""

from __future__ import annotations

import msgspec

from coreto.wire.log import BrokerKey, Epoch
from coreto.wire.tagged import TaggedCodec

PROBE = b"\x00"
"""One byte the broker sends to find out whether the link to a server still stands."""


class BackendMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The stamp every message carries."""

    clock: int = 0
    timestamp: float = 0.0


class Ready(BackendMessage, frozen=True, kw_only=True, tag="ready"):
    """A server's heartbeat to the broker; `epoch` counts only with role `coordinator`."""

    name: str
    replica: str
    cluster: str
    incarnation: int
    role: str
    epoch: Epoch
    commit: int
    applied: int


class WorkItem(msgspec.Struct, frozen=True, array_like=True):
    """One client request; `number` and `copy` name it in the answer, a read has no `key`."""

    number: int
    key: BrokerKey | None
    left_ms: int
    min_index: int
    raw: bytes
    copy: int = 0
    """Which copy of the request this is: an answer that comes twice must not be taken for that of another one."""


class Work(BackendMessage, frozen=True, kw_only=True, tag="work"):
    """Requests for a server, with the time each may still take.

    `broker` is the name of one life of a broker; answers repeat it, because the next life counts anew. In one life
    `number` rises from message to message: one that comes twice is known by it. `incarnation` is the life of the
    server that it is meant for: the next one does not know what that refused.
    """

    broker: str
    number: int
    incarnation: int
    items: tuple[WorkItem, ...]


class AnswerItem(msgspec.Struct, frozen=True, array_like=True):
    """How one copy ended: the outcome, the log index it reflects, and the client's reply."""

    number: int
    code: str
    index: int
    body: bytes
    copy: int = 0


class Answers(BackendMessage, frozen=True, kw_only=True, tag="answers"):
    """Answers of a server to one life of a broker."""

    broker: str
    items: tuple[AnswerItem, ...]


class Open(BackendMessage, frozen=True, kw_only=True, tag="open"):
    """A broker asks for its start: the log index of its first command (replication.md §7)."""

    nonce: str


class Opened(BackendMessage, frozen=True, kw_only=True, tag="opened"):
    """The start of the broker that asked with `nonce`."""

    nonce: str
    start: int


AnyBackendMessage = Ready | Work | Answers | Open | Opened

_codec: TaggedCodec[AnyBackendMessage] = TaggedCodec(AnyBackendMessage)


def write_backend(message: BackendMessage) -> bytes:
    """Return the one frame of a backend message."""
    return _codec.write(message)


def read_backend(raw: bytes) -> AnyBackendMessage | None:
    """Return the backend message in `raw`, or None if it is not one."""
    return _codec.read(raw)
