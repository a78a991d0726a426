"""How long the first answers take: `coreto --help`, and a prompt to type at.

A prompt is ready when its line to type in stands on the screen of a terminal: that of a new cluster, that of
a cluster that is started again, and that of a guest in one that runs. Medians; an exit status of 1 tells that one
is beyond its bound. Run by `scripts/measure start`; the machine should be quiet.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.figures.key_echo import terminal
from tests.support.ports import free_base_port
from tests.support.program import COMMAND, environment

HELP_SECONDS, READY_SECONDS = 0.15, 1.0
"""What each may take, as a median."""
RUNS = 11


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/measure start", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each ({RUNS})")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        kept = [*up(), "--data", str(data / "kept")]
        cases: list[tuple[str, float, Callable[[], float]]] = [
            ("coreto --help", HELP_SECONDS, lambda: until_ended("--help")),
            ("prompt of a new cluster", READY_SECONDS, lambda: until_ready([*up(), "--ephemeral"])),
            ("prompt of a cluster started again", READY_SECONDS, lambda: until_ready(kept)),
        ]
        good = [measure(*case, runs) for case in cases]
        with terminal(kept) as host:
            host.wait_for("/quit")
            good.append(measure("prompt of a guest", READY_SECONDS, lambda: until_ready(kept), runs))
    return 0 if all(good) else 1


def measure(what: str, bound: float, once: Callable[[], float], runs: int) -> bool:
    """Print a median, and return whether it is within its bound."""
    once()  # the first one fills the caches of the disk
    times = sorted(once() for _run in range(runs))
    middle = statistics.median(times)
    print(f"{what}: median {middle:.3f} s of {runs} ({times[0]:.3f} to {times[-1]:.3f}), bound {bound} s", flush=True)
    return middle <= bound


def up() -> list[str]:
    """Return the arguments of an all-in-one with a prompt."""
    return ["up", "--lang", "en", "--base-port", str(free_base_port())]


def until_ended(*arguments: str) -> float:
    """Return how long the program took, in seconds."""
    began = time.monotonic()
    subprocess.run([*COMMAND, *arguments], stdout=subprocess.DEVNULL, env=environment(), check=True)
    return time.monotonic() - began


def until_ready(arguments: list[str]) -> float:
    """Return how long a prompt took until one could type, in seconds."""
    with terminal(arguments) as screen:
        return screen.wait_for("not logged in")


if __name__ == "__main__":
    sys.exit(main())
