"""A load of requests: some clients, each with a window of requests outstanding, all in one thread.

Theory of operation. Closed loop: a client sends its next request when one of its window is
answered, so the cluster is asked for as much as it answers, never more. Every client is a DEALER of
its own, as a broker sees students' clients; one thread drives all of them, because on a machine of
two cores a process each would measure the clients.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import msgpack
import msgspec
import zmq

from coreto.lab.bench.numbers import load_told
from coreto.net.frames import DELIMITER
from coreto.net.sockets import Context, Socket

WAIT_MS = 100
"""How long the loop waits for answers before it looks whether it is over."""
CLOSED_SECONDS = 10.0
"""Longest wait for the last answers: twice the broker's budget."""
STALLED_SECONDS = 30.0
"""A load to which nobody answers for so long is over."""

Bodies = Callable[[int], bytes]
"""Makes the request of a number, from 1 on."""


class Answered(NamedTuple):
    """One request that succeeded: its number, when, after how many seconds, and what the answer says of its message."""

    number: int
    moment: float
    latency: float
    id: str
    at: int
    """Its index in the log."""
    epoch: int


class _Data(msgspec.Struct):
    status: str = ""
    code: str = ""
    id: str = ""
    index: int = 0
    epoch: int = 0


class _Reply(msgspec.Struct):
    data: _Data


_reply = msgspec.msgpack.Decoder(_Reply)


class Load:
    """Sends until `total` requests succeeded or `stop` is called; `answered` holds those that did."""

    def __init__(
        self, context: Context, address: str, bodies: Bodies, *, clients: int = 1, window: int = 1, total: int = 0
    ) -> None:
        """`total` 0 goes on until stopped."""
        self.answered: list[Answered] = []
        self.refused: dict[str, int] = {}
        """How many were refused, by code."""
        self.lost = 0
        """Requests without an answer in the end."""
        self.unasked = 0
        """Answers to no request that waits: each would be a fault of the cluster."""
        self._context = context
        self._address = address
        self._bodies = bodies
        self._clients = clients
        self._window = window
        self._total = total
        self._over = threading.Event()
        self._sent: dict[bytes, float] = {}
        self._numbers: Iterator[int] = count(1)

    def run(self) -> None:
        """Send and receive, in the calling thread, until it is over."""
        sockets = [self._connected() for _ in range(self._clients)]
        poller = zmq.Poller()
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
        try:
            for _ in range(self._window):
                for socket in sockets:
                    self._send(socket)
            self._loop(poller)
        finally:
            for socket in sockets:
                socket.close()
            self.lost = len(self._sent)

    def stop(self) -> None:
        """Send no more; `run` returns when the requests under way are answered."""
        self._over.set()

    def _connected(self) -> Socket:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = 0
        socket.connect(self._address)
        return socket

    def _loop(self, poller: zmq.Poller) -> None:
        deadline = time.monotonic() + STALLED_SECONDS
        while self._sent and time.monotonic() < deadline:
            for socket, _event in poller.poll(WAIT_MS):
                self._drain(socket)
                deadline = time.monotonic() + (CLOSED_SECONDS if self._over.is_set() else STALLED_SECONDS)
            if self._over.is_set():
                deadline = min(deadline, time.monotonic() + CLOSED_SECONDS)

    def _drain(self, socket: Socket) -> None:
        """Take what is there, a window at most: the other clients want their turn."""
        for _ in range(self._window):
            try:
                frames = socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self._judge(frames[0], frames[-1])
            self._send(socket)

    def _send(self, socket: Socket) -> None:
        if self._over.is_set() or (self._total and len(self.answered) + len(self._sent) >= self._total):
            return
        number = next(self._numbers)
        token = number.to_bytes(8, "big")
        body = self._bodies(number)
        self._sent[token] = time.monotonic()
        socket.send_multipart((token, DELIMITER, body))

    def _judge(self, token: bytes, raw: bytes) -> None:
        sent = self._sent.pop(token, None)
        if sent is None:
            self.unasked += 1
            return
        answer = read_answer(int.from_bytes(token, "big"), raw, sent)
        if isinstance(answer, Answered):
            self.answered.append(answer)
        else:
            self.refused[answer] = self.refused.get(answer, 0) + 1

    def told(self, began: float, ended: float) -> dict[str, float]:
        """Return rate and latencies of what was answered between two monotonic moments."""
        moments, latencies = [one.moment for one in self.answered], [one.latency for one in self.answered]
        return load_told(moments, latencies, began, ended)


def read_answer(number: int, raw: bytes, sent: float) -> Answered | str:
    """Return the answer to the request that was sent at a monotonic moment, or the code with which it was refused."""
    now = time.monotonic()
    data = _reply.decode(raw).data
    if data.status in ("OK", "sucesso"):
        return Answered(number, now, now - sent, data.id, data.index, data.epoch)
    return data.code


def publications(user: str, channel: str, size: int) -> Bodies:
    """Return what makes requests to publish texts of `size` bytes, each of them another one.

    The request is encoded once; only the text in it changes, so that the load costs little.
    """
    mark = "x" * size
    data = {"user": user, "channel": channel, "message": mark, "timestamp": 0.0, "clock": 0}
    before, _, behind = _packed("publish", data).rpartition(mark.encode())
    return lambda number: before + text_of(number, size).encode() + behind


def text_of(number: int, size: int) -> str:
    """Return the text of a publication: so many bytes, and another one for each number that fits in."""
    return str(number).rjust(size, "x")[-size:]


def repeated(service: str, **data: object) -> Bodies:
    """Return what makes the same request again and again."""
    body = _packed(service, {**data, "timestamp": 0.0, "clock": 0})
    return lambda number: body


def _packed(service: str, data: dict[str, object]) -> bytes:
    packed: bytes = msgpack.packb({"service": service, "data": data})
    return packed
