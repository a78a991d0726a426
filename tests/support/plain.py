"""A client as a student writes one: a REQ socket, MessagePack, the envelope of the course."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import msgpack
import zmq

Map = dict[str, Any]
Context = zmq.Context[zmq.Socket[bytes]]
ANSWER_SECONDS = 15.0
SLICE_MS = 50


class NoAnswerError(Exception):
    """No answer came in time, or somebody said not to wait any longer."""


class PlainClient:
    """Asks one address one thing at a time and counts a Lamport clock along."""

    def __init__(
        self,
        context: Context,
        address: str,
        seconds: float = ANSWER_SECONDS,
        give_up: threading.Event | None = None,
    ) -> None:
        self.clock = 0
        self.envelope: Map = {}
        """The last answer, whole."""
        self._context = context
        self._address = address
        self._seconds = seconds
        self._give_up = give_up or threading.Event()
        self._socket = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def ask(self, service: str, **data: object) -> Map:
        """Send a request and return the `data` of its answer."""
        self.clock += 1
        stamped = {"timestamp": time.time(), "clock": self.clock, **data}
        self.exchange({"service": service, "data": stamped})
        answer: Map = self.envelope["data"]
        self.clock = max(self.clock, answer["clock"])
        return answer

    def write(self, service: str, **data: object) -> Map:
        """Send a request that must succeed and return the `data` of its answer."""
        answer = self.ask(service, **data)
        assert answer["status"] in ("sucesso", "OK"), answer
        return answer

    def exchange(self, envelope: Map) -> Map:
        """Send any envelope and return the envelope that answers it."""
        self._socket.send(msgpack.packb(envelope))
        self._wait()
        self.envelope = msgpack.unpackb(self._socket.recv())
        return self.envelope

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + self._seconds
        while not self._socket.poll(SLICE_MS):
            if self._give_up.is_set() or time.monotonic() > deadline:
                self.close()  # a REQ socket that waits for an answer can do nothing else any more
                self._socket = self._connect()
                raise NoAnswerError(self._address)

    def _connect(self) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.REQ)
        socket.linger = 0
        socket.connect(self._address)
        return socket
