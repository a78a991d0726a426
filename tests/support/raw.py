"""A client that sends any frames it likes and sees exactly what comes back."""

from types import TracebackType
from typing import Self

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

from tests.support.plain import Context, Map

ANSWER_MS = 10_000


class RawClient:
    """A DEALER socket: no envelope, no delimiter, no order of turns."""

    def __init__(self, context: Context, address: str) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._socket.connect(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._socket.disable_monitor()
        self._monitor.close()
        self._socket.close()

    def send(self, *frames: bytes) -> None:
        """Send one message."""
        self._socket.send_multipart(frames)

    def receive(self) -> list[bytes]:
        """Return the next message."""
        assert self._socket.poll(ANSWER_MS), "no answer"
        return self._socket.recv_multipart()

    def exchange(self, *frames: bytes) -> list[bytes]:
        """Send one message and return the next one."""
        self.send(*frames)
        return self.receive()

    def next_good_request(self) -> Map:
        """Ask for the users and return the answer: what else was on its way would come first."""
        request = {"service": "users", "data": {"timestamp": 0.0, "clock": 1}}
        answer: Map = msgpack.unpackb(self.exchange(b"", msgpack.packb(request))[-1])
        return answer

    def was_disconnected(self) -> bool:
        """Wait until the other side closes the connection, or an answer arrives instead."""
        poller = zmq.Poller()
        poller.register(self._monitor, zmq.POLLIN)
        poller.register(self._socket, zmq.POLLIN)
        ready = dict(poller.poll(ANSWER_MS))
        if self._monitor not in ready:
            return False
        return bool(recv_monitor_message(self._monitor)["event"] == zmq.EVENT_DISCONNECTED)
