"""A cluster in one process: every role a thread, one context (design.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from coreto.launcher import addresses as ports
from coreto.launcher.base import BaseCluster, Plan, StartError, not_ready
from coreto.net.worker import START_SECONDS, Worker
from coreto.roles.broker import BrokerRole
from coreto.roles.halting import HaltError
from coreto.roles.proxy import make_proxy
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
        self._roles: dict[str, Worker] = {}
        super().__init__(plan, self._roles)
        self._catalogue = Catalogue(plan.language)
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
                self._leave_down(name)  # the others may be enough

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
                self._context, references, folder, catalogue, self._sink, settings=settings, key=self.key
            ),
            "proxy": lambda: make_proxy(self._context, bind("xsub", ports.XSUB), bind("xpub", ports.XPUB), self.key),
            "broker": lambda: BrokerRole(
                self._context, fronts, backs, catalogue, self._sink, settings=settings, key=self.key
            ),
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
        peers = {other.name: near(f"peer/{other.name}", ports.FIRST_SERVER + other.rank) for other in self._births}
        addresses = ServerAddresses(
            bind=self._plan.addresses.bind(f"peer/{birth.name}", place),
            advertise=self._far_server(birth),
            reference=near("reference", ports.REFERENCE),
            broker=near("backend", ports.BACKEND),
            proxy=near("xsub", ports.XSUB),
            proxy_sub=near("xpub", ports.XPUB),
            peers=peers,
            key=self.key,
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
            settings=self._plan.settings,
        )

    def _begin(self, name: str) -> None:
        role = self._makers[name]()
        role.detailed = self._plan.detailed
        role.on_mark = partial(self._injector.marked, name)
        role.on_end = lambda ended: self._control.report_end(ended.name)
        self._roles[name] = role
        role.begin()

    def _wait_ready(self, name: str) -> None:
        try:
            self._roles[name].wait_ready()
        except TimeoutError:
            raise StartError(not_ready(name, START_SECONDS)) from None

    def _has_ended(self, name: str) -> bool:
        role = self._roles[name]
        if role.failure is None:
            return False
        role.join()
        return True

    def _why_down(self, name: str) -> str:
        reason = self._roles[name].failure
        return _halted(name, reason) if isinstance(reason, HaltError) else ""

    def _how_ended(self, name: str) -> str:
        return repr(self._roles[name].failure)


def _halted(name: str, reason: HaltError) -> str:
    return _("{name} halted and stays down: {reason}. Its files were left as they are.", name=name, reason=reason)
