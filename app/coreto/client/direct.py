"""Asking one role at its own address: the reference, or one server; and publishing past the servers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import zmq

from coreto.client.errors import ProtocolError, RefusedError, TimedOutError, UnreachableError
from coreto.net.frames import DELIMITER
from coreto.net.sockets import AddressError, Context, Socket, connected_socket
from coreto.texts import _
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.stamps import TimestampKind

CONNECT_MS = 3000
"""An address where nobody has accepted the connection by then is nobody's."""
ANSWER_MS = 5000
"""Longest wait for one answer, in milliseconds: a server answers at once, but its disk may be slow."""
SUBSCRIPTIONS_MS = 500
"""The proxy tells what is subscribed as soon as one connects; longer silence means nobody is."""
LINGER_MS = 1000
"""How long a publication may still leave after its socket is closed."""
_SUBSCRIBED = 1


class Answer(NamedTuple):
    """The data of an answer, and when (monotonic seconds) it was asked for and came."""

    data: dict[str, Any]
    asked: float
    came: float

    @property
    def round_trip(self) -> float:
        """Seconds from the question to the answer."""
        return self.came - self.asked

    def number(self, key: str) -> float | int | None:
        """Return a value of the data if it is a number."""
        value = self.data.get(key)
        return None if isinstance(value, bool) or not isinstance(value, int | float) else value

    def ahead(self, key: str) -> float | None:
        """Return by how many seconds the clock that the data shows is ahead of ours, None if it shows none.

        What it shows was read half a round trip ago, as far as anybody can tell, so this is true
        within half of the round trip (Cristian 1989).
        """
        shown = self.number(key)
        return None if shown is None else shown - (time.time() - (time.monotonic() - self.came) - self.round_trip / 2)


def ask_direct(
    context: Context,
    address: str,
    service: str,
    *,
    timestamp: TimestampKind = "float",
    **data: Any,  # noqa: ANN401 -- the fields of any service
) -> Answer:
    """Ask the role at `address` one thing; raise a `ClientError` when there is no good answer.

    `timestamp` is the kind in which the time is written, for a foreign role that reads only one.
    """
    socket, monitor = _connected(context, zmq.DEALER, address, patient=True)
    try:
        _wait_connected(monitor, address)
        asked = time.monotonic()
        socket.send_multipart((DELIMITER, write_request(service, data, 1, time.time(), timestamp)))
        if not socket.poll(ANSWER_MS):
            raise TimedOutError(
                _("{address} took the question and did not answer in time: try again.", address=address), "unknown"
            )
        return Answer(_good(address, socket.recv_multipart()[-1]), asked, time.monotonic())
    finally:
        _close(socket, monitor)


def publish_direct(context: Context, address: str, frames: Sequence[bytes]) -> bool:
    """Publish one message at the proxy; return whether anybody has subscribed to it.

    An XPUB socket is a PUB that also hears of subscriptions: a message sent before they are known
    would be dropped.
    """
    socket, monitor = _connected(context, zmq.XPUB, address)
    socket.linger = LINGER_MS
    try:
        _wait_connected(monitor, address)
        heard = _has_subscriber(socket, frames[0])
        socket.send_multipart(frames)
        return heard
    finally:
        _close(socket, monitor)


def subscribed_socket(context: Context, address: str, topics: Sequence[str]) -> Socket:
    """Return a SUB socket that stands at the proxy; raise `UnreachableError` when nobody is there."""
    socket, monitor = _connected(context, zmq.SUB, address)
    for topic in topics:
        socket.subscribe(topic)
    try:
        _wait_connected(monitor, address)
    except BaseException:
        _close(socket, monitor)
        raise
    _unwatch(socket, monitor)
    return socket


def _connected(context: Context, kind: int, address: str, *, patient: bool = False) -> tuple[Socket, Socket]:
    """Return a socket on its way to `address`, and its monitor; raise `UnreachableError` for no address."""
    try:
        socket = connected_socket(context, kind, address, patient=patient, watch=zmq.EVENT_HANDSHAKE_SUCCEEDED)
    except AddressError as error:
        raise UnreachableError(str(error), "refused") from None
    return socket, socket.get_monitor_socket()


def _wait_connected(monitor: Socket, address: str) -> None:
    if address.startswith("inproc:"):
        return  # within one process nothing is shaken, and no event tells of it
    if not monitor.poll(CONNECT_MS):
        raise UnreachableError(
            _(
                "Nobody answers at {address}: is it running there? "
                "Say where with --host, or with the flag of the role.",
                address=address,
            ),
            "silence",
        )


def _good(address: str, raw: bytes) -> dict[str, Any]:
    try:
        data = read_reply(raw)[1]
    except UndecodableError:
        raise ProtocolError(_("What answers at {address} does not speak our protocol.", address=address)) from None
    if data.get("status") == "erro":
        sentence = str(data.get("description") or data.get("message") or "")
        raise RefusedError(sentence, str(data.get("code", "")), str(data.get("rule", "")))
    return data


def _has_subscriber(socket: Socket, topic: bytes) -> bool:
    deadline = time.monotonic() + SUBSCRIPTIONS_MS / 1000
    while socket.poll(max(0, int((deadline - time.monotonic()) * 1000))):
        change = socket.recv()
        if change[0] == _SUBSCRIBED and topic.startswith(change[1:]):
            return True
    return False


def _close(socket: Socket, monitor: Socket) -> None:
    _unwatch(socket, monitor)
    socket.close()


def _unwatch(socket: Socket, monitor: Socket) -> None:
    socket.disable_monitor()
    monitor.close()
