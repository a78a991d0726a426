"""A server as the broker sees it, moved by hand."""

import time
from types import TracebackType
from typing import Self, TypeVar

import msgpack
import zmq

from coreto.net.sockets import connected_socket
from coreto.wire.backend import PROBE, AnswerItem, Answers, Open, Opened, Ready, Work, WorkItem
from coreto.wire.backend import read_backend as read
from coreto.wire.backend import write_backend as write
from coreto.wire.log import Epoch
from tests.support.plain import Context

ANSWER_SECONDS = 5.0
HEARTBEAT_MS = 100

Message = TypeVar("Message", Work, Open)


class FakeServer:
    """A DEALER that speaks `wire.backend`; it sends heartbeats while it waits."""

    def __init__(self, context: Context, address: str, name: str, *, coordinates: int = 0) -> None:
        self._socket = connected_socket(context, zmq.DEALER, address, patient=True)
        self._name = name
        self._epoch = coordinates
        self.broker = ""
        """The life of the broker that sent work last; answers name it."""
        self.waiting: list[Work | Open] = []
        """What came while something else was waited for."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def ready(self, incarnation: int = 1) -> None:
        """Send a heartbeat."""
        role = "coordinator" if self._epoch else "follower"
        place = {"role": role, "epoch": Epoch(self._epoch, self._name), "commit": 0, "applied": 0}
        who = {"name": self._name, "replica": f"id-{self._name}", "cluster": "cluster", "incarnation": incarnation}
        self.send_raw(write(Ready(**who, **place)))  # type: ignore[arg-type]  # the keys are known

    def open(self, start: int) -> Open:
        """Wait for the broker to ask for its start, and give it."""
        asked = self.receive(Open)
        self.send_raw(write(Opened(nonce=asked.nonce, start=start)))
        return asked

    def work(self, count: int = 1) -> list[WorkItem]:
        """Return that many requests."""
        items: list[WorkItem] = []
        while len(items) < count:
            work = self.receive(Work)
            self.broker = work.broker
            items += work.items
        return items

    def has_work(self) -> bool:
        """Whether a request comes within a moment."""
        self._take(HEARTBEAT_MS)
        return any(isinstance(message, Work) for message in self.waiting)

    def answer(self, item: WorkItem, code: str = "ok", index: int = 0, **data: object) -> None:
        """Answer a request."""
        body = msgpack.packb({"service": "answer", "data": data})
        self.send_raw(
            write(Answers(broker=self.broker, items=(AnswerItem(item.number, code, index, body, item.copy),)))
        )

    def receive(self, kind: type[Message]) -> Message:
        """Return the next message of a kind; fail when none comes."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            for message in self.waiting:
                if isinstance(message, kind):
                    self.waiting.remove(message)
                    return message
            assert time.monotonic() < deadline, f"{self._name} got no {kind.__name__}"
            self.ready()
            self._take(HEARTBEAT_MS)

    def send_raw(self, *frames: bytes) -> None:
        """Send any frames."""
        self._socket.send_multipart(frames)

    def close(self) -> None:
        """Be gone."""
        self._socket.close()

    def _take(self, milliseconds: int) -> None:
        while self._socket.poll(milliseconds):
            raw = self._socket.recv()
            message = read(raw) if raw != PROBE else None
            if isinstance(message, Work | Open):
                self.waiting.append(message)
            milliseconds = 0
