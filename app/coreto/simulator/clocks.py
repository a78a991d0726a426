"""Clocks that are wrong, and the judgement whether Berkeley has put them right.

Every server has a drift of its own; while there are faults clocks are skewed, one of them by an
hour. When the faults are over, and the rounds of the calm have passed, the clocks must agree to
within what their readings can tell. The judge looks at what the clocks read, not at what a machine
says of them.

Draws come from streams of their own, so that they change nothing else in the run of a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coreto.machines.clock import PPM
from coreto.machines.clock_round import ADJUST_MIN, TURN_ERROR
from coreto.simulator.quartz import DRIFT_PPM_MAX, UNIX

if TYPE_CHECKING:
    from coreto.simulator.cluster import SimCluster

SKEW_EVERY = 4.0
"""Seconds between two skews, on average."""
SKEWS = (0.02, 0.1, 5.0)
"""Seconds, either way: a slew, about the border, a step."""
LIAR_SKEW = 3600.0
ASTRAY_MAX = 600.0
"""Seconds; all honest skews of a run together are less, the share of the liar in a plain average is more."""
LIAR_SERVERS_MIN = 3
"""With fewer servers nobody can tell who lies."""


class Skews:
    """Sets clocks wrong until the calm; one server may be the liar of the run."""

    def __init__(self, cluster: SimCluster) -> None:
        self._cluster = cluster
        self._world = cluster.world
        self._random = cluster.world.stream("skews")
        self._calm = False
        servers = cluster.servers
        self._liar = self._random.choice(servers).name if len(servers) >= LIAR_SERVERS_MIN else ""

    def start(self) -> None:
        """Plan the first skew."""
        self._world.after(self._random.expovariate(1 / SKEW_EVERY), self._skew)

    def calm(self) -> None:
        """Skew nothing any more."""
        self._calm = True

    def _skew(self) -> None:
        if self._calm:
            return
        server = self._random.choice(self._cluster.servers)
        seconds = self._random.choice(SKEWS) if server.name != self._liar else LIAR_SKEW
        if server.node is not None:
            server.clock.skew(self._random.choice((-1, 1)) * seconds)
        self.start()


def astray(cluster: SimCluster) -> float:
    """Return how far the worst clock is from the true time, in seconds."""
    now = cluster.world.now
    return max(abs(server.clock.read(now) - UNIX - now) for server in cluster.servers if server.node is not None)


def spread(cluster: SimCluster) -> float:
    """Return how far apart the clocks of the servers that live are now, in seconds."""
    now = cluster.world.now
    reads = [server.clock.read(now) for server in cluster.servers if server.node is not None]
    return max(reads) - min(reads)


def bound(cluster: SimCluster) -> float:
    """Return how far apart they may be in a calm network, in seconds.

    That is, after a round: two errors, two corrections too small to make, and the drift since; and
    twice that, because a slew takes each clock from the last such state to the next at its own pace.
    """
    profile = cluster.profile
    error = profile.delay_high + TURN_ERROR
    drift = 2 * DRIFT_PPM_MAX * PPM * (profile.settings.sync_idle + profile.settings.sync_deadline)
    return 2 * (2 * (error + ADJUST_MIN) + drift)
