"""A whole cluster on one machine: one data folder, one control endpoint, and roles that are watched.

Whether a role is a thread or a process is for `cluster` and `processes` to say.
"""

from __future__ import annotations

import tempfile
import threading
from abc import ABC, abstractmethod
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
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.sockets import Context, make_context
from coreto.store.server import Birth
from coreto.texts import _
from coreto.wire.shapes import ViewShape

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
    views: tuple[ViewShape, ...] = ("text",)
    settings: Settings = DEFAULTS


class BaseCluster(ABC):
    """Starts roles in order, watches them, stops them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._context = make_context()
        self._temporary = tempfile.TemporaryDirectory(prefix="coreto-") if plan.data is None else None
        self.folder = DataFolder(plan.data or Path(self._temporary.name if self._temporary else ""))
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
        self._start_roles()
        if not self._opened.wait(READY_SECONDS):
            raise StartError(
                _(
                    "No coordinator was elected in {seconds} s: look at what the servers say.",
                    seconds=int(READY_SECONDS),
                )
            )
        self._control.announce()

    def stop(self) -> None:
        """Stop every role and give everything back."""
        self._stopping = True
        self._control.stop()  # first, so that it starts no role again
        self._control.join()
        self._stop_roles()
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
    def context(self) -> Context:
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
        births = self.folder.births(self._plan.say)
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

    @abstractmethod
    def _start_roles(self) -> None:
        """Start every role and return when each is ready; raise what keeps one from it."""

    @abstractmethod
    def _stop_roles(self) -> None:
        """Stop every role."""

    @abstractmethod
    def _role_ended(self, name: str) -> None:
        """Judge a role that ended: start it again unless it was told to stop or halted itself (D8)."""

    def _far_server(self, birth: Birth) -> str:
        return self._plan.addresses.far(f"peer/{birth.name}", ports.FIRST_SERVER + birth.rank)

    def _may_restart(self, name: str, reason: str) -> bool:
        """Say that a role crashed, and whether it is started again: not for ever."""
        if self._restarts.get(name, 0) >= RESTARTS_MAX:
            self._plan.say(_("{name} crashed again ({reason}) and stays down.", name=name, reason=reason))
            return False
        self._restarts[name] = self._restarts.get(name, 0) + 1
        self._plan.say(_("{name} crashed ({reason}) and is started again.", name=name, reason=reason))
        return True

    def _sink(self, event: Event) -> None:
        if isinstance(event, BrokerOpened):
            self._opened.set()
        self._plan.sink(event)
