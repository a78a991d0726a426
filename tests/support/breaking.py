"""A whole cluster that is broken on purpose, in threads or in processes, and who asks it meanwhile."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from coreto.client.client import Client
from coreto.client.direct import ask_direct
from coreto.client.errors import ClientError
from coreto.client.established import wait_established
from coreto.launcher.base import BaseCluster
from coreto.launcher.cluster import Cluster
from coreto.launcher.control_client import ControlClient
from coreto.launcher.processes import ProcessCluster
from coreto.launcher.requests import Inject, Request, RoleState
from coreto.net.faults import LinkFault
from tests.support.running import plan
from tests.support.sockets import within
from tests.support.waiting import wait_until

START_SECONDS = 40.0
STOP_SECONDS = 8.0
SETTLED_SECONDS = 30.0


class Broken:
    """The cluster, its control endpoint, and one client that remembers what was acknowledged."""

    def __init__(self, cluster: BaseCluster, said: list[str]) -> None:
        self.cluster = cluster
        self.said = said
        self.control = ControlClient(cluster.folder.control)
        self.client = Client(cluster.broker, context=cluster.context)
        self.acknowledged: set[str] = set()
        self._numbers = itertools.count(1)
        self._context = cluster.context

    @property
    def servers(self) -> dict[str, str]:
        """Every server with its address."""
        return {row["name"]: row["address"] for row in self.cluster.info()["servers"]}

    def do(self, request: Request) -> None:
        """Break something, or mend it."""
        self.control.ask(request)

    def cut(self, *groups: str) -> None:
        """Let nothing pass between the groups."""
        pairs = itertools.permutations([group.split(",") for group in groups], 2)
        ways = [way for one, other in pairs for way in itertools.product(one, other)]
        self.do(Inject(tuple(LinkFault(source, target, "cut") for source, target in ways)))

    def write(self) -> None:
        """Store one more name; it must be acknowledged, and is then remembered."""
        name = f"u{next(self._numbers)}"
        self.client.login(name)
        self.acknowledged.add(name)

    def coordinator(self) -> str:
        """The coordinator that a majority follows, when there is one."""
        return wait_established(self._context, self.servers, SETTLED_SECONDS)

    def ask(self, server: str, service: str, **data: Any) -> dict[str, Any]:
        """Ask one server at its own address."""
        return ask_direct(self._context, self.servers[server], service, **data).data

    def state(self, name: str) -> RoleState:
        """How one role is."""
        return next(role for role in self.control.in_force().roles if role.name == name)

    def wait_settled(self) -> None:
        """Wait until every server follows one coordinator and holds everything that was acknowledged."""
        wait_until(self._is_settled, "all servers agree", SETTLED_SECONDS)

    def _is_settled(self) -> bool:
        try:
            told = [self.ask(name, "status") for name in self.servers]
            leads = [status["name"] for status in told if status["role"] == "coordinator"]
            return (
                len(leads) == 1
                and {status["coordinator"] for status in told} == set(leads)
                and all(self.acknowledged <= set(self.ask(name, "users")["users"]) for name in self.servers)
            )
        except ClientError:
            return False


@contextmanager
def breaking(kind: str, say: Callable[[str], None] | None = None, *, detailed: bool = False) -> Iterator[Broken]:
    """A cluster of three servers, as `threads` or as `processes`; it must start and stop in time.

    `detailed`: its journal holds every message.
    """
    said: list[str] = []
    wanted = plan("both" if kind == "threads" else "tcp", say=say or said.append)
    wanted = msgspec.structs.replace(wanted, detailed=detailed)
    cluster: BaseCluster = Cluster(wanted) if kind == "threads" else ProcessCluster(wanted, ["--lang", "en"])
    try:
        assert cluster.take_folder()
        within(START_SECONDS, cluster.start, "the start of the cluster")
        broken = Broken(cluster, said)
        try:
            yield broken
        finally:
            broken.client.close()
    finally:
        within(STOP_SECONDS, cluster.stop, "the stop of the cluster")
