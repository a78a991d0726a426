"""A server: drives a `Node` with its sockets, its file and the clock of its machine."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import zmq

from coreto.journal.events import Halted
from coreto.journal.sink import Sink
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import (
    AskReference,
    Effect,
    Halt,
    Persist,
    Publish,
    ReplyTo,
    Report,
    SendBroker,
    SendPeer,
)
from coreto.machines.node import Node
from coreto.machines.settings import DEFAULTS
from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.net.links import FaultTable, Link
from coreto.net.sockets import Context, Socket, bound_socket, connected_socket, receive_all, send
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX
from coreto.store.log import DamageError
from coreto.store.server import Birth, DiskError, ServerStore
from coreto.texts import Catalogue
from coreto.wire.backend import PROBE, read_backend, write_backend
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.peer import read_peer, write_peer
from coreto.wire.services import Request


class HaltError(Exception):
    """The server stopped itself because going on would break a promise; its files stay (D8)."""


class ServerAddresses(msgspec.Struct, frozen=True):
    """Where a server binds, what it tells others, and where it finds them."""

    bind: Sequence[str]
    advertise: str
    reference: str
    broker: str
    proxy: str
    peers: Mapping[str, str]
    """Address of each voter by name; those not here are looked up at the reference."""


class ServerRole(Worker):
    """One thread: ROUTER for peers and askers, a DEALER to each peer, to broker and reference, and PUB."""

    def __init__(
        self,
        name: str,
        context: Context,
        addresses: ServerAddresses,
        folder: Path,
        birth: Birth | None,
        catalogue: Catalogue,
        sink: Sink,
        faults: FaultTable,
    ) -> None:
        super().__init__(name, context)
        self._addresses = addresses
        self._folder = folder
        self._birth = birth
        self._catalogue = catalogue
        self._sink = sink
        self._faults = faults
        self._store: ServerStore | None = None
        self._peers: dict[str, Link] = {}
        self._monitors: dict[Socket, str] = {}
        self._watched: list[Socket] = []

    # The thread.

    def open(self) -> None:
        """Open the file, begin a life, bind, and connect to everybody."""
        self._store = ServerStore(self._folder, self._birth)
        clock = ApplicationClock(time.time() - time.monotonic())
        stored = self._store.begin_life()
        self._node = Node(
            stored,
            self._store.log,
            self._store.tables,
            clock,
            random.Random(),
            DEFAULTS,
            self._catalogue,
            self._addresses.advertise,
        )
        self._router = self.listen(bound_socket(self._context, zmq.ROUTER, self._addresses.bind, "--bind"))
        self._broker = self._connect(self._addresses.broker)
        self._reference = self._connect(self._addresses.reference)
        self._publisher = self.own(connected_socket(self._context, zmq.PUB, self._addresses.proxy))
        for voter in stored.genesis.voters:
            if voter.replica != stored.identity.replica:
                self._meet(voter.replica, voter.name)
        self._node.start(time.monotonic())

    def turn(self, ready: set[Socket], now: float) -> None:
        """Hand in what has arrived, judge timers, log, send."""
        node = self._node
        node.wake(now)
        for monitor in ready & self._monitors.keys():
            if receive_all(monitor, DRAIN_MAX):
                node.on_disconnected(self._monitors[monitor], now)
        for frames in receive_all(self._router, DRAIN_MAX):
            self._from_anybody(frames, now)
        for frames in receive_all(self._broker, DRAIN_MAX):
            self._from_broker(frames[-1], now)
        for frames in receive_all(self._reference, DRAIN_MAX):
            self._from_reference(frames[-1], now)
        node.tick(now)
        node.flush(now)
        self._perform_all(now)

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do."""
        return self._node.deadline()

    def close(self) -> None:
        """Close the file, and stop watching links before their sockets close."""
        if self._store is not None:
            self._store.close()
        for dealer in self._watched:
            dealer.disable_monitor()

    # Coming in.

    def _from_anybody(self, frames: list[bytes], now: float) -> None:
        """Tell a peer's message, one frame without delimiter, from a course request."""
        if len(frames) == 2:
            message = read_peer(frames[1])
            if message is not None:
                self._node.on_peer(message, now)
                return
        try:
            route, raw = split(frames)
        except UnframedError as error:
            route, raw = error.route, b""
        self._node.on_request(route, raw, now)

    def _from_broker(self, raw: bytes, now: float) -> None:
        if raw == PROBE:
            return
        message = read_backend(raw)
        if message is not None:
            self._node.on_backend(message, now)

    def _from_reference(self, raw: bytes, now: float) -> None:
        try:
            _, data = read_reply(raw)
        except UndecodableError:
            return
        rank = data.get("rank")
        if isinstance(rank, int):
            self._node.on_rank(rank, now)

    # Going out.

    def _perform_all(self, now: float) -> None:
        """Perform effects in order; a persist that is done may bring more."""
        effects = self._node.take(now)
        while effects:
            for effect in effects:
                self._perform(effect, now)
            effects = self._node.take(now)

    def _perform(self, effect: Effect, now: float) -> None:
        match effect:
            case SendPeer(to, message):
                link = self._peers.get(to)
                if link is not None:
                    link.send(write_peer(message))
            case SendBroker(message):
                send(self._broker, (write_backend(message),))
            case Publish(topic, body):
                send(self._publisher, (topic, body))
            case ReplyTo(route, body):
                send(self._router, (*route, body))
            case Persist():
                self._persist(effect, now)
            case AskReference(request, clock, timestamp):
                send(self._reference, (DELIMITER, _course_request(request, clock, timestamp)))
            case Report(event):
                self._sink(event)
            case Halt(reason):
                self._halt(reason)

    def _persist(self, effect: Persist, now: float) -> None:
        assert self._store is not None
        try:
            self._store.persist(effect)
        except (DiskError, DamageError) as error:
            self._halt(str(error))
        self._node.persisted(effect.number, now)
        self._node.flush(now)

    def _halt(self, reason: str) -> None:
        self._sink(Halted(role="server", name=self.name, reason=reason))
        raise HaltError(reason)

    # Links.

    def _connect(self, address: str) -> Socket:
        return self.listen(connected_socket(self._context, zmq.DEALER, address))

    def _meet(self, replica: str, name: str) -> None:
        """Connect to a peer, and watch the connection: its end is a hint (rule E5)."""
        dealer = self.own(connected_socket(self._context, zmq.DEALER, self._addresses.peers[name]))
        self._peers[replica] = Link(dealer, self._faults, self.name, name)
        self._watched.append(dealer)
        monitor = self.listen(dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED))
        self._monitors[monitor] = replica


def _course_request(request: Request, clock: int, timestamp: float) -> bytes:
    fields = {name: getattr(request, name) for name in request.__struct_fields__}
    return write_request(str(request.__struct_config__.tag), fields, clock, timestamp)
