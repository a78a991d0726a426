"""Who may stay at a port that is open to other machines: so many connections, so many subscriptions.

Theory of operation. A connection has a number while it lasts (its file descriptor, which the
next one may have again). Each host may have `per_host` connections at a port, and all hosts
together `most`; who comes when there are as many is shown out, and may come again. A connection
that subscribes to more than `SUBSCRIPTIONS_EACH` topics, or when everybody together has
`SUBSCRIPTIONS_MAX`, is shown out too: with it go its subscriptions, while one that is only left
unheard would be kept by ZeroMQ all the same. So the last to ask for too much pays for it, and who
has what it asked for keeps it.

ZeroMQ says which connection asks for a topic. At the end of a connection it gives up its topics one
by one, without saying whose they were; its end is told apart.
"""

from __future__ import annotations

from collections import Counter

import msgspec

CONNECTIONS_MAX = 4_000
"""Connections at one port: a university, and far from what makes a thread of ZeroMQ slow."""
CONNECTIONS_PER_HOST = 1_000
"""Of them from one machine: a whole class behind one address."""
SUBSCRIPTIONS_EACH = 10_000
"""Topics of one connection: somebody who follows every channel of a large cluster by name."""
SUBSCRIPTIONS_MAX = 100_000
"""Topics of everybody, counted for each who has them: some tens of MiB in the proxy and in each server."""


class Visitor(msgspec.Struct):
    """One connection."""

    host: str
    topics: int = 0


class Visitors:
    """The connections at one port."""

    def __init__(self, most: int = CONNECTIONS_MAX, per_host: int = CONNECTIONS_PER_HOST) -> None:
        """`most`: how many there may be, `per_host`: from one machine."""
        self._most = most
        self._per_host = per_host
        self._visitors: dict[int, Visitor] = {}
        self._hosts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._visitors)

    def come(self, number: int, host: str) -> bool:
        """Note a new connection; return whether it may stay. One with the same number has ended."""
        self.go(number)
        if len(self._visitors) >= self._most or self._hosts[host] >= self._per_host:
            return False
        self._visitors[number] = Visitor(host)
        self._hosts[host] += 1
        return True

    def go(self, number: int) -> None:
        """Forget a connection that ended."""
        visitor = self._visitors.pop(number, None)
        if visitor is None:
            return
        self._hosts[visitor.host] -= 1
        if not self._hosts[visitor.host]:
            del self._hosts[visitor.host]

    def of(self, number: int) -> Visitor | None:
        """Return what is known of a connection."""
        return self._visitors.get(number)


class Audience:
    """The topics that the connections of one port are subscribed to."""

    def __init__(self, visitors: Visitors, each: int = SUBSCRIPTIONS_EACH, most: int = SUBSCRIPTIONS_MAX) -> None:
        """`each`: how many one connection may have, `most`: all together."""
        self._visitors = visitors
        self._each = each
        self._most = most
        self._topics: Counter[bytes] = Counter()
        self._count = 0

    @property
    def count(self) -> int:
        """How many subscriptions there are."""
        return self._count

    def subscribe(self, number: int | None, topic: bytes) -> bool:
        """Note a subscription of a connection, None where it has no number; return whether the connection may stay.

        Also when it may not, it has the topic until it gives it up with all others.
        """
        self._topics[topic] += 1
        self._count += 1
        visitor = self._visitors.of(number) if number is not None else None
        if visitor is None:
            return True
        visitor.topics += 1
        return visitor.topics <= self._each and self._count <= self._most

    def unsubscribe(self, number: int | None, topic: bytes) -> None:
        """Note that a connection, or one that ended (None), gave up a topic."""
        if topic not in self._topics:
            return
        self._topics[topic] -= 1
        self._count -= 1
        if not self._topics[topic]:
            del self._topics[topic]
        visitor = self._visitors.of(number) if number is not None else None
        if visitor is not None:
            visitor.topics = max(0, visitor.topics - 1)

    def wants(self, topic: bytes) -> int:
        """Return how many connections are subscribed to exactly this topic."""
        return self._topics.get(topic, 0)
