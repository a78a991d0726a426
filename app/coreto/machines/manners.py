"""How much one client may ask for, so that the others are served as if it were not there.

Theory of operation. Each client has a bucket that holds at most `BURST` tokens and gains
`client_rate` a second; a request takes one. Who finds it empty is answered `overloaded`, and not at
once: a client that asks again as soon as it is answered would only be answered more often. Its
refusals leave one after the other, `client_rate` a second, the first after `PUSH_BACK`: so a client
that waits for answers costs twice its rate at most, however many requests it has open. One that does
not wait is answered after `PUSH_BACK_MAX` at the latest. A client is a connection; somebody with many
connections is many clients.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import OrderedDict
from typing import Generic, TypeVar

import msgspec

CLIENT_RATE = 25.0
"""Requests a second from one client where other machines ask: a person asks for one, a busy bot for ten."""
BURST = 20.0
"""Requests that may come at once: a prompt asks for some when it opens."""
PUSH_BACK, PUSH_BACK_MAX = 0.5, 4.0
"""Seconds until the answer to a request too many: clients wait for five."""
TOGETHER = 0.05
"""Refusals leave at multiples of so many seconds: a flood does not wake the broker for each of them."""
CLIENTS_MAX = 16_384
"""Clients remembered; one that was forgotten has a full bucket."""
REFUSALS_MAX = 16_384
"""Refusals kept back; more are answered at once."""

Refusal = TypeVar("Refusal")


class _Bucket(msgspec.Struct):
    tokens: float
    at: float
    """When the tokens were counted."""
    refused: float = float("-inf")
    """When the last refusal so far leaves."""


class Manners(Generic[Refusal]):
    """The buckets of all clients, and the refusals that wait; without a rate, everybody may ask for anything."""

    def __init__(self, rate: float) -> None:
        """`rate`: requests a second from one client, 0 for no limit."""
        self._rate = rate
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()
        self._late: list[tuple[float, int, Refusal]] = []
        self._numbers = itertools.count()

    def admits(self, client: bytes, now: float) -> bool:
        """Take a token of a client; return whether it had one."""
        if self._rate <= 0:
            return True
        bucket = self._bucket(client, now)
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        admitted = bucket.tokens >= 1
        bucket.tokens -= admitted
        return admitted

    def refuse(self, client: bytes, refusal: Refusal, now: float) -> None:
        """Keep a refusal back."""
        bucket = self._bucket(client, now)
        bucket.refused = min(max(now + PUSH_BACK, bucket.refused + 1 / self._rate), now + PUSH_BACK_MAX)
        leaves = math.ceil(bucket.refused / TOGETHER) * TOGETHER
        heapq.heappush(self._late, (leaves, next(self._numbers), refusal))

    def due(self, now: float) -> list[Refusal]:
        """Return the refusals to be answered now."""
        found = []
        while self._late and (self._late[0][0] <= now or len(self._late) > REFUSALS_MAX):
            found.append(heapq.heappop(self._late)[-1])
        return found

    def deadline(self) -> float:
        """Return when the next refusal is due."""
        return self._late[0][0] if self._late else float("inf")

    def _bucket(self, client: bytes, now: float) -> _Bucket:
        bucket = self._buckets.pop(client, None) or _Bucket(BURST, now)
        self._buckets[client] = bucket
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        return bucket
