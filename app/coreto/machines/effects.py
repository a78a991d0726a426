"""What machines ask their driver to do, in order.

The order is a contract: the driver performs effects as they stand. Whatever must follow a
`Persist` is held by the machine until it is told `persisted`, so "persist before speak"
(replication.md §3, D1) can be seen in the list.
"""

from __future__ import annotations

import msgspec

from coreto.journal.events import Event
from coreto.machines.ports import Key, Value
from coreto.wire.backend import BackendMessage
from coreto.wire.log import Batch
from coreto.wire.peer import PeerMessage
from coreto.wire.services import Request

Route = tuple[bytes, ...]
"""The envelope frames that lead back to a client; machines only hand them back."""


class Effect(msgspec.Struct, frozen=True):
    """The base of every effect."""


class TableWrite(msgspec.Struct, frozen=True, array_like=True):
    """One row of a derived table: its new value, or None to delete it."""

    table: str
    key: Key
    value: Value | None


class Mend(msgspec.Struct, frozen=True, array_like=True):
    """Replace whatever rows hold entries `first` to `last` with `batches`, which hold just these."""

    first: int
    last: int
    batches: tuple[Batch, ...]


class Persist(Effect, frozen=True):
    """Write all of this in one transaction, sync, then say `persisted(number)`.

    First what mends the log, then `log` in order: an index truncates from there on, a batch is appended.
    """

    number: int
    log: tuple[int | Batch, ...] = ()
    meta: tuple[tuple[str, Value], ...] = ()
    tables: tuple[TableWrite, ...] = ()
    mends: tuple[Mend, ...] = ()


class SendPeer(Effect, frozen=True):
    """Send a message to the server with this replica id."""

    to: str
    message: PeerMessage


class SendBroker(Effect, frozen=True):
    """Send a message to the broker (from a server)."""

    message: BackendMessage


class SendServer(Effect, frozen=True):
    """Send a message to the server on this link (from the broker)."""

    link: bytes
    message: BackendMessage


class Probe(Effect, frozen=True):
    """Find out whether the link to a server still stands; if not, say `on_broken`."""

    link: bytes


class ReplyTo(Effect, frozen=True):
    """Give a client its one answer."""

    route: Route
    body: bytes


class AskReference(Effect, frozen=True):
    """Send a request to the reference."""

    request: Request
    clock: int
    timestamp: float


class AskServer(Effect, frozen=True):
    """Send a course request to a server that is not ours; say its answer with `number`, if there is one."""

    address: str
    number: int
    request: Request
    clock: int
    timestamp: float


class Connect(Effect, frozen=True):
    """Reach the server with this replica id at `address` from now on."""

    replica: str
    name: str
    address: str


class Publish(Effect, frozen=True):
    """Publish two frames on the proxy."""

    topic: bytes
    body: bytes


class Report(Effect, frozen=True):
    """Tell the journal what happened."""

    event: Event


class Halt(Effect, frozen=True):
    """An invariant is broken: this server stops and its files stay (replication.md D8)."""

    reason: str
