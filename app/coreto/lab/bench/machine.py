"""The state of the machine while something is measured: without it no figure can be compared with another."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from pathlib import Path

import msgspec
import zmq

from coreto.lab.bench.numbers import MS

PROBE_BYTES = 4096
PROBE_COUNT = 30
"""Syncs of one probe: some milliseconds on a good disk, about a second on a slow one."""
PROBE_NAME = "sync-probe"

_STAT = Path("/proc/stat")
_STEAL = 7
"""Where the line of all processors tells the time that the hypervisor gave to others (proc(5))."""
_TIMES = 8
"""Times before the ones of guests, which are counted already."""


class MachineState(msgspec.Struct, frozen=True):
    """How the machine was during one run; what the system does not tell is None."""

    sync_ms: float
    """Median time of writing 4 KiB and syncing them, in the folder that is measured."""
    load: float | None
    """Processes that wanted to run, averaged over a minute."""
    steal: float | None
    """Share of the processor time that the hypervisor gave to others."""
    busy: float | None
    """Share of the processor time that was used."""


class MachineWatch:
    """From its making to `state`: one run."""

    def __init__(self, folder: Path) -> None:
        self._sync = sync_probe(folder)
        self._before = _times()

    def state(self) -> MachineState:
        """Return how the machine was since then."""
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        after = _times()
        if self._before is None or after is None:
            return MachineState(self._sync * MS, load, None, None)
        spent = [then - before for before, then in zip(self._before, after, strict=True)]
        total = max(sum(spent), 1)
        idle = spent[3] + spent[4]
        return MachineState(self._sync * MS, load, spent[_STEAL] / total, (total - idle - spent[_STEAL]) / total)


def sync_probe(folder: Path) -> float:
    """Return the median seconds of writing 4 KiB to a file in `folder` and syncing it."""
    sync = getattr(os, "fdatasync", os.fsync)
    path = folder / PROBE_NAME
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        spent = [_timed_sync(handle, sync) for _ in range(PROBE_COUNT)]
    finally:
        os.close(handle)
        path.unlink()
    return statistics.median(spent)


def about_machine() -> dict[str, str | int | None]:
    """Return what does not change while it is measured."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "zeromq": zmq.zmq_version(),
    }


def resident_mib(pid: int) -> float | None:
    """Return the resident memory of a process in MiB, None where the system has no /proc to tell it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)


def _timed_sync(handle: int, sync: object) -> float:
    assert callable(sync)
    began = time.perf_counter()
    os.write(handle, bytes(PROBE_BYTES))
    sync(handle)
    return time.perf_counter() - began


def _times() -> list[int] | None:
    """Return the processor times of all cores: user, nice, system, idle, iowait, irq, softirq, steal."""
    try:
        return [int(word) for word in _STAT.read_text("ascii").split("\n", 1)[0].split()[1 : 1 + _TIMES]]
    except (OSError, ValueError):
        return None
