"""The cluster of a scenario: started on free ports in a folder of its own, watched by the monitor, and asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from coreto.client.clocks import read_clocks
from coreto.client.direct import ask_direct
from coreto.client.errors import ClientError
from coreto.client.established import wait_established
from coreto.client.listed import Listed
from coreto.journal.event import Event
from coreto.journal.events import Violated
from coreto.journal.sink import Sink
from coreto.lab.monitor import Monitor
from coreto.lab.scenarios.evidence import Logged
from coreto.lab.scenarios.happenings import Happenings
from coreto.lab.scenarios.model import ClusterPart
from coreto.launcher.addresses import Addresses
from coreto.launcher.base import BaseCluster, Plan
from coreto.launcher.cluster import Cluster
from coreto.launcher.control_client import ControlClient
from coreto.launcher.free_ports import free_base_port
from coreto.launcher.processes import ProcessCluster
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.reach import LOOPBACK
from coreto.net.sockets import AddressError, Context, make_context
from coreto.store.server import ServerStore
from coreto.wire.log import Batch, Command
from coreto.wire.publication import Publication, read_history_row

START_TRIES = 3
"""Other programs may take a port between our look at it and our use of it."""
PAGE = 500
"""Rows of history asked for at once: the most there are."""
ENDED = frozenset({"killed", "down"})
"""States of roles that are not alive."""
REREADS = 3
"""How often a page is asked for again: a server may be busy."""


class Stage:
    """A context manager: inside, the cluster runs; afterwards nothing of it is left but what was read."""

    def __init__(self, part: ClusterPart, language: str, sink: Sink) -> None:
        self.settings = msgspec.convert({**msgspec.structs.asdict(DEFAULTS), **part.settings}, Settings, strict=False)
        self.happenings = Happenings()
        self.violations: list[Violated] = []
        self.said: list[str] = []
        """Sentences for the person at the screen."""
        self.context: Context = make_context()
        self._part = part
        self._language = language
        self._sink = sink
        self._monitor = Monitor(self._violated)
        self._cluster: BaseCluster | None = None
        self._folder = Path()
        self._applied: dict[str, int] = {}
        """How far each server was last heard to have applied the log."""
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        """Start; raise a `StartError` or an `AddressError`."""
        with ExitStack() as exits:
            exits.callback(self.context.term)
            temporary = tempfile.TemporaryDirectory(prefix="coreto-scenario-", ignore_cleanup_errors=True)
            self._folder = Path(exits.enter_context(temporary))
            exits.callback(self.stop)
            self._start()
            self._exits = exits.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._exits.close()

    def stop(self) -> None:
        """Stop the cluster; its files stay until the end of the block. A second time does nothing."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.stop()

    # What is asked.

    @property
    def cluster(self) -> BaseCluster:
        """The cluster that runs."""
        assert self._cluster is not None, "started before it is used"
        return self._cluster

    @property
    def control(self) -> ControlClient:
        """How it is broken."""
        return ControlClient(self.cluster.folder.control)

    def addresses(self) -> dict[str, str]:
        """Return where each server is asked."""
        return {str(row["name"]): str(row["address"]) for row in self.cluster.info()["servers"]}

    def alive(self) -> dict[str, str]:
        """Return where each server is asked that has not ended; one that stands still is not dead."""
        states = {role.name: role.state for role in self.control.in_force().roles}
        return {name: address for name, address in self.addresses().items() if states.get(name) not in ENDED}

    def coordinator(self, seconds: float) -> str:
        """Return whom a majority follows; raise `TimedOutError` if that is nobody for so long."""
        return wait_established(self.context, self.addresses(), seconds)

    def applied(self) -> dict[str, int]:
        """Return how far each server that is alive has applied the log, as far as it was ever heard."""
        alive = self.alive()
        for name, address in alive.items():
            self._applied[name] = max(self._ask_applied(address), self._applied.get(name, 0))
        return {name: self._applied[name] for name in alive}

    def clocks(self) -> dict[str, tuple[float, float]]:
        """Return how far the clock of each server that is alive is ahead of ours, and within what that is known."""
        listed = [Listed(name, 0, address, False) for name, address in self.alive().items()]
        rows = read_clocks(self.context, listed)
        known = [row for row in rows if row["offset"] is not None and row["round_trip"] is not None]
        return {str(row["name"]): (float(row["offset"]), float(row["round_trip"]) / 2) for row in known}

    def history(self, address: str, channel: str, newest: int) -> list[Publication]:
        """Return all of a channel as one server holds it that has applied entry `newest`; raise a `ClientError`."""
        rows: list[Publication] = []
        while page := self._page(address, channel, rows[-1].seq if rows else 0, newest):
            rows += page
        return rows

    def logs(self, servers: Sequence[str]) -> dict[str, list[Logged]]:
        """Return the logs on the disks of these servers; the cluster must be stopped. Raise a `StoreError`."""
        return {name: list(_logged(self._folder / "data" / "servers" / name)) for name in servers}

    # How.

    def _start(self) -> None:
        for tries_left in reversed(range(START_TRIES)):
            self._cluster = self._make()
            self._cluster.take_folder()
            try:
                self._cluster.start()
                break
            except AddressError:
                self.stop()
                if not tries_left:
                    raise

    def _make(self) -> BaseCluster:
        processes = self._part.processes
        plan = Plan(
            addresses=Addresses("tcp" if processes else "both", LOOPBACK, free_base_port(LOOPBACK)),
            servers=self._part.servers,
            data=self._folder / "data",
            language=self._language,
            say=self.said.append,
            sink=self.record,
            settings=self.settings,
            detailed=True,
        )
        return ProcessCluster(plan, ["--lang", self._language]) if processes else Cluster(plan)

    def record(self, event: Event) -> None:
        """Hand an event to everybody who looks on; any thread may."""
        self.happenings.record(event)
        self._sink(event)
        self._monitor.record(event)

    def _violated(self, violation: Violated) -> None:
        self.violations.append(violation)
        self.happenings.record(violation)
        self._sink(violation)

    def _ask_applied(self, address: str) -> int:
        try:
            return int(ask_direct(self.context, address, "status").data.get("applied", 0))
        except ClientError:
            return 0

    def _page(self, address: str, channel: str, after: int, newest: int) -> list[Publication]:
        asked: dict[str, Any] = {"channel": channel, "after": after, "limit": PAGE, "min_index": newest}
        for tries_left in reversed(range(REREADS)):
            try:
                told = ask_direct(self.context, address, "history", **asked).data
                return [read_history_row(channel, row, direct=False) for row in told["messages"]]
            except ClientError:
                if not tries_left:
                    raise
        return []


def _logged(folder: Path) -> Iterator[Logged]:
    with closing(ServerStore(folder)) as store:
        index = 1
        while (batch := store.log.batch_at(index)) is not None:
            yield from _entries(batch)
            index = batch.last + 1


def _entries(batch: Batch) -> Iterator[Logged]:
    for index, entry in enumerate(batch.entries(), batch.first):
        body = entry.body
        content = (body.kind, body.user, body.target, body.text) if isinstance(body, Command) else ("",) * 4
        yield Logged(index, (batch.epoch.counter, batch.epoch.replica), entry.lamport, content)
