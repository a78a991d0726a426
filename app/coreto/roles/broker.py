"""The broker: drives a `Dispatch` between the socket that clients know and the one our servers connect to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

import zmq

from coreto.journal.recorder import Recorder
from coreto.journal.sink import Sink
from coreto.machines.clock import ApplicationClock
from coreto.machines.dispatch import Dispatch
from coreto.machines.effects import Effect, Probe, ReplyTo, Report, SendServer
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.doorkeeper import Doorkeeper, is_watched
from coreto.net.frames import UnframedError, split
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context, Socket, bind, bound_socket, inner_socket, receive_all, send
from coreto.roles.broker_traffic import BrokerTraffic
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.role import Role
from coreto.texts import Catalogue
from coreto.wire.backend import PROBE, Answers, Opened, Ready, read_backend, write_backend
from coreto.wire.limits import FRAMES_PER_MESSAGE

CLIENTS = "clients"
"""The name of everybody who asks, where faults between roles are put in force."""


class BrokerRole(Role):
    """One thread, a ROUTER to each side, and a monitor that tells when a server's link breaks."""

    def __init__(
        self,
        context: Context,
        frontends: Sequence[str],
        backends: Sequence[str],
        catalogue: Catalogue,
        sink: Sink,
        *,
        settings: Settings = DEFAULTS,
        key: ClusterKey | None = None,
    ) -> None:
        """With a key, only servers that hold it are given work."""
        super().__init__("broker", context)
        self._key = key
        self._frontends = frontends
        self._backends = backends
        self._catalogue = catalogue
        self._sink = sink
        self._settings = settings
        self._doorkeeper: Doorkeeper | None = None

    def open(self) -> None:
        """Bind both sides; the name is new in each life, as replies to `open` carry it."""
        clock = ApplicationClock(time.time() - time.monotonic())
        name = secrets.token_hex(8)
        self._machine = Dispatch(name, clock, self._settings, self._catalogue)
        self._recorder = Recorder(self.name, self._sink, detailed=self.detailed)
        self._traffic = BrokerTraffic(name, self._machine, self._recorder) if self.detailed else None
        self._machine.started_at = time.monotonic()
        frontend = bound_socket(self._context, zmq.ROUTER, (), "--frontend", from_clients=True)
        if is_watched(self._frontends):
            self._doorkeeper = Doorkeeper(self, self._context, frontend)
        for address in self._frontends:
            bind(frontend, address, "--frontend")
        self._clients = self.link(self.listen(frontend), CLIENTS)
        self._backend = self.listen(inner_socket(self._context, zmq.ROUTER, self._backends, "--backend", self._key))
        self._monitor = self.listen(self._backend.get_monitor_socket(zmq.EVENT_DISCONNECTED), hears_only=True)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Hand in what has arrived, judge timers, send."""
        if self._doorkeeper:
            self._doorkeeper.look()
        if self._monitor in ready and receive_all(self._monitor, DRAIN_MAX):
            self._machine.on_disconnected(now)
        for link, raw in (frames for frames in self.receive(self._backend, DRAIN_MAX) if len(frames) == 2):
            self._from_server(link, raw, now)
        for frames in self._clients.receive(DRAIN_MAX):
            self._from_client(frames, now)
        if self._traffic:
            self._traffic.heard()
        self._machine.tick(now)
        self._perform(self._machine.flush(now), now)
        if self._traffic:
            self._traffic.turned()

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do."""
        return self._machine.deadline()

    def close(self) -> None:
        """Stop watching both sides before their sockets close."""
        if self._doorkeeper:
            self._doorkeeper.close()
        if hasattr(self, "_monitor"):
            self._backend.disable_monitor()

    def lost(self, name: str) -> None:
        """Hear that a role of this process has ended: the probes will tell which."""
        self._machine.on_disconnected(time.monotonic())

    def _from_client(self, frames: list[bytes], now: float) -> None:
        try:
            route, raw = split(frames)
        except UnframedError as error:
            self._machine.refuse(error.route, error.rule, {"limit": FRAMES_PER_MESSAGE}, now)
        else:
            self._machine.on_request(route, raw, now)
            if self._traffic:
                self._traffic.from_client(route, raw)

    def _from_server(self, link: bytes, raw: bytes, now: float) -> None:
        message = read_backend(raw)
        match message:
            case Answers():
                self._machine.on_answers(link, message, now)
            case Ready():
                self._machine.on_ready(link, message, now)
            case Opened():
                self._machine.on_opened(message, now)
        if self._traffic and message is not None:
            self._traffic.from_server(link, message)

    def _perform(self, effects: list[Effect], now: float) -> None:
        for effect in effects:
            match effect:
                case ReplyTo(route, body):
                    self._clients.send(*route, body)
                    if self._traffic:
                        self._traffic.to_client(route, body)
                case SendServer(link, message):
                    if self._traffic:
                        self._traffic.to_server(link, message)
                    if not send(self._backend, (link, write_backend(message))):
                        self._machine.on_unsent(link, message, now)
                        self._perform(self._machine.flush(now), now)
                case Probe(link):
                    self._probe(link, now)
                case Report(event):
                    self._recorder.note(event)

    def _probe(self, link: bytes, now: float) -> None:
        if not send(self._backend, (link, PROBE)):
            self._machine.on_broken(link, now)
            self._perform(self._machine.flush(now), now)
