"""Fan-out: how fast messages reach every one of many subscribers.

Theory of operation. One publisher keeps a window of messages that are not yet both acknowledged and
heard by everybody; so the rate is that of the slowest subscriber, and nothing is lost because
somebody reads too slowly. Every subscriber must hear the same frames in the same order.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import zmq

from coreto.client.client import Client
from coreto.lab.bench.load import CLOSED_SECONDS, WAIT_MS, Answered, Bodies, read_answer
from coreto.lab.bench.numbers import load_told
from coreto.net.frames import DELIMITER
from coreto.net.sockets import PUBLICATIONS_QUEUE, Context, Socket
from coreto.texts import _
from coreto.wire.publication import read_publication

TUNE_SECONDS = 15.0
"""Longest wait until every subscription stands."""
PROBE_MS = 50
STALLED_SECONDS = 10.0
"""Nobody hears anything for so long: publications were lost."""


class FanOut:
    """A publisher and its subscribers, driven by one thread."""

    def __init__(self, context: Context, broker: str, proxy: str, channel: str, subscribers: int) -> None:
        self.answered: list[Answered] = []
        self.void = ""
        self._channel = channel
        self._probes = f"{channel}-probe"
        self._dealer = self._socket(context, zmq.DEALER, broker)
        self._listeners = [self._socket(context, zmq.SUB, proxy) for _ in range(subscribers)]
        self._places = dict.fromkeys(self._listeners, 0)
        """How many messages each has heard."""
        self._stream: list[bytes] = []
        """What was heard, in order, as whoever was first heard it."""
        self._heard_by: list[int] = []
        self._sent: dict[int, float] = {}
        self._done: list[tuple[float, float]] = []
        """When everybody had heard a message, and how long after it was sent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for socket in (self._dealer, *self._listeners):
            socket.close()

    def tune_in(self, client: Client, user: str) -> None:
        """Subscribe everybody, and publish probes until all have heard one; sets `void` when they do not."""
        client.create_channel(self._probes)
        for listener in self._listeners:
            for topic in (self._channel, self._probes):  # subscriptions take effect in this order
                listener.subscribe(topic)
        silent = set(self._listeners)
        deadline = time.monotonic() + TUNE_SECONDS
        while silent and time.monotonic() < deadline:
            client.publish(user, self._probes, "um, dois, três")
            silent = {listener for listener in silent if not listener.poll(PROBE_MS)}
        if silent:
            self.void = _("{count} subscribers heard nothing", count=len(silent))

    def run(self, bodies: Bodies, window: int, warmup: float, seconds: float) -> dict[str, float]:
        """Publish and listen; return messages a second that everybody heard, and how late the last one heard them."""
        began = time.monotonic() + warmup
        ended = began + seconds
        number, deadline = 0, time.monotonic() + STALLED_SECONDS
        poller = self._poller()
        while not self.void:
            now = time.monotonic()
            waiting = number - min(len(self.answered), len(self._done))
            if now > deadline:
                self.void = _("{count} messages were not heard by everybody", count=waiting)
            if now >= ended and not waiting:
                break
            for _room in range(window - waiting if now < ended else 0):
                number += 1
                self._publish(number, bodies)
            for socket, _event in poller.poll(WAIT_MS):
                deadline = now + CLOSED_SECONDS
                self._take(socket)
        moments, latencies = [when for when, _late in self._done], [late for _when, late in self._done]
        told = load_told(moments, latencies, began, ended)
        return {**told, "deliveries": told["rate"] * len(self._listeners)}

    def _publish(self, number: int, bodies: Bodies) -> None:
        self._sent[number] = time.monotonic()
        self._dealer.send_multipart((number.to_bytes(8, "big"), DELIMITER, bodies(number)))

    def _take(self, socket: Socket) -> None:
        try:
            while not self.void:
                frames = socket.recv_multipart(zmq.DONTWAIT)
                if socket is self._dealer:
                    self._on_answer(frames)
                elif frames[0] == self._channel.encode():
                    self._on_heard(socket, frames[1])
        except zmq.Again:
            return

    def _on_answer(self, frames: list[bytes]) -> None:
        number = int.from_bytes(frames[0], "big")
        answer = read_answer(number, frames[-1], self._sent[number])
        if isinstance(answer, Answered):
            self.answered.append(answer)
        else:
            self.void = _("the cluster refused requests: {said}", said=answer)

    def _on_heard(self, listener: Socket, raw: bytes) -> None:
        place = self._places[listener]
        self._places[listener] = place + 1
        if place == len(self._stream):
            self._stream.append(raw)
            self._heard_by.append(0)
        elif self._stream[place] != raw:
            self.void = _("two subscribers heard different messages at place {place}", place=place)
        self._heard_by[place] += 1
        if self._heard_by[place] == len(self._listeners):
            now = time.monotonic()
            number = int(read_publication(self._channel.encode(), raw).message.lstrip("x"))
            self._done.append((now, now - self._sent[number]))

    def _poller(self) -> zmq.Poller:
        poller = zmq.Poller()
        for socket in (self._dealer, *self._listeners):
            poller.register(socket, zmq.POLLIN)
        return poller

    def _socket(self, context: Context, kind: int, address: str) -> Socket:
        socket = context.socket(kind)
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = PUBLICATIONS_QUEUE
        socket.connect(address)
        return socket
