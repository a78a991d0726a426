"""From the loss of the coordinator's process to the next acknowledged write: killed, and stopped.

A client with one request outstanding writes without a pause. The end of a trial is the first success
of a newer epoch than that of the coordinator that was lost, so that an answer that was on its way
already does not count. Before each trial all servers are up and follow one coordinator. `/kill` in
the all-in-one is measured in the same way: there the roles are threads of one process. Run by
`scripts/measure failover`.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import time
from collections.abc import Callable
from itertools import takewhile
from typing import TypeVar

from tests.faults.village import Village
from tests.figures.flood import Flood
from tests.figures.inside import AllInOne
from tests.figures.steps import a_village, wait_for_coordinator
from tests.support.plain import Context
from tests.support.waiting import wait_until

TRIAL_SECONDS = 30.0
V = TypeVar("V", Village, AllInOne)


def first_newer(writer: Flood, epoch: int) -> float | None:
    """Return when the first success of a newer epoch came."""
    newer = takewhile(lambda success: success.epoch > epoch, reversed(writer.answered))
    return min((success.moment for success in newer), default=None)


def killed_inside(cluster: AllInOne, name: str) -> Callable[[], None]:
    """`/kill` a server of an all-in-one; return what brings it back."""
    cluster.kill(name)
    return lambda: cluster.start(name)


def killed(village: Village, name: str) -> Callable[[], None]:
    """Kill a server; return what brings it back."""
    village.kill(name)
    return lambda: village.start(name)


def stopped(village: Village, name: str) -> Callable[[], None]:
    """Stop a server; return what lets it go on."""
    village.send(name, signal.SIGSTOP)
    return lambda: village.send(name, signal.SIGCONT)


WAYS: dict[str, Callable[[Village, str], Callable[[], None]]] = {"killed": killed, "stopped": stopped}
"""How the coordinator is lost."""


def trial(village: V, writer: Flood, lose: Callable[[V, str], Callable[[], None]]) -> float:
    """Lose the coordinator once; return the seconds to the next acknowledged write."""
    name = wait_for_coordinator(village)
    epoch = village.statuses()[name]["epoch"]
    began = time.monotonic()
    bring_back = lose(village, name)
    try:
        wait_until(lambda: first_newer(writer, epoch), "a write after the loss", TRIAL_SECONDS)
    finally:
        bring_back()
    return (first_newer(writer, epoch) or began) - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure failover", description=__doc__)
    parser.add_argument("--trials", type=int, default=20, help="of each way to lose it (20)")
    parser.add_argument("--servers", type=int, default=3, choices=(3, 5), help="3 or 5 (3)")
    options = parser.parse_args()
    with a_village(options.servers) as (village, context):
        for way, lose in WAYS.items():
            measure(way, village, context, lose, options.trials)
    with AllInOne() as (cluster, context):
        measure("/kill in the all-in-one", cluster, context, killed_inside, options.trials)


def measure(way: str, village: V, context: Context, lose: Callable[[V, str], Callable[[], None]], trials: int) -> None:
    """Measure one way to lose the coordinator, and print it."""
    writer = Flood(context, village.broker, outstanding=1)
    writer.start()
    seconds = []
    for number in range(1, trials + 1):
        seconds.append(trial(village, writer, lose))
        print(f"{way}, trial {number}: {seconds[-1]:.3f} s", flush=True)
    print(f"{way}: median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s", flush=True)
    writer.finish()


if __name__ == "__main__":
    main()
