"""A cluster in this process whose every event is kept and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import zmq

from coreto.journal.events import Violated
from coreto.journal.file import fan_out
from coreto.lab.monitor import Monitor
from coreto.launcher.cluster import Cluster
from coreto.launcher.control_client import ControlClient
from coreto.machines.settings import DEFAULTS, Settings
from tests.support.plain import PlainClient
from tests.support.running import plan, running


class Watched:
    """The cluster, what breaks it, who asks it, and what the monitor found."""

    def __init__(self, cluster: Cluster, client: PlainClient, violations: list[Violated]) -> None:
        self.cluster = cluster
        self.client = client
        self.control = ControlClient(cluster.folder.control)
        self.violations = violations

    def publish(self, text: str) -> None:
        """Have one message acknowledged."""
        self.client.write("publish", user="ana", channel="geral", message=text)

    def broken(self, rule: str) -> Callable[[], bool]:
        """Return what tells whether this rule was seen broken."""
        return lambda: any(violation.rule == rule for violation in list(self.violations))


@contextmanager
def watched(settings: Settings = DEFAULTS) -> Iterator[Watched]:
    """Three servers, with a user and a channel; every message is an event."""
    violations: list[Violated] = []
    monitor = Monitor(violations.append)
    wanted = msgspec.structs.replace(plan(), sink=fan_out(monitor.record), detailed=True, settings=settings)
    context = zmq.Context()
    try:
        with running(wanted) as cluster, PlainClient(context, cluster.info()["broker"]) as client:
            client.write("login", user="ana")
            client.write("channel", channel="geral")
            yield Watched(cluster, client, violations)
    finally:
        context.destroy(linger=0)
