"""Events of elections: who suspected whom and why, who stood, yielded, promised, and came to coordinate.

Reasons are codes; `words` puts them into sentences.
"""

from __future__ import annotations

from coreto.journal.event import Event


class Suspected(Event, frozen=True, kw_only=True, tag="suspected"):
    """A server no longer counts on its coordinator `suspect`: silence, or link_broken."""

    name: str
    suspect: str
    reason: str
    seconds: float = 0.0
    """For how long it had heard nothing of it."""


class CallStarted(Event, frozen=True, kw_only=True, tag="call_started"):
    """A server started a bully round, which is also a pre-vote, and why: silence, lower_rank, asked."""

    name: str
    round: int
    reason: str


class CallEnded(Event, frozen=True, kw_only=True, tag="call_ended"):
    """What came of the round: it runs, yielded, was denied, or reached no majority (unreached)."""

    name: str
    round: int
    outcome: str
    answered: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    """Who answered that they hear a coordinator."""
    higher: tuple[str, ...] = ()
    """Who answered with a higher rank, and may become coordinator."""


class Promised(Event, frozen=True, kw_only=True, tag="promised"):
    """A server promised an epoch to a candidate."""

    name: str
    candidate: str
    epoch: int
    epoch_id: str
    handover: bool = False


class PromiseRefused(Event, frozen=True, kw_only=True, tag="promise_refused"):
    """A server did not promise, and why: older_epoch, hears_coordinator, not_believable."""

    name: str
    candidate: str
    epoch: int
    epoch_id: str
    reason: str


class RoleChanged(Event, frozen=True, kw_only=True, tag="role_changed"):
    """A server took another part in the cluster, and why."""

    name: str
    state: str
    epoch: int
    reason: str
    epoch_id: str = ""
    """The replica id that makes the epoch unique."""
    coordinator: str = ""
    """Whom a follower follows."""
    backers: tuple[str, ...] = ()
    """Whose promises carry a server that establishes itself."""
    index: int = 0
    """Where the noop of the epoch stands in the log, for a server that establishes itself and for a coordinator."""


class Announced(Event, frozen=True, kw_only=True, tag="announced"):
    """A coordinator announced itself on the topic `servers`."""

    name: str
    rank: int
    epoch: int


class FirstAcknowledged(Event, frozen=True, kw_only=True, tag="first_acknowledged"):
    """A new coordinator acknowledged a client's write for the first time."""

    name: str
    epoch: int
    index: int


class HandoverChanged(Event, frozen=True, kw_only=True, tag="handover_changed"):
    """Giving the coordinatorship to a higher rank: asked, agreed, told (to run now), in_vain."""

    name: str
    asker: str
    epoch: int
    step: str
