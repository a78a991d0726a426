"""The systems that are compared: how each is started, driven and described."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from coreto.lab.bench.course import run_elsewhere
from coreto.lab.bench.own import Wanted, own_cluster
from coreto.lab.bench.publishing import Job, Sample
from tests.support.ports import accepts, free_port

START_SECONDS = 30.0
STOP_SECONDS = 10.0
DRIVE_SECONDS = 120.0
NODES = 3

Measure = Callable[[Job], Sample]


class System(NamedTuple):
    """One of those that are compared."""

    name: str
    promise: str
    """What an acknowledgement of it means, with these settings."""
    version: Callable[[], str]
    runs: Callable[[Path], Iterator[Measure]]
    """Starts it in a folder, yields what measures it, and ends it."""


def _ours(*, processes: bool) -> Callable[[Path], Iterator[Measure]]:
    def runs(folder: Path) -> Iterator[Measure]:
        with own_cluster(Wanted(NODES, processes, folder)) as target:
            yield lambda job: _here(job, broker=target.broker, proxy=target.proxy)

    return runs


def _echo(folder: Path) -> Iterator[Measure]:
    with _running([sys.executable, "-m", "tests.figures.peers.echo"], folder, "echo", talks=True) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())

        def measure(job: Job) -> Sample:
            broker = where["broker"] if job.work == "fanout" else where["echo"]
            return _here(job, broker=broker, proxy=where["proxy"], checked=False)

        yield measure


def _nats(folder: Path) -> Iterator[Measure]:
    ports, inner = [free_port() for _ in range(NODES)], [free_port() for _ in range(NODES)]
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in inner)
    shared = ["-a", "127.0.0.1", "-js", "--cluster_name", "bench", "-routes", routes]
    commands = []
    for number, (port, inside) in enumerate(zip(ports, inner, strict=True)):
        own = ["-n", f"n{number}", "-p", str(port), "-sd", str(folder / f"n{number}")]
        commands.append(["nats-server", *shared, *own, "-cluster", f"nats://127.0.0.1:{inside}"])
    with _all_running(commands, folder, ports):
        _wait_for_leader(folder)
        yield lambda job: _driven("drive_nats", ",".join(map(str, ports)), job)


def _redis(folder: Path) -> Iterator[Measure]:
    port = free_port()
    flags = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    flags += ["--appendonly", "yes", "--appendfsync", "always"]
    with _all_running([["redis-server", *flags]], folder, [port]):
        yield lambda job: _driven("drive_redis", str(port), job)


def _etcd(folder: Path) -> Iterator[Measure]:
    ports, inner = [free_port() for _ in range(NODES)], [free_port() for _ in range(NODES)]
    members = ",".join(f"e{number}=http://127.0.0.1:{inside}" for number, inside in enumerate(inner))
    commands = []
    for number, (port, inside) in enumerate(zip(ports, inner, strict=True)):
        client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{inside}"
        flags = ["--name", f"e{number}", "--data-dir", str(folder / f"e{number}"), "--initial-cluster", members]
        flags += ["--listen-client-urls", client, "--advertise-client-urls", client]
        commands.append(["etcd", *flags, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer])
    with _all_running(commands, folder, ports):
        yield lambda job: _driven("drive_etcd", ",".join(map(str, ports)), job)


def _mosquitto(folder: Path) -> Iterator[Measure]:
    port, settings = free_port(), folder / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "user root", "persistence true"]
    lines += [f"persistence_location {folder}/", "max_queued_messages 0", "max_inflight_messages 0"]
    settings.write_text("\n".join([*lines, ""]), "utf-8")
    with _all_running([["mosquitto", "-c", str(settings)]], folder, [port]):
        yield lambda job: _driven("drive_mqtt", str(port), job)


def _sqlite(folder: Path) -> Iterator[Measure]:
    yield lambda job: _driven("drive_sqlite", str(folder), job)


def _version(*command: str) -> Callable[[], str]:
    def version() -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
        return found[0] if found else "?"

    return version


SYSTEMS = (
    System(
        "Coreto, processes",
        "on the disks of a majority of 3 servers, synced (SQLite, synchronous=FULL)",
        _version(sys.executable, "-m", "coreto", "--version"),
        _ours(processes=True),
    ),
    System(
        "Coreto, one process",
        "the same; all roles are threads of one interpreter",
        _version(sys.executable, "-m", "coreto", "--version"),
        _ours(processes=False),
    ),
    System(
        "NATS JetStream",
        "written by a majority of 3 servers (R3, file); 2.9 syncs every two minutes, never before it acknowledges",
        _version("nats-server", "--version"),
        _nats,
    ),
    System(
        "etcd",
        "on the disks of a majority of 3 servers, synced: the same promise as Coreto",
        _version("etcd", "--version"),
        _etcd,
    ),
    System(
        "Redis streams",
        "synced on the disk of one server (appendfsync always); no second copy",
        _version("redis-server", "--version"),
        _redis,
    ),
    System(
        "Mosquitto",
        "in the memory of one broker (QoS 1, queued for a persistent session); saved to disk every 30 minutes",
        _version("mosquitto", "-h"),
        _mosquitto,
    ),
    System(
        "zmq.proxy and an echo",
        "nothing: the C proxy of libzmq with one Python echo behind it",
        _version(sys.executable, "-c", "import zmq; print(zmq.zmq_version())"),
        _echo,
    ),
    System(
        "SQLite commits",
        "synced on one disk, by one thread without a network; all that is outstanding in one row",
        _version(sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"),
        _sqlite,
    ),
)


def _here(job: Job, **where: object) -> Sample:
    return run_elsewhere(msgspec.structs.replace(job, **where), "en")


def _driven(module: str, address: str, job: Job) -> Sample:
    """Run a driver in a process of its own, as our own load is."""
    numbers = [str(value) for value in (job.clients, job.window, job.size, job.seconds, job.warmup)]
    command = [sys.executable, "-m", f"tests.figures.peers.{module}", address, *numbers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DRIVE_SECONDS + job.seconds, check=False)
    if done.returncode != 0:
        return Sample({}, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the driver failed")
    return msgspec.json.decode(done.stdout, type=Sample)


@contextmanager
def _running(
    command: Sequence[str], folder: Path, name: str, *, talks: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, ended in the end; what it says is in a file of the folder."""
    with (folder / f"{name}.log").open("wb") as said:
        out = subprocess.PIPE if talks else said
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def _all_running(commands: Sequence[Sequence[str]], folder: Path, ports: Sequence[int]) -> Iterator[None]:
    """Processes that all accept connections."""
    with ExitStack() as stack:
        for number, command in enumerate(commands):
            stack.enter_context(_running(command, folder, f"said-{number}"))
        _wait(lambda: all(map(accepts, ports)), f"{commands[0][0]} listens")
        yield


def _wait_for_leader(folder: Path) -> None:
    """Wait until JetStream has elected its leader: streams are refused before."""

    def elected() -> bool:
        return any("JetStream cluster new metadata leader" in log.read_text("utf-8") for log in folder.glob("*.log"))

    _wait(elected, "JetStream has a leader")


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {START_SECONDS} s")
        time.sleep(0.05)
