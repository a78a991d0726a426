"""An all-in-one for measurements: its roles are threads of one child process, steered through its control endpoint."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from coreto.launcher.control_client import ControlClient
from coreto.launcher.requests import Kill, Restart
from coreto.net.sockets import make_context
from tests.faults.village import Roster
from tests.figures.flood import prepare
from tests.support.cluster import Cluster
from tests.support.plain import Context


class AllInOne(Roster):
    """A cluster of three, with a user and a channel for the load."""

    def __init__(self) -> None:
        super().__init__(make_context(), {})
        self._folder = tempfile.TemporaryDirectory(prefix="coreto-figures-")
        data = Path(self._folder.name) / "data"
        self._cluster = Cluster(Path(self._folder.name), "--data", data)
        self._control = ControlClient(data / "control.json")

    def __enter__(self) -> tuple[AllInOne, Context]:
        self._cluster.__enter__()
        self.addresses.update({server.name: server.address for server in self._cluster.servers})
        prepare(self._context, self.broker)
        return self, self._context

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._cluster.close()
        self._context.destroy(linger=0)
        self._folder.cleanup()

    @property
    def broker(self) -> str:
        """The address of clients."""
        return self._cluster.broker

    def kill(self, name: str) -> None:
        """End the thread of a role where it stands, as `/kill` does."""
        self._control.ask(Kill(name))

    def start(self, name: str) -> None:
        """Start it again."""
        self._control.ask(Restart(name))
