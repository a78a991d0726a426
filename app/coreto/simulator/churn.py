"""Changes of members drawn from the seed: disks that are lost, servers that are added, voters voted in and out."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from coreto.machines.replica import Role
from coreto.wire.envelope import write_request
from coreto.wire.log import Config

if TYPE_CHECKING:
    from coreto.machines.node import Node
    from coreto.simulator.cluster import SimCluster

ADDED_MAX = 2
"""Servers that one run adds to those it was born with."""
VOTERS_MIN = 3
"""No voter is voted out of fewer."""
DAMAGE_REACH = 50
"""Batches from the end of the log of which one is damaged: older ones are read rarely."""
HEADER_INTACT = 0.7
"""Chance that a damaged row still says its h."""
RETURN_HIGH = 1.0
"""Seconds until a server whose disk was lost is started again, at most."""


class Churn:
    """What an operator does to the members while everything else fails."""

    def __init__(self, cluster: SimCluster) -> None:
        self._cluster = cluster
        self._world = cluster.world
        self._random = Random()
        self._lost: set[str] = set()
        """Replica ids whose disk is gone."""
        self.changes = 0

    def happen(self, random: Random) -> None:
        """Do one thing drawn from `random`, if it may be done now."""
        self._random = random
        action = self._random.choice((self._lose_disk, self._damage, self._add_server, self._promote, self._remove))
        self.changes += action()

    def _lose_disk(self) -> bool:
        """Erase a folder; not while an earlier loss counts as a voter anywhere, or a majority of disks could go."""
        victim = self._random.choice(self._cluster.servers)
        if not self._may_lose_one():
            return False
        if victim.node is not None:
            victim.crash()
        self._lost.add(victim.disk.replica)
        self._cluster.new_disk(victim)
        self._world.after(self._random.uniform(0.01, RETURN_HIGH), victim.start_if_down)
        return True

    def _damage(self) -> bool:
        """Flip a bit in one row of a log, under a server that runs or while it is down."""
        victim = self._random.choice(self._cluster.servers)
        if not victim.disk.batches or not self._may_lose_one():
            return False
        batch = self._random.choice(victim.disk.batches[-DAMAGE_REACH:])
        victim.disk.damaged[batch.first] = self._random.random() < HEADER_INTACT
        return True

    def _may_lose_one(self) -> bool:
        """Whether every voter anywhere has its disk, whole; only then one of them may lose something."""
        configs = list(self._configs())
        lost = any(voter.replica in self._lost for config in configs for voter in config.voters)
        few = any(len(config.voters) < VOTERS_MIN for config in configs)
        return not lost and not few and not any(server.disk.damaged for server in self._cluster.servers)

    def _add_server(self) -> bool:
        if len(self._cluster.servers) >= self._cluster.born + ADDED_MAX:
            return False
        self._cluster.add_server().start()
        return True

    def _promote(self) -> bool:
        node = self._coordinator()
        if node is None or not node.membership.learners:
            return False
        names = sorted(learner.name for learner in node.membership.learners.values())
        self._ask(node, "promote", self._random.choice(names))
        return True

    def _remove(self) -> bool:
        node = self._coordinator()
        if node is None or len(node.log.config.voters) <= VOTERS_MIN:
            return False
        self._ask(node, "remove", self._random.choice(node.log.config.voters).name)
        return True

    def _ask(self, node: Node, service: str, name: str) -> None:
        raw = write_request(service, {"name": name}, 1, self._world.now)
        self._cluster.server(node.identity.name).receive(raw)

    def _coordinator(self) -> Node | None:
        nodes = [server.node for server in self._cluster.servers if server.node is not None]
        return next((node for node in nodes if node.replica.role is Role.COORDINATOR), None)

    def _configs(self) -> Iterator[Config]:
        """Yield every configuration that is in force somewhere, on a disk or in a machine."""
        for server in self._cluster.servers:
            yield server.disk.config()
            if server.node is not None:
                yield server.node.log.config
