"""A server: drives a `Node` with its sockets, its file and the clock of its machine.

In a blank folder there is no node yet: the same loop drives `Genesis` until the server is born.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import zmq

from coreto.journal.events import Halted
from coreto.journal.sink import Sink
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import (
    AskReference,
    AskServer,
    Connect,
    Effect,
    Halt,
    Persist,
    Publish,
    ReplyTo,
    Report,
    SendBroker,
    SendPeer,
)
from coreto.machines.genesis import Genesis
from coreto.machines.lamport import Lamport
from coreto.machines.node import Node
from coreto.machines.ports import DamageError
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.net.links import FaultTable
from coreto.net.sockets import Context, Socket, bound_socket, connected_socket, receive_all, send
from coreto.net.worker import Worker
from coreto.roles.halting import HaltError
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.peers import Peers
from coreto.roles.strangers import Strangers
from coreto.store.database import DiskError, StoreError
from coreto.store.server import Birth, ServerStore
from coreto.texts import Catalogue, _
from coreto.wire.backend import PROBE, read_backend, write_backend
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.peer import read_peer, write_peer
from coreto.wire.publication import SERVERS_TOPIC, read_announcement
from coreto.wire.services import Request

_FOREIGN = b"foreign broker"
"""Marks routes that lead back through a foreign broker; no connection has this identity by itself."""
SCRUB_SECONDS = 0.1
"""Shortest time between two steps of the scrub: what is asked for next never waits for more than one of them …"""
SCRUB_ROWS = 16
"""… and a step verifies so many rows, a batch each: far more than are written while nobody rests."""


class ServerAddresses(msgspec.Struct, frozen=True):
    """Where a server binds, what it tells others, and where it finds them."""

    bind: Sequence[str]
    advertise: str
    """`tcp://HOST:*` stands for the port that the system chose."""
    reference: str
    broker: str
    proxy: str
    peers: Mapping[str, str]
    """Address of each voter by name; when empty they are looked up at the reference."""
    proxy_sub: str = ""
    """Where announcements of coordinators are heard; empty to hear none."""
    broker_rep: str = ""
    """Where a foreign broker hands requests to plain REP servers; empty when there is none."""


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
        *,
        genesis: int = 0,
        settings: Settings = DEFAULTS,
        clock: ApplicationClock | None = None,
    ) -> None:
        super().__init__(name, context)
        self._addresses = addresses
        self._folder = folder
        self._birth = birth
        self._catalogue = catalogue
        self._sink = sink
        self._faults = faults
        self._genesis_count = genesis
        self._settings = settings
        self.clock = clock or ApplicationClock(time.time() - time.monotonic())
        """The application clock of all its lives."""
        self._genesis: Genesis | None = None
        self._node: Node | None = None
        self._store: ServerStore | None = None
        self._lamport = Lamport()
        """Stamps what leaves before there is a node."""
        self._next_scrub = 0.0

    # The thread.

    def open(self) -> None:
        """Open the file, bind, connect to everybody, and begin a life if the server is born."""
        self._store = ServerStore(self._folder)
        self._router = self.listen(bound_socket(self._context, zmq.ROUTER, self._addresses.bind, "--bind"))
        self.address = self._advertised()
        self._broker = self._connect(self._addresses.broker)
        # To a foreign broker's DEALER a connected ROUTER looks like a REP that need not answer in order.
        self._foreign = self._connect(self._addresses.broker_rep, zmq.ROUTER)
        self._reference = self.listen(
            connected_socket(self._context, zmq.DEALER, self._addresses.reference, patient=True)
        )
        self._publisher = self.own(connected_socket(self._context, zmq.PUB, self._addresses.proxy))
        self._announcements = self._connect(self._addresses.proxy_sub, zmq.SUB)
        if self._announcements:
            self._announcements.subscribe(SERVERS_TOPIC)
        self._peers = Peers(self, self._context, self._faults)
        self._strangers = Strangers(self, self._context)
        try:
            self._take_up()
        except (DiskError, DamageError) as error:
            self._halt_by_disk(error)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Hand in what has arrived, judge timers, log, send."""
        try:
            if self._node is None:
                self._wait_to_be_born(now)
                return
            self._live(self._node, ready, now)
            if not ready:
                self._scrub(now)
        except (DiskError, DamageError) as error:
            self._halt_by_disk(error)

    def _live(self, node: Node, ready: set[Socket], now: float) -> None:
        node.wake(now)
        for replica in self._peers.broken(ready):
            node.on_disconnected(replica, now)
        for frames in receive_all(self._router, DRAIN_MAX):
            self._from_anybody(node, frames, now)
        for frames in receive_all(self._broker, DRAIN_MAX) if self._broker else ():
            self._from_broker(node, frames[-1], now)
        for frames in receive_all(self._foreign, DRAIN_MAX) if self._foreign else ():
            self._from_foreign_broker(node, frames, now)
        for frames in receive_all(self._reference, DRAIN_MAX):
            self._from_reference(node, frames[-1], now)
        for frames in receive_all(self._announcements, DRAIN_MAX) if self._announcements else ():
            announcement = read_announcement(frames)
            if announcement is not None:
                node.on_announcement(announcement)
        for number, raw in self._strangers.answers(ready):
            node.berkeley.on_answer(number, _reply_data(raw) or {}, now)
        node.tick(now)
        node.flush(now)
        self._perform_all(node, now)

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do."""
        if self._node is not None:
            return self._node.deadline()
        return self._genesis.deadline() if self._genesis is not None else super().deadline(now)

    def close(self) -> None:
        """Close the file, and stop watching links before their sockets close."""
        if self._store is not None:
            self._store.close()
        if hasattr(self, "_peers"):
            self._peers.close()

    def _connect(self, address: str, kind: int = zmq.DEALER) -> Socket | None:
        """Connect to an address that may be left out."""
        return self.listen(connected_socket(self._context, kind, address)) if address else None

    # Lives.

    def _take_up(self) -> None:
        """Begin a life if the server is born, else wait to be born if somebody asked for that."""
        assert self._store is not None
        if self._birth is not None and self._store.birth() is None:
            self._store.be_born(self._birth)
        if self._store.birth() is not None:
            self._begin_life()
        elif self._genesis_count:
            replica = self._store.unborn_replica()
            self._genesis = Genesis(self.name, replica, self._genesis_count, self.address)
        else:
            raise StoreError(self._no_cluster())

    def _begin_life(self) -> None:
        assert self._store is not None
        self._store.verify_tail()
        stored = self._store.begin_life()
        self._node = Node(
            stored,
            self._store.log,
            self._store.tables,
            self.clock,
            random.Random(),
            self._settings,
            self._catalogue,
            self.address,
            look_up=not self._addresses.peers,
        )
        self._node.start(time.monotonic())

    def _wait_to_be_born(self, now: float) -> None:
        genesis = self._genesis
        assert genesis is not None
        assert self._store is not None
        self._refuse_before_birth(genesis)
        for frames in receive_all(self._reference, DRAIN_MAX):
            data = _reply_data(frames[-1])
            if data is not None:
                genesis.on_answer(data)
        if genesis.excluded:
            raise StoreError(
                _(
                    "The reference has already formed a cluster without {name}: use the name of a member.",
                    name=self.name,
                )
            )
        if genesis.config is not None:
            replica = self._store.unborn_replica()
            self._store.be_born(Birth(self.name, replica, genesis.cluster, genesis.config, genesis.rank))
            self._begin_life()
            return
        request = genesis.due(now)
        if request is not None:
            stamps = self._lamport.send(), time.time()
            send(self._reference, (DELIMITER, _course_request(request, *stamps)))

    def _refuse_before_birth(self, genesis: Genesis) -> None:
        for frames in receive_all(self._router, DRAIN_MAX):
            try:
                route, raw = split(frames)
            except UnframedError as error:
                route, raw = error.route, b""
            stamps = self._lamport.send(), time.time()
            body = genesis.refuse(raw, *stamps, self._catalogue, wide=self._settings.wide)
            send(self._router, (*route, body))

    def _no_cluster(self) -> str:
        return _(
            "The folder {folder} holds no server: start the first servers of a cluster with --genesis N.",
            folder=self._folder,
        )

    def _advertised(self) -> str:
        """Return what others are told: the advertised host with the port that is really bound."""
        if not self._addresses.advertise.endswith(":*"):
            return self._addresses.advertise
        bound = self._router.get_string(zmq.LAST_ENDPOINT)
        return f"{self._addresses.advertise.removesuffix('*')}{bound.rpartition(':')[2]}"

    # Coming in.

    def _from_anybody(self, node: Node, frames: list[bytes], now: float) -> None:
        """Tell a peer's message, one frame without delimiter, from a course request."""
        if len(frames) == 2:
            message = read_peer(frames[1])
            if message is not None:
                node.on_peer(message, now)
                return
        try:
            route, raw = split(frames)
        except UnframedError as error:
            route, raw = error.route, b""
        node.on_request(route, raw, now)

    def _from_foreign_broker(self, node: Node, frames: list[bytes], now: float) -> None:
        try:
            route, raw = split(frames)
        except UnframedError as error:
            route, raw = error.route, b""
        node.on_request((_FOREIGN, *route), raw, now)

    def _from_broker(self, node: Node, raw: bytes, now: float) -> None:
        message = read_backend(raw) if raw != PROBE else None
        if message is not None:
            node.on_backend(message, now)

    def _from_reference(self, node: Node, raw: bytes, now: float) -> None:
        data = _reply_data(raw) or {}
        if isinstance(data.get("rank"), int):
            node.on_rank(data["rank"], now)
        elif isinstance(data.get("list"), list):
            node.on_list(data["list"], now)

    # Going out.

    def _perform_all(self, node: Node, now: float) -> None:
        """Perform effects in order; a persist that is done may bring more."""
        effects = node.take(now)
        while effects:
            for effect in effects:
                self._perform(node, effect, now)
            effects = node.take(now)

    def _perform(self, node: Node, effect: Effect, now: float) -> None:
        match effect:
            case SendPeer(to, message):
                self._peers.send(to, write_peer(message))
            case SendBroker(message):
                if self._broker:
                    send(self._broker, (write_backend(message),))
            case Publish(topic, body):
                send(self._publisher, (topic, body))
            case ReplyTo(route, body):
                self._reply(route, body)
            case Persist():
                self._persist(node, effect, now)
            case AskReference(request, clock, timestamp):
                send(self._reference, (DELIMITER, _course_request(request, clock, timestamp)))
            case AskServer(address, number, request, clock, timestamp):
                self._strangers.ask(address, number, _course_request(request, clock, timestamp))
            case Connect(replica, name, address):
                self._meet(replica, name, address)
            case Report(event):
                self._sink(event)
            case Halt(reason):
                self._halt(reason)

    def _meet(self, replica: str, name: str, address: str) -> None:
        """Connect to a peer where we were told it is, else where its machine says."""
        near = self._addresses.peers.get(name, address)
        if near:
            self._peers.meet(replica, name, near)

    def _reply(self, route: Sequence[bytes], body: bytes) -> None:
        if route[0] == _FOREIGN and self._foreign:
            send(self._foreign, (*route[1:], body))
        else:
            send(self._router, (*route, body))

    def _persist(self, node: Node, effect: Persist, now: float) -> None:
        assert self._store is not None
        self._store.persist(effect)
        node.persisted(effect.number, now)
        node.flush(now)

    def _scrub(self, now: float) -> None:
        """Look for damage in a turn that brought nothing else to do."""
        assert self._store is not None
        if now >= self._next_scrub:
            self._next_scrub = now + SCRUB_SECONDS
            self._store.scrub(SCRUB_ROWS)

    def _halt_by_disk(self, error: Exception) -> NoReturn:
        assert self._store is not None
        self._halt(self._store.explain(error))

    def _halt(self, reason: str) -> NoReturn:
        self._sink(Halted(role="server", name=self.name, reason=reason))
        raise HaltError(reason)


def _course_request(request: Request, clock: int, timestamp: float) -> bytes:
    """Write a request; what is None is left out, because others look at whether a key is there."""
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    fields = {name: value for name, value in values.items() if value is not None}
    return write_request(str(request.__struct_config__.tag), fields, clock, timestamp)


def _reply_data(raw: bytes) -> dict[str, Any] | None:
    try:
        return read_reply(raw)[1]
    except UndecodableError:
        return None
