"""Which servers have a majority behind them: each is asked at its own address, all at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import zmq

from coreto.client.listed import Listed
from coreto.net.frames import DELIMITER
from coreto.net.sockets import AddressError, Context, Socket, connected_socket
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.stamps import TimestampKind

ASKED_MAX = 16
"""Servers asked: more than a cluster of this kind has voters."""


def hearing(
    context: Context, servers: Iterable[Listed], patience_ms: int, timestamp: TimestampKind = "float"
) -> dict[str, bool]:
    """Return, by name, whether each server coordinates or hears the coordinator; who does not say is left out."""
    said: dict[str, bool] = {}
    with ExitStack() as open_sockets:
        waiting: dict[Socket, str] = {}
        for server in list(servers)[:ASKED_MAX]:
            for socket in _asked(context, server.address, timestamp):
                open_sockets.callback(socket.close)
                waiting[socket] = server.name
        for socket, raw in _answers(set(waiting), patience_ms):
            quorum = _quorum(raw)
            if quorum is not None:
                said[waiting[socket]] = quorum
    return said


def _asked(context: Context, address: str, timestamp: TimestampKind) -> Iterator[Socket]:
    """Ask at an address; nothing comes of one that is none."""
    try:
        socket = connected_socket(context, zmq.DEALER, address, patient=True)
    except AddressError:
        return
    socket.send_multipart((DELIMITER, write_request("status", {}, 1, time.time(), timestamp)))
    yield socket


def _answers(waiting: set[Socket], patience_ms: int) -> Iterator[tuple[Socket, bytes]]:
    """Return the first answer of each socket, as they come, until the time is over."""
    poller = zmq.Poller()
    for socket in waiting:
        poller.register(socket, zmq.POLLIN)
    end = time.monotonic() + patience_ms / 1000
    while waiting and (ready := poller.poll(max(0, round((end - time.monotonic()) * 1000)))):
        for socket, _event in ready:
            waiting.discard(socket)
            poller.unregister(socket)
            yield socket, socket.recv_multipart()[-1]


def _quorum(raw: bytes) -> bool | None:
    try:
        told = read_reply(raw)[1].get("quorum")
    except UndecodableError:
        return None
    return told if isinstance(told, bool) else None
