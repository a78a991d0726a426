"""Clocks set wrong on purpose: the true offset of each, from what was injected, after each comparison and for a while.

Three servers begin 4 s behind, right, and 7 s ahead, and gain or lose 300 microseconds a second; with `--liar` the
one of the highest rank jumps an hour ahead before each comparison instead. Run by `scripts/measure clocks`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from coreto.journal.events import ClockRound
from tests.faults.village import end_in_order_when_told
from tests.support.breaking import breaking
from tests.support.skewed import DRIFTS, LIE_SECONDS, SKEWS, Skewed
from tests.support.truth import TOGETHER, Truth, liars

LIES = 5
SETTLED_SECONDS = 3.0
"""After a comparison: the largest slew is done by then."""


def main() -> int:
    """Measure, print, and return 1 if clocks were further apart than they should be."""
    parser = argparse.ArgumentParser(prog="scripts/measure clocks", description=__doc__)
    parser.add_argument("--processes", action="store_true", help="each role a process")
    parser.add_argument("--liar", action="store_true", help="one clock is an hour ahead, again and again")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they are watched (60)")
    options = parser.parse_args()
    end_in_order_when_told()
    with breaking("processes" if options.processes else "threads") as broken:
        skewed = Skewed(broken)
        return _lie(skewed) if options.liar else _part(skewed, options.seconds)


def _part(skewed: Skewed, seconds: float) -> int:
    skewed.set_wrong(SKEWS, DRIFTS)
    print(f"set wrong: {_offsets(skewed.truth(), skewed.set_at)}", flush=True)
    rounds = skewed.wait_rounds(2)
    skewed.wait_together(rounds)
    began = time.time()
    for number, event in enumerate(rounds[:2], 1):
        print(f"after comparison {number}: {_offsets(skewed.truth(), event.time + SETTLED_SECONDS)}", flush=True)
    while time.time() < began + seconds:
        time.sleep(min(seconds / 6, max(0.0, began + seconds - time.time())))
        print(f"{time.time() - began:4.0f} s later: {_offsets(skewed.truth(), time.time())}", flush=True)
    truth = skewed.truth()
    return _verdict(truth, truth.rounds(began), began, skewed.names)


def _lie(skewed: Skewed) -> int:
    liar, *_ = sorted(skewed.names, reverse=True)
    honest = [name for name in skewed.names if name != liar]
    skewed.set_wrong({}, DRIFTS)
    skewed.wait_together(skewed.wait_rounds(2), honest)
    began, named = time.time(), True
    for _ in range(LIES):
        skewed.set_wrong({liar: LIE_SECONDS})
        told = liars(skewed.wait_rounds(1))
        named = named and told == {liar}
        print(f"{liar} lies: {_offsets(skewed.truth(), skewed.set_at)}; left out: {', '.join(told) or 'nobody'}")
    truth = skewed.truth()
    return max(_verdict(truth, truth.rounds(began), began, honest), int(not named))


def _offsets(truth: Truth, moment: float) -> str:
    errors = {name: clock.error(moment) for name, clock in truth.clocks.items()}
    return ", ".join(f"{name} {error * 1000:+.1f} ms" for name, error in errors.items())


def _verdict(truth: Truth, rounds: Sequence[ClockRound], began: float, names: Sequence[str]) -> int:
    worst = truth.worst(began, time.time(), names)
    trips = [row.round_trip or 0.0 for event in rounds for row in event.clocks]
    print(
        f"{', '.join(names)} were {worst * 1000:.1f} ms apart at most, goal {TOGETHER * 1000:.0f} ms; "
        f"{len(rounds)} comparisons, slowest round trip {max(trips, default=0.0) * 1000:.1f} ms"
    )
    return int(worst > TOGETHER)


if __name__ == "__main__":
    sys.exit(main())
