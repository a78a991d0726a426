"""A role in a process of its own, seen from its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from coreto.journal.events import Event
from coreto.launcher.steering import STOP_SECONDS, ChildEnded, ChildMarked, ChildReady, read_line
from coreto.net.worker import PAUSE, RESUME
from coreto.texts import _


class Child:
    """Starts the process, hands on its events, and knows why it ended.

    `heard` gets each event, `marked` the name and each mark that its role has reached, and `ended` the
    name when the process is over, all in a thread of the child.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        heard: Callable[[Event], None],
        marked: Callable[[str, int], None],
        ended: Callable[[str], None],
    ) -> None:
        self.name = name
        self.reason = ""
        """The sentence of a role that ended for a reason which starting it again would not change."""
        self.halted = False
        """Whether that reason is the role's own files, so that others may go on without it."""
        self._heard = heard
        self._marked = marked
        self._ended = ended
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            [*program(), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_apart()
        )
        self._reader = threading.Thread(target=self._read, name=f"coreto-child-{name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_ready(self, seconds: float) -> bool:
        """Wait until the role is ready; return False when it ended or did not become ready in time."""
        return self._ready.wait(seconds) and self.is_alive() and not self.reason

    def tell(self, message: bytes) -> None:
        """Give the role an order; one that has ended hears nothing."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(message + b"\n")
            self._process.stdin.flush()

    def pause(self) -> None:
        """Let the process stand still; where the system cannot do that, its role does."""
        self._signal("SIGSTOP", PAUSE)

    def resume(self) -> None:
        """Let it go on."""
        self._signal("SIGCONT", RESUME)

    def kill(self) -> None:
        """End the process where it stands."""
        self._process.kill()

    def stop(self) -> None:
        """Tell the role to stop, by closing its standard input."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def join(self, seconds: float = STOP_SECONDS) -> bool:
        """Wait for the process to end, kill it when it does not in time, and return that it has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self.stop()
        return True

    def how(self) -> str:
        """Return how the process ended: a signal by its name, else its exit status."""
        status = self._process.returncode
        if status == 0:
            return _("somebody told it to stop")
        if status is not None and status < 0:
            with contextlib.suppress(ValueError):
                return signal.Signals(-status).name
        return f"status {status}"

    def _signal(self, name: str, order: bytes) -> None:
        number = getattr(signal, name, None)
        if number is None:
            self.tell(order)
        else:
            self._process.send_signal(number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for raw in output:
                line = read_line(raw)
                if isinstance(line, ChildReady):
                    self._ready.set()
                elif isinstance(line, ChildMarked):
                    self._marked(self.name, line.number)
                elif isinstance(line, ChildEnded):
                    self.reason, self.halted = line.sentence, line.halted
                elif line is not None:
                    self._heard(line)
        self._process.wait()
        self._ready.set()
        self._ended(self.name)


def program() -> list[str]:
    """Return how this program is started: as the one file it was built into, or as a module of this Python."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "coreto"]


def _apart() -> dict[str, Any]:
    """Return what keeps a Ctrl-C in the terminal from the child: its parent decides when it stops."""
    if os.name == "posix":
        return {"start_new_session": True}
    return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]  # Windows only
