"""Fault injection: knows what was done to each role of a running cluster, and does it.

It lives in the thread of the control endpoint, which also supervises the roles: so nobody starts a
role that somebody else is killing. Threads and processes are the same here.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from coreto.journal.event import Event
from coreto.journal.sink import Sink, nowhere
from coreto.launcher import fault_events
from coreto.launcher import requests as ask
from coreto.launcher.requests import FaultsInForce, RefusalError, RoleState, State
from coreto.net import orders
from coreto.net.faults import LinkFault

FAULTS_MAX = 256
"""Faults between roles in force at once: every pair of a large cluster, and room."""
SETTLE_SECONDS = 2.0
"""Longest wait until the roles have followed what they were told: one may be busy with a slow disk."""
CLIENTS = "clients"
"""Everybody who asks the broker, as one end of a link."""


class SteeredRole(Protocol):
    """A role that runs as a thread or as a process."""

    def tell(self, message: bytes) -> None:
        """Give it an order."""

    def pause(self) -> None:
        """Let it stand still."""

    def resume(self) -> None:
        """Let it go on."""

    def kill(self) -> None:
        """End it where it stands."""

    def stop(self) -> None:
        """Tell it to stop."""

    def join(self) -> bool:
        """Wait for its end; return whether it has ended."""

    def is_alive(self) -> bool:
        """Whether it runs."""


class FaultInjector:
    """Does what requests ask for.

    `start` starts a role and returns when it is ready, or raises why it is not; `wipe` empties the
    disk of a server; `ended` is called when a role was ended on purpose; `note` hears of every fault.
    """

    def __init__(
        self,
        roles: Mapping[str, SteeredRole],
        servers: Callable[[], Collection[str]],
        start: Callable[[str], None],
        wipe: Callable[[str], None],
        ended: Callable[[str], None],
        note: Sink = nowhere,
    ) -> None:
        self._roles = roles
        self._servers = servers
        self._start = start
        self._wipe = wipe
        self._ended = ended
        self._note_event = note
        self._states: dict[str, RoleState] = {}
        self._numbers = itertools.count(1)
        self._marks: dict[str, int] = {}
        self._marks_changed = threading.Condition()
        self._links: dict[tuple[str, str, str, str], LinkFault] = {}

    def handle(self, request: ask.Request) -> dict[str, Any]:
        """Do what is asked and return what to answer; raise `RefusalError`."""
        if isinstance(request, ask.InForce):
            return dict(msgspec.to_builtins(self._in_force()))
        before = list(self._links.values())
        at_once = self._changes_life(request)
        if at_once:  # what comes of it is reported before it is done
            self._note_all(fault_events.harm_of(request))
        self._do(request)
        if not at_once:
            self._note_all(fault_events.harm_of(request))
        self._note_all(fault_events.links_of(before, self._links.values()))
        self._settle()
        return {"done": True}

    def _changes_life(self, request: ask.Request) -> bool:
        """Whether this ends or begins the life of a role, and is not refused."""
        match request:
            case ask.Kill(name, None):
                return name in self._roles and self._roles[name].is_alive()
            case ask.Restart(name, blank_disk):
                return name in self._roles and (not blank_disk or name in self._servers())
            case _:
                return False

    def _note_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._note_event(event)

    def marked(self, name: str, number: int) -> None:
        """A role has followed every order before its mark; may be called from any thread."""
        with self._marks_changed:
            self._marks[name] = number
            self._marks_changed.notify_all()

    def _do(self, request: ask.Request) -> None:
        match request:
            case ask.Inject(faults):
                self._inject(faults)
            case ask.Heal():
                self._links.clear()
                self._tell_links()
            case ask.Kill(name, cut):
                self._kill(name, cut)
            case ask.Restart(name, blank_disk):
                self._restart(name, blank_disk=blank_disk)
            case ask.Pause(name):
                self._running(name).pause()
                self._note(name, state="paused")
            case ask.Resume(name):
                self._resume(name)
            case _:
                self._harm(request)

    def _settle(self) -> None:
        """Wait until what was ordered is so: who asked may rely on it."""
        number = next(self._numbers)
        awake = [name for name in self._roles if self._state(name).state == "running"]
        for name in awake:
            self._roles[name].tell(orders.write_order(orders.Mark(number)))

        def is_settled() -> bool:
            return all(self._marks.get(name, 0) >= number or not self._roles[name].is_alive() for name in awake)

        with self._marks_changed:
            self._marks_changed.wait_for(is_settled, SETTLE_SECONDS)

    # What the cluster asks.

    def judge_end(self, name: str) -> Literal["killed", "cut", "given up", "crashed"]:
        """A role has ended: return why, as far as it was on purpose, and note how it is now."""
        old = self._state(name)
        killed = old.state == "killed"
        now: State = "killed" if killed or old.cut is not None else "down"
        self._states[name] = RoleState(name, now, slow_disk=old.slow_disk, drift_ppm=old.drift_ppm)
        if killed:
            return "killed"
        if old.cut is not None:
            return "cut"
        return "given up" if old.state == "down" else "crashed"

    def greet(self, name: str) -> None:
        """Tell a role that begins a new life what is still in force."""
        old = self._state(name)
        self._states[name] = RoleState(name, slow_disk=old.slow_disk, drift_ppm=old.drift_ppm)
        role = self._roles[name]
        if self._links:
            role.tell(orders.write_order(self._put_faults()))
        if old.slow_disk:
            role.tell(orders.write_order(orders.SlowDisk(old.slow_disk)))
        if old.drift_ppm:
            role.tell(orders.write_order(orders.Drift(old.drift_ppm)))

    # Lives.

    def _kill(self, name: str, cut: orders.Cut | None) -> None:
        role = self._running(name)
        if cut is not None:
            self._require_server(name)
            self._note(name, cut=cut)
            role.tell(orders.write_order(orders.DieAt(cut)))
            return
        self._note(name, state="killed")
        role.kill()
        role.join()
        self._ended(name)

    def _restart(self, name: str, *, blank_disk: bool) -> None:
        role = self._find(name)
        if blank_disk:
            self._require_server(name)
        if role.is_alive():
            self._note(name, state="killed")
            role.resume()
            role.stop()
            role.join()
            self._ended(name)
        if blank_disk:
            self._wipe(name)
        try:
            self._start(name)
        except Exception as error:
            self._note(name, state="down")
            raise RefusalError("not_started", name=name, reason=str(error) or repr(error)) from error

    def _resume(self, name: str) -> None:
        role = self._running(name)
        role.resume()
        role.tell(orders.write_order(self._put_faults()))
        self._note(name, state="running")

    # Disks and clocks.

    def _harm(self, request: ask.Request) -> None:
        match request:
            case ask.SlowDisk(name, seconds):
                self._order(name, orders.SlowDisk(seconds))
                self._note(name, slow_disk=seconds)
            case ask.FillDisk(name):
                self._order(name, orders.FillDisk())
                self._note(name, full_disk=True)
            case ask.Skew(name, seconds):
                self._order(name, orders.Skew(seconds))
                self._note(name, skew=self._state(name).skew + seconds)
            case ask.Drift(name, ppm):
                self._order(name, orders.Drift(ppm))
                self._note(name, drift_ppm=ppm)
            case _:
                raise RefusalError("unknown_request")

    def _order(self, name: str, order: orders.Order) -> None:
        self._running(name)
        self._require_server(name)
        self._roles[name].tell(orders.write_order(order))

    # Links.

    def _inject(self, faults: tuple[LinkFault, ...]) -> None:
        links = self._links | {fault.place: fault for fault in self._on_links(faults)}
        # A delay of nothing, or a share of nothing, ends what was in force.
        links = {place: fault for place, fault in links.items() if fault.share and _does_something(fault)}
        if len(links) > FAULTS_MAX:
            raise RefusalError("faults_many", limit=FAULTS_MAX)
        self._links = links
        self._tell_links()

    def _tell_links(self) -> None:
        line = orders.write_order(self._put_faults())
        for name, role in self._roles.items():
            # One that stands still reads nothing; it is told when it goes on.
            if self._state(name).state != "paused":
                role.tell(line)

    def _put_faults(self) -> orders.PutFaults:
        return orders.PutFaults(tuple(self._links.values()))

    def _on_links(self, faults: tuple[LinkFault, ...]) -> list[LinkFault]:
        """Return those on ways that messages take: of two groups, not everybody talks to everybody."""
        for name in {name for fault in faults for name in (fault.source, fault.target)} - {CLIENTS}:
            self._find(name)
        found = [fault for fault in faults if self._is_link({fault.source, fault.target})]
        if faults and not found:
            raise RefusalError("no_link", source=faults[0].source, target=faults[0].target)
        return found

    def _is_link(self, ends: set[str]) -> bool:
        """Whether messages pass between the two, and one of them can judge them.

        Subscribers are strangers to the proxy: what goes to a client cannot be told from the rest.
        """
        servers = ends & set(self._servers())
        others = ends - servers
        if servers:
            return len(ends) == 2 and others <= {"broker", "proxy", "reference"}
        if others == {CLIENTS, "broker"}:
            return True
        return "proxy" in others and any(name.startswith("view-") for name in others)

    # Knowledge.

    def _in_force(self) -> FaultsInForce:
        return FaultsInForce(tuple(self._state(name) for name in self._roles), tuple(self._links.values()))

    def _state(self, name: str) -> RoleState:
        return self._states.get(name) or RoleState(name)

    def _note(self, name: str, **changes: Any) -> None:  # noqa: ANN401 -- the fields of RoleState
        self._states[name] = msgspec.structs.replace(self._state(name), **changes)

    def _find(self, name: str) -> SteeredRole:
        if name not in self._roles:
            raise RefusalError("role_unknown", name=name, names=", ".join(self._roles))
        return self._roles[name]

    def _running(self, name: str) -> SteeredRole:
        role = self._find(name)
        if not role.is_alive():
            raise RefusalError("not_running", name=name)
        return role

    def _require_server(self, name: str) -> None:
        if name not in self._servers():
            raise RefusalError("no_server", name=name, names=", ".join(self._servers()))


def _does_something(fault: LinkFault) -> bool:
    return fault.effect != "delay" or fault.seconds > 0 or fault.spread > 0
