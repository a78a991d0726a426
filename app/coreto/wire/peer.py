"""Messages between our servers (replication.md §4), in the course envelope with the service as tag.

Every one carries who sends it: `cluster`, `sender` (replica id), `incarnation`, and the Lamport
stamp. These are put on in one place, at sending; handlers read them, senders leave them out.
"""

from __future__ import annotations

import msgspec

from coreto.wire.log import APPLY_VERSION, Batch, BrokerKey, Config, Epoch, Position
from coreto.wire.tagged import TaggedCodec

Mark = tuple[int, int]
"""An index, and the hash of the state after its entry was applied (§10)."""


class PeerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The header every peer message has."""

    cluster: str = ""
    sender: str = ""
    receiver: str = ""
    """Whom it is meant for: a place may have passed to another replica; empty for whoever lives there."""
    incarnation: int = 0
    clock: int = 0
    timestamp: float = 0.0


class Hello(PeerMessage, frozen=True, kw_only=True, tag="hello"):
    """A life begins: what its disk held then, for peers to compare with what they remember (§3, D6)."""

    promised: Epoch
    last: int
    nonce: int
    """Drawn anew by each life."""
    name: str = ""
    address: str = ""
    """Where the sender is reached: it may be a voter that the receiver does not know yet."""
    apply: int = APPLY_VERSION
    """How the sender applies the log."""


class HelloAnswer(PeerMessage, frozen=True, kw_only=True, tag="hello_answer"):
    """Whether the disk of that life is as new as the sender remembers, and what the sender remembers."""

    life: int
    """The nonce of the HELLO that is answered."""
    known: bool
    promised: Epoch
    match: int
    apply: int = APPLY_VERSION


class Join(PeerMessage, frozen=True, kw_only=True, tag="join"):
    """A server that is no voter asks the coordinator for the log (§9, M1)."""

    name: str
    address: str
    apply: int = APPLY_VERSION


class JoinElsewhere(PeerMessage, frozen=True, kw_only=True, tag="join_elsewhere"):
    """The sender follows this coordinator: the newcomer should ask there."""

    replica: str
    name: str
    address: str


class JoinRefused(PeerMessage, frozen=True, kw_only=True, tag="join_refused"):
    """The coordinator does not take the sender in: `rule` says why."""

    rule: str


class Leave(PeerMessage, frozen=True, kw_only=True, tag="leave"):
    """A learner stops in good order: nothing need be copied to it, nor waited for."""


class Call(PeerMessage, frozen=True, kw_only=True, tag="call"):
    """Bully call and pre-vote: changes nothing on disk at the receiver (§6.1)."""

    round: int
    rank: int
    counter_seen: int


class CallAnswer(PeerMessage, frozen=True, kw_only=True, tag="call_answer"):
    """What the receiver of a call knows."""

    round: int
    rank: int
    eligible: bool
    live_coordinator: bool
    counter_seen: int
    election: str = "OK"


class Prepare(PeerMessage, frozen=True, kw_only=True, tag="prepare"):
    """A candidate asks for the promise of `epoch` (§6.2)."""

    epoch: Epoch
    commit: int
    handover: bool = False


class Promise(PeerMessage, frozen=True, kw_only=True, tag="promise"):
    """The promise, where the promiser's log ends, and its latest config above the candidate's commit."""

    epoch: Epoch
    last: Position
    commit: int
    config: Config | None = None
    config_index: int = 0


class Refuse(PeerMessage, frozen=True, kw_only=True, tag="refuse"):
    """The sender has promised a newer epoch."""

    promised: Epoch


class Fetch(PeerMessage, frozen=True, kw_only=True, tag="fetch"):
    """Ask for a range of the log, from the index after `after`; only if the lender promised `epoch`."""

    epoch: Epoch
    after: int
    upto: int


class Entries(PeerMessage, frozen=True, kw_only=True, tag="entries"):
    """A range of the log, as asked for; `prev` is where it begins."""

    epoch: Epoch
    prev: Position
    batches: tuple[Batch, ...]


class MendAsk(PeerMessage, frozen=True, kw_only=True, tag="mend_ask"):
    """A damaged server asks for the entries `after` + 1 to `upto` (§3, D5)."""

    after: int
    upto: int


class MendGive(PeerMessage, frozen=True, kw_only=True, tag="mend_give"):
    """Entries as asked for, and how far the sender's log is committed."""

    batches: tuple[Batch, ...]
    commit: int


class Append(PeerMessage, frozen=True, kw_only=True, tag="append"):
    """Entries after `prev`, or none (heartbeat); and how far the coordinator has committed (§6.3)."""

    epoch: Epoch
    prev: Position
    batches: tuple[Batch, ...]
    commit: int
    published: int
    nonce: int
    rank: int = 0
    mark: Mark = (0, 0)
    """The state hash that a majority has at an index."""


class Ack(PeerMessage, frozen=True, kw_only=True, tag="ack"):
    """The sender's disk holds the coordinator's log up to `match`."""

    epoch: Epoch
    match: int
    nonce: int
    mark: Mark = (0, 0)
    """The sender's own state hash at the last index where it is compared."""


class Mismatch(PeerMessage, frozen=True, kw_only=True, tag="mismatch"):
    """`prev` is missing or of another epoch; the sender's log may agree up to `hint`."""

    epoch: Epoch
    hint: int
    nonce: int


class HandoverAsk(PeerMessage, frozen=True, kw_only=True, tag="handover_ask"):
    """A follower of higher rank, whose log has kept up, asks to take over (§6.5)."""

    epoch: Epoch
    last: Position


class HandoverNow(PeerMessage, frozen=True, kw_only=True, tag="handover_now"):
    """The coordinator of `epoch` has stopped taking commands: the receiver may run now."""

    epoch: Epoch


class Forward(PeerMessage, frozen=True, kw_only=True, tag="forward"):
    """A follower hands a client's request to the coordinator of `epoch`; `left_ms` is the time it may take."""

    epoch: Epoch
    number: int
    key: BrokerKey | None
    raw: bytes
    left_ms: int
    min_index: int = 0


class Result(PeerMessage, frozen=True, kw_only=True, tag="result"):
    """The answer to a FORWARD: how it ended, and the reply for the client."""

    number: int
    code: str
    index: int
    body: bytes


class ClockAsk(PeerMessage, frozen=True, kw_only=True, tag="clock_ask"):
    """The coordinator of `epoch` asks what the receiver's application clock reads (protocol.md §5)."""

    epoch: Epoch
    round: int
    attempt: int


class ClockTell(PeerMessage, frozen=True, kw_only=True, tag="clock_tell"):
    """What it read (Unix s) when the question arrived, with a correction under way counted as done."""

    epoch: Epoch
    round: int
    attempt: int
    time: float


class ClockAdjust(PeerMessage, frozen=True, kw_only=True, tag="clock_adjust"):
    """The receiver's own adjustment (s), and how it was measured: the offset is known to within `error`."""

    epoch: Epoch
    round: int
    seconds: float
    round_trip: float
    error: float


AnyPeerMessage = (
    Hello
    | HelloAnswer
    | Join
    | JoinElsewhere
    | JoinRefused
    | Leave
    | Call
    | CallAnswer
    | Prepare
    | Promise
    | Refuse
    | Fetch
    | Entries
    | MendAsk
    | MendGive
    | Append
    | Ack
    | Mismatch
    | HandoverAsk
    | HandoverNow
    | Forward
    | Result
    | ClockAsk
    | ClockTell
    | ClockAdjust
)

_codec: TaggedCodec[AnyPeerMessage] = TaggedCodec(AnyPeerMessage)


def write_peer(message: PeerMessage) -> bytes:
    """Return the one frame of a peer message."""
    return _codec.write(message)


def read_peer(raw: bytes) -> AnyPeerMessage | None:
    """Return the peer message in `raw`, or None if it is not one (then it may be a course request)."""
    return _codec.read(raw)
