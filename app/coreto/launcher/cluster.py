"""A cluster in one process: every role a thread, one context (design.md §5)."""

from __future__ import annotations

from collections.abc import Callable

from coreto.launcher import addresses as ports
from coreto.launcher.base import BaseCluster, Plan, StartError
from coreto.net.links import FaultTable
from coreto.net.worker import Worker
from coreto.roles.broker import BrokerRole
from coreto.roles.halting import HaltError
from coreto.roles.proxy import ProxyRole
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.roles.view import ViewRole, view_name
from coreto.store.server import Birth
from coreto.texts import Catalogue, _
from coreto.wire.shapes import ViewShape

__all__ = ["Cluster", "Plan", "StartError"]


class Cluster(BaseCluster):
    """Roles are threads of this process, on one shared context."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._catalogue = Catalogue(plan.language)
        self._faults = FaultTable()
        self._roles: dict[str, Worker] = {}
        self._makers: dict[str, Callable[[], Worker]] = {}

    def _start_roles(self) -> None:
        for name, maker in self._plan_roles().items():
            self._makers[name] = maker
            self._begin(name)
        servers = {birth.name for birth in self._births}
        for name, role in list(self._roles.items()):
            try:
                role.wait_ready()
            except HaltError as error:
                if name not in servers:
                    raise StartError(_halted(name, error)) from None
                self._leave_down(name, error)  # the others may be enough

    def _stop_roles(self) -> None:
        for role in reversed(self._roles.values()):
            role.stop()
            role.join()

    def _plan_roles(self) -> dict[str, Callable[[], Worker]]:
        bind = self._plan.addresses.bind
        folder, catalogue, settings = self.folder.reference, self._catalogue, self._plan.settings
        references = bind("reference", ports.REFERENCE, ports.REFERENCE_OTHER)
        fronts, backs = bind("broker", ports.BROKER), bind("backend", ports.BACKEND)
        roles: dict[str, Callable[[], Worker]] = {
            "reference": lambda: ReferenceRole(
                self._context, references, folder, catalogue, self._sink, settings=settings
            ),
            "proxy": lambda: ProxyRole(self._context, bind("xsub", ports.XSUB), bind("xpub", ports.XPUB)),
            "broker": lambda: BrokerRole(self._context, fronts, backs, catalogue, self._sink, settings=settings),
        }
        roles |= {view_name(shape): self._view_maker(shape) for shape in self._plan.views}
        return roles | {birth.name: self._server_maker(birth) for birth in self._births}

    def _view_maker(self, shape: ViewShape) -> Callable[[], Worker]:
        binds = self._plan.addresses.bind(view_name(shape), ports.VIEWS[shape])
        proxy = self._plan.addresses.near("xpub", ports.XPUB)
        return lambda: ViewRole(self._context, shape, binds, proxy, self._sink)

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
            proxy_sub=near("xpub", ports.XPUB),
            peers=peers,
        )
        folder = self.folder.server(birth.name)
        return lambda: ServerRole(
            birth.name,
            self._context,
            addresses,
            folder,
            None,
            self._catalogue,
            self._sink,
            self._faults,
            settings=self._plan.settings,
        )

    def _begin(self, name: str) -> None:
        role = self._makers[name]()
        role.on_end = lambda ended: self._control.report_end(ended.name)
        self._roles[name] = role
        role.begin()

    def _role_ended(self, name: str) -> None:
        role = self._roles.get(name)
        if self._stopping or not self._opened.is_set() or role is None or role.failure is None:
            return
        role.join()
        reason = role.failure
        if isinstance(reason, HaltError):
            self._leave_down(name, reason)
        elif self._may_restart(name, repr(reason)):
            self._begin(name)

    def _leave_down(self, name: str, reason: HaltError) -> None:
        """Say, once, that a role halted: who starts the roles and who supervises them may both notice."""
        role = self._roles.pop(name, None)
        if role is not None:
            role.join()
            self._plan.say(_halted(name, reason))


def _halted(name: str, reason: HaltError) -> str:
    return _("{name} halted and stays down: {reason}. Its files were left as they are.", name=name, reason=reason)
