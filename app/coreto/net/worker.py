"""A thread with one loop: wait on its sockets until the next deadline, handle what came, begin again.

The thread makes, uses and closes all its sockets, and stops because it was told to on its control
socket. It says when it is ready; what goes wrong before that is raised where it was started.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import NoReturn

import zmq

from coreto.net.faults import FaultTable
from coreto.net.links import Link
from coreto.net.sockets import Context, Frames, Socket
from coreto.net.watch import Watch

STOP, PAUSE, RESUME = b"stop", b"pause", b"resume"
START_SECONDS = 20.0
"""Longest wait for a thread to be ready: opening a long log on a slow disk."""
STOP_SECONDS = 5.0
"""Longest wait for a thread to end."""
IDLE_SECONDS = 1.0
"""A loop looks around at least this often."""

_numbers = itertools.count(1)
"""Tells workers of one name apart: an inproc address is free again only some time after its socket closed."""


class KilledError(Exception):
    """The role was killed on purpose."""


class Worker:
    """One role's thread. Subclasses make sockets in `open`, handle them in `turn`, close in `close`."""

    def __init__(self, name: str, context: Context) -> None:
        self.name = name
        self._number = next(_numbers)
        self._context = context
        self._watch = Watch()
        self._sockets: list[Socket] = []
        self._links: list[Link] = []
        self.faults = FaultTable()
        """What is in force on the links of this role; belongs to its thread."""
        self._control: Socket | None = None
        self._control_lock = threading.Lock()
        """Several threads may tell this one something: the only socket that is shared, one at a time."""
        self._thread = threading.Thread(target=self._run, name=f"coreto-{name}", daemon=True)
        self._ready = threading.Event()
        self._stopping = threading.Event()
        """Set by `stop`, for a thread that is not yet listening on its control socket."""
        self._killed = threading.Event()
        self.failure: BaseException | None = None
        """What ended the thread when nobody told it to stop."""
        self.on_mark: Callable[[int], None] = lambda number: None
        """Called when every order before the mark of this number has been followed."""
        self.detailed = False
        """Whether the journal wants every message of this role, and not its decisions only; set before it begins."""
        self.on_perish: Callable[[], None] = lambda: None
        """Called in the thread when it is killed; a process ends there."""
        self.on_end: Callable[[Worker], None] = lambda worker: None
        """Called in the thread as its last act."""

    # From outside.

    def start(self) -> None:
        """Start the thread and wait until it is ready; raise what went wrong in it."""
        self.begin()
        self.wait_ready()

    def begin(self) -> None:
        """Start the thread without waiting."""
        self._control = self._context.socket(zmq.PAIR)
        self._control.bind(self._control_address)
        self._thread.start()

    def wait_ready(self) -> None:
        """Wait until the thread is ready; raise what went wrong in it."""
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError(self.name)
        if self.failure is not None:
            self.join()
            raise self.failure

    def tell(self, message: bytes) -> None:
        """Send the thread a message; one that has ended hears nothing."""
        with self._control_lock:
            if self._control is None or not self.is_alive():
                return
            try:
                self._control.send(message, zmq.DONTWAIT)
            except zmq.Again:
                return

    def stop(self) -> None:
        """Tell the thread to stop."""
        self._stopping.set()
        self.tell(STOP)

    def pause(self) -> None:
        """Let the thread stand still with its sockets open, as if its machine hung."""
        self.tell(PAUSE)

    def resume(self) -> None:
        """Let it go on."""
        self.tell(RESUME)

    def kill(self) -> None:
        """End the thread where it stands: what it was about to store or to say is lost."""
        self._killed.set()
        self.stop()

    def join(self) -> bool:
        """Wait for the thread to end; return whether it has."""
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        with self._control_lock:
            if self._control is not None and not self._thread.is_alive():
                self._control.close()
                self._control = None
        return not self._thread.is_alive()

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    # For subclasses.

    def open(self) -> None:
        """Make sockets and read what is stored."""

    def turn(self, ready: set[Socket], now: float) -> None:
        """Handle the sockets that have something; `now` is monotonic seconds."""

    def told(self, message: bytes) -> None:
        """Handle a message from outside the thread."""

    def close(self) -> None:
        """Give back what is not a socket."""

    def deadline(self, now: float) -> float:
        """Return the moment of the next turn if nothing arrives."""
        return now + IDLE_SECONDS

    def listen(self, socket: Socket, *, hears_only: bool = False) -> Socket:
        """Own a socket, and have a turn when something arrives on it; a monitor `hears_only`, nothing is sent on it."""
        self._sockets.append(socket)
        self._watch.add(socket, hears_only=hears_only)
        return socket

    def receive(self, socket: Socket, most: int) -> list[Frames]:
        """Return up to `most` messages of a socket that had one when this turn began."""
        return self._watch.receive(socket, most)

    def own(self, socket: Socket) -> Socket:
        """Own a socket that is only written to."""
        self._sockets.append(socket)
        return socket

    def link(self, socket: Socket, peer: str, address: str = "") -> Link:
        """Return the link to another role over a socket of ours; `address` is what the socket is connected to."""
        made = Link(socket, self.faults, self.name, peer, address, self.receive)
        self._links.append(made)
        return made

    def unlink(self, link: Link) -> None:
        """Forget a link, with what it holds back."""
        self._links.remove(link)

    def perish(self) -> NoReturn:
        """End at once, in the thread: nothing more is stored or said."""
        self.on_perish()
        raise KilledError(self.name)

    def drop(self, socket: Socket) -> None:
        """Close a socket before the end."""
        self._sockets.remove(socket)
        self._watch.remove(socket)
        socket.close()

    # The thread.

    @property
    def _control_address(self) -> str:
        return f"inproc://control/{self.name}/{self._number}"

    def _run(self) -> None:
        control: Socket | None = None
        try:
            # A signal may end the starter before it has noticed that this thread runs, and even its context.
            if not self._stopping.is_set():
                control = self._context.socket(zmq.PAIR)
                self._open_and_loop(control)
        except BaseException as error:  # the starter, or whoever supervises, decides what it means
            self.failure = error
        finally:
            self._end(control)

    def _open_and_loop(self, control: Socket) -> None:
        control.connect(self._control_address)
        self._watch.add(control, hears_only=True)
        self.open()
        self._ready.set()
        if not self._stopping.is_set():
            self.loop(control)

    def loop(self, control: Socket) -> None:
        """Turn until told to stop."""
        while not self._stopping.is_set():
            ready = self._wait_for_something()
            if control in ready:
                ready.discard(control)
                if not self._hear(control):
                    break
            now = time.monotonic()
            self.turn(ready, now)
            for link in self._holding():
                link.release(now)
        if self._killed.is_set():
            self.perish()

    def _wait_for_something(self) -> set[Socket]:
        now = time.monotonic()
        until = min([self.deadline(now), *(link.deadline() for link in self._holding())])
        return self._watch.wait(min(max(until - now, 0.0), IDLE_SECONDS))

    def _holding(self) -> list[Link]:
        """Return the links that may hold something back."""
        return self._links if self.faults.was_used else []

    def _hear(self, control: Socket) -> bool:
        """Follow everything that was said; return False when told to stop."""
        while control.poll(0):
            message = control.recv()
            if message == STOP or (message == PAUSE and not self._stand_still(control)):
                return False
            if message not in (PAUSE, RESUME):
                self.told(message)
        return True

    def _stand_still(self, control: Socket) -> bool:
        """Wait for the end of a pause, then hear what was said meanwhile; return False when told to stop."""
        missed = []
        while (message := control.recv()) != RESUME:
            if message == STOP:
                return False
            missed.append(message)
        for message in missed:
            if message != PAUSE:
                self.told(message)
        return True

    def _end(self, control: Socket | None) -> None:
        try:
            self.close()
        except BaseException as error:  # nobody is above to hear of it
            self.failure = self.failure or error
        finally:
            self._watch.close()
            for socket in (*self._sockets, *([control] if control else [])):
                socket.close()
            self._ready.set()
            self.on_end(self)
