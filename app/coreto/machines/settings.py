"""The times and limits of the protocol (replication.md §16), in one frozen value.

Times are seconds of the monotonic clock and affect availability only, never safety.
"""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Defaults suit a laboratory network; tests and the simulator change single fields."""

    heartbeat: float = 0.1
    """A coordinator says at least this often that it lives; a server to its broker too."""
    commit_delay: float = 0.004
    """A commit that nothing tells a follower of is told on its own after this: under load the next entries tell it."""
    suspect_min: float = 0.8
    """A coordinator heard within this time counts as alive."""
    suspect_low: float = 1.0
    suspect_high: float = 1.5
    """A voter calls an election after a silence drawn between these two …"""
    suspect_place: float = 0.2
    """… plus this for each voter of higher rank, so that the highest usually calls first."""
    call_round: float = 0.15
    """A bully round ends at the latest after this, for voters that do not answer."""
    yield_time: float = 1.0
    """How long a call waits for a higher server that answered."""
    quorum_timeout: float = 1.0
    """A coordinator or candidate without a majority for this long steps down."""
    prepare_again: float = 0.1
    """PREPARE is sent again to those who have not answered."""
    reference_heartbeat: float = 1.0
    reference_expiry: float = 5.0
    """A server not heard by the reference for this long is not on its list."""
    broker_budget: float = 4.5
    """A client has its one answer from the broker within this time."""
    broker_silent: float = 1.0
    """A server whose heartbeats stop for this long gets no new work."""
    copy_after: tuple[float, float] = (1.5, 3.0)
    """When nothing is heard of a request, a copy goes out after these times."""
    copies_max: int = 3
    copy_left_min: float = 1.0
    """No copy starts with less time left than this."""
    hold_max: float = 4.0
    """A server without a coordinator keeps a write at most this long …"""
    hold_reserve: float = 0.3
    """… and answers this long before the sender's time is over."""
    read_wait: float = 0.5
    """A follower waits this long to reach `min_index`, then asks the coordinator."""
    preempt: bool = True
    """A higher rank that returns takes over; without, at the next election only."""
    stable: float = 10.0
    """How long its log must have kept up before."""
    min_tenure: float = 5.0
    """A coordinator gives its role away only after this time."""
    batch_bytes: int = 256 * 1024
    """Bytes of log in one APPEND or ENTRIES."""
    window_batches: int = 512
    """Batches of log kept in memory beyond those the disk still lacks: enough for followers that keep up."""
    flush_effects: int = 1_000
    """Changes of derived tables written with one batch, from the head of the tail; more when it grows."""
    client_attempt: float = 5.0
    client_deadline: float = 15.0
    """Our client repeats an attempt after the first, gives up after the second."""
    sync_every: int = 10
    """The coordinator compares the clocks after this many requests …"""
    sync_pause: float = 1.0
    """… but never sooner than this after the last time …"""
    sync_idle: float = 5.0
    """… and without requests after this: two clocks that drift 300 ppm apart either way part by 3 ms in it."""
    sync_deadline: float = 0.5
    """Clocks that have not answered by then are left out of this comparison."""
    wide: bool = False
    """Answers repeat their values where other readers look for them (protocol.md §4, 7)."""
    client_rate: float = 0.0
    """Requests a second that the broker takes from one client, 0 for any number; more are `overloaded`."""
    tail_poll: float = 5.0
    """A subscriber that heard nothing for this long asks for the tail."""


DEFAULTS = Settings()

BATCH_ENTRIES_MAX = 256
"""Entries in one batch: one sync, one frame."""
IN_FLIGHT_MAX = 4
"""APPENDs with entries on their way to one peer: a slow follower has a bounded queue."""
COUNTER_AHEAD_MAX = 10**6
"""How far a peer's epoch counter is believed beyond ours: one forged number must not burn the space."""
REQUESTS_HELD_MAX = 4096
"""Requests a server keeps at once; more are answered `overloaded`."""
REPUBLISH_MAX = 10_000
"""Entries a new coordinator publishes again; older holes are the subscriber's to fill."""
