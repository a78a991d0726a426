"""A long log: start to ready, a page from the middle, publishing beside a short log, memory, bytes on disk.

Filled by one DEALER with 1,000 requests outstanding, 100 bytes a message. Run by `scripts/measure million`.
"""

from __future__ import annotations

import argparse
import statistics
import time

from coreto.lab.bench.machine import resident_mib
from tests.faults.village import Village
from tests.figures.flood import CHANNEL, Flood, rate
from tests.figures.steps import a_village, cpu_seconds, measured, wait_agreed
from tests.support.plain import Context, PlainClient
from tests.support.waiting import wait_until

SHORT = 1_000
"""Messages in the log that is compared with."""
PAGES = 50
PAGE_ROWS = 100
START_SECONDS = 300.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure million", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="in the log (1000000)")
    parser.add_argument("--sample", type=int, default=20_000, help="messages of one measurement of publishing (20000)")
    parser.add_argument("--servers", type=int, default=3, choices=(3, 5), help="3 or 5 (3)")
    options = parser.parse_args()
    with a_village(options.servers) as (village, context):
        _publish(village, context, SHORT)
        short = _publish(village, context, options.sample)
        print(f"publishing at {SHORT} messages: {short:.0f}/s", flush=True)
        _tell_size(village, SHORT + options.sample)
        filled = SHORT + options.sample
        _publish(village, context, options.messages - filled)
        long = _publish(village, context, options.sample)
        print(f"publishing at {options.messages} messages: {long:.0f}/s, ratio {long / short:.2f}", flush=True)
        _tell_size(village, options.messages + options.sample)
        _tell_page(village, context, options.messages // 2)
        _tell_start(village, context)
        _tell_size(village, options.messages + options.sample)


def _publish(village: Village, context: Context, total: int) -> float:
    """Publish so many; tell what one costs the coordinator, and return how many a second."""
    coordinator = village.running[village.coordinator()].process.pid
    before = cpu_seconds(coordinator)
    flood = Flood(context, village.broker, total)
    flood.start()
    flood.join()
    assert not flood.refused, f"{flood.refused} refused"
    wait_agreed(village)
    cost = (cpu_seconds(coordinator) - before) / total
    print(f"{total} more: {cost * 1e6:.0f} microseconds of the coordinator's processor each", flush=True)
    return rate(flood.acknowledged)


def _tell_size(village: Village, messages: int) -> None:
    for name in village.addresses:
        size = sum(file.stat().st_size for file in village.data(name).iterdir())
        memory = resident_mib(village.running[name].process.pid)
        print(f"{name} at {messages}: {size / messages:.0f} bytes/message on disk, {memory:.0f} MiB resident")


def _tell_page(village: Village, context: Context, middle: int) -> None:
    with PlainClient(context, village.broker) as client:

        def page() -> None:
            found = client.write("history", channel=CHANNEL, after=middle, limit=PAGE_ROWS)["messages"]
            assert len(found) == PAGE_ROWS

        first = measured(page)
        others = [measured(page) for _ in range(PAGES)]
    then = statistics.median(others)
    print(f"a page of {PAGE_ROWS} from the middle: first {first * 1000:.1f} ms, then {then * 1000:.1f} ms", flush=True)


def _tell_start(village: Village, context: Context) -> None:
    """Kill every server, start all, and wait for a coordinator and an acknowledged login."""
    for name in village.addresses:
        village.kill(name)
    began = time.monotonic()
    for name in village.addresses:
        village.start(name)
    wait_until(village.coordinator, "a coordinator", START_SECONDS)
    elected = time.monotonic() - began
    # Asked only now: a request of before could have spent its copies on servers that were dead.
    with PlainClient(context, village.broker) as client:
        client.write("login", user="pronta")
    ready = time.monotonic() - began
    print(f"all servers killed and started: a coordinator after {elected:.2f} s, a login after {ready:.2f} s")
    wait_agreed(village)


if __name__ == "__main__":
    main()
