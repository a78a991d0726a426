"""Roles as programs of their own: start them, read what they say, stop or kill them."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq

from tests.support.plain import Map, NoAnswerError, PlainClient
from tests.support.ports import free_base_port
from tests.support.program import COMMAND, Finished, environment, run
from tests.support.waiting import wait_until

STOP_SECONDS = 8.0
"""Five are promised; the rest is for a busy machine."""


SAID_SECONDS = 15.0


class Role:
    """One `coreto` process that runs until told to stop; what it says goes to files."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *arguments: str | Path,
        command: Sequence[str] = COMMAND,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """`command` is the program, and `extra` is added to its environment."""
        self.name = name
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                [*command, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment() | dict(extra or {}),
            )

    def output(self) -> str:
        """What it wrote to standard output."""
        return self._out.read_text("utf-8")

    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._err.read_text("utf-8")

    def wait_said(self, words: str, seconds: float = SAID_SECONDS) -> None:
        """Wait until it has said something on standard error."""
        wait_until(lambda: words in self.errors() or self.process.poll() is not None, f"{self.name}: {words}", seconds)
        assert words in self.errors(), self.errors()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status; fail when it takes too long."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def close(self) -> None:
        """Leave nothing running."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Village:
    """Reference, broker, proxy, servers, views and a bot, each a process, on ports of their own."""

    def __init__(self, folder: Path, servers: Sequence[str] = ("a", "b", "c")) -> None:
        base = free_base_port()
        self.folder = folder
        self.servers = tuple(servers)
        self.frontend, self.xsub, self.xpub, self.reference, self.backend = (
            f"tcp://127.0.0.1:{base + offset}" for offset in (0, 2, 3, 5, 6)
        )
        self.views = {shape: f"tcp://127.0.0.1:{base + offset}" for shape, offset in (("text", 13), ("json", 14))}
        self.roles: dict[str, Role] = {}

    def __enter__(self) -> Self:
        self.start("reference", "reference", "--bind", self.reference, "--data", self.folder / "reference")
        self.start("proxy", "proxy", "--xsub", self.xsub, "--xpub", self.xpub)
        self.start("broker", "broker", "--frontend", self.frontend, "--backend", self.backend)
        for name in self.servers:
            self.start_server(name, "--genesis", str(len(self.servers)))
        for shape, bind in self.views.items():
            self.start(f"view-{shape}", "view", "--shape", shape, "--bind", bind, "--proxy-sub", self.xpub)
        try:
            for role in self.roles.values():
                role.wait_said("listens at")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave nothing running."""
        for role in self.roles.values():
            role.close()

    def start(self, name: str, *arguments: str | Path) -> Role:
        """Start one process."""
        self.roles[name] = Role(self.folder, name, *arguments)
        return self.roles[name]

    def start_server(self, name: str, *arguments: str) -> Role:
        """Start a server, again when it has been there before."""
        places = ["--reference", self.reference, "--broker", self.backend, "--bind", "tcp://127.0.0.1:*"]
        places += ["--proxy", self.xsub, "--proxy-sub", self.xpub]
        return self.start(name, "server", "--name", name, *places, "--data", self.folder / name, *arguments)

    def listed(self) -> list[Map]:
        """The servers on the reference's list, in order of rank; none while it does not answer."""
        with zmq.Context() as context, PlainClient(context, self.reference) as client:
            try:
                return list(client.ask("list").get("list", []))
            except NoAnswerError:
                return []

    def coordinator(self) -> str:
        """Who coordinates for the reference, once every server is on its list; empty until then."""
        rows = self.listed()
        leads = [str(row["name"]) for row in rows if row["coordinator"]]
        return leads[0] if leads and set(self.servers) <= {row["name"] for row in rows} else ""

    def admin(self, *arguments: str) -> Finished:
        """Run `coreto admin` against it."""
        return run("admin", *arguments, "--reference", self.reference, "--proxy", self.xsub)

    def chat(self, commands: str, *arguments: str) -> Finished:
        """Run `coreto chat` in it with commands on standard input."""
        places = ["--broker", self.frontend, "--proxy-sub", self.xpub, "--reference", self.reference]
        return run("chat", *places, *arguments, commands=commands)
