"""Waits on the sockets of one thread, and asks no more of them than it must.

Theory of operation. A ZeroMQ socket has a descriptor that becomes readable when its thread has something to
learn: that a message came, or a connection, or room to write. What that was is told by the option EVENTS, which
costs two calls of the system; `zmq_poll` asks every socket twice in each wait, though most have nothing most of
the time. Here the descriptors are waited on, and only who may have something is asked.

A descriptor tells of each thing once, to whatever the thread does next on that socket: a `send` too may learn that
a message came. So a socket that also sends is asked before every wait; and so is one that only hears, if it was
found with messages, since not all of them may have been taken.
"""

from __future__ import annotations

import selectors
import time

from coreto.net.sockets import Frames, Socket, has_message, receive_all


class Watch:
    """The sockets of one thread, used in it alone."""

    def __init__(self) -> None:
        self._selector: selectors.BaseSelector | None = None
        """Made when it is needed: a thread that never starts has nothing to give back."""
        self._descriptors: dict[Socket, int] = {}
        self._talking: set[Socket] = set()
        """Who is asked before every wait."""
        self._again: set[Socket] = set()
        """Who only hears, and may have something left."""
        self._ready: set[Socket] = set()

    def add(self, socket: Socket, *, hears_only: bool) -> None:
        """Watch a socket from now on."""
        self._descriptors[socket] = descriptor = socket.fileno()
        self._made().register(descriptor, selectors.EVENT_READ, socket)
        (self._again if hears_only else self._talking).add(socket)

    def remove(self, socket: Socket) -> None:
        """Watch it no more, before it is closed."""
        descriptor = self._descriptors.pop(socket, None)
        if descriptor is not None and self._selector is not None:
            self._selector.unregister(descriptor)
        for sockets in (self._talking, self._again, self._ready):
            sockets.discard(socket)

    def wait(self, seconds: float) -> set[Socket]:
        """Return which sockets have a message, as soon as one has; none when none had one for so long."""
        selector, until = self._made(), time.monotonic() + seconds
        self._ready = ready = {socket for socket in (*self._talking, *self._again) if has_message(socket)}
        while True:
            found = selector.select(0 if ready else max(0.0, until - time.monotonic()))
            ready |= {key.data for key, _events in found if has_message(key.data)}
            # What was learned may be no message: the wait goes on.
            if ready or not found:
                break
        self._again = ready - self._talking
        return set(ready)

    def receive(self, socket: Socket, most: int) -> list[Frames]:
        """Return up to `most` messages of a socket that had one at the end of the last wait."""
        return receive_all(socket, most) if socket in self._ready else []

    def close(self) -> None:
        """Give back what is not a socket."""
        if self._selector is not None:
            self._selector.close()

    def _made(self) -> selectors.BaseSelector:
        self._selector = self._selector or selectors.DefaultSelector()
        return self._selector
