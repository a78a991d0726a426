"""Roles as separate processes that are killed, stopped and started again, and asked how they are."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

import msgpack
import zmq

from tests.support.plain import Context, Map
from tests.support.ports import free_base_port
from tests.support.roles import STOP_SECONDS, Role
from tests.support.waiting import wait_until

ASK_MS = 400
"""A server that is well answers at once; one that is stopped never does."""
FIRST_SERVER = 46
"""Offset of the first server's port."""
START_SECONDS = 30.0
LISTENING = "listens at"


class Roster:
    """Servers whose addresses are known, and who can be asked how they are."""

    def __init__(self, context: Context, addresses: dict[str, str]) -> None:
        self._context = context
        self.addresses = addresses

    def statuses(self) -> dict[str, Map]:
        """Ask all servers at once how they are; those that do not answer in a moment are left out."""
        sockets = {name: self._asked(address) for name, address in self.addresses.items()}
        deadline = time.monotonic() + ASK_MS / 1000
        found: dict[str, Map] = {}
        for name, socket in sockets.items():
            if socket.poll(max(0, int((deadline - time.monotonic()) * 1000))):
                found[name] = msgpack.unpackb(socket.recv_multipart()[-1])["data"]
            socket.close()
        return found

    def coordinator(self) -> str:
        """Return the name of the established coordinator of the newest epoch, empty when nobody says it is."""
        claims = [
            (status["epoch"], name) for name, status in self.statuses().items() if status.get("role") == "coordinator"
        ]
        return max(claims)[1] if claims else ""

    def _asked(self, address: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(address)
        envelope = {"service": "status", "data": {"timestamp": time.time(), "clock": 0}}
        socket.send_multipart([b"", msgpack.packb(envelope)])
        return socket


class Village(Roster):
    """Reference, proxy, broker and servers, on ports that stay the same; what each life says has a file of its own."""

    def __init__(self, folder: Path, context: Context, servers: int) -> None:
        base = free_base_port()
        self.folder = folder
        self.broker, self.xsub, self.proxy, self.reference, self._backend = (
            f"tcp://127.0.0.1:{base + offset}" for offset in (0, 2, 3, 5, 6)
        )
        super().__init__(context, {f"s{n + 1}": f"tcp://127.0.0.1:{base + FIRST_SERVER + n}" for n in range(servers)})
        self._arguments = self._all_arguments()
        self.running: dict[str, Role] = {}
        self.lives: dict[str, int] = dict.fromkeys(self._arguments, 0)
        (folder / "said").mkdir()

    def __enter__(self) -> Self:
        for name in self._arguments:
            self.start(name)
        wait_until(lambda: all(map(self.listens, self._arguments)), "everybody listens", START_SECONDS)
        wait_until(self.coordinator, "a coordinator", START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for role in self.running.values():
            role.close()

    def _all_arguments(self) -> dict[str, list[str]]:
        places = ["--reference", self.reference, "--broker", self._backend, "--proxy", self.xsub]
        places += ["--proxy-sub", self.proxy, "--genesis", str(len(self.addresses))]
        servers = {
            name: ["server", "--name", name, "--bind", address, "--data", str(self.data(name)), *places]
            for name, address in self.addresses.items()
        }
        return {
            "reference": ["reference", "--bind", self.reference, "--data", str(self.data("reference"))],
            "proxy": ["proxy", "--xsub", self.xsub, "--xpub", self.proxy],
            "broker": ["broker", "--frontend", self.broker, "--backend", self._backend],
            **servers,
        }

    def data(self, name: str) -> Path:
        """Return the folder of a role."""
        return self.folder / "data" / name

    # Lives.

    def start(self, name: str) -> None:
        """Begin a life of a role."""
        self.lives[name] += 1
        said = self.folder / "said"
        self.running[name] = Role(said, f"{name}-{self.lives[name]:03}", *self._arguments[name])

    def listens(self, name: str) -> bool:
        """Whether the role has said where it listens."""
        return LISTENING in self.running[name].errors()

    def kill(self, name: str) -> None:
        """SIGKILL, and wait until the process is gone."""
        self.running[name].close()

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal."""
        self.running[name].process.send_signal(number)

    def ended_alone(self, killed: Collection[str]) -> list[str]:
        """Return what roles said that have ended although nobody killed them."""
        return [
            f"{role.name} ended with status {role.process.returncode}: {role.errors()}"
            for name, role in self.running.items()
            if name not in killed and role.process.poll() is not None
        ]

    def end(self) -> list[str]:
        """Stop everything in good order; return what did not go well."""
        # All servers stand still first: those that stop later would elect somebody, and their logs would grow.
        for name in self.addresses:
            self.send(name, signal.SIGSTOP)
        problems = [problem for name in reversed(self.running) for problem in self._end(name)]
        said = sorted((self.folder / "said").glob("*.err"))
        return problems + [f"{path} holds a traceback" for path in said if "Traceback" in path.read_text("utf-8")]

    def _end(self, name: str) -> list[str]:
        role = self.running[name]
        self.send(name, signal.SIGTERM)
        self.send(name, signal.SIGCONT)
        try:
            status = role.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return [f"{role.name} still runs {STOP_SECONDS} s after SIGTERM"]
        return [f"{role.name} stopped with status {status}: {role.errors()}"] if status else []


def end_in_order_when_told() -> None:
    """Take SIGTERM for Ctrl-C, so that no process is left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
