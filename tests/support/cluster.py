"""The all-in-one as a child process: start, wait for ready, stop, kill."""

import json
import queue
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.support.ports import free_base_port
from tests.support.program import COMMAND, environment

READY_SECONDS = 60.0
STOP_SECONDS = 8.0
"""Five are promised; the rest is for a busy machine."""
DUMP_SECONDS = 5.0
"""What a process gets to write where each of its threads stands."""

RUNNING: list["Cluster"] = []
"""Clusters that live now, so that a failed test can show what they said."""


class Server(NamedTuple):
    """One server as the ready line names it."""

    name: str
    rank: int
    address: str


class Cluster:
    """One `coreto up --no-repl --ready-json`; restarted on the same ports and data."""

    def __init__(self, folder: Path, *arguments: str | Path, base_port: int = 0) -> None:
        self.base_port = base_port or free_base_port()
        self.arguments = tuple(map(str, arguments)) or ("--data", str(folder / "data"))
        self.ready: dict[str, Any] = {}
        self._stderr = folder / f"stderr-{self.base_port}.txt"
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.begin()
        try:
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    # What the ready line says.

    @property
    def broker(self) -> str:
        """The address of clients."""
        return str(self.ready["broker"])

    @property
    def proxy(self) -> str:
        """The address of subscribers."""
        return str(self.ready["proxy"])

    @property
    def reference(self) -> str:
        """The address of the registry."""
        return str(self.ready["reference"])

    @property
    def servers(self) -> list[Server]:
        """The servers in order of rank."""
        found = [Server(row["name"], row["rank"], row["address"]) for row in self.ready["servers"]]
        return sorted(found, key=lambda server: server.rank)

    # Its life.

    def begin(self) -> None:
        """Start the process and do not wait for anything."""
        assert not self.is_running, "it runs already"
        command = [*COMMAND, "up", "--no-repl", "--ready-json", "--base-port", str(self.base_port)]
        with self._stderr.open("ab") as stderr:
            self._process = subprocess.Popen(
                [*command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                env=environment() | {"PYTHONFAULTHANDLER": "1"},
            )
        self._lines = queue.SimpleQueue()
        self._reader = threading.Thread(target=_forward, args=(self._process, self._lines))
        self._reader.start()
        RUNNING.append(self)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Take the ready line; fail when the process ends or says nothing in time."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"not ready within {seconds} s\n{self.errors()}") from None
        assert line, f"ended before it was ready, status {self._running().wait()}\n{self.errors()}"
        self.ready = json.loads(line)
        assert self.ready["ready"] is True

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._running().pid

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self._running().send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """Ask for an orderly stop and return the exit status; fail when it takes too long."""
        self.send(number)
        return self.wait(seconds)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Return the exit status; fail when the process does not end in time."""
        started = time.monotonic()
        try:
            status = self._running().wait(seconds)
        except subprocess.TimeoutExpired:
            self._tell_where_it_stands()
            raise AssertionError(f"still running {seconds} s later\n{self.errors()}") from None
        assert time.monotonic() - started <= seconds
        self._forget()
        return status

    def _tell_where_it_stands(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.send(signal.SIGABRT)
            self._running().wait(DUMP_SECONDS)

    def kill(self) -> None:
        """End the process as a power cut would (SIGKILL)."""
        self._running().kill()
        self._running().wait()
        self._forget()

    def close(self) -> None:
        """Leave nothing running."""
        if self.is_running:
            self.kill()
        self._forget()

    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._stderr.read_text("utf-8") if self._stderr.exists() else ""

    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None, "it was never started"
        return self._process

    def _forget(self) -> None:
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        if self in RUNNING:
            RUNNING.remove(self)


def _forward(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")
