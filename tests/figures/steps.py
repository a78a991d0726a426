"""Steps that several measurements share."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from coreto.net.sockets import make_context
from tests.faults.village import Roster, Village, end_in_order_when_told
from tests.figures.flood import prepare
from tests.support.plain import Context, Map
from tests.support.waiting import wait_until

AGREE_SECONDS = 120.0
NEAR = 100
"""Entries: a server so close behind the newest has caught up, while writes go on."""


@contextmanager
def a_village(servers: int) -> Iterator[tuple[Village, Context]]:
    """A village of processes with a user and a channel for the load, in a folder that is removed."""
    end_in_order_when_told()
    context = make_context()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="coreto-figures-") as folder,
            Village(Path(folder), context, servers) as village,
        ):
            prepare(context, village.broker)
            yield village, context
    finally:
        context.destroy(linger=0)


def wait_agreed(village: Roster) -> Map:
    """Wait until all servers are at the same commit under one coordinator; return the status of one."""
    wait_until(lambda: agreed(village), "all servers at the same commit", AGREE_SECONDS)
    return next(iter(village.statuses().values()))


def agreed(village: Roster, within: int = 0) -> bool:
    """Whether all servers are at the same commit, or so near, under one coordinator."""
    statuses = village.statuses()
    views = statuses.values()
    coordinators = {view["coordinator"] for view in views}
    if len(statuses) < len(village.addresses) or len(coordinators) > 1 or "" in coordinators:
        return False
    spread: int = max(view["last"] for view in views) - min(view["applied"] for view in views)
    return spread <= within


def wait_for_coordinator(village: Roster) -> str:
    """Wait until all servers keep up with one coordinator; return its name."""
    wait_until(lambda: agreed(village, NEAR), "all servers keep up with one coordinator", AGREE_SECONDS)
    return village.coordinator()


def measured(act: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used: what a busy machine does not distort."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
