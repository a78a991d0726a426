"""What a crowd without manners costs a client that has them: its p99 quiet, and in the crowd, in one run.

500 connections that say nothing, 20 clients that ask as fast as they are answered, one subscriber
that never reads, 5,000 subscriptions. Run by `scripts/measure crowd`.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import zmq

from coreto.machines.manners import CLIENT_RATE
from coreto.net.sockets import make_context
from tests.support.cluster import Cluster
from tests.support.plain import Context, PlainClient

SILENT, FLOODING, SUBSCRIPTIONS = 500, 20, 5_000
ASKS = 200
PAUSE_SECONDS = 0.06
"""Between two messages of the client with manners, who is a person or a small program."""
SETTLE_SECONDS = 2.0
"""What everybody in the crowd may ask for at once is over by then: how it is as long as it lasts is measured."""
USER, CHANNEL = "educada", "praça"
FLOOD = """
import itertools, json, sys, time, msgpack, zmq
address, clients, outstanding = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context, poller = zmq.Context(), zmq.Poller()
body = {"user": "educada", "channel": "praça", "message": "x" * 100, "timestamp": 0.0, "clock": 0}
raw = msgpack.packb({"service": "publish", "data": body})
sockets = [context.socket(zmq.DEALER) for _ in range(clients)]
told = {"OK": 0, "overloaded": 0, "other": 0}
for one in sockets:
    one.linger = 0
    one.connect(address)
    poller.register(one, zmq.POLLIN)
    for _ in range(outstanding):
        one.send_multipart([b"", raw])
print("floods", flush=True)
poller.register(sys.stdin.fileno(), zmq.POLLIN)
while True:
    for one, _ in poller.poll():
        if one == sys.stdin.fileno():
            print(json.dumps(told), flush=True)
            sys.exit()
        data = msgpack.unpackb(one.recv_multipart()[-1])["data"]
        status = data["status"] if data["status"] == "OK" else data.get("code")
        told[status if status in told else "other"] += 1
        one.send_multipart([b"", raw])
"""
OUTSTANDING = 64
"""Requests that each flooding client has open."""


class Figures(NamedTuple):
    """What one run found; seconds and MiB."""

    quiet: float
    crowded: float
    memory_before: float
    memory_after: float
    flood: dict[str, int]
    refused: int

    @property
    def ratio(self) -> float:
        """How many times longer the client with manners waits."""
        return self.crowded / self.quiet


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure crowd", description=__doc__)
    parser.add_argument("--processes", action="store_true", help="each role a process")
    help_text = "an address of this machine that is not loopback: with the key and the limits that belong to it"
    parser.add_argument("--listen", metavar="ADDRESS", help=help_text)
    options = parser.parse_args()
    arguments = ["--processes"] if options.processes else []
    arguments += ["--listen", options.listen] if options.listen else []
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), *arguments)
    print(f"p99 quiet {found.quiet * 1000:.1f} ms, in the crowd {found.crowded * 1000:.1f} ms: {found.ratio:.1f} times")
    print(f"memory {found.memory_before:.0f} MiB before, {found.memory_after:.0f} MiB after")
    print(f"the flood was told {found.flood}; the client with manners was refused {found.refused} times")


def measure(folder: Path, *arguments: str) -> Figures:
    """Return the figures of one run."""
    context = make_context()
    try:
        rate = ("--client-rate", f"{CLIENT_RATE:g}")
        with Cluster(folder, "--data", folder / "data", *rate, *arguments) as cluster, ExitStack() as stack:
            client = stack.enter_context(PlainClient(context, cluster.broker))
            client.write("login", user=USER)
            client.write("channel", channel=CHANNEL)
            quiet, _ = _p99(client)
            before = _memory(cluster)
            flood = stack.enter_context(_crowd(context, cluster))
            time.sleep(SETTLE_SECONDS)
            crowded, refused = _p99(client)
            told = flood()
            return Figures(quiet, crowded, before, _memory(cluster), told, refused)
    finally:
        context.destroy(linger=0)


def _p99(client: PlainClient) -> tuple[float, int]:
    """Return the time within which 99 of 100 messages are answered, and how many were refused."""
    times, refused = [], 0
    for _ in range(ASKS):
        began = time.monotonic()
        answer = client.ask("publish", user=USER, channel=CHANNEL, message="bom dia")
        times.append(time.monotonic() - began)
        refused += answer["status"] != "OK"
        time.sleep(PAUSE_SECONDS)
    return sorted(times)[int(len(times) * 0.99)], refused


@contextmanager
def _crowd(context: Context, cluster: Cluster) -> Iterator[Any]:
    with ExitStack() as stack:
        host, port = cluster.broker.removeprefix("tcp://").split(":")
        for _ in range(SILENT):
            stack.enter_context(socket.create_connection((host, int(port))))
        deaf = stack.enter_context(context.socket(zmq.SUB))
        deaf.rcvhwm = 1
        deaf.connect(cluster.proxy)
        deaf.subscribe("")
        many = stack.enter_context(context.socket(zmq.SUB))
        many.connect(cluster.proxy)
        for number in range(SUBSCRIPTIONS):
            many.subscribe(f"assunto {number}")
        command = [sys.executable, "-c", FLOOD, cluster.broker, str(FLOODING), str(OUTSTANDING)]
        flood = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(flood.wait)
        stack.callback(flood.kill)
        assert flood.stdout is not None
        flood.stdout.readline()

        def end() -> dict[str, int]:
            told: dict[str, int] = json.loads(flood.communicate("\n")[0])
            return told

        yield end


def _memory(cluster: Cluster) -> float:
    """Return the resident memory of the program and its children, in MiB."""
    return sum(_resident(pid) for pid in [cluster.pid, *_children(cluster.pid)])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
