"""How a cluster is born on separate machines: every server for itself, from one set (replication.md M0).

Theory of operation. Each blank server invents its replica id, on disk, and tells the reference.
When the reference has as many as were asked for, it answers everyone with the same set. A server
takes the first set it hears, once, and only if it is in it. The cluster id is a hash of the set:
servers of two different sets are of two clusters and refuse each other's messages, so even a
reference that forgot or lied cannot mix them. A cluster of one needs no set from anybody.
"""

from __future__ import annotations

import hashlib
from typing import Any

from coreto.machines.newcomer import is_member
from coreto.wire.log import Config, Voter
from coreto.wire.services import RankRequest

ASK_AGAIN = 0.3
"""Seconds between questions while the set is not complete."""


class Genesis:
    """One blank server that waits to be born."""

    def __init__(self, name: str, replica: str, count: int, address: str) -> None:
        self._request = RankRequest(name, address, replica, 0, count)
        self._replica = replica
        self._ask_at = float("-inf")
        self.config: Config | None = None
        """The voters of the new cluster, once the set is known."""
        self.rank = 0
        self.excluded = False
        """The set is complete without us."""
        if count == 1:
            self.config = Config((Voter(replica, name),))
            self.rank = 1

    @property
    def cluster(self) -> str:
        """The id of the new cluster: a hash of its sorted replica ids."""
        assert self.config is not None
        ids = sorted(voter.replica for voter in self.config.voters)
        return hashlib.sha256("".join(ids).encode()).hexdigest()[:32]

    def due(self, now: float) -> RankRequest | None:
        """Return what to ask the reference now, None when nothing is due."""
        if self.config is not None or self.excluded or now < self._ask_at:
            return None
        self._ask_at = now + ASK_AGAIN
        return self._request

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._ask_at

    def on_answer(self, data: dict[str, Any]) -> None:
        """Take the set, the first time it comes."""
        rows = data.get("genesis")
        if self.config is not None or not isinstance(rows, list):
            return
        voters = tuple(Voter(row[0], row[1]) for row in rows if is_member(row))
        if self._replica not in {voter.replica for voter in voters}:
            self.excluded = True
            return
        self.config = Config(voters)
        rank = data.get("rank")
        self.rank = rank if isinstance(rank, int) else 0
