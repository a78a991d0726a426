"""What is measured of a cluster's life: how it starts, what memory it takes, and how it goes on without its head."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coreto.client.client import Client
from coreto.lab.bench.check import why_void
from coreto.lab.bench.load import Load, publications
from coreto.lab.bench.machine import resident_mib
from coreto.lab.bench.own import Target, Wanted, own_cluster
from coreto.lab.bench.publishing import Job, Sample
from coreto.launcher.control_client import ControlClient
from coreto.launcher.requests import Kill, Restart
from coreto.net.sockets import make_context
from coreto.texts import _

USER, CHANNEL = "bench", "bench"
TEXT_BYTES = 100
FAILOVER_SECONDS = 30.0
"""Longest wait for an acknowledgement after the coordinator was killed: many elections on a busy machine."""
LOOK_AGAIN_SECONDS = 0.02

Loader = Callable[[Job], Sample]
"""Runs a job somewhere else and returns what it saw."""


def measure_startup(wanted: Wanted) -> Sample:
    """Start a cluster and stop it; return the seconds from the command to ready, and its memory then."""
    with own_cluster(wanted) as target:
        return Sample({"ready_s": target.ready_seconds, **_memory("mib", target)})


def measure_memory(wanted: Wanted, messages: int, load: Loader) -> Sample:
    """Start a cluster, publish so many messages, and return its memory before and after."""
    with own_cluster(wanted) as target:
        before = _memory("before_mib", target)
        done = load(Job("publish", target.broker, window=512, messages=messages))
        return Sample({**before, **_memory("after_mib", target), "rate": done.values.get("rate", 0.0)}, done.void)


def measure_failover(target: Target) -> Sample:
    """Kill the coordinator while a client writes; return the seconds to the next acknowledged write.

    Counted to the first success of a newer epoch, so that an answer which was on its way already is none.
    The server is started again afterwards.
    """
    assert target.control is not None, "only our own cluster is hurt"
    control, context = ControlClient(target.control), make_context()
    channel = f"{CHANNEL}-{time.monotonic_ns()}"
    try:
        with Client(target.broker, context=context) as client:
            client.login(USER)
            client.create_channel(channel)
            load = Load(context, target.broker, publications(USER, channel, TEXT_BYTES))
            with _running(load):
                name, epoch = _coordinator(client)
                began = time.monotonic()
                control.ask(Kill(name))
                seconds = _until_newer(load, epoch, began)
            control.ask(Restart(name))
            return Sample({"gap_s": seconds}, why_void(client, channel, TEXT_BYTES, load.answered))
    finally:
        context.destroy(linger=0)


@contextmanager
def _running(load: Load) -> Iterator[None]:
    """A load in a thread; what waits for an answer in the end is waited for."""
    thread = threading.Thread(target=load.run, name="coreto-bench-load", daemon=True)
    thread.start()
    try:
        yield
    finally:
        load.stop()
        thread.join()


def _coordinator(client: Client) -> tuple[str, int]:
    """Wait for an established coordinator; return its name and epoch."""
    deadline = time.monotonic() + FAILOVER_SECONDS
    while time.monotonic() < deadline:
        status = client.status()
        if status["coordinator"]:
            return str(status["coordinator"]), int(status["epoch"])
        threading.Event().wait(LOOK_AGAIN_SECONDS)
    raise TimeoutError(_("No coordinator was elected within {seconds} s.", seconds=int(FAILOVER_SECONDS)))


def _until_newer(load: Load, epoch: int, began: float) -> float:
    seen = 0
    while time.monotonic() < began + FAILOVER_SECONDS:
        answered = load.answered[seen:]
        seen += len(answered)
        newer = next((one.moment for one in answered if one.epoch > epoch), None)
        if newer is not None:
            return newer - began
        threading.Event().wait(LOOK_AGAIN_SECONDS)
    raise TimeoutError(_("No write was acknowledged within {seconds} s after the kill.", seconds=int(FAILOVER_SECONDS)))


def _memory(name: str, target: Target) -> dict[str, float]:
    """Return what all processes of the cluster hold; nothing where the system does not tell."""
    assert target.control is not None, "only our own cluster has processes that we know"
    pids = [target.pid, *ControlClient(target.control).info().get("processes", {}).values()]
    told = [mib for mib in map(resident_mib, pids) if mib is not None]
    return {name: sum(told)} if told else {}
