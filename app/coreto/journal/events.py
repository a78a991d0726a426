"""The events roles report. Everything a person sees about *why* is a view of these."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What every event has: which role it happened to, and when by its Lamport clock."""

    role: str
    clock: int = 0


class RoleChanged(Event, frozen=True, kw_only=True, tag="role_changed"):
    """A server took another part in the cluster, and why."""

    name: str
    state: str
    epoch: int
    reason: str


class Announced(Event, frozen=True, kw_only=True, tag="announced"):
    """A coordinator announced itself on the topic `servers`."""

    name: str
    rank: int
    epoch: int


class CallStarted(Event, frozen=True, kw_only=True, tag="call_started"):
    """A server started a bully round, and why."""

    name: str
    round: int
    reason: str


class MembersChanged(Event, frozen=True, kw_only=True, tag="members_changed"):
    """A coordinator proposed other voters."""

    name: str
    voters: list[str]


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
    """The broker no longer gives work to a server, and why."""

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


AnyEvent = (
    RoleChanged
    | Announced
    | CallStarted
    | MembersChanged
    | ClusterRefused
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
