"""The reference: drives a `Registry` on the ports where servers and administrators ask.

With a key, servers that hold it ask at the port where peers would meet (`security`), and whoever asks
at a port of the course is a stranger.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import zmq

from coreto.journal.events import Halted
from coreto.journal.recorder import Recorder
from coreto.journal.sink import Sink
from coreto.journal.traffic import Received, Sent
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Persist, ReplyTo, Report, Route
from coreto.machines.registry import Registry
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.doorkeeper import Doorkeeper, is_watched
from coreto.net.entrances import bind_entrances
from coreto.net.frames import UnframedError, split
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context, Socket, bound_socket, receive_all, send
from coreto.roles.halting import HaltError
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.role import Role
from coreto.store.database import DiskError
from coreto.store.reference import ReferenceStore
from coreto.texts import Catalogue
from coreto.wire.envelope import read
from coreto.wire.head import stamp_of
from coreto.wire.message_ids import other_message_id

CLIENTS = "clients"
"""Whoever asks without a name of its own."""
_DOOR = b"door"
"""Marks routes of strangers; no connection has this identity by itself."""


class ReferenceRole(Role):
    """One thread, one file, one ROUTER; with a key one for everybody and one for who has it."""

    def __init__(
        self,
        context: Context,
        addresses: Sequence[str],
        folder: Path,
        catalogue: Catalogue,
        sink: Sink,
        *,
        settings: Settings = DEFAULTS,
        key: ClusterKey | None = None,
    ) -> None:
        """With a key, what servers that hold it tell stands."""
        super().__init__("reference", context)
        self._key = key
        self._doorkeeper: Doorkeeper | None = None
        self._addresses = addresses
        self._folder = folder
        self._catalogue = catalogue
        self._sink = sink
        self._settings = settings

    def open(self) -> None:
        """Bind and take up the ranks given in former lives."""
        self._recorder = Recorder(self.name, self._sink, detailed=self.detailed)
        self._store = ReferenceStore(self._folder)
        clock = ApplicationClock(time.time() - time.monotonic())
        try:
            ranks, genesis = self._store.ranks(), self._store.genesis()
        except DiskError as error:
            self._halt(error)
        self._machine = Registry(ranks, genesis, clock, self._settings, self._catalogue)
        self._bind()

    def _bind(self) -> None:
        self._door: Socket | None = None
        if self._key is None:
            made = bound_socket(self._context, zmq.ROUTER, self._addresses, "--bind", from_clients=True)
            self._socket = self.listen(made)
            return
        inner, door = bind_entrances(self._context, self._addresses, "--bind", self._key)
        self._socket, self._door = self.listen(inner), self.listen(door)
        if is_watched(self._addresses):
            self._doorkeeper = Doorkeeper(self, self._context, door)

    def deadline(self, now: float) -> float:
        """Return when the machine has something to do."""
        return min(super().deadline(now), self._machine.deadline())

    def turn(self, ready: set[Socket], now: float) -> None:
        """Answer what has arrived."""
        if self._doorkeeper:
            self._doorkeeper.look()
        for frames in receive_all(self._socket, DRAIN_MAX):
            self._take(frames, now)
        for frames in receive_all(self._door, DRAIN_MAX) if self._door else ():
            self._take(frames, now, is_stranger=True)
        for effect in self._machine.flush(now):
            match effect:
                case Persist():
                    self._persist(effect)
                case ReplyTo(route, body):
                    self._reply(route, body)
                    if self.detailed:
                        self._note_reply(body)
                case Report(event):
                    self._recorder.note(event)

    def _take(self, frames: list[bytes], now: float, *, is_stranger: bool = False) -> None:
        try:
            route, raw = split(frames)
        except UnframedError as error:
            route, raw = error.route, b""
        if is_stranger:
            self._machine.on_request((_DOOR, *route), raw, now, stranger=route[0])
        else:
            self._machine.on_request(route, raw, now)
        if self.detailed:
            self._note_request(raw)

    def _reply(self, route: Route, body: bytes) -> None:
        if self._door and route[0] == _DOOR:
            send(self._door, (*route[1:], body))
        else:
            send(self._socket, (*route, body))

    def _note_request(self, raw: bytes) -> None:
        """Tell the journal of a request; who asks stands in it, and other servers' names are nobody's."""
        incoming = read(raw)
        user = getattr(incoming.request, "user", "")
        stamp = incoming.clock or 0
        self._recorder.note(
            Received(
                role="reference", clock=self._machine.lamport, peer=user or CLIENTS, kind=incoming.service,
                message=other_message_id(user, stamp) if user else "", stamp=stamp,
            )
        )  # fmt: skip

    def _note_reply(self, body: bytes) -> None:
        service, stamp = stamp_of(body)
        name = other_message_id(self.name, stamp)
        self._recorder.note(Sent(role="reference", clock=stamp, peer=CLIENTS, kind=service, message=name, stamp=stamp))

    def _persist(self, effect: Persist) -> None:
        try:
            self._store.persist(effect)
        except DiskError as error:
            self._halt(error)

    def _halt(self, error: DiskError) -> NoReturn:
        reason = self._store.explain(error)
        self._recorder.note(Halted(role="reference", name=self.name, reason=reason))
        raise HaltError(reason)

    def close(self) -> None:
        """Close the file, and stop watching."""
        if self._doorkeeper:
            self._doorkeeper.close()
        if hasattr(self, "_store"):
            self._store.close()
