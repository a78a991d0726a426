"""A whole cluster on one machine: one data folder, one control endpoint, and roles that are watched.

Whether a role is a thread or a process is for `cluster` and `processes` to say.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from coreto.journal.entries import story_of
from coreto.journal.events import BrokerOpened, Event, RoleEnded, RoleStarted
from coreto.journal.recorder import Recorder
from coreto.journal.sink import Ring, Sink
from coreto.launcher import addresses as ports
from coreto.launcher.addresses import Addresses
from coreto.launcher.control import ControlWorker
from coreto.launcher.folder import DataFolder
from coreto.launcher.injector import FaultInjector, SteeredRole
from coreto.launcher.key_file import own_key
from coreto.launcher.notices import notice
from coreto.launcher.requests import EVENTS_TOLD_MAX, Events, Info, Request
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.orders import Back, Gone, Order, write_order
from coreto.net.security import ClusterKey, Gatekeeper
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


def not_ready(name: str, seconds: float) -> str:
    """Return the sentence about a role that took too long to start."""
    return _("{name} was not ready within {seconds} s: try again.", name=name, seconds=int(seconds))


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
    detailed: bool = False
    """Whether every message is an event, and not only decisions."""


class BaseCluster(ABC):
    """Starts roles in order, watches them, stops them."""

    def __init__(self, plan: Plan, roles: Mapping[str, SteeredRole]) -> None:
        """`roles` has every role that was started, by its name; subclasses fill it."""
        self._plan = plan
        self._steered = roles
        self.ring = Ring()
        """What happened last."""
        self._recorder = Recorder("cluster", self._sink)
        self._injector = FaultInjector(
            roles, self._server_names, self._start_again, self._wipe, self._role_gone, self._recorder.note
        )
        self._context = make_context()
        self._temporary = tempfile.TemporaryDirectory(prefix="coreto-") if plan.data is None else None
        self.folder = DataFolder(plan.data or Path(self._temporary.name if self._temporary else ""))
        self._restarts: dict[str, int] = {}
        self._said_down: set[str] = set()
        self._control = ControlWorker(self._context, self.folder.control, self._handle, self._role_ended)
        self._opened = threading.Event()
        self.key: ClusterKey | None = None
        """What those show each other who take part; none when no other machine can reach us."""
        self._gatekeeper: Gatekeeper | None = None
        self._births: list[Birth] = []
        self._stopping = False
        self._all_started = False
        """What keeps a role from its start is said by whoever starts it, not by the supervisor too."""

    # Life.

    def take_folder(self) -> bool:
        """Make the data folder ours; return False when a running cluster has it."""
        return self.folder.take()

    def start(self) -> None:
        """Start every role and return when the first login would succeed."""
        if self._plan.addresses.is_open:
            self.key = own_key(self.folder.path)
            self._gatekeeper = Gatekeeper(self._context, self.key)
            self._gatekeeper.start()
        self._births = self._find_births()
        self._control.start()
        self._start_roles()
        self._all_started = True
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
        self._control.join()  # it may have been waiting for a role that is stopped now
        if self._gatekeeper is not None:
            self._gatekeeper.stop()
        self._context.term()
        self.folder.release()
        if self._temporary is not None:
            self._temporary.cleanup()

    # Knowledge.

    @property
    def broker(self) -> str:
        """How this process reaches the broker."""
        return self._plan.addresses.beside("broker", ports.BROKER)

    @property
    def proxy(self) -> str:
        """How this process subscribes."""
        return self._plan.addresses.beside("xpub", ports.XPUB)

    @property
    def reference(self) -> str:
        """How this process reaches the reference."""
        return self._plan.addresses.beside("reference", ports.REFERENCE)

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
        complete = self.folder.complete(births, self._plan.servers)
        if len(complete) > self._plan.servers:
            self._plan.say(
                _(
                    "This folder holds a cluster of {count} servers: starting all of them, not {asked}.",
                    count=len(complete),
                    asked=self._plan.servers,
                )
            )
        for birth in complete:
            if birth not in births:
                self._plan.say(_("{name} is new here: it copies what the others have.", name=birth.name))
        return complete

    @abstractmethod
    def _start_roles(self) -> None:
        """Start every role and return when each is ready; raise what keeps one from it."""

    @abstractmethod
    def _stop_roles(self) -> None:
        """Stop every role."""

    @abstractmethod
    def _begin(self, name: str) -> None:
        """Start a role and do not wait for it."""

    @abstractmethod
    def _wait_ready(self, name: str) -> None:
        """Return when a role is ready; raise what keeps it from it."""

    @abstractmethod
    def _has_ended(self, name: str) -> bool:
        """Whether the life of a role that was last started is over, though nobody told it to stop."""

    @abstractmethod
    def _why_down(self, name: str) -> str:
        """Return the sentence that says why starting a role again would not help, empty when it would."""

    @abstractmethod
    def _how_ended(self, name: str) -> str:
        """Return what a role ended from."""

    def _tell_others(self, name: str, order: Order) -> None:
        """Tell every other role about `name`: inside one process no connection breaks or comes back by itself."""
        for other, role in self._steered.items():
            if other != name:
                role.tell(write_order(order))

    def _handle(self, request: Request) -> dict[str, Any]:
        match request:
            case Info():
                return self.info()
            case Events():
                return {"events": msgspec.to_builtins(self._events(request))}
            case _:
                return self._injector.handle(request)

    def _events(self, request: Events) -> list[Event]:
        events = self.ring.events() if request.traffic or request.index else self.ring.decisions()
        events = [event for event in events if request.since <= event.time <= request.until]
        if request.index:
            events = story_of(events, request.index)
        return events[-max(1, min(request.count, EVENTS_TOLD_MAX)) :]

    def _role_ended(self, name: str) -> None:
        """Start a role that ended again, unless it was told to end, was killed, or halted itself (D8)."""
        if self._stopping or not self._all_started or not self._opened.is_set() or not self._has_ended(name):
            return
        verdict = self._injector.judge_end(name)
        self._role_gone(name)
        self._note_end(name, verdict)
        if verdict == "cut":  # of a kill at once, its answer told
            self._plan.say(_("{name} was killed.", name=name))
        elif verdict == "crashed" and self._why_down(name):
            self._leave_down(name)
        elif verdict == "crashed" and self._may_restart(name, self._how_ended(name)):
            # What keeps it from getting ready ends it, and that is reported in its turn.
            with contextlib.suppress(Exception):
                self._start_again(name)

    def _note_end(self, name: str, verdict: str) -> None:
        stays = verdict == "given up" or (verdict == "crashed" and self._why_down(name))
        reason = "stays_down" if stays else "killed" if verdict == "cut" else verdict
        detail = "" if reason == "killed" else self._how_ended(name)
        self._recorder.note(RoleEnded(role="cluster", name=name, reason=reason, detail=detail))

    def _leave_down(self, name: str) -> None:
        """Say, once, why a role stays down: who starts the roles and who supervises them may both notice."""
        if name not in self._said_down:
            self._said_down.add(name)
            self._plan.say(self._why_down(name))

    def _start_again(self, name: str) -> None:
        self._said_down.discard(name)
        self._begin(name)
        self._injector.greet(name)
        self._wait_ready(name)
        self._recorder.note(RoleStarted(role="cluster", name=name))
        self._tell_others(name, Back(name))

    def _role_gone(self, name: str) -> None:
        self._tell_others(name, Gone(name))

    def _wipe(self, name: str) -> None:
        """Empty the disk of a server: it comes back under its name as a new replica (replication.md M5)."""
        old = next(birth for birth in self._births if birth.name == name)
        self.folder.wipe_role(self.folder.server(name))
        self.folder.give_birth(name, old.rank, old)

    def _server_names(self) -> list[str]:
        return [birth.name for birth in self._births]

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
        if sentence := notice(event):
            self._plan.say(sentence)
        self.ring.record(event)
        self._plan.sink(event)
