"""Making sockets: one context per process, nothing waits at the end, nothing grows without bound."""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence

import zmq

from coreto.net.files import raise_files_limit
from coreto.net.reach import host_of
from coreto.net.security import NEEDS_KEY, ClusterKey, ask_for, is_open, show
from coreto.texts import N_, _
from coreto.wire.limits import FRAME_BYTES_CLIENT, FRAME_BYTES_PEER

QUEUE_MESSAGES = 1000
"""Messages a socket keeps for a peer that does not read; more are dropped."""
ANSWERS_QUEUE = 8192
"""Answers kept for a client: twice the writes it may have open, as ZeroMQ counts what left half a queue late."""
PUBLICATIONS_QUEUE = 100_000
"""Publications kept for a slow subscriber before the rest become holes: some seconds of full load."""
RECONNECT_MS = 20
RECONNECT_MAX_MS = 500
"""First and greatest pause between attempts to connect again, in milliseconds."""
BIND_TRIES = 50
BIND_PAUSE = 0.01
"""How often, and after how many seconds each, an address that is taken is tried again."""
HANDSHAKE_MS = 5_000
"""A connection that does not finish its greeting goes after this."""
CLIENT_HEARTBEAT_MS = 10_000
CLIENT_SILENT_MS = 30_000
"""How often ZeroMQ asks a client whether it is there, and when one that says nothing goes."""
BACKLOG = 512
"""Connections that wait to be taken: all of a class come back at one moment when a role was started again."""
KEEPALIVE_SECONDS = 10
KEEPALIVE_TRIES = 3
"""The same asked by the system on every connection, as a client asks nobody itself: after 40 s it connects anew."""

_EVENTS, _POLLIN, _DONTWAIT = int(zmq.EVENTS), int(zmq.POLLIN), int(zmq.DONTWAIT)
_RCVMORE, _SNDMORE = int(zmq.RCVMORE), int(zmq.SNDMORE)
"""As plain numbers: libzmq's binding takes them as they are, and an `IntFlag` costs more than the call."""

Socket = zmq.Socket[bytes]
Context = zmq.Context[Socket]
Frames = list[bytes]
"""One message."""


class AddressError(Exception):
    """An address cannot be bound or used; the text says which, why, and what to change.

    `flag` is the option that sets the address; a command that sets it by another may put that one there.
    """

    def __init__(self, message: str, flag: str, **fields: object) -> None:
        super().__init__(message)
        self.flag = flag
        self._message = message
        self._fields = fields

    def __str__(self) -> str:
        return _(self._message, flag=self.flag, **self._fields)


def make_context() -> Context:
    """Return the context of this process; no socket of it waits for a peer at the end, and many may connect."""
    raise_files_limit()
    context: Context = zmq.Context()
    context.linger = 0
    context.set(zmq.MAX_SOCKETS, 4096)
    return context


def bound_socket(
    context: Context, kind: int, addresses: Sequence[str], flag: str, *, from_clients: bool = False
) -> Socket:
    """Return a socket bound to every address; raise `AddressError` that names the flag to change."""
    socket = context.socket(kind)
    _limit(socket, from_clients=from_clients)
    if kind == zmq.ROUTER:
        socket.router_mandatory = True
    for address in addresses:
        bind(socket, address, flag)
    return socket


def inner_socket(context: Context, kind: int, addresses: Sequence[str], flag: str, key: ClusterKey | None) -> Socket:
    """Return a socket bound for the roles of this cluster alone (see `security`); raise `AddressError`."""
    socket = bound_socket(context, kind, (), flag)
    if key is not None:
        ask_for(key, socket)
    for address in addresses:
        if key is None and is_open(address):
            socket.close()
            raise AddressError(NEEDS_KEY, flag, address=address)
        bind(socket, address, flag)
    return socket


def bind(socket: Socket, address: str, flag: str) -> None:
    """Bind one address more; close the socket and raise `AddressError` if that cannot be."""
    try:
        bind_soon(socket, address)
    except zmq.ZMQError as error:
        socket.close()
        raise _why(address, flag, error) from None


def connected_socket(
    context: Context,
    kind: int,
    address: str,
    *,
    patient: bool = False,
    watch: int = 0,
    key: ClusterKey | None = None,
) -> Socket:
    """Return a socket connected to one address, with the key of the cluster where that is asked for.

    What cannot leave at once is dropped: between servers it would be out of date later. A `patient`
    socket keeps it until the connection stands. With events to `watch`, its monitor socket
    (`get_monitor_socket`) has them from the first connection on.
    """
    socket = context.socket(kind)
    _limit(socket, from_clients=False)
    if key is not None:
        show(key, socket)
    socket.immediate = kind == zmq.DEALER and not patient and not address.startswith("inproc:")
    monitor = socket.get_monitor_socket(watch) if watch else None
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        if monitor is not None:
            socket.disable_monitor()
            monitor.close()
        socket.close()
        message = N_("The address {address} cannot be used ({error}): write it as tcp://HOST:PORT.")
        raise AddressError(message, "", address=address, error=error) from None
    return socket


def send(socket: Socket, frames: Sequence[bytes]) -> bool:
    """Send a message now; return False if the peer is gone or its queue is full."""
    try:
        for frame in frames[:-1]:
            socket.send(frame, _SNDMORE | _DONTWAIT)
        socket.send(frames[-1], _DONTWAIT)
    except zmq.Again:
        return False
    except zmq.ZMQError as error:
        if error.errno == zmq.EHOSTUNREACH:
            return False
        raise
    return True


def receive_all(socket: Socket, most: int) -> list[Frames]:
    """Return up to `most` messages that have arrived.

    Most sockets have nothing most of the time: to ask that first costs a third of an `Again`.
    """
    messages: list[Frames] = []
    while len(messages) < most and has_message(socket):
        frames = [socket.recv(_DONTWAIT)]
        while socket.get(_RCVMORE):
            frames.append(socket.recv(_DONTWAIT))
        messages.append(frames)
    return messages


def has_message(socket: Socket) -> bool:
    """Whether a message has arrived."""
    return bool(socket.get(_EVENTS) & _POLLIN)  # type: ignore[operator]  # this option is an int


def bind_soon(socket: Socket, address: str) -> None:
    """Bind, or raise `ZMQError`; the address of a role that has just ended is free a moment after its socket closed."""
    for _attempt in range(BIND_TRIES):
        try:
            socket.bind(address)
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE:
                raise
            threading.Event().wait(BIND_PAUSE)
        else:
            return
    socket.bind(address)


def _limit(socket: Socket, *, from_clients: bool) -> None:
    kind = socket.type
    queue = PUBLICATIONS_QUEUE if kind in (zmq.PUB, zmq.SUB, zmq.XPUB, zmq.XSUB) else QUEUE_MESSAGES
    socket.sndhwm = ANSWERS_QUEUE if from_clients else queue
    socket.rcvhwm = queue
    socket.maxmsgsize = FRAME_BYTES_CLIENT if from_clients else FRAME_BYTES_PEER
    socket.reconnect_ivl = RECONNECT_MS
    socket.reconnect_ivl_max = RECONNECT_MAX_MS
    socket.handshake_ivl = HANDSHAKE_MS
    socket.backlog = BACKLOG
    socket.tcp_keepalive = 1
    socket.tcp_keepalive_idle = socket.tcp_keepalive_intvl = KEEPALIVE_SECONDS
    socket.tcp_keepalive_cnt = KEEPALIVE_TRIES
    if from_clients:
        socket.heartbeat_ivl = CLIENT_HEARTBEAT_MS
        socket.heartbeat_timeout = CLIENT_SILENT_MS


def _why(address: str, flag: str, error: zmq.ZMQError) -> AddressError:
    if error.errno == zmq.EADDRINUSE:
        message = N_("The port of {address} is in use: stop the program that has it, or choose another with {flag}.")
        return AddressError(message, flag, address=address)
    if error.errno in (errno.ENODEV, errno.EADDRNOTAVAIL):
        message = N_("This machine has no address {host}: say one that it has, or 0.0.0.0 for all of them.")
        return AddressError(message, flag, host=host_of(address))
    message = N_("The address {address} cannot be bound ({error}): change it with {flag}.")
    return AddressError(message, flag, address=address, error=error)
