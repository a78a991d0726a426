"""Writes that may be on their way into the log, although this server has no outcome for them yet.

Another copy of such a write must not be refused definitely: the first may still commit. The broker
believes a definite refusal when every copy was refused, so one wrong refusal would be a lie.
"""

from __future__ import annotations

from collections import OrderedDict

from coreto.wire.log import BrokerKey

DOUBT_SECONDS = 5.0
"""How long a key that ended without an outcome counts as in doubt: longer than any request waits."""


class Doubts:
    """Keys proposed or forwarded by this life of the server and not answered by the log."""

    def __init__(self) -> None:
        self._since: OrderedDict[tuple[int, int], float] = OrderedDict()

    def begin(self, key: BrokerKey | None, now: float) -> None:
        """A copy of the write with this key sets out."""
        if key is None:
            return
        self._since[key.start, key.n] = now
        while next(iter(self._since.values())) < now - DOUBT_SECONDS:
            self._since.popitem(last=False)

    def end(self, key: BrokerKey | None) -> None:
        """The log has spoken, or no copy is under way any more."""
        if key is not None:
            self._since.pop((key.start, key.n), None)

    def holds(self, key: BrokerKey | None) -> bool:
        """Whether a copy of this write may still commit."""
        return key is not None and (key.start, key.n) in self._since
