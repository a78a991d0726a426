"""A cluster whose roles are child processes: they can really be killed, and use more than one core."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from coreto.launcher import addresses as ports
from coreto.launcher.base import BaseCluster, Plan, StartError, not_ready
from coreto.launcher.child import Child
from coreto.launcher.steering import STOP_SECONDS
from coreto.roles.view import view_name
from coreto.store.server import Birth
from coreto.texts import _
from coreto.wire.shapes import ViewShape

START_SECONDS = 30.0
"""Longest wait for every child to be ready: many interpreters start at once, perhaps on one core."""


class ProcessCluster(BaseCluster):
    """Roles are children, steered over their standard input and output; they die with this process."""

    def __init__(self, plan: Plan, shared: Sequence[str]) -> None:
        """`shared` are flags that every child gets."""
        self._children: dict[str, Child] = {}
        super().__init__(plan, self._children)
        self._shared = shared
        self._arguments: dict[str, list[str]] = {}

    def info(self) -> dict[str, Any]:
        """Return how others reach this cluster, and which process is which role."""
        return {**super().info(), "processes": {name: child.pid for name, child in list(self._children.items())}}

    def _start_roles(self) -> None:
        self._arguments = self._plan_roles()
        for name in self._arguments:
            self._begin(name)
        deadline = time.monotonic() + START_SECONDS
        servers = {birth.name for birth in self._births}
        for name, child in list(self._children.items()):
            if child.wait_ready(max(0.0, deadline - time.monotonic())):
                continue
            if name not in servers or not child.halted:
                raise StartError(child.reason or self._not_started(child))
            self._leave_down(name)

    def _stop_roles(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children.values()):
            child.resume()
            child.stop()
        for child in self._children.values():
            child.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, name: str) -> None:
        detail = ["--detailed"] if self._plan.detailed else []
        arguments = [*self._arguments[name], "--steered", *detail, *self._shared]
        self._children[name] = Child(name, arguments, self._sink, self._injector.marked, self._control.report_end)

    def _wait_ready(self, name: str, seconds: float = START_SECONDS) -> None:
        child = self._children[name]
        if not child.wait_ready(seconds):
            raise StartError(child.reason or self._not_started(child))

    def _has_ended(self, name: str) -> bool:
        child = self._children[name]
        if child.is_alive():
            return False
        child.stop()
        return True

    def _why_down(self, name: str) -> str:
        reason = self._children[name].reason
        return _("{name} stays down. {reason}", name=name, reason=reason) if reason else ""

    def _how_ended(self, name: str) -> str:
        return self._children[name].how()

    def _not_started(self, child: Child) -> str:
        if child.is_alive():
            return not_ready(child.name, START_SECONDS)
        return _("{name} ended before it was ready ({how}): try again.", name=child.name, how=child.how())

    # What each child is started with.

    def _plan_roles(self) -> dict[str, list[str]]:
        bind, folder = self._plan.addresses.bind, str(self.folder.reference)
        references = _flags("--bind", bind("reference", ports.REFERENCE, ports.REFERENCE_OTHER))
        sides = {"--xsub": bind("xsub", ports.XSUB), "--xpub": bind("xpub", ports.XPUB)}
        ends = {"--frontend": bind("broker", ports.BROKER), "--backend": bind("backend", ports.BACKEND)}
        roles = {
            "reference": [
                "reference",
                *references,
                "--data",
                folder,
                *self._profile(),
                *self._key_flags(),
                *self._rate(),
            ],
            "proxy": ["proxy", *_all_flags(sides), *self._key_flags()],
            "broker": ["broker", *_all_flags(ends), *self._profile(), *self._key_flags(), *self._rate()],
        }
        roles |= {view_name(shape): self._view(shape) for shape in self._plan.views}
        return roles | {birth.name: self._server(birth) for birth in self._births}

    def _view(self, shape: ViewShape) -> list[str]:
        binds = self._plan.addresses.bind(view_name(shape), ports.VIEWS[shape])
        proxy = self._plan.addresses.near("xpub", ports.XPUB)
        return ["view", "--shape", shape, *_flags("--bind", binds), "--proxy-sub", proxy]

    def _server(self, birth: Birth) -> list[str]:
        near = self._plan.addresses.near
        peers = [f"{other.name}={near(other.name, ports.FIRST_SERVER + other.rank)}" for other in self._births]
        flags = {
            "--name": [birth.name],
            "--bind": self._plan.addresses.bind(birth.name, ports.FIRST_SERVER + birth.rank),
            "--reference": [near("reference", ports.REFERENCE)],
            "--broker": [near("backend", ports.BACKEND)],
            "--proxy": [near("xsub", ports.XSUB)],
            "--proxy-sub": [near("xpub", ports.XPUB)],
            "--data": [str(self.folder.server(birth.name))],
            "--peer": peers,
        }
        return ["server", *_all_flags(flags), *self._profile(), *self._key_flags(), *self._rate()]

    def _key_flags(self) -> list[str]:
        """Return where the key is: everybody on a machine sees with which words a program was started."""
        return ["--key-folder", str(self.folder.path)] if self.key is not None else []

    def _rate(self) -> list[str]:
        """Return how much one client may ask for; a role would judge by its own address."""
        rate = self._plan.settings.client_rate
        return ["--client-rate", f"{rate:g}"]

    def _profile(self) -> list[str]:
        """Return how the roles that answer requests do it."""
        return ["--wide"] if self._plan.settings.wide else []


def _all_flags(flags: Mapping[str, Sequence[str]]) -> list[str]:
    return [word for flag, values in flags.items() for word in _flags(flag, values)]


def _flags(flag: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (flag, value)]
