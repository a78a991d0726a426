"""Asking the cluster: one request at a time, repeated with the same id until it has ended."""

from __future__ import annotations

import base64
import math
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Self

import zmq

from coreto.client.errors import (
    ClientError,
    GivenUpError,
    ProtocolError,
    RefusedError,
    TimedOutError,
    UnreachableError,
)
from coreto.machines.lamport import Lamport
from coreto.machines.session import Ended, Session
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.frames import DELIMITER
from coreto.net.sockets import Context, Socket, connected_socket, make_context, receive_all, send
from coreto.texts import _
from coreto.wire.codec import UndecodableError
from coreto.wire.envelope import names_in, read_reply, write_request
from coreto.wire.publication import Publication, read_history_row
from coreto.wire.stamps import TimestampKind, as_clock

CONNECT_SECONDS = 3.0
"""A broker that has not accepted the connection by then is not there."""
DRAIN_MAX = 256
SLICE_SECONDS = 0.1
"""A wait is done in slices, so that whoever gives up is heard soon."""
_EVENT_BYTES = 2


def new_session_name() -> str:
    """Return 22 random characters: 128 bits, so that no two sessions ever share a name."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


class Client:
    """A client of the broker at `address`, `tcp://HOST:PORT`.

        with Client("tcp://127.0.0.1:5555") as client:
            client.login("ana")
            client.publish("ana", "geral", "oi")

    Its socket belongs to the first thread that asks. Every method raises a `ClientError`: refused,
    unreachable, timed out, or an answer that the protocol does not know. `timestamp` is the kind in
    which it writes the time, for a foreign server that reads only one.
    """

    def __init__(
        self,
        address: str,
        *,
        context: Context | None = None,
        settings: Settings = DEFAULTS,
        timestamp: TimestampKind = "float",
    ) -> None:
        self.address = address
        self._timestamp = timestamp
        self._own_context = context is None
        self._context = context or make_context()
        self._settings = settings
        self._session = Session(new_session_name, settings)
        self._lamport = Lamport()
        self._socket: Socket | None = None
        self._monitor: Socket | None = None
        self._connected = address.startswith("inproc:")
        self._heard = False
        self._given_up = threading.Event()
        self._ending = False

    # Services.

    def login(self, user: str) -> dict[str, Any]:
        """Store a login; return the answer's data."""
        return self.ask("login", user=user)

    def users(self) -> list[str]:
        """Return the names of all users, in order."""
        return self._names("users")

    def create_channel(self, channel: str) -> dict[str, Any]:
        """Create a channel; return the answer's data."""
        return self.ask("channel", channel=channel)

    def channels(self) -> list[str]:
        """Return the names of all channels, in order."""
        return self._names("channels")

    def publish(self, user: str, channel: str, text: str) -> dict[str, Any]:
        """Publish in a channel; return the answer's data with `seq`, `index` and `id`."""
        return self.ask("publish", user=user, channel=channel, message=text)

    def message(self, src: str, dst: str, text: str) -> dict[str, Any]:
        """Send a direct message; return the answer's data with `seq`, `index` and `id`."""
        return self.ask("message", src=src, dst=dst, message=text)

    def history(
        self,
        *,
        channel: str = "",
        user: str = "",
        peer: str = "",
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Publication]:
        """Return a page of a channel, of a receiver, or of a conversation (`user` and `peer`), in order."""
        asked = {"channel": channel, "user": user, "peer": peer, "after": after, "before": before}
        data = self.ask(
            "history", limit=limit, **{key: value for key, value in asked.items() if value not in ("", None)}
        )
        rows = data.get("messages", [])
        try:
            return [read_history_row(row.get("dst", channel), row, direct="dst" in row) for row in rows]
        except (UndecodableError, AttributeError, TypeError) as error:
            raise ProtocolError(
                _("The answer of {address} is no history: {error}.", address=self.address, error=error), "protocol"
            ) from None

    def status(self) -> dict[str, Any]:
        """Return the status of the server that happens to answer."""
        return self.ask("status")

    def election(self) -> dict[str, Any]:
        """Return who coordinates."""
        return self.ask("election")

    # Asking.

    def ask(self, service: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 -- the fields of any service
        """Ask any service and return the data of its answer; raise a `ClientError` otherwise."""
        self._open()
        if not self._ending:
            self._given_up.clear()
        started = time.monotonic()
        number = self._session.submit(service, data, started)
        while True:
            now = time.monotonic()
            self._session.tick(now)
            self._send()
            for ended in self._session.ended():
                if ended.number == number:
                    return self._result(ended)
            if not self._connected and now - started > CONNECT_SECONDS:
                self._abandon()
                raise UnreachableError(self._nobody(), "silence")
            if self._given_up.is_set():
                self._abandon()
                raise GivenUpError(_("Given up: the servers may still do it, or not."), "unknown")
            self._wait(started)

    def give_up(self, *, for_good: bool = False) -> None:
        """End the request under way with a `GivenUpError`, `for_good` those to come too; from any thread."""
        self._ending = self._ending or for_good
        self._given_up.set()

    @property
    def lamport(self) -> int:
        """The Lamport clock of this client."""
        return self._lamport.value

    def close(self) -> None:
        """Give back the socket, and the context if it is our own."""
        self._close_sockets()
        if self._own_context:
            self._context.term()

    def _abandon(self) -> None:
        """Forget what was asked, so that it does not arrive after the asker was told that nobody answers."""
        self._close_sockets()
        self._session = Session(new_session_name, self._settings)

    def _close_sockets(self) -> None:
        if self._socket is not None:
            self._socket.disable_monitor()
            self._socket.close()
            self._socket = None
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        if self._socket is None:
            events = zmq.EVENT_CONNECTED | zmq.EVENT_DISCONNECTED
            self._socket = connected_socket(self._context, zmq.DEALER, self.address, patient=True, watch=events)
            self._monitor = self._socket.get_monitor_socket()

    def _send(self) -> None:
        assert self._socket is not None
        for attempt in self._session.take():
            raw = write_request(attempt.service, attempt.data, self._lamport.send(), time.time(), self._timestamp)
            send(self._socket, (str(attempt.token).encode(), DELIMITER, raw))

    def _wait(self, started: float) -> None:
        assert self._socket is not None
        assert self._monitor is not None
        until = self._session.deadline()
        if not self._connected:
            until = min(until, started + CONNECT_SECONDS)
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._monitor, zmq.POLLIN)
        poller.poll(math.ceil(min(max(0.0, until - time.monotonic()), SLICE_SECONDS) * 1000))
        for event, _address in receive_all(self._monitor, DRAIN_MAX):
            self._on_event(int.from_bytes(event[:_EVENT_BYTES], "little"))
        for frames in receive_all(self._socket, DRAIN_MAX):
            self._on_answer(frames)

    def _on_event(self, event: int) -> None:
        if event == zmq.EVENT_CONNECTED:
            self._connected = True
        elif event == zmq.EVENT_DISCONNECTED:
            self._session.on_disconnected(time.monotonic())

    def _on_answer(self, frames: list[bytes]) -> None:
        try:
            _service, data = read_reply(frames[-1])
            token = int(frames[0])
        except (UndecodableError, ValueError):
            return
        self._heard = self._connected = True
        self._lamport.receive(as_clock(data.get("clock")))
        self._session.on_answer(token, data, time.monotonic())

    # Ends.

    def _names(self, service: str) -> list[str]:
        return names_in(service, self.ask(service))

    def _result(self, ended: Ended) -> dict[str, Any]:
        if ended.code == "ok":
            return ended.data
        sentence = str(ended.data.get("description") or ended.data.get("message") or "")
        if ended.code == "silence":
            raise self._silence()
        if ended.code == "unknown" and not sentence:
            raise TimedOutError(self._nobody(), "unknown")
        kind: type[ClientError] = RefusedError
        raise kind(sentence or self._nobody(), ended.code, str(ended.data.get("rule", "")))

    def _silence(self) -> ClientError:
        if self._heard:
            return TimedOutError(
                _("The broker at {address} did not answer in time: try again.", address=self.address),
                "unknown",
            )
        return UnreachableError(self._nobody(), "silence")

    def _nobody(self) -> str:
        return _(
            "Nobody answers at {address}: is the cluster running there? Say where with --host or --broker.",
            address=self.address,
        )
