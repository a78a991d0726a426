"""A cluster that is measured: one of our own in a process beside us, or one that runs already."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from coreto.launcher.base import StartError
from coreto.launcher.child import program
from coreto.launcher.folder import DataFolder
from coreto.launcher.free_ports import free_base_port
from coreto.net.reach import LOOPBACK
from coreto.texts import _

READY_SECONDS = 60.0
"""Longest wait for a cluster: each of its roles may take half of it on a busy machine."""
STOP_SECONDS = 10.0
"""Twice what a cluster promises."""


class Wanted(msgspec.Struct, frozen=True):
    """Which cluster to start, and where its files go."""

    servers: int = 3
    processes: bool = False
    folder: Path | None = None
    """None for the system's place for temporary files."""


class Target(msgspec.Struct, frozen=True):
    """Where the measured cluster is."""

    broker: str
    proxy: str
    folder: Path
    """Where the disk is probed: that of its data, if the cluster is our own."""
    control: Path | None = None
    """How to steer it; None for a cluster that is not ours."""
    pid: int = 0
    ready_seconds: float = 0.0
    """From the command to the first login that would succeed."""


@contextlib.contextmanager
def own_cluster(wanted: Wanted) -> Iterator[Target]:
    """Start a cluster on free ports with a data folder of its own, and leave nothing of it behind.

    Raises `StartError` when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="coreto-bench-", dir=wanted.folder) as name:
        folder = Path(name)
        process, began = _begin(wanted, folder), time.monotonic()
        try:
            ready = _wait_ready(process, folder)
            seconds = time.monotonic() - began
            control = DataFolder(folder / "data").control
            yield Target(ready["broker"], ready["proxy"], folder, control, process.pid, seconds)
        finally:
            _end(process)


def _begin(wanted: Wanted, folder: Path) -> subprocess.Popen[bytes]:
    base = free_base_port(LOOPBACK)
    flags = ["--data", str(folder / "data"), "--base-port", str(base), "--servers", str(wanted.servers)]
    flags += ["--processes"] if wanted.processes else []
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            [*program(), "up", "--no-repl", "--ready-json", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )


def _wait_ready(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    assert process.stdout is not None
    threading.Thread(target=lambda out: lines.put(out.readline()), args=(process.stdout,), daemon=True).start()
    try:
        line = lines.get(timeout=READY_SECONDS)
    except queue.Empty:
        line = b""
    if not line:
        said = (folder / "said").read_text("utf-8", "replace").strip()
        raise StartError(_("The cluster to be measured did not start: {said}", said=said or _("it said nothing.")))
    return dict(json.loads(line))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM) if sys.platform != "win32" else process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
