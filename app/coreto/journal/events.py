"""The events roles report. Everything a person sees about *why* is a view of these."""

from __future__ import annotations

import msgspec

from coreto.journal.elections import (
    Announced,
    CallEnded,
    CallStarted,
    FirstAcknowledged,
    HandoverChanged,
    Promised,
    PromiseRefused,
    RoleChanged,
    Suspected,
)
from coreto.journal.event import Event
from coreto.journal.traffic import Applied, Received, Sent

__all__ = [
    "Announced",
    "AnyEvent",
    "Applied",
    "BrokerOpened",
    "CallEnded",
    "CallStarted",
    "ClockCorrected",
    "ClockReading",
    "ClockRound",
    "ClockSet",
    "ClusterRefused",
    "Event",
    "FaultChanged",
    "FirstAcknowledged",
    "Halted",
    "HandoverChanged",
    "Heard",
    "JournalFull",
    "LogDamaged",
    "LogMended",
    "MembersChanged",
    "PromiseRefused",
    "Promised",
    "Received",
    "RoleChanged",
    "RoleEnded",
    "RoleStarted",
    "Sent",
    "ServerListed",
    "ServerLost",
    "Suspected",
    "Violated",
]


class MembersChanged(Event, frozen=True, kw_only=True, tag="members_changed"):
    """A coordinator proposed other voters."""

    name: str
    voters: list[str]


class Heard(Event, frozen=True, kw_only=True, tag="heard"):
    """A listener of a scenario was shown messages, or its bare socket received them: one stretch of a channel."""

    name: str
    topic: str
    first: int
    last: int


class ClusterRefused(Event, frozen=True, kw_only=True, tag="cluster_refused"):
    """A server of the cluster `other` talked to this one, and was refused."""

    name: str
    sender: str
    other: str


class LogDamaged(Event, frozen=True, kw_only=True, tag="log_damaged"):
    """The disk does not hold some of the entries `first` to `last` as they were written; they are being fetched."""

    name: str
    first: int
    last: int


class LogMended(Event, frozen=True, kw_only=True, tag="log_mended"):
    """The disk holds again what was damaged."""

    name: str


class ServerListed(Event, frozen=True, kw_only=True, tag="server_listed"):
    """The reference gave a server its rank, or dropped it from its list (rank 0)."""

    name: str
    rank: int


class ServerLost(Event, frozen=True, kw_only=True, tag="server_lost"):
    """The broker no longer gives work to a server, and why: reconnected, link_broken, silence."""

    name: str
    reason: str


class BrokerOpened(Event, frozen=True, kw_only=True, tag="broker_opened"):
    """The broker has its start: from now on it passes writes on."""

    start: int


class Halted(Event, frozen=True, kw_only=True, tag="halted"):
    """A role stopped because going on would break a promise."""

    name: str
    reason: str


class ClockReading(msgspec.Struct, frozen=True):
    """One clock as a round of Berkeley found it; in seconds."""

    name: str
    offset: float | None = None
    """How far it is ahead of the coordinator's; None when nothing usable was heard."""
    round_trip: float | None = None
    error: float | None = None
    """The offset is known to within this, either way."""
    adjustment: float | None = None
    """What its server was told to correct; None when it was told nothing."""
    left_out: str = ""
    """Why it does not count: no_answer, no_time, round_trip, disagrees, foreign; empty when it does."""


class ClockRound(Event, frozen=True, kw_only=True, tag="clock_round"):
    """A coordinator compared the clocks; `agreed` says whether a majority of those read agreed."""

    name: str
    epoch: int
    round: int
    agreed: bool
    clocks: tuple[ClockReading, ...]


class ClockCorrected(Event, frozen=True, kw_only=True, tag="clock_corrected"):
    """A server corrected its own application clock by `seconds`, in one step or little by little (slew)."""

    name: str
    epoch: int
    round: int
    seconds: float
    how: str


class ClockSet(Event, frozen=True, kw_only=True, tag="clock_set"):
    """Somebody set a server's application clock at its own port, which moved it by `seconds`."""

    name: str
    seconds: float
    by: str
    """The connection it came over, in hexadecimal: all that is known of the sender."""


class FaultChanged(Event, frozen=True, kw_only=True, tag="fault_changed"):
    """Somebody injected a fault, or ended it (`on` is false).

    `fault` is kill, restart, pause, slow_disk, fill_disk, skew, drift, or on the way from `source` to
    `target`: cut, drop, duplicate, delay, reorder.
    """

    fault: str
    target: str
    source: str = ""
    on: bool = True
    amount: float = 0.0
    """Seconds, parts per million, or the share of messages that are struck."""
    spread: float = 0.0
    kind: str = ""
    """The kind of message that is struck, or the cut at which a server is killed."""


class RoleStarted(Event, frozen=True, kw_only=True, tag="role_started"):
    """A role that had ended was started again."""

    name: str


class RoleEnded(Event, frozen=True, kw_only=True, tag="role_ended"):
    """A life of a role is over, and why: killed (on purpose), crashed, stays_down (would only halt again)."""

    name: str
    reason: str
    detail: str = ""
    """What was seen of it: an exit status, a signal, an exception."""


class Violated(Event, frozen=True, kw_only=True, tag="violated"):
    """The monitor saw a rule broken."""

    rule: str
    message: str
    """The message or event that broke it."""
    names: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


class JournalFull(Event, frozen=True, kw_only=True, tag="journal_full"):
    """The file has reached its greatest size, and nothing more is written."""

    bytes: int


AnyEvent = (
    Suspected
    | CallStarted
    | CallEnded
    | Promised
    | PromiseRefused
    | RoleChanged
    | Announced
    | FirstAcknowledged
    | HandoverChanged
    | Sent
    | Received
    | Applied
    | FaultChanged
    | RoleStarted
    | RoleEnded
    | Violated
    | JournalFull
    | MembersChanged
    | ClusterRefused
    | Heard
    | LogDamaged
    | LogMended
    | ServerListed
    | ServerLost
    | BrokerOpened
    | ClockRound
    | ClockCorrected
    | ClockSet
    | Halted
)
