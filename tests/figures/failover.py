"""From the loss of the coordinator's process to the next acknowledged write: killed, and stopped.

A plain client writes without a pause. The end of a trial is the first success of a newer epoch than
that of the coordinator that was lost, so that an answer that was on its way already does not count.
Before each trial all servers are up and follow one coordinator. `/kill` in the all-in-one is measured
in the same way: there the roles are threads of one process. Run by `scripts/measure failover`.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import threading
import time
from collections.abc import Callable
from itertools import takewhile
from typing import TypeVar

from tests.faults.village import Village
from tests.figures.flood import CHANNEL, USER
from tests.figures.inside import AllInOne
from tests.figures.steps import a_village, wait_for_coordinator
from tests.support.plain import Context, NoAnswerError, PlainClient
from tests.support.waiting import wait_until

TRIAL_SECONDS = 30.0
V = TypeVar("V", Village, AllInOne)


class Writer(threading.Thread):
    """Writes without a pause; `last` is when its newest success came, and the epoch that it named."""

    def __init__(self, context: Context, address: str) -> None:
        super().__init__(name="writer", daemon=True)
        self.successes: list[tuple[float, int]] = []
        self._context_of_sockets = context
        self._address = address
        self._over = threading.Event()

    def run(self) -> None:
        """Write."""
        with PlainClient(self._context_of_sockets, self._address) as client:
            while not self._over.is_set():
                try:
                    data = client.ask("publish", user=USER, channel=CHANNEL, message="oi")
                except NoAnswerError:
                    continue
                if data["status"] == "OK":
                    self.successes.append((time.monotonic(), data["epoch"]))

    def finish(self) -> None:
        """Write no more."""
        self._over.set()
        self.join()

    def first_newer(self, epoch: int) -> float | None:
        """Return when the first success of a newer epoch came."""
        newer = takewhile(lambda success: success[1] > epoch, reversed(self.successes))
        return min((moment for moment, _ in newer), default=None)


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


def trial(village: V, writer: Writer, lose: Callable[[V, str], Callable[[], None]]) -> float:
    """Lose the coordinator once; return the seconds to the next acknowledged write."""
    name = wait_for_coordinator(village)
    epoch = village.statuses()[name]["epoch"]
    began = time.monotonic()
    bring_back = lose(village, name)
    try:
        wait_until(lambda: writer.first_newer(epoch), "a write after the loss", TRIAL_SECONDS)
    finally:
        bring_back()
    return (writer.first_newer(epoch) or began) - began


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
    writer = Writer(context, village.broker)
    writer.start()
    seconds = []
    for number in range(1, trials + 1):
        seconds.append(trial(village, writer, lose))
        print(f"{way}, trial {number}: {seconds[-1]:.3f} s", flush=True)
    print(f"{way}: median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s", flush=True)
    writer.finish()


if __name__ == "__main__":
    main()
