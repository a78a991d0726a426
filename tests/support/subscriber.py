"""A subscriber as a student writes one; it keeps what it heard and is drained with a deadline."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

import msgpack
import zmq

from tests.support.plain import Context, Map, PlainClient

PROBE_CHANNEL = "sonda"
PROBE_USER = "afinadora"
TUNE_SECONDS = 15.0
PROBE_MS = 50


class Heard(NamedTuple):
    """One publication."""

    topic: str
    body: Map


class Subscriber:
    """A SUB socket on some topics; probes are not kept."""

    def __init__(self, context: Context, address: str, *topics: str) -> None:
        self.heard: list[Heard] = []
        self._probed = False
        self._socket = context.socket(zmq.SUB)
        self._socket.linger = 0
        self._socket.rcvhwm = 0
        self._socket.connect(address)
        for topic in (*topics, PROBE_CHANNEL):  # subscriptions take effect in this order
            self._socket.subscribe(topic)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._socket.close()

    def tune_in(self, client: PlainClient) -> Self:
        """Publish probes until one is heard: from then on every subscription is in effect."""
        client.write("login", user=PROBE_USER)
        client.ask("channel", channel=PROBE_CHANNEL)
        deadline = time.monotonic() + TUNE_SECONDS
        while not self._probed:
            assert time.monotonic() < deadline, "no publication was heard"
            client.write("publish", user=PROBE_USER, channel=PROBE_CHANNEL, message="um, dois, três")
            self._take(PROBE_MS)
        return self

    def drain(self, enough: Callable[[list[Heard]], bool], quiet_seconds: float = 5.0) -> list[Heard]:
        """Return all that was heard once it is enough, or once nothing more comes for a while."""
        deadline = time.monotonic() + quiet_seconds
        while not enough(self.heard) and time.monotonic() < deadline:
            if self._take(PROBE_MS):
                deadline = time.monotonic() + quiet_seconds
        self._take(0)
        return self.heard

    def wait_for(self, count: int) -> list[Heard]:
        """Return the publications when at least so many were heard; fail when they do not come."""
        heard = self.drain(lambda heard: len(heard) >= count)
        assert len(heard) >= count, heard
        return heard

    def _take(self, milliseconds: int) -> bool:
        """Take what is there, waiting for the first a little; say whether there was anything."""
        took = False
        while self._socket.poll(0 if took else milliseconds):
            took = True
            self._keep(*self._socket.recv_multipart())
        return took

    def _keep(self, topic: bytes, body: bytes) -> None:
        if topic == PROBE_CHANNEL.encode():
            self._probed = True
        else:
            self.heard.append(Heard(topic.decode(), msgpack.unpackb(body)))
