"""A server that missed many messages catches up while writes go on.

The messages it misses come from one DEALER with 1,000 requests outstanding; so do those that go on
while it catches up, at a fixed number outstanding that leaves the machine some room. The latencies
are those of that client: sent to acknowledged. Run by `scripts/measure catchup`.
"""

from __future__ import annotations

import argparse
import statistics
import time

from tests.faults.village import Village
from tests.figures.flood import Flood, rate
from tests.figures.steps import NEAR, a_village, agreed, cpu_seconds, wait_agreed
from tests.support.plain import Context
from tests.support.waiting import wait_until

CATCH_UP_SECONDS = 600.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure catchup", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="missed by the server (100000)")
    parser.add_argument("--servers", type=int, default=3, choices=(3, 5), help="3 or 5 (3)")
    parser.add_argument("--outstanding", type=int, default=4, help="of the writes that go on (4)")
    parser.add_argument("--before", type=float, default=10.0, help="seconds of writes without a server behind (10)")
    options = parser.parse_args()
    with a_village(options.servers) as (village, context):
        lost = next(name for name in village.addresses if name != village.coordinator())
        village.kill(lost)
        flood = Flood(context, village.broker, options.messages)
        flood.start()
        flood.join()
        print(f"written without {lost}: {options.messages} at {rate(flood.acknowledged):.0f} messages/s", flush=True)
        _measure(village, context, lost, options)


def _measure(village: Village, context: Context, lost: str, options: argparse.Namespace) -> None:
    writes = Flood(context, village.broker, outstanding=options.outstanding)
    writes.start()
    time.sleep(options.before)
    began = time.monotonic()
    village.start(lost)
    wait_until(lambda: village.listens(lost), f"{lost} listens", CATCH_UP_SECONDS)
    listening = time.monotonic()
    used = cpu_seconds(village.running[lost].process.pid)
    wait_until(lambda: agreed(village, NEAR), f"{lost} has caught up", CATCH_UP_SECONDS)
    ended = time.monotonic()
    used = cpu_seconds(village.running[lost].process.pid) - used
    writes.finish()
    before = [latency for moment, latency in writes.acknowledged if moment < began]
    during = [latency for moment, latency in writes.acknowledged if listening <= moment < ended]
    print(f"caught up {ended - listening:.2f} s after it listened ({listening - began:.2f} s to start)")
    print(f"catch-up: {options.messages / (ended - listening):.0f} messages/s, {len(during)} written meanwhile")
    print(f"{used / options.messages * 1e6:.0f} microseconds of its processor for each")
    medians = statistics.median(before) * 1000, statistics.median(during) * 1000
    print(
        f"median latency: {medians[0]:.2f} ms before, {medians[1]:.2f} ms during, factor {medians[1] / medians[0]:.2f}"
    )
    wait_agreed(village)


if __name__ == "__main__":
    main()
