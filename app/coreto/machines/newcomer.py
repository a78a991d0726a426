"""A blank server that joins a cluster which lives: finding out which cluster that is (replication.md §9, M1).

Theory of operation. The newcomer asks the reference who is there, and each of them of which cluster
it is. The first answer settles it, once: cluster id and genesis are all that makes a server one of
that cluster. It is born with them, and then learns the log (see `membership`). The reference can
send it to a wrong cluster, but cannot mix two: every peer message carries the cluster id.
"""

from __future__ import annotations

from typing import Any

from coreto.wire.log import APPLY_VERSION, Config, Voter
from coreto.wire.services import Members, Request

ASK_AGAIN = 0.3
"""Seconds between two rounds of questions."""
ADDRESSES_MAX = 16
"""Servers asked in one round: any one answer will do."""
PATIENCE = 6.0
"""Seconds until a newcomer says that it finds no cluster: the servers may be starting too."""


class Newcomer:
    """Asks until it knows the cluster; then `cluster` and `genesis` are set."""

    def __init__(self, now: float) -> None:
        self._ask_at = float("-inf")
        self._until = now + PATIENCE
        self._addresses: list[str] = []
        self.cluster = ""
        self.is_refused = False
        """Whether the cluster is of a program that would apply the log differently."""
        self.genesis: Config | None = None

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._ask_at

    def is_late(self, now: float) -> bool:
        """Whether nobody told of a cluster in time."""
        return self.genesis is None and now >= self._until

    def due(self, now: float) -> bool:
        """Whether to ask now: the reference for its list, and those on it (`questions`)."""
        if now < self._ask_at:
            return False
        self._ask_at = now + ASK_AGAIN
        return True

    def questions(self) -> list[tuple[str, Request]]:
        """Return whom to ask what."""
        return [(address, Members()) for address in self._addresses]

    def on_list(self, rows: list[Any]) -> None:
        """The reference told who lives where."""
        found = [row.get("address") for row in rows if isinstance(row, dict)]
        self._addresses = [address for address in found if isinstance(address, str) and address][:ADDRESSES_MAX]

    def on_members(self, data: dict[str, Any]) -> None:
        """A server told of which cluster it is; anything that makes no sense is ignored."""
        cluster, rows = data.get("cluster"), data.get("genesis")
        if self.genesis is not None or not isinstance(cluster, str) or not cluster or not isinstance(rows, list):
            return
        if data.get("apply", APPLY_VERSION) != APPLY_VERSION:
            self.is_refused = True
            return
        voters = tuple(Voter(row[0], row[1]) for row in rows if is_member(row))
        if voters:
            self.cluster, self.genesis = cluster, Config(voters)


def is_member(row: object) -> bool:
    """Whether a row of a genesis is a replica id and a name."""
    return isinstance(row, list) and len(row) == 2 and all(isinstance(item, str) for item in row)
