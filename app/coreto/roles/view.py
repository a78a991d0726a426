"""A view: drives a `View` between the proxy and readers that want the publications in another shape."""

from __future__ import annotations

import time
from collections.abc import Sequence

import zmq

from coreto.journal.recorder import Recorder
from coreto.journal.sink import Sink
from coreto.machines.effects import Effect, Report
from coreto.machines.view import Follow, Forward, View
from coreto.net.doorkeeper import is_watched
from coreto.net.sockets import Context, Socket, connected_socket, send
from coreto.roles.limits import DRAIN_MAX
from coreto.roles.listeners import Listeners
from coreto.roles.role import Role
from coreto.wire.shapes import ViewShape


class ViewRole(Role):
    """One thread, SUB from the proxy, XPUB to the readers, whose subscriptions it passes on."""

    def __init__(self, context: Context, shape: ViewShape, binds: Sequence[str], proxy_sub: str, sink: Sink) -> None:
        super().__init__(view_name(shape), context)
        self._shape: ViewShape = shape
        self._binds = binds
        self._proxy_sub = proxy_sub
        self._sink = sink

    def open(self) -> None:
        """Bind for readers, connect to the proxy."""
        self._machine = View(self._shape)
        self._recorder = Recorder(self.name, self._sink)
        watch = is_watched(self._binds)
        self._readers = Listeners(self, self._context, self._binds, "--bind", watch=watch)
        proxy = self.listen(connected_socket(self._context, zmq.SUB, self._proxy_sub))
        self._proxy = self.link(proxy, "proxy", self._proxy_sub)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Follow what readers follow, and give them what has arrived."""
        for said in self._readers.changes():
            self._machine.on_subscription(said)
        moment = time.time()
        for frames in self._proxy.receive(DRAIN_MAX):
            self._machine.on_frames(frames, moment)
        for effect in self._machine.take():
            self._perform(effect)

    def close(self) -> None:
        """Stop watching readers before their socket closes."""
        if hasattr(self, "_readers"):
            self._readers.close()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Forward(frames):
                send(self._readers.socket, frames)
            case Follow(prefix, True):
                self._proxy.socket.subscribe(prefix)
            case Follow(prefix, False):
                self._proxy.socket.unsubscribe(prefix)
            case Report(event):
                self._recorder.note(event)


def view_name(shape: ViewShape) -> str:
    """Return the name of the role that writes this shape."""
    return f"view-{shape}"
