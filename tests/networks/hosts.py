"""Machines of a laboratory: network namespaces with an address each, on one bridge.

The bridge stands in a namespace of its own, so that the network of the machine that runs the tests
is left alone. A host is connected to the bridge directly; to delay or lose its packets, or to let
them pass in one direction only, the test puts a relay of its own between them (`relay`), as not
every kernel has `netem`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.networks.relay import Relay

NETWORK = "10.77.0"
NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
OFFLOADS = (0x17, 0x1F, 0x24)
"""Sums, segments and large packets left to a card there is none of: a relay must see packets as they travel."""
COMMAND_SECONDS = 20.0

Anything = TypeVar("Anything")


class NoNamespacesError(Exception):
    """This kernel, or this user, makes no network namespaces; the text says what it said."""


class Hosts:
    """`count` hosts called h1, h2 …; everything is gone at the end."""

    def __init__(self, count: int) -> None:
        self.names = tuple(f"h{number}" for number in range(1, count + 1))
        self._tag = f"ct{os.getpid() % 100_000}"
        self._relays: dict[str, Relay] = {}

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._remove()

    def address(self, name: str) -> str:
        """Return the address of a host."""
        return f"{NETWORK}.{self.names.index(name) + 1}"

    def command(self, name: str) -> tuple[str, ...]:
        """Return what stands before a command so that it runs on a host."""
        return ("ip", "netns", "exec", self._space(name))

    def inside(self, name: str, act: Callable[[], Anything]) -> Anything:
        """Return what `act` returns in a thread that is on a host; threads and sockets it makes stay there."""
        return _in_space(self._space(name), act)

    # What goes wrong.

    def unplug(self, name: str) -> None:
        """Pull the cable of a host: nobody is told."""
        self._switch("link", "set", f"{name}s", "down")

    def plug(self, name: str) -> None:
        """Put it back."""
        self._switch("link", "set", f"{name}s", "up")

    def cut(self, source: str, target: str) -> None:
        """Let a host send another one nothing more: a blackhole route, without a reset."""
        self._on(source, "route", "add", "blackhole", f"{self.address(target)}/32")

    def mend(self, source: str, target: str) -> None:
        """Take the blackhole away."""
        self._on(source, "route", "del", "blackhole", f"{self.address(target)}/32")

    def worsen(self, name: str, *, delay: float = 0.0, loss: float = 0.0, deaf: bool = False) -> None:
        """Delay packets from and to a host (seconds), lose a share of them, or let none in (`deaf`)."""
        self._switch("link", "set", f"{name}s", "nomaster")
        make = lambda: Relay(f"{name}s", f"{name}r", delay, loss, deaf=deaf)  # noqa: E731 -- runs where the bridge is
        self._relays[name] = _in_space(self._space("switch"), make)

    def better(self, name: str) -> None:
        """Connect a host directly again."""
        self._relays.pop(name).close()
        self._switch("link", "set", f"{name}s", "master", "bridge")

    # Making and removing.

    def _make(self) -> None:
        if shutil.which("ip") is None:
            raise NoNamespacesError("ip was not found")
        for name in ("switch", *self.names):
            _ip("netns", "add", self._space(name))
        self._switch("link", "add", "bridge", "type", "bridge")
        self._switch("link", "set", "bridge", "up")
        for name in self.names:
            self._connect(name)

    def _connect(self, name: str) -> None:
        self._switch("link", "add", f"{name}s", "type", "veth", "peer", "name", "eth0", "netns", self._space(name))
        self._switch("link", "add", f"{name}r", "type", "veth", "peer", "name", f"{name}b")
        for port in (f"{name}s", f"{name}b"):
            self._switch("link", "set", port, "master", "bridge")
        for link in (f"{name}s", f"{name}r", f"{name}b"):
            self._switch("link", "set", link, "up")
        self._on(name, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            self._on(name, "link", "set", link, "up")
        self.inside(name, lambda: _no_offload("eth0"))

    def _remove(self) -> None:
        for relay in self._relays.values():
            relay.close()
        for name in ("switch", *self.names):
            if (NAMESPACES / self._space(name)).exists():
                _ip("netns", "del", self._space(name))

    def _space(self, name: str) -> str:
        return f"{self._tag}{name}"

    def _on(self, name: str, *words: str) -> None:
        _ip("-netns", self._space(name), *words)

    def _switch(self, *words: str) -> None:
        self._on("switch", *words)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    if done.returncode != 0:
        raise NoNamespacesError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _in_space(space: str, act: Callable[[], Anything]) -> Anything:
    results: list[Anything] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with (NAMESPACES / space).open() as file:
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise NoNamespacesError(os.strerror(ctypes.get_errno()))
            results.append(act())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name=f"in {space}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _no_offload(link: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP", link.encode(), ctypes.addressof(value))
            fcntl.ioctl(any_socket, SIOCETHTOOL, request)
