"""The same work on Coreto, on raw floors and on real peers, in turn and in one run; a table of ratios.

In each repetition every system comes once, in random order: it is started, measured in every case in
random order, and ended, so that none has to share the machine with another. Run by `scripts/bench-peers`.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from coreto.lab.bench.course import Run
from coreto.lab.bench.machine import MachineWatch, about_machine
from coreto.lab.bench.publishing import Job
from tests.figures.peers.systems import SYSTEMS, System

CASES = {"1 × 1": (1, 1), "8 × 1": (8, 1), "1 × 64": (1, 64), "8 × 64": (8, 64)}
"""Clients × window."""
SUBSCRIBERS = 100
FAN_OUT = f"fan-out to {SUBSCRIBERS}"
FAN_OUT_WINDOW = 64
FAN_OUT_OF = frozenset({"Coreto, processes", "Coreto, one process", "zmq.proxy and an echo"})
CLIENTS = ("nats-py", "grpcio", "redis", "paho-mqtt", "pyzmq")
Figures = dict[tuple[str, str], list[Run]]


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=10, help="of everything (10)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement (3)")
    parser.add_argument("--warmup", type=float, default=1.0, help="before each (1)")
    parser.add_argument("--size", type=int, default=100, help="bytes of a message (100)")
    parser.add_argument(
        "--data", type=Path, help="folder on the disk that is measured (the system's for temporary files)"
    )
    parser.add_argument("--only", default="", help="systems whose name holds this, with commas between (all)")
    parser.add_argument("--page", type=Path, help="write the page here, such as docs/bench.md")
    options = parser.parse_args()
    chosen = [one for one in SYSTEMS if any(word in one.name.lower() for word in options.only.lower().split(","))]
    figures: Figures = defaultdict(list)
    for repetition in range(options.repetitions):
        for system in random.sample(chosen, len(chosen)):
            print(f"{repetition + 1}/{options.repetitions} {system.name}", file=sys.stderr, flush=True)
            _measure(system, options, figures)
    text = page(chosen, figures, options)
    print(text)
    if options.page:
        options.page.write_text(text, "utf-8")


def _measure(system: System, options: argparse.Namespace, figures: Figures) -> None:
    cases = [*CASES, *([FAN_OUT] if system.name in FAN_OUT_OF else [])]
    with tempfile.TemporaryDirectory(prefix="coreto-peers-", dir=options.data) as name:
        folder = Path(name)
        with contextmanager(system.runs)(folder) as measure:
            for case in random.sample(cases, len(cases)):
                watch = MachineWatch(folder)
                sample = measure(_job(case, options))
                figures[system.name, case].append(Run(sample.values, watch.state(), sample.void))


def _job(case: str, options: argparse.Namespace) -> Job:
    common = {"size": options.size, "seconds": options.seconds, "warmup": options.warmup}
    if case == FAN_OUT:
        return Job("fanout", "", window=FAN_OUT_WINDOW, subscribers=SUBSCRIBERS, **common)
    clients, window = CASES[case]
    return Job("publish", "", clients=clients, window=window, **common)


# The page.


def page(systems: Sequence[System], figures: Figures, options: argparse.Namespace) -> str:
    """Return the page: what was measured how, on what, the rates, and the ratios."""
    parts = [
        "# Beside others",
        "",
        "What `scripts/bench-peers` measured: acknowledged messages a second, closed loop, one process that drives all",
        "clients of a system. *a × b* is a clients with b messages outstanding each. Medians; every row of a table was",
        "measured in the same run, the systems one after the other in random order.",
        "",
        f"    scripts/bench-peers --repetitions {options.repetitions} --seconds {options.seconds:g}"
        f" --warmup {options.warmup:g} --size {options.size} --page docs/bench.md",
        "",
        *_about(figures, options),
        "",
        "## Rates",
        "",
        *_table(systems, figures, lambda name, case: f"{_rate(figures, name, case):,.0f}"),
        "",
        "## Latency: p50 / p99 in milliseconds",
        "",
        *_table(
            systems,
            figures,
            lambda name, case: " / ".join(f"{_told(figures, name, case, p):.1f}" for p in ("p50", "p99")),
        ),
        "",
        *_ratios(systems, figures),
        "## What an acknowledgement promises",
        "",
        "| system | version | an acknowledged message is |",
        "|---|---|---|",
        *(f"| {system.name} | {system.version()} | {system.promise} |" for system in systems),
        "",
        "Three servers of a system share this one machine and its one disk. Clients: "
        + ", ".join(f"{name} {version(name)}" for name in CLIENTS)
        + ". Redis has its window as a pipeline; each of the others as so many requests at once.",
        "A run in which an acknowledged message was not found again is void and counts nowhere"
        f" (void here: {_voids(figures)}); Mosquitto and the floors cannot be asked.",
        "",
    ]
    return "\n".join(parts)


def _about(figures: Figures, options: argparse.Namespace) -> list[str]:
    states = [run.machine for runs in figures.values() for run in runs]
    steals = [state.steal for state in states if state.steal is not None]
    loads = [state.load for state in states if state.load is not None]
    about = about_machine()
    return [
        f"{time.strftime('%Y-%m-%d')}, {about['cores']} cores ({about['machine']}), {about['system']}, "
        f"Python {about['python']}. Writing and syncing 4 KiB took {_spread([s.sync_ms for s in states])} ms, the load",
        f"was {_spread(loads)}, and the hypervisor kept {_spread([100 * steal for steal in steals])} % of the "
        f"processors (median, least to most), over {options.repetitions} repetitions.",
        *_warning(loads),
    ]


def _warning(loads: Sequence[float]) -> list[str]:
    cores = os.cpu_count() or 1
    if not loads or statistics.median(loads) < cores + 1:
        return []
    return ["", "**The machine was busy with other work while this was measured: the ratios say more than the rates.**"]


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2g} ({min(values):.2g} to {max(values):.2g})" if values else "?"


def _table(systems: Sequence[System], figures: Figures, cell: object) -> list[str]:
    assert callable(cell)
    cases = [*CASES, FAN_OUT]
    rows = [f"| system | {' | '.join(cases)} |", "|---|" + "---:|" * len(cases)]
    for system in systems:
        told = [cell(system.name, case) if _values(figures, system.name, case) else "" for case in cases]
        rows.append(f"| {system.name} | {' | '.join(told)} |")
    return rows


def _ratios(systems: Sequence[System], figures: Figures) -> list[str]:
    """Return for each way to run Coreto its rate as a multiple of each other system's."""
    parts: list[str] = []
    for ours in [system for system in systems if system.name.startswith("Coreto")]:
        others = [system for system in systems if not system.name.startswith("Coreto")]

        def cell(name: str, case: str, mine: str = ours.name) -> str:
            theirs = _rate(figures, name, case)
            return f"{_rate(figures, mine, case) / theirs:.2f}" if theirs and _values(figures, mine, case) else ""

        parts += [f"## {ours.name}, as a multiple of", "", *_table(others, figures, cell), ""]
    return parts


def _values(figures: Figures, name: str, case: str) -> list[dict[str, float]]:
    return [run.values for run in figures.get((name, case), []) if not run.void and "p50" in run.values]


def _told(figures: Figures, name: str, case: str, value: str) -> float:
    return statistics.median(values[value] for values in _values(figures, name, case))


def _rate(figures: Figures, name: str, case: str) -> float:
    return _told(figures, name, case, "rate")


def _voids(figures: Figures) -> str:
    voids = [f"{name}, {case}: {run.void}" for (name, case), runs in figures.items() for run in runs if run.void]
    return "; ".join(voids) or "none"


if __name__ == "__main__":
    main()
