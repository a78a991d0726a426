"""What stands between a cluster and its journal: the monitor, and the dump it leaves when a rule is broken."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from coreto.journal.event import Event
from coreto.journal.events import Violated
from coreto.journal.file import Header, JournalFile
from coreto.journal.sink import Ring, Sink
from coreto.lab.monitor import Monitor, tell
from coreto.launcher.base import BaseCluster
from coreto.texts import _

DUMPS_MAX = 10
"""Files left by one run: each holds a whole ring."""


class Watch:
    """A sink: hands on every event, has it judged, and alarms."""

    def __init__(self, sink: Sink, header: Header, alarm: Callable[[str], None]) -> None:
        """`header` is for dumps; `alarm` gets the sentences."""
        self._sink = sink
        self._cluster: BaseCluster | None = None
        self._header = header
        self._alarm = alarm
        self._monitor = Monitor(self._violated)
        self._numbers = itertools.count(1)

    def attach(self, cluster: BaseCluster) -> None:
        """Know the cluster that is watched: its ring is what is dumped, and into its folder."""
        self._cluster = cluster

    def record(self, event: Event) -> None:
        """Take one event, from any thread."""
        self._sink(event)
        self._monitor.record(event)

    def _violated(self, violation: Violated) -> None:
        self._sink(violation)
        number = next(self._numbers)
        self._alarm(_("A rule is broken: {what}", what=tell(violation)))
        if self._cluster is not None:
            self._cluster.ring.record(violation)
            if number <= DUMPS_MAX:
                self._dump(self._cluster.folder.path / f"violation-{number}.jsonl", self._cluster.ring)

    def _dump(self, path: Path, ring: Ring) -> None:
        try:
            file = JournalFile(path, self._header, self._alarm)
        except OSError as error:
            self._alarm(_("The journal {file} cannot be written any more: {reason}", file=path, reason=error.strerror))
            return
        for event in ring.events():
            file.record(event)
        file.close()
        self._alarm(_("What led to it is in {file}.", file=path))
