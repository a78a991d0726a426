"""Making a failing run small: leaving out what it does not need to fail (`coreto simulate --replay`).

Theory of operation (Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
TSE 2002, the greedy half of ddmin). A run is a seed and what is left out of it. First whole kinds
of trouble are left out, then single faults in ever smaller groups, and each time the run must break
the same invariant. What remains is written to a file that replays it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from coreto.simulator.faults import Variant
from coreto.simulator.run import Report, Simulation, run

RUNS_MAX = 80
"""Runs that shrinking may cost: about a minute."""
KINDS = (
    "loss", "duplication", "straggle", "keep", "one_way", "publication_loss", "hints", "broker_crash_rate",
    "reference_crash_rate", "churn_rate", "disk_failure_rate", "pause_rate", "partition_rate", "crash_rate",
)  # fmt: skip
"""Fields of the profile that can be nothing."""


class Failure(msgspec.Struct, frozen=True):
    """A run that breaks an invariant, as small as it was made."""

    seed: int
    servers: int
    violation: str
    without: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """What still happens, in order."""


def shrink(report: Report) -> Failure:
    """Return a small run that breaks the invariant that `report` tells of."""
    return _Shrinker(report).shrink()


def write_failure(failure: Failure, folder: Path) -> Path:
    """Write the file that replays `failure`, and return its path."""
    path = folder / f"coreto-seed-{failure.seed}-servers-{failure.servers}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(failure)) + b"\n")
    return path


def replay(path: Path) -> Report:
    """Run what a file tells; raise `OSError` or `msgspec.MsgspecError` for one that is none."""
    failure = msgspec.json.decode(path.read_bytes(), type=Failure)
    return run(failure.seed, failure.servers, Variant(failure.without, failure.skipped))


class _Shrinker:
    def __init__(self, report: Report) -> None:
        self._seed, self._servers = report.seed, report.servers
        self._invariant = report.violation.partition(" at ")[0]
        self._violation = report.violation
        self._variant = Variant()
        self._happened: list[str] = []
        self._runs = 0

    def shrink(self) -> Failure:
        self._try(self._variant)
        for kind in KINDS:
            self._try(Variant((*self._variant.without, kind), self._variant.skipped))
        size = max(1, len(self._happened) // 2)
        while self._runs < RUNS_MAX:
            smaller = self._skip_groups(size)
            if size == 1 and not smaller:
                break
            size = max(1, size // 2)
        variant = self._variant
        return Failure(
            self._seed, self._servers, self._violation, variant.without, variant.skipped, tuple(self._happened)
        )

    def _skip_groups(self, size: int) -> bool:
        """Try to leave out each group of `size` faults, the last ones first; return whether one could be."""
        found = False
        for start in range(len(self._happened) - size, -size, -size):
            group = self._happened[max(0, start) : start + size]
            found |= bool(group) and self._try(Variant(self._variant.without, (*self._variant.skipped, *group)))
        return found

    def _try(self, variant: Variant) -> bool:
        """Run a variant; keep it if it still breaks the invariant."""
        if self._runs >= RUNS_MAX:
            return False
        self._runs += 1
        simulation = Simulation(self._seed, self._servers, variant)
        violation = simulation.violation()
        if violation.partition(" at ")[0] != self._invariant:
            return False
        self._variant, self._violation, self._happened = variant, violation, list(simulation.faults.happened)
        return True
