"""Comparing what the log was applied to: servers with one log must have one state (replication.md §10).

Theory of operation. The state hash folds in every effect that was applied. At every `MARK_EVERY`
entries each server notes index and hash, and tells the coordinator its latest pair with the next
ACK. Once a majority has the same hash at an index, APPEND carries that pair: a server that noted
another hash there has applied something differently (a bug, a broken memory) and halts, with its
files as they are. It may be the coordinator itself.
"""

from __future__ import annotations

from collections import Counter

from coreto.wire.log import Config
from coreto.wire.peer import Mark

MARK_EVERY = 1_000
"""Entries between two comparisons."""
MARKS_MAX = 16
"""Pairs a server remembers: a follower further behind than these is compared at later ones."""
NO_MARK: Mark = (0, 0)


class Audit:
    """The pairs of one server, and what the others told of theirs."""

    def __init__(self) -> None:
        self._own: dict[int, int] = {}
        self.latest: Mark = NO_MARK
        """Our latest pair."""
        self._told: dict[str, Mark] = {}
        self._counted: Config | None = None
        """The configuration that was counted last; None when somebody has told something new since."""
        self.agreed: Mark = NO_MARK
        """The latest pair that a majority is known to have."""

    def note(self, index: int, digest: int) -> None:
        """The entry at `index` was applied, and the state hash is `digest` now."""
        if index % MARK_EVERY == 0:
            self._own[index] = digest
            self.latest = (index, digest)
            self._counted = None
            if len(self._own) > MARKS_MAX:
                del self._own[min(self._own)]

    def told(self, peer: str, mark: Mark) -> None:
        """A server said which pair it has."""
        if self._told.get(peer) != mark:
            self._told[peer] = mark
            self._counted = None

    def count(self, me: str, config: Config) -> None:
        """Find out on which pair a majority of `config` agrees; what others than its voters told is forgotten."""
        if config is self._counted:
            return
        self._counted = config
        self._told = {v.replica: self._told[v.replica] for v in config.voters if v.replica in self._told}
        marks = self._told | {me: self.latest}
        votes = Counter(marks[v.replica] for v in config.voters if v.replica in marks)
        for mark, count in votes.items():
            if mark > self.agreed and 2 * count > len(config.voters):
                self.agreed = mark

    def contradicts(self, mark: Mark) -> bool:
        """Whether we noted another hash at the index of `mark`."""
        return self._own.get(mark[0], mark[1]) != mark[1]
