"""A whole cluster in one process: every role a thread, one context, one data folder."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from coreto.journal.events import BrokerOpened, Event
from coreto.journal.sink import Sink
from coreto.launcher import addresses as ports
from coreto.launcher.addresses import Addresses
from coreto.launcher.control import ControlWorker
from coreto.launcher.folder import DataFolder
from coreto.net.links import FaultTable
from coreto.net.sockets import make_context
from coreto.net.worker import Worker
from coreto.roles.broker import BrokerRole
from coreto.roles.proxy import ProxyRole
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import HaltError, ServerAddresses, ServerRole
from coreto.store.server import Birth
from coreto.texts import Catalogue, _

READY_SECONDS = 30.0
"""Longest wait for the first login to be possible: some elections on a busy machine."""
RESTARTS_MAX = 5
"""Times a role that crashes is started again before it is left down."""


class StartError(Exception):
    """The cluster did not start; the text says why and what to do."""


class Plan(msgspec.Struct, frozen=True):
    """What to start."""

    addresses: Addresses
    servers: int
    data: Path | None
    """None for a cluster that forgets everything."""
    language: str
    say: Callable[[str], None]
    """Where sentences for the person at the screen go."""
    sink: Sink


class Cluster:
    """Starts roles in order, watches them, stops them in the opposite order."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._catalogue = Catalogue(plan.language)
        self._context = make_context()
        self._faults = FaultTable()
        self._temporary = tempfile.TemporaryDirectory(prefix="coreto-") if plan.data is None else None
        self.folder = DataFolder(plan.data or Path(self._temporary.name if self._temporary else ""))
        self._roles: dict[str, Worker] = {}
        self._makers: dict[str, Callable[[], Worker]] = {}
        self._restarts: dict[str, int] = {}
        self._control = ControlWorker(self._context, self.folder.control, self.info, self._role_ended)
        self._opened = threading.Event()
        self._births: list[Birth] = []
        self._stopping = False

    # Life.

    def take_folder(self) -> bool:
        """Make the data folder ours; return False when a running cluster has it."""
        return self.folder.take()

    def start(self) -> None:
        """Start every role and return when the first login would succeed."""
        self._births = self._find_births()
        self._control.start()
        for name, maker in self._plan_roles().items():
            self._makers[name] = maker
            self._begin(name)
        for role in list(self._roles.values()):
            role.wait_ready()
        if not self._opened.wait(READY_SECONDS):
            raise StartError(
                _(
                    "No coordinator was elected in {seconds} s: look at what the servers say.",
                    seconds=int(READY_SECONDS),
                )
            )
        self._control.announce()

    def stop(self) -> None:
        """Stop every role, the last one started first, and give everything back."""
        self._stopping = True
        for role in reversed(self._roles.values()):
            role.stop()
            role.join()
        self._control.stop()
        self._control.join()
        self._context.term()
        self.folder.release()
        if self._temporary is not None:
            self._temporary.cleanup()

    # Knowledge.

    @property
    def broker(self) -> str:
        """How this process reaches the broker."""
        return self._plan.addresses.near("broker", ports.BROKER)

    @property
    def proxy(self) -> str:
        """How this process subscribes."""
        return self._plan.addresses.near("xpub", ports.XPUB)

    @property
    def reference(self) -> str:
        """How this process reaches the reference."""
        return self._plan.addresses.near("reference", ports.REFERENCE)

    @property
    def context(self) -> Any:  # noqa: ANN401 -- zmq contexts are generic in a way nobody here needs
        """The one context of this process."""
        return self._context

    def info(self) -> dict[str, Any]:
        """Return how others reach this cluster."""
        far = self._plan.addresses.far
        servers = [
            {"name": birth.name, "rank": birth.rank, "address": self._far_server(birth)} for birth in self._births
        ]
        return {
            "ready": self._opened.is_set(),
            "broker": far("broker", ports.BROKER),
            "proxy": far("xpub", ports.XPUB),
            "reference": far("reference", ports.REFERENCE),
            "servers": servers,
            "data": str(self.folder.path),
        }

    # Roles.

    def _find_births(self) -> list[Birth]:
        births = self.folder.births()
        if not births:
            return self.folder.genesis(self._plan.servers)
        voters = len(births[0].genesis.voters)
        if len(births) != self._plan.servers:
            self._plan.say(
                _(
                    "This folder holds a cluster of {voters} servers: starting {count} of them, not {asked}.",
                    voters=voters,
                    count=len(births),
                    asked=self._plan.servers,
                )
            )
        return births

    def _plan_roles(self) -> dict[str, Callable[[], Worker]]:
        bind = self._plan.addresses.bind
        folder, catalogue = self.folder.reference, self._catalogue
        references = bind("reference", ports.REFERENCE, ports.REFERENCE_OTHER)
        fronts, backs = bind("broker", ports.BROKER), bind("backend", ports.BACKEND)
        roles: dict[str, Callable[[], Worker]] = {
            "reference": lambda: ReferenceRole(self._context, references, folder, catalogue, self._sink),
            "proxy": lambda: ProxyRole(self._context, bind("xsub", ports.XSUB), bind("xpub", ports.XPUB)),
            "broker": lambda: BrokerRole(self._context, fronts, backs, catalogue, self._sink),
        }
        return roles | {birth.name: self._server_maker(birth) for birth in self._births}

    def _server_maker(self, birth: Birth) -> Callable[[], Worker]:
        near = self._plan.addresses.near
        place = ports.FIRST_SERVER + birth.rank
        peers = {
            voter.name: near(f"peer/{voter.name}", ports.FIRST_SERVER + rank)
            for rank, voter in enumerate(birth.genesis.voters, 1)
        }
        addresses = ServerAddresses(
            bind=self._plan.addresses.bind(f"peer/{birth.name}", place),
            advertise=self._far_server(birth),
            reference=near("reference", ports.REFERENCE),
            broker=near("backend", ports.BACKEND),
            proxy=near("xsub", ports.XSUB),
            peers=peers,
        )
        folder = self.folder.server(birth.name)
        return lambda: ServerRole(
            birth.name, self._context, addresses, folder, None, self._catalogue, self._sink, self._faults
        )

    def _far_server(self, birth: Birth) -> str:
        return self._plan.addresses.far(f"peer/{birth.name}", ports.FIRST_SERVER + birth.rank)

    def _begin(self, name: str) -> None:
        role = self._makers[name]()
        role.on_end = lambda ended: self._control.report_end(ended.name)
        self._roles[name] = role
        role.begin()

    def _role_ended(self, name: str) -> None:
        """A role's thread ended; start it again unless it was told to stop or halted itself (D8)."""
        role = self._roles.get(name)
        if self._stopping or not self._opened.is_set() or role is None or role.failure is None:
            return
        role.join()
        reason = role.failure
        if isinstance(reason, HaltError):
            self._plan.say(
                _(
                    "{name} halted and stays down: {reason}. Its files were left as they are.",
                    name=name,
                    reason=reason,
                )
            )
        elif self._restarts.get(name, 0) >= RESTARTS_MAX:
            self._plan.say(_("{name} crashed again ({reason}) and stays down.", name=name, reason=repr(reason)))
        else:
            self._restarts[name] = self._restarts.get(name, 0) + 1
            self._plan.say(_("{name} crashed ({reason}) and is started again.", name=name, reason=repr(reason)))
            self._begin(name)

    def _sink(self, event: Event) -> None:
        if isinstance(event, BrokerOpened):
            self._opened.set()
        self._plan.sink(event)
