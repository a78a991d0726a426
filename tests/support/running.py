"""A whole cluster in this process."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from coreto.journal.sink import nowhere
from coreto.launcher.addresses import Addresses, Transport
from coreto.launcher.cluster import Cluster, Plan
from tests.support.ports import free_base_port
from tests.support.sockets import within

START_SECONDS = 20.0
STOP_SECONDS = 5.0
FILES = Path("/proc/self/fd")


def plan(
    transport: Transport = "both",
    *,
    servers: int = 3,
    data: Path | None = None,
    base_port: int = 0,
    say: Callable[[str], None] = lambda sentence: None,
) -> Plan:
    """What to start: by default three servers that forget everything, on free ports."""
    addresses = Addresses(transport, "127.0.0.1", base_port or free_base_port())
    return Plan(addresses=addresses, servers=servers, data=data, language="en", say=say, sink=nowhere)


@contextmanager
def running(wanted: Plan) -> Iterator[Cluster]:
    """A cluster that is ready; it must start and stop in time."""
    cluster = Cluster(wanted)
    try:
        assert cluster.take_folder()
        within(START_SECONDS, cluster.start, "the start of the cluster")
        yield cluster
    finally:
        within(STOP_SECONDS, cluster.stop, "the stop of the cluster")


def held() -> tuple[int, Counter[str]]:
    """What this process holds: threads, and open files by kind."""
    kinds: Counter[str] = Counter()
    for handle in list(FILES.iterdir()) if FILES.exists() else []:
        try:
            kinds[handle.readlink().name.partition(":")[0]] += 1
        except OSError:  # the handle that listed the others
            continue
    return threading.active_count(), kinds
