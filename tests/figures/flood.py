"""A load of publications as fast as the cluster takes them: one DEALER with many requests outstanding."""

from __future__ import annotations

import threading
import time
from itertools import count

import msgpack
import zmq

from tests.support.plain import Context, Map, PlainClient

USER, CHANNEL = "medidor", "figuras"
TEXT_BYTES = 100
OUTSTANDING = 1_000
"""Requests without an answer: a quarter of what the broker keeps."""
WAIT_MS = 100
CLOSED_SECONDS = 10.0
"""Longest wait for the last answers: twice the broker's budget."""


class Flood(threading.Thread):
    """Publishes until `total` are acknowledged, or until stopped; `acknowledged` holds (when, latency) in seconds."""

    def __init__(
        self, context: Context, address: str, total: int | None = None, outstanding: int = OUTSTANDING
    ) -> None:
        super().__init__(name="flood", daemon=True)
        self.acknowledged: list[tuple[float, float]] = []
        self.refused = 0
        self._address = address
        self._total = total
        self._outstanding = outstanding
        self._over = threading.Event()
        self._sent: dict[bytes, float] = {}
        self._numbers = count(1)
        self._socket = context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.sndhwm = self._socket.rcvhwm = 0

    def run(self) -> None:
        """Publish."""
        self._socket.connect(self._address)
        while self._may_go_on():
            self._fill()
            self._drain()
        deadline = time.monotonic() + CLOSED_SECONDS
        while self._sent and time.monotonic() < deadline:
            self._drain()
        self._socket.close()

    def finish(self) -> None:
        """Send no more, and wait for the answers under way."""
        self._over.set()
        self.join()

    def _may_go_on(self) -> bool:
        return not self._over.is_set() and (self._total is None or len(self.acknowledged) < self._total)

    def _fill(self) -> None:
        room = self._outstanding - len(self._sent)
        if self._total is not None:
            room = min(room, self._total - len(self.acknowledged) - len(self._sent))
        for _ in range(room):
            token = str(next(self._numbers)).encode()
            self._sent[token] = time.monotonic()
            self._socket.send_multipart([token, b"", publication(token.decode())])

    def _drain(self) -> None:
        if not self._socket.poll(WAIT_MS):
            return
        try:
            while True:
                token, *_, body = self._socket.recv_multipart(zmq.DONTWAIT)
                self._judge(token, msgpack.unpackb(body)["data"])
        except zmq.Again:
            return

    def _judge(self, token: bytes, data: Map) -> None:
        now = time.monotonic()
        sent = self._sent.pop(token)
        if data["status"] == "OK":
            self.acknowledged.append((now, now - sent))
        else:
            self.refused += 1


def publication(text: str) -> bytes:
    """Return a request that publishes a text of `TEXT_BYTES`."""
    data = {"user": USER, "channel": CHANNEL, "message": text.rjust(TEXT_BYTES, "x"), "timestamp": 0.0, "clock": 0}
    encoded: bytes = msgpack.packb({"service": "publish", "data": data})
    return encoded


def prepare(context: Context, address: str) -> None:
    """Make the user and the channel."""
    with PlainClient(context, address) as client:
        client.write("login", user=USER)
        client.write("channel", channel=CHANNEL)


def rate(acknowledged: list[tuple[float, float]]) -> float:
    """Return acknowledged publications a second, from the first to the last."""
    return (len(acknowledged) - 1) / (acknowledged[-1][0] - acknowledged[0][0])
