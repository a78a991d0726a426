"""The clock of a server as other people write one: a REP socket that knows the course's `clock` and little else."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import msgpack
import zmq

from tests.support.plain import Context
from tests.support.sockets import END_SECONDS

SLICE_MS = 20


class ForeignClock:
    """Answers `clock`, with `time` sets its own; `silent` it takes requests and answers none."""

    def __init__(self, context: Context, ahead: float) -> None:
        self.ahead = ahead
        """Seconds by which it is ahead of this machine."""
        self.asked: list[dict[str, Any]] = []
        """The data of every request."""
        self.silent = False
        self._over = threading.Event()
        self._socket = context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.bind("tcp://127.0.0.1:*")
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
        self._thread = threading.Thread(target=self._run, name="foreign clock", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(END_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        while not self._over.is_set():
            if self._socket.poll(SLICE_MS):
                *route, raw = self._socket.recv_multipart()
                data = msgpack.unpackb(raw)["data"]
                self.asked.append(data)
                if "time" in data:
                    self.ahead = data["time"] - time.time()
                if not self.silent:
                    now = time.time() + self.ahead
                    answer = {"service": "clock", "data": {"time": now, "timestamp": now, "clock": data["clock"] + 1}}
                    self._socket.send_multipart((*route, msgpack.packb(answer)))
