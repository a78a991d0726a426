"""What the log is made of: epochs, entries, commands, configurations, and batches of entries.

A batch holds consecutive entries of one epoch as concatenated encodings; these bytes travel and
are stored as they came. `chain` is h of the last entry, h(i) = H(h(i-1), bytes(i)) with CRC-32 as
H: it can be computed over any division into batches, so replicas whose batches differ still
compare (replication.md §2).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

APPLY_VERSION = 1
"""What applying an entry does. A program that does it differently has another number, and takes no part in a
cluster of this one: servers that apply one log differently would not have the same state."""

CommandKind = Literal["open", "login", "channel", "publish", "message"]


class Epoch(NamedTuple):
    """The term of one coordinator, compared by (counter, replica id): unique per candidate."""

    counter: int
    replica: str


EPOCH_ZERO = Epoch(0, "")


class Position(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Where a log ends, compared as "more up to date": epoch of the entry first, then its index."""

    epoch: Epoch
    index: int


POSITION_ZERO = Position(EPOCH_ZERO, 0)


class BrokerKey(NamedTuple):
    """`(start, n, floor)`: the idempotency key of a write (replication.md §7)."""

    start: int
    n: int
    floor: int


class Voter(msgspec.Struct, frozen=True, array_like=True):
    """A member that counts for majorities."""

    replica: str
    name: str
    address: str = ""
    """Where it was when it became a voter; empty for those of genesis, who know each other."""


class Noop(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The first entry of an epoch: what commits what came before."""


class Command(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A client's write in canonical form; which fields count depends on `kind`.

    login: `user` · channel: `target` · publish: `user`, `target` (channel), `text` ·
    message: `user` (sender), `target` (receiver), `text` · open: `text` (the asker's nonce).
    """

    kind: CommandKind
    key: BrokerKey
    id: str = ""
    user: str = ""
    target: str = ""
    text: str = ""


class Config(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The voters from this entry on, committed or not (Raft thesis §4.1)."""

    voters: tuple[Voter, ...]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One entry; its index and epoch are those of the batch that holds it.

    `time` is the coordinator's application clock, seconds since the Unix epoch.
    """

    lamport: int
    time: float
    body: Noop | Command | Config


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive entries of one epoch, `first` to `last`."""

    first: int
    count: int
    epoch: Epoch
    body: bytes
    chain: int

    @property
    def last(self) -> int:
        """Index of the last entry."""
        return self.first + self.count - 1

    @property
    def position(self) -> Position:
        """Where a log that ends with this batch ends."""
        return Position(self.epoch, self.last)

    def entries(self) -> list[Entry]:
        """Return the entries, decoded; raise `msgspec.DecodeError` if the bytes are damaged."""
        return _decoder.decode(_ARRAY_HEADER + self.count.to_bytes(4, "big") + self.body)

    def checksum(self) -> int:
        """Return the CRC-32 over everything in this batch."""
        return zlib.crc32(_encoder.encode(self))


_ARRAY_HEADER = b"\xdd"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry])


def make_batch(first: int, epoch: Epoch, entries: Sequence[Entry], chain_before: int) -> Batch:
    """Return the batch of `entries` whose first one has index `first`."""
    body = b"".join(map(_encoder.encode, entries))
    return Batch(first, len(entries), epoch, body, zlib.crc32(body, chain_before))


def slice_batch(batch: Batch, first: int, last: int, chain_before: int) -> Batch:
    """Return the part of `batch` from `first` to `last`; `chain_before` is h(first - 1)."""
    if first == batch.first and last == batch.last:
        return batch
    part = batch.entries()[first - batch.first : last - batch.first + 1]
    return make_batch(first, batch.epoch, part, chain_before)


def chain_at(batch: Batch, index: int, chain_before: int) -> int:
    """Return h(index) for an index inside `batch`; `chain_before` is h(batch.first - 1)."""
    part = batch.entries()[: index - batch.first + 1]
    return zlib.crc32(b"".join(map(_encoder.encode, part)), chain_before)


def is_intact(batch: Batch, chain_before: int) -> bool:
    """Whether the bytes of `batch` continue a log whose last h is `chain_before`."""
    return zlib.crc32(batch.body, chain_before) == batch.chain


def majority(members: set[str], config: Config) -> bool:
    """Whether `members` holds more than half of the voters: 2·|S ∩ C| > |C| (replication.md §2)."""
    return 2 * len([voter for voter in config.voters if voter.replica in members]) > len(config.voters)


def may_hold_config(batch: Batch) -> bool:
    """Whether it pays to decode `batch` in search of a `Config`: its tag is a byte of its own."""
    return _CONFIG_TAG in batch.body


_CONFIG_TAG = b"\x02"
