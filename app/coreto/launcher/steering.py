"""How a parent steers a role in a child process: over the child's standard input and output.

On its output the child writes one JSON line per event of the journal, plus the three below. Its
input carries orders to the role, one a line; that it ends means "stop". So a child ends with its
parent on every system, whatever ended the parent.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import msgspec

from coreto.journal.events import AnyEvent, Event

INPUT, OUTPUT = 0, 1
"""File descriptors; the buffered streams of Python would hold a lock that hinders the end of the process."""
STOP_SECONDS = 5.0
"""A child that has not stopped so long after it was told to is ended hard."""
STUCK = 70
_READ_BYTES = 4096
LINE_BYTES_MAX = 1_000_000
"""Longest order; a parent that sends more than that without an end of line is not ours."""


class ChildReady(msgspec.Struct, frozen=True, tag_field="event", tag="child_ready"):
    """The role is bound and connected."""


class ChildEnded(msgspec.Struct, frozen=True, tag_field="event", tag="child_ended"):
    """The role ends for a reason it can tell, so that starting it again would not help."""

    sentence: str
    halted: bool = False
    """Whether it is the role that must not go on, so that others may go on without it."""


class ChildMarked(msgspec.Struct, frozen=True, tag_field="event", tag="child_marked"):
    """The role has followed every order before the mark of this number."""

    number: int


Line = AnyEvent | ChildReady | ChildEnded | ChildMarked
_LINES = msgspec.json.Decoder(Line)


class Steering:
    """The child's side of the pipes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def watch(self, order: Callable[[bytes], None], stop: Callable[[], None]) -> None:
        """Call `order` with each line, in a thread, and `stop` when the parent closes the pipe or is gone.

        It also sees to it that the process then ends.
        """
        threading.Thread(target=self._watch, args=(order, stop), name="coreto-steering", daemon=True).start()

    def report(self, line: Event | ChildReady | ChildEnded | ChildMarked) -> None:
        """Tell the parent; may be called from any thread. A parent that is gone hears nothing."""
        rest = msgspec.json.encode(line) + b"\n"
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(OUTPUT, rest) :]
            except OSError:
                return

    def _watch(self, order: Callable[[bytes], None], stop: Callable[[], None]) -> None:
        rest = b""
        while (read := os.read(INPUT, _READ_BYTES)) and len(rest) <= LINE_BYTES_MAX:
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                order(line)
        stop()
        threading.Event().wait(STOP_SECONDS)
        os._exit(STUCK)


def read_line(raw: bytes) -> Line | None:
    """Return what a child tells its parent, None if it is nothing we know."""
    try:
        line: Line = _LINES.decode(raw)
    except msgspec.DecodeError:
        return None
    return line
