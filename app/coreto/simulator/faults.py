"""Faults drawn from the seed: crashes, partitions, pauses and more, until the world calms down.

Every kind of fault has its own stream of draws, and every single fault one more, so that a run
without some of them (`Variant`) keeps the others as they were: that is how a failing run is shrunk.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from coreto.simulator.churn import Churn

if TYPE_CHECKING:
    from coreto.simulator.cluster import SimCluster
    from coreto.simulator.servers import SimServer

BROKER_DOWN_HIGH = 1.0
"""Seconds until a crashed broker is back, at most."""
REFERENCE_DOWN_HIGH = 3.0
"""Seconds until a crashed reference is back, at most; it may have forgotten everything."""
PAUSE_HIGH = 3.0
"""Seconds of the longest pause: longer than any election."""
BRIDGE = 0.25
"""Chance that a partition leaves one server that reaches both sides, which do not reach each other."""
CUT_BROKER = 0.3
"""Chance that one side of a partition does not reach the broker either."""


class Variant(msgspec.Struct, frozen=True):
    """What is left out of a run: fields of its profile that are nothing, and single faults by name."""

    without: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


WHOLE = Variant()


class Faults:
    """Plans faults; `calm` ends them and repairs everything."""

    def __init__(self, cluster: SimCluster, variant: Variant) -> None:
        self._cluster = cluster
        self._world = cluster.world
        self._profile = cluster.profile
        self._variant = variant
        self._random = random.Random()
        """The draws of the fault that is happening."""
        self._calm = False
        self.churn = Churn(cluster)
        self.happened: list[str] = []
        """The name of every fault, in order."""
        self.counts: Counter[str] = Counter()
        self.broker_downs: list[tuple[float, float]] = []
        """When the broker was killed, and when it was back."""

    def start(self) -> None:
        """Plan the first fault of each kind."""
        profile = self._profile
        self._begin("crash", profile.crash_rate, self._crash)
        self._begin("partition", profile.partition_rate, self._partition)
        self._begin("pause", profile.pause_rate, self._pause)
        self._begin("disk failure", profile.disk_failure_rate, self._fail_disk)
        self._begin("broker crash", profile.broker_crash_rate, self._crash_broker)
        self._begin("reference crash", profile.reference_crash_rate, self._crash_reference)
        self._begin("change", profile.churn_rate, lambda: self.churn.happen(self._random))

    def calm(self) -> None:
        """No more faults: restart everybody, heal the network."""
        self._calm = True
        self._cluster.network.calm = True
        self._cluster.network.heal()
        for server in self._cluster.servers:
            server.paused_until = self._world.now
            server.disk_fails = False
            server.start_if_down()
            server.plan_turn()

    def _begin(self, kind: str, rate: float, action: Callable[[], None]) -> None:
        if rate > 0:
            self._plan(kind, 1, self._world.stream(f"faults {kind}"), rate, action)

    def _plan(self, kind: str, number: int, times: random.Random, rate: float, action: Callable[[], None]) -> None:
        def happen() -> None:
            if self._calm:
                return
            name = f"{kind} {number}"
            if name not in self._variant.skipped:
                self.happened.append(name)
                self.counts[kind] += 1
                self._random = self._world.stream(name)
                action()
            self._plan(kind, number + 1, times, rate, action)

        self._world.after(times.expovariate(rate), happen)

    # Each kind.

    def _crash(self) -> None:
        victim = self._pick()
        if victim.is_up:
            victim.crash()
            self._restart(victim)

    def _fail_disk(self) -> None:
        """The next write fails, because the disk is full or broken: the server ends, and is started again."""
        victim = self._pick()
        victim.disk_fails = True
        self._restart(victim)

    def _restart(self, victim: SimServer) -> None:
        def restart() -> None:
            victim.disk_fails = False
            victim.start_if_down()

        self._world.after(self._random.uniform(0.01, self._profile.down_high), restart)

    def _pick(self) -> SimServer:
        servers = self._cluster.servers
        leading = [s for s in servers if s.node is not None and s.node.replica.tenure is not None]
        if leading and self._random.random() < self._profile.crash_coordinator:
            return self._random.choice(leading)
        return self._random.choice(servers)

    def _partition(self) -> None:
        names = [server.name for server in self._cluster.servers]
        side = {name for name in names if self._random.random() < 0.5}
        bridge = self._random.choice(names) if self._random.random() < BRIDGE else ""
        both_ways = self._random.random() >= self._profile.one_way
        for one in names:
            for other in names:
                apart = (one in side) != (other in side) and bridge not in (one, other)
                if apart and (both_ways or one in side):
                    self._cluster.network.cut(one, other)
        if self._random.random() < CUT_BROKER:
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

    def _crash_reference(self) -> None:
        """Kill the reference; half of the time it comes back with a blank folder."""
        seconds = self._random.uniform(0.05, REFERENCE_DOWN_HIGH)
        self._cluster.crash_reference(seconds, forgets=self._random.random() < 0.5)

    def _pause(self) -> None:
        self._pick().pause(self._random.uniform(0.1, PAUSE_HIGH))
