"""Who comes to a port that other machines reach, and the end of those who may not stay (`machines.visitors`).

ZeroMQ takes every connection and closes none on request. But it tells of each that comes and ends,
with its file descriptor; once that is shut down, ZeroMQ finds the connection ended and gives back
what it held. A port on loopback has no doorkeeper: who is on this machine can stop it anyway.
"""

from __future__ import annotations

import contextlib
import itertools
import socket as system
import struct
from collections.abc import Iterable, Iterator

import zmq

from coreto.machines.visitors import CONNECTIONS_MAX, CONNECTIONS_PER_HOST, Visitors
from coreto.net.files import files_max
from coreto.net.security import is_open
from coreto.net.sockets import Context, Socket, receive_all
from coreto.net.worker import Worker

OPEN_PORTS = 8
"""Ports that share the files this program may have open: broker, proxy, views, reference, some servers."""
DRAIN_EVENTS = 1000
"""Comings and goings heard in one turn."""

_EVENT = struct.Struct("=Hi")
"""What is told of a connection, as zmq_socket_monitor(3) has it: which event, and its file descriptor."""

_numbers = itertools.count(1)
"""Tells the monitors of one process apart."""


class Doorkeeper:
    """Watches one bound socket, in its thread."""

    def __init__(self, worker: Worker, context: Context, watched: Socket, visitors: Visitors | None = None) -> None:
        """Watch from now on; who came before is not counted. `visitors`: with other limits."""
        self._watched = watched
        self.visitors = usual_visitors() if visitors is None else visitors
        address = f"inproc://doorkeeper/{next(_numbers)}"
        watched.monitor(address, zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self._monitor = context.socket(zmq.PAIR)
        # A full queue would hold up the thread that carries for every socket of this process.
        self._monitor.rcvhwm = 0
        self._monitor.connect(address)
        worker.listen(self._monitor, hears_only=True)

    def look(self) -> None:
        """Hear who came and went, and show out who may not stay."""
        for frames in receive_all(self._monitor, DRAIN_EVENTS):
            event, number = _EVENT.unpack(frames[0])
            if event != zmq.EVENT_ACCEPTED:
                self.visitors.go(number)
            elif not self.visitors.come(number, _host(number)):
                show_out(number)

    def close(self) -> None:
        """Stop watching, before the socket closes."""
        self._watched.disable_monitor()


def usual_visitors() -> Visitors:
    """Return the limits of a port: less than usual where this program may open few files."""
    most = min(CONNECTIONS_MAX, files_max() // OPEN_PORTS)
    return Visitors(most, min(CONNECTIONS_PER_HOST, max(1, most // 2)))


def is_watched(addresses: Iterable[str]) -> bool:
    """Whether one of the addresses is reached by other machines."""
    return any(is_open(address) for address in addresses)


def show_out(number: int) -> None:
    """End a connection of ZeroMQ's, if it has not ended; what has its number now may be something else."""
    with _borrowed(number) as connection, contextlib.suppress(OSError):
        if connection is not None:
            connection.shutdown(system.SHUT_RDWR)


def _host(number: int) -> str:
    """Return the address of the machine at the other end; empty when the connection has ended."""
    with _borrowed(number) as connection, contextlib.suppress(OSError):
        if connection is not None:
            return str(connection.getpeername()[0])
    return ""


@contextlib.contextmanager
def _borrowed(number: int) -> Iterator[system.socket | None]:
    """Lend a connection that stays ZeroMQ's."""
    try:
        connection = system.socket(fileno=number)
    except (OSError, ValueError):  # it has ended, and its number is nothing's, or a file's
        yield None
        return
    try:
        yield connection
    finally:
        connection.detach()
