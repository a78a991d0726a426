"""The broker in front of plain REP servers: drives a `ForeignDispatch` (`coreto broker --foreign-servers`)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import zmq

from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import ReplyTo
from coreto.machines.foreign import ForeignDispatch, SendForeign
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.net.sockets import Context, Socket, bound_socket, receive_all, send
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX
from coreto.texts import Catalogue
from coreto.wire.limits import FRAMES_PER_MESSAGE

LOOK_AGAIN = 0.1
"""Seconds between attempts to give a request to a server while none is connected."""


class ForeignBrokerRole(Worker):
    """One thread: ROUTER to clients, DEALER to the servers, which takes them in turn."""

    def __init__(
        self,
        context: Context,
        frontends: Sequence[str],
        backends: Sequence[str],
        catalogue: Catalogue,
        *,
        settings: Settings = DEFAULTS,
    ) -> None:
        super().__init__("broker", context)
        self._frontends = frontends
        self._backends = backends
        self._catalogue = catalogue
        self._settings = settings

    def open(self) -> None:
        """Bind both sides."""
        clock = ApplicationClock(time.time() - time.monotonic())
        self._machine = ForeignDispatch(clock, self._settings, self._catalogue)
        self._frontend = self.listen(
            bound_socket(self._context, zmq.ROUTER, self._frontends, "--frontend", from_clients=True)
        )
        self._backend = self.listen(bound_socket(self._context, zmq.DEALER, self._backends, "--foreign-backend"))

    def turn(self, ready: set[Socket], now: float) -> None:
        """Hand in what has arrived, judge timers, send."""
        for frames in receive_all(self._backend, DRAIN_MAX):
            self._from_server(frames)
        for frames in receive_all(self._frontend, DRAIN_MAX):
            self._from_client(frames, now)
        self._machine.tick(now)
        for effect in self._machine.flush():
            match effect:
                case ReplyTo(route, body):
                    send(self._frontend, (*route, body))
                case SendForeign(number, raw):
                    if send(self._backend, (str(number).encode(), DELIMITER, raw)):
                        self._machine.on_sent(number)

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do, or when to look for servers again."""
        return min(self._machine.deadline(), now + LOOK_AGAIN)

    def _from_server(self, frames: list[bytes]) -> None:
        if 3 <= len(frames) <= FRAMES_PER_MESSAGE and frames[0].isdigit():
            self._machine.on_answer(int(frames[0]), *frames[2:])

    def _from_client(self, frames: list[bytes], now: float) -> None:
        try:
            route, raw = split(frames)
        except UnframedError as error:
            self._machine.refuse(error.route, error.rule, {"limit": FRAMES_PER_MESSAGE}, now)
        else:
            self._machine.on_request(route, raw, now)
