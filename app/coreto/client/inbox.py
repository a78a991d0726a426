"""Listening: a thread that subscribes, orders what arrives, and fills holes from history."""

from __future__ import annotations

import time
from collections import deque

import msgspec
import zmq

from coreto.machines.inbox import LATEST, Fetch, Inbox
from coreto.machines.lamport import Lamport
from coreto.machines.settings import DEFAULTS
from coreto.net.frames import DELIMITER
from coreto.net.sockets import Context, Socket, connected_socket, receive_all, send
from coreto.net.worker import Worker
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.publication import read_history_row, read_publication, topic_and_body
from coreto.wire.stamps import TimestampKind, as_clock

RECEIVED_MAX = 100_000
"""Messages kept for a reader that does not come; the oldest go, and are still in history."""
DRAIN_MAX = 256


class Received(msgspec.Struct, frozen=True):
    """A message as shown to a person; `confirmed` is False when nobody can vouch for it."""

    topic: str
    direct: bool
    user: str
    message: str
    seq: int
    index: int
    time: float
    clock: int
    confirmed: bool


class _Order(msgspec.Struct):
    """What the thread is told: follow or leave a topic."""

    follow: bool
    topic: str
    direct: bool = False
    after: int = LATEST


class InboxWorker(Worker):
    """Follows topics at the proxy; `received` hands over what arrived."""

    def __init__(self, context: Context, proxy: str, broker: str, timestamp: TimestampKind = "float") -> None:
        super().__init__("inbox", context)
        self._proxy_address = proxy
        self._broker_address = broker
        self._timestamp = timestamp
        self._inbox = Inbox(DEFAULTS)
        self._lamport = Lamport()
        self._received: deque[Received] = deque(maxlen=RECEIVED_MAX)
        self._asked: dict[bytes, Fetch] = {}
        self._count = 0

    # From outside.

    def follow(self, topic: str, *, direct: bool, after: int = LATEST) -> None:
        """Begin to follow a topic behind message `after`, without it behind the latest."""
        self.tell(msgspec.msgpack.encode(_Order(True, topic, direct, after)))

    def leave(self, topic: str) -> None:
        """Stop following a topic."""
        self.tell(msgspec.msgpack.encode(_Order(False, topic)))

    def received(self) -> list[Received]:
        """Return what has arrived since the last call, in order; never waits."""
        messages = []
        while self._received:
            messages.append(self._received.popleft())
        return messages

    @property
    def lamport(self) -> int:
        """The greatest Lamport value that was heard of."""
        return self._lamport.value

    # The thread.

    def open(self) -> None:
        """Connect to the proxy and to the broker."""
        self._sub = self.listen(connected_socket(self._context, zmq.SUB, self._proxy_address))
        self._broker = self.listen(connected_socket(self._context, zmq.DEALER, self._broker_address, patient=True))

    def told(self, message: bytes) -> None:
        """Follow or leave a topic."""
        order = msgspec.msgpack.decode(message, type=_Order)
        if order.follow:
            self._sub.subscribe(order.topic)
            self._inbox.follow(order.topic, direct=order.direct, now=time.monotonic(), after=order.after)
        else:
            self._sub.unsubscribe(order.topic)
            self._inbox.leave(order.topic)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Order what has arrived, and ask for what is missing."""
        for frames in receive_all(self._sub, DRAIN_MAX):
            self._on_publication(frames, now)
        for frames in receive_all(self._broker, DRAIN_MAX):
            self._on_history(frames, now)
        self._inbox.tick(now)
        for item in self._inbox.take():
            shown = (
                item.topic,
                item.direct,
                item.user,
                item.message,
                item.seq,
                item.index,
                item.time,
                item.clock,
            )
            self._received.append(Received(*shown, item.seq > 0))
        for fetch in self._inbox.fetches():
            self._ask(fetch)

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do."""
        return self._inbox.deadline()

    def _on_publication(self, frames: list[bytes], now: float) -> None:
        try:
            item = read_publication(*topic_and_body(frames))
        except UndecodableError:
            return
        self._lamport.receive(item.clock)
        self._inbox.on_publication(item, now)

    def _ask(self, fetch: Fetch) -> None:
        self._count += 1
        token = str(self._count).encode()
        self._asked[token] = fetch
        query: dict[str, object] = {"user" if fetch.direct else "channel": fetch.topic}
        query |= {"after": fetch.after} if fetch.after >= 0 else {"limit": 1}
        raw = write_request("history", query, self._lamport.send(), time.time(), self._timestamp)
        send(self._broker, (token, DELIMITER, raw))

    def _on_history(self, frames: list[bytes], now: float) -> None:
        """Hand a page of history to the machine; an error answers nothing, the machine asks again."""
        fetch = self._asked.pop(frames[0], None)
        if fetch is None:
            return
        try:
            _, data = read_reply(frames[-1])
            rows = [read_history_row(fetch.topic, row, direct=fetch.direct) for row in data["messages"]]
        except (UndecodableError, KeyError, TypeError):
            return
        self._lamport.receive(as_clock(data.get("clock")))
        more = data.get("more") is True and fetch.after >= 0
        self._inbox.on_history(fetch.topic, rows, more=more, now=now)
