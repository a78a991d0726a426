"""From the loss of the coordinator's process to the next acknowledged write: killed, and stopped.

A client with one request outstanding writes without a pause. The end of a trial is the first success
of a newer epoch than that of the coordinator that was lost, so that an answer that was on its way
already does not count. Before each trial the highest rank coordinates again, as it does with the
defaults. Run by `scripts/measure failover`.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import time
from collections.abc import Callable
from itertools import takewhile

from tests.faults.village import Village
from tests.figures.flood import Flood
from tests.figures.steps import a_village, wait_for_best
from tests.support.waiting import wait_until

TRIAL_SECONDS = 30.0


def first_newer(writer: Flood, epoch: int) -> float | None:
    """Return when the first success of a newer epoch came."""
    newer = takewhile(lambda success: success.epoch > epoch, reversed(writer.answered))
    return min((success.moment for success in newer), default=None)


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


def trial(village: Village, writer: Flood, lose: Callable[[Village, str], Callable[[], None]]) -> float:
    """Lose the coordinator once; return the seconds to the next acknowledged write."""
    name = wait_for_best(village)
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
        writer = Flood(context, village.broker, outstanding=1)
        writer.start()
        for way, lose in WAYS.items():
            seconds = []
            for number in range(1, options.trials + 1):
                seconds.append(trial(village, writer, lose))
                print(f"{way}, trial {number}: {seconds[-1]:.3f} s", flush=True)
            print(f"{way}: median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s", flush=True)
        writer.finish()


if __name__ == "__main__":
    main()
