"""Faults drawn from the seed: crashes, partitions and pauses, until the world calms down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coreto.simulator.churn import Churn

if TYPE_CHECKING:
    from coreto.simulator.cluster import SimCluster
    from coreto.simulator.servers import SimServer

BROKER_DOWN_HIGH = 1.0
"""Seconds until a crashed broker is back, at most."""
PAUSE_HIGH = 3.0
"""Seconds of the longest pause: longer than any election."""


class Faults:
    """Plans faults; `calm` ends them and repairs everything."""

    def __init__(self, cluster: SimCluster) -> None:
        self._cluster = cluster
        self._world = cluster.world
        self._profile = cluster.profile
        self._random = cluster.world.stream("faults")
        self._calm = False
        self.churn = Churn(cluster)
        self.crashes = 0
        self.partitions = 0
        self.pauses = 0
        self.broker_downs: list[tuple[float, float]] = []
        """When the broker was killed, and when it was back."""

    def start(self) -> None:
        """Plan the first fault of each kind."""
        self._plan(self._profile.crash_rate, self._crash)
        self._plan(self._profile.partition_rate, self._partition)
        self._plan(self._profile.pause_rate, self._pause)
        self._plan(self._profile.broker_crash_rate, self._crash_broker)
        self._plan(self._profile.churn_rate, self.churn.happen)

    def calm(self) -> None:
        """No more faults: restart everybody, heal the network."""
        self._calm = True
        self._cluster.network.calm = True
        self._cluster.network.heal()
        for server in self._cluster.servers:
            server.paused_until = self._world.now
            server.start_if_down()
            server.plan_turn()

    def _plan(self, rate: float, action: object) -> None:
        if rate > 0 and not self._calm and callable(action):
            self._world.after(self._random.expovariate(rate), lambda: self._happen(rate, action))

    def _happen(self, rate: float, action: object) -> None:
        if not self._calm and callable(action):
            action()
            self._plan(rate, action)

    def _crash(self) -> None:
        victim = self._pick()
        if victim.node is None:
            return
        self.crashes += 1
        victim.crash()
        self._world.after(self._random.uniform(0.01, self._profile.down_high), victim.start_if_down)

    def _pick(self) -> SimServer:
        servers = self._cluster.servers
        leading = [s for s in servers if s.node is not None and s.node.replica.tenure is not None]
        if leading and self._random.random() < self._profile.crash_coordinator:
            return self._random.choice(leading)
        return self._random.choice(servers)

    def _partition(self) -> None:
        self.partitions += 1
        names = [server.name for server in self._cluster.servers]
        side = {name for name in names if self._random.random() < 0.5}
        both_ways = self._random.random() >= self._profile.one_way
        for one in names:
            for other in names:
                if (one in side) != (other in side) and (both_ways or one in side):
                    self._cluster.network.cut(one, other)
        if self._random.random() < 0.3:
            self._cut_from_broker(side)
        self._world.after(self._random.uniform(0.1, self._profile.partition_high), self._cluster.network.heal)

    def _cut_from_broker(self, side: set[str]) -> None:
        for name in sorted(side):
            self._cluster.network.cut(name, "broker")
            self._cluster.network.cut("broker", name)

    def _crash_broker(self) -> None:
        seconds = self._random.uniform(0.05, BROKER_DOWN_HIGH)
        self.broker_downs.append((self._world.now, self._world.now + seconds))
        self._cluster.crash_broker(seconds)

    def _pause(self) -> None:
        self.pauses += 1
        self._pick().pause(self._random.uniform(0.1, PAUSE_HIGH))
