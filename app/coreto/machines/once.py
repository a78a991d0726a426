"""Messages that arrive twice: each is taken once.

Theory of operation. A network may double a message and deliver the second one late. For most messages that is
harmless, because they say how things are. A request that is handed on is not such a message: the first may have
been refused for certain (nothing stored), and the client been told so, when the second is taken and stored
(replication.md §7: a definite refusal holds for every copy). So who hands requests on numbers its messages, upwards,
and the receiver remembers which it took: the latest one by one, and that the older ones are no longer welcome. One
that is turned away is lost as far as its sender knows, which it must be ready for anyway.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

TAKEN_MAX = 4096
"""Numbers of one sender that are remembered one by one: more than are under way at once."""
SENDERS_MAX = 256
"""Senders that are remembered; for more, who was heard longest ago is forgotten."""


class _Taken(msgspec.Struct):
    """What was taken of one sender."""

    numbers: OrderedDict[int, None]
    floor: int = 0
    """Nothing up to this number is taken any more."""


class Once:
    """Remembers what was taken, by sender and number."""

    def __init__(self) -> None:
        self._senders: OrderedDict[str, _Taken] = OrderedDict()

    def admits(self, sender: str, number: int) -> bool:
        """Return whether this message of `sender`, whose numbers rise from 1, is to be taken: now, and never again."""
        taken = self._senders.get(sender)
        if taken is None:
            taken = self._senders[sender] = _Taken(OrderedDict())
            if len(self._senders) > SENDERS_MAX:
                self._senders.popitem(last=False)
        self._senders.move_to_end(sender)
        if number <= taken.floor or number in taken.numbers:
            return False
        taken.numbers[number] = None
        if len(taken.numbers) > TAKEN_MAX:
            oldest, _ = taken.numbers.popitem(last=False)
            taken.floor = max(taken.floor, oldest)
        return True
