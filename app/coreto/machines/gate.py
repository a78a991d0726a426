"""Which messages of peers a server listens to: those of its own cluster, meant for it, of the sender's present life."""

from __future__ import annotations

from coreto.journal.events import ClusterRefused
from coreto.machines.memory import Introduction
from coreto.machines.outbox import Identity, Outbox
from coreto.wire.peer import Hello, PeerMessage

CLUSTERS_MAX = 16
"""Other clusters that are reported, each once: forged ids must not flood the journal."""


class Gate:
    """Knows the newest life of each peer, and reports strangers."""

    def __init__(self, identity: Identity, introduction: Introduction, outbox: Outbox) -> None:
        self._identity = identity
        self._introduction = introduction
        self._outbox = outbox
        self._lives: dict[str, int] = {}
        self._clusters: set[str] = set()

    def admits(self, message: PeerMessage) -> bool:
        """Whether to handle a message; any other is ignored."""
        if message.cluster != self._identity.cluster:
            self._report_stranger(message)
            return False
        return message.receiver in ("", self._identity.replica) and self._is_current(message)

    def _report_stranger(self, message: PeerMessage) -> None:
        """Say loudly, once, that a server of another cluster talks to us (replication.md §14, S28)."""
        if message.cluster not in self._clusters and len(self._clusters) < CLUSTERS_MAX:
            self._clusters.add(message.cluster)
            name = self._identity.name
            self._outbox.report(ClusterRefused(role="server", name=name, sender=message.sender, other=message.cluster))

    def _is_current(self, message: PeerMessage) -> bool:
        """A HELLO is judged by the memory; a new life of a peer may have forgotten that we greeted it."""
        if isinstance(message, Hello):
            return True
        known = self._lives.get(message.sender, 0)
        if message.incarnation < known:
            return False
        if known and message.incarnation > known:
            self._introduction.greet_again(message.sender)
        self._lives[message.sender] = message.incarnation
        return True
