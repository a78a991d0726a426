"""The sockets of one server: who it hears, whom it tells, and how each of their messages is framed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import zmq

from coreto.machines.effects import Route
from coreto.net.doorkeeper import Doorkeeper, is_watched
from coreto.net.entrances import NO_PEER_PORT, bind_entrances
from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.net.links import Link
from coreto.net.security import PEER_PORT_STEP, ClusterKey, inner_address
from coreto.net.sockets import AddressError, Context, Socket, connected_socket, inner_socket, send
from coreto.net.worker import Worker
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.peers import Peers
from coreto.roles.strangers import Strangers
from coreto.wire.backend import PROBE, AnyBackendMessage, BackendMessage, read_backend, write_backend
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.peer import AnyPeerMessage, read_peer
from coreto.wire.publication import SERVERS_TOPIC, Announcement, read_announcement
from coreto.wire.services import Request

_FOREIGN, _DOOR = b"foreign broker", b"door"
"""Mark routes through a foreign broker and through our open port; no connection has these identities by itself."""

Asked = tuple[Route, bytes]
"""A course request, and the way back to who asked."""


class ServerAddresses(msgspec.Struct, frozen=True):
    """Where a server binds, what it tells others, and where it finds them."""

    bind: Sequence[str]
    advertise: str
    """`tcp://HOST:*` stands for the port that the system chose."""
    reference: str
    broker: str
    proxy: str
    peers: Mapping[str, str]
    """Address of each server by name; when empty they are looked up at the reference."""
    proxy_sub: str = ""
    """Where announcements of coordinators are heard; empty to hear none."""
    broker_rep: str = ""
    """Where a foreign broker hands requests to plain REP servers; empty when there is none."""
    key: ClusterKey | None = None
    """What servers, broker and proxy of this cluster show each other; none on loopback."""


class ServerLines:
    """ROUTER for peers and askers, a DEALER to each peer, to broker and reference, and PUB; of one thread.

    With a key, peers and askers come to a ROUTER each, as `security` tells.
    """

    def __init__(self, worker: Worker, context: Context, addresses: ServerAddresses) -> None:
        """Bind, and connect to everybody; raise `AddressError`."""
        self._worker = worker
        self._context = context
        self._near = addresses.peers
        self._key = addresses.key
        self._doorkeeper: Doorkeeper | None = None
        self._router, self._door = self._bound(addresses.bind)
        self.address = self._advertised(addresses.advertise)
        self._broker = self._connect("broker", addresses.broker, key=addresses.key)
        # To a foreign broker's DEALER a connected ROUTER looks like a REP that need not answer in order.
        self._foreign = self._connect("foreign broker", addresses.broker_rep, zmq.ROUTER)
        # Where the broker is a foreign one, so are the proxy and the reference.
        key = None if addresses.broker_rep else addresses.key
        asked, proxy = _inner(addresses.reference, key), addresses.proxy
        reference = worker.listen(connected_socket(context, zmq.DEALER, asked, patient=True, key=key))
        self._reference = worker.link(reference, "reference", asked)
        publisher = worker.own(connected_socket(context, zmq.PUB, proxy, key=key))
        self._publisher = worker.link(publisher, "proxy", proxy)
        self._announcements = self._connect("proxy", addresses.proxy_sub, zmq.SUB)
        if self._announcements:
            self._announcements.socket.subscribe(SERVERS_TOPIC)
        self.peers = Peers(worker, context, addresses.key)
        self.strangers = Strangers(worker, context)
        self.kin = Strangers(worker, context, addresses.key)
        """Questions to servers of our own cluster, before we are one of its servers."""

    # Coming in.

    def from_anybody(self) -> Iterator[AnyPeerMessage | Asked]:
        """Yield what came to our own port: a peer's message is one frame without delimiter."""
        for frames in self._worker.receive(self._router, DRAIN_MAX):
            message = read_peer(frames[1]) if len(frames) == 2 else None
            yield message if message is not None else _asked(frames)

    def from_outside(self) -> Iterator[Asked]:
        """Yield what came to the port that is open to everybody, when there is one: questions only."""
        if self._doorkeeper:
            self._doorkeeper.look()
        for frames in self._worker.receive(self._door, DRAIN_MAX) if self._door else ():
            route, raw = _asked(frames)
            yield (_DOOR, *route), raw

    def from_broker(self) -> Iterator[AnyBackendMessage]:
        """Yield what the broker sent."""
        for frames in self._broker.receive(DRAIN_MAX) if self._broker else ():
            message = read_backend(frames[-1]) if frames[-1] != PROBE else None
            if message is not None:
                yield message

    def from_foreign_broker(self) -> Iterator[Asked]:
        """Yield requests that a foreign broker handed to us."""
        for frames in self._foreign.receive(DRAIN_MAX) if self._foreign else ():
            route, raw = _asked(frames)
            yield (_FOREIGN, *route), raw

    def from_reference(self) -> Iterator[dict[str, Any]]:
        """Yield the `data` of answers of the reference."""
        for frames in self._reference.receive(DRAIN_MAX):
            yield reply_data(frames[-1])

    def from_strangers(self, ready: set[Socket]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the answers of servers we asked at their own port, with the number of each question."""
        for number, raw in (*self.strangers.answers(ready), *self.kin.answers(ready)):
            yield number, reply_data(raw)

    def announcements(self) -> Iterator[Announcement]:
        """Yield the announcements of coordinators."""
        for frames in self._announcements.receive(DRAIN_MAX) if self._announcements else ():
            announcement = read_announcement(frames)
            if announcement is not None:
                yield announcement

    # Going out.

    def to_broker(self, message: BackendMessage) -> None:
        """Send to the broker."""
        if self._broker:
            self._broker.send(write_backend(message))

    def to_reference(self, request: Request, clock: int, timestamp: float) -> None:
        """Send a request to the reference."""
        self._reference.send(DELIMITER, _course_request(request, clock, timestamp))

    def to_stranger(self, address: str, number: int, request: Request, clock: int, timestamp: float) -> None:
        """Send a request to some server's own port."""
        self.strangers.ask(address, number, _course_request(request, clock, timestamp))

    def to_kin(self, address: str, number: int, request: Request, clock: int, timestamp: float) -> None:
        """Send a request to a server that must hold our key, if we have one."""
        self.kin.ask(address, number, _course_request(request, clock, timestamp))

    def publish(self, topic: bytes, body: bytes) -> None:
        """Publish on the proxy."""
        self._publisher.send(topic, body)

    def reply(self, route: Route, body: bytes) -> None:
        """Answer a request along its way back."""
        if route[0] == _FOREIGN and self._foreign:
            self._foreign.send(*route[1:], body)
        elif route[0] == _DOOR and self._door:
            send(self._door, (*route[1:], body))
        else:
            send(self._router, (*route, body))

    def meet(self, replica: str, name: str, address: str) -> None:
        """Connect to a peer where our own machine says it is, else where we were told."""
        near = self._near.get(name, address)
        if near:
            self.peers.meet(replica, name, near)

    def close(self) -> None:
        """Stop watching connections, before the sockets close."""
        self.peers.close()
        if self._doorkeeper:
            self._doorkeeper.close()

    def _connect(
        self, peer: str, address: str, kind: int = zmq.DEALER, *, key: ClusterKey | None = None
    ) -> Link | None:
        """Connect to an address that may be left out."""
        if not address:
            return None
        socket = self._worker.listen(connected_socket(self._context, kind, address, key=key))
        return self._worker.link(socket, peer, address)

    def _bound(self, addresses: Sequence[str]) -> tuple[Socket, Socket | None]:
        """Bind; return the socket of peers and, where they need a key, that of everybody else."""
        worker, context = self._worker, self._context
        if self._key is None:
            return worker.listen(inner_socket(context, zmq.ROUTER, addresses, "--bind", None)), None
        router, door = bind_entrances(context, addresses, "--bind", self._key)
        if is_watched(addresses):
            self._doorkeeper = Doorkeeper(worker, context, door)
        return worker.listen(router), worker.listen(door)

    def _advertised(self, advertise: str) -> str:
        """Return what others are told: the advertised host with the port that is really bound."""
        if not advertise.endswith(":*"):
            return advertise
        bound = (self._door or self._router).get_string(zmq.LAST_ENDPOINT)
        return f"{advertise.removesuffix('*')}{bound.rpartition(':')[2]}"


def reply_data(raw: bytes) -> dict[str, Any]:
    """Return the `data` of an answer, empty if it cannot be read."""
    try:
        return read_reply(raw)[1]
    except UndecodableError:
        return {}


def _inner(address: str, key: ClusterKey | None) -> str:
    """Return where those who have the key meet; raise `AddressError` if there can be no such port."""
    try:
        return inner_address(address, key)
    except ValueError:
        raise AddressError(NO_PEER_PORT, "--reference", address=address, step=PEER_PORT_STEP) from None


def _asked(frames: list[bytes]) -> Asked:
    try:
        return split(frames)
    except UnframedError as error:
        return error.route, b""


def _course_request(request: Request, clock: int, timestamp: float) -> bytes:
    """Write a request; what is None is left out, because others look at whether a key is there."""
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    fields = {name: value for name, value in values.items() if value is not None}
    return write_request(str(request.__struct_config__.tag), fields, clock, timestamp)
