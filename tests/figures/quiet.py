"""Epochs started while nothing fails: under full load, and while nobody writes.

Asks every server twenty times a second how it is. An answer that takes long is a stall of that
server's loop as seen from outside; those of the coordinator beyond a quarter of `suspect_min` are
reported, because an epoch may be excused by one longer than `suspect_min` only. Run by
`scripts/measure quiet`.
"""

from __future__ import annotations

import argparse
import time

from coreto.machines.settings import DEFAULTS
from tests.faults.village import Village
from tests.figures.flood import Flood, rate
from tests.figures.steps import a_village, wait_for_coordinator
from tests.support.plain import Context, PlainClient

PAUSE_SECONDS = 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure quiet", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="of each phase (5)")
    parser.add_argument("--servers", type=int, default=5, choices=(3, 5), help="3 or 5 (5)")
    options = parser.parse_args()
    with a_village(options.servers) as (village, context):
        wait_for_coordinator(village)
        flood = Flood(context, village.broker)
        flood.start()
        _watch(village, context, options.minutes, "full load")
        flood.finish()
        print(f"full load was {rate(flood.acknowledged):.0f} publishes/s, {flood.refused} refused", flush=True)
        wait_for_coordinator(village)
        _watch(village, context, options.minutes, "quiet")


def _watch(village: Village, context: Context, minutes: float, what: str) -> None:
    before = _promised(village)
    stalls = _stalls(village, context, time.monotonic() + minutes * 60)
    after = _promised(village)
    print(f"{what}, {minutes:g} minutes: {after - before} epochs started ({before} to {after})")
    limit = DEFAULTS.suspect_min / 4
    long = [stall for stall in stalls if stall > limit]
    print(f"{what}: coordinator's slowest answer {max(stalls):.3f} s; {len(long)} beyond {limit} s", flush=True)


def _promised(village: Village) -> int:
    return max(int(status["promised"]) for status in village.statuses().values())


def _stalls(village: Village, context: Context, end: float) -> list[float]:
    """Return how long the coordinator took to answer, each time it was asked."""
    found: list[float] = []
    with PlainClient(context, village.addresses[village.coordinator()]) as client:
        while time.monotonic() < end:
            began = time.monotonic()
            client.ask("status")
            found.append(time.monotonic() - began)
            time.sleep(PAUSE_SECONDS)
    return found


if __name__ == "__main__":
    main()
