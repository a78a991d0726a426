"""What the journal costs: publishes a second with it on against off, in alternating pairs.

Each run is a cluster of its own under full load, in threads or with `--processes`; a warm-up comes first. Beside
the rate stands the processor time of one publish, which a busy machine distorts less. Run by `scripts/measure journal`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

from coreto.net.sockets import make_context
from tests.figures.flood import Flood, prepare, rate
from tests.figures.steps import cpu_seconds
from tests.support.cluster import Cluster
from tests.support.plain import Context

WARM_UP = 2_000
"""Publishes before the clock starts."""


class Run(NamedTuple):
    """Publishes a second, microseconds of processor time for one, and megabytes written."""

    rate: float
    cost: float
    size: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/measure journal", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10, help="how many (10)")
    parser.add_argument("--publishes", type=int, default=40_000, help="in each run (40000)")
    parser.add_argument("--processes", action="store_true", help="each role a process")
    options = parser.parse_args()
    rates, costs = [], []
    for pair in range(options.pairs):
        on_first = bool(pair % 2)
        first, second = (_run(options, journal=journal) for journal in (on_first, not on_first))
        on, off = (first, second) if on_first else (second, first)
        rates.append(on.rate / off.rate)
        costs.append(off.cost / on.cost)
        print(
            f"pair {pair + 1}: {on.rate:.0f} publishes/s with the journal, {off.rate:.0f} without: {rates[-1]:.3f}; "
            f"{on.cost:.0f} and {off.cost:.0f} us of processor time each: {costs[-1]:.3f}; {on.size:.1f} MB written",
            flush=True,
        )
    print(f"median ratio of rates {statistics.median(rates):.3f}, of processor time {statistics.median(costs):.3f}")


def _run(options: argparse.Namespace, *, journal: bool) -> Run:
    with tempfile.TemporaryDirectory(prefix="coreto-figures-") as name:
        folder = Path(name)
        file = folder / "journal.jsonl"
        arguments: list[str | Path] = ["--data", folder / "data"]
        arguments += ["--journal", file] if journal else []
        arguments += ["--processes"] if options.processes else []
        context = make_context()
        try:
            with Cluster(folder, *arguments) as cluster:
                prepare(context, cluster.broker)
                _flood(context, cluster, WARM_UP)
                pids = cluster.ready.get("processes", {}).values() or [cluster.pid]
                before = sum(map(cpu_seconds, pids))
                flood = _flood(context, cluster, options.publishes)
                cost = (sum(map(cpu_seconds, pids)) - before) / options.publishes
                cluster.end()
        finally:
            context.destroy(linger=0)
        return Run(rate(flood.acknowledged), cost * 1e6, file.stat().st_size / 1e6 if journal else 0.0)


def _flood(context: Context, cluster: Cluster, publishes: int) -> Flood:
    flood = Flood(context, cluster.broker, publishes)
    flood.start()
    flood.join()
    return flood


if __name__ == "__main__":
    main()
