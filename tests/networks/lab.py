"""A cluster on the hosts of a laboratory: h1 has reference, broker and proxy, and each further host one server."""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coreto.client.client import Client
from coreto.client.errors import ClientError
from coreto.net.sockets import Context, make_context
from tests.networks.hosts import Hosts
from tests.support.plain import Map, NoAnswerError, PlainClient
from tests.support.program import COMMAND, run
from tests.support.roles import Role
from tests.support.waiting import wait_until

CENTRE = "h1"
CHANNEL, USER = "laboratório", "medidora"
START_SECONDS = 60.0
ASK_SECONDS = 3.0
PAGE_ROWS = 500
PAUSE_SECONDS = 0.01
"""Between two messages of the writer: the table tells moments, not how much fits into one."""


class Lab:
    """Roles on hosts, as somebody types them there."""

    def __init__(self, hosts: Hosts, folder: Path) -> None:
        self.hosts = hosts
        self.folder = folder
        self.servers = {f"server-{host}": host for host in hosts.names[1:]}
        self.roles: dict[str, Role] = {}
        self._lives = itertools.count(1)
        self.code = json.loads(run("key", "--data", folder / "cluster", "--json").stdout)["join"]
        self.writers: list[Writer] = []
        self.context: Context = hosts.inside(CENTRE, _context)

    def __enter__(self) -> Self:
        centre = self.hosts.address(CENTRE)
        listen = ("--listen", centre)
        self.start(CENTRE, "reference", "reference", *listen, "--join", self.code, "--data", self.folder / "reference")
        for name in ("broker", "proxy"):
            self.start(CENTRE, name, name, *listen, "--join", self.code)
        for name in self.servers:
            self.start_server(name, "--genesis", str(len(self.servers)))
        wait_until(self.coordinator, "a coordinator", START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for writer in self.writers:
            writer.finish()
        for role in self.roles.values():
            role.close()
        self.context.destroy(linger=0)

    @property
    def broker(self) -> str:
        """Where clients ask."""
        return f"tcp://{self.hosts.address(CENTRE)}:5555"

    def start(self, host: str, name: str, *arguments: str | Path) -> Role:
        """Start a program on a host; what each life says has a file of its own."""
        command = (*self.hosts.command(host), *COMMAND)
        self.roles[name] = Role(self.folder, f"{name}-{next(self._lives)}", *arguments, command=command)
        return self.roles[name]

    def start_server(self, name: str, *arguments: str, host: str = "") -> Role:
        """Start a server with the line that `coreto up` prints."""
        centre = self.hosts.address(CENTRE)
        host = host or self.servers[name]
        places = ("--host", centre, "--join", self.code, "--data", self.folder / name)
        return self.start(host, name, "server", "--name", name, *places, *arguments)

    # What it says of itself.

    def listed(self) -> list[Map]:
        """Return the servers on the reference's list."""
        with PlainClient(self.context, f"tcp://{self.hosts.address(CENTRE)}:5560", ASK_SECONDS) as client:
            rows: list[Map] = client.ask("list")["list"]
            return rows

    def status(self, name: str) -> Map:
        """Return the status of a server, empty when it does not answer."""
        try:
            address = next((row["address"] for row in self.listed() if row["name"] == name), "")
            if not address:
                return {}
            with PlainClient(self.context, address, ASK_SECONDS) as client:
                return client.ask("status")
        except NoAnswerError:
            return {}

    def coordinator(self) -> str:
        """Return who is established, empty when nobody is, or several think so."""
        found = [name for name in self.servers if self.status(name).get("role") == "coordinator"]
        return found[0] if len(found) == 1 else ""

    def epoch(self) -> int:
        """Return the epoch of the coordinator."""
        return int(self.status(self.coordinator())["epoch"])

    def is_settled(self) -> bool:
        """Whether all voters have applied the same log."""
        states = [self.status(name) for name in self.servers]
        return all(states) and len({(state["last"], state["applied"], state["digest"]) for state in states}) == 1

    def history(self) -> list[str]:
        """Return every text in the channel of the writer."""
        texts: list[str] = []
        with PlainClient(self.context, self.broker) as client:
            after, more = 0, True
            while more:
                page = client.ask("history", channel=CHANNEL, after=after, limit=PAGE_ROWS, level="linear")
                texts += [row["message"] for row in page["messages"]]
                after, more = page["messages"][-1]["seq"] if page["messages"] else after, page["more"]
        return texts


class Writer(threading.Thread):
    """Publishes one message after the other with our client; `acknowledged` holds (when, text)."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(name="writer", daemon=True)
        self.acknowledged: list[tuple[float, str]] = []
        self.failed: list[str] = []
        self._client = Client(lab.broker, context=lab.context)
        self._over = threading.Event()
        lab.writers.append(self)
        self._client.ask("login", user=USER)
        self._client.ask("channel", channel=CHANNEL)

    def run(self) -> None:
        """Publish."""
        number = 0
        while not self._over.wait(PAUSE_SECONDS):
            number += 1
            self._publish(f"texto {number}")
        self._client.close()

    def finish(self) -> None:
        """Wait for the answer under way."""
        self._over.set()
        if self.ident is not None:
            self.join()

    def wait_acknowledged(self, since: float, what: str) -> float:
        """Return how long after the moment `since` a message sent after it was acknowledged."""
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) > before + 1, what, START_SECONDS)
        return self.acknowledged[before + 1][0] - since

    def _publish(self, text: str) -> None:
        try:
            self._client.ask("publish", user=USER, channel=CHANNEL, message=text)
        except ClientError as error:
            self.failed.append(error.code)
        else:
            self.acknowledged.append((time.monotonic(), text))


def judge(writer: Writer, stored: list[str]) -> dict[str, Any]:
    """Return how many acknowledged messages are not stored, and how many are stored twice."""
    acknowledged = {text for _, text in writer.acknowledged}
    return {
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged - set(stored)),
        "doubled": len(stored) - len(set(stored)),
    }


def _context() -> Context:
    """Return a context whose threads are on the host of this one: they begin with its first socket."""
    context = make_context()
    context.socket(1).close()
    return context
